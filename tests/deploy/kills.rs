//! A deploy that is killed anywhere is simply run again; one that is interrupted stops cleanly.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use kv_runtime::__private::state::Record;
use kv_runtime::DeployError;
use kv_test_support::cloudflare::{Cloudflare, Held, Kind};
use kv_test_support::declared::{v1, v2};
use kv_test_support::stores::{End, Fatal};

use crate::stage::{Ran, Stage, kill_at, kinds};

/// The declarations before and after each run: the first deploy, every kind of change, the destroy.
const RUNS: [(Option<&str>, &str, &[&str]); 3] = [
    (None, "v1", &["deploy", "--yes"]),
    (Some("v1"), "v2", &["deploy", "--yes"]),
    (Some("v2"), "v2", &["destroy", "--yes"]),
];

/// A stage at the beginning of a run.
fn begin<'a>(cloudflare: &'a Cloudflare, from: Option<&str>) -> Stage<'a> {
    let stage = Stage::new(cloudflare);
    if let Some(from) = from {
        stage.run(from, &["--yes"]).expect(0);
        stage.age();
    }
    drop(cloudflare.take_requests());
    stage
}

/// The same command again, and nothing else, ends where it should have ended.
#[track_caller]
fn assert_goes_on(stage: &Stage<'_>, code: &str, args: &[&str]) {
    stage.run(code, args).expect(0);
    assert_done(stage, code, args);
}

#[track_caller]
fn assert_done(stage: &Stage<'_>, code: &str, args: &[&str]) {
    if args[0] == "destroy" {
        assert_eq!(stage.cloudflare.titles(), [""; 0]);
        assert!(stage.state().namespaces.is_empty());
    } else {
        stage.assert_converged(code);
    }
}

/// The next deploy of many keys has them all, and the one after it has nothing to do.
#[track_caller]
fn assert_many_go_on(stage: &Stage<'_>) {
    stage.run("many", &["--yes"]).expect(0);
    assert_eq!(stage.cloudflare.pairs("many").len(), kv_test_support::declared::MANY);
    drop(stage.cloudflare.take_requests());
    stage.run("many", &["--yes"]).expect(0);
    assert_eq!(kinds(&stage.cloudflare.take_requests()), [Kind::Get]);
}

#[test]
fn a_kill_during_any_request_is_survived() {
    for (from, code, args) in RUNS {
        let cloudflare = Cloudflare::start();
        begin(&cloudflare, from).run(code, args).expect(0);
        let requests = cloudflare.take_requests().len();
        assert!(requests >= 5);
        for (n, applied) in (0..requests).flat_map(|n| [(n, false), (n, true)]) {
            let cloudflare = Cloudflare::start();
            let stage = begin(&cloudflare, from);
            kill_at(&cloudflare.hold(n, applied), stage.command(code, args));
            println!("{args:?} from {from:?}, request {n}, applied: {applied}");
            assert_goes_on(&stage, code, args);
        }
    }
}

#[test]
fn a_kill_during_one_of_many_bulk_requests_is_survived() {
    for n in [0, 2] {
        let cloudflare = Cloudflare::start();
        let stage = Stage::new(&cloudflare);
        let held = cloudflare.hold_kind(Some(Kind::BulkPut), n, true);
        kill_at(&held, stage.command("many", &["--yes"]));
        assert_many_go_on(&stage);
    }
}

#[test]
fn keys_that_a_killed_deploy_deleted_come_back_with_their_declaration() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("many", &["--yes"]).expect(0);
    let held = cloudflare.hold_kind(Some(Kind::BulkDelete), 0, true);
    kill_at(&held, stage.command("none-of-many", &["--yes"]));
    // The change is reverted: what was deployed before is deployed again.
    assert_many_go_on(&stage);
}

#[test]
fn what_was_written_before_a_kill_is_not_written_again() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 1, false);
    kill_at(&held, stage.command("many", &["--yes", "--jobs", "1"]));
    drop(cloudflare.take_requests());
    stage.run("many", &["--yes"]).expect(0);
    let requests = cloudflare.take_requests();
    let puts = requests.iter().filter(|request| request.kind == Kind::BulkPut);
    let again: usize = puts.map(|put| put.keys().len()).sum();
    assert_eq!(again, kv_test_support::declared::MANY - kv_runtime::rules::MAX_BULK_PAIRS);
}

#[test]
fn a_death_before_or_after_any_write_of_the_state_is_survived() {
    for (from, name, code, args) in [
        (None, "v1", "v1", &["--yes", "--only", "sessions"][..]),
        (Some("v1"), "v2", "v2", &["--yes", "--only", "sessions"]),
        (Some("v1"), "destroy", "v1", &["destroy", "--yes", "--only", "sessions"]),
    ] {
        for after in ["before", "after"] {
            let mut deaths = 0;
            loop {
                let cloudflare = Cloudflare::start();
                let stage = begin(&cloudflare, from);
                let died = Command::new(env!("CARGO_BIN_EXE_dying"))
                    .args([&deaths.to_string(), after])
                    .env_clear()
                    .env("FIXTURE", name)
                    .env("STATES", stage.states())
                    .env("CLOUDFLARE_API_BASE_URL", cloudflare.base_url())
                    .stderr(Stdio::null())
                    .status()
                    .unwrap();
                if died.signal().is_none() {
                    assert!(died.success());
                    break;
                }
                println!("{name}, {after} write {deaths}");
                stage.run(code, args).expect(0);
                // This run is not killed, and does the rest.
                if name == "destroy" {
                    assert_eq!(cloudflare.titles(), ["user-data"]);
                    assert!(!stage.state().namespaces.contains_key("sessions"));
                } else {
                    stage.run(code, &["--yes"]).expect(0);
                    stage.assert_converged(code);
                }
                deaths += 1;
            }
            assert!(deaths >= 1);
        }
    }
}

