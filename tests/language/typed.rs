//! Typed use of everything that a declaration makes.

use futures_util::TryStreamExt as _;
use kv_runtime::{Bytes, Entry, Error, KeyInfo, MemoryStore, kv_namespace, serde_json};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Theme {
    dark: bool,
    accent: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Visits {
    visits: u32,
}

kv_namespace! {
    struct Everything;
    title: "everything",
    values: [
        { key: "hello", value: "hello", metadata: { lang: "en", weight: 0.5 } },
        { key: "limits", value: { perDay: 10, max: 18446744073709551615, names: ["a", null] } },
        { key: "answer", value: 42 },
        { key: "ratio", value: 1.5 },
        { key: "flag", value: true },
        { key: "nothing", value: null },
        { key: "mixed", value: [1, "a", { b: null }] },
        { key: "same", value: { perDay: 11, max: 18446744073709551614, names: [null, "b"] } },
        { key: "script", value: file("language/files/public/main.js") },
        { key: "dot", value: file("language/files/pixel.gif") },
        { key: "package", value: env("CARGO_PKG_NAME") },
        { key: "theme", value: Theme { dark: true, accent: None } },
        { key: "theme/print", value: { dark: false, accent: "red" }, type: Theme },
        { key: "quoted", value: "hello", type: serde_json::Value },
        { key: "session:root", value: { dark: true, accent: null } },
        { key: "type", value: 1, as: kind },
        ..file("language/files/seeds/good.json"),
        ..dir("language/files/public"),
    ],
    keys: {
        "session:{id}": Theme { expirationTtl: 3600 },
        "user:{tenant}/{user_id: u64}": String { metadata: Visits, as: profile },
    }
}

kv_namespace! {
    struct Files;
    title: "files",
    values: [{ key: "robots.txt", value: "Disallow: /" }, ..dir("language/files/public")],
    keys: {
        "draft/{name}": String { metadata: Visits },
        "{path}": Bytes,
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn every_entry_is_read_as_the_type_that_its_value_had_in_the_declaration() {
    let folder = tempfile::tempdir().unwrap();
    let deployed = Everything::deploy().local(folder.path()).await.unwrap();
    let all = Everything::new(deployed.store());

    let (hello, metadata) = all.hello().get_with_metadata().await.unwrap().unwrap();
    assert_eq!(hello, "hello");
    let lang = everything::HelloMetadata { lang: text("en"), weight: 0.5 };
    assert_eq!(metadata, Some(lang));

    let names = vec![Some(text("a")), None];
    let limits = everything::Limits { per_day: 10, max: u64::MAX, names };
    assert_eq!(all.limits().get().await.unwrap(), Some(limits));
    assert_eq!(all.answer().get().await.unwrap(), Some(42_i64));
    assert_eq!(all.ratio().get().await.unwrap(), Some(1.5_f64));
    assert_eq!(all.flag().get().await.unwrap(), Some(true));
    assert_eq!(all.nothing().get().await.unwrap(), Some(serde_json::Value::Null));
    let mixed = serde_json::json!([1, "a", { "b": null }]);
    assert_eq!(all.mixed().get().await.unwrap().as_ref(), mixed.as_array());
    let script = include_str!("files/public/main.js");
    assert_eq!(all.script().get().await.unwrap().as_deref(), Some(script));
    let pixel: Bytes = all.dot().get().await.unwrap().unwrap();
    assert_eq!(pixel, include_bytes!("files/pixel.gif").as_slice());
    assert_eq!(all.package().get().await.unwrap().as_deref(), Some("tests"));
    let theme = Theme { dark: true, accent: None };
    assert_eq!(all.theme().get().await.unwrap().as_ref(), Some(&theme));
    let print = Theme { dark: false, accent: Some(text("red")) };
    assert_eq!(all.theme_print().get().await.unwrap(), Some(print));
    assert_eq!(all.quoted().get().await.unwrap(), Some(serde_json::Value::from("hello")));
    assert_eq!(all.kind().get().await.unwrap(), Some(1_i64));

    // An entry has the type of its key's family.
    assert_eq!(all.session_root().get().await.unwrap().as_ref(), Some(&theme));
    assert_eq!(all.session("root").get().await.unwrap(), Some(theme));

    // Spreads have no accessors.
    let pixel = Entry::<Bytes>::new(all.store(), "pixel").unwrap();
    let (pixel, metadata) = pixel.get_with_metadata().await.unwrap().unwrap();
    assert!(pixel.starts_with(b"GIF89a"));
    assert_eq!(metadata, Some(serde_json::json!({ "contentType": "image/gif" })));
}

#[tokio::test]
async fn what_is_seeded_once_is_the_applications_even_when_the_declaration_changes() {
    kv_namespace! {
        struct Before;
        title: "counters",
        id: "counters",
        values: [{ key: "visits", value: 0, once: true }, { key: "limit", value: 10 }],
    }
    kv_namespace! {
        struct After;
        title: "counters",
        id: "counters",
        values: [{ key: "visits", value: 1, once: true }, { key: "limit", value: 20 }],
    }
    let folder = tempfile::tempdir().unwrap();
    let before = Before::new(Before::deploy().local(folder.path()).await.unwrap().store());
    assert_eq!(before.visits().get().await.unwrap(), Some(0));
    before.visits().put(&7).await.unwrap();

    let after = After::new(After::deploy().local(folder.path()).await.unwrap().store());
    assert_eq!(after.visits().get().await.unwrap(), Some(7));
    assert_eq!(after.limit().get().await.unwrap(), Some(20));
}

#[tokio::test]
async fn a_key_of_a_family_carries_its_types_and_its_ttl() {
    let all = Everything::new(MemoryStore::new());
    let visits = Visits { visits: 3 };
    all.profile("acme", 42).put(&text("Ada")).metadata(&visits).await.unwrap();
    let ada = all.profile("acme", 42).get_with_metadata().await.unwrap();
    assert_eq!(ada, Some((text("Ada"), Some(visits))));
    assert_eq!(all.profile("acme", 43).get().await.unwrap(), None);

    let theme = Theme { dark: true, accent: None };
    all.session("root").put(&theme).await.unwrap();
    all.session("kept").put(&theme).never_expires().await.unwrap();
    let listed: Vec<(String, KeyInfo)> = all.session_list().try_collect().await.unwrap();
    let expires: Vec<_> =
        listed.iter().map(|(id, key)| (id.as_str(), key.expiration.is_some())).collect();
    assert_eq!(expires, [("kept", false), ("root", true)]);

    all.session("root").delete().await.unwrap();
    assert_eq!(all.session("root").get().await.unwrap(), None);
}

#[tokio::test]
async fn a_listing_gives_the_parameters_that_the_keys_were_made_from() {
    let all = Everything::new(MemoryStore::new());
    for (tenant, user_id, visits) in [("a:b", 0, 1), ("größe", u64::MAX, 2), ("{x}", 7, 3)] {
        let visits = Visits { visits };
        all.profile(tenant, user_id).put(&text("...")).metadata(&visits).await.unwrap();
    }
    // Text that is not a u64, or not a u64 as it is printed, is not in the family.
    for stray in ["user:a/x", "user:a/007", "user:a", "user:/1", "users:a/1"] {
        let stray = Entry::<String>::new(all.store(), stray).unwrap();
        stray.put(&text("stray")).await.unwrap();
    }
    let listed: Vec<_> = all.profile_list().try_collect().await.unwrap();
    let params: Vec<_> = listed
        .iter()
        .map(|((tenant, id), key)| (tenant.as_str(), *id, key.metadata.as_ref().unwrap().visits))
        .collect();
    assert_eq!(params, [("a:b", 0, 1), ("größe", u64::MAX, 2), ("{x}", 7, 3)]);
}

#[tokio::test]
async fn parameters_that_would_not_parse_back_are_refused_at_use() {
    let all = Everything::new(MemoryStore::new());
    for tenant in ["", "a/b"] {
        let refused = all.profile(tenant, 1).put(&text("...")).await;
        assert!(matches!(refused, Err(Error::InvalidParam(_))), "{tenant}: {refused:?}");
    }
    assert_eq!(all.profile("acme", 1).key(), Ok("user:acme/1"));
}

#[tokio::test]
async fn a_catch_all_yields_to_more_literal_families() {
    let folder = tempfile::tempdir().unwrap();
    let deployed = Files::deploy().local(folder.path()).await.unwrap();
    let files = Files::new(deployed.store());
    files.draft("a").put(&text("...")).await.unwrap();

    let robots: Option<Bytes> = files.robots_txt().get().await.unwrap();
    assert_eq!(robots, Some(Bytes::from_static(b"Disallow: /")));
    let site = files.path("css/site.css").get().await.unwrap();
    assert_eq!(site, Some(Bytes::from_static(include_bytes!("files/public/css/site.css"))));
    let refused = files.path("draft/a").get().await;
    assert!(matches!(refused, Err(Error::InvalidParam(_))), "{refused:?}");

    let listed: Vec<_> = files.path_list().try_collect().await.unwrap();
    let paths: Vec<_> = listed.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["css/site.css", "main.js", "robots.txt"], "hidden files stay at home");
    let drafts: Vec<_> = files.draft_list().try_collect().await.unwrap();
    assert_eq!(drafts.len(), 1);
}

#[test]
fn equal_shapes_share_one_type_and_names_can_be_predicted() {
    let shared: [kv_runtime::Key<everything::Limits>; 2] = [Everything::LIMITS, Everything::SAME];
    assert_eq!(shared.map(|key| key.as_str().to_owned()), ["limits", "same"]);
    assert_eq!(Everything::THEME_PRINT.as_str(), "theme/print");
    assert_eq!(Everything::KIND.as_str(), "type");
}

/// Only the compiler knows the declared type of an entry, so its value is checked when deploying, before
/// anything is sent.
#[tokio::test]
async fn a_value_that_does_not_fit_its_type_is_not_deployed() {
    kv_namespace! {
        struct Untrue;
        title: "untrue",
        values: [
            { key: "theme", value: { dark: "yes" }, type: Theme },
            { key: "icon", value: file("language/files/pixel.gif"), type: String },
            { key: "session:root", value: [] },
        ],
        keys: { "session:{id}": Theme },
    }
    let folder = tempfile::tempdir().unwrap();
    let error = Untrue::deploy().local(folder.path()).await.unwrap_err();
    let shown = format!("{error:?}");
    for key in ["theme", "icon", "session:root"] {
        assert!(shown.contains(key), "{key}: {shown}");
    }
}
