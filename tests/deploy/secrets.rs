//! Secrets go to Cloudflare and nowhere else; text from others never reaches the terminal raw.

use std::fs;
use std::path::Path;
use std::process::Command;

use kv_test_support::cloudflare::{API_KEY, Answer, Cloudflare, Fault, Kind, TOKEN, When};
use kv_test_support::declared::v1;

use crate::stage::{Ran, Stage};

const URL: &str = "https://hooks.example.com/the-url-that-nobody-may-see";
const PASSWORD: &str = "the-password-that-nobody-may-see";
const PARTS: [&str; 4] = ["the-token", "the-key", "the-url", "the-password"];

/// A command that is given every kind of secret, and prints as much as it can.
fn command(stage: &Stage<'_>, code: &str, args: &[&str]) -> Command {
    let mut command = stage.command(code, args);
    command
        .args(["-vv", "--state", &format!("file:{}", stage.states().display())])
        .current_dir(stage.states().parent().unwrap())
        .envs([("HOOK_URL", URL), ("HOOK_PASSWORD", PASSWORD), ("KEYED_API_KEY", API_KEY)])
        .env("CLOUDFLARE_EMAIL", kv_test_support::cloudflare::EMAIL)
        .envs([("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")]);
    command
}

#[track_caller]
fn assert_silent(stage: &Stage<'_>, ran: &Ran) {
    let folder = stage.states();
    let mut files = Vec::new();
    read(folder.parent().unwrap(), &mut files);
    let all = [ran.stdout.as_str(), &ran.stderr];
    for text in all.into_iter().chain(files.iter().map(String::as_str)) {
        for part in PARTS {
            assert!(!text.contains(part), "{part}: {text}");
        }
    }
}

/// Everything in a folder.
fn read(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, files);
        } else {
            files.push(String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
        }
    }
}

#[test]
fn a_run_that_succeeds_leaves_no_secret_anywhere() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for code in ["hooks", "keyed"] {
        for format in ["text", "json", "markdown"] {
            for args in [&["plan"][..], &["--yes"], &["status", "--refresh"], &["destroy", "--yes"]]
            {
                let ran = command(&stage, code, &[args, &["--format", format]].concat());
                let ran = Ran::from({ ran }.output().unwrap()).expect(0);
                assert!(ran.stderr.contains("answered method=GET"), "{}", ran.stderr);
                assert_silent(&stage, &ran);
            }
        }
    }
    // They did reach Cloudflare.
    command(&stage, "hooks", &["--yes"]).output().unwrap();
    assert_eq!(cloudflare.pairs("hooks-dev")["password"], PASSWORD);
}

#[test]
fn a_run_that_fails_in_any_way_shows_no_secret() {
    for kind in [Kind::List, Kind::Create, Kind::BulkPut] {
        for answer in [
            Answer::Json(403, r#"{"success":false,"errors":[{"code":10000,"message":"no"}]}"#),
            Answer::Json(400, "{}"),
            Answer::TooMany(Some(3600)),
        ] {
            let cloudflare = Cloudflare::start();
            let stage = Stage::new(&cloudflare);
            cloudflare.fail(kind, When::Always, Fault { applied: false, answer });
            for code in ["hooks", "keyed"] {
                let ran = Ran::from(command(&stage, code, &["--yes"]).output().unwrap()).expect(1);
                assert!(ran.stderr.contains("error: "), "{}", ran.stderr);
                assert_silent(&stage, &ran);
            }
        }
    }
}

#[test]
fn a_variable_that_does_not_fit_its_type_is_named_and_not_shown() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = Ran::from(command(&stage, "typed", &["--yes"]).output().unwrap()).expect(1);
    assert!(ran.stderr.contains("HOOK_PASSWORD does not hold a value"), "{}", ran.stderr);
    assert_silent(&stage, &ran);
    let odd = format!("{TOKEN}\n");
    let mut command = command(&stage, "hooks", &["--yes"]);
    let ran = Ran::from(command.env("CLOUDFLARE_API_TOKEN", odd).output().unwrap()).expect(1);
    assert!(ran.stderr.contains("of the API token is not allowed"), "{}", ran.stderr);
    assert_silent(&stage, &ran);
}

