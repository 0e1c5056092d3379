//! Writes the pairs as TypeScript.

mod schema;

use serde_json::Value;

use super::pairs::{Format, Key, Pair, notation};
use super::{Declared, Namespace};
use schema::{docs, ty};

const HEAD: &str = "\
// Written by `deploy types --typescript` from the declarations in Rust: do not edit.

";

/// What the types of all namespaces are made of.
const SHARED: &str = include_str!("shared.ts");

/// The types of all declared pairs.
pub(super) fn typescript(declared: &Declared) -> String {
    let types = declared.types.iter();
    let types = types.map(|(name, schema)| {
        format!("{}export type {name} = {};\n", docs(schema), ty(schema).code())
    });
    let namespaces = declared.namespaces.iter().map(namespace);
    let parts: Vec<_> = types.chain(namespaces).chain([SHARED.to_owned()]).collect();
    format!("{HEAD}{}", parts.join("\n"))
}

fn namespace(Namespace { declaration, name, pairs }: &Namespace) -> String {
    let (entries, families): (Vec<_>, Vec<_>) =
        pairs.iter().partition(|pair| matches!(pair.key, Key::One(_)));
    let entries = lines(entries.into_iter().map(entry));
    let families = lines(families.into_iter().map(family));
    let (id, binding) = (declaration.id, declaration.binding);
    format!(
        "/** The pairs of `{id}` that have a key of their own. */\n\
         export interface {name}Entries {{{entries}}}\n\
         /** The other pairs of `{id}`. */\n\
         export type {name}Families = [{families}];\n\
         /** The keys of `{id}`. */\n\
         export type {name}Key = KeyOf<{name}Entries, {name}Families>;\n\
         /** The binding `{binding}`, as `env.{binding} as {name}Namespace`. */\n\
         export type {name}Namespace = Binding<{name}Entries, {name}Families>;\n"
    )
}

/// A member for each pair that has a key of its own.
fn entry(pair: &Pair) -> String {
    format!("{}: {};", quoted(pair.key.prefix()), self::pair(pair))
}

fn family(pair: &Pair) -> String {
    let keys = match &pair.key {
        Key::Family(pattern) => template(pattern),
        Key::One(_) | Key::Any => "string".to_owned(),
    };
    format!("[{keys}, {}, {}],", quoted(pair.key.prefix()), self::pair(pair))
}

/// Parts in lines of their own, between braces.
fn lines(parts: impl Iterator<Item = String>) -> String {
    let mut lines = String::new();
    for part in parts {
        lines += "\n  ";
        lines += &part.replace('\n', "\n  ");
    }
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines
}

/// The type of a pair.
fn pair(Pair { value, metadata, .. }: &Pair) -> String {
    let (name, value) = match value.format {
        Format::Text => ("Text", None),
        Format::Json => ("Json", Some(ty(&value.schema).code())),
        Format::Bytes => ("Bytes", None),
        Format::Any => ("Any", None),
    };
    let arguments: Vec<_> =
        value.into_iter().chain(metadata.as_ref().map(|m| ty(m).code())).collect();
    let arguments =
        if arguments.is_empty() { String::new() } else { format!("<{}>", arguments.join(", ")) };
    format!("{name}Pair{arguments}")
}

/// The keys of a family as a template literal type.
fn template(pattern: &kv_rules::Pattern<'_>) -> String {
    // A number of JavaScript is not exact above 2^53, so that the keys of larger ones come from a bigint.
    let param = |param: kv_rules::Param<'_>| {
        if param.is_integer() { "${number | bigint}" } else { "${string}" }
    };
    let literal = |text: &str| {
        let quoted = quoted(text);
        let inside = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        inside.replace('`', "\\`").replace('$', "\\$")
    };
    format!("`{}`", notation(pattern, literal, param))
}

/// A string literal. JSON's are TypeScript's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::names::is_reserved;
    use super::*;

    #[test]
    fn no_type_of_a_user_can_have_a_name_that_is_used_here() {
        let words: BTreeSet<_> = SHARED
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
            .collect();
        let in_a_comment = ["A", "How", "JSON", "Of", "The", "Worker"];
        for word in words {
            assert!(is_reserved(word) || in_a_comment.contains(&word), "{word}");
        }
    }
}
