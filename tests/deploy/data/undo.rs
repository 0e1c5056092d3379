//! Undoing a deploy.

use kv_runtime::rules::Expiry;
use kv_test_support::cloudflare::Cloudflare;

use super::{Deployed, SECRET, title};
use crate::stage::kill_at;

const CHANGE: [&str; 2] = ["--yes", "--keep-undo"];
const UNDO: [&str; 2] = ["undo", "--yes"];

#[test]
fn what_a_deploy_overwrote_and_deleted_comes_back() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    let run = |code: &str, args: &[&str]| {
        deployed.run(code, &[args, &["--root", root.path().to_str().unwrap()]].concat())
    };
    let pairs = cloudflare.storage().pairs(&cloudflare.namespace(&title("dev")).id).unwrap();
    // The application overwrites a declared key.
    let (value, metadata, expiry) =
        (b"theirs".into(), Some("[1]".into()), Some(Expiry::At(2_000_000_000)));
    pairs.put_many([kv_local::Pair { key: "motd".into(), value, metadata, expiry }]).unwrap();
    let ran = run("app-later", &CHANGE).expect(0);
    assert!(ran.stderr.contains("Not kept app: password"), "{}", ran.stderr);
    assert_eq!(cloudflare.pairs(&title("dev"))["motd"], "hello again");
    let ran = run("app-later", &["undo"]).expect(1);
    assert!(ran.stderr.contains("as it was before the deploy at"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 key  left out: declared by env(...)"), "{}", ran.stderr);
    run("app-later", &UNDO).expect(0);
    let motd = pairs.get("motd").unwrap().unwrap();
    assert_eq!((motd.value.as_ref(), motd.expiration), (&b"theirs"[..], Some(2_000_000_000)));
    assert_eq!(cloudflare.pairs(&title("dev"))["limits"], r#"{"perMinute":60}"#);
    // The next plan sees what was put back.
    let plan = run("app-later", &["plan"]).expect(0);
    assert!(plan.stderr.contains("2 keys to put"), "{}", plan.stderr);
    let ran = run("app-later", &UNDO).expect(1);
    assert!(ran.stderr.contains("there is nothing to undo for"), "{}", ran.stderr);
}

#[test]
fn a_restored_key_belongs_to_this_tool_again() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    let run = |code: &str, args: &[&str]| {
        deployed.run(code, &[args, &["--root", root.path().to_str().unwrap()]].concat())
    };
    run("app-less", &CHANGE).expect(0);
    assert!(!cloudflare.pairs(&title("dev")).contains_key("limits"));
    run("app-less", &UNDO).expect(0);
    assert!(cloudflare.pairs(&title("dev")).contains_key("limits"));
    // The same deploy deletes it once more, and one that declares it has nothing to write.
    let plan = run("app-less", &["plan"]).expect(0);
    assert!(plan.stderr.contains("- limits"), "{}", plan.stderr);
    let plan = run("app", &["plan"]).expect(0);
    assert!(!plan.stderr.contains("limits"), "{}", plan.stderr);
}

#[test]
fn what_is_kept_is_private_and_holds_no_secret() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    let args = [&CHANGE[..], &["--root", root.path().to_str().unwrap()]].concat();
    deployed.run("app-later", &args).expect(0);
    let folder = root.path().join(".kv/tests/dev.undo");
    let kept = std::fs::read_to_string(folder.join("app.json")).unwrap();
    assert!(kept.contains("hello") && !kept.contains(SECRET), "{kept}");
    assert_eq!(std::fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&folder) & 0o777, 0o700);
        assert_eq!(mode(&folder.join("app.json")) & 0o777, 0o600);
    }
}

