//! Titles change; namespaces stay.

use kv_test_support::cloudflare::{Cloudflare, Kind};

use crate::stage::{Stage, kinds};

#[test]
fn a_new_title_renames_the_namespace_in_place() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let id = cloudflare.namespace("user-sessions").id;
    stage.run("v2", &["--yes"]).expect(0);
    assert_eq!(cloudflare.namespace("sessions").id, id);
    stage.assert_converged("v2");
}

#[test]
fn a_title_that_others_gave_it_is_changed_back() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let id = cloudflare.namespace("user-sessions").id;
    cloudflare.storage().rename(&id, "renamed in the dashboard").unwrap();
    stage.run("v1", &["--yes"]).expect(0);
    assert_eq!(cloudflare.namespace("user-sessions").id, id);
    stage.assert_converged("v1");
}

#[test]
fn a_title_that_others_have_is_refused_and_never_adopted() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.storage().create("sessions").unwrap();
    for args in [&["--yes"][..], &["--yes", "--adopt"]] {
        let refused = stage.refused("v2", args);
        assert!(refused.stderr.contains("already exists"), "{}", refused.stderr);
    }
}

#[test]
fn a_title_of_another_namespace_of_the_stage_is_refused() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    for args in [&["--yes"][..], &["--yes", "--adopt"]] {
        let refused = stage.refused("title-of-another", args);
        assert!(refused.stderr.contains("belongs to `users`"), "{}", refused.stderr);
    }
}

#[test]
fn two_namespaces_of_one_id_are_named_with_their_crates_and_lines() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let refused = stage.run("one-id-twice", &["--yes"]).expect(1);
    let source = include_str!("../../support/src/declared.rs");
    let places = source.match_indices("kv_namespace! {").take(3).map(|(at, _)| {
        let line = source[..at].lines().count();
        format!("tests/support/src/declared.rs:{line} of the crate `kv-test-support`")
    });
    let places: Vec<_> = places.collect();
    let message = format!(
        "two namespaces have the same id, \"sessions\", at {} and at {}:",
        places[0], places[2]
    );
    assert!(refused.stderr.contains(&message), "{message}\n{}", refused.stderr);
    assert_eq!(cloudflare.take_requests().len(), 0);
}

#[test]
fn two_declarations_of_one_title_are_refused_before_the_first_request() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let refused = stage.run("one-title-twice", &["--yes"]).expect(1);
    let message = "the same title, \"user-data\", which is unique in an account, at tests/";
    assert!(refused.stderr.contains(message), "{}", refused.stderr);
    assert_eq!(kinds(&cloudflare.take_requests()), Vec::<Kind>::new());
}
