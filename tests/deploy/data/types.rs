//! `deploy types`: what other languages learn of the declared pairs.

use kv_test_support::cloudflare::Cloudflare;
use serde_json::json;

use crate::stage::Stage;

#[test]
fn the_types_of_the_pairs_are_written_as_typescript() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kv.d.ts");
    let args = ["types", "--typescript", path.to_str().unwrap()];
    stage.run("app", &args).expect(0);
    let written = std::fs::read_to_string(&path).unwrap();
    insta::assert_snapshot!("types", written);
    let check = [&args[..], &["--check"]].concat();
    stage.run("app", &check).expect(0);
    // Another declaration has other types.
    let ran = stage.run("app-later", &check).expect(1);
    assert!(ran.stderr.contains("kv.d.ts is out of date"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    let nowhere = folder.path().join("gone/kv.d.ts");
    let ran = stage.run("app", &["types", "--typescript", nowhere.to_str().unwrap()]).expect(1);
    assert!(ran.stderr.contains("in a folder that exists"), "{}", ran.stderr);
    assert_eq!(cloudflare.take_requests().len(), 0);
}

#[test]
fn types_that_derive_a_schema_are_written_by_name() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kv.d.ts");
    stage.run("schemas", &["types", "--typescript", path.to_str().unwrap()]).expect(0);
    insta::assert_snapshot!("schemas", std::fs::read_to_string(&path).unwrap());
}

#[test]
fn the_json_schema_takes_declared_pairs_and_refuses_others() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kv.schema.json");
    let args = ["types", "--json-schema", path.to_str().unwrap()];
    stage.run("schemas", &args).expect(0);
    stage.run("schemas", &[&args[..], &["--check"]].concat()).expect(0);
    let written = std::fs::read_to_string(&path).unwrap();
    insta::assert_snapshot!("json_schema", written);
    let schema = jsonschema::validator_for(&serde_json::from_str(&written).unwrap()).unwrap();
    let takes = |pairs| schema.is_valid(&json!({ "accounts": pairs }));
    let user =
        json!({ "displayName": "Ada", "plan": { "kind": "free" }, "hours": { "mon": [9, 17] } });
    let paid = json!({ "kind": "paid", "seats": 2, "every": "month" });
    assert!(takes(json!({ "founder": user, "user:1": user, "plans:monday": [paid] })));
    assert!(takes(json!({ "secret:1": { "hidden": true } })));
    for wrong in [
        json!({ "other": user }),
        json!({ "user:": user }),
        json!({ "user:1": {} }),
        json!({ "plans:monday": [{ "kind": "paid", "seats": 2, "every": "day" }] }),
        json!({ "secret:1": "text" }),
    ] {
        assert!(!takes(wrong.clone()), "{wrong}");
    }
    // One of the two has to be said.
    let ran = stage.run("schemas", &["types"]).expect(1);
    assert!(ran.stderr.contains("--typescript <PATH>"), "{}", ran.stderr);
}
