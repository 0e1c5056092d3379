//! Restores: what they write, what they refuse, and how one that was cut off goes on.

use std::collections::BTreeMap;

use kv_runtime::rules::{Expiry, Time};
use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, When};
use proptest::prelude::*;

use super::{Deployed, SECRET, json, kill_at_each_request, title};

const RESTORE: [&str; 4] = ["restore", "app", "backup.json", "--yes"];

#[test]
fn what_was_exported_is_restored_with_its_expiration() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let namespace = cloudflare.namespace(&title("dev")).id;
    let pairs = cloudflare.storage().pairs(&namespace).unwrap();
    let later = Time::now().unix() + 1_000;
    let put = |key: &str, value: &[u8], expiry| {
        let pair = kv_local::Pair {
            key: key.into(),
            value: value.into(),
            metadata: Some("[1]".into()),
            expiry,
        };
        pairs.put_many([pair]).unwrap();
    };
    put("user:1", b"\xff\x00", Some(Expiry::At(later)));
    put("user:2", b"{}", None);
    let before = deployed.export("backup.json");
    pairs.delete_many(["user:1".to_owned(), "motd".to_owned()]).unwrap();
    put("user:2", b"changed", None);
    put("user:3", b"new", None);
    let ran = deployed.run("app", &RESTORE).expect(0);
    assert!(ran.stderr.contains("~ user:2  7 B → 2 B"), "{}", ran.stderr);
    assert!(ran.stderr.contains("3 keys to put (9 B), 1 over other values"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Billed: 3 writes"), "{}", ran.stderr);
    assert_eq!(pairs.get("user:1").unwrap().unwrap().expiration, Some(later));
    assert_eq!(pairs.get("user:3").unwrap().unwrap().value.as_ref(), b"new");
    pairs.delete_many(["user:3".to_owned()]).unwrap();
    assert_eq!(deployed.export("after.json"), before);
    // Everything is already there: nothing is written, and no question is asked.
    drop(cloudflare.take_requests());
    deployed.run("app", &RESTORE[..3]).expect(0);
    assert!(!cloudflare.take_requests().iter().any(|request| request.kind.writes()));
    // The declared key that was restored is as it was declared.
    let plan = deployed.run("app", &["plan"]).expect(0);
    assert!(plan.stderr.contains("Nothing to do"), "{}", plan.stderr);
}

#[test]
fn what_a_restore_did_to_declared_keys_is_known_to_the_next_plan() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    std::fs::write(deployed.path("backup.json"), r#"[{"key":"motd","value":"old"}]"#).unwrap();
    deployed.run("app", &RESTORE).expect(0);
    let plan = deployed.run("app", &["plan"]).expect(0);
    assert!(plan.stderr.contains("~ motd  changed"), "{}", plan.stderr);
    deployed.run("app", &["--yes"]).expect(0);
    assert_eq!(cloudflare.pairs(&title("dev"))["motd"], "hello");
}

#[test]
fn a_file_of_wrangler_is_restored_as_it_is() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let file = r#"[
        {"key": "a", "value": "1", "expiration_ttl": 3600},
        {"key": "b", "value": "/w==", "base64": true, "metadata": {"x": 1}},
        {"key": "gone", "value": "1", "expiration": 1700000000}
    ]"#;
    std::fs::write(deployed.path("backup.json"), file).unwrap();
    let ran = deployed.run("app", &RESTORE).expect(0);
    assert!(ran.stderr.contains("1 key  expired, or about to"), "{}", ran.stderr);
    let exported = deployed.export("after.json");
    let keys: Vec<_> = exported.as_array().unwrap().iter().map(|pair| &pair["key"]).collect();
    assert_eq!(keys, ["a", "b", "limits", "motd"]);
    assert!(exported[0]["expiration"].as_u64().unwrap() > 1_700_000_000);
}

