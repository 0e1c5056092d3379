//! Converts names of bindings, keys and JSON members to Rust names.

use std::collections::HashSet;

use super::code::Namespace;

/// Rust's keywords, including the reserved ones.
const KEYWORDS: [&str; 53] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "_",
];

/// Splits a text into words: at everything that is not a letter or a digit, and before a capital that
/// follows a lowercase letter.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = '_';
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            let begins = !previous.is_ascii_alphanumeric()
                || (c.is_ascii_uppercase() && previous.is_ascii_lowercase());
            match words.last_mut() {
                Some(word) if !begins => word.push(c.to_ascii_lowercase()),
                _ => words.push(c.to_ascii_lowercase().to_string()),
            }
        }
        previous = c;
    }
    words
}

/// `USER_DATA` → `UserData`.
pub(in crate::cli) fn pascal(text: &str) -> String {
    let capital = |word: String| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    let name: String = words(text).into_iter().map(capital).collect();
    match name.chars().next() {
        None => "Namespace".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("Kv{name}"),
        _ if name == "Self" => "SelfKv".to_owned(),
        _ => name,
    }
}

/// `userId` → `user_id`.
pub(super) fn snake(text: &str) -> String {
    let name = words(text).join("_");
    match name.chars().next() {
        None => "field".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        _ if KEYWORDS.contains(&name.as_str()) => format!("{name}_"),
        _ => name,
    }
}

/// `UserData` → `user_data`: the id that the declaration of a struct gets.
pub(super) fn id(name: &str) -> String {
    words(name).join("_")
}

/// Makes a name unique with a number, and adds it to `taken`.
pub(super) fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let mut unique = name.to_owned();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{name}{number}");
        number += 1;
    }
    unique
}

/// Gives each namespace and each of its types a unique name.
pub(super) fn make_unique(namespaces: &mut [Namespace]) {
    let mut taken = HashSet::new();
    for namespace in &mut *namespaces {
        namespace.name = unique(&namespace.name, &mut taken);
    }
    for namespace in namespaces {
        for family in &mut namespace.families {
            family.shape.name_structs(&pascal(&family.name), &mut taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ones_that_rust_takes() {
        for (text, in_pascal, in_snake) in [
            ("USER_DATA", "UserData", "user_data"),
            ("userId", "UserId", "user_id"),
            ("__my-kv", "MyKv", "my_kv"),
            ("2fast", "Kv2fast", "_2fast"),
            ("self", "SelfKv", "self_"),
            ("type", "Type", "type_"),
            ("é", "Namespace", "field"),
        ] {
            assert_eq!((pascal(text), snake(text)), (in_pascal.to_owned(), in_snake.to_owned()));
        }
        // An id may be a keyword: Rust never sees it.
        assert_eq!(id("Type"), "type");
    }
}
