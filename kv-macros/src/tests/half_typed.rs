//! Half-typed input: whatever is in the editor, the macro answers with code, never a panic.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{PACKAGE, input};
use kv_rules::seed::Package;

const DECLARATIONS: &[&str] = &[
    r#"
    /// Docs.
    #[derive(Clone)]
    pub(crate) struct Sessions;
    title: "{app}-{stage}-sessions", id: "s", binding: "S", adopt: true, delete: false,
    accountId: "0123456789abcdef0123456789abcdef", apiToken: env("T"), email: "a@b",
    base_url: "https://example.com",
    keys: {
        "session:{id}": Session,
        "user:{tenant}/{user_id: u64}": Vec<(u8, Profile)> {
            metadata: ProfileMeta, expirationTtl: 86_400, as: profile,
        },
        "{path}": Bytes,
    },
    values: [
        { key: "session:1", value: { a: [1, -2.5, null, true], "b c": "x", c: {} } },
        { key: "typed", value: [{ a: 1 }, { b: "x" }], type: Vec<HashMap<String, Theme>>, once: true },
        { key: "file", value: file("public/main.js"), expirationTtl: "1h 30m" },
        { key: "env", value: env("SECRET"), expiration: "2030-01-01T00:00:00Z" },
        { key: "theme", value: a::Theme { dark: true, ..x() }, metadata: { k: "v" }, as: skin },
        ..file("seed.json"), ..file("bad.json"), ..dir("public/css"),
    ]
    "#,
    r#"title: "user-data", values: [{ key: "2024", value: 18446744073709551615 }]"#,
];

/// All tokens, groups as an opening, their content and a closing.
#[derive(Debug, Clone)]
enum Flat {
    Token(TokenTree),
    Open(Delimiter),
    Close,
}

fn flatten(tokens: TokenStream, flat: &mut Vec<Flat>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                flat.push(Flat::Open(group.delimiter()));
                flatten(group.stream(), flat);
                flat.push(Flat::Close);
            }
            token => flat.push(Flat::Token(token)),
        }
    }
}

/// Closes the groups that are open at the end, as the compiler does when it recovers.
fn nest(flat: &[Flat]) -> TokenStream {
    let mut open = vec![(Delimiter::None, TokenStream::new())];
    let close = |open: &mut Vec<(Delimiter, TokenStream)>| {
        if open.len() > 1 {
            let (delimiter, inside) = open.pop().unwrap();
            let group = TokenTree::from(Group::new(delimiter, inside));
            open.last_mut().unwrap().1.extend([group]);
        }
    };
    for token in flat {
        match token {
            Flat::Token(token) => open.last_mut().unwrap().1.extend([token.clone()]),
            Flat::Open(delimiter) => open.push((*delimiter, TokenStream::new())),
            Flat::Close => close(&mut open),
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().unwrap().1
}

#[derive(Debug, Clone)]
enum Edit {
    Truncate(Index),
    Remove(Index),
    Repeat(Index),
    Swap(Index, Index),
    Insert(Index, &'static str),
    Regroup(Index, Delimiter),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    const TEXTS: [&str; 16] = [
        ",", ":", "..", "-", "<", ">", "#", "'a", "{}", "()", "\"{\"", "1e999", "1u8", "b\"x\"",
        "r#type", "::",
    ];
    let delimiters =
        [Delimiter::None, Delimiter::Brace, Delimiter::Bracket, Delimiter::Parenthesis];
    let index = any::<Index>;
    let edit = prop_oneof![
        index().prop_map(Edit::Truncate),
        index().prop_map(Edit::Remove),
        index().prop_map(Edit::Repeat),
        (index(), index()).prop_map(|(a, b)| Edit::Swap(a, b)),
        (index(), proptest::sample::select(&TEXTS[..]))
            .prop_map(|(at, text)| Edit::Insert(at, text)),
        (index(), proptest::sample::select(delimiters.to_vec()))
            .prop_map(|(at, delimiter)| Edit::Regroup(at, delimiter)),
    ];
    proptest::collection::vec(edit, 1..8)
}

fn apply(edit: &Edit, flat: &mut Vec<Flat>) {
    if flat.is_empty() {
        return;
    }
    match edit {
        Edit::Truncate(at) => flat.truncate(at.index(flat.len())),
        Edit::Remove(at) => drop(flat.remove(at.index(flat.len()))),
        Edit::Repeat(at) => {
            let at = at.index(flat.len());
            flat.insert(at, flat[at].clone());
        }
        Edit::Swap(a, b) => {
            let (a, b) = (a.index(flat.len()), b.index(flat.len()));
            flat.swap(a, b);
        }
        Edit::Insert(at, text) => {
            let at = at.index(flat.len());
            let mut inserted = Vec::new();
            flatten(text.parse().unwrap(), &mut inserted);
            flat.splice(at..at, inserted);
        }
        Edit::Regroup(at, delimiter) => {
            let at = at.index(flat.len());
            flat.insert(at, Flat::Open(*delimiter));
        }
    }
}

/// The answer is code that Rust can parse, so that an error never hides behind another.
fn assert_answers(tokens: TokenStream) {
    let code = crate::declare(tokens, &Package::new(Some(PACKAGE.into())));
    if let Err(error) = syn::parse2::<syn::File>(code) {
        panic!("{error} at {:?}", error.span().source_text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edited_declaration_is_answered(
        which in any::<Index>(),
        edits in edits(),
    ) {
        let mut flat = Vec::new();
        flatten(input(which.get::<&str>(DECLARATIONS)), &mut flat);
        // The wrapper in kv-runtime writes the first two tokens.
        let mut typed = flat.split_off(2);
        for edit in &edits {
            apply(edit, &mut typed);
        }
        flat.append(&mut typed);
        assert_answers(nest(&flat));
    }

    #[test]
    fn any_property_is_answered(
        name in "[a-zA-Z]{1,14}|\"\\PC{0,8}\"",
        key in "\\PC{0,20}",
        title in "[a-z{}-]{0,16}|\\PC{0,8}",
    ) {
        let declaration = format!(
            "title: {title:?}, {name}: 1, values: [{{ key: {key:?}, value: {{ {key:?}: 1 }} }}],
             keys: {{ {title:?}: u8, {key:?}: u8 }}"
        );
        if let Ok(tokens) = format!("kv_runtime;{declaration}").parse() {
            assert_answers(tokens);
        }
    }
}

#[test]
fn every_prefix_of_a_declaration_is_answered() {
    for declaration in DECLARATIONS {
        let mut flat = Vec::new();
        flatten(input(declaration), &mut flat);
        for end in 0..flat.len() {
            assert_answers(nest(&flat[..end]));
        }
    }
}
