//! A seed file that did not change since the last deploy is not read as pairs. That saves time, and must not
//! be seen otherwise.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use kv_test_support::cloudflare::{Cloudflare, Kind};
use tempfile::TempDir;

use crate::stage::{Ran, Stage, kill_at, kinds};

/// A package with a seed file.
struct Package(TempDir);

impl Package {
    fn new() -> Self {
        let package = Self(tempfile::tempdir().unwrap());
        package.write(&[("a", "1"), ("list:1", "x")]);
        package
    }

    fn seed(&self) -> PathBuf {
        self.0.path().join("seed.json")
    }

    fn write(&self, pairs: &[(&str, &str)]) {
        let pair = |(key, value): &(&str, &str)| format!(r#"{{"key":"{key}","value":"{value}"}}"#);
        let pairs: Vec<_> = pairs.iter().map(pair).collect();
        fs::write(self.seed(), format!("[{}]", pairs.join(","))).unwrap();
    }

    fn command(&self, stage: &Stage<'_>, code: &str, args: &[&str]) -> Command {
        stage.command(code, &[&["--root", self.0.path().to_str().unwrap()], args].concat())
    }

    fn run(&self, stage: &Stage<'_>, code: &str, args: &[&str]) -> Ran {
        Ran::from(self.command(stage, code, args).output().unwrap())
    }

    /// Runs a command that succeeds and says this.
    #[track_caller]
    fn says(&self, stage: &Stage<'_>, code: &str, args: &[&str], expected: &str) {
        let ran = self.run(stage, code, args).expect(0);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }

    /// A stage to which it is deployed.
    fn deployed<'a>(&self, cloudflare: &'a Cloudflare) -> Stage<'a> {
        let stage = Stage::new(cloudflare);
        self.run(&stage, "lists", &["--yes"]).expect(0);
        stage.age();
        drop(cloudflare.take_requests());
        stage
    }

    /// Deploys, after which the pairs are these and the next deploy has nothing to do.
    #[track_caller]
    fn converges(&self, stage: &Stage<'_>, cloudflare: &Cloudflare, pairs: &[(&str, &str)]) {
        self.run(stage, "lists", &["--yes"]).expect(0);
        let stored = cloudflare.pairs("lists");
        let stored: Vec<_> = stored.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(stored, pairs);
        self.says(stage, "lists", &["--yes"], "Nothing to do");
    }
}

const PAIRS: [(&str, &str); 3] = [("a", "1"), ("declared", "one"), ("list:1", "x")];

#[test]
fn a_deploy_without_changes_only_looks_the_namespace_up() {
    let (cloudflare, package) = (Cloudflare::start(), Package::new());
    let stage = package.deployed(&cloudflare);
    let before = fs::read(stage.document()).unwrap();
    for args in [&["--yes"][..], &["plan", "--detailed-exitcode"]] {
        package.says(&stage, "lists", args, "Nothing to do");
        assert_eq!(kinds(&cloudflare.take_requests()), [Kind::Get]);
    }
    assert_eq!(fs::read(stage.document()).unwrap(), before);
}

#[test]
fn a_change_of_the_same_length_and_time_is_seen() {
    let (cloudflare, package) = (Cloudflare::start(), Package::new());
    let stage = package.deployed(&cloudflare);
    let written = fs::metadata(package.seed()).unwrap().modified().unwrap();
    package.write(&[("a", "2"), ("list:1", "x")]);
    fs::File::options().append(true).open(package.seed()).unwrap().set_modified(written).unwrap();
    let pairs = [("a", "2"), ("declared", "one"), ("list:1", "x")];
    package.converges(&stage, &cloudflare, &pairs);
}

#[test]
fn a_change_of_the_declaration_is_seen() {
    for (code, line) in [("lists-changed", "~ declared"), ("lists-brief", "~ list:1")] {
        let (cloudflare, package) = (Cloudflare::start(), Package::new());
        let stage = package.deployed(&cloudflare);
        package.says(&stage, code, &["plan"], line);
        package.run(&stage, code, &["--yes"]).expect(0);
        package.says(&stage, code, &["--yes"], "Nothing to do");
        package.converges(&stage, &cloudflare, &PAIRS);
    }
}

