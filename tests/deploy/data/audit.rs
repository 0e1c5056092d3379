//! Audits and migrations.

use kv_test_support::cloudflare::Cloudflare;
use serde_json::{Value, json};

use super::{Deployed, kill_at_each_request, title};

#[test]
fn an_audit_says_what_does_not_fit_and_why() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let put = |key: &str, value: &str| cloudflare.put(&title("dev"), key, value);
    deployed.run("app", &["audit"]).expect(0);
    put("flag:a", "true");
    put("flag:b", "maybe");
    put("count:7", "7");
    put("count:007", "7");
    put("user:1", r#"{"full_name":"Ada","visits":1}"#);
    put("user:2", r#"{"name":"Grace"}"#);
    put("user:3", "{}");
    put("limits", r#"{"perMinute":"many"}"#);
    put("stray", "x");
    let ran = deployed.run("app", &["audit", "--format", "json"]).expect(2);
    assert!(ran.stderr.contains("11 keys to read"), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let audit = &report["namespaces"][0];
    let counts = ["keys", "read", "fit", "older", "misfits", "undeclared"].map(|name| &audit[name]);
    assert_eq!(counts, [11, 11, 5, 1, 4, 1].map(|n| json!(n)).each_ref());
    let findings = audit["findings"].as_array().unwrap();
    let found = |key: &str| {
        let of_key = |finding: &&Value| finding["key"] == key;
        let finding = findings.iter().find(of_key).unwrap_or_else(|| panic!("{key}"));
        format!("{} {}", finding["kind"].as_str().unwrap(), finding["what"].as_str().unwrap_or(""))
    };
    assert!(found("flag:b").starts_with("value the stored bytes are not the JSON of a `bool`"));
    assert_eq!(
        found("count:007"),
        "key it looks like a key of `count:{id: u32}`, but its parameters do not parse as the family's types"
    );
    assert_eq!(found("user:2"), "older ");
    assert!(found("user:3").starts_with("value the stored bytes decode as none of the types"));
    assert!(found("limits").starts_with("value"));
    assert_eq!(found("stray"), "undeclared ");
    assert_eq!(findings.len(), 6);
    let ran = deployed.run("app", &["audit", "app", "--sample", "3", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["namespaces"][0]["read"], 3);
}

#[test]
fn what_was_never_deployed_is_not_audited_without_a_word() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let ran = deployed.run("app-two", &["audit"]).expect(0);
    assert!(ran.stderr.contains("Not deployed yet, and so not audited: rates"), "{}", ran.stderr);
    for command in ["audit", "migrate"] {
        let ran = deployed.run("existing", &[command]).expect(1);
        assert!(ran.stderr.contains("not deployed yet: existing"), "{}", ran.stderr);
    }
}

#[test]
fn metadata_is_checked_against_its_type() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let pairs = cloudflare.storage().pairs(&cloudflare.namespace(&title("dev")).id).unwrap();
    for (key, metadata) in [("user:1", "[1,2]"), ("user:2", "{}")] {
        let value = br#"{"full_name":"Ada","visits":1}"#;
        let metadata = Some(metadata.into());
        let pair = kv_local::Pair { key: key.into(), value: value.into(), metadata, expiry: None };
        pairs.put_many([pair]).unwrap();
    }
    let ran = deployed.run("app", &["audit"]).expect(2);
    assert!(
        ran.stderr.contains("! user:2  metadata: the stored bytes are not the JSON"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("user:1"), "{}", ran.stderr);
}

#[test]
fn values_of_older_types_are_rewritten_with_metadata_and_expiration() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let pairs = cloudflare.storage().pairs(&cloudflare.namespace(&title("dev")).id).unwrap();
    let put = |key: &str, value: &str| {
        let (metadata, expiry) =
            (Some("[7]".into()), Some(kv_runtime::rules::Expiry::At(2_000_000_000)));
        let pair = kv_local::Pair {
            key: key.to_owned().into(),
            value: value.as_bytes().to_vec().into(),
            metadata,
            expiry,
        };
        pairs.put_many([pair]).unwrap();
    };
    for n in 0..150 {
        put(&format!("user:{n}"), &format!(r#"{{"name":"{n}"}}"#));
    }
    put("user:new", r#"{"full_name":"Ada","visits":3}"#);
    put("user:odd", "odd");
    let ran = deployed.run("app", &["migrate"]).expect(1);
    assert!(ran.stderr.contains("150 keys to put"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 key  that match none of their types"), "{}", ran.stderr);
    deployed.run("app", &["migrate", "--yes"]).expect(0);
    let stored = pairs.get("user:42").unwrap().unwrap();
    assert_eq!(stored.value.as_ref(), br#"{"full_name":"42","visits":0}"#);
    assert_eq!((stored.metadata.as_deref(), stored.expiration), (Some("[7]"), Some(2_000_000_000)));
    assert_eq!(pairs.get("user:odd").unwrap().unwrap().value.as_ref(), b"odd");
    drop(cloudflare.take_requests());
    let ran = deployed.run("app", &["migrate"]).expect(0);
    assert!(ran.stderr.contains("Nothing to write."), "{}", ran.stderr);
}

/// A stage with many values of an older type.
fn begin(cloudflare: &Cloudflare) -> Deployed<'_> {
    let deployed = Deployed::new(cloudflare);
    for n in 0..250 {
        deployed.stage.cloudflare.put(&title("dev"), &format!("user:{n:03}"), r#"{"name":"x"}"#);
    }
    deployed
}

#[test]
fn a_migration_that_was_killed_goes_on() {
    let args = ["migrate", "--yes", "--jobs", "1"];
    kill_at_each_request(begin, &args, |deployed, _| {
        let audit = deployed.run("app", &["audit"]).expect(0);
        assert!(audit.stderr.contains("0 of an older type"), "{}", audit.stderr);
    });
}
