//! A stage that is deployed to: its state, and the commands and calls that work on it.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use kv_runtime::__private::declaration::{Declaration, DeclaredValue};
use kv_runtime::__private::state::{Record, State};
use kv_runtime::api::RetryPolicy;
use kv_runtime::state::{FileStateStore, StageKey};
use kv_runtime::{Deploy, Namespace};
use kv_test_support::cloudflare::{ACCOUNT, Cloudflare, Held, Kind, Request, TOKEN};
use kv_test_support::declared;
use tempfile::TempDir;

/// Short waits, but all the time that a loaded machine needs for an answer.
pub(crate) const PATIENT: RetryPolicy = RetryPolicy {
    base_delay: Duration::from_millis(1),
    max_delay: Duration::from_millis(4),
    total: Duration::from_mins(1),
    request_timeout: Duration::from_mins(1),
};

/// The stage `dev` of the app `tests`.
pub(crate) struct Stage<'a> {
    pub(crate) cloudflare: &'a Cloudflare,
    folder: TempDir,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(cloudflare: &'a Cloudflare) -> Self {
        Self { cloudflare, folder: tempfile::tempdir().unwrap() }
    }

    /// The fixture with the declarations of that name, and credentials in the environment.
    pub(crate) fn command(&self, declarations: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fixture"));
        let state = format!("file:{}", self.states().display());
        command
            .args(args)
            .env_clear()
            .env("FIXTURE", declarations)
            .env("KV_STATE", state)
            .env("CLOUDFLARE_API_BASE_URL", self.cloudflare.base_url())
            .env("CLOUDFLARE_API_TOKEN", TOKEN)
            .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
            .stdin(std::process::Stdio::null());
        command
    }

    pub(crate) fn run(&self, declarations: &str, args: &[&str]) -> Ran {
        self.command(declarations, args).output().unwrap().into()
    }

    /// Runs what must be refused: exit 1, nothing written at Cloudflare, the state as it was.
    #[track_caller]
    pub(crate) fn refused(&self, declarations: &str, args: &[&str]) -> Ran {
        let before = std::fs::read(self.document()).ok();
        drop(self.cloudflare.take_requests());
        let ran = self.run(declarations, args).expect(1);
        let requests = self.cloudflare.take_requests();
        assert!(!requests.iter().any(|request| request.kind.writes()), "{requests:?}");
        assert_eq!(std::fs::read(self.document()).ok(), before);
        assert!(ran.stderr.contains("error: ") && ran.stderr.contains("help: "), "{}", ran.stderr);
        ran
    }

    /// Deploys from Rust.
    pub(crate) fn deploy<N: Namespace>(&self) -> Deploy<N> {
        Deploy::new()
            .app("tests")
            .state(self.store())
            .base_url(self.cloudflare.base_url())
            .api_token(TOKEN)
            .account_id(ACCOUNT)
            .retry(PATIENT)
    }

    pub(crate) fn store(&self) -> FileStateStore {
        FileStateStore::new(self.states())
    }

    /// The folder of the states.
    pub(crate) fn states(&self) -> PathBuf {
        self.folder.path().join("states")
    }

    /// The path of the state's document.
    pub(crate) fn document(&self) -> PathBuf {
        self.states().join("tests/dev.json")
    }

    pub(crate) fn state(&self) -> State {
        let stage = StageKey::new("tests", "dev").unwrap();
        let json = std::fs::read(self.document()).unwrap();
        State::from_json(&json, &stage, "the state").unwrap()
    }

    pub(crate) fn rewrite(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        std::fs::write(self.document(), state.to_json().unwrap()).unwrap();
    }

    /// Makes the document what it was before there were checksums and programs.
    pub(crate) fn rewrite_as_format_1(&self) {
        let json = std::fs::read_to_string(self.document()).unwrap();
        let mut document: serde_json::Value = serde_json::from_str(&json).unwrap();
        document["format"] = 1.into();
        document.as_object_mut().unwrap().remove("checksum");
        for record in document["namespaces"].as_object_mut().unwrap().values_mut() {
            record["deployed"].as_object_mut().unwrap().remove("deployers");
        }
        std::fs::write(self.document(), document.to_string()).unwrap();
    }

    /// Makes everything in the state old enough to be seen everywhere.
    pub(crate) fn age(&self) {
        self.rewrite(|state| {
            let long_ago = kv_runtime::rules::Time::from_unix(1_700_000_000);
            for record in state.namespaces.values_mut() {
                match record {
                    Record::Creating(creating) => creating.since = long_ago,
                    Record::Deployed(deployment) => {
                        (deployment.created_at, deployment.modified_at) = (long_ago, long_ago);
                    }
                }
            }
        });
    }

    /// Cloudflare and the state are exactly as these declarations say.
    #[track_caller]
    pub(crate) fn assert_stored(&self, declarations: &str) {
        let declared = declared::select(declarations);
        let mut titles: Vec<_> = declared.iter().map(|d| d.title).collect();
        titles.sort_unstable();
        assert_eq!(self.cloudflare.titles(), titles);
        let state = self.state();
        assert_eq!(state.namespaces.len(), declared.len(), "{state:?}");
        for declaration in &declared {
            let expected = declared_pairs(declaration);
            assert_eq!(self.cloudflare.pairs(declaration.title), expected);
            let Some(Record::Deployed(deployment)) = state.namespaces.get(declaration.id) else {
                panic!("{} is not deployed: {state:?}", declaration.id);
            };
            let namespace = self.cloudflare.namespace(declaration.title);
            assert_eq!(deployment.namespace_id, namespace.id);
            assert_eq!(deployment.title, declaration.title);
            assert!(
                deployment
                    .keys()
                    .iter()
                    .map(|(key, _)| &**key)
                    .eq(expected.keys().map(String::as_str)),
                "{deployment:?}"
            );
            assert!(deployment.keys().iter().all(|(_, key)| key.confirmed), "{deployment:?}");
        }
    }

    /// Everything is stored as these declarations say, and the next deploy only reads.
    #[track_caller]
    pub(crate) fn assert_converged(&self, declarations: &str) {
        self.assert_stored(declarations);
        drop(self.cloudflare.take_requests());
        self.run(declarations, &["--yes"]).expect(0);
        let requests = self.cloudflare.take_requests();
        let looked = requests.iter().all(|request| request.kind == Kind::Get);
        assert!(looked && requests.len() == declared::select(declarations).len(), "{requests:?}");
    }
}

/// What the requests ask for.
pub(crate) fn kinds(requests: &[Request]) -> Vec<Kind> {
    requests.iter().map(|request| request.kind).collect()
}

/// The pairs of a declaration whose values are all texts or literals.
pub(crate) fn declared_pairs(declaration: &Declaration) -> BTreeMap<String, String> {
    let pair = |entry: &kv_runtime::__private::declaration::DeclaredEntry| match entry.value {
        DeclaredValue::Text(text) => (entry.key.to_owned(), text.to_owned()),
        _ => panic!("{} is no literal", entry.key),
    };
    let texts = declaration.read_texts().into_iter().map(|text| (text.key, text.text));
    declaration.entries.iter().map(pair).chain(texts).collect()
}

/// Runs a command and kills it while a request is held.
#[track_caller]
pub(crate) fn kill_at(held: &Held, mut command: Command) {
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    held.wait();
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

impl Ran {
    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
