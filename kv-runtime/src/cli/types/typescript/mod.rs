//! Writes the pairs as TypeScript.

mod schema;

use serde_json::Value;

use super::pairs::{Format, Key, Pair, escaped, notation};
use super::{Declared, Namespace};
use schema::{docs, ty};

const HEAD: &str = "\
// Written by `deploy types --typescript` from the declarations in Rust: do not edit.

";

/// What the types of all namespaces are made of.
const SHARED: &str = include_str!("shared.ts");

/// What has a meaning in a template literal.
const SPECIAL: &str = "`\\$";

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
    let (mut entries, mut families) = (String::new(), String::new());
    for pair in pairs {
        let ty = self::pair(pair).replace('\n', "\n  ");
        match &pair.key {
            Key::One(key) => entries += &format!("\n  {}: {ty};", quoted(key)),
            Key::Family(pattern) => {
                let prefix = escaped(pair.key.prefix(), SPECIAL);
                families += &format!("\n  [{}, `{prefix}`, {ty}],", template(pattern));
            }
            Key::Any => families += &format!("\n  [string, \"\", {ty}],"),
        }
    }
    for part in [&mut entries, &mut families] {
        if !part.is_empty() {
            part.push('\n');
        }
    }
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
    let param = |param: kv_rules::Param<'_>| {
        if param.is_integer() { "${number}" } else { "${string}" }
    };
    format!("`{}`", notation(pattern, SPECIAL, param))
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
