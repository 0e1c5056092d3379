//! One slip of the keyboard is one error, with uses of what was declared: each token of realistic
//! declarations is deleted, doubled, replaced and swapped with the next.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{PACKAGE, input};
use kv_rules::seed::Package;

/// How many of a hundred edits may give more than one error, or remove an accessor that was not edited.
const AT_MOST: usize = 3;

const DECLARATIONS: &[&str] = &[
    r#"pub struct Sessions; title: "user-sessions", values: [{ key: "session_123", value: { userId: "user_456", role: "admin" }, expirationTtl: 3600 }]"#,
    r#"pub struct Users; title: "users-{stage}", keys: { "user:{id}": User, "team:{name}": Team }"#,
    r#"pub(crate) struct Flags; title: "flags", adopt: true, values: [{ key: "beta", value: true }, { key: "limit", value: 10, metadata: { by: "ops" } }]"#,
    r#"title: "static-assets", values: [..file("seed.json"), { key: "extra", value: "x" }]"#,
    r#"pub struct Secrets; title: "secrets", values: [{ key: "token", value: env("TOKEN"), once: true }]"#,
    r#"pub struct Site; id: "site", title: "site", binding: "SITE", keys: { "page:{path}": String { metadata: Meta, expirationTtl: "1d" } }"#,
    r#"pub struct Stages; title: "x", delete: true, delete: false in "prod", values: [{ key: "a", value: 1, value: 2 in ["prod", "pr-*"] }]"#,
    r#"pub struct Only; title: "only", values: [{ key: "debug", value: { level: 3 }, only: ["dev", "pr-*"] }]"#,
    r#"pub struct Typed; title: "typed", values: [{ key: "theme", value: Theme { dark: true }, as: skin }, { key: "n", value: [1, 2], type: Vec<u8> }]"#,
    r#"#[derive(Clone)] pub struct Derived; title: "d", values: [{ key: "k", value: null, expiration: "2030-01-01T00:00:00Z" }]"#,
    r#"pub struct Deep; title: "deep", values: [{ key: "config", value: { a: { b: [1, { c: "x" }], d: -2.5 }, e: null } }]"#,
    r#"pub struct Was; title: "was", was: "old", keys: { "user:{id: u64}": Profile { was: [V2, V1], as: profile } }"#,
    r#"pub struct Account; title: "acc", accountId: "0123456789abcdef0123456789abcdef", apiToken: env("T"), baseUrl: "https://example.com""#,
    r#"pub struct Many; title: "many", values: [{ key: "a", value: 1 }, { key: "b", value: 2 }, { key: "c", value: 3 }, { key: "d", value: 4 }]"#,
    r#"pub struct Two; title: "two", keys: { "a:{x}/{y: u32}": u8, "{rest}": String }, values: [{ key: "plain", value: "text" }]"#,
    r#"pub struct Keys; title: "keys", module: key_types, values: [{ key: "main.js", value: "x", as: script }, { key: "robots.txt", value: "y" }]"#,
    r#"pub struct Times; title: "times", values: [{ key: "a", value: "x", expirationTtl: 60 * 60 }, { key: "b", value: "y", expiration: 1893456000 }]"#,
    r#"pub struct Gated; title: "gated", keys: { #[cfg(unix)] "unix:{pid: u32}": String, "{path}": Bytes }"#,
    r#"pub struct Mixed; title: "{app}-{stage}-{id}", values: [..dir("public"), { key: "list", value: [{ a: 1 }, { a: 2, b: "x" }] }]"#,
    r#"/// Docs.
    pub struct Docs; title: "docs", values: [
        /// A key.
        { key: "k", value: "v" },
    ]"#,
];

#[derive(Clone)]
enum Flat {
    Token(TokenTree),
    /// With the number of its closing.
    Open(Delimiter, usize),
    Close(usize),
}

