//! Property tests: in any configuration, only the bindings change.

use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::document::Syntax;
use super::super::edit::{edit, remove};
use super::super::jsonc::JSONC;
use super::super::toml::TOML;
use super::super::{Binding, Field};
use super::scope;

const NEW: [Binding<'static>; 2] =
    [Binding { name: "SESSIONS", id: "new1" }, Binding { name: "ASSETS", id: "new2" }];

fn from_toml(text: &str) -> Value {
    toml_edit::de::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn from_jsonc(text: &str) -> Value {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default());
    parsed.unwrap_or_else(|error| panic!("{error}\n{text}")).value.unwrap().into()
}

/// The expected result of an edit, as a value.
fn expected(mut value: Value, stage: &str, field: &str) -> Value {
    let mut scope = &mut value;
    if stage != "dev" {
        scope = &mut scope["env"][stage];
    }
    if scope.is_null() {
        *scope = json!({});
    }
    let entries = scope.as_object_mut().unwrap().entry("kv_namespaces").or_insert(json!([]));
    let entries = entries.as_array_mut().unwrap();
    for Binding { name, id } in NEW {
        match entries.iter_mut().find(|entry| entry["binding"] == name) {
            Some(entry) => entry[field] = id.into(),
            None => entries.push(json!({ "binding": name, field: id })),
        }
    }
    value
}

/// The expected result after the added ids are removed again; what is then empty counts as missing.
fn without(mut value: Value, stage: &str, field: &str) -> Value {
    let scope = if stage == "dev" { &mut value } else { &mut value["env"][stage] };
    if let Some(entries) = scope.get_mut("kv_namespaces").and_then(Value::as_array_mut) {
        entries.retain_mut(|entry| {
            let entry = entry.as_object_mut().unwrap();
            let ours = entry.get(field).is_some_and(|id| NEW.iter().any(|new| *id == new.id));
            if ours {
                entry.remove(field);
            }
            !ours || entry.keys().any(|key| key != "binding" && key != "remote")
        });
    }
    prune(&mut value);
    value
}

fn prune(value: &mut Value) {
    let Some(pairs) = value.as_object_mut() else { return };
    for key in ["env", "staging", "pr-1", "kv_namespaces"] {
        if let Some(inner) = pairs.get_mut(key) {
            prune(inner);
            if matches!(inner, Value::Null) || *inner == json!({}) || *inner == json!([]) {
                pairs.remove(key);
            }
        }
    }
}

/// The lines that an edit must not change: all that neither contain one of our ids nor start or end a list.
/// Commas are ignored, because an edit can add one after the last item of a list.
fn lines(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .filter(|line| !line.contains("old") && !line.contains(['{', '[', ']', '}']))
        .map(|line| line.replace(',', ""))
        .collect()
}

/// All characters of a text except our ids and whitespace.
fn written(text: &str) -> Vec<char> {
    let text = text.replace("old1", "").replace("old2", "");
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The first of `parts` that is missing from `whole`, or is in a different order there.
fn lost<T: PartialEq>(parts: Vec<T>, whole: Vec<T>) -> Option<T> {
    let mut whole = whole.into_iter();
    parts.into_iter().find(|part| !whole.any(|other| other == *part))
}

fn check(
    syntax: &'static Syntax,
    read: fn(&str) -> Value,
    text: &str,
    stage: &str,
    field: Field,
) -> Result<(), TestCaseError> {
    let edited = edit(syntax, text, scope(stage, field), &NEW).unwrap().text;
    prop_assert_eq!(read(&edited), expected(read(text), stage, field.key()), "{}", edited);
    prop_assert_eq!(&edit(syntax, &edited, scope(stage, field), &NEW).unwrap().text, &edited);
    prop_assert_eq!(lost(lines(text), lines(&edited)), None, "{}\n{}", text, edited);
    prop_assert_eq!(lost(written(text), written(&edited)), None, "{}\n{}", text, edited);
    let removed = remove(syntax, &edited, scope(stage, field), &["new1", "new2"]).unwrap();
    let (mut left, gone) = (read(&removed.text), without(read(&edited), stage, field.key()));
    prune(&mut left);
    prop_assert_eq!(left, gone, "{}\n{}", edited, removed.text);
    prop_assert_eq!(removed.changed.len(), 2);
    prop_assert_eq!(edited.matches("\r\n").count() > 0, text.contains("\r\n"));
    if text.contains("\r\n") {
        prop_assert_eq!(edited.matches("\r\n").count(), edited.matches('\n').count());
    }
    Ok(())
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![Just(Field::Id), Just(Field::PreviewId)]
}

fn stage() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("dev"), Just("staging"), Just("pr-1")]
}

