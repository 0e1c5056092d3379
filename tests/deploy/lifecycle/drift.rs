//! What others did to what was deployed: shown when asked for, repaired when asked for.

use kv_test_support::cloudflare::{Cloudflare, Kind};

use crate::stage::Stage;

/// A stage in which others changed one key, removed two (one with a time to live), and added one.
fn drifted(cloudflare: &Cloudflare) -> Stage<'_> {
    let stage = Stage::new(cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.age();
    let sessions = cloudflare.namespace("user-sessions").id;
    let pairs = cloudflare.storage().pairs(&sessions).unwrap();
    cloudflare.put("user-sessions", "greeting", "goodbye");
    pairs.delete_many(["limits", "session_123"]).unwrap();
    cloudflare.put("user-sessions", "theirs", "not ours");
    drop(cloudflare.take_requests());
    stage
}

#[test]
fn a_plan_shows_what_others_changed_only_when_asked() {
    let cloudflare = Cloudflare::start();
    let stage = drifted(&cloudflare);
    let plain = stage.run("v1", &["plan", "--detailed-exitcode"]).expect(0);
    assert!(!plain.stderr.contains("others"), "{}", plain.stderr);
    let ran = stage.run("v1", &["plan", "--refresh"]).expect(0);
    for line in ["greeting  was changed by others", "limits  was removed by others"] {
        assert!(ran.stderr.contains(line), "{}", ran.stderr);
    }
    // `session_123` may have expired, and `theirs` is not declared.
    for key in ["session_123", "theirs"] {
        assert!(!ran.stderr.contains(key), "{}", ran.stderr);
    }
}

#[test]
fn drift_is_found_with_one_bulk_read_per_hundred_keys() {
    let cloudflare = Cloudflare::start();
    let stage = drifted(&cloudflare);
    stage.run("v1", &["plan", "--refresh"]).expect(0);
    let requests = cloudflare.take_requests();
    let count = |kind| requests.iter().filter(|request| request.kind == kind).count();
    // Two namespaces, each with few keys.
    assert_eq!((count(Kind::Keys), count(Kind::BulkGet)), (0, 2), "{requests:?}");
    assert!(!requests.iter().any(|request| request.kind.writes()), "{requests:?}");
}

#[test]
fn a_deploy_leaves_what_others_changed_and_a_repair_writes_just_that_again() {
    let cloudflare = Cloudflare::start();
    let stage = drifted(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("user-sessions")["greeting"], "goodbye");
    drop(cloudflare.take_requests());
    stage.run("v1", &["--yes", "--repair"]).expect(0);
    let written: Vec<_> = cloudflare
        .take_requests()
        .iter()
        .filter(|request| request.kind == Kind::BulkPut)
        .flat_map(kv_test_support::cloudflare::Request::keys)
        .collect();
    assert_eq!(written, ["greeting", "limits"]);
    let pairs = cloudflare.pairs("user-sessions");
    assert_eq!(pairs["greeting"], "hello");
    assert_eq!(pairs["theirs"], "not ours");
    let ran = stage.run("v1", &["plan", "--refresh"]).expect(0);
    assert!(!ran.stderr.contains("by others"), "{}", ran.stderr);
}

#[test]
fn status_shows_drift_for_people_and_for_programs() {
    let cloudflare = Cloudflare::start();
    let stage = drifted(&cloudflare);
    let ran = stage.run("v1", &["status", "--refresh"]).expect(0);
    assert!(ran.stderr.contains("\"greeting\" was changed by others"), "{}", ran.stderr);
    let ran = stage.run("v1", &["status", "--refresh", "--format", "json"]).expect(0);
    let status: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(status["format"], 1);
    let seen = &status["stages"][0]["namespaces"][0]["seen"];
    assert_eq!(seen["seen"], "there");
    assert_eq!(seen["drift"]["greeting"], "changed");
    assert_eq!(seen["drift"]["limits"], "missing");
}
