//! wrangler.toml.

use super::super::Field;
use super::super::toml::TOML;

fn edit(text: &str, stage: &str) -> String {
    super::with_sessions(&TOML, text, stage, Field::Id)
}

fn fault<'a>(text: &'a str, stage: &str) -> (String, &'a str) {
    super::fault(&TOML, text, stage)
}

#[test]
fn the_first_binding_is_a_table_at_the_end() {
    assert_eq!(
        edit("name = \"w\" # it\n\n[vars]\nA = 1\n", "dev"),
        "name = \"w\" # it\n\n[vars]\nA = 1\n\n[[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n"
    );
    assert_eq!(edit("", "dev"), "[[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n");
    assert_eq!(
        edit("name = \"w\"", "dev"),
        "name = \"w\"\n\n[[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n"
    );
}

#[test]
fn an_id_is_replaced_in_place() {
    let old = "# ids\n[[ kv_namespaces ]] # ours\n  id = 'old' # deployed\n  binding   =  \"SESSIONS\"\n\n[vars]\n";
    assert_eq!(edit(old, "dev"), old.replace("'old'", "\"1a2b\""));
    let old = "kv_namespaces = [\n  # ours\n  {id=\"old\",binding=\"SESSIONS\"}, # deployed\n]\n";
    assert_eq!(edit(old, "dev"), old.replace("old", "1a2b"));
}

#[test]
fn a_local_id_is_below_the_one_of_the_account() {
    let old = "[[kv_namespaces]]\n\tbinding = \"SESSIONS\" # ours\n\tid = \"prod\"\n";
    let new = super::with_sessions(&TOML, old, "dev", Field::PreviewId);
    assert_eq!(
        new,
        "[[kv_namespaces]]\n\tbinding = \"SESSIONS\" # ours\n\tid = \"prod\"\n\tpreview_id = \"1a2b\"\n"
    );
    let old = "kv_namespaces = [{ binding = \"SESSIONS\", id = \"prod\" }]\n";
    let new = super::with_sessions(&TOML, old, "dev", Field::PreviewId);
    assert_eq!(
        new,
        "kv_namespaces = [{ binding = \"SESSIONS\", id = \"prod\", preview_id = \"1a2b\" }]\n"
    );
}

#[test]
fn a_new_table_follows_its_siblings() {
    let old = "[[kv_namespaces]]\nbinding = \"A\"\nid = \"a\" # mine\n# of A\n\n# buckets\n[[r2_buckets]]\nbinding = \"B\"";
    assert_eq!(
        edit(old, "dev"),
        "[[kv_namespaces]]\nbinding = \"A\"\nid = \"a\" # mine\n# of A\n\n[[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n\n# buckets\n[[r2_buckets]]\nbinding = \"B\""
    );
    let old = "[[kv_namespaces]]\nbinding = \"A\"\n# buckets\n[[r2_buckets]]\nbinding = \"B\"\n";
    assert_eq!(
        edit(old, "dev"),
        "[[kv_namespaces]]\nbinding = \"A\"\n\n[[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n# buckets\n[[r2_buckets]]\nbinding = \"B\"\n"
    );
}

#[test]
fn a_new_item_has_the_layout_of_the_array() {
    let new = "{ binding = \"SESSIONS\", id = \"1a2b\" }";
    for (old, expected) in [
        ("kv_namespaces = []", format!("kv_namespaces = [{new}]")),
        ("kv_namespaces = [ ]\nmain = 'x'", format!("kv_namespaces = [\n  {new}\n]\nmain = 'x'")),
        (
            "kv_namespaces = [ # none\n  # yet\n]\n",
            format!("kv_namespaces = [ # none\n  {new}\n  # yet\n]\n"),
        ),
        (
            "kv_namespaces = [{ binding = \"A\" }]",
            format!("kv_namespaces = [{{ binding = \"A\" }}, {new}]"),
        ),
        (
            "kv_namespaces = [\n    { binding = \"A\" } # a\n]",
            format!("kv_namespaces = [\n    {{ binding = \"A\" }}, # a\n    {new}\n]"),
        ),
        (
            "kv_namespaces = [\n\t{ binding = \"A\" } # a\n\t, # b\n\t# c\n]",
            format!("kv_namespaces = [\n\t{{ binding = \"A\" }} # a\n\t, # b\n\t{new},\n\t# c\n]"),
        ),
    ] {
        assert_eq!(edit(old, "dev"), expected);
    }
}

