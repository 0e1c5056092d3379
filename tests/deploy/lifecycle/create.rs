//! Namespaces are created, and stay as they are.

use kv_runtime::__private::state::{Creating, Record};
use kv_runtime::Action;
use kv_test_support::cloudflare::{ACCOUNT, Cloudflare, Kind};
use kv_test_support::declared::{v1, v2};

use crate::stage::{Stage, kinds};

#[test]
fn a_deploy_creates_what_is_declared_and_a_second_one_only_reads() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.assert_converged("v1");
    let session = cloudflare.storage().pairs(&cloudflare.namespace("user-sessions").id).unwrap();
    let session = session.get("session_123").unwrap().unwrap();
    assert_eq!(session.metadata.as_deref(), Some(r#"{"device":"phone"}"#));
    assert!(session.expiration.is_some());
}

#[test]
fn a_deploy_writes_the_keys_of_a_namespace_in_one_request() {
    let cloudflare = Cloudflare::start();
    Stage::new(&cloudflare).run("v1", &["--yes"]).expect(0);
    let kinds = kinds(&cloudflare.take_requests());
    // The account is listed once, however many namespaces are declared.
    let (list, create, put) = (Kind::List, Kind::Create, Kind::BulkPut);
    assert_eq!(kinds, [list, create, put, create, put]);
}

#[test]
fn without_refresh_an_unchanged_deploy_asks_nothing() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    drop(cloudflare.take_requests());
    stage.run("v1", &["--yes", "--no-refresh"]).expect(0);
    assert_eq!(kinds(&cloudflare.take_requests()), []);
}

#[tokio::test]
async fn a_namespace_deployed_from_rust_is_read_and_written_with_its_types() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let deployed = stage.deploy::<v1::Sessions>().await.unwrap();
    let namespace = cloudflare.namespace("user-sessions");
    assert_eq!((deployed.kind, &deployed.title), ("kv_namespace", &namespace.title));
    assert_eq!((&deployed.namespace_id, deployed.keys), (&namespace.id, 3));
    assert_eq!((deployed.account_id.as_str(), deployed.binding.as_str()), (ACCOUNT, "SESSIONS"));

    let sessions = v1::Sessions::new(deployed.store());
    let limits = sessions.limits().get().await.unwrap().unwrap();
    assert_eq!((limits.per_minute, limits.burst), (60, 10));
    sessions.greeting().put(&"changed".to_owned()).await.unwrap();
    assert_eq!(cloudflare.pairs("user-sessions")["greeting"], "changed");

    let again = stage.deploy::<v1::Sessions>().await.unwrap();
    assert_eq!(again.created_at, deployed.created_at);
    assert_eq!(again.modified_at, deployed.modified_at);
    stage.age();
    let again = stage.deploy::<v1::Sessions>().await.unwrap();
    let changed = stage.deploy::<v2::Sessions>().await.unwrap();
    assert_eq!(changed.created_at, again.created_at);
    assert!(changed.modified_at > again.modified_at);
}

#[tokio::test]
async fn deploying_one_namespace_from_rust_leaves_the_others_of_the_stage_alone() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.deploy::<v1::Sessions>().await.unwrap();
    stage.deploy::<v1::Users>().await.unwrap();
    stage.assert_converged("v1");
}

#[test]
fn a_namespace_that_vanished_is_created_again_with_all_its_values() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.storage().delete(&cloudflare.namespace("user-sessions").id).unwrap();
    stage.age();
    let plan = stage.run("v1", &["plan", "--detailed-exitcode"]).expect(2);
    assert!(plan.stderr.contains("is gone from the account"), "{}", plan.stderr);
    stage.run("v1", &["--yes"]).expect(0);
    stage.assert_converged("v1");
}

