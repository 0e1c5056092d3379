//! wrangler.json and wrangler.jsonc.

use super::super::Field;
use super::super::jsonc::JSONC;

fn edit(text: &str, stage: &str) -> String {
    super::with_sessions(&JSONC, text, stage, Field::Id)
}

fn fault<'a>(text: &'a str, stage: &str) -> (String, &'a str) {
    super::fault(&JSONC, text, stage)
}

#[test]
fn the_first_binding_follows_the_last_property() {
    assert_eq!(
        edit("/**\n * the worker\n */\n{\n\t\"name\": \"w\" // it\n}\n", "dev"),
        "/**\n * the worker\n */\n{\n\t\"name\": \"w\", // it\n\t\"kv_namespaces\": [\n\t\t{\n\t\t\t\"binding\": \"SESSIONS\",\n\t\t\t\"id\": \"1a2b\"\n\t\t}\n\t]\n}\n"
    );
    assert_eq!(
        edit("{\n    \"name\": \"w\",\n    // end\n}", "dev"),
        "{\n    \"name\": \"w\",\n    \"kv_namespaces\": [\n        {\n            \"binding\": \"SESSIONS\",\n            \"id\": \"1a2b\"\n        }\n    ],\n    // end\n}"
    );
    assert_eq!(
        edit("{\"name\":\"w\"}", "dev"),
        "{\"name\":\"w\", \"kv_namespaces\": [ { \"binding\": \"SESSIONS\", \"id\": \"1a2b\" } ]}"
    );
    assert_eq!(
        edit("{}", "dev"),
        "{ \"kv_namespaces\": [ { \"binding\": \"SESSIONS\", \"id\": \"1a2b\" } ] }"
    );
}

#[test]
fn an_id_is_replaced_in_place() {
    let old =
        "{\"kv_namespaces\": [\n  { \"id\":\"old\" /* deployed */,\"binding\":\"SESSIONS\" },\n]}";
    assert_eq!(edit(old, "dev"), old.replace("old", "1a2b"));
    // The last of two equal keys wins.
    let old = "{\"kv_namespaces\": 1, \"kv_namespaces\": [{ \"binding\": \"SESSIONS\", \"id\": \"old\" }]}";
    assert_eq!(edit(old, "dev"), old.replace("old", "1a2b"));
}

#[test]
fn a_local_id_stands_beside_the_one_of_the_account() {
    let old = "{\"kv_namespaces\": [{ \"binding\": \"SESSIONS\", \"id\": \"prod\" }]}";
    assert_eq!(
        super::with_sessions(&JSONC, old, "dev", Field::PreviewId),
        "{\"kv_namespaces\": [{ \"binding\": \"SESSIONS\", \"id\": \"prod\", \"preview_id\": \"1a2b\" }]}"
    );
    let old = "{\"kv_namespaces\": [{\n  \"binding\": \"SESSIONS\",\n  \"id\": \"prod\" // !\n}]}";
    assert_eq!(
        super::with_sessions(&JSONC, old, "dev", Field::PreviewId),
        "{\"kv_namespaces\": [{\n  \"binding\": \"SESSIONS\",\n  \"id\": \"prod\", // !\n  \"preview_id\": \"1a2b\"\n}]}"
    );
}

#[test]
fn a_new_item_has_the_layout_of_the_array() {
    for (old, expected) in [
        (
            "{\n  \"kv_namespaces\": [],\n}",
            "{\n  \"kv_namespaces\": [\n    {\n      \"binding\": \"SESSIONS\",\n      \"id\": \"1a2b\"\n    }\n  ],\n}",
        ),
        (
            "{\n  \"kv_namespaces\": [\n    // none\n  ]\n}",
            "{\n  \"kv_namespaces\": [\n    {\n      \"binding\": \"SESSIONS\",\n      \"id\": \"1a2b\"\n    }\n    // none\n  ]\n}",
        ),
        (
            "{\n  \"kv_namespaces\": [\n    { \"binding\": \"A\" } // a\n  ]\n}",
            "{\n  \"kv_namespaces\": [\n    { \"binding\": \"A\" }, // a\n    { \"binding\": \"SESSIONS\", \"id\": \"1a2b\" }\n  ]\n}",
        ),
        (
            "{\n  \"kv_namespaces\": [{\n    \"binding\": \"A\"\n  }]\n}",
            "{\n  \"kv_namespaces\": [{\n    \"binding\": \"A\"\n  }, { \"binding\": \"SESSIONS\", \"id\": \"1a2b\" }]\n}",
        ),
        (
            "{\n  \"kv_namespaces\": [\n    {\n      \"binding\": \"A\"\n    }, /* a */\n  ]\n}",
            "{\n  \"kv_namespaces\": [\n    {\n      \"binding\": \"A\"\n    }, /* a */\n    {\n      \"binding\": \"SESSIONS\",\n      \"id\": \"1a2b\"\n    },\n  ]\n}",
        ),
    ] {
        assert_eq!(edit(old, "dev"), expected);
    }
}

