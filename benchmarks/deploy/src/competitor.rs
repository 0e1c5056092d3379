//! Those who bring the values to the server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use kv_runtime::__private::declaration::Declaration;
use kv_runtime::__private::declaration::Spread;

use crate::measure::{Cost, run};
use crate::seed::Seed;
use crate::sink::Sink;
use crate::{DEPLOY, ROLE};

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const NAMESPACE: &str = "0f2ac74b498b48028cb68387c421e279";
const TOKEN: &str = "any";

/// Tells a deploy where its seed file is.
const SEED: &str = "BENCH_SEED";

/// Brings all values there.
pub(crate) trait Competitor {
    fn run(&self) -> Cost;
}

/// `deploy_main!` over a declaration with `..file("seed.json")`.
pub(crate) struct Deploy<'a> {
    seed: &'a Seed,
    sink: &'a Sink,
}

impl<'a> Deploy<'a> {
    pub(crate) fn new(seed: &'a Seed, sink: &'a Sink) -> Self {
        Self { seed, sink }
    }

    /// To an account that has nothing.
    pub(crate) fn first(&self) -> Cost {
        let state = self.seed.scratch("state");
        self.deploy(&state)
    }

    /// Once more.
    pub(crate) fn unchanged(&self) -> Cost {
        self.deploy(&self.seed.folder().join("state"))
    }

    fn deploy(&self, state: &Path) -> Cost {
        let mut command = this(&self.seed.file);
        command.args(["--yes", "--quiet", "--state"]).arg(format!("file:{}", state.display()));
        if let Ok(jobs) = std::env::var("JOBS") {
            command.args(["--jobs", &jobs]);
        }
        cloudflare(&mut command, self.sink);
        run(&mut command)
    }
}

/// This program as a deploy binary of a seed file.
pub(crate) fn this(seed: &Path) -> Command {
    let this = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(this);
    command.env(ROLE, DEPLOY).env(SEED, seed);
    command
}

/// A deploy binary: `deploy_main!` with a seed file that was chosen when it runs.
pub(crate) fn deploy_main() -> ExitCode {
    let path = std::env::var_os(SEED).expect("the measuring process names the seed");
    let path = PathBuf::from(path).into_os_string().into_string().expect("the path is UTF-8");
    let (root, name) = path.rsplit_once('/').expect("the path is absolute");
    let (root, name): (&str, &str) = (root.to_owned().leak(), name.to_owned().leak());
    let declaration = Box::leak(Box::new(Declaration {
        package: env!("CARGO_PKG_NAME"),
        root,
        id: "redirects",
        title: "bench",
        binding: "REDIRECTS",
        spreads: vec![Spread::File(name)].leak(),
        ..Declaration::NOTHING
    }));
    let package = kv_runtime::__private::Package {
        name: env!("CARGO_PKG_NAME"),
        root: env!("CARGO_MANIFEST_DIR"),
        binary: option_env!("CARGO_BIN_NAME"),
        repository: "",
        app: None,
        retry: None,
    };
    kv_runtime::__private::deploy_main(&package, &[declaration])
}

/// `curl`, once for each ready-made body.
pub(crate) struct Curl<'a> {
    seed: &'a Seed,
    sink: &'a Sink,
}

impl<'a> Curl<'a> {
    pub(crate) fn new(seed: &'a Seed, sink: &'a Sink) -> Self {
        Self { seed, sink }
    }
}

impl Competitor for Curl<'_> {
    fn run(&self) -> Cost {
        let base = &self.sink.base_url;
        let url = format!("{base}/accounts/{ACCOUNT}/storage/kv/namespaces/{NAMESPACE}/bulk");
        let upload = |body: &PathBuf| {
            let mut data = OsString::from("@");
            data.push(body);
            // Without `Expect`, curl does not ask before it sends a large body.
            let head = ["Authorization: Bearer any", "Content-Type: application/json", "Expect:"];
            let mut command = Command::new("curl");
            command.args(["--silent", "--fail", "--request", "PUT"]);
            command.args(head.iter().flat_map(|header| ["--header", header]));
            run(command.arg("--data-binary").arg(data).arg(&url))
        };
        let costs = self.seed.bodies.iter().map(upload);
        costs.reduce(Cost::then).expect("there is a body")
    }
}

/// `wrangler kv bulk put`.
pub(crate) struct Wrangler {
    path: PathBuf,
}

impl Wrangler {
    /// The one that `WRANGLER` names, else the one on the path, if it runs.
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("WRANGLER").unwrap_or_else(|| "wrangler".into());
        let wrangler = Self { path: path.into() };
        let mut version = wrangler.command();
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success()).then_some(wrangler)
    }

    /// A folder of npm's programs often has a Node of its own.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let (Some(folder), Some(path)) = (self.path.parent(), std::env::var_os("PATH")) {
            let path = std::env::split_paths(&path);
            let path = std::env::join_paths([folder.to_owned()].into_iter().chain(path));
            command.env("PATH", path.expect("they come from such a list"));
        }
        command
    }

    pub(crate) fn on<'a>(&'a self, seed: &'a Seed, sink: &'a Sink) -> impl Competitor + 'a {
        OnSeed { wrangler: self, seed, sink }
    }
}

struct OnSeed<'a> {
    wrangler: &'a Wrangler,
    seed: &'a Seed,
    sink: &'a Sink,
}

impl Competitor for OnSeed<'_> {
    fn run(&self) -> Cost {
        let mut command = self.wrangler.command();
        command.args(["kv", "bulk", "put"]).arg(&self.seed.file);
        command.args(["--remote", "--namespace-id", NAMESPACE]);
        cloudflare(&mut command, self.sink);
        command.env("WRANGLER_SEND_METRICS", "false").current_dir(self.seed.folder());
        run(command.stderr(Stdio::null()))
    }
}

fn cloudflare(command: &mut Command, sink: &Sink) {
    command
        .env("CLOUDFLARE_API_BASE_URL", &sink.base_url)
        .env("CLOUDFLARE_API_TOKEN", TOKEN)
        .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT);
}
