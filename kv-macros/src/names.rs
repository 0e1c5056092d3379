//! How keys, titles and JSON names become Rust names.

use proc_macro2::{Ident, Span};
use unicode_ident::{is_xid_continue, is_xid_start};

/// `userId`, `main.js`, `2024` → `user_id`, `main_js`, `_2024`. `None` when no part of the
/// text can appear in a name.
pub(crate) fn snake(text: &str) -> Option<String> {
    // Most keys are in snake case, and splitting words is slow in a macro, which cargo does not optimise.
    if is_snake(text) {
        return Some(text.to_owned());
    }
    named(&words(text), "_", str::to_lowercase)
}

/// Whether a text is in `snake_case` and ASCII.
fn is_snake(text: &str) -> bool {
    let mut previous = b'_';
    let parted = text.bytes().all(|byte| {
        let parts_words = byte == b'_' && previous != b'_';
        previous = byte;
        parts_words || byte.is_ascii_lowercase() || byte.is_ascii_digit()
    });
    parted && previous != b'_' && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// `userId`, `main.js`, `2024` → `USER_ID`, `MAIN_JS`, `_2024`.
pub(crate) fn screaming(text: &str) -> Option<String> {
    named(&words(text), "_", str::to_uppercase)
}

/// `userId`, `main.js`, `2024` → `UserId`, `MainJs`, `_2024`.
pub(crate) fn pascal(text: &str) -> Option<String> {
    named(&words(text), "", capitalised)
}

/// The constant that belongs to an accessor. A name without letters has no upper case, so it gets
/// a prefix to differ from the accessor.
pub(crate) fn constant_of(accessor: &str) -> String {
    let constant = accessor.to_uppercase();
    if constant == accessor {
        return format!("KEY_{}", constant.trim_start_matches('_'));
    }
    constant
}

/// The identifier with this name: keywords become raw, and what cannot be raw gets a `_`.
pub(crate) fn ident(name: &str, span: Span) -> Ident {
    let bare = name.strip_prefix("r#").unwrap_or(name);
    match bare {
        "self" | "Self" | "super" | "crate" | "_" => Ident::new(&format!("{bare}_"), span),
        _ if is_keyword(bare) => Ident::new_raw(bare, span),
        _ if is_identifier(bare) => Ident::new(bare, span),
        _ => {
            let parts = bare.chars().filter(|c| is_xid_continue(*c));
            Ident::new(&format!("__{}", parts.collect::<String>()), span)
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| is_xid_start(c) || c == '_');
    starts && name != "_" && chars.all(is_xid_continue)
}

/// Whether a name needs `r#` or cannot be one at all.
pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.binary_search(&name).is_ok()
}

const KEYWORDS: &[&str] = &[
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

fn named(words: &[&str], separator: &str, case: fn(&str) -> String) -> Option<String> {
    let name = words.iter().map(|word| case(word)).collect::<Vec<_>>().join(separator);
    let first = name.chars().next()?;
    Some(if is_xid_start(first) { name } else { format!("_{name}") })
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars.flat_map(char::to_lowercase)).collect()
}

/// Splits at characters that cannot appear in a name, and where camelCase begins a word.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_alphanumeric() && is_xid_continue(c)))
        .flat_map(camel_words)
        .filter(|word| !word.is_empty())
        .collect()
}

/// `userId` → `user`, `Id`; `HTTPServer` → `HTTP`, `Server`; `sha256Hash` → `sha256`, `Hash`.
fn camel_words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut last_letter_is_lower = false;
    let mut previous_is_upper = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
        let begins =
            c.is_uppercase() && (last_letter_is_lower || (previous_is_upper && next_is_lower));
        if begins {
            words.extend(text.get(start..at));
            start = at;
        }
        previous_is_upper = c.is_uppercase();
        if c.is_alphabetic() {
            last_letter_is_lower = c.is_lowercase();
        }
    }
    words.extend(text.get(start..));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_predictable_names() {
        for (key, accessor, constant, ty) in [
            ("session_123", "session_123", "SESSION_123", "Session123"),
            ("main.js", "main_js", "MAIN_JS", "MainJs"),
            ("userId", "user_id", "USER_ID", "UserId"),
            ("HTTPServer", "http_server", "HTTP_SERVER", "HttpServer"),
            ("sha256Hash", "sha256_hash", "SHA256_HASH", "Sha256Hash"),
            ("3F2A", "_3f2a", "_3F2A", "_3f2a"),
            ("2024", "_2024", "KEY_2024", "_2024"),
            ("type", "type", "TYPE", "Type"),
            ("a//b--c", "a_b_c", "A_B_C", "ABC"),
            ("__private__", "private", "PRIVATE", "Private"),
            ("größe", "größe", "GRÖSSE", "Größe"),
        ] {
            let name = snake(key).unwrap();
            assert_eq!(name, accessor);
            if key != "3F2A" {
                assert_eq!(constant_of(&name), constant);
            }
            assert_eq!(pascal(key).unwrap(), ty);
        }
        assert_eq!(screaming("UserData").unwrap(), "USER_DATA");
        assert_eq!(snake("🎉/-"), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_in_snake_case_stays_as_it_is(text in "[a-z0-9_A-Zé.]{0,6}") {
            let name = named(&words(&text), "_", str::to_lowercase);
            proptest::prop_assert_eq!(snake(&text), name);
        }
    }

    #[test]
    fn keywords_are_raw_where_they_can_be() {
        let name = |name| ident(name, Span::call_site()).to_string();
        assert_eq!(name("type"), "r#type");
        assert_eq!(name("r#gen"), "r#gen");
        assert_eq!(name("self"), "self_");
        assert_eq!(name("Self"), "Self_");
        assert_eq!(name("yield"), "r#yield");
        assert_eq!(name("not an identifier"), "__notanidentifier");
    }

    #[test]
    fn the_keywords_are_sorted_for_the_search() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn a_constant_never_has_the_name_of_its_accessor() {
        for accessor in ["_2024", "键", "a", "_3f2a"] {
            assert_ne!(constant_of(accessor), accessor);
        }
    }
}
