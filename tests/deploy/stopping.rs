//! A deploy that is asked to stop does so soon and cleanly; a closed stream does not stop it.

use std::fs::OpenOptions;
use std::io::{BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, When};

use crate::stage::{Ran, Stage, kinds};

fn signal(child: &Child, name: &str) {
    let args = ["-c".to_owned(), format!("kill -{name} {}", child.id())];
    assert!(Command::new("sh").args(args).status().unwrap().success());
}

/// The same command, which obeys every signal even if these tests run under `nohup`.
fn heeding_signals(command: &Command) -> Command {
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => heeding.env(name, value),
            None => heeding.env_remove(name),
        };
    }
    heeding
}

/// Reads what a command says until `word` is in it.
fn read_until(lines: &mut impl std::io::BufRead, word: &str) -> String {
    let mut said = String::new();
    while !said.contains(word) {
        assert_ne!(lines.read_line(&mut said).unwrap(), 0, "{said}");
    }
    said
}

#[test]
fn any_signal_ends_a_back_off_at_once_and_releases_the_lock() {
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let cloudflare = Cloudflare::start();
        let stage = Stage::new(&cloudflare);
        let fault = Fault { applied: false, answer: Answer::TooMany(Some(60)) };
        cloudflare.fail(Kind::BulkPut, When::Always, fault);
        let mut command = heeding_signals(&stage.command("v1", &["--yes"]));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        read_until(&mut lines, "Retrying (2 of");
        signal(&child, name);
        let mut said = String::new();
        lines.read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{said}");
        assert!(said.contains("what was done is in the state"), "{said}");
        // If it had waited, it would have sent another request.
        let requests = kinds(&cloudflare.take_requests());
        assert_eq!(requests, [Kind::List, Kind::Create, Kind::BulkPut]);
        let unlocked = stage.run("v1", &["unlock"]).expect(0);
        assert!(unlocked.stderr.contains("No process holds the lock"), "{}", unlocked.stderr);
        cloudflare.heal();
        stage.run("v1", &["--yes"]).expect(0);
        stage.assert_converged("v1");
    }
}

#[test]
fn a_wait_for_what_is_not_seen_yet_ends_at_once_too() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.lag(kv_test_support::cloudflare::Consistency::late(usize::MAX, 0));
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 2, false);
    let mut command = stage.command("v1", &["--yes"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    held.wait();
    signal(&child, "TERM");
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut lines, "Stopping");
    held.release();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let puts = kinds(&cloudflare.take_requests());
    assert_eq!(puts.iter().filter(|kind| **kind == Kind::BulkPut).count(), 3);
    cloudflare.heal();
    stage.run("v1", &["--yes"]).expect(0);
    stage.assert_converged("v1");
}

/// This test takes 10 s, the time that a request gets to finish.
#[test]
fn a_request_that_never_ends_is_left_after_its_grace() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, false);
    let mut command = stage.command("v1", &["--yes"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    held.wait();
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    held.release();
    stage.run("v1", &["--yes"]).expect(0);
    stage.assert_converged("v1");
}

#[test]
fn a_deploy_waits_for_the_lock_as_long_as_it_is_told_to() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, true);
    let mut first = stage.command("v1", &["--yes"]).stderr(Stdio::null()).spawn().unwrap();
    held.wait();
    let mut command = stage.command("v1", &["--yes", "--lock-timeout", "10m"]);
    let mut second = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(second.stderr.take().unwrap());
    let said = read_until(&mut lines, "Waiting for process");
    assert!(said.contains(&first.id().to_string()), "{said}");
    // One that does not get it in its time says who has it, and one that is stopped just stops.
    let mut command = stage.command("v1", &["--yes", "--lock-timeout", "10m"]);
    let mut third = command.stderr(Stdio::piped()).spawn().unwrap();
    read_until(&mut BufReader::new(third.stderr.take().unwrap()), "Waiting for process");
    signal(&third, "TERM");
    assert_eq!(third.wait().unwrap().code(), Some(143));
    held.release();
    assert!(first.wait().unwrap().success());
    assert!(second.wait().unwrap().success());
    stage.assert_converged("v1");
}

/// Deploys while the server fails now and then, with streams as `redirect` makes them.
fn deploy_with(redirect: impl Fn(&mut Command)) {
    for args in
        [&["-vv"][..], &["--format", "json"], &["--format", "markdown"], &["--color", "always"]]
    {
        let cloudflare = Cloudflare::start();
        let stage = Stage::new(&cloudflare);
        let fault = Fault { applied: false, answer: Answer::Internal };
        cloudflare.fail(Kind::BulkPut, When::Nth(0), fault);
        let mut command = stage.command("v1", &[&["--yes"], args].concat());
        redirect(&mut command);
        let mut child = command.spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert!(child.wait().unwrap().success(), "{args:?}");
        stage.assert_converged("v1");
    }
}

