//! Seeds are what their files hold when deploying, not when compiling.

use std::fs;
use std::path::Path;

use kv_test_support::cloudflare::{Cloudflare, Kind};
use tempfile::TempDir;

use crate::stage::{Ran, Stage};

/// A package with a seed file, a folder and nothing else.
struct Sources(TempDir);

impl Sources {
    fn new() -> Self {
        let sources = Self(tempfile::tempdir().unwrap());
        sources.write("seed.json", r#"[{"key":"a","value":"1"},{"key":"b","value":"2"}]"#);
        sources.write("public/index.html", "<h1>Hello</h1>");
        sources
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn deploy(&self, stage: &Stage<'_>, args: &[&str]) -> Ran {
        stage.run("site", &[&["--root", self.root().to_str().unwrap()], args].concat())
    }

    /// Deploys what must be refused before anything is written.
    #[track_caller]
    fn refused(&self, stage: &Stage<'_>) -> Ran {
        stage.refused("site", &["--root", self.root().to_str().unwrap(), "--yes"])
    }
}

#[test]
fn files_that_were_added_changed_or_removed_are_seen() {
    let cloudflare = Cloudflare::start();
    let (stage, sources) = (Stage::new(&cloudflare), Sources::new());
    sources.deploy(&stage, &["--yes"]).expect(0);
    let pairs = cloudflare.pairs("site");
    assert_eq!((pairs["a"].as_str(), pairs["index.html"].as_str()), ("1", "<h1>Hello</h1>"));

    sources.write("public/about/us.html", "us");
    sources.write("public/index.html", "<h1>Good day</h1>");
    sources.write("seed.json", r#"[{"key":"b","value":"2"},{"key":"c","value":"3"}]"#);
    let plan = sources.deploy(&stage, &["plan"]).expect(0);
    for line in ["+ about/us.html", "~ index.html", "+ c", "- a"] {
        assert!(plan.stderr.contains(line), "{}", plan.stderr);
    }
    sources.deploy(&stage, &["--yes"]).expect(0);
    let pairs = cloudflare.pairs("site");
    let keys: Vec<_> = pairs.keys().map(String::as_str).collect();
    assert_eq!(keys, ["about/us.html", "b", "c", "declared", "index.html"]);
    assert_eq!(pairs["index.html"], "<h1>Good day</h1>");
    let again = sources.deploy(&stage, &["--yes"]).expect(0);
    assert!(again.stderr.contains("Nothing to do"), "{}", again.stderr);
}

#[test]
fn without_the_sources_the_missing_folder_is_named() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for command in [&["--yes"][..], &["status"], &["plan"]] {
        let args = [command, &["--root", "/nowhere"]].concat();
        let refused = stage.refused("site", &args);
        let message = "--root /nowhere: there is no such folder";
        assert!(refused.stderr.contains(message), "{}", refused.stderr);
    }
    let refused = stage.refused("site-of-another-machine", &["--yes"]);
    assert!(
        refused.stderr.contains("/build/site does not exist on this machine"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_seed_that_became_wrong_is_refused_with_its_place() {
    let cloudflare = Cloudflare::start();
    let (stage, sources) = (Stage::new(&cloudflare), Sources::new());
    sources.deploy(&stage, &["--yes"]).expect(0);
    for (seed, expected) in [
        ("[\n{\"key\":\"a\",\"value\":\"1\"", "seed.json:2:23: expected `,` or `}`"),
        ("[{\"key\":\"a\",\"value\":1}]", "seed.json:1:21: a value is text in this format"),
        ("[{\"key\":\"\",\"value\":\"\"}]", "seed.json:1:9: "),
        ("[{\"key\":\"a\",\"value\":\"1\",\"expiration_ttl\":59}]", "seed.json:1:42: "),
        ("", "seed.json:1:1: this is not JSON"),
    ] {
        sources.write("seed.json", seed);
        let refused = sources.refused(&stage);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
}

#[test]
fn a_key_that_two_seeds_came_to_share_is_refused_with_both_places() {
    let cloudflare = Cloudflare::start();
    let (stage, sources) = (Stage::new(&cloudflare), Sources::new());
    sources.write("public/b", "from the folder");
    sources.write("public/declared", "from the folder");
    let refused = sources.refused(&stage);
    assert!(
        refused.stderr.contains("at seed.json:1:45 and by the file public/b"),
        "{}",
        refused.stderr
    );
    let both = "as an entry of `values` and by the file public/declared";
    assert!(refused.stderr.contains(both), "{}", refused.stderr);
}

#[test]
fn an_empty_folder_deletes_nothing() {
    let cloudflare = Cloudflare::start();
    let (stage, sources) = (Stage::new(&cloudflare), Sources::new());
    sources.deploy(&stage, &["--yes"]).expect(0);
    fs::remove_file(sources.root().join("public/index.html")).unwrap();
    sources.write("public/.gitkeep", "");
    let refused = sources.refused(&stage);
    assert!(refused.stderr.contains("`public` holds no file to deploy"), "{}", refused.stderr);
    fs::remove_dir_all(sources.root().join("public")).unwrap();
    let refused = sources.refused(&stage);
    assert!(refused.stderr.contains("there is no `public`"), "{}", refused.stderr);
}

#[cfg(unix)]
#[test]
fn a_file_that_changes_while_it_is_sent_ends_the_deploy_and_the_next_converges() {
    for (path, changed) in [
        ("seed.json", r#"[{"key":"a","value":"9"},{"key":"b","value":"8"}]"#),
        ("seed.json", "[]"),
        (
            "seed.json",
            r#"[{"key":"long-enough","value":"to be longer than before"},{"key":"b","value":"2"}]"#,
        ),
        ("public/index.html", "<h1>Other</h1>"),
    ] {
        let cloudflare = Cloudflare::start();
        let (stage, sources) = (Stage::new(&cloudflare), Sources::new());
        // The plan is made by then, and no value was read again.
        let held = cloudflare.hold_kind(Some(Kind::Create), 0, true);
        let args = ["--root", sources.root().to_str().unwrap(), "--yes"];
        let child = stage.command("site", &args).stderr(std::process::Stdio::piped()).spawn();
        held.wait();
        sources.write(path, changed);
        held.release();
        let ran = Ran::from(child.unwrap().wait_with_output().unwrap()).expect(1);
        assert!(ran.stderr.contains("changed while it was deployed"), "{}", ran.stderr);
        sources.deploy(&stage, &["--yes"]).expect(0);
        let again = sources.deploy(&stage, &["--yes"]).expect(0);
        assert!(again.stderr.contains("Nothing to do"), "{}", again.stderr);
        assert!(cloudflare.pairs("site").contains_key("index.html"));
    }
}

#[test]
fn values_arrive_as_the_file_escapes_them() {
    let cloudflare = Cloudflare::start();
    let (stage, sources) = (Stage::new(&cloudflare), Sources::new());
    let controls = "\\u0000".repeat(100);
    sources.write(
        "seed.json",
        &format!(
            "\u{feff}[{{\"key\":\"escaped\",\"value\":\"\\u00e9\\n\\\"\\ud83d\\ude00\"}},\n\
             {{\"base64\":true,\"value\":\"aGVsbG8=\",\"key\":\"\\u0062ytes\"}},\n\
             {{\"key\":\"controls\",\"value\":\"{controls}\"}}]"
        ),
    );
    sources.deploy(&stage, &["--yes"]).expect(0);
    let pairs = cloudflare.pairs("site");
    assert_eq!(pairs["escaped"], "é\n\"😀");
    assert_eq!(pairs["bytes"], "hello");
    assert_eq!(pairs["controls"], "\0".repeat(100));
}

#[test]
fn no_part_of_a_seed_is_in_the_program() {
    let binary = fs::read(env!("CARGO_BIN_EXE_fixture")).unwrap();
    let marker = b"<p>This sentence of a page is nowhere in the program.</p>";
    let public = concat!(env!("CARGO_MANIFEST_DIR"), "/support/public/marker.html");
    assert!(fs::read(public).unwrap().starts_with(marker));
    assert!(!binary.windows(marker.len()).any(|window| window == marker));
}
