//! Which app a deploy is of, and whose state it uses.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use kv_test_support::cloudflare::{Cloudflare, Kind};
use kv_test_support::declared::renamed::Shop;

use crate::stage::{Ran, Stage};

fn run_from(stage: &Stage<'_>, repository: &str, code: &str, args: &[&str]) -> Ran {
    stage.command(code, args).env("FIXTURE_REPOSITORY", repository).output().unwrap().into()
}

#[test]
fn the_order_of_the_namespaces_changes_nothing() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.run("v1-reversed", &["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn the_app_is_what_deploy_main_says() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let mut command = stage.command("shop", &["--yes"]);
    Ran::from(command.env("FIXTURE_APP", "market").output().unwrap()).expect(0);
    assert_eq!(cloudflare.titles(), ["market-dev-shop"]);
    assert!(stage.states().join("market/dev.json").exists());
}

#[test]
fn namespaces_in_the_state_of_another_app_are_not_created_again() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("shop", &["--yes"]).expect(0);
    let renamed = |args| -> Ran {
        let mut command = stage.command("shop", args);
        command.env("FIXTURE_PACKAGE", "market").output().unwrap().into()
    };
    for args in [&["plan"][..], &["--yes"], &["plan", "--stage", "prod"]] {
        let refused = renamed(args).expect(1);
        for part in ["`shop` is in the state of the app \"tests\"", "--app tests", "KV_APP=tests"] {
            assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
        }
    }
    assert_eq!(cloudflare.titles(), ["tests-dev-shop"]);
    renamed(&["plan", "--app", "tests", "--detailed-exitcode"]).expect(0);
    // An app given with `--app` is intended.
    renamed(&["--yes", "--app", "market"]).expect(0);
    assert_eq!(cloudflare.titles(), ["market-dev-shop", "tests-dev-shop"]);
}

#[tokio::test]
async fn calling_deploy_does_not_create_them_again_either() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let mut command = stage.command("shop", &["--yes"]);
    Ran::from(command.env("FIXTURE_APP", "market").output().unwrap()).expect(0);
    // Without an app, as a library's namespace is deployed.
    let deploy = || {
        kv_runtime::Deploy::<Shop>::new()
            .state(stage.store())
            .base_url(cloudflare.base_url())
            .api_token(kv_test_support::cloudflare::TOKEN)
            .account_id(kv_test_support::cloudflare::ACCOUNT)
    };
    let error = deploy().await.unwrap_err();
    assert!(error.to_string().contains("`shop` is in the state of the app \"market\""), "{error}");
    assert!(error.help().unwrap().contains(".app(\"market\")"));
    deploy().app("market").await.unwrap();
    assert_eq!(cloudflare.titles(), ["market-dev-shop"]);
}

#[test]
fn two_packages_of_one_name_do_not_destroy_each_others_namespaces() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let refused = stage.refused("many", &["--yes"]);
    for part in ["the state has `sessions`, `users`", "tests/fixture declares `many`", "--app"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(cloudflare.titles(), ["user-data", "user-sessions"]);
    stage.run("many", &["--yes", "--app", "many"]).expect(0);
    assert_eq!(cloudflare.titles().len(), 3);
}

#[test]
fn packages_of_one_name_are_told_apart_by_their_repository() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let (ours, theirs) = ("https://example.com/ours", "https://example.com/theirs");
    run_from(&stage, ours, "v1", &["--yes"]).expect(0);
    for args in [&["plan"][..], &["--yes"]] {
        let refused = run_from(&stage, theirs, "v1-without-sessions", args).expect(1);
        for part in [ours, theirs, "--app", "--take-over"] {
            assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
        }
    }
    stage.assert_stored("v1");
    // The repository moved.
    run_from(&stage, theirs, "v1", &["--yes", "--take-over"]).expect(0);
    run_from(&stage, theirs, "v1", &["--yes"]).expect(0);
    run_from(&stage, ours, "v1", &["--yes"]).expect(1);
}

#[test]
fn a_package_of_the_same_name_destroys_nothing_either() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let (ours, theirs) = ("https://example.com/ours", "https://example.com/theirs");
    run_from(&stage, ours, "v1", &["--yes"]).expect(0);
    for args in [&["destroy", "--yes"][..], &["import", "shop=00000000000000000000000000000000"]] {
        let refused = run_from(&stage, theirs, "shop", args).expect(1);
        assert!(refused.stderr.contains("another package with the same name"), "{refused:?}");
    }
    stage.assert_converged("v1");
}

#[test]
fn what_a_package_of_the_same_name_did_during_the_lock_wait_is_seen() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, true);
    let mut first = stage.command("v1", &["--yes"]);
    first.env("FIXTURE_REPOSITORY", "https://example.com/ours").stderr(Stdio::null());
    let mut first = first.spawn().unwrap();
    held.wait();
    let mut second = stage.command("v1-without-sessions", &["--yes", "--lock-timeout", "1m"]);
    second.env("FIXTURE_REPOSITORY", "https://example.com/theirs").stderr(Stdio::piped());
    let mut second = second.spawn().unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains("Waiting"));
    held.release();
    assert!(first.wait().unwrap().success());
    assert_eq!(second.wait().unwrap().code(), Some(1));
    stage.assert_stored("v1");
}

#[test]
fn a_package_that_adopts_instead_of_creating_is_another_one_all_the_same() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.storage().create("existing-namespace").unwrap();
    let refused = stage.refused("existing", &["--yes"]);
    assert!(refused.stderr.contains("none of this program's namespaces"), "{}", refused.stderr);
}
