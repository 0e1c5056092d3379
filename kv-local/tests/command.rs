//! What the `kv-local` command promises.

mod client;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use kv_local::Storage;
use serde_json::json;

/// Ends the process when the test does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kv-local"))
}

#[tokio::test]
async fn its_output_is_all_that_another_tool_needs() {
    let folder = tempfile::tempdir().unwrap();
    let account = "0123456789abcdef0123456789abcdef";
    let mut child = command()
        .args(["--port", "0", "--account", account, "--root"])
        .arg(folder.path())
        .env("KV_LOCAL_TOKEN", "a-token")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let _running = Running(child);
    let lines: Vec<String> = output.lines().take(4).map(Result::unwrap).collect();
    let value = |name: &str| {
        let start = format!("export {name}=");
        let line = lines.iter().find_map(|line| line.strip_prefix(&start));
        line.unwrap().to_owned()
    };
    assert_eq!(value("CLOUDFLARE_API_TOKEN"), "a-token");
    assert_eq!(value("CLOUDFLARE_ACCOUNT_ID"), account);
    let base_url = value("CLOUDFLARE_API_BASE_URL");
    assert_eq!(value("CLOUDFLARE_BASE_URL"), base_url);
    assert!(base_url.starts_with("http://127.0.0.1:"), "{base_url}");

    let url = format!("{base_url}/accounts/{account}/storage/kv/namespaces");
    let client = client::client();
    let created = client.post(url).bearer_auth("a-token").json(&json!({ "title": "sessions" }));
    assert_eq!(created.send().await.unwrap().status(), 200);
    // Another process sees it at once.
    assert_eq!(Storage::open(folder.path()).unwrap().list().unwrap()[0].title, "sessions");
}

#[test]
fn a_wrong_account_or_folder_is_an_error_that_says_so() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let root = file.path().to_str().unwrap();
    for (arguments, expected) in
        [(["--account", "mine"], "32 hex digits"), (["--root", root], "could not create")]
    {
        let output = command().args(["--port", "0"]).args(arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(expected), "{error}");
    }
}
