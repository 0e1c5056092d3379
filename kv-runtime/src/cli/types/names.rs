//! The names of types in TypeScript, which JSON Schema shares.

use std::collections::BTreeSet;

use unicode_ident::{is_xid_continue, is_xid_start};

use crate::cli::init::pascal;

/// Names that a type cannot have: what the written code uses, and what the language reserves.
const RESERVED: &str = "\
    AnyPair Array ArrayBuffer ArrayBufferView As AsText Binding BytesPair E Exclude Extract F Family FamilyWith First \
    Format Found JsonPair K KeyOf KeyWith Listed M Map MetadataOf Others P Pair PairOf PairOfFamily Promise ReadableStream \
    Record T TextPair V ValueOf \
    abstract any as asserts async await bigint boolean break case catch class const continue debugger \
    declare default delete do else enum export extends false finally for function if implements import in \
    infer instanceof interface intrinsic is keyof let module namespace never new null number object out \
    package private protected public readonly return satisfies static string super switch symbol this \
    throw true try type typeof undefined unique unknown using var void while with yield";

/// What the names of a namespace's own types end with.
const OWN: [&str; 4] = ["Entries", "Families", "Key", "Namespace"];

/// How the names of a namespace's types begin.
pub(super) fn of_namespace(id: &str, taken: &mut BTreeSet<String>) -> String {
    let name = free(&identifier(&pascal(id)), |name| {
        OWN.iter().all(|own| !taken.contains(&format!("{name}{own}")))
    });
    taken.extend(OWN.iter().map(|own| format!("{name}{own}")));
    name
}

/// A name as an identifier.
pub(super) fn identifier(name: &str) -> String {
    let starts = name.chars().next().is_some_and(|c| is_xid_start(c) || c == '_');
    let rest = name.chars().map(|c| if is_xid_continue(c) { c } else { '_' });
    if starts { rest.collect() } else { ['_'].into_iter().chain(rest).collect() }
}

pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.split(' ').any(|reserved| reserved == name)
}

/// The name itself, or with the first number that makes it free.
pub(super) fn free(name: &str, is_free: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u64..).map(|number| format!("{name}{number}"));
    let mut names = [name.to_owned()].into_iter().chain(numbered);
    names.find(|name| is_free(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_an_identifier() {
        for (name, expected) in [
            ("Grüße", "Grüße"),
            ("2D-point", "_2D_point"),
            ("Wrapped<T>", "Wrapped_T_"),
            ("_hidden", "_hidden"),
            ("", "_"),
            ("Ⓐ", "__"),
        ] {
            assert_eq!(identifier(name), expected);
        }
    }

    #[test]
    fn two_namespaces_never_share_a_name() {
        let mut taken = BTreeSet::new();
        for (id, expected) in [("a-b", "AB"), ("a_b", "AB2")] {
            assert_eq!(of_namespace(id, &mut taken), expected);
        }
    }
}
