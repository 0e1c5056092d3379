//! Namespaces that move to another id, or to another app.

use kv_test_support::cloudflare::Cloudflare;
use serde_json::Value;

use super::{Deployed, title};

#[test]
fn was_keeps_a_namespace_and_its_data_under_another_id() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    cloudflare.put(&title("dev"), "user:1", "Ada");
    let before = cloudflare.namespace(&title("dev")).id;
    let plan = deployed.run("app-renamed", &["plan"]).expect(0);
    assert!(
        plan.stderr.contains("store  \"app-{stage}\"")
            || plan.stderr.contains("was app in the state"),
        "{}",
        plan.stderr
    );
    assert!(deployed.stage.state().namespaces.contains_key("app"));
    deployed.run("app-renamed", &["--yes"]).expect(0);
    let state = deployed.stage.state();
    assert!(state.namespaces.keys().eq(["store"]));
    assert_eq!(cloudflare.namespace(&title("dev")).id, before);
    assert_eq!(cloudflare.pairs(&title("dev"))["user:1"], "Ada");
    let again = deployed.run("app-renamed", &["plan"]).expect(0);
    assert!(!again.stderr.contains("was app"), "{}", again.stderr);
}

#[test]
fn the_state_is_listed_renamed_and_forgotten() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let list = deployed.run("app", &["state", "list"]).expect(0);
    assert!(list.stderr.contains("app  "), "{}", list.stderr);
    deployed.run("app", &["state", "mv", "app", "other"]).expect(0);
    assert!(deployed.stage.state().namespaces.keys().eq(["other"]));
    let ran = deployed.run("app", &["state", "mv", "app", "more"]).expect(1);
    assert!(ran.stderr.contains("no namespace has the id \"app\""), "{}", ran.stderr);
    deployed.run("app", &["state", "mv", "other", "app"]).expect(0);
    let ran = deployed.run("app", &["plan"]).expect(0);
    assert!(ran.stderr.contains("Nothing to do"), "{}", ran.stderr);
    deployed.run("app", &["state", "rm", "app"]).expect(0);
    assert!(deployed.stage.state().namespaces.is_empty());
    assert_eq!(cloudflare.titles(), [title("dev")]);
    assert_eq!(cloudflare.take_requests().iter().filter(|r| r.kind.writes()).count(), 0);
}

#[test]
fn an_app_that_was_renamed_keeps_its_state() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let args = ["state", "mv", "tests/", "shop/", "--format", "json"];
    let ran = deployed.run("app", &args).expect(0);
    let moved: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(moved[0]["to"], "shop/app");
    assert_eq!(moved[0]["rewrites"], false);
    let plan = deployed.run("app", &["plan", "--app", "shop"]).expect(0);
    assert!(plan.stderr.contains("Nothing to do"), "{}", plan.stderr);
    assert!(deployed.stage.state().namespaces.is_empty());
}

#[test]
fn values_are_written_again_after_a_move_into_an_existing_state() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    deployed.run("preserved", &["--yes", "--app", "shop"]).expect(0);
    deployed.run("app", &["state", "mv", "app", "shop/app"]).expect(0);
    let plan = deployed.run("app", &["plan", "--app", "shop", "--only", "app"]).expect(0);
    assert!(plan.stderr.contains("3 keys to put"), "{}", plan.stderr);
    deployed.run("app", &["--yes", "--app", "shop", "--only", "app"]).expect(0);
    assert_eq!(cloudflare.pairs(&title("dev"))["motd"], "hello");
}
