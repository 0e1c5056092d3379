//! Values that this tool did not write.

use kv_local::Pair;
use kv_runtime::__private::state::Record;
use kv_runtime::rules::Expiry;
use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, When};
use kv_test_support::declared::renamed::Shop;
use serde_json::{Value, json};

use crate::stage::{Stage, kinds};

/// An account with a namespace that holds a value of others under a declared key.
fn with_motd(motd: &str) -> Cloudflare {
    let cloudflare = Cloudflare::start();
    cloudflare.storage().create("theirs").unwrap();
    cloudflare.put("theirs", "motd", motd);
    cloudflare.put("theirs", "unrelated", "theirs");
    cloudflare
}

/// Takes the namespace into the state.
fn import(stage: &Stage<'_>) {
    let id = stage.cloudflare.namespace("theirs").id;
    stage.run("shop", &["import", &format!("shop={id}")]).expect(0);
}

#[test]
fn an_imported_value_that_differs_is_shown_counted_and_kept_without_yes() {
    let cloudflare = with_motd("PRECIOUS");
    let stage = Stage::new(&cloudflare);
    import(&stage);
    for args in [&["plan"][..], &["plan", "--no-refresh"]] {
        let plan = stage.run("shop", args).expect(0);
        for part in [
            "~ motd  overwrites a value that this tool did not write, 8 B → 5 B",
            "3 keys to put (1 over a value that this tool did not write)",
        ] {
            assert!(plan.stderr.contains(part), "{part}: {}", plan.stderr);
        }
    }
    stage.refused("shop", &["deploy"]);
    assert_eq!(cloudflare.pairs("theirs")["motd"], "PRECIOUS");
    stage.run("shop", &["deploy", "--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("tests-dev-shop")["motd"], "hello");
    assert_eq!(cloudflare.pairs("tests-dev-shop")["unrelated"], "theirs");
    stage.run("shop", &["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn the_json_plan_gives_an_overwrite_a_reason_of_its_own() {
    let cloudflare = with_motd("PRECIOUS");
    let stage = Stage::new(&cloudflare);
    import(&stage);
    let plan = stage.run("shop", &["plan", "--format", "json"]).expect(0);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let motd = &plan["namespaces"][0]["put"][0];
    let expected = json!({"key": "motd", "reason": "overwrite", "bytes": 5, "replaced_bytes": 8});
    assert_eq!(*motd, expected);
}

#[test]
fn a_value_that_is_there_as_declared_is_recorded_and_not_written() {
    let cloudflare = with_motd("hello");
    let id = cloudflare.namespace("theirs").id;
    let pairs = cloudflare.storage().pairs(&id).unwrap();
    let metadata = Some("{\"of\": \"shop\"}".into());
    let limits = Pair { metadata, ..Pair::new("limits", b"{\"perMinute\":60}".as_slice()) };
    let expiry = Some(Expiry::Ttl(600));
    let sale = Pair { expiry, ..Pair::new("sale", "10 %".as_bytes()) };
    pairs.put_many([limits, sale]).unwrap();
    cloudflare.storage().rename(&id, "tests-dev-shop").unwrap();
    let stage = Stage::new(&cloudflare);
    stage.run("shop", &["import", &format!("shop={id}")]).expect(0);
    let plan = stage.run("shop", &["plan", "--detailed-exitcode"]).expect(0);
    for key in ["motd", "limits", "sale"] {
        let line = format!("= {key}  already as declared");
        assert!(plan.stderr.contains(&line), "{line}: {}", plan.stderr);
    }
    drop(cloudflare.take_requests());
    // Nothing changes at Cloudflare, so there is no question.
    stage.run("shop", &[]).expect(0);
    assert!(!kinds(&cloudflare.take_requests()).iter().any(|kind| kind.writes()));
    let state = stage.state();
    assert_eq!(state.namespaces["shop"].deployment().unwrap().keys().len(), 3);
    stage.run("shop", &[]).expect(0);
    assert_eq!(kinds(&cloudflare.take_requests()), [Kind::Get]);
}

#[test]
fn metadata_or_an_expiration_that_differs_makes_another_pair() {
    let cloudflare = with_motd("hello");
    let pairs = cloudflare.storage().pairs(&cloudflare.namespace("theirs").id).unwrap();
    let expiry = Some(Expiry::Ttl(600));
    let motd = Pair { expiry, ..Pair::new("motd", "hello".as_bytes()) };
    let metadata = Some("{\"of\":\"others\"}".into());
    let limits = Pair { metadata, ..Pair::new("limits", b"{\"perMinute\":60}".as_slice()) };
    pairs.put_many([motd, limits, Pair::new("sale", "10 %".as_bytes())]).unwrap();
    let stage = Stage::new(&cloudflare);
    import(&stage);
    let plan = stage.run("shop", &["plan"]).expect(0);
    for key in ["motd", "limits", "sale"] {
        let line = format!("~ {key}  overwrites a value that this tool did not write");
        assert!(plan.stderr.contains(&line), "{line}: {}", plan.stderr);
    }
}

#[test]
fn a_value_that_is_not_text_is_read_by_itself() {
    let cloudflare = with_motd("hello");
    let pairs = cloudflare.storage().pairs(&cloudflare.namespace("theirs").id).unwrap();
    pairs.put_many([Pair::new("limits", [0xff, 0, 1].as_slice())]).unwrap();
    let stage = Stage::new(&cloudflare);
    import(&stage);
    let plan = stage.run("shop", &["plan"]).expect(0);
    let limits = "~ limits  overwrites a value that this tool did not write, 3 B → 16 B";
    assert!(plan.stderr.contains(limits), "{}", plan.stderr);
    assert!(plan.stderr.contains("= motd  already as declared"), "{}", plan.stderr);
}

#[test]
fn a_key_that_is_declared_later_does_not_silently_replace_the_applications_value() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.put("user-sessions", "motd", "the application's");
    let plan = stage.run("v2", &["plan"]).expect(0);
    let motd = "~ motd  overwrites a value that this tool did not write, 17 B → 7 B";
    assert!(plan.stderr.contains(motd), "{}", plan.stderr);
}

#[test]
fn after_a_lost_state_what_is_deployed_already_is_recorded_and_not_written() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("many", &["--yes"]).expect(0);
    cloudflare.put("many", "key-00007", "changed meanwhile");
    std::fs::remove_dir_all(stage.states()).unwrap();
    drop(cloudflare.take_requests());
    let ran = stage.run("many", &["--yes", "--adopt"]).expect(0);
    assert!(ran.stderr.contains("1 key to put (1 over a value"), "{}", ran.stderr);
    let requests = cloudflare.take_requests();
    let puts: Vec<_> = requests.iter().filter(|r| r.kind == Kind::BulkPut).collect();
    assert_eq!(puts.iter().flat_map(|put| put.keys()).collect::<Vec<_>>(), ["key-00007"]);
    stage.run("many", &[]).expect(0);
}

#[test]
fn many_new_keys_are_looked_for_by_listing_where_that_costs_less() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("none-of-many", &["--yes"]).expect(0);
    cloudflare.put("many", "key-00007", "the application's");
    drop(cloudflare.take_requests());
    let plan = stage.run("many", &["plan"]).expect(0);
    assert!(plan.stderr.contains("(1 over a value"), "{}", plan.stderr);
    let requests = kinds(&cloudflare.take_requests());
    assert_eq!(requests, [Kind::Get, Kind::Keys, Kind::BulkGet]);
}

#[tokio::test]
async fn adopting_from_rust_shows_the_overwrite_in_its_plan() {
    let cloudflare = with_motd("PRECIOUS");
    cloudflare.storage().rename(&cloudflare.namespace("theirs").id, "tests-dev-shop").unwrap();
    let stage = Stage::new(&cloudflare);
    let plan = stage.deploy::<Shop>().adopt(true).plan().await.unwrap();
    assert_eq!(plan.namespaces[0].overwrites(), 1);
    assert_eq!(cloudflare.pairs("tests-dev-shop")["motd"], "PRECIOUS");
}

#[test]
fn a_value_that_was_there_as_declared_is_not_this_tools_to_delete() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.storage().create("user-data").unwrap();
    for (key, value) in [("first", "Ada"), ("second", "Grace")] {
        cloudflare.put("user-data", key, value);
    }
    let ran = stage.run("v1-without-sessions", &["--yes", "--adopt"]).expect(0);
    assert!(ran.stderr.contains("= first  already as declared"), "{}", ran.stderr);
    // It left the declaration, and stays.
    let ran = stage.run("v2", &["--yes"]).expect(0);
    assert!(ran.stderr.contains("first  no longer declared; kept"), "{}", ran.stderr);
    assert_eq!(cloudflare.pairs("user-data")["first"], "Ada");
}