#[test]
fn values_are_checked_against_a_type_that_changed() {
    let (cloudflare, package) = (Cloudflare::start(), Package::new());
    let stage = package.deployed(&cloudflare);
    let refused = package.run(&stage, "lists-of-numbers", &["--yes"]).expect(1);
    assert!(refused.stderr.contains("seed.json:1:33: the key `list:1`"), "{}", refused.stderr);
    assert_eq!(cloudflare.take_requests().len(), 0);
}

#[test]
fn a_namespace_that_vanished_gets_all_its_values_again() {
    let (cloudflare, package) = (Cloudflare::start(), Package::new());
    let stage = package.deployed(&cloudflare);
    cloudflare.storage().delete(&cloudflare.namespace("lists").id).unwrap();
    package.says(&stage, "lists", &["plan"], "+ list:1");
    package.converges(&stage, &cloudflare, &PAIRS);
}

#[test]
fn what_others_changed_is_found_and_repaired() {
    let (cloudflare, package) = (Cloudflare::start(), Package::new());
    let stage = package.deployed(&cloudflare);
    cloudflare.put("lists", "a", "of others");
    package.says(&stage, "lists", &["plan", "--refresh"], "! a  was changed by others");
    package.run(&stage, "lists", &["--yes", "--repair"]).expect(0);
    package.converges(&stage, &cloudflare, &PAIRS);
}

#[test]
fn a_lifetime_is_renewed() {
    let (cloudflare, package) = (Cloudflare::start(), Package::new());
    let stage = package.deployed(&cloudflare);
    package.run(&stage, "lists-brief", &["--yes"]).expect(0);
    drop(cloudflare.take_requests());
    package.run(&stage, "lists-brief", &["--yes", "--renew"]).expect(0);
    let requests = cloudflare.take_requests();
    let put: Vec<_> = requests.iter().filter(|request| request.kind == Kind::BulkPut).collect();
    assert!(put.len() == 1 && put[0].keys() == ["list:1"], "{requests:?}");
}

#[test]
fn what_a_restore_wrote_is_seen() {
    let (cloudflare, package) = (Cloudflare::start(), Package::new());
    let stage = package.deployed(&cloudflare);
    let file = package.0.path().join("backup.json");
    fs::write(&file, r#"[{"key":"a","value":"of yesterday"}]"#).unwrap();
    let file = file.to_str().unwrap();
    package.run(&stage, "lists", &["restore", "lists", file, "--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("lists")["a"], "of yesterday");
    package.converges(&stage, &cloudflare, &PAIRS);
}

#[test]
fn a_deploy_that_was_killed_goes_on_though_the_file_is_the_same_again() {
    for applied in [false, true] {
        let (cloudflare, package) = (Cloudflare::start(), Package::new());
        let stage = package.deployed(&cloudflare);
        package.write(&[("a", "2"), ("list:2", "x")]);
        let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, applied);
        kill_at(&held, package.command(&stage, "lists", &["--yes"]));
        // The change is reverted.
        package.write(&[("a", "1"), ("list:1", "x")]);
        package.converges(&stage, &cloudflare, &PAIRS);
    }
}

#[test]
fn what_another_deploy_wrote_during_the_lock_wait_is_seen() {
    let (cloudflare, package) = (Cloudflare::start(), Package::new());
    let stage = package.deployed(&cloudflare);
    // It holds the lock, and has written nothing yet.
    let held = cloudflare.hold_kind(Some(Kind::Get), 0, true);
    let mut first = package.command(&stage, "lists-changed", &["--yes"]);
    let mut first = first.stderr(Stdio::null()).spawn().unwrap();
    held.wait();
    // By then, nothing has changed for this one.
    let mut second = package.command(&stage, "lists", &["--yes", "--lock-timeout", "1m"]);
    let mut second = second.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains("Waiting"));
    held.release();
    assert!(first.wait().unwrap().success());
    let said: Vec<_> = said.map(Result::unwrap).collect();
    assert!(second.wait().unwrap().success());
    assert!(said.iter().any(|line| line.contains("~ declared")), "{said:?}");
    package.converges(&stage, &cloudflare, &PAIRS);
}
