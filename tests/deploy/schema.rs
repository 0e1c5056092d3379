//! `docs/plan.schema.json` describes every plan that is printed as JSON.

use std::collections::BTreeSet;

use jsonschema::Validator;
use kv_test_support::cloudflare::{Cloudflare, Kind};
use serde_json::Value;

use crate::stage::{Ran, Stage};

const SCHEMA: &str = include_str!("../../docs/plan.schema.json");

/// Plans that were checked against the schema, and what was in them.
struct Plans {
    schema: Validator,
    actions: BTreeSet<String>,
    reasons: BTreeSet<String>,
}

impl Plans {
    #[track_caller]
    fn add(&mut self, ran: &Ran) {
        let printed: Value = serde_json::from_str(&ran.stdout).unwrap();
        // A deploy prints the plan beside what it deployed.
        let plan = printed.get("plan").unwrap_or(&printed);
        let errors: Vec<_> = self.schema.iter_errors(plan).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{plan:#}");
        for namespace in plan["namespaces"].as_array().unwrap() {
            self.actions.insert(namespace["action"].as_str().unwrap().to_owned());
            for list in ["put", "settle"] {
                let changes = namespace[list].as_array().unwrap();
                let reasons = changes.iter().map(|change| change["reason"].as_str().unwrap());
                self.reasons.extend(reasons.map(str::to_owned));
            }
        }
    }

    #[track_caller]
    fn run(&mut self, stage: &Stage<'_>, code: &str, args: &[&str]) {
        self.add(&stage.run(code, &[args, &["--format", "json"]].concat()).expect(0));
    }
}

fn listed(schema: &Value, of: &[&str]) -> BTreeSet<String> {
    let lists = of.iter().map(|pointer| schema.pointer(pointer).unwrap().as_array().unwrap());
    lists.flatten().map(|value| value.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_plan_matches_the_schema_and_every_enum_value_occurs() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut plans = Plans { schema: validator, actions: BTreeSet::new(), reasons: BTreeSet::new() };
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    // A namespace of others has values under declared keys.
    cloudflare.storage().create("existing-namespace").unwrap();
    cloudflare.put("existing-namespace", "config", "theirs");
    cloudflare.put("existing-namespace", "theme", "theirs");
    plans.run(&stage, "existing-and-v1", &["plan"]);
    plans.run(&stage, "existing-and-v1", &["--yes"]);
    plans.run(&stage, "v2", &["plan"]);
    plans.run(&stage, "v2", &["--yes", "--renew"]);
    plans.run(&stage, "v1", &["plan", "--renew"]);
    cloudflare.put("sessions", "greeting", "changed by others");
    plans.run(&stage, "v2", &["plan", "--refresh"]);
    plans.run(&stage, "v2", &["--yes", "--repair"]);
    plans.run(&stage, "v1", &["--yes"]);
    plans.run(&stage, "v1", &["plan", "--renew"]);
    // A write that was cut off.
    let held = cloudflare.hold_kind(Some(Kind::BulkPut), 0, false);
    let mut child = stage.command("v2", &["--yes", "--quiet"]).spawn().unwrap();
    held.wait();
    child.kill().unwrap();
    child.wait().unwrap();
    plans.run(&stage, "v2", &["plan"]);
    // Vanished namespaces, one of them no longer declared.
    stage.age();
    cloudflare.storage().delete(&cloudflare.namespace("sessions").id).unwrap();
    plans.run(&stage, "v2", &["plan"]);
    plans.run(&stage, "v1-without-sessions", &["plan"]);
    // A state that was lost, and a create that was cut off.
    std::fs::remove_dir_all(stage.states()).unwrap();
    plans.run(&stage, "v1", &["plan", "--adopt"]);
    let held = cloudflare.hold_kind(Some(Kind::Create), 0, true);
    let mut child = stage.command("v1", &["--yes", "--adopt", "--quiet"]).spawn().unwrap();
    held.wait();
    child.kill().unwrap();
    child.wait().unwrap();
    plans.run(&stage, "v1", &["plan", "--adopt"]);
    plans.run(&stage, "v1", &["--yes", "--adopt"]);
    let mut other = stage.command("v1-without-sessions", &["plan", "--format", "json"]);
    plans.add(&other.env("FIXTURE_BINARY", "other").output().unwrap().into());
    plans.run(&stage, "v1", &["destroy", "--yes", "--delete-data"]);

    assert_eq!(plans.actions, listed(&schema, &["/$defs/namespace/properties/action/enum"]));
    let reasons = |list| format!("/$defs/namespace/properties/{list}/items/properties/reason/enum");
    let (put, settle) = (reasons("put"), reasons("settle"));
    assert_eq!(plans.reasons, listed(&schema, &[&put, &settle]));
}
