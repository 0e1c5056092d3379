//! What hovering shows: docs of the type, its constants and accessors, and generated fields.

use kv_rules::Expiry;

use crate::model::{Entry, Family, Field, Namespace, Spread, Value};

/// How much of a value its docs show, in characters.
const SHOWN: usize = 100;

pub(super) fn namespace(model: &Namespace) -> String {
    let mut docs = format!("The Workers KV namespace {}.\n", code(&model.title));
    let keys: Vec<String> = model.entries.iter().take(20).map(|entry| code(&entry.key)).collect();
    if !keys.is_empty() {
        let more = model.entries.len() - keys.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        docs += &format!("\nKeys: {}{more}.\n", keys.join(", "));
    }
    if !model.families.is_empty() {
        let families: Vec<String> =
            model.families.iter().map(|family| code(&family.pattern)).collect();
        docs += &format!("\nFamilies: {}.\n", families.join(", "));
    }
    for spread in &model.spreads {
        docs += &match spread {
            Spread::Bulk(file) => format!("\nFurther keys from {}.\n", code(&file.written)),
            Spread::Dir { written, files } => {
                format!("\nFurther keys: the {} files below {}.\n", files.len(), code(written))
            }
        };
    }
    docs
}

pub(super) fn entry(entry: &Entry) -> String {
    let value = match &entry.value {
        Value::Text(text) | Value::Typed(text) => code(text),
        Value::File(file) => format!("the file {}", code(&file.written)),
        Value::Env(name) => format!("the environment variable {} when deploying", code(name)),
        Value::Rust(expression) => code(&expression.to_string()),
        Value::Unknown => "not understood".to_owned(),
    };
    let mut docs = format!("Key {}\n\n- value: {value}\n", code(&entry.key));
    match entry.expiry {
        Some(Expiry::Ttl(seconds)) => docs += &format!("- expires: {seconds} s after the write\n"),
        Some(Expiry::At(time)) => docs += &format!("- expires: {time} s after 1970 began\n"),
        None => {}
    }
    if let Some(metadata) = &entry.metadata {
        docs += &format!("- metadata: {}\n", code(metadata));
    }
    if entry.once {
        docs += "- once: left to the application after the first deploy\n";
    }
    docs
}

pub(super) fn family(family: &Family) -> String {
    let ttl = match family.default_ttl {
        Some(seconds) => format!("\n- expires: {seconds} s after the write\n"),
        None => String::new(),
    };
    format!("The key {} of these parameters.\n{ttl}", code(&family.pattern))
}

pub(super) fn family_list(family: &Family) -> String {
    format!("Lists the keys {} with their parameters.", code(&family.pattern))
}

pub(super) fn module(model: &Namespace) -> String {
    format!("The types of what `{}` holds, inferred from its declaration.", model.head.name)
}

pub(super) fn structure(purpose: &str) -> String {
    let mut chars = purpose.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    let mut docs: String = first.chain(chars).collect();
    docs.push('.');
    docs
}

pub(super) fn field(field: &Field) -> String {
    format!("{}, such as {}.", code(&field.json_name), code(&field.example))
}

/// A text as a code span: shortened, on one line, and fenced so that its own backticks stay text.
fn code(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(SHOWN).map(visible).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    let runs = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(runs + 1);
    if shown.is_empty() {
        return "the empty text".to_owned();
    }
    let pad = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}
