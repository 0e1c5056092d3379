//! Several programs of one package.

use kv_runtime::Namespace;
use kv_test_support::cloudflare::Cloudflare;
use kv_test_support::declared::v1;

use crate::stage::{Ran, Stage, kinds};

/// Runs another binary of the package.
fn run_as(stage: &Stage<'_>, binary: &str, code: &str, args: &[&str]) -> Ran {
    stage.command(code, args).env("FIXTURE_BINARY", binary).output().unwrap().into()
}

#[test]
fn a_program_leaves_alone_what_another_one_deploys() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    run_as(&stage, "deploy", "v1", &["--yes"]).expect(0);
    run_as(&stage, "big", "many", &["--yes"]).expect(0);
    let titles = ["many", "user-data", "user-sessions"];
    assert_eq!(cloudflare.titles(), titles);
    for (binary, code) in [("deploy", "v1"), ("big", "many")] {
        let plan = run_as(&stage, binary, code, &["plan", "--detailed-exitcode"]).expect(0);
        assert!(plan.stderr.contains("left alone, tests/"), "{}", plan.stderr);
        run_as(&stage, binary, code, &["--yes"]).expect(0);
    }
    // Each destroys its own namespaces.
    let ran = run_as(&stage, "deploy", "v1", &["destroy", "--yes"]).expect(0);
    assert!(ran.stderr.contains("left alone, tests/big deploys it"), "{}", ran.stderr);
    assert_eq!(cloudflare.titles(), ["many"]);
    run_as(&stage, "big", "many", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn a_namespace_that_two_programs_list_goes_when_neither_does() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    run_as(&stage, "deploy", "v1", &["--yes"]).expect(0);
    run_as(&stage, "other", "v1", &["--yes"]).expect(0);
    let plan = run_as(&stage, "other", "v1-without-sessions", &["--yes"]).expect(0);
    assert!(plan.stderr.contains("left alone, tests/deploy deploys it"), "{}", plan.stderr);
    assert_eq!(cloudflare.titles(), ["user-data", "user-sessions"]);
    run_as(&stage, "deploy", "v1-without-sessions", &["--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), ["user-data"]);
    // Both still list the other namespace.
    run_as(&stage, "deploy", "v1-without-sessions", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), ["user-data"]);
    run_as(&stage, "other", "v1-without-sessions", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn a_removal_says_how_many_keys_it_deletes() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("many", &["--yes"]).expect(0);
    stage.run("v1", &["--yes", "--app", "another"]).expect(0);
    let plan = stage.run("many", &["destroy"]).expect(1);
    assert!(plan.stderr.contains("destroy with 20,001 keys"), "{}", plan.stderr);
}

#[test]
fn a_binary_that_was_renamed_keeps_its_namespaces_with_take_over() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    run_as(&stage, "deploy", "v1", &["--yes"]).expect(0);
    let plan = run_as(&stage, "ship", "v1-without-sessions", &["plan"]).expect(0);
    let told = "left alone, tests/deploy deploys it; --take-over takes it over";
    assert!(plan.stderr.contains(told), "{}", plan.stderr);
    run_as(&stage, "ship", "v1-without-sessions", &["--yes", "--take-over"]).expect(0);
    stage.assert_stored("v1-without-sessions");
    let deployers = stage.state().namespaces["users"].deployers().clone();
    assert_eq!(deployers.into_iter().collect::<Vec<_>>(), ["tests/ship"]);
}

#[test]
fn a_state_without_programs_belongs_to_the_program_that_lists_it() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    // As version 0.1.0 wrote it at first.
    stage.rewrite_as_format_1();
    let plan = stage.run("v1-without-sessions", &["plan", "--detailed-exitcode"]).expect(0);
    let told = "left alone, no program is known to deploy it; --take-over takes it over";
    assert!(plan.stderr.contains(told), "{}", plan.stderr);
    stage.run("v1", &[]).expect(0);
    stage.run("v1-without-sessions", &["--yes"]).expect(0);
    stage.assert_stored("v1-without-sessions");
}

#[tokio::test]
async fn a_program_that_calls_deploy_is_a_program_too() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.deploy::<v1::Sessions>().await.unwrap();
    let plan = stage.run("v1-without-sessions", &["--yes"]).expect(0);
    assert!(
        plan.stderr.contains("left alone, kv-test-support/deploy deploys it"),
        "{}",
        plan.stderr
    );
    // It does not take what a list has.
    stage.deploy::<v1::Users>().await.unwrap();
    let deployers = stage.state().namespaces["users"].deployers().clone();
    assert_eq!(deployers.into_iter().collect::<Vec<_>>(), ["tests/fixture"]);
    // It is called for this namespace, whoever else deploys it.
    stage.deploy::<v1::Users>().destroy().await.unwrap();
    assert_eq!(cloudflare.titles(), [v1::Sessions::DECLARATION.title]);
}

#[test]
fn leaving_a_namespace_to_another_program_costs_no_request() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    run_as(&stage, "big", "many", &["--yes"]).expect(0);
    run_as(&stage, "deploy", "v1", &["--yes"]).expect(0);
    drop(cloudflare.take_requests());
    run_as(&stage, "deploy", "v1", &[]).expect(0);
    assert_eq!(kinds(&cloudflare.take_requests()).len(), 2);
}

#[test]
fn a_program_that_was_renamed_does_not_call_destroyed_what_it_leaves() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    run_as(&stage, "deploy", "v1", &["--yes"]).expect(0);
    let ran = run_as(&stage, "ship", "v1", &["destroy", "--yes"]).expect(1);
    for part in ["`sessions`, `users`", "tests/deploy deploys them", "--take-over"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    stage.assert_stored("v1");
    run_as(&stage, "ship", "v1", &["destroy", "--yes", "--take-over"]).expect(0);
    assert!(cloudflare.titles().is_empty());
}
