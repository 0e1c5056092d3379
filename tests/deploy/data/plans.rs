//! Plans with values, plans that are saved, and what they cost.

use kv_test_support::cloudflare::{Cloudflare, Kind};
use serde_json::Value;

use super::{Deployed, SECRET, title};

#[test]
fn a_plan_shows_what_changes_in_values() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let plan = deployed.run("app-later", &["plan"]).expect(0);
    assert!(!plan.stderr.contains("hello"), "{}", plan.stderr);
    assert!(!cloudflare.take_requests().iter().any(|request| request.kind == Kind::BulkGet));
    let plan = deployed.run("app-later", &["plan", "--values"]).expect(0);
    for line in ["hello → hello again", "perMinute: 60 → 120", "burst: nothing → 7"] {
        assert!(plan.stderr.contains(line), "{line}\n{}", plan.stderr);
    }
    // The password leaves the declaration, and is still a secret.
    assert!(plan.stderr.contains("- password"), "{}", plan.stderr);
    assert!(!plan.stderr.contains(SECRET), "{}", plan.stderr);
    let plan = deployed.run("app-later", &["plan", "--values", "--format", "json"]).expect(0);
    let json: Value = serde_json::from_str(&plan.stdout).unwrap();
    let values = &json["namespaces"][0]["values"];
    assert_eq!(values["limits"]["parts"][0]["path"], "perMinute");
    assert_eq!(values["password"]["old"], "[env]");
    let markdown = deployed.run("app-later", &["plan", "--values", "--format", "markdown"]);
    assert!(markdown.stdout.contains("perMinute: 60 → 120"), "{}", markdown.stdout);
    assert!(!cloudflare.take_requests().iter().any(|request| request.kind.writes()));
}

#[test]
fn what_was_reviewed_is_what_runs() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let args = ["plan", "--out", "plan.json"];
    deployed.run("app-later", &args).expect(0);
    let text = std::fs::read_to_string(deployed.path("plan.json")).unwrap();
    assert!(!text.contains(SECRET) && !text.contains("hello"), "{text}");
    // This needs neither a terminal nor `--yes`, since the plan was read before.
    deployed.run("app-later", &["deploy", "--plan", "plan.json"]).expect(0);
    assert_eq!(cloudflare.pairs(&title("dev"))["motd"], "hello again");
}

#[test]
fn a_first_plan_can_be_saved_too() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    deployed.run("v1", &["plan", "--app", "new", "--out", "plan.json"]).expect(0);
    let deploy = ["deploy", "--app", "new", "--plan", "plan.json"];
    deployed.run("v1", &deploy).expect(0);
    assert_eq!(cloudflare.pairs("user-data").len(), 2);
    let ran = deployed.run("v1", &deploy).expect(1);
    assert!(ran.stderr.contains("the saved plan no longer applies"), "{}", ran.stderr);
}

#[test]
fn a_plan_of_something_else_is_refused() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let refused = |code: &str, args: &[&str], told: &str| {
        drop(cloudflare.take_requests());
        let ran = deployed.run(code, args).expect(1);
        assert!(ran.stderr.contains(told), "{told}\n{}", ran.stderr);
        assert!(!cloudflare.take_requests().iter().any(|request| request.kind.writes()));
    };
    deployed.run("app-later", &["plan", "--out", "plan.json"]).expect(0);
    let apply = ["deploy", "--plan", "plan.json"];
    // Other declarations, of which the first has a value of the same length.
    refused("app", &apply, "the saved plan no longer applies");
    refused(
        "app-later",
        &[&apply[..], &["--stage", "prod"]].concat(),
        "it is a plan for the stage \"dev\"",
    );
    std::fs::write(deployed.path("other.json"), "{}").unwrap();
    refused("app-later", &["deploy", "--plan", "other.json"], "it is not what `plan --out` saves");
    refused("app-later", &["deploy", "--plan", "none.json"], "it cannot be read");
    // Another deploy in between.
    deployed.run("v1", &["--yes", "--only", "users"]).expect(0);
    deployed.run("app-later", &["--yes"]).expect(0);
    refused("app-later", &apply, "the saved plan no longer applies");
}

#[test]
fn a_plan_says_what_it_costs_and_can_be_limited() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let plan = deployed.run("app-later", &["plan"]).expect(0);
    assert!(plan.stderr.contains("Billed: 2 writes and 1 delete."), "{}", plan.stderr);
    deployed.run("app-later", &["plan", "--max-writes", "3"]).expect(0);
    let plan = deployed.run("app-later", &["plan", "--max-writes", "2"]).expect(2);
    assert!(
        plan.stderr.contains("this writes 3 keys, but --max-writes allows 2"),
        "{}",
        plan.stderr
    );
    let ran = deployed.run("app-later", &["--yes", "--max-writes", "2"]).expect(1);
    assert!(ran.stderr.contains("nothing was changed"), "{}", ran.stderr);
    let plan = deployed.run("many", &["plan", "--app", "many"]).expect(0);
    assert!(
        plan.stderr.contains("20,001 writes; the free plan allows 1,000 of each a day"),
        "{}",
        plan.stderr
    );
}
