//! Bad input: a clear error with the way out, exit 1, nothing changed.

use std::fs;

use kv_local::{Account, Storage};
use kv_runtime::__private::state::State;
use kv_runtime::state::StageKey;
use kv_test_support::cloudflare::{API_KEY, Answer, Cloudflare, EMAIL, Fault, Kind, When};

use crate::stage::{Ran, Stage, kinds};

/// The stage of v1, already deployed.
fn deployed(cloudflare: &Cloudflare) -> Stage<'_> {
    let stage = Stage::new(cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage
}

/// Runs v1 with other environment variables; `None` removes one.
fn with(stage: &Stage<'_>, variables: &[(&str, Option<&str>)]) -> Ran {
    let mut command = stage.command("v1", &["--yes"]);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.output().unwrap().into()
}

#[track_caller]
fn assert_says(ran: &Ran, parts: &[&str]) {
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    for part in parts {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

#[test]
fn without_credentials_the_variables_and_local_are_named() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for empty in [None, Some("")] {
        let ran = with(&stage, &[("CLOUDFLARE_API_TOKEN", empty)]);
        assert_says(
            &ran,
            &["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL", "--local"],
        );
    }
    assert_eq!(kinds(&cloudflare.take_requests()), []);
    assert!(!stage.states().exists());
}

#[test]
fn a_wrong_token_is_named_with_the_permission_that_it_needs() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = with(&stage, &[("CLOUDFLARE_API_TOKEN", Some("another-token"))]);
    assert_says(&ran, &["cannot list the namespaces", "code 10000", "Workers KV Storage: Edit"]);
    assert!(!stage.document().exists());
    let ran = with(&stage, &[("CLOUDFLARE_API_TOKEN", Some("not a token"))]);
    assert_says(&ran, &["character 4 of the API token"]);
}

#[test]
fn several_accounts_are_listed_and_none_is_picked() {
    let second = tempfile::tempdir().unwrap();
    let storage = Storage::open(second.path()).unwrap();
    let cloudflare = Cloudflare::with(|config| {
        let account = Account { id: "f".repeat(32), name: "The other".to_owned() };
        config.other_accounts.push((account, storage));
    });
    let stage = Stage::new(&cloudflare);
    let ran = with(&stage, &[("CLOUDFLARE_ACCOUNT_ID", None)]);
    let (first, other) = (kv_test_support::cloudflare::ACCOUNT, "f".repeat(32));
    assert_says(
        &ran,
        &["2 accounts", first, "Example", &other, "The other", "CLOUDFLARE_ACCOUNT_ID"],
    );
    assert_eq!(kinds(&cloudflare.take_requests()), [Kind::Accounts]);
}

#[test]
fn one_account_is_found_and_so_is_the_address_of_a_key() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let key = [
        ("CLOUDFLARE_ACCOUNT_ID", None),
        ("CLOUDFLARE_API_TOKEN", None),
        ("CLOUDFLARE_API_KEY", Some(API_KEY)),
    ];
    // It is not known whether Cloudflare tells the address of a key without it; kv-local does not.
    let ran = with(&stage, &key);
    assert_says(&ran, &["cannot discover the e-mail address", "CLOUDFLARE_EMAIL"]);
    let user = r#"{"success":true,"result":{"email":"me@example.com"}}"#;
    let fault = Fault { applied: false, answer: Answer::Json(200, user) };
    cloudflare.fail(Kind::User, When::Always, fault);
    drop(cloudflare.take_requests());
    with(&stage, &key).expect(0);
    let requests = kinds(&cloudflare.take_requests());
    assert_eq!(requests[..2], [Kind::User, Kind::Accounts]);
    assert_eq!(requests.iter().filter(|kind| **kind == Kind::Accounts).count(), 1);
    // If the address is given there is no request for it, and the state knows the account.
    with(&stage, &[&key[..], &[("CLOUDFLARE_EMAIL", Some(EMAIL))]].concat()).expect(0);
    assert_eq!(kinds(&cloudflare.take_requests()), [Kind::Get, Kind::Get]);
    stage.assert_converged("v1");
}

#[test]
fn a_malformed_or_missing_account_is_refused() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = with(&stage, &[("CLOUDFLARE_ACCOUNT_ID", Some("my-account"))]);
    let once = "sessions, users: CLOUDFLARE_ACCOUNT_ID: `my-account` is not an account id";
    assert_says(&ran, &[once, "32 hex digits"]);
    assert_eq!(kinds(&cloudflare.take_requests()), []);
    let nobodys = "e".repeat(32);
    let ran = with(&stage, &[("CLOUDFLARE_ACCOUNT_ID", Some(&nobodys))]);
    assert_says(&ran, &["cannot list the namespaces", "help:"]);
    assert!(!stage.document().exists());
}