#[test]
fn a_namespace_with_values_that_were_there_as_declared_is_data() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.storage().create("existing-namespace").unwrap();
    let declared =
        crate::stage::declared_pairs(kv_test_support::declared::select("existing-owned")[0]);
    for (key, value) in &declared {
        cloudflare.put("existing-namespace", key, value);
    }
    stage.run("existing-owned", &["--yes"]).expect(0);
    let refused = stage.refused("existing-owned", &["destroy", "--yes"]);
    assert!(refused.stderr.contains("--delete-data"), "{}", refused.stderr);
    stage.run("existing-owned", &["destroy", "--yes", "--delete-data"]).expect(0);
    assert!(cloudflare.titles().is_empty());
}

#[test]
fn a_key_whose_write_was_refused_does_not_belong_to_this_tool() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let answer = Answer::Json(403, r#"{"success":false,"errors":[{"code":10000,"message":"no"}]}"#);
    cloudflare.fail(Kind::BulkPut, When::Always, Fault { applied: false, answer });
    stage.run("v1-without-sessions", &["--yes"]).expect(1);
    cloudflare.heal();
    // Meanwhile the application writes under the same keys.
    cloudflare.put("user-data", "first", "APPDATA");
    cloudflare.put("user-data", "second", "APPDATA2");
    let plan = stage.run("v2", &["plan"]).expect(0);
    let told = "~ second  overwrites a value that this tool did not write, 8 B";
    assert!(plan.stderr.contains(told), "{}", plan.stderr);
    let refused = stage.refused("v1-without-sessions", &["destroy", "--yes"]);
    assert!(
        refused.stderr.contains("contains 2 keys that this tool did not write"),
        "{}",
        refused.stderr
    );
    stage.run("v2", &["--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("user-data")["first"], "APPDATA");
}

#[test]
fn a_deletion_that_was_refused_is_done_by_the_next_deploy() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let answer = Answer::Json(403, r#"{"success":false,"errors":[{"code":10000,"message":"no"}]}"#);
    cloudflare.fail(Kind::BulkDelete, When::Always, Fault { applied: false, answer });
    stage.run("v2", &["--yes", "--only", "users"]).expect(1);
    cloudflare.heal();
    // What was not deleted is as it was.
    let plan = stage.run("v1", &["plan"]).expect(0);
    assert!(!plan.stderr.contains("first"), "{}", plan.stderr);
    stage.run("v2", &["--yes"]).expect(0);
    stage.assert_converged("v2");
}

#[test]
fn a_key_that_is_no_longer_once_is_read_before_it_is_overwritten() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.rewrite(|state| {
        let Some(Record::Deployed(users)) = state.namespaces.get_mut("users") else {
            panic!("users is deployed");
        };
        users.keys_mut().change_all(|record| record.once = true);
    });
    cloudflare.put("user-data", "first", "the application's");
    let plan = stage.run("v1", &["plan"]).expect(0);
    for told in
        ["~ first  overwrites a value that this tool did not write, 17 B", "= second  already"]
    {
        assert!(plan.stderr.contains(told), "{told}: {}", plan.stderr);
    }
}

#[test]
fn every_value_that_would_be_lost_is_named_before_the_others() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.storage().create("many").unwrap();
    for n in 0..40 {
        cloudflare.put("many", &format!("key-{:05}", 15_000 + n), "PRECIOUS");
    }
    for format in ["text", "markdown"] {
        let plan = stage.run("many", &["plan", "--adopt", "--format", format]).expect(0);
        let shown = plan.stderr + &plan.stdout;
        for n in 0..40 {
            let line = format!("~ key-{:05}  overwrites", 15_000 + n);
            assert!(shown.contains(&line), "{line}: {shown}");
        }
    }
}
