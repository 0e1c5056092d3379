//! The token of wrangler's login, used if there are no other credentials.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use crate::base::env::optional;

/// How long to wait for wrangler.
const PATIENCE: Duration = Duration::from_secs(20);

/// The output of `wrangler auth token --json`.
#[derive(Deserialize)]
struct Answer {
    token: String,
}

/// Whether the environment has credentials of its own.
pub(super) fn has_credentials() -> bool {
    ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"].into_iter().any(|name| optional(name).is_some())
}

/// The token of wrangler's login, or `None` if there is no wrangler or no login.
pub(super) fn token(root: &Path) -> Option<String> {
    let root = std::path::absolute(root).ok()?;
    let beside = root.ancestors().map(|folder| folder.join("node_modules/.bin/wrangler"));
    let found = beside.into_iter().find(|path| path.is_file());
    let program = found.map_or_else(|| "wrangler".into(), std::path::PathBuf::into_os_string);
    let mut child = Command::new(program)
        .args(["auth", "token", "--json"])
        .current_dir(&root)
        // Keeps it from asking questions and from looking for a newer version of itself.
        .env("CI", "1")
        .env("WRANGLER_SEND_METRICS", "false")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let stdout = child.stdout.take()?;
    let (answer, answered) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let text = std::io::read_to_string(stdout).unwrap_or_default();
        let _ = answer.send(text);
    });
    let text = answered.recv_timeout(PATIENCE).unwrap_or_default();
    // It has either answered or taken too long.
    let _ = child.kill();
    let _ = child.wait();
    // It may print something before the JSON.
    let json = text.get(text.find('{')?..)?;
    let Answer { token } = serde_json::from_str(json.trim()).ok()?;
    Some(token).filter(|token| !token.is_empty())
}
