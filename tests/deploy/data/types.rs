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
    // As git checks it out on Windows.
    std::fs::write(&path, written.replace('\n', "\r\n")).unwrap();
    stage.run("app", &check).expect(0);
    let printed = stage.run("app", &["types", "--typescript", "-"]).expect(0);
    assert_eq!(printed.stdout, written);
    assert_eq!(cloudflare.take_requests().len(), 0);
}

#[test]
fn a_check_names_all_that_is_out_of_date_and_writes_nothing() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let (path, schema) = (folder.path().join("kv.ts"), folder.path().join("gone/kv.json"));
    let args = ["types", "--typescript", path.to_str().unwrap()];
    stage.run("app", &args).expect(0);
    let written = std::fs::read_to_string(&path).unwrap();
    // Another declaration has other types.
    let both = ["--json-schema", schema.to_str().unwrap(), "--check"];
    let ran = stage.run("app-later", &[&args[..], &both].concat()).expect(1);
    assert!(ran.stderr.contains("kv.ts is out of date\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("kv.json does not exist\n"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    let own = ["types", "--check", "--typescript", folder.path().to_str().unwrap()];
    let ran = stage.run("app", &own).expect(1);
    assert!(ran.stderr.contains("is no file"), "{}", ran.stderr);
}

#[test]
fn only_a_file_of_its_own_is_replaced() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kv.ts");
    let path = path.to_str().unwrap();
    std::fs::write(path, "export const mine = 1;\n").unwrap();
    let ran = stage.run("app", &["types", "--typescript", path]).expect(1);
    assert!(ran.stderr.contains("was not written by `types`"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "export const mine = 1;\n");
    let nowhere = folder.path().join("gone/kv.d.ts");
    let ran = stage.run("app", &["types", "--typescript", nowhere.to_str().unwrap()]).expect(1);
    assert!(ran.stderr.contains("in a folder that exists"), "{}", ran.stderr);
    let new = folder.path().join("new");
    let new = new.to_str().unwrap();
    let both = ["types", "--typescript", new, "--json-schema", new];
    let ran = stage.run("app", &both).expect(1);
    assert!(ran.stderr.contains("for TypeScript and for JSON Schema"), "{}", ran.stderr);
    let ran = stage.run("one-id-twice", &["types", "--typescript", new]).expect(1);
    assert!(ran.stderr.contains("two namespaces have the same id"), "{}", ran.stderr);
    assert!(!std::path::Path::new(new).exists());
}

#[test]
fn the_types_do_not_depend_on_the_order_of_namespaces() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for format in ["--typescript", "--json-schema"] {
        let written = stage.run("schemas", &["types", format, "-"]).expect(0).stdout;
        let reversed = stage.run("schemas-reversed", &["types", format, "-"]).expect(0).stdout;
        assert_eq!(written, reversed);
    }
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
    assert!(takes(json!({ "secret:1": { "hidden": true }, "color:1": "Red" })));
    assert!(takes(json!({ "page:1": { "items": ["month"] } })));
    for wrong in [
        json!({ "other": user }),
        json!({ "user:": user }),
        json!({ "user:1": {} }),
        json!({ "plans:monday": [{ "kind": "paid", "seats": 2, "every": "day" }] }),
        json!({ "secret:1": "text" }),
        json!({ "page:one": { "items": ["month"] } }),
        json!({ "color:1": 1 }),
    ] {
        assert!(!takes(wrong.clone()), "{wrong}");
    }
    // One of the two has to be said.
    let ran = stage.run("schemas", &["types"]).expect(1);
    let flags = "<--typescript <PATH>|--json-schema <PATH>>";
    assert!(ran.stderr.contains(flags), "{}", ran.stderr);
}