#[tokio::test]
async fn debug_and_errors_in_rust_show_no_secret() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let mut shown = vec![format!("{:?}", stage.deploy::<v1::Sessions>())];
    let deployed = stage.deploy::<v1::Sessions>().await.unwrap();
    shown.push(format!("{deployed:#?} {:#?}", deployed.store()));
    shown.push(format!("{:#?}", v1::Sessions::new(deployed.store())));
    shown.push(format!("{:#?}", stage.state()));
    let answer = Answer::Json(403, "{}");
    cloudflare.fail(Kind::Get, When::Always, Fault { applied: false, answer });
    let error = stage.deploy::<v1::Sessions>().await.unwrap_err();
    shown.push(format!("{error} {error:#?} {:?}", error.help()));
    for (part, text) in PARTS.iter().flat_map(|part| shown.iter().map(move |s| (part, s))) {
        assert!(!text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_redirect_carries_nothing_elsewhere() {
    let elsewhere = Cloudflare::start();
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let answer = Answer::Redirect(format!("{}/x", elsewhere.base_url()));
    cloudflare.fail(Kind::List, When::Always, Fault { applied: false, answer });
    let ran = stage.refused("v1", &["--yes"]);
    assert!(ran.stderr.contains("redirects to"), "{}", ran.stderr);
    assert!(elsewhere.take_requests().is_empty());
}

/// Checks that the output has nothing that a terminal would act on.
#[track_caller]
fn assert_escaped(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let raw = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(raw, None, "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
    }
}

#[test]
fn keys_and_titles_that_a_terminal_would_act_on_are_shown_escaped() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for args in [
        &["plan"][..],
        &["plan", "--format", "markdown"],
        &["--yes"],
        &["status", "--refresh"],
        &["--yes", "--renew"],
    ] {
        assert_escaped(&stage.run("odd", args).expect(0));
    }
    let odd = cloudflare.titles().remove(0);
    cloudflare.put(&odd, "clear\u{1b}[2J", "changed by others");
    assert_escaped(&stage.run("odd", &["plan", "--refresh"]).expect(0));
    assert_escaped(&stage.run("odd", &["status", "--refresh"]).expect(0));
    cloudflare.fail(Kind::BulkPut, When::Always, Fault { applied: false, answer: Answer::Partial });
    let ran = stage.run("odd", &["--yes", "--repair"]).expect(1);
    assert!(ran.stderr.contains("did not confirm"), "{}", ran.stderr);
    assert_escaped(&ran);
    cloudflare.heal();
    assert_escaped(&stage.run("odd", &["destroy", "--yes"]).expect(0));
}

#[test]
fn what_a_hostile_server_says_is_shown_escaped() {
    let evil = r"\u001b]0;pwned\u0007\u009b2J\r";
    let list = format!(
        r#"{{"success":true,"result":[{{"id":"0{evil}","title":"user-sessions"}}],"result_info":{{}}}}"#
    );
    let refusal = format!(r#"{{"success":false,"errors":[{{"code":1,"message":"{evil}"}}]}}"#);
    let accounts = format!(
        r#"{{"success":true,"result":[{{"id":"a","name":"{evil}"}},{{"id":"b","name":"{evil}"}}]}}"#
    );
    for (kind, status, body) in [
        (Kind::List, 200, &list),
        (Kind::List, 403, &refusal),
        (Kind::Create, 400, &refusal),
        (Kind::Accounts, 200, &accounts),
    ] {
        let cloudflare = Cloudflare::start();
        let stage = Stage::new(&cloudflare);
        let answer = Answer::Json(status, body.clone().leak());
        cloudflare.fail(kind, When::Nth(0), Fault { applied: false, answer });
        let mut command = stage.command("v1", &["--yes"]);
        if kind == Kind::Accounts {
            command.env_remove("CLOUDFLARE_ACCOUNT_ID");
        }
        assert_escaped(&command.output().unwrap().into());
    }
}

#[test]
fn what_others_wrote_into_a_state_is_refused_or_shown_escaped() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    // As it was written before there were checksums.
    let good = fs::read_to_string(stage.document()).unwrap();
    let (_, rest) = good.split_once("\",\"app\"").unwrap();
    let good = format!("{{\"format\":1,\"app\"{rest}");
    let id = cloudflare.namespace("user-sessions").id;
    let evil = r"\u001b[2J\u009b2J\u202e";
    for bad in [
        good.replace(r#""sessions":{"#, &format!(r#""sessions{evil}":{{"#)),
        good.replace(&id, &format!("{id}{evil}")),
        good.replace(r#""title":"user-sessions""#, &format!(r#""title":"user-sessions{evil}""#)),
        good.replace(r#""greeting":"#, &format!(r#""greeting{evil}":"#)),
        good.replace(r#""app":"tests""#, &format!(r#""app":"tests{evil}""#)),
        good.replace(r#""deployed":{"#, &format!(r#""deployed{evil}":{{"#)),
    ] {
        assert_ne!(bad, good);
        fs::write(stage.document(), bad).unwrap();
        for args in [&["status"][..], &["plan"], &["plan", "--format", "markdown"]] {
            assert_escaped(&stage.run("v1", args));
        }
    }
    fs::write(stage.document(), good).unwrap();
    let lock = r#"{"host":"h\u001b[2J\u009b","pid":1,"since":"2026-01-01T00:00:00Z"}"#;
    fs::write(stage.states().join("tests/dev.lock"), lock).unwrap();
    let held = fs::File::open(stage.states().join("tests/dev.lock")).unwrap();
    held.lock().unwrap();
    let ran = stage.run("v1", &["--yes"]).expect(1);
    assert!(ran.stderr.contains("process 1 on h"), "{}", ran.stderr);
    assert_escaped(&ran);
}

#[cfg(unix)]
#[test]
fn the_state_is_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt as _;
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&stage.states()), 0o700);
    assert_eq!(mode(&stage.document()), 0o600);
}

/// A server that repeats whatever it was sent, wherever it can.
#[test]
fn a_secret_that_the_server_repeats_is_shown_by_its_name() {
    let refusal = |text: &str| -> &'static str {
        let errors = serde_json::json!([{"code": 1, "message": text}]);
        serde_json::json!({"success": false, "errors": errors}).to_string().leak()
    };
    let repeated = format!("you sent {TOKEN}, {PASSWORD} and {URL}");
    let encoded = format!("/x/{}", TOKEN.replace('-', "%2D"));
    for answer in [
        Answer::Json(400, refusal(&repeated)),
        Answer::Json(500, refusal(&repeated)),
        Answer::Redirect(format!("/x/{TOKEN}/{PASSWORD}")),
        Answer::Redirect(encoded),
        Answer::Json(200, format!(r#"{{"success":true,"result":"{repeated}"}}"#).leak()),
    ] {
        for kind in [Kind::List, Kind::BulkPut] {
            let cloudflare = Cloudflare::start();
            let stage = Stage::new(&cloudflare);
            cloudflare.fail(kind, When::Always, Fault { applied: false, answer: answer.clone() });
            let mut command = command(&stage, "hooks", &["--yes"]);
            let ran = Ran::from(command.env("FIXTURE_PATIENCE", "20").output().unwrap()).expect(1);
            assert_silent(&stage, &ran);
            let quotes = matches!(answer, Answer::Json(400, _) | Answer::Redirect(_));
            assert!(!quotes || ran.stderr.contains("[token]"), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_secret_in_a_title_or_a_name_of_others_is_neither_shown_nor_stored() {
    let cloudflare = Cloudflare::with(|config| config.account.name = format!("of {TOKEN}"));
    let stage = Stage::new(&cloudflare);
    cloudflare.storage().create(&format!("with {TOKEN}")).unwrap();
    let id = cloudflare.namespace(&format!("with {TOKEN}")).id;
    let mut commands = vec![vec!["import".to_owned(), format!("sessions={id}")]];
    for args in
        ["plan", "plan --format json", "plan --format markdown", "--yes", "status --refresh"]
    {
        commands.push(args.split(' ').map(str::to_owned).collect());
    }
    for args in commands {
        let mut command = stage.command("v1", &[]);
        command.args(&args).env_remove("CLOUDFLARE_ACCOUNT_ID");
        let ran = Ran::from(command.output().unwrap()).expect(0);
        assert_silent(&stage, &ran);
    }
}

#[test]
fn an_error_in_rust_repeats_no_secret_either() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let body = format!(r#"{{"success":false,"errors":[{{"code":1,"message":"{TOKEN}"}}]}}"#);
    let answer = Answer::Json(400, body.leak());
    cloudflare.fail(Kind::List, When::Always, Fault { applied: false, answer });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let deploy = async { stage.deploy::<v1::Sessions>().await };
    let error = runtime.block_on(deploy).unwrap_err();
    let sources = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source());
    let shown = sources.map(|error| format!("{error} {error:?}")).collect::<Vec<_>>().concat();
    assert!(shown.contains("[token]") && !shown.contains(TOKEN), "{shown}");
}

#[test]
fn a_foreign_title_is_not_markup_in_a_comment_or_a_command_in_a_log() {
    let evil =
        "a|b [x](https://evil.example) ![i](https://evil.example/i.png) @everyone ##[group]g";
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.storage().create(evil).unwrap();
    let id = cloudflare.namespace(evil).id;
    let imported = stage.run("v1", &["import", &format!("sessions={id}")]).expect(0);
    let plan = stage.run("v1", &["plan", "--format", "markdown"]).expect(0);
    let row = plan.stdout.lines().find(|line| line.contains("rename from")).unwrap();
    assert_eq!(row.matches('|').count(), 5, "{row}");
    for markup in ["[x]", "![", "@everyone", "https://", "##["] {
        assert!(!plan.stdout.contains(markup), "{markup}: {}", plan.stdout);
    }
    let json = stage.run("v1", &["plan", "--format", "json"]).expect(0);
    let parsed: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(parsed["namespaces"][0]["from"], evil);
    let refusal =
        r#"{"success":false,"errors":[{"code":1,"message":"no\n::error::pwned\n##[group]x"}]}"#;
    let answer = Answer::Json(400, refusal);
    cloudflare.fail(Kind::Rename, When::Always, Fault { applied: false, answer });
    let failed = stage.run("v1", &["--yes"]).expect(1);
    for text in [&imported.stderr, &json.stdout, &failed.stderr, &failed.stdout] {
        assert!(!text.contains("##["), "{text}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    }
}

#[test]
fn the_length_of_a_secret_is_shown_nowhere() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let shown = |secret: &str, args: &[&str]| {
        let mut command = stage.command("app", args);
        let ran: Ran = command.env("HOOK_PASSWORD", secret).output().unwrap().into();
        let ran = ran.expect(0);
        format!("{}{}", ran.stdout, ran.stderr)
    };
    let formats = [&["plan"][..], &["plan", "--format", "json"], &["plan", "--format", "markdown"]];
    for args in formats {
        let (short, long) = (shown("ab", args), shown("a-secret-of-more-length", args));
        assert_eq!(short, long);
        assert!(short.contains("password"), "{short}");
    }
    assert!(shown("ab", &["plan"]).contains("+ password  env(...)"));
}
