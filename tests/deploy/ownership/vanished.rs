//! A namespace that is not found for a while: only its successor replaces its record.

use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, When};

use crate::stage::{Ran, Stage};

/// A stage whose namespace `sessions` is not found by the next requests, and a deploy of what
/// changed meanwhile.
fn vanishing(cloudflare: &Cloudflare) -> Stage<'_> {
    let stage = Stage::new(cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.age();
    cloudflare.hide("user-sessions", usize::MAX, usize::MAX);
    stage
}

fn deploy(stage: &Stage<'_>) -> Ran {
    let mut command = stage.command("v2", &["--yes", "--only", "sessions"]);
    command.env("FIXTURE_PATIENCE", "50").output().unwrap().into()
}

/// Everything is as it should be, without a word about adopting.
fn assert_goes_on(stage: &Stage<'_>) {
    stage.cloudflare.heal();
    deploy(stage).expect(0);
    stage.run("v2", &["--yes"]).expect(0);
    stage.assert_converged("v2");
}

#[test]
fn a_refused_create_puts_the_record_back() {
    const FULL: &str = r#"{"success":false,"errors":[{"code":10018,"message":"account full"}]}"#;
    const DENIED: &str = r#"{"success":false,"errors":[{"code":10000,"message":"no"}]}"#;
    for (status, body) in [(400, FULL), (403, DENIED)] {
        let cloudflare = Cloudflare::start();
        let stage = vanishing(&cloudflare);
        let before = stage.state().namespaces["sessions"].clone();
        let fault = Fault { applied: false, answer: Answer::Json(status, body) };
        cloudflare.fail(Kind::Create, When::Always, fault);
        deploy(&stage).expect(1);
        assert_eq!(stage.state().namespaces["sessions"], before);
        assert_goes_on(&stage);
    }
}

#[test]
fn a_title_that_is_taken_by_the_vanished_namespace_itself_is_no_loss() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.age();
    // It is there all the time, so that its title is taken.
    cloudflare.hide("user-sessions", 1, 1);
    let mut command = stage.command("v1", &["--yes"]);
    let ran = Ran::from(command.env("FIXTURE_PATIENCE", "50").output().unwrap()).expect(1);
    assert!(ran.stderr.contains("exists again"), "{}", ran.stderr);
    stage.run("v1", &["--yes"]).expect(0);
    stage.assert_converged("v1");
}

#[test]
fn a_create_whose_outcome_is_unknown_loses_nothing_of_the_vanished_one() {
    for applied in [false, true] {
        let cloudflare = Cloudflare::start();
        let stage = vanishing(&cloudflare);
        cloudflare.fail(Kind::Create, When::Always, Fault { applied, answer: Answer::BadGateway });
        // It cannot be found out either.
        let fault = Fault { applied: false, answer: Answer::BadGateway };
        cloudflare.fail(Kind::List, When::From(1), fault);
        deploy(&stage).expect(1);
        cloudflare.heal();
        if applied {
            // Now there are two, and both are ours: only a person can say which one to keep.
            let refused = stage.refused("v2", &["--yes", "--only", "sessions"]);
            assert!(refused.stderr.contains("exists again, although"), "{}", refused.stderr);
            let refused = stage.refused("v2", &["destroy", "--yes"]);
            assert!(refused.stderr.contains("exists again, although"), "{}", refused.stderr);
            let old = cloudflare.namespace("user-sessions").id;
            cloudflare.storage().delete(&old).unwrap();
        }
        assert_goes_on(&stage);
    }
}

#[test]
fn a_vanished_namespace_that_is_created_anew_is_the_successor() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.age();
    cloudflare.storage().delete(&cloudflare.namespace("user-sessions").id).unwrap();
    deploy(&stage).expect(0);
    assert_goes_on(&stage);
}

#[test]
fn what_was_created_in_place_of_an_adopted_one_is_ours_to_destroy() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.storage().create("existing-namespace").unwrap();
    stage.run("existing", &["--yes"]).expect(0);
    stage.age();
    let adopted = cloudflare.namespace("existing-namespace").id;
    cloudflare.storage().delete(&adopted).unwrap();
    cloudflare.fail(
        Kind::Create,
        When::Always,
        Fault { applied: true, answer: Answer::BadGateway },
    );
    let fault = Fault { applied: false, answer: Answer::BadGateway };
    cloudflare.fail(Kind::List, When::From(1), fault);
    let mut command = stage.command("existing", &["--yes"]);
    Ran::from(command.env("FIXTURE_PATIENCE", "50").output().unwrap()).expect(1);
    cloudflare.heal();
    stage.run("existing", &["destroy", "--yes"]).expect(0);
    assert!(cloudflare.titles().is_empty(), "{:?}", cloudflare.titles());
}
