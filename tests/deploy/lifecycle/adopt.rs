//! Namespaces that existed before the first deploy.

use kv_runtime::__private::state::{Origin, Record};
use kv_runtime::DeployError;
use kv_test_support::cloudflare::Cloudflare;
use kv_test_support::declared::v1;

use crate::stage::{Stage, kinds};

fn existing(title: &str) -> Cloudflare {
    let cloudflare = Cloudflare::start();
    cloudflare.storage().create(title).unwrap();
    cloudflare.put(title, "theirs", "1");
    cloudflare
}

#[test]
fn an_existing_title_is_refused_and_both_ways_out_are_named() {
    let cloudflare = existing("user-sessions");
    let stage = Stage::new(&cloudflare);
    let refused = stage.refused("v1", &["--yes"]);
    let id = cloudflare.namespace("user-sessions").id;
    for part in ["already exists", "adopt: true", "--adopt", &format!("import sessions={id}")] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
}

#[test]
fn adopt_on_the_command_line_takes_it_over_with_its_data() {
    let cloudflare = existing("user-sessions");
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes", "--adopt"]).expect(0);
    assert_eq!(cloudflare.pairs("user-sessions").len(), 4);
    // A namespace in the state need not be adopted again.
    stage.run("v1", &["--yes"]).expect(0);
    let Record::Deployed(deployment) = &stage.state().namespaces["sessions"] else { panic!() };
    assert_eq!(deployment.origin, Origin::Adopted);
}

#[tokio::test]
async fn adopt_in_rust_does_too() {
    let cloudflare = existing("user-sessions");
    let stage = Stage::new(&cloudflare);
    let refused = stage.deploy::<v1::Sessions>().await.unwrap_err();
    assert!(matches!(refused, DeployError::TitleExists { .. }), "{refused}");
    stage.deploy::<v1::Sessions>().adopt(true).await.unwrap();
    stage.deploy::<v1::Sessions>().await.unwrap();
    assert_eq!(cloudflare.pairs("user-sessions").len(), 4);
}

#[test]
fn a_declaration_that_adopts_creates_what_is_not_there() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("existing", &["--yes"]).expect(0);
    stage.assert_converged("existing");
    // It was created, so it is destroyed.
    stage.run("existing", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn an_adopted_namespace_is_retained_by_destroy_with_all_its_data() {
    let cloudflare = existing("existing-namespace");
    let stage = Stage::new(&cloudflare);
    stage.run("existing", &["--yes"]).expect(0);
    drop(cloudflare.take_requests());
    let ran = stage.run("existing", &["destroy", "--yes", "--delete-data"]).expect(0);
    assert!(ran.stderr.contains("retain"), "{}", ran.stderr);
    assert!(!kinds(&cloudflare.take_requests()).iter().any(|kind| kind.writes()));
    assert_eq!(cloudflare.pairs("existing-namespace").len(), 3);
    assert!(stage.state().namespaces.is_empty());
}

#[test]
fn an_adopted_namespace_is_destroyed_if_it_declares_delete_true() {
    let cloudflare = existing("existing-namespace");
    let stage = Stage::new(&cloudflare);
    stage.run("existing-owned", &["--yes"]).expect(0);
    stage.refused("existing-owned", &["destroy", "--yes"]);
    stage.run("existing-owned", &["destroy", "--yes", "--delete-data"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn what_was_adopted_stays_when_it_leaves_the_code() {
    let cloudflare = existing("existing-namespace");
    let stage = Stage::new(&cloudflare);
    stage.run("existing-and-v1", &["--yes"]).expect(0);
    stage.run("v1", &["--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("existing-namespace").len(), 3);
    assert!(!stage.state().namespaces.contains_key("existing"));
}

#[test]
fn import_adds_a_namespace_to_the_state_and_deploy_makes_it_match() {
    let cloudflare = existing("an old title");
    let stage = Stage::new(&cloudflare);
    let id = cloudflare.namespace("an old title").id;
    stage.run("v1", &["import", &format!("sessions={id}")]).expect(0);
    stage.run("v1", &["--yes"]).expect(0);
    assert_eq!(cloudflare.namespace("user-sessions").id, id);
    assert_eq!(cloudflare.pairs("user-sessions").len(), 4);
    // It was not made by this tool.
    stage.run("v1", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), ["user-sessions"]);
}

#[test]
fn a_lost_state_is_recovered_by_adopting() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    std::fs::remove_dir_all(stage.states()).unwrap();
    stage.refused("v1", &["--yes"]);
    stage.run("v1", &["--yes", "--adopt"]).expect(0);
    stage.assert_converged("v1");
}

#[test]
fn import_refuses_what_it_cannot_take() {
    let cloudflare = existing("theirs");
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes", "--only", "users"]).expect(0);
    let theirs = cloudflare.namespace("theirs").id;
    let users = cloudflare.namespace("user-data").id;
    let nobodys = "f".repeat(32);
    for (import, why) in [
        (format!("users={theirs}"), "already in the state"),
        (format!("strangers={theirs}"), "no namespace has the id"),
        (format!("sessions={nobodys}"), "the account has no namespace"),
        (format!("sessions={users}"), "belongs to `users`"),
    ] {
        let refused = stage.refused("v1", &["import", &import]);
        assert!(refused.stderr.contains(why), "{import}: {}", refused.stderr);
        assert!(refused.stderr.contains("help:"), "{import}: {}", refused.stderr);
    }
}