#[test]
fn a_namespace_does_not_move_to_another_account() {
    let second = tempfile::tempdir().unwrap();
    let storage = Storage::open(second.path()).unwrap();
    let cloudflare = Cloudflare::with(|config| {
        let account = Account { id: "f".repeat(32), name: "The other".to_owned() };
        config.other_accounts.push((account, storage));
    });
    let stage = deployed(&cloudflare);
    let before = fs::read(stage.document()).unwrap();
    let ran = with(&stage, &[("CLOUDFLARE_ACCOUNT_ID", Some(&"f".repeat(32)))]);
    assert_says(&ran, &["is deployed in the account", "cannot move", "--stage"]);
    assert_eq!(fs::read(stage.document()).unwrap(), before);
    // Without a configured account the state knows which one it is.
    with(&stage, &[("CLOUDFLARE_ACCOUNT_ID", None)]).expect(0);
}

#[test]
fn plain_http_to_another_host_is_refused_before_anything_is_sent() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for url in ["http://example.com/client/v4", "http://127.0.0.1.example.com/client/v4"] {
        let ran = with(&stage, &[("CLOUDFLARE_API_BASE_URL", Some(url))]);
        assert_says(&ran, &["unencrypted", "https"]);
    }
    let ran = with(&stage, &[("CLOUDFLARE_API_BASE_URL", Some("https://me:hush@example.com"))]);
    assert_says(&ran, &["cannot carry a user or password"]);
    assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
}

#[test]
fn every_mistake_is_shown_before_the_first_request() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let mut command = stage.command("late", &["--yes"]);
    let ran: Ran = command.env("CLOUDFLARE_ACCOUNT_ID", "x").output().unwrap().into();
    assert_says(&ran, &["mistakes", "HOOK_URL", "HOOK_PASSWORD", "sale", "account id"]);
    assert_eq!(kinds(&cloudflare.take_requests()), []);
}

#[test]
fn a_literal_that_is_not_of_its_type_is_refused_before_the_first_request() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = stage.run("mistyped", &["--yes"]);
    assert_says(
        &ran,
        &[
            "level",
            "the value is not the JSON of a `u8`: invalid value: integer `256`",
            "page:home",
            "the metadata is not the JSON of a `kv_test_support::declared::seeded::Views`: invalid type: string",
        ],
    );
    assert!(!ran.stderr.contains("page:help"), "{}", ran.stderr);
    assert_eq!(kinds(&cloudflare.take_requests()), []);
}

#[test]
fn a_pair_of_a_file_that_is_not_of_the_types_of_its_family_is_refused() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = stage.refused("mistyped-file", &["--yes"]);
    assert_says(
        &ran,
        &[
            "2 mistakes",
            "src/pages_of_another_type.json:3:12: the key `page:2`: the value is not the JSON of a `u8`",
            "src/pages_of_another_type.json:4:12: the key `page:3`: the metadata is not the JSON of a `kv_test_support::declared::seeded::Views`",
        ],
    );
}

