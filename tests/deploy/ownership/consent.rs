//! Nothing is changed without consent, and it is shown where the change would be.

use std::io::{Read, Write as _};
use std::process::{Child, Command, Stdio};

use kv_test_support::cloudflare::{ACCOUNT, Cloudflare};

use crate::stage::{Ran, Stage};

/// A command on its own terminal: its stdin is the keyboard, its stdout the screen.
fn terminal(stage: &Stage<'_>, code: &str, args: &[&str]) -> Child {
    let fixture = stage.command(code, args);
    let line = std::iter::once(fixture.get_program()).chain(fixture.get_args());
    let line: Vec<_> = line.map(|word| word.to_str().unwrap()).collect();
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"]);
    for (name, value) in fixture.get_envs() {
        script.env(name, value.unwrap());
    }
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Runs a command on a terminal, types `input`, and gives what the terminal shows.
fn on_a_terminal(stage: &Stage<'_>, code: &str, args: &[&str], input: &[u8]) -> (i32, String) {
    let mut child = terminal(stage, code, args);
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_question_says_where_and_takes_only_yes_for_yes() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for input in [&b"n\n"[..], b"\n", b"yes please\n", b"\x04"] {
        let (code, shown) = on_a_terminal(&stage, "v1", &[], input);
        assert_eq!(code, 1, "{shown}");
        assert!(shown.contains("not applied: nothing was changed"), "{shown}");
        assert!(!stage.document().exists() && cloudflare.titles().is_empty(), "{shown}");
    }
    let (code, shown) = on_a_terminal(&stage, "v1", &[], b"yes\n");
    assert_eq!(code, 0, "{shown}");
    let state = stage.document();
    let question = shown.lines().find(|line| line.contains("Apply this plan?")).unwrap();
    for part in ["App tests", "stage dev", ACCOUNT, state.to_str().unwrap(), "[y/N]"] {
        assert!(question.contains(part), "{part}: {question}");
    }
    stage.assert_converged("v1");
}

#[test]
fn an_end_of_input_at_the_question_is_no() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let (code, shown) = on_a_terminal(&stage, "v1", &["destroy"], b"\x04");
    assert_eq!(code, 1, "{shown}");
    assert_eq!(cloudflare.titles(), ["user-data", "user-sessions"]);
}

#[test]
fn the_name_of_an_account_is_shown_where_the_run_knows_it() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let mut command = stage.command("v1", &["plan"]);
    let plan: Ran = command.env_remove("CLOUDFLARE_ACCOUNT_ID").output().unwrap().into();
    let place = format!("App tests, stage dev, account {ACCOUNT} (Example), API ");
    assert!(plan.stderr.starts_with(&place), "{}", plan.stderr);
}

#[test]
fn destroy_and_status_of_a_stage_without_a_state_fail_and_name_the_stages() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let refused = stage.refused("v1", &["destroy", "--yes"]);
    assert!(refused.stderr.contains("none of its stages has one"), "{}", refused.stderr);
    assert!(!stage.states().exists());
    stage.run("v1", &["--yes", "--stage", "staging"]).expect(0);
    for command in [&["destroy", "--yes"][..], &["status"]] {
        let args = [command, &["--stage", "stging"]].concat();
        let refused = stage.refused("v1", &args);
        let told = "the stage \"stging\" of the app \"tests\" has no state; these stages have one: staging";
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
        // A destroy must not suggest another stage.
        let suggests = refused.stderr.contains("did you mean --stage staging?");
        assert_eq!(suggests, command[0] == "status", "{}", refused.stderr);
    }
    let ran = stage.run("v1", &["destroy", "--yes", "--stage", "stging", "--if-exists"]).expect(0);
    assert!(ran.stderr.contains("has no state"), "{}", ran.stderr);
    assert_eq!(cloudflare.titles().len(), 2);
}

#[test]
fn an_id_that_is_misspelt_gets_a_did_you_mean() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let args = [&["--yes"][..], &["plan"], &["destroy", "--yes"]];
    for command in args {
        let refused = stage.refused("v1", &[command, &["--only", "sesions"]].concat());
        assert!(refused.stderr.contains("did you mean \"sessions\"?"), "{}", refused.stderr);
    }
    let refused = stage.refused("v1", &["import", "usres=0123456789abcdef0123456789abcdef"]);
    assert!(refused.stderr.contains("did you mean \"users\"?"), "{}", refused.stderr);
}

#[test]
fn drift_is_in_the_last_line_and_in_the_exit_code() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.run("v1", &["plan", "--refresh", "--detailed-exitcode"]).expect(0);
    cloudflare.put("user-sessions", "greeting", "changed by others");
    let plan = stage.run("v1", &["plan", "--refresh", "--detailed-exitcode"]).expect(2);
    let last = plan.stderr.lines().last().unwrap();
    assert_eq!(
        last,
        "Nothing to deploy, but 1 key was changed or removed by others; --repair writes the declared values again."
    );
    let plan = stage.run("v2", &["plan", "--refresh", "--only", "users"]).expect(0);
    assert!(!plan.stderr.contains("by others"), "{}", plan.stderr);
}

/// Reads until `end` is shown, and returns everything shown so far.
fn read_until(shown: &mut impl Read, end: &str) -> String {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !String::from_utf8_lossy(&text).ends_with(end) && shown.read(&mut byte).unwrap() > 0 {
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn a_plan_that_changed_while_it_was_looked_at_is_shown_and_asked_about_again() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let mut child = terminal(&stage, "v1", &["destroy"]);
    let (mut keys, mut shown) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let first = read_until(&mut shown, "[y/N] ");
    assert!(first.contains("destroy with 2 keys"), "{first}");
    cloudflare.put("user-data", "precious", "theirs");
    keys.write_all(b"y\n").unwrap();
    // What would be deleted now must not be deleted without another question.
    let mut rest = String::new();
    shown.read_to_string(&mut rest).unwrap();
    for part in
        ["in the meantime; the new plan is", "destroy with 3 keys, 1 of them", "--delete-data"]
    {
        assert!(rest.contains(part), "{part}: {rest}");
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(cloudflare.pairs("user-data").len(), 3);
}

#[test]
fn a_value_that_appears_while_a_plan_is_looked_at_is_asked_about() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.storage().create("user-data").unwrap();
    let mut child = terminal(&stage, "v1-without-sessions", &["--adopt"]);
    let (mut keys, mut shown) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    read_until(&mut shown, "[y/N] ");
    cloudflare.put("user-data", "first", "theirs");
    keys.write_all(b"y\n").unwrap();
    let again = read_until(&mut shown, "[y/N] ");
    assert!(again.contains("~ first  overwrites a value"), "{again}");
    keys.write_all(b"n\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(cloudflare.pairs("user-data")["first"], "theirs");
}

#[test]
fn a_quiet_question_shows_what_it_is_about() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let (code, shown) = on_a_terminal(&stage, "v1", &["destroy", "-q"], b"n\n");
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("\"user-data\": destroy with 2 keys"), "{shown}");
}
