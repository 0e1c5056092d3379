//! Exports: what they hold, and how one that was cut off goes on.

use kv_runtime::rules::Expiry;
use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, When};
use serde_json::json;

use super::{Deployed, SECRET, json, title};
use crate::stage::kill_at;

#[test]
fn every_pair_is_in_the_file_as_wrangler_writes_it() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let namespace = cloudflare.namespace(&title("dev")).id;
    let pairs = cloudflare.storage().pairs(&namespace).unwrap();
    let put = |key: &str, value: &[u8], metadata: Option<&str>, expiry| {
        let metadata = metadata.map(|json| json.to_owned().into());
        let pair = kv_local::Pair { key: key.into(), value: value.into(), metadata, expiry };
        pairs.put_many([pair]).unwrap();
    };
    put("flag:é\"\n", b"true", Some(r#"{"a": [1]}"#), None);
    put("bytes", b"\xff\x00", None, Some(Expiry::At(2_000_000_000)));
    let file = deployed.export("backup.json");
    assert_eq!(
        file,
        json!([
            { "key": "bytes", "value": "/wA=", "base64": true, "expiration": 2_000_000_000_u64 },
            { "key": "flag:é\"\n", "value": "true", "metadata": { "a": [1] } },
            { "key": "limits", "value": "{\"perMinute\":60}" },
            { "key": "motd", "value": "hello" },
        ])
    );
    let about = json(&deployed.path("backup.json.about"));
    assert_eq!(about["namespace_id"], namespace);
    assert_eq!((&about["pairs"], &about["secrets_left_out"]), (&json!(4), &json!(["password"])));
    // One pair per line, for tools that read lines.
    let text = std::fs::read_to_string(deployed.path("backup.json")).unwrap();
    assert_eq!(text.lines().count(), 6);
}

#[test]
fn secrets_are_exported_only_on_request() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let ran = deployed.run("app", &["export", "app", "--out", "plain.json"]).expect(0);
    assert!(ran.stderr.contains("password: declared by env(...)"), "{}", ran.stderr);
    let text = std::fs::read_to_string(deployed.path("plain.json")).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    let args = ["export", "app", "--out", "secret.json", "--include-secrets"];
    deployed.run("app", &args).expect(0);
    let path = deployed.path("secret.json");
    assert!(std::fs::read_to_string(&path).unwrap().contains(SECRET));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn families_and_globs_choose_keys() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    for key in ["flag:a", "flag:b", "user:1", "user:2", "other"] {
        cloudflare.put(&title("dev"), key, "true");
    }
    let keys = |args: &[&str]| -> Vec<String> {
        let args = [&["export", "app", "--out", "-"], args].concat();
        let ran = deployed.run("app", &args).expect(0);
        let pairs: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let key = |pair: &serde_json::Value| pair["key"].as_str().unwrap().to_owned();
        pairs.as_array().unwrap().iter().map(key).collect()
    };
    assert_eq!(keys(&["--family", "flag:{name}"]), ["flag:a", "flag:b"]);
    assert_eq!(keys(&["--family", "flag:{x}", "--family", "o*"]), ["flag:a", "flag:b", "other"]);
    let except = ["--except", "user:*", "--except", "flag:b"];
    assert_eq!(keys(&except), ["flag:a", "limits", "motd", "other"]);
    let args = ["export", "app", "--out", "none.json", "--family", "nothing:{x}"];
    let ran = deployed.run("app", &args).expect(1);
    assert!(ran.stderr.contains("no key of the namespace matches nothing:{x}"), "{}", ran.stderr);
    assert!(!deployed.path("none.json").exists());
    let args = ["export", "app", "--out", "none.json", "--family", "a{x}{y}"];
    let ran = deployed.run("app", &args).expect(1);
    assert!(ran.stderr.contains("have no text between them"), "{}", ran.stderr);
}

#[test]
fn without_a_file_each_namespace_has_its_own() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let ran = deployed.run("app", &["export", "--format", "json"]).expect(0);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let file = report["exports"][0]["file"].as_str().unwrap();
    let name = std::path::Path::new(file).file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("app-dev-20"), "{name}");
    assert_eq!(json(&deployed.path(name)).as_array().unwrap().len(), 2);
}

#[test]
fn an_existing_file_is_not_overwritten() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    std::fs::write(deployed.path("mine.json"), "mine").unwrap();
    let ran = deployed.run("app", &["export", "app", "--out", "mine.json"]).expect(1);
    assert!(ran.stderr.contains("mine.json already exists"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(deployed.path("mine.json")).unwrap(), "mine");
}

/// A namespace with more keys than a few requests read.
fn fill(cloudflare: &Cloudflare) {
    let namespace = cloudflare.namespace(&title("dev")).id;
    let pairs = cloudflare.storage().pairs(&namespace).unwrap();
    let pair = |n: u32| kv_local::Pair {
        key: format!("count:{n:05}").into(),
        value: format!("{n}").into_bytes().into(),
        metadata: None,
        expiry: None,
    };
    pairs.put_many((0..2_500).map(pair)).unwrap();
}

#[test]
fn an_export_that_was_killed_resumes_where_it_was() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    fill(&cloudflare);
    let whole = deployed.export("whole.json");
    let reads = cloudflare.take_requests().len();
    for n in [0, 1, 5, 9, 14, 20, reads - 1] {
        let name = format!("{n}.json");
        let args = ["export", "app", "--out", &name, "--jobs", "1"];
        let held = cloudflare.hold(n, false);
        kill_at(&held, deployed.command("app", &args));
        held.release();
        drop(cloudflare.take_requests());
        assert!(!deployed.path(&name).exists());
        deployed.run("app", &args).expect(0);
        assert_eq!(json(&deployed.path(&name)), whole, "{n}");
        let again = cloudflare.take_requests().len();
        assert!(n < 9 || again < reads, "{n}: {again} of {reads}");
        assert!(!deployed.path(&format!("{name}.part")).exists());
        let about = json(&deployed.path(&format!("{name}.about")));
        let same = json(&deployed.path("whole.json.about"));
        assert_eq!(about["blake3"], same["blake3"]);
    }
}

