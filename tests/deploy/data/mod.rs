//! Work on stored pairs, over real HTTP.

mod audit;
mod copy;
mod export;
mod init;
mod moves;
mod plans;
mod restore;
mod types;
mod undo;

use std::path::{Path, PathBuf};

use kv_test_support::cloudflare::Cloudflare;

use crate::stage::{Ran, Stage, kill_at};

/// The value of the secret that `app` declares.
const SECRET: &str = "correct-horse";

/// A stage to which `app` was deployed, and a folder to work in.
struct Deployed<'a> {
    stage: Stage<'a>,
    folder: tempfile::TempDir,
}

impl<'a> Deployed<'a> {
    fn new(cloudflare: &'a Cloudflare) -> Self {
        let deployed = Self { stage: Stage::new(cloudflare), folder: tempfile::tempdir().unwrap() };
        deployed.run("app", &["--yes"]).expect(0);
        deployed.stage.age();
        drop(cloudflare.take_requests());
        deployed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, declarations: &str, args: &[&str]) -> std::process::Command {
        let mut command = self.stage.command(declarations, args);
        command.current_dir(self.folder.path()).env("HOOK_PASSWORD", SECRET);
        command
    }

    fn run(&self, declarations: &str, args: &[&str]) -> Ran {
        self.command(declarations, args).output().unwrap().into()
    }

    /// Exports to a file and gives its pairs.
    fn export(&self, file: &str) -> serde_json::Value {
        self.run("app", &["export", "app", "--out", file]).expect(0);
        json(&self.path(file))
    }
}

/// Kills a command at each of its requests, before and after the request is applied, each time on its
/// own stage; then runs it again, and checks the result.
fn kill_at_each_request(
    begin: impl for<'c> Fn(&'c Cloudflare) -> Deployed<'c>,
    args: &[&str],
    look: impl Fn(&Deployed<'_>, &str),
) {
    let cloudflare = Cloudflare::start();
    begin(&cloudflare).run("app", args).expect(0);
    let requests = cloudflare.take_requests().len();
    for (n, applied) in (0..requests).flat_map(|n| [(n, false), (n, true)]) {
        let cloudflare = Cloudflare::start();
        let deployed = begin(&cloudflare);
        let held = cloudflare.hold(n, applied);
        kill_at(&held, deployed.command("app", args));
        held.release();
        deployed.run("app", args).expect(0);
        look(&deployed, &format!("{n} {applied}"));
    }
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The title of `app` in a stage.
fn title(stage: &str) -> String {
    format!("app-{stage}")
}