#[test]
fn only_the_last_deploy_is_undone() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    let at = ["--root", root.path().to_str().unwrap()];
    deployed.run("app-later", &[&CHANGE[..], &at].concat()).expect(0);
    // Another machine deploys: it has no file to remove.
    deployed.stage.age();
    deployed.run("app", &["--yes"]).expect(0);
    let ran = deployed.run("app", &[&UNDO[..], &at].concat()).expect(1);
    assert!(ran.stderr.contains("was deployed or restored again after"), "{}", ran.stderr);
    // This one does.
    deployed.run("app-later", &[&["--yes"][..], &at].concat()).expect(0);
    let ran = deployed.run("app-later", &[&UNDO[..], &at].concat()).expect(1);
    assert!(ran.stderr.contains("there is nothing to undo for"), "{}", ran.stderr);
}

#[test]
fn keep_undo_refuses_to_destroy_a_namespace_with_keys() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    let at = ["--root", root.path().to_str().unwrap()];
    deployed.run("v1", &["--yes", "--app", "two"]).expect(0);
    let args = [&CHANGE[..], &["--app", "two"], &at].concat();
    let ran = deployed.run("v1-without-sessions", &args).expect(1);
    assert!(ran.stderr.contains("which --keep-undo cannot save"), "{}", ran.stderr);
    assert!(cloudflare.titles().contains(&"user-sessions".to_owned()));
}

fn strs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

#[test]
fn a_kill_anywhere_loses_nothing_that_undo_needs() {
    fn run(cloudflare: &Cloudflare) -> (Deployed<'_>, tempfile::TempDir, [String; 2]) {
        let deployed = Deployed::new(cloudflare);
        let root = tempfile::tempdir().unwrap();
        let at = ["--root".to_owned(), root.path().to_str().unwrap().to_owned()];
        (deployed, root, at)
    }
    let args = |args: &[&str], at: &[String]| -> Vec<String> {
        args.iter().map(|&arg| arg.to_owned()).chain(at.iter().cloned()).collect()
    };
    let cloudflare = Cloudflare::start();
    let (deployed, _root, at) = run(&cloudflare);
    let before = cloudflare.pairs(&title("dev"));
    deployed.run("app-later", &strs(&args(&CHANGE, &at))).expect(0);
    let deploys = cloudflare.take_requests().len();
    deployed.run("app-later", &strs(&args(&UNDO, &at))).expect(0);
    let undos = cloudflare.take_requests().len();
    let expect = |cloudflare: &Cloudflare, told: &str| {
        let mut now = cloudflare.pairs(&title("dev"));
        // The secret is not kept.
        now.insert("password".to_owned(), SECRET.to_owned());
        assert_eq!(now, before, "{told}");
    };
    let kill = |deployed: &Deployed<'_>, cloudflare: &Cloudflare, n, applied, args: &[&str]| {
        let held = cloudflare.hold(n, applied);
        kill_at(&held, deployed.command("app-later", args));
        held.release();
    };
    for (n, applied) in (0..deploys).flat_map(|n| [(n, false), (n, true)]) {
        let cloudflare = Cloudflare::start();
        let (deployed, _root, at) = run(&cloudflare);
        let change = args(&CHANGE, &at);
        kill(&deployed, &cloudflare, n, applied, &strs(&change));
        deployed.run("app-later", &strs(&change)).expect(0);
        deployed.run("app-later", &strs(&args(&UNDO, &at))).expect(0);
        expect(&cloudflare, &format!("deploy {n} {applied}"));
    }
    for (n, applied) in (0..undos).flat_map(|n| [(n, false), (n, true)]) {
        let cloudflare = Cloudflare::start();
        let (deployed, _root, at) = run(&cloudflare);
        deployed.run("app-later", &strs(&args(&CHANGE, &at))).expect(0);
        drop(cloudflare.take_requests());
        let undo = args(&UNDO, &at);
        kill(&deployed, &cloudflare, n, applied, &strs(&undo));
        deployed.run("app-later", &strs(&undo)).expect(0);
        expect(&cloudflare, &format!("undo {n} {applied}"));
    }
}