#[test]
fn a_state_that_cannot_be_understood_is_refused_and_left_as_it_is() {
    let cloudflare = Cloudflare::start();
    let stage = deployed(&cloudflare);
    let good = fs::read_to_string(stage.document()).unwrap();
    let half = &good[..good.len() / 2];
    let with_format = |format| good.replace(r#""format":2"#, &format!(r#""format":{format}"#));
    let (newer, older) = (with_format("99999999999"), with_format("0"));
    let edited = good.replace("\"greeting\"", "\"grueting\"");
    let other = |app, stage| {
        let state = State::new(&StageKey::new(app, stage).unwrap());
        String::from_utf8(state.to_json().unwrap()).unwrap()
    };
    let (other_app, other_stage) = (other("shop", "dev"), other("tests", "prod"));
    for (bad, says) in [
        ("", "is damaged"),
        (half, "is damaged"),
        ("{\"a\":1}", "is damaged"),
        (&edited, "is damaged: its checksum does not match its content"),
        (newer.as_str(), "has format 99999999999, but this version reads formats up to 2"),
        (&older, "has format 0, older than 1"),
        (&other_app, "is the state of shop/dev, not of tests/dev"),
        (&other_stage, "is the state of tests/prod, not of tests/dev"),
    ] {
        fs::write(stage.document(), bad).unwrap();
        for args in [&["--yes"][..], &["plan"], &["destroy", "--yes"], &["import", "users=1"]] {
            let ran = stage.refused("v1", args);
            let document = stage.document();
            assert_says(&ran, &[says, document.to_str().unwrap(), "help:"]);
        }
        assert_eq!(kinds(&cloudflare.take_requests()), []);
    }
    fs::write(stage.document(), good).unwrap();
    stage.assert_converged("v1");
}

#[test]
fn a_stage_or_app_that_would_leave_the_state_folder_is_refused() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for evil in ["../../x", "/etc/x", "..", "a/b", "Dev", "\u{1b}[2J"] {
        for flag in ["--stage", "--app"] {
            for command in ["deploy", "plan", "status", "destroy", "unlock"] {
                let ran = stage.run("v1", &[command, "--yes", flag, evil]).expect(1);
                assert!(
                    ran.stderr.contains("cannot be an id, an app or a stage"),
                    "{}",
                    ran.stderr
                );
                assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
            }
        }
    }
    assert!(!stage.states().exists());
    assert_eq!(kinds(&cloudflare.take_requests()), []);
}

#[test]
fn a_state_folder_that_is_a_file_is_named_and_nothing_is_requested() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    fs::write(stage.states(), "mine").unwrap();
    let ran = stage.run("v1", &["--yes"]).expect(1);
    assert_says(&ran, &[stage.states().to_str().unwrap(), "--state"]);
    assert_eq!(kinds(&cloudflare.take_requests()), []);
    assert_eq!(fs::read_to_string(stage.states()).unwrap(), "mine");
}

#[test]
fn a_state_url_that_names_no_store_is_refused() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for url in ["", "file:", "ftp://x/y", "/tmp/states"] {
        let ran = stage.run("v1", &["--yes", "--state", url]).expect(1);
        assert_says(&ran, &["is not the URL of a state store", "file:PATH"]);
    }
    assert_eq!(kinds(&cloudflare.take_requests()), []);
}

/// A limit on the size of files simulates a full disk.
#[test]
fn a_full_disk_keeps_the_old_state_and_stops_before_the_next_step() {
    let cloudflare = Cloudflare::start();
    let stage = deployed(&cloudflare);
    let before = fs::read(stage.document()).unwrap();
    drop(cloudflare.take_requests());
    let fixture = stage.command("v2", &["--yes"]);
    let mut full = std::process::Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" --yes"]).arg(fixture.get_program());
    full.env_clear();
    for (name, value) in fixture.get_envs() {
        full.env(name, value.unwrap());
    }
    let ran = Ran::from(full.output().unwrap());
    assert_says(&ran, &["cannot write", stage.states().to_str().unwrap()]);
    assert_eq!(fs::read(stage.document()).unwrap(), before);
    assert!(!kinds(&cloudflare.take_requests()).contains(&Kind::BulkPut));
    stage.run("v2", &["--yes"]).expect(0);
    stage.assert_converged("v2");
}

#[test]
fn a_clock_that_jumps_changes_nothing() {
    let cloudflare = Cloudflare::start();
    let stage = deployed(&cloudflare);
    let mut future = stage.state();
    let now = kv_runtime::rules::Time::now().unix();
    let later = kv_runtime::rules::Time::from_unix(now + 365 * 24 * 3600);
    for record in future.namespaces.values_mut() {
        let kv_runtime::__private::state::Record::Deployed(deployment) = record else { panic!() };
        (deployment.created_at, deployment.modified_at) = (later, later);
    }
    fs::write(stage.document(), future.to_json().unwrap()).unwrap();
    stage.assert_converged("v1");
    stage.run("v2", &["--yes"]).expect(0);
    stage.assert_converged("v2");
    stage.run("v2", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn usage_errors_exit_with_1_because_2_says_that_a_plan_has_changes() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for args in
        [&["--frobnicate"][..], &["frobnicate"], &["import"], &["import", "x"], &["--jobs", "0"]]
    {
        let ran = stage.run("v1", args).expect(1);
        assert!(!ran.stderr.is_empty());
    }
    stage.run("v1", &["--help"]).expect(0);
    stage.run("v1", &["--version"]).expect(0);
    assert!(!stage.states().exists());
}