#[test]
fn a_file_that_is_not_whole_or_not_a_backup_changes_nothing() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    deployed.export("backup.json");
    let whole = std::fs::read_to_string(deployed.path("backup.json")).unwrap();
    let path = deployed.path("backup.json");
    let refused = |content: &str, told: &str| {
        std::fs::write(&path, content).unwrap();
        drop(cloudflare.take_requests());
        let ran = deployed.run("app", &RESTORE).expect(1);
        assert!(ran.stderr.contains(told), "{told}\n{}", ran.stderr);
        assert!(ran.stderr.contains("nothing was changed"), "{}", ran.stderr);
        assert_eq!(cloudflare.take_requests().len(), 0);
    };
    for end in 0..whole.trim_end().len() {
        refused(&whole[..end], "backup.json");
    }
    // Cut off between two pairs and closed by hand.
    let (first, _) = whole.split_once(",\n").unwrap();
    refused(&format!("{first}\n]\n"), "is shorter, as if it was cut off");
    let padded = format!("{first}\n]{}\n", " ".repeat(whole.len() - first.len() - 3));
    refused(&padded, "has a different number of pairs");
    refused(&whole.replace("hello", "hullo"), "its content has a different hash");
    std::fs::remove_file(deployed.path("backup.json.about")).unwrap();
    for (content, told) in [
        ("", "a seed file is a list of pairs"),
        ("{}", "one object"),
        ("[{}]", "this pair has no key"),
        (
            r#"[{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]"#,
            "backup.json:1:38: the key `a` appears twice",
        ),
        (r#"[{"key": "a", "value": 1}]"#, "a value is text"),
        (r#"[{"key": "..", "value": "1"}]"#, "backup.json:1:10"),
        ("\u{0}\u{1}PK", "is not JSON"),
    ] {
        refused(content, told);
    }
    std::fs::write(deployed.path("backup.json.about"), "{").unwrap();
    refused(&whole, "does not describe an export");
}

#[test]
fn a_restore_asks_before_it_writes() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    std::fs::write(deployed.path("backup.json"), r#"[{"key":"a","value":"1"}]"#).unwrap();
    let ran = deployed.run("app", &["restore", "app", "backup.json"]).expect(1);
    assert!(ran.stderr.contains("there is no terminal to ask on"), "{}", ran.stderr);
    let limited = [&RESTORE[..], &["--max-writes", "0"]].concat();
    let ran = deployed.run("app", &limited).expect(1);
    assert!(ran.stderr.contains("this writes 1 key, but --max-writes allows 0"), "{}", ran.stderr);
    assert!(!cloudflare.take_requests().iter().any(|request| request.kind.writes()));
    let ran = deployed.run("app", &["restore", "apps", "backup.json", "--yes"]).expect(1);
    assert!(ran.stderr.contains("no namespace has the id \"apps\""), "{}", ran.stderr);
}

/// A file with more pairs than one request carries.
fn many() -> (String, BTreeMap<String, String>) {
    let pairs: BTreeMap<_, _> =
        (0..12_000).map(|n| (format!("count:{n:05}"), n.to_string())).collect();
    let items: Vec<_> =
        pairs.iter().map(|(k, v)| format!(r#"{{"key":"{k}","value":"{v}"}}"#)).collect();
    (format!("[{}]", items.join(",\n")), pairs)
}

/// A stage, and a file to restore.
fn begin<'a>(cloudflare: &'a Cloudflare, file: &str) -> Deployed<'a> {
    let deployed = Deployed::new(cloudflare);
    std::fs::write(deployed.path("backup.json"), file).unwrap();
    deployed
}

#[test]
fn a_restore_that_was_cut_off_anywhere_goes_on() {
    let (file, pairs) = many();
    let args = [&RESTORE[..], &["--jobs", "1"]].concat();
    kill_at_each_request(
        |cloudflare| begin(cloudflare, &file),
        &args,
        |deployed, told| {
            let stored = deployed.stage.cloudflare.pairs(&title("dev"));
            assert!(pairs.iter().all(|(key, value)| stored[key] == *value), "{told}");
            assert_eq!(stored.len(), pairs.len() + 3);
        },
    );
}

#[test]
fn keys_that_are_not_confirmed_are_sent_again_and_then_named() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    std::fs::write(deployed.path("backup.json"), r#"[{"key":"a","value":"1"}]"#).unwrap();
    let partial = Fault { applied: false, answer: Answer::Partial };
    cloudflare.fail(Kind::BulkPut, When::Nth(0), partial);
    deployed.run("app", &RESTORE).expect(0);
    assert_eq!(cloudflare.pairs(&title("dev"))["a"], "1");
}

#[test]
fn secrets_are_neither_in_a_file_nor_on_the_screen() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    deployed.export("backup.json");
    for args in [&RESTORE[..], &["audit"], &["migrate", "--yes"], &["plan", "--values"]] {
        let ran = deployed.run("app", args).expect(0);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(SECRET), "{args:?}");
    }
    for entry in std::fs::read_dir(deployed.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert!(!std::fs::read_to_string(&path).unwrap().contains(SECRET), "{}", path.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_pairs_make_the_round_trip(
        pairs in proptest::collection::btree_map(
            "[ -~é\u{0}-\u{1f}]{1,20}",
            (proptest::collection::vec(any::<u8>(), 0..60), proptest::option::of("[a-z\"\\\\]{0,9}")),
            0..40,
        ),
    ) {
        let pairs: BTreeMap<_, _> =
            pairs.into_iter().filter(|(key, _)| !matches!(key.as_str(), "." | "..")).collect();
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            use kv_test_support::declared::v1::Users;
            let local = folder.path().join("local");
            let state = || kv_runtime::state::FileStateStore::new(folder.path().join("states"));
            let deployed = Users::deploy().app("t").state(state()).local(&local).await.unwrap();
            let storage = kv_local::Storage::open(&local).unwrap();
            let stored = storage.pairs(&deployed.namespace_id).unwrap();
            let local_pair = |(key, (value, metadata)): (&String, &(Vec<u8>, Option<String>))| {
                let metadata = metadata.as_ref().map(|text| serde_json::json!({ "m": text }).to_string());
                kv_local::Pair {
                    key: key.clone().into(),
                    value: value.clone().into(),
                    metadata: metadata.map(Into::into),
                    expiry: None,
                }
            };
            stored.put_many(pairs.iter().map(local_pair)).unwrap();
            let connect = || Users::connect().app("t").state(state()).local(&local);
            let file = folder.path().join("backup.json");
            let export = connect().export_to(&file).await.unwrap();
            let mut written = Vec::new();
            connect().export(&mut written).await.unwrap();
            assert_eq!(written, std::fs::read(&file).unwrap());
            let all = |stored: &kv_local::Pairs| {
                let keys = stored.list("", None, 1_000).unwrap().keys;
                let pair = |key: kv_local::ListedKey| {
                    let pair = stored.get(&key.name).unwrap().unwrap();
                    (key.name, pair.value.to_vec(), pair.metadata)
                };
                keys.into_iter().map(pair).collect::<Vec<_>>()
            };
            let before = all(&stored);
            assert_eq!(before.len() as u64, export.pairs);
            stored.delete_many(before.iter().map(|(key, ..)| key.clone()).collect::<Vec<_>>()).unwrap();
            let changes = connect().restore(&file).await.unwrap();
            assert_eq!(changes.new, export.pairs);
            assert_eq!(all(&stored), before);
            let _ = json;
        });
    }
}

#[test]
fn the_file_of_another_namespace_is_refused() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    deployed.export("backup.json");
    let about = deployed.path("backup.json.about");
    let text = std::fs::read_to_string(&about).unwrap();
    std::fs::write(&about, text.replace("\"app\",", "\"rates\",")).unwrap();
    let ran = deployed.run("app", &RESTORE).expect(1);
    assert!(ran.stderr.contains("is an export of the namespace \"rates\""), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: nothing was changed"), "{}", ran.stderr);
}
