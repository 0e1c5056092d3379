//! Answers about something other than what was asked for are not believed.

use std::process::Stdio;

use kv_runtime::__private::state::Record;
use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, When};
use serde_json::json;

use crate::stage::{Ran, Stage};

/// 200 with this result.
fn result(result: &serde_json::Value) -> Answer {
    let body = json!({"success": true, "errors": [], "messages": [], "result": result});
    Answer::Json(200, body.to_string().leak())
}

/// Runs a command that retries requests only for a short time.
fn run(stage: &Stage<'_>, code: &str, args: &[&str]) -> Ran {
    stage.command(code, args).env("FIXTURE_PATIENCE", "50").output().unwrap().into()
}

#[test]
fn a_namespace_that_was_not_asked_for_is_neither_destroyed_nor_taken_in() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    run(&stage, "v1", &["--yes"]).expect(0);
    let other = cloudflare.storage().create("precious").unwrap().id;
    cloudflare.put("precious", "k", "v");
    let answer = result(&json!({"id": other, "title": "user-data"}));
    cloudflare.fail(Kind::Get, When::Always, Fault { applied: false, answer });
    for args in [&["destroy", "--yes"][..], &["--yes"]] {
        let ran = run(&stage, "v1", args).expect(1);
        assert!(ran.stderr.contains("it is about another namespace"), "{}", ran.stderr);
    }
    let mine = cloudflare.namespace("user-data").id;
    run(&stage, "v2", &["import", &format!("users={mine}"), "--app", "another"]).expect(1);
    cloudflare.heal();
    assert_eq!(cloudflare.pairs("precious")["k"], "v");
    cloudflare.storage().delete(&other).unwrap();
    stage.assert_converged("v1");
}

#[test]
fn an_answer_to_a_create_about_another_title_is_not_believed() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let other = cloudflare.storage().create("precious").unwrap().id;
    cloudflare.put("precious", "first", "theirs");
    let answer = result(&json!({"id": other, "title": "precious"}));
    cloudflare.fail(Kind::Create, When::Always, Fault { applied: true, answer });
    run(&stage, "v1", &["--yes"]).expect(0);
    cloudflare.heal();
    assert_eq!(cloudflare.pairs("precious")["first"], "theirs");
    assert_eq!(cloudflare.titles(), ["precious", "user-data", "user-sessions"]);
    cloudflare.storage().delete(&other).unwrap();
    stage.assert_converged("v1");
}

#[test]
fn a_namespace_already_in_the_state_is_not_taken_for_a_new_one() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1-without-sessions", &["--yes"]).expect(0);
    let users = cloudflare.namespace("user-data").id;
    let answer = result(&json!({"id": users, "title": "user-sessions"}));
    cloudflare.fail(Kind::Create, When::Always, Fault { applied: true, answer });
    let ran = run(&stage, "v1", &["--yes"]).expect(1);
    assert!(ran.stderr.contains("belongs to `users`"), "{}", ran.stderr);
    cloudflare.heal();
    stage.age();
    stage.run("v1", &["--yes"]).expect(0);
    stage.assert_converged("v1");
}

#[test]
fn a_namespace_of_others_that_appears_while_an_answer_is_lost_is_not_taken_for_ours() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::Create), 0, false);
    let mut command = stage.command("v1-without-sessions", &["--yes"]);
    command.env("FIXTURE_PATIENCE", "50").env("FIXTURE_TIMEOUT", "500");
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    held.wait();
    cloudflare.storage().create("user-data").unwrap();
    cloudflare.put("user-data", "first", "theirs");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    held.release();
    assert_eq!(cloudflare.pairs("user-data")["first"], "theirs");
    assert!(stage.state().namespaces.is_empty(), "{:?}", stage.state());
    // The next run does not take it for ours either, nor does a destroy.
    stage.refused("v1-without-sessions", &["--yes"]);
}

#[test]
fn a_namespace_with_keys_is_not_taken_for_an_interrupted_create() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let fault = Fault { applied: false, answer: Answer::Stalled };
    cloudflare.fail(Kind::Create, When::Nth(0), fault);
    let mut command = stage.command("v1-without-sessions", &["--yes"]);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    while !stage.document().exists() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    cloudflare.heal();
    assert!(matches!(stage.state().namespaces["users"], Record::Creating(_)));
    cloudflare.storage().create("user-data").unwrap();
    cloudflare.put("user-data", "first", "theirs");
    stage.age();
    let refused = stage.refused("v1-without-sessions", &["--yes"]);
    assert!(refused.stderr.contains("already exists"), "{}", refused.stderr);
    stage.run("v1-without-sessions", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("user-data")["first"], "theirs");
    assert!(stage.state().namespaces.is_empty());
}

#[test]
fn a_list_that_the_server_cuts_shorter_than_it_was_asked_for_is_read_to_its_end() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for n in 0..30 {
        cloudflare.storage().create(&format!("other-{n:02}")).unwrap();
    }
    cloudflare.storage().create("user-data").unwrap();
    cloudflare.fail(Kind::List, When::Always, Fault { applied: true, answer: Answer::Short });
    let refused = stage.refused("v1-without-sessions", &["--yes"]);
    assert!(refused.stderr.contains("already exists"), "{}", refused.stderr);
}

#[test]
fn a_listing_of_keys_that_begins_again_under_new_cursors_ends() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let fault = Fault { applied: true, answer: Answer::Again };
    cloudflare.fail(Kind::Keys, When::Always, fault);
    let refused = stage.refused("v1", &["destroy", "--yes"]);
    assert!(refused.stderr.contains("loops"), "{}", refused.stderr);
}

#[test]
fn what_the_server_says_is_shown_whatever_its_code_is_and_not_at_any_length() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let long = "long ".repeat(10_000);
    for (code, message) in
        [(json!("10099"), "plain words"), (json!(1e30), "plain words"), (json!(1), long.as_str())]
    {
        let body = json!({"success": false, "errors": [{"code": code, "message": message}]});
        let answer = Answer::Json(400, body.to_string().leak());
        cloudflare.heal();
        cloudflare.fail(Kind::List, When::Always, Fault { applied: false, answer });
        let refused = stage.run("v1", &["--yes"]).expect(1);
        assert!(refused.stderr.contains(message.get(..10).unwrap()), "{}", refused.stderr);
        assert!(refused.stderr.len() < 4_000, "{}", refused.stderr.len());
    }
}