fn flatten(tokens: TokenStream, flat: &mut Vec<Flat>, groups: &mut usize) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                *groups += 1;
                let number = *groups;
                flat.push(Flat::Open(group.delimiter(), number));
                flatten(group.stream(), flat, groups);
                flat.push(Flat::Close(number));
            }
            token => flat.push(Flat::Token(token)),
        }
    }
}

/// `None` if brackets do not match: then the compiler reports it, not the macro.
fn nest(flat: &[Flat]) -> Option<TokenStream> {
    let mut open = vec![(Delimiter::None, 0, TokenStream::new())];
    for token in flat {
        match token {
            Flat::Token(token) => open.last_mut()?.2.extend([token.clone()]),
            Flat::Open(delimiter, number) => open.push((*delimiter, *number, TokenStream::new())),
            Flat::Close(number) => {
                let (delimiter, opened, inside) = open.pop()?;
                if opened != *number {
                    return None;
                }
                let group = TokenTree::from(Group::new(delimiter, inside));
                open.last_mut()?.2.extend([group]);
            }
        }
    }
    if open.len() == 1 { open.pop().map(|(.., tokens)| tokens) } else { None }
}

/// What uses of a declaration meet.
struct Understood {
    errors: usize,
    /// The name of the type, if that was understood.
    name: Option<String>,
    accessors: BTreeSet<String>,
}

fn understood(tokens: TokenStream) -> Understood {
    let understood = crate::understand(tokens, &Package::new(Some(PACKAGE.into())));
    let (errors, namespace) = match understood {
        Ok(namespace) => (0, Some(namespace)),
        Err(broken) => (broken.errors.into_vec().len(), broken.understood),
    };
    let name = namespace.as_ref().map(|namespace| namespace.head.name.to_string());
    let accessors = namespace.map(|namespace| {
        let entries = namespace.entries.iter().map(|entry| entry.names.accessor.to_string());
        let families = namespace.families.iter().map(|family| family.accessor.to_string());
        entries.chain(families).collect()
    });
    Understood { errors, name, accessors: accessors.unwrap_or_default() }
}

/// How many uses are errors too. The type of a declaration with mistakes is silent, as long as it has its
/// name; of a declaration without, one of the accessors that are gone may be the edited one.
fn lost(before: &Understood, after: &Understood) -> usize {
    match after.errors {
        0 => before.accessors.difference(&after.accessors).count().saturating_sub(1),
        _ if before.name == after.name => 0,
        _ => before.accessors.len(),
    }
}

#[test]
fn a_slip_is_one_error() {
    let (mut edits, mut bad) = (0, Vec::new());
    for declaration in DECLARATIONS {
        let mut flat = Vec::new();
        flatten(input(declaration), &mut flat, &mut 0);
        let before = understood(nest(&flat).unwrap());
        assert_eq!(before.errors, 0, "{declaration}");
        // The wrapper in kv-runtime writes the first two tokens.
        for at in 2..flat.len() {
            let mut deleted = flat.clone();
            deleted.remove(at);
            let mut doubled = flat.clone();
            doubled.insert(at, flat[at].clone());
            let mut swapped = flat.clone();
            if at + 1 < flat.len() {
                swapped.swap(at, at + 1);
            }
            let mut replaced = flat.clone();
            if let Flat::Token(token) = &mut replaced[at] {
                *token = TokenTree::Ident(proc_macro2::Ident::new("oops", token.span()));
            }
            for (what, edited) in [
                ("deleted", deleted),
                ("doubled", doubled),
                ("replaced", replaced),
                ("swapped", swapped),
            ] {
                let Some(tokens) = nest(&edited) else { continue };
                let shown = tokens.to_string();
                edits += 1;
                let after = understood(tokens);
                let (found, lost) = (after.errors, lost(&before, &after));
                if found + lost > 1 {
                    bad.push(format!("{found} errors, {lost} uses, {what} {at}: {shown}"));
                }
            }
        }
    }
    assert!(bad.len() * 100 <= edits * AT_MOST, "{} of {edits}:\n{}", bad.len(), bad.join("\n"));
}