#[test]
fn a_reader_that_goes_away_does_not_end_a_deploy() {
    deploy_with(|command| {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    });
}

#[test]
fn a_closed_stream_does_not_end_a_deploy() {
    for args in ["--yes", "--yes -v", "--yes --format json"] {
        let cloudflare = Cloudflare::start();
        let stage = Stage::new(&cloudflare);
        let fault = Fault { applied: false, answer: Answer::Internal };
        cloudflare.fail(Kind::BulkPut, When::Nth(0), fault);
        let fixture = stage.command("v1", &[]);
        let program = fixture.get_program().to_str().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec {program} {args} >&- 2>&-")]);
        for (name, value) in fixture.get_envs() {
            shell.env(name, value.unwrap());
        }
        shell.stdin(Stdio::null());
        assert!(shell.status().unwrap().success(), "{args}");
        stage.assert_converged("v1");
    }
}

#[test]
fn a_full_stderr_is_ignored_and_a_full_stdout_is_an_error() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    deploy_with(|command| {
        command.stdout(Stdio::null()).stderr(full());
    });
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let mut command = stage.command("v1", &["plan", "--format", "json"]);
    let ran = Ran::from(command.stdout(full()).output().unwrap()).expect(1);
    assert!(ran.stderr.contains("cannot write to stdout"), "{}", ran.stderr);
}

#[test]
fn an_unreachable_host_is_named_and_given_up_soon() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mut command = stage.command("v1", &["--yes"]);
    command.env("CLOUDFLARE_API_BASE_URL", format!("http://{host}/client/v4"));
    let ran = Ran::from(command.output().unwrap()).expect(1);
    assert!(ran.stderr.starts_with("    Retrying (2 of 4) in "), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!(" s: cannot connect to {host}\n")), "{}", ran.stderr);
    for raw in ["WARN", "method=", "path="] {
        assert!(!ran.stderr.contains(raw), "{}", ran.stderr);
    }
}

#[test]
fn a_base_url_without_its_path_is_what_the_help_names() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let url = cloudflare.base_url().strip_suffix("/client/v4").unwrap();
    let mut command = stage.command("v1", &["--yes"]);
    let ran = Ran::from(command.env("CLOUDFLARE_API_BASE_URL", url).output().unwrap()).expect(1);
    assert!(ran.stderr.contains("does not end in `/client/v4`"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("account id"), "{}", ran.stderr);
}

#[test]
fn the_wait_that_a_server_asks_for_is_the_one_that_is_advised() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let fault = Fault { applied: false, answer: Answer::TooMany(Some(3600)) };
    cloudflare.fail(Kind::List, When::Always, fault);
    let ran = stage.run("v1", &["--yes"]).expect(1);
    assert!(ran.stderr.contains("wait 60 minutes"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("five minutes"), "{}", ran.stderr);
}

/// A stderr that is full, or soon will be, and is never read.
fn stuck() -> (std::io::PipeReader, Stdio) {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut filler = writer.try_clone().unwrap();
    // Writing what does not fit blocks for as long as the test runs.
    std::thread::spawn(move || filler.write_all(&vec![b'x'; 1 << 20]));
    (reader, writer.into())
}

#[test]
fn a_stderr_that_is_never_read_does_not_end_a_deploy() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let (_reader, stderr) = stuck();
    let mut command = stage.command("v1", &["--yes", "-vv"]);
    assert!(command.stderr(stderr).status().unwrap().success());
    stage.assert_converged("v1");
}

#[test]
fn a_signal_that_is_ignored_from_the_beginning_stays_ignored() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, true);
    let fixture = stage.command("v1", &["--yes"]);
    let mut nohup = Command::new("nohup");
    nohup.arg(fixture.get_program()).args(fixture.get_args());
    for (name, value) in fixture.get_envs() {
        nohup.env(name, value.unwrap());
    }
    nohup.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = nohup.spawn().unwrap();
    held.wait();
    signal(&child, "HUP");
    held.release();
    assert!(child.wait().unwrap().success());
    stage.assert_converged("v1");
}

#[test]
fn a_wait_for_the_lock_can_be_of_any_length() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes", "--lock-timeout", "9223372036854775807s"]).expect(0);
}

#[test]
fn a_report_that_cannot_be_written_fails_after_all_work_is_done() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("wrangler.toml");
    std::fs::write(&config, "name = \"x\"\n").unwrap();
    let wrangler = format!("--wrangler={}", config.display());
    let mut command = stage.command("v1", &["--yes", "--format", "json", &wrangler]);
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    Ran::from(command.stdout(full).output().unwrap()).expect(1);
    assert!(std::fs::read_to_string(config).unwrap().contains("USERS"));
    stage.assert_converged("v1");
}