/// The pairs of an entry, one of ours or another.
fn pairs(name: &str) -> impl Strategy<Value = Vec<(&'static str, String)>> + use<> {
    let binding = ("binding", name.to_owned());
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(move |(id, preview, last)| {
        let mut pairs = Vec::new();
        pairs.extend(id.then(|| ("id", "old1".to_owned())));
        pairs.extend(preview.then(|| ("preview_id", "old2".to_owned())));
        pairs.insert(if last { pairs.len() } else { 0 }, binding.clone());
        pairs
    })
}

fn entries() -> impl Strategy<Value = Vec<Vec<(&'static str, String)>>> {
    let entry = |name| proptest::option::of(pairs(name));
    (entry("OTHER"), entry("SESSIONS"), entry("THIRD"), entry("ASSETS"), any::<bool>()).prop_map(
        |(a, b, c, d, turned)| {
            let mut entries: Vec<_> = [a, b, c, d].into_iter().flatten().collect();
            if turned {
                entries.reverse();
            }
            entries
        },
    )
}

fn toml_entry(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key} = \"{value}\"")).collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// Entries under `[[prefix.kv_namespaces]]` headers.
fn toml_headers(prefix: &'static str) -> impl Strategy<Value = String> {
    (entries(), "( # note)?", "(\n# below\n)?", "[ \t]{0,2}").prop_map(
        move |(entries, note, below, indent)| {
            let table = |entry: Vec<(_, String)>| {
                let pair = |(key, value)| format!("{indent}{key} = \"{value}\"{note}\n");
                let pairs: String = entry.into_iter().map(pair).collect();
                format!("\n[[{prefix}kv_namespaces]]{note}\n{pairs}{below}")
            };
            entries.into_iter().map(table).collect::<String>()
        },
    )
}

/// Entries in an array.
fn toml_array(prefix: &'static str) -> impl Strategy<Value = String> {
    (entries(), any::<bool>(), any::<bool>(), "( # note)?").prop_map(
        move |(entries, long, trailing, note)| {
            let entries: Vec<_> = entries.iter().map(|entry| toml_entry(entry)).collect();
            let trailing = if trailing && !entries.is_empty() { "," } else { "" };
            if long {
                let inner = entries.join(&format!(",{note}\n  "));
                format!("{prefix}kv_namespaces = [\n  {inner}{trailing}{note}\n]{note}\n")
            } else {
                format!("{prefix}kv_namespaces = [{}{trailing}]{note}\n", entries.join(", "))
            }
        },
    )
}

/// Unrelated text that ends with a line break.
fn toml_other(table: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("\n# a comment = \"it is\" [[not.a.header]]\n".to_owned()),
        Just(format!("\n[{table}] # it's\nTEXT = '''\n[[kv_namespaces]]\n'''\nA.B = 1\n")),
        Just("\n[[r2_buckets]]\nbinding = \"SESSIONS\"\n  # inside\n".to_owned()),
    ]
}

fn toml() -> impl Strategy<Value = String> {
    let top = prop_oneof![toml_array(""), toml_headers(""), Just("main = 'm'\n".to_owned())];
    let staging = prop_oneof![
        toml_headers("env.staging."),
        toml_array("").prop_map(|array| format!("\n[env.staging] # s\nname = 's'\n{array}")),
        toml_array("staging.").prop_map(|array| format!("\n[env]\n{array}prod.name = 'p'\n")),
        Just("\n[env.staging.vars]\nA = 1\n\n[env.prod]\nname = 'p'\n".to_owned()),
        Just("\n[env]\nstaging = { name = 's' }\n".to_owned()),
        Just("\n[env]\nstaging.name = 's'\nprod.name = 'p'\n".to_owned()),
        Just(String::new()),
    ];
    (top, toml_other("vars"), staging, toml_other("alias"), any::<bool>(), any::<bool>()).prop_map(
        |(top, a, staging, b, crlf, end)| {
            let text = format!("name = \"w\"  # it\n{top}{a}{staging}{b}");
            let text = if end { &text } else { text.trim_end() };
            if crlf { text.replace('\n', "\r\n") } else { text.to_owned() }
        },
    )
}