#[test]
fn a_vanished_namespace_does_not_take_over_a_strangers_of_the_same_title() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.storage().delete(&cloudflare.namespace("user-sessions").id).unwrap();
    cloudflare.storage().create("user-sessions").unwrap();
    cloudflare.put("user-sessions", "theirs", "1");
    stage.age();
    let refused = stage.refused("v1", &["--yes"]);
    assert!(refused.stderr.contains("already exists in the account"), "{}", refused.stderr);
    assert_eq!(cloudflare.pairs("user-sessions").len(), 1);
}

#[tokio::test]
async fn a_new_namespace_that_is_not_seen_at_once_is_waited_for() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.lag(kv_test_support::cloudflare::Consistency::late(3, 3));
    stage.deploy::<v1::Users>().await.unwrap();
    assert_eq!(cloudflare.pairs("user-data").len(), 2);
    stage.deploy::<v1::Sessions>().await.unwrap();
    // The one that was just created is still not found, and is neither created again nor given up.
    stage.deploy::<v1::Sessions>().await.unwrap();
    cloudflare.heal();
    stage.assert_converged("v1");
}

/// Leaves what a deploy leaves that is cut off after its create was applied.
async fn cut_off_in_create(stage: &Stage<'_>) {
    stage.deploy::<v1::Users>().await.unwrap();
    stage.cloudflare.storage().create("user-sessions").unwrap();
    stage.rewrite(|state| {
        let (title, account_id) = ("user-sessions".to_owned(), ACCOUNT.to_owned());
        let (deployers, replaces) = (std::collections::BTreeSet::default(), None);
        let since = kv_runtime::rules::Time::now();
        let server = None;
        let creating = Creating { title, account_id, server, since, deployers, replaces };
        state.namespaces.insert("sessions".to_owned(), Record::Creating(creating));
    });
}

#[tokio::test]
async fn a_list_that_lags_behind_a_create_that_was_cut_off_makes_no_second_namespace() {
    for unlisted in [0, 1, 3] {
        let cloudflare = Cloudflare::start();
        let stage = Stage::new(&cloudflare);
        cut_off_in_create(&stage).await;
        cloudflare.hide("user-sessions", 2, unlisted);
        stage.deploy::<v1::Sessions>().await.unwrap();
        cloudflare.heal();
        stage.assert_converged("v1");
    }
}

#[tokio::test]
async fn a_key_declared_once_is_looked_for_in_a_namespace_that_is_not_seen_at_once() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cut_off_in_create(&stage).await;
    cloudflare.hide("user-sessions", 2, 0);
    stage.deploy::<v2::Sessions>().await.unwrap();
    stage.deploy::<v2::Users>().await.unwrap();
    stage.assert_converged("v2");
}

#[tokio::test]
async fn a_create_that_was_cut_off_before_it_was_renamed_in_the_code_is_finished_and_renamed() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cut_off_in_create(&stage).await;
    let plan = stage.deploy::<v2::Sessions>().plan().await.unwrap();
    assert!(matches!(plan.namespaces[0].action, Action::Resume { .. }), "{plan:?}");
    stage.deploy::<v2::Sessions>().await.unwrap();
    stage.deploy::<v2::Users>().await.unwrap();
    stage.assert_converged("v2");
}

#[test]
fn a_destroy_finds_what_a_create_that_was_cut_off_left() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(cut_off_in_create(&stage));
    cloudflare.hide("user-sessions", 0, 2);
    stage.run("v1", &["destroy", "--yes", "--take-over"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn a_title_that_others_took_a_moment_before_is_refused_now_and_later() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::Create), 0, false);
    let mut command = stage.command("v1", &["--yes"]);
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    held.wait();
    cloudflare.storage().create("user-sessions").unwrap();
    held.release();
    let ran = crate::stage::Ran::from(child.wait_with_output().unwrap()).expect(1);
    assert!(ran.stderr.contains("code 10014"), "{}", ran.stderr);
    let refused = stage.refused("v1", &["--yes"]);
    assert!(refused.stderr.contains("already exists"), "{}", refused.stderr);
    assert!(cloudflare.pairs("user-sessions").is_empty());
}
