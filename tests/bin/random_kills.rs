//! Kills deploys at random moments while the declarations change, and proves that the next whole run
//! ends as declared: `random_kills [KILLS] [SEED]`. The same seed gives the same declarations and
//! delays; what a delay hits depends on the machine.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use kv_runtime::__private::declaration::Declaration;
use kv_runtime::__private::declaration::DeclaredValue;
use kv_runtime::__private::state::{Record, State};
use kv_runtime::state::StageKey;
use kv_test_support::cloudflare::{ACCOUNT, Cloudflare, TOKEN};
use kv_test_support::declared;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

/// The declarations that runs choose from. All have `users`, so that none looks like another package's.
const DECLARED: [&str; 6] =
    ["v1", "v2", "v1-without-sessions", "shop-and-v1", "store-and-v1", "many-and-v1"];

/// How many kills there are between two runs that are not killed.
const KILLS_BETWEEN: usize = 5;

/// The longest time before a kill: longer than most runs take.
const LONGEST: Duration = Duration::from_millis(120);

struct Stage {
    cloudflare: Cloudflare,
    folder: PathBuf,
    fixture: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let kills: usize = args.next().map_or(Ok(300), |kills| kills.parse())?;
    let seed: u64 = args.next().map_or(Ok(1), |seed| seed.parse())?;
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir()?;
    let stage = Stage {
        cloudflare: Cloudflare::start(),
        folder: folder.path().to_owned(),
        fixture: env::current_exe()?.with_file_name("fixture"),
    };
    let (mut killed, mut ended) = (0, 0);
    for n in 1..=kills {
        let name = DECLARED.choose(&mut random).expect("there are some");
        let mut child = stage.deploy(name).stderr(Stdio::null()).spawn()?;
        thread::sleep(LONGEST.mul_f64(random.random()));
        child.kill()?;
        // Without an exit code it was killed while it ran.
        if child.wait()?.code().is_none() {
            killed += 1;
        } else {
            ended += 1;
        }
        if n % KILLS_BETWEEN == 0 || n == kills {
            stage.converge(DECLARED.choose(&mut random).expect("there are some"))?;
        }
    }
    println!("{kills} runs with seed {seed}: {killed} killed, {ended} done before; all converged");
    Ok(())
}

impl Stage {
    fn deploy(&self, declarations: &str) -> Command {
        let mut command = Command::new(&self.fixture);
        command
            .args(["--yes", "--delete-data"])
            .env_clear()
            .env("FIXTURE", declarations)
            .env("KV_STATE", format!("file:{}", self.folder.display()))
            .env("CLOUDFLARE_API_BASE_URL", self.cloudflare.base_url())
            .env("CLOUDFLARE_API_TOKEN", TOKEN)
            .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT);
        command
    }

    /// A whole run ends as declared, and the next one has nothing to write.
    fn converge(&self, name: &str) -> Result<(), Box<dyn Error>> {
        let output = self.deploy(name).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
        let stage = StageKey::new("tests", "dev")?;
        let json = std::fs::read(self.folder.join("tests/dev.json"))?;
        let state = State::from_json(&json, &stage, "the state")?;
        let declared = declared::select(name);
        assert_eq!(self.cloudflare.titles().len(), declared.len(), "{name}: {said}");
        assert_eq!(state.namespaces.len(), declared.len(), "{name}: {state:?}");
        for declaration in declared {
            let Some(Record::Deployed(deployment)) = state.namespaces.get(declaration.id) else {
                panic!("{name}: {} is not deployed: {state:?}", declaration.id);
            };
            assert!(
                deployment.keys().iter().all(|(_, key)| key.confirmed),
                "{name}: {deployment:?}"
            );
            let found = self.cloudflare.pairs(&deployment.title);
            let expected = pairs(declaration);
            assert!(
                deployment
                    .keys()
                    .iter()
                    .map(|(key, _)| &**key)
                    .eq(expected.keys().map(String::as_str)),
                "{name}: {deployment:?}"
            );
            for (key, value) in &expected {
                assert_eq!(found.get(key), Some(value), "{name}: {key}");
            }
            // A key with `once` stays when it leaves the declaration.
            let more: Vec<_> = found.keys().filter(|key| !expected.contains_key(*key)).collect();
            assert!(more.iter().all(|key| *key == "theme"), "{name}: {more:?}");
        }
        drop(self.cloudflare.take_requests());
        assert!(self.deploy(name).stderr(Stdio::null()).status()?.success());
        let requests = self.cloudflare.take_requests();
        assert!(!requests.iter().any(|request| request.kind.writes()), "{name}: {requests:?}");
        Ok(())
    }
}

/// The pairs that a declaration seeds.
fn pairs(declaration: &Declaration) -> BTreeMap<String, String> {
    let entry = |entry: &kv_runtime::__private::declaration::DeclaredEntry| match entry.value {
        DeclaredValue::Text(text) => (entry.key.to_owned(), text.to_owned()),
        _ => panic!("{} is not a literal", entry.key),
    };
    let texts = declaration.read_texts().into_iter().map(|text| (text.key, text.text));
    let many = if declaration.id == "many" { declared::MANY } else { 0 };
    let many = (0..many).map(|n| (format!("key-{n:05}"), n.to_string()));
    declaration.entries.iter().map(entry).chain(texts).chain(many).collect()
}