#[test]
fn a_part_cut_off_at_any_byte_is_completed() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let whole = deployed.export("whole.json");
    let text = std::fs::read(deployed.path("whole.json")).unwrap();
    let about = std::fs::read(deployed.path("whole.json.about")).unwrap();
    for end in 0..text.len() {
        std::fs::write(deployed.path("cut.json.part"), &text[..end]).unwrap();
        std::fs::write(deployed.path("cut.json.part.about"), &about).unwrap();
        assert_eq!(deployed.export("cut.json"), whole, "{end}");
        for name in ["cut.json", "cut.json.about"] {
            std::fs::remove_file(deployed.path(name)).unwrap();
        }
        if end % 8 != 0 {
            continue;
        }
        // The finished file is complete.
        deployed.export("cut.json");
        deployed.run("app", &["restore", "app", "cut.json", "--yes"]).expect(0);
        for name in ["cut.json", "cut.json.about"] {
            std::fs::remove_file(deployed.path(name)).unwrap();
        }
    }
}

#[test]
fn the_beginning_of_another_export_is_not_resumed() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    cloudflare.fail(
        Kind::BulkGet,
        When::Always,
        Fault { applied: false, answer: Answer::Json(403, "{}") },
    );
    let args = ["export", "app", "--out", "a.json"];
    deployed.run("app", &args).expect(1);
    cloudflare.heal();
    let other = [&args[..], &["--except", "motd"]].concat();
    let ran = deployed.run("app", &other).expect(1);
    assert!(
        ran.stderr.contains("a.json.part is an unfinished file of another export"),
        "{}",
        ran.stderr
    );
    deployed.run("app", &args).expect(0);
}

#[test]
fn a_value_that_was_a_secret_stays_one_whatever_is_declared_now() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let shown = |code: &str, args: &[&str]| {
        let ran = deployed.run(code, args).expect(0);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(SECRET), "{args:?}");
        ran.stderr
    };
    let told = shown("app-later", &["export", "app", "--out", "-"]);
    assert!(told.contains("Left out password"), "{told}");
    deployed.run("app", &["--yes", "--stage", "other"]).expect(0);
    let copied = shown("app-later", &["copy", "--from", "dev", "--to", "other", "--yes"]);
    assert!(copied.contains("left out: declared by env(...)"), "{copied}");
    let id = cloudflare.namespace(&title("dev")).id;
    let root = deployed.folder.path().to_str().unwrap();
    let args = ["init", "--from-namespace", &id, "--seed", "seed.json", "--root", root];
    shown("none-of-many", &args);
    let seed = std::fs::read_to_string(deployed.path("seed.json")).unwrap();
    assert!(!seed.contains(SECRET), "{seed}");
}

#[test]
fn files_of_others_are_not_touched() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    for name in ["mine.json.part", "mine.json.about"] {
        std::fs::write(deployed.path(name), "mine").unwrap();
        let ran = deployed.run("app", &["export", "app", "--out", "mine.json"]).expect(1);
        assert_eq!(std::fs::read_to_string(deployed.path(name)).unwrap(), "mine", "{}", ran.stderr);
        std::fs::remove_file(deployed.path(name)).unwrap();
    }
    #[cfg(unix)]
    {
        std::fs::write(deployed.path("victim"), "mine").unwrap();
        let link = deployed.path("link.json.part");
        std::os::unix::fs::symlink(deployed.path("victim"), link).unwrap();
        deployed.run("app", &["export", "app", "--out", "link.json"]).expect(1);
        assert_eq!(std::fs::read_to_string(deployed.path("victim")).unwrap(), "mine");
    }
}

#[test]
fn a_resumed_export_says_so_and_has_the_same_secrets() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let args = ["export", "app", "--out", "a.json", "--include-secrets"];
    let refused = Fault { applied: false, answer: Answer::Json(403, "{}") };
    cloudflare.fail(Kind::BulkGet, When::Always, refused);
    deployed.run("app", &args).expect(1);
    cloudflare.heal();
    let ran = deployed.run("app", &args[..4]).expect(1);
    assert!(ran.stderr.contains("includes the values of `env(...)`"), "{}", ran.stderr);
    let ran = deployed.run("app", &args).expect(0);
    assert!(ran.stderr.contains("Resuming the export of app"), "{}", ran.stderr);
}

#[test]
fn a_pattern_that_matches_no_key_is_an_error() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    cloudflare.put(&title("dev"), "flag:a", "true");
    for patterns in [
        ["--family", "flag:{name}", "--family", "typo"],
        ["--family", "flag:{name}", "--family", "typo:*"],
        ["--family", "*", "--except", "motdd"],
        ["--family", "*", "--except", "users:*"],
        ["--family", "*", "--except", "users:{id}"],
    ] {
        let args = [&["export", "app", "--out", "-"], &patterns[..]].concat();
        let ran = deployed.run("app", &args).expect(1);
        assert!(ran.stderr.contains("no key of the namespace matches"), "{}", ran.stderr);
    }
    let args = ["export", "app", "--out", "-", "--except", "user:a*", "--except", "user:{id}"];
    deployed.run("app", &args).expect(0);
}