#[test]
fn another_stage_is_an_environment() {
    let block = "[[env.staging.kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n";
    let top = "[[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"prod\"\n";
    assert_eq!(edit(top, "staging"), format!("{top}\n{block}"));
    for old in
        ["env.staging.name = 'x'\nmain = 'm'\n", "[env]\nstaging.name = 'x'\nother.name = 'y'\n"]
    {
        assert_eq!(edit(old, "staging"), format!("{old}\n{block}"));
    }
    assert_eq!(
        edit("[env.staging.vars]\nA = 1\n\n[env.prod]\nname = 'p'\n", "staging"),
        format!("[env.staging.vars]\nA = 1\n\n{block}\n[env.prod]\nname = 'p'\n")
    );
    let new = "kv_namespaces = [{ binding = \"SESSIONS\", id = \"1a2b\" }]";
    assert_eq!(edit("env = {}", "staging"), format!("env = {{ staging.{new} }}"));
    assert_eq!(
        edit("env = { staging.name = 'x', prod.name = 'y' }", "staging"),
        format!("env = {{ staging.name = 'x', prod.name = 'y', staging.{new} }}")
    );
    assert_eq!(
        edit("env.staging = { name = 'x' }\n", "staging"),
        format!("env.staging = {{ name = 'x', {new} }}\n")
    );
    let dotted = "env.staging.kv_namespaces = [{ binding = \"SESSIONS\", id = \"old\" }]\n";
    assert_eq!(edit(dotted, "staging"), dotted.replace("old", "1a2b"));
}

#[test]
fn the_default_stage_is_the_top_level_unless_it_has_an_environment() {
    let old = "[[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"prod\"\n\n[env.dev]\n";
    assert_eq!(
        edit(old, "dev"),
        format!("{old}\n[[env.dev.kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n")
    );
}

#[test]
fn lines_end_as_in_the_file() {
    assert_eq!(
        edit("name = \"w\"\r\n[[kv_namespaces]]\r\nbinding = \"SESSIONS\" # s\r\n", "dev"),
        "name = \"w\"\r\n[[kv_namespaces]]\r\nbinding = \"SESSIONS\" # s\r\nid = \"1a2b\"\r\n"
    );
    assert_eq!(
        edit("name = \"w\"\r\n", "pr-1"),
        "name = \"w\"\r\n\r\n[[env.pr-1.kv_namespaces]]\r\nbinding = \"SESSIONS\"\r\nid = \"1a2b\"\r\n"
    );
}

#[test]
fn a_mistake_is_pointed_at() {
    let (message, at) = fault("name = \"w\"\nmain = oops\n", "dev");
    assert_eq!(at, "oops");
    assert!(message.contains("string values must be quoted"), "{message}");
    for (text, stage, message, at) in [
        ("kv_namespaces = 'x'", "dev", "`kv_namespaces` must be an array", "'x'"),
        ("[kv_namespaces]\na = 1", "dev", "`kv_namespaces` must be an array", "[kv_namespaces]"),
        (
            "kv_namespaces = [{ binding = 'A' }, 5]",
            "dev",
            "an entry of `kv_namespaces` must be a table",
            "5]",
        ),
        (
            "[[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = 5",
            "dev",
            "`id` of the binding SESSIONS must be a string",
            "5",
        ),
        ("env = 1", "x", "`env` must be a table", "1"),
        ("[[env.x]]", "x", "`env.x` must be a table", "[[env.x]]"),
    ] {
        assert_eq!(fault(text, stage), (message.to_owned(), at));
    }
}

#[test]
fn what_was_added_is_taken_out_again() {
    for old in [
        "name = \"w\" # it\n\n[vars]\nA = 1\n",
        "[[kv_namespaces]]\nbinding = \"A\"\nid = \"a\" # mine\n# of A\n\n# buckets\n[[r2_buckets]]\nbinding = \"B\"\n",
        "kv_namespaces = [{ binding = \"A\", id = \"a\" }]\n",
        "kv_namespaces = [\n  { binding = \"A\", id = \"a\" }, # mine\n]\n",
        "[[env.prod.kv_namespaces]]\nbinding = \"A\"\nid = \"a\"\n",
    ] {
        for stage in ["dev", "prod"] {
            let new = super::without(&TOML, &edit(old, stage), stage, Field::Id);
            assert_eq!(new, old, "{stage}");
        }
    }
}

