//! Parts of a declaration that are there only in some builds, and texts that macros make.

use kv_runtime::{Namespace, kv_namespace};
use serde::{Deserialize, Serialize};

kv_namespace! {
    /// Gated.
    pub struct Gated;
    title: concat!("gated-", env!("CARGO_PKG_NAME"), "-{stage}"),
    keys: {
        #[cfg(any())]
        "never:{id}": Missing,
        #[cfg(not(any()))]
        "always:{id}": u64,
        "{rest}": String,
        #[cfg(all())]
        "pair:{id: u8}": Fitting { was: [Older] },
        concat!("made:", "{n: u64}"): u64,
        #[cfg(any())]
        "pair:{id: u16}": Missing { was: [Missing], metadata: Missing },
    },
    values: [
        #[cfg(any())]
        { key: "gone", value: Missing { a: 1 } },
        /// Is there.
        #[cfg(all())]
        { key: concat!("th", "ere"), value: concat!("x", -1, true, 'c', stringify!(a + b)) },
        { key: "version", value: env!("CARGO_PKG_VERSION") },
    ]
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fitting {
    n: u8,
}

#[derive(Serialize, Deserialize)]
struct Older {
    old: u8,
}

impl From<Older> for Fitting {
    fn from(older: Older) -> Self {
        Self { n: older.old }
    }
}

kv_namespace! {
    /// One key, declared once for each of two builds.
    struct Pairs;
    title: "pairs",
    values: [
        #[cfg(any())]
        { key: "mode", value: Missing { a: 1 }, metadata: { by: "us" } },
        #[cfg(not(any()))]
        { key: "mode", value: "here" },
        { key: "last", value: Fitting { n: 7 } },
    ]
}

#[tokio::test]
async fn a_key_can_be_declared_once_for_each_build() {
    let pairs = Pairs::in_memory();
    assert_eq!(pairs.mode().get().await.unwrap().as_deref(), Some("here"));
    assert_eq!(pairs.last().get().await.unwrap(), Some(Fitting { n: 7 }));
    let entry = Pairs::DECLARATION.entries.iter().find(|entry| entry.key == "last").unwrap();
    let types = Pairs::DECLARATION.types(entry.types).unwrap();
    assert!((types.value)(br#"{"n":1}"#).is_ok());
    assert!((types.value)(br#"{"m":1}"#).is_err(), "its types are its own");
    assert_eq!(Gated::in_memory().pair(1).get().await.unwrap(), None);
}

#[tokio::test]
async fn what_a_cfg_leaves_out_does_not_exist() {
    let declaration = Gated::DECLARATION;
    let patterns: Vec<_> = declaration.families.iter().map(|family| family.pattern).collect();
    assert_eq!(patterns, ["always:{id}", "{rest}", "pair:{id: u8}", "made:{n: u64}"]);
    let entries = declaration.entries.iter().map(|entry| entry.key.to_owned());
    let texts = declaration.read_texts().into_iter().map(|text| text.key);
    let mut keys: Vec<_> = entries.chain(texts).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["there", "version"]);
    let gated = Gated::in_memory();
    // A key of a family that is left out belongs to the catch-all.
    gated.rest("never:1").put("x").await.unwrap();
    gated.always("1").put(&7).await.unwrap();
    gated.made(1).put(&7).await.unwrap();
    assert_eq!(gated.made(1).key().unwrap(), "made:1");
    assert_eq!(gated.there().get().await.unwrap().as_deref(), Some("x-1trueca + b"));
}

#[test]
fn macros_make_titles_keys_and_values() {
    assert_eq!(Gated::DECLARATION.title, "gated-tests-{stage}");
    assert_eq!(Gated::THERE.as_str(), "there");
}

kv_namespace! {
    /// A text that is a secret in one stage, and a file's in another.
    struct Secrets;
    title: "secrets",
    values: [{ key: "token", value: "none", value: env("TOKEN") in "prod", value: file("Cargo.toml") in "ci" }]
}

#[tokio::test]
async fn text_from_a_variable_or_a_file_has_the_type_of_a_literal() {
    let token: Option<String> = Secrets::in_memory().token().get().await.unwrap();
    assert_eq!(token.as_deref(), Some("none"));
}
