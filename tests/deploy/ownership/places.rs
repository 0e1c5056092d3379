//! A state belongs to one place: an account at Cloudflare, another server, this machine.

use std::fs;

use kv_runtime::state::Server;
use kv_test_support::cloudflare::Cloudflare;

use crate::stage::Stage;

/// Says of every namespace in the state that it is on this server.
fn move_to(stage: &Stage<'_>, server: Server) {
    stage.rewrite(|state| {
        for record in state.namespaces.values_mut() {
            if let kv_runtime::__private::state::Record::Deployed(deployment) = record {
                deployment.server = Some(server);
            }
        }
    });
}

#[test]
fn a_local_deploy_leaves_the_state_of_the_environment_alone() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let local = format!("--local={}", folder.path().join("state").display());
    stage.run("v1", &["--yes"]).expect(0);
    let before = fs::read(stage.document()).unwrap();
    stage.run("v1", &["--yes", &local]).expect(0);
    stage.run("v1", &["destroy", "--yes", &local]).expect(0);
    assert_eq!(fs::read(stage.document()).unwrap(), before);
    stage.assert_converged("v1");
}

#[test]
fn the_state_of_an_account_is_refused_for_this_machine() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let local = format!("--local={}", folder.path().join("state").display());
    let state = format!("--state=file:{}", stage.states().display());
    stage.run("v1", &["--yes"]).expect(0);
    for args in [&["--yes"][..], &["destroy", "--yes"], &["plan"], &["--yes", "--take-over"]] {
        let refused = stage.refused("v1", &[args, &[&local, &state]].concat());
        assert!(refused.stderr.contains("this run works on this machine"), "{}", refused.stderr);
    }
    assert!(!folder.path().join("state").exists(), "a refusal leaves nothing behind");
    stage.assert_converged("v1");
}

#[test]
fn the_state_of_this_machine_is_refused_for_an_account() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let local = format!("--local={}", folder.path().join("state").display());
    let state = format!("--state=file:{}", stage.states().display());
    stage.run("v1", &["--yes", &local, &state]).expect(0);
    for args in [&["--yes"][..], &["destroy", "--yes"], &["--yes", "--take-over"]] {
        let refused = stage.refused("v1", args);
        assert!(refused.stderr.contains("is deployed on this machine"), "{}", refused.stderr);
    }
    stage.run("v1", &["plan", "--detailed-exitcode", &local, &state]).expect(0);
}

#[test]
fn another_server_with_the_same_account_is_not_the_one_that_was_deployed_to() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    move_to(&stage, Server::Cloudflare);
    for args in [&["--yes"][..], &["destroy", "--yes"]] {
        let refused = stage.refused("v1", args);
        for part in ["is deployed at Cloudflare", "behind another base URL", "--take-over"] {
            assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
        }
    }
    // `--take-over` says that it is the same server at another URL.
    stage.run("v1", &["--yes", "--take-over"]).expect(0);
    stage.assert_stored("v1");
}

#[test]
fn commands_that_only_read_create_no_folder() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let local = format!("--local={}", folder.path().join("state").display());
    let plan = stage.run("v1", &["plan", &local, "--detailed-exitcode"]).expect(2);
    assert!(plan.stderr.contains("2 namespaces to create"), "{}", plan.stderr);
    stage.run("v1", &["destroy", "--yes", &local]).expect(1);
    stage.run("v1", &["status", &local]).expect(0);
    assert!(!folder.path().join("state").exists());
}

#[test]
fn an_empty_variable_is_ignored_and_a_url_password_is_not_repeated() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let mut command = stage.command("v1", &["plan"]);
    for name in ["KV_STATE", "KV_STAGE", "KV_APP"] {
        command.env(name, "");
    }
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    for url in ["https://user:SEKRET123@example.com/x", "s3://KEY:SEKRET123@bucket/x"] {
        let refused = stage.refused("v1", &["--yes", "--state", url]);
        assert!(refused.stderr.contains("is not the URL of a state store"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("SEKRET123"), "{}", refused.stderr);
    }
}