#[test]
fn another_stage_is_an_environment() {
    assert_eq!(
        edit("{\r\n  \"name\": \"w\"\r\n}\r\n", "staging"),
        "{\r\n  \"name\": \"w\",\r\n  \"env\": {\r\n    \"staging\": {\r\n      \"kv_namespaces\": [\r\n        {\r\n          \"binding\": \"SESSIONS\",\r\n          \"id\": \"1a2b\"\r\n        }\r\n      ]\r\n    }\r\n  }\r\n}\r\n"
    );
    assert_eq!(
        edit("{ \"env\": { \"staging\": {} } }", "staging"),
        "{ \"env\": { \"staging\": { \"kv_namespaces\": [ { \"binding\": \"SESSIONS\", \"id\": \"1a2b\" } ] } } }"
    );
    let old = "{ \"kv_namespaces\": [], \"env\": { \"dev\": { \"kv_namespaces\": [{ \"binding\": \"SESSIONS\" }] } } }";
    assert_eq!(edit(old, "dev"), old.replace("\"SESSIONS\" }", "\"SESSIONS\", \"id\": \"1a2b\" }"));
}

#[test]
fn a_mistake_is_pointed_at() {
    for (text, stage, message, at) in [
        ("{ \"name\": \"w\" \"main\": 1 }", "dev", "expected comma", " \"main\": 1 }"),
        ("{ name: 1 }", "dev", "expected string for object property", "name: 1 }"),
        ("", "dev", "the document must be an object", ""),
        ("[1]", "dev", "the document must be an object", "[1]"),
        ("{\"kv_namespaces\": {}}", "dev", "`kv_namespaces` must be an array", "{}}"),
        (
            "{\"kv_namespaces\": [null]}",
            "dev",
            "an entry of `kv_namespaces` must be an object",
            "null]}",
        ),
        ("{\"env\": { \"x\": 1 }}", "x", "`env.x` must be an object", "1 }}"),
        (
            "{\"kv_namespaces\": [{\"binding\": \"SESSIONS\", \"id\": null}]}",
            "dev",
            "`id` of the binding SESSIONS must be a string",
            "null}]}",
        ),
    ] {
        assert_eq!(fault(text, stage), (message.to_owned(), at));
    }
}

#[test]
fn what_was_added_is_taken_out_again() {
    for old in [
        "{\n  \"kv_namespaces\": [\n    { \"binding\": \"A\", \"id\": \"a\" } // mine\n  ]\n}\n",
        "{\n  \"kv_namespaces\": [\n    {\n      \"binding\": \"A\",\n      \"id\": \"a\",\n    },\n  ],\n}\n",
        "{ \"kv_namespaces\": [{ \"binding\": \"A\", \"id\": \"a\" }] }",
    ] {
        let new = super::without(&JSONC, &edit(old, "dev"), "dev", Field::Id);
        assert_eq!(new, old);
    }
}

#[test]
fn a_new_binding_has_the_form_and_order_of_its_sibling() {
    let old = "{\"kv_namespaces\": [{\"id\": \"a\",\"binding\": \"A\"}]}";
    assert_eq!(
        edit(old, "dev"),
        "{\"kv_namespaces\": [{\"id\": \"a\",\"binding\": \"A\"}, {\"id\": \"1a2b\",\"binding\": \"SESSIONS\"}]}"
    );
    let old = "{\n  \"kv_namespaces\": [\n    {\n      \"id\": \"a\",\n      \"binding\": \"A\"\n    }\n  ]\n}\n";
    assert_eq!(
        edit(old, "dev"),
        "{\n  \"kv_namespaces\": [\n    {\n      \"id\": \"a\",\n      \"binding\": \"A\"\n    },\n    {\n      \"id\": \"1a2b\",\n      \"binding\": \"SESSIONS\"\n    }\n  ]\n}\n"
    );
}

#[test]
fn a_stage_without_an_environment_is_a_worker_preview() {
    assert_eq!(
        edit("{ \"previews\": {} }", "pr-1"),
        "{ \"previews\": { \"kv_namespaces\": [ { \"binding\": \"SESSIONS\", \"id\": \"1a2b\" } ] } }"
    );
}
