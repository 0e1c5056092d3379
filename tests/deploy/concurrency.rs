//! Several deploys of one stage at once.

use std::process::Stdio;

use kv_test_support::cloudflare::{Cloudflare, Kind};

use crate::stage::{Ran, Stage, kill_at, kinds};

#[test]
fn of_eight_deploys_at_once_one_runs_and_the_others_name_it() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    // The first deploy is held until all others have exited.
    let held = cloudflare.hold_kind(Some(Kind::Create), 0, true);
    let spawn = || {
        let mut command = stage.command("v1", &["--yes"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut children: Vec<_> = (0..8).map(|_| spawn()).collect();
    held.wait();
    let mut refused = 0;
    while refused < 7 {
        let mut ended = |child: &mut std::process::Child| child.try_wait().unwrap().is_some();
        let Some(at) = children.iter_mut().position(&mut ended) else {
            std::thread::yield_now();
            continue;
        };
        let ran = Ran::from(children.swap_remove(at).wait_with_output().unwrap()).expect(1);
        refused += 1;
        let at_work = "another deploy of tests/dev is running";
        assert!(ran.stderr.contains(at_work) && ran.stderr.contains("help:"), "{}", ran.stderr);
    }
    let worker = children.pop().unwrap();
    let pid = format!("process {}", worker.id());
    let told = stage.run("v1", &["--yes"]).expect(1);
    for part in [&pid, " on ", " since 20", "--lock-timeout 60s"] {
        assert!(told.stderr.contains(part), "{part}: {}", told.stderr);
    }
    let told = stage.run("v1", &["unlock"]).expect(1);
    assert!(told.stderr.contains(&pid), "{}", told.stderr);
    // `status` needs no lock, and another stage has its own.
    stage.run("v1", &["status"]).expect(0);
    stage.run("hooks-plain", &["--yes", "--stage", "prod"]).expect(0);
    held.release();
    Ran::from(worker.wait_with_output().unwrap()).expect(0);
    let creates = kinds(&cloudflare.take_requests());
    assert_eq!(creates.iter().filter(|kind| **kind == Kind::Create).count(), 3);
    cloudflare.storage().delete(&cloudflare.namespace("hooks-prod").id).unwrap();
    stage.assert_converged("v1");
}

#[test]
fn eight_deploys_that_are_not_held_up_end_in_one_state() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let spawn = |_| {
        let mut command = stage.command("v1", &["--yes"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(spawn).collect();
    let ran = children.into_iter().map(|child| Ran::from(child.wait_with_output().unwrap()));
    let ran: Vec<_> = ran.collect();
    assert!(ran.iter().any(|ran| ran.code == Some(0)), "{ran:?}");
    let locked = |ran: &Ran| ran.code == Some(1) && ran.stderr.contains("is running");
    assert!(ran.iter().all(|ran| ran.code == Some(0) || locked(ran)), "{ran:?}");
    stage.assert_converged("v1");
}

#[test]
fn the_lock_of_a_deploy_that_was_killed_is_taken_over() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, true);
    kill_at(&held, stage.command("v1", &["--yes"]));
    stage.run("v1", &["--yes"]).expect(0);
    stage.assert_converged("v1");
}