#[test]
fn a_binding_that_says_more_stays_without_the_id() {
    let old =
        "[[kv_namespaces]]\nbinding = \"S\"\n  preview_id = \"1a2b\" # local\nid = \"prod\"\n";
    let new = "[[kv_namespaces]]\nbinding = \"S\"\nid = \"prod\"\n";
    assert_eq!(super::without(&TOML, old, "dev", Field::PreviewId), new);
    let old = "kv_namespaces = [{ binding = \"S\", id = \"prod\", preview_id = \"1a2b\" }]\n";
    let new = "kv_namespaces = [{ binding = \"S\", id = \"prod\" }]\n";
    assert_eq!(super::without(&TOML, old, "dev", Field::PreviewId), new);
    // `remote` is about the namespace in the account, so it is removed with that namespace.
    let old = "kv_namespaces = [{ binding = \"S\", id = \"1a2b\", remote = true }]\n";
    assert_eq!(super::without(&TOML, old, "dev", Field::Id), "kv_namespaces = []\n");
    // A binding in another environment does not belong to this stage.
    assert_eq!(super::without(&TOML, old, "prod", Field::Id), old);
}

#[test]
fn a_binding_that_wrangler_dev_has_at_cloudflare_gets_no_local_id() {
    let bindings = [super::Binding { name: "S", id: "1a2b" }];
    for (remote, changed) in [("true", 0), ("false", 1)] {
        let text =
            format!("kv_namespaces = [{{ binding = \"S\", id = \"prod\", remote = {remote} }}]\n");
        let edited =
            super::edit(&TOML, &text, super::scope("dev", Field::PreviewId), &bindings).unwrap();
        assert_eq!(edited.changed.len(), changed, "{}", edited.text);
        let names = super::super::edit::remote(
            &TOML,
            &text,
            super::scope("dev", Field::PreviewId),
            &bindings,
        )
        .unwrap();
        assert_eq!(names.len(), 1 - changed);
        let id = super::edit(&TOML, &text, super::scope("dev", Field::Id), &bindings).unwrap();
        assert_eq!(id.text, text.replace("prod", "1a2b"));
    }
}

#[test]
fn a_new_binding_has_the_form_and_order_of_its_sibling() {
    let old = "[[kv_namespaces]]\nid = 'a'\nbinding='A'\n";
    assert_eq!(
        edit(old, "dev"),
        format!("{old}\n[[kv_namespaces]]\nid = '1a2b'\nbinding='SESSIONS'\n")
    );
    let old = "kv_namespaces = [{id=\"a\", binding=\"A\"}]\n";
    assert_eq!(
        edit(old, "dev"),
        "kv_namespaces = [{id=\"a\", binding=\"A\"}, {id=\"1a2b\", binding=\"SESSIONS\"}]\n"
    );
    // An entry with other settings is not used as a template.
    let old = "kv_namespaces = [{id=\"a\", binding=\"A\", remote=true}]\n";
    assert_eq!(
        edit(old, "dev"),
        "kv_namespaces = [{id=\"a\", binding=\"A\", remote=true}, { binding = \"SESSIONS\", id = \"1a2b\" }]\n"
    );
}

#[test]
fn a_stage_without_an_environment_is_a_worker_preview() {
    let old = "[env.staging]\nname = \"s\"\n\n[previews]\nvars = {}\n";
    let block = "[[previews.kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n";
    assert_eq!(edit(old, "pr-1"), format!("{old}\n{block}"));
    let staging = edit(old, "staging");
    assert!(staging.contains("[[env.staging.kv_namespaces]]"), "{staging}");
    assert!(edit(old, "dev").contains("\n[[kv_namespaces]]"));
    // `wrangler dev` does not read the block.
    let local = super::with_sessions(&TOML, old, "pr-1", Field::PreviewId);
    assert!(local.contains("[[env.pr-1.kv_namespaces]]"), "{local}");
    assert_eq!(super::without(&TOML, &format!("{old}\n{block}"), "pr-1", Field::Id), old);
}

#[test]
fn the_block_of_worker_previews_is_made_when_it_is_asked_for() {
    let scope = super::Scope { previews: true, ..super::scope("pr-1", Field::Id) };
    let bindings = [super::super::Binding { name: "SESSIONS", id: "1a2b" }];
    let edited = super::edit(&TOML, "name = \"w\"\n", scope, &bindings).unwrap();
    assert_eq!(
        edited.text,
        "name = \"w\"\n\n[[previews.kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"1a2b\"\n"
    );
}

#[test]
fn what_wrangler_does_not_inherit_is_named() {
    use super::super::edit::not_inherited;
    let text = "vars = { A = 'b' }\n[[kv_namespaces]]\nbinding = 'CACHE'\nid = 'a'\n\n\
                [[env.staging.kv_namespaces]]\nbinding = 'SESSIONS'\nid = '1a2b'\n";
    let of = |stage| not_inherited(&TOML, text, super::scope(stage, Field::Id)).unwrap();
    assert_eq!(of("staging"), ["`vars`", "the binding CACHE"]);
    assert_eq!(of("dev"), [""; 0]);
}
