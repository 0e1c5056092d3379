//! What hovering shows: docs of the type, its constants and accessors, and generated fields.

use crate::model::{Entry, Expiry, Family, Field, Namespace, Spread, Ttl, Value};

/// How much of a value its docs show, in characters.
const SHOWN: usize = 100;

/// How many keys the docs of a namespace list.
const KEYS: usize = 20;

pub(super) fn namespace(model: &Namespace) -> String {
    let mut docs = vec![format!("The Workers KV namespace {}.", code(&model.title))];
    let keys: Vec<String> = model.entries.iter().take(KEYS).map(|entry| code(&entry.key)).collect();
    let more = model.entries.len() - keys.len();
    match (keys.len(), more) {
        (0, _) => {}
        (_, 0) => docs.push(format!("Keys: {}.", keys.join(", "))),
        _ => docs.push(format!("Keys: {} and {more} more.", keys.join(", "))),
    }
    if !model.families.is_empty() {
        let families: Vec<String> =
            model.families.iter().map(|family| code(&family.pattern)).collect();
        docs.push(format!("Families: {}.", families.join(", ")));
    }
    docs.extend(model.spreads.iter().map(|spread| match spread {
        Spread::File(path) => format!("Further keys from {}.", code(path)),
        Spread::Dir(path) => format!("Further keys: the files below {}.", code(path)),
    }));
    docs.join("\n\n")
}

pub(super) fn entry(entry: &Entry) -> String {
    let seed = match &entry.value {
        Value::Text(text) | Value::Typed(text) => format!(", seeded with {}", code(text)),
        Value::File(file) => format!(", seeded with the file {}", code(&file.written)),
        Value::Env(name) => {
            format!(", seeded with the environment variable {} when deploying", code(name))
        }
        Value::Rust(expression) => format!(", seeded with {}", code(&expression.to_string())),
        Value::Unknown => String::new(),
    };
    let mut docs = format!("{}Key {}{seed}.", written(&entry.docs), code(&entry.key));
    let expiry = entry.expiry.as_ref().map(|expiry| match expiry {
        Expiry::Ttl(seconds) => ttl(seconds),
        Expiry::At(time) => format!("- expires: {}", kv_rules::Time::from_unix(*time)),
    });
    let metadata = entry.metadata.as_ref().map(|json| format!("- metadata: {}", code(json)));
    let once =
        entry.once.then(|| "- once: left to the application after the first deploy".to_owned());
    let mut gap = "\n\n";
    for item in [expiry, metadata, once].into_iter().flatten() {
        docs.push_str(gap);
        docs.push_str(&item);
        gap = "\n";
    }
    docs
}

/// The user's docs, to put before the generated ones.
fn written(docs: &str) -> String {
    if docs.is_empty() { String::new() } else { format!("{docs}\n\n") }
}

fn ttl(ttl: &Ttl) -> String {
    match ttl {
        Ttl::Seconds(seconds) => {
            let shown = kv_rules::show_duration(*seconds);
            format!("- expires: {seconds} s after a write ({shown})")
        }
        Ttl::Constant(constant) => {
            format!("- expires: {} seconds after a write", code(&constant.to_string()))
        }
    }
}

pub(super) fn family(family: &Family) -> String {
    let docs = written(&family.docs);
    let docs = format!("{docs}The key {} with these parameters.", code(&family.pattern));
    match &family.default_ttl {
        Some(seconds) => format!("{docs}\n\n{}", ttl(seconds)),
        None => docs,
    }
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
    // Most texts need no change, and chars are slow in a macro, which cargo does not optimise.
    let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'`';
    if (1..=SHOWN).contains(&text.len()) && text.bytes().all(is_plain) {
        return format!("`{text}`");
    }
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(SHOWN).map(visible).collect();
    if text.len() > SHOWN && text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    let longest_run = || shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(if shown.contains('`') { longest_run() + 1 } else { 1 });
    if shown.is_empty() {
        return "the empty text".to_owned();
    }
    let pad = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}