#[tokio::test]
async fn a_disk_that_is_full_at_any_write_of_the_state_fails_the_run_and_loses_nothing() {
    for destroys in [false, true] {
        let mut failures = 0;
        loop {
            let cloudflare = Cloudflare::start();
            let stage = begin(&cloudflare, Some("v1"));
            let store = Fatal { store: stage.store(), write: failures, end: End::Error };
            let result = if destroys {
                stage.deploy::<v1::Sessions>().state(store).destroy().await
            } else {
                stage.deploy::<v2::Sessions>().state(store).await.map(drop)
            };
            let Err(error) = result else { break };
            assert!(matches!(error, DeployError::State(_)), "{error}");
            if destroys {
                stage.run("v1", &["destroy", "--yes"]).expect(0);
                assert_eq!(cloudflare.titles(), [""; 0]);
            } else {
                stage.run("v2", &["--yes"]).expect(0);
                stage.assert_converged("v2");
            }
            failures += 1;
        }
        assert!(failures >= 1);
    }
}

#[tokio::test]
async fn keys_that_were_not_sent_since_the_state_was_not_saved_stay_as_they_were() {
    let cloudflare = Cloudflare::start();
    let stage = begin(&cloudflare, Some("v1"));
    let keys = || stage.state().namespaces["sessions"].deployment().unwrap().keys().clone();
    let before = keys();
    let store = Fatal { store: stage.store(), write: 0, end: End::ErrorOnce };
    let error = stage.deploy::<v2::Sessions>().state(store).await.unwrap_err();
    assert!(matches!(error, DeployError::State(_)), "{error}");
    let requests = cloudflare.take_requests();
    assert!(requests.iter().all(|request| request.kind != Kind::BulkPut), "{requests:?}");
    assert_eq!(keys(), before);
    stage.run("v2", &["--yes"]).expect(0);
    stage.assert_converged("v2");
}

#[test]
fn a_half_written_state_file_left_by_a_kill_is_ignored() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    std::fs::write(stage.states().join("tests/.dev.json.abcdef"), "{\"format\":1,\"a").unwrap();
    stage.assert_converged("v1");
    let status = stage.run("v1", &["status"]).expect(0);
    assert!(!status.stderr.contains("abcdef"), "{}", status.stderr);
}

/// Runs a command, interrupts it while a request is held, and lets the request go.
fn interrupt(stage: &Stage<'_>, held: &Held, code: &str, args: &[&str]) -> Ran {
    let mut command = stage.command(code, args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    held.wait();
    let pid = child.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -INT $0", &pid]).status().unwrap().success());
    let mut stderr = String::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    while !stderr.contains("Stopping") {
        assert_ne!(lines.read_line(&mut stderr).unwrap(), 0, "{stderr}");
    }
    held.release();
    lines.read_to_string(&mut stderr).unwrap();
    Ran { code: child.wait().unwrap().code(), stdout: String::new(), stderr }
}

#[test]
fn ctrl_c_finishes_the_request_in_flight_writes_the_state_and_exits_with_130() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, false);
    let ran = interrupt(&stage, &held, "v1", &["--yes"]).expect(130);
    assert!(ran.stderr.contains("what was done is in the state"), "{}", ran.stderr);
    assert_eq!(cloudflare.titles(), ["user-sessions"]);
    assert_eq!(cloudflare.pairs("user-sessions").len(), 3);
    let state = stage.state();
    let Record::Deployed(sessions) = &state.namespaces["sessions"] else { panic!("{state:?}") };
    assert!(sessions.keys().len() == 3 && sessions.keys().iter().all(|(_, key)| key.confirmed));
    assert!(!state.namespaces.contains_key("users"));
    assert_goes_on(&stage, "v1", &["deploy", "--yes"]);
}

#[test]
fn ctrl_c_during_any_request_leaves_a_state_that_the_next_run_goes_on_from() {
    for (from, code, args) in RUNS {
        let cloudflare = Cloudflare::start();
        begin(&cloudflare, from).run(code, args).expect(0);
        let requests = cloudflare.take_requests().len();
        for n in 0..requests {
            let cloudflare = Cloudflare::start();
            let stage = begin(&cloudflare, from);
            let held = cloudflare.hold(n, false);
            let ran = interrupt(&stage, &held, code, args);
            println!("{args:?} from {from:?}, request {n}: {}", ran.stderr);
            if ran.code == Some(0) {
                // It came too late to leave anything undone.
                assert_done(&stage, code, args);
            } else {
                assert_eq!(ran.code, Some(130));
            }
            assert_goes_on(&stage, code, args);
        }
    }
}

#[test]
fn a_second_ctrl_c_stops_at_once() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, true);
    let mut command = stage.command("v1", &["--yes"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    held.wait();
    let pid = child.id().to_string();
    let interrupt = || Command::new("sh").args(["-c", "kill -INT $0", &pid]).status().unwrap();
    assert!(interrupt().success());
    let mut stderr = String::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    while !stderr.contains("Stopping") {
        assert_ne!(lines.read_line(&mut stderr).unwrap(), 0, "{stderr}");
    }
    assert!(interrupt().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_goes_on(&stage, "v1", &["deploy", "--yes"]);
}
