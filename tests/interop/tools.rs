//! Runs the real tools: from `tests/interop/node_modules`, on this machine only.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt as _;

/// How long a tool may take to start: generous, since it ends a wait that a failure makes endless.
const DEADLINE: Duration = Duration::from_mins(2);

/// The workspace's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Runs the `deploy` binary of an example, with its state beside the local files.
pub(crate) fn deploy(package: &str, folder: &Path, arguments: &[&str]) {
    // The examples' binaries have the same name, and so the same path in the target folder.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let output = cargo_run(package, "deploy")
        .arg("--yes")
        .arg(format!("--state=file:{}", folder.join("kv").display()))
        .args(arguments)
        .output()
        .unwrap();
    succeeded(&output);
}

/// Deploys an example's namespaces to a folder of wrangler's local files.
pub(crate) fn deploy_local(package: &str, folder: &Path) {
    deploy(package, folder, &[&format!("--local={}", folder.display())]);
}

/// The id of the namespace with a title below a persist folder.
pub(crate) fn namespace_id(folder: &Path, title: &str) -> String {
    let all = kv_local::Storage::open(folder).unwrap().list().unwrap();
    all.into_iter().find(|namespace| namespace.title == title).unwrap().id
}

/// `cargo run` of a binary of this workspace, without the settings of whoever runs the tests.
pub(crate) fn cargo_run(package: &str, binary: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--package", package, "--bin", binary, "--"]);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CLOUDFLARE_") || text.starts_with("KV_") {
            command.env_remove(name);
        }
    }
    command.current_dir(workspace());
    command
}

/// Node, of the version that wrangler needs, with a script and its arguments.
pub(crate) fn node(script: impl AsRef<Path>) -> Command {
    let interop = workspace().join("tests/interop");
    let node = interop.join("node_modules/node/bin/node");
    assert!(node.exists(), "run tests/interop/run, which installs the tools");
    let mut command = Command::new(node);
    command.arg(interop.join(script.as_ref())).stdin(Stdio::null());
    command
}

/// Wrangler, without prompts and without telemetry.
pub(crate) fn wrangler(folder: &Path) -> Command {
    let mut command = node("node_modules/wrangler/bin/wrangler.js");
    command
        .current_dir(folder)
        .env("CI", "1")
        .env("NO_COLOR", "1")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_HIDE_BANNER", "true")
        .env("WRANGLER_LOG_PATH", folder.join("logs"))
        .env("WRANGLER_SEND_ERROR_REPORTS", "false")
        .env("WRANGLER_SEND_METRICS", "false")
        .env("XDG_CONFIG_HOME", folder.join("config"));
    command
}

/// `wrangler kv ...` on the local files of a namespace; what it prints.
pub(crate) fn wrangler_kv(folder: &Path, id: &str, arguments: &[&str]) -> Vec<u8> {
    let output = wrangler(folder)
        .arg("kv")
        .args(arguments)
        .args(["--local", "--namespace-id", id, "--persist-to"])
        .arg(folder)
        .output()
        .unwrap();
    succeeded(&output);
    output.stdout
}

/// Fails the test, with all that was printed, when a program failed.
pub(crate) fn succeeded(output: &Output) {
    let printed = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (printed(&output.stdout), printed(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{error}", output.status);
}

/// A server that ends, with all that it started, when the test does.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    printed: Vec<String>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).process_group(0).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        // It reads to the end even if nothing receives the lines: a full pipe would stop the server.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines, printed: Vec::new() }
    }

    /// What a line says after `marker`, as soon as one is printed.
    pub(crate) fn wait_for(&mut self, marker: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("it did not say {marker:?}: {:#?}", self.printed);
            };
            if let Some((_, found)) = line.split_once(marker) {
                return found.to_owned();
            }
            self.printed.push(line);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Wrangler is several processes, and workerd one more.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// `wrangler dev` over the Worker that a folder's wrangler.toml describes.
pub(crate) struct Dev {
    pub(crate) url: String,
    _running: Running,
}

impl Dev {
    pub(crate) fn start(folder: &Path) -> Self {
        let mut running = Running::start(
            wrangler(folder)
                .args(["dev", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"])
                .arg("--persist-to")
                .arg(folder),
        );
        let address = running.wait_for("Ready on http://");
        let address: SocketAddr = address.trim().parse().unwrap();
        Self { url: format!("http://{address}"), _running: running }
    }

    /// A Worker that is not ours: it puts and gets what its caller asks for.
    pub(crate) fn start_javascript(folder: &Path, bindings: &[(&str, &str)]) -> Self {
        let bindings = bindings.iter().map(|(binding, id)| {
            format!("[[kv_namespaces]]\nbinding = \"{binding}\"\nid = \"{id}\"\n")
        });
        let config = format!(
            "name = \"other\"\nmain = \"index.mjs\"\ncompatibility_date = \"2026-01-01\"\n{}",
            bindings.collect::<String>()
        );
        std::fs::write(folder.join("wrangler.toml"), config).unwrap();
        let worker: PathBuf = workspace().join("tests/interop/other.mjs");
        std::fs::copy(worker, folder.join("index.mjs")).unwrap();
        Self::start(folder)
    }
}

/// A client that uses no proxy, since everything is on this machine, and no connection twice: the
/// server may be closing it.
pub(crate) fn http() -> reqwest::Client {
    // It never speaks TLS, and cannot be built without something that could.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
}
