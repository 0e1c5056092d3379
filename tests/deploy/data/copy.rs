//! Copies between stages.

use kv_test_support::cloudflare::Cloudflare;

use super::{Deployed, SECRET, kill_at_each_request, title};

#[test]
fn families_are_copied_and_personal_data_is_not() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    deployed.run("app", &["--yes", "--stage", "pr-42"]).expect(0);
    for (key, value) in [("flag:a", "true"), ("flag:b", "false"), ("user:1", "Ada")] {
        cloudflare.put(&title("dev"), key, value);
    }
    cloudflare.put(&title("pr-42"), "flag:b", "true");
    let args = ["copy", "--from", "dev", "--to", "pr-42", "--except", "user:*"];
    let ran = deployed.run("app", &args).expect(1);
    assert!(ran.stderr.contains("stage pr-42"), "{}", ran.stderr);
    assert!(ran.stderr.contains("2 keys to put (9 B), 1 over other values"), "{}", ran.stderr);
    deployed.run("app", &[&args[..], &["--yes"]].concat()).expect(0);
    let copied = cloudflare.pairs(&title("pr-42"));
    let keys: Vec<_> = copied.keys().map(String::as_str).collect();
    assert_eq!(keys, ["flag:a", "flag:b", "limits", "motd", "password"]);
    assert_eq!((copied["flag:b"].as_str(), copied["password"].as_str()), ("false", SECRET));
    // Again: every key is already there.
    let ran = deployed.run("app", &args).expect(0);
    assert!(ran.stderr.contains("Nothing to write."), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_copied_is_refused() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let refused = |args: &[&str], told: &str| {
        let ran = deployed.run("app", &[&["copy", "--yes"], args].concat()).expect(1);
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    };
    refused(
        &["--from", "dev", "--to", "prod"],
        "the stage \"prod\" of the app \"tests\" has no state",
    );
    refused(&["--from", "dev", "--to", "dev"], "both stages have the namespace");
    deployed.run("app", &["--yes", "--stage", "prod"]).expect(0);
    let args = ["--from", "dev", "--to", "prod", "--family", "flags:{x}"];
    refused(&args, "no key of the namespace matches flags:{x}");
    deployed.run("v1", &["--yes", "--stage", "other"]).expect(0);
    refused(
        &["--from", "dev", "--to", "other"],
        "the stages \"dev\" and \"other\" have no namespace in common",
    );
}

#[test]
fn a_pattern_need_not_match_a_key_in_each_namespace() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    deployed.run("app-two", &["--yes"]).expect(0);
    deployed.run("app-two", &["--yes", "--stage", "prod"]).expect(0);
    cloudflare.put("rates-dev", "rate:EUR", "1.5");
    let copy = ["copy", "--from", "dev", "--to", "prod", "--yes", "--family"];
    deployed.run("app-two", &[&copy[..], &["rate:{currency}"]].concat()).expect(0);
    assert_eq!(cloudflare.pairs("rates-prod")["rate:EUR"], "1.5");
    let ran = deployed.run("app-two", &[&copy[..], &["rat:*"]].concat()).expect(1);
    assert!(ran.stderr.contains("no key of the namespace matches rat:*"), "{}", ran.stderr);
}

#[test]
fn a_copy_that_was_cut_off_anywhere_goes_on() {
    fn begin(cloudflare: &Cloudflare) -> Deployed<'_> {
        let deployed = Deployed::new(cloudflare);
        deployed.run("app", &["--yes", "--stage", "prod"]).expect(0);
        for (key, value) in [("flag:a", "true"), ("user:1", "Ada"), ("motd", "theirs")] {
            cloudflare.put(&title("dev"), key, value);
        }
        drop(cloudflare.take_requests());
        deployed
    }
    let args = ["copy", "--from", "dev", "--to", "prod", "--yes", "--except", "user:*"];
    kill_at_each_request(begin, &args, |deployed, told| {
        let copied = deployed.stage.cloudflare.pairs(&title("prod"));
        let keys: Vec<_> = copied.keys().map(String::as_str).collect();
        assert_eq!(keys, ["flag:a", "limits", "motd", "password"], "{told}");
        assert_eq!((copied["motd"].as_str(), copied["password"].as_str()), ("theirs", SECRET));
        // The state knows what the declared key holds: the next deploy puts its own value back.
        let plan = deployed.run("app", &["plan", "--stage", "prod"]).expect(0);
        assert!(plan.stderr.contains("~ motd"), "{}", plan.stderr);
    });
}
