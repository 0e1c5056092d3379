//! What people read, as they read it.

use kv_test_support::cloudflare::Cloudflare;

use crate::stage::{Ran, Stage};

/// Snapshots a screen without what differs from run to run.
macro_rules! assert_screen {
    ($name:literal, $text:expr) => {
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            omit_expression => true,
            filters => vec![
                (r"[0-9a-f]{32}", "[namespace id]"),
                (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
                (r"/[^\s:]*/states", "[states]"),
                (r"http(://|&#58;//)127\.0\.0\.1:\d+", "[server]"),
                (r"process \d+ on \S+", "process [pid] on [host]"),
            ],
        }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

/// All that a command shows.
fn screen(ran: &Ran) -> String {
    let mut screen = ran.stderr.clone();
    if !ran.stdout.is_empty() {
        screen = format!("{screen}--- stdout\n{}", ran.stdout);
    }
    format!("{screen}--- exit {}", ran.code.unwrap())
}

#[test]
fn a_stage_from_its_first_deploy_to_its_destroy() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    assert_screen!("plan-create", screen(&stage.run("v1", &["plan"])));
    assert_screen!("deploy-create", screen(&stage.run("v1", &["--yes"])));
    assert_screen!("deploy-unchanged", screen(&stage.run("v1", &["--yes"])));
    assert_screen!("plan-change", screen(&stage.run("v2", &["plan"])));
    assert_screen!(
        "plan-change-markdown",
        screen(&stage.run("v2", &["plan", "--format", "markdown"]))
    );
    assert_screen!("plan-change-json", screen(&stage.run("v2", &["plan", "--format", "json"])));
    assert_screen!("deploy-no-terminal", screen(&stage.run("v2", &[])));
    assert_screen!("deploy-change", screen(&stage.run("v2", &["--yes"])));
    assert_screen!("status", screen(&stage.run("v2", &["status"])));
    assert_screen!("status-json", screen(&stage.run("v2", &["status", "--format", "json"])));
    cloudflare.put("user-data", "fourth", "the application's");
    assert_screen!("destroy-undeclared", screen(&stage.run("v2", &["destroy", "--yes"])));
    let destroy = ["destroy", "--yes", "--delete-data"];
    assert_screen!("destroy", screen(&stage.run("v2", &destroy)));
    assert_screen!("destroy-nothing", screen(&stage.run("v2", &destroy)));
}

#[test]
fn what_was_there_before() {
    let cloudflare = Cloudflare::start();
    cloudflare.storage().create("existing-namespace").unwrap();
    cloudflare.storage().create("user-data").unwrap();
    let stage = Stage::new(&cloudflare);
    assert_screen!("deploy-existing", screen(&stage.run("v1", &["--yes"])));
    assert_screen!("plan-adopt", screen(&stage.run("existing", &["plan"])));
    stage.run("existing", &["--yes"]).expect(0);
    assert_screen!("plan-retain", screen(&stage.run("existing", &["destroy", "--yes"])));
}

#[test]
fn what_a_terminal_would_act_on() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    assert_screen!("plan-odd", screen(&stage.run("odd", &["plan"])));
    assert_screen!(
        "plan-odd-markdown",
        screen(&stage.run("odd", &["plan", "--format", "markdown"]))
    );
}

#[test]
fn no_credentials() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = stage.command("v1", &[]).env_remove("CLOUDFLARE_API_TOKEN").output().unwrap();
    assert_screen!("deploy-no-credentials", screen(&ran.into()));
    let ran = stage.command("v1", &[]).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap();
    assert_screen!("deploy-wrong-token", screen(&ran.into()));
}