/// A JSON list in some layout.
fn json_list(brackets: [&str; 2], items: &[String], layout: &Layout, depth: usize) -> String {
    let [open, close] = brackets;
    let comma = if layout.trailing && !items.is_empty() { "," } else { "" };
    if layout.long {
        let (outer, note) = ("\t".repeat(depth), &layout.note);
        let items = items.join(&format!(",{note}\n\t{outer}"));
        format!("{open}{note}\n\t{outer}{items}{comma}{note}\n{outer}{close}")
    } else {
        format!("{open}{}{comma}{close}", items.join(", "))
    }
}

#[derive(Debug, Clone)]
struct Layout {
    long: bool,
    trailing: bool,
    note: String,
}

fn layout() -> impl Strategy<Value = Layout> {
    (any::<bool>(), any::<bool>(), "( // note, \\{\\[|/\\* note \\*/)?")
        .prop_map(|(long, trailing, note)| Layout { long, trailing, note })
}

fn json_namespaces(depth: usize) -> impl Strategy<Value = Vec<String>> {
    let there = (entries(), layout(), layout()).prop_map(move |(entries, outer, inner)| {
        let items: Vec<_> = entries
            .iter()
            .map(|pairs| {
                let pairs: Vec<_> =
                    pairs.iter().map(|(k, v)| format!("\"{k}\": \"{v}\"")).collect();
                json_list(["{", "}"], &pairs, &inner, depth + 1)
            })
            .collect();
        vec![format!("\"kv_namespaces\": {}", json_list(["[", "]"], &items, &outer, depth))]
    });
    prop_oneof![there, Just(Vec::new())]
}

fn jsonc() -> impl Strategy<Value = String> {
    let environment = (json_namespaces(3), layout(), layout()).prop_map(|(staging, a, b)| {
        let staging = json_list(["{", "}"], &staging, &a, 2);
        let all = [format!("\"staging\": {staging}"), "\"prod\": {}".to_owned()];
        vec![format!("\"env\": {}", json_list(["{", "}"], &all, &b, 1))]
    });
    let environment = prop_oneof![environment, Just(Vec::new())];
    (json_namespaces(1), environment, layout(), any::<bool>(), any::<bool>()).prop_map(
        |(top, environment, layout, first, crlf)| {
            let mut items = vec!["\"name\": \"w, [{\"".to_owned()];
            items.extend(environment);
            let at = if first { 0 } else { items.len() };
            items.splice(at..at, top);
            let text = json_list(["{", "}"], &items, &layout, 0);
            let text = format!("// it's a worker\n{text}\n");
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

proptest! {
    #[test]
    fn nothing_else_in_a_toml_file_changes(text in toml(), stage in stage(), field in field()) {
        check(&TOML, from_toml, &text, stage, field)?;
    }

    #[test]
    fn nothing_else_in_a_jsonc_file_changes(text in jsonc(), stage in stage(), field in field()) {
        check(&JSONC, from_jsonc, &text, stage, field)?;
    }

    #[test]
    fn no_text_makes_it_panic(
        text in any::<String>(), toml in toml(), json in jsonc(), at in any::<prop::sample::Index>(),
    ) {
        for syntax in [&TOML, &JSONC] {
            let garbled = [&toml, &json].map(|text| {
                let mut chars: Vec<_> = text.chars().collect();
                chars.remove(at.index(chars.len()));
                String::from_iter(chars)
            });
            for text in garbled.iter().chain([&text]) {
                let _ = edit(syntax, text, scope("staging", Field::Id), &NEW);
            }
        }
    }
}
