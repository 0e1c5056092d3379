//! The message of every mistake, and the token that it points at.

use super::{PACKAGE, mistakes};
use kv_rules::seed::Package;

/// Leaves out what repeats in a long declaration.
fn shorten(declaration: &str) -> String {
    match declaration.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &declaration[..end]),
        None => declaration.to_owned(),
    }
}

macro_rules! messages {
    ($($test:ident { $($mistake:ident: $declaration:expr,)* })*) => {
        $(#[test]
        fn $test() {
            let mut messages = String::new();
            $(
                messages += concat!("# ", stringify!($mistake), "\n");
                messages += &shorten($declaration);
                for mistake in mistakes($declaration, &Package::new(Some(PACKAGE.into()))) {
                    messages += "\n  ";
                    let (token, message) = mistake.split_once("\n").unwrap();
                    let mistake = format!("{}\n{message}", shorten(token));
                    messages += &mistake.replace(PACKAGE, "[PACKAGE]");
                }
                messages += "\n\n";
            )*
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(messages);
            });
        })*
    };
}

messages! {
    header {
        no_name_at_all: "adopt: true",
        no_name_after_struct: "pub struct;",
        a_keyword_as_name: "pub struct struct;",
        no_semicolon: r#"pub struct Users title: "user-data""#,
        fields: r#"pub struct Users { store: Store } title: "user-data""#,
        generics: "pub struct Users<T>;",
        an_enum: r#"pub enum Users; title: "user-data""#,
        attributes_only: r#"#[derive(Debug)] title: "user-data""#,
        a_title_that_names_nothing: r#"title: "{app}-{stage}""#,
        half_typed: "pub str",
    }

    namespace {
        misspelt_property: r#"pub struct A; tilte: "user-data""#,
        unknown_property: r#"pub struct A; colour: "red""#,
        property_twice: r#"pub struct A; title: "a", title: "b""#,
        property_twice_in_both_spellings: r#"pub struct A; accountId: env("A"), account_id: env("B")"#,
        no_colon: r#"pub struct A; title "a""#,
        equals: r#"pub struct A; title = "a", adopt: maybe"#,
        no_value: "pub struct A; title:, adopt: true",
        no_comma: r#"pub struct A; title: "a" adopt: 1"#,
        empty_title: r#"pub struct A; title: """#,
        control_character_in_title: r#"pub struct A; title: "a\nb""#,
        unknown_placeholder: r#"pub struct A; title: "{stge}-users""#,
        unmatched_brace: r#"pub struct A; title: "{stage-users""#,
        title_is_a_number: "pub struct A; title: 5",
        adopt_is_text: r#"pub struct A; adopt: "yes""#,
        bad_id: r#"pub struct A; id: "User Data""#,
        bad_binding: r#"pub struct A; binding: "user-data""#,
        type_name_makes_no_id: "pub struct Größe;",
        bad_account_id: r#"pub struct A; accountId: "1234""#,
        bad_email: r#"pub struct A; email: "me""#,
        bad_base_url: r#"pub struct A; baseUrl: "http://example.com""#,
        literal_token: r#"pub struct A; apiToken: "v1.0-abc""#,
        literal_key: r#"pub struct A; api_key: "v1.0-abc""#,
        token_from_a_file: r#"pub struct A; apiToken: file("token")"#,
        bad_variable: r#"pub struct A; apiToken: env("MY TOKEN")"#,
        variable_without_quotes: "pub struct A; apiToken: env(TOKEN)",
        variable_missing: "pub struct A; apiToken: env()",
        values_is_a_map: "pub struct A; values: { a: 1 }",
        keys_is_a_list: r#"pub struct A; keys: ["a:{id}"]"#,
    }

    entries {
        no_key: "pub struct A; values: [{ value: 1 }]",
        no_value: r#"pub struct A; values: [{ key: "a" }]"#,
        empty_key: r#"pub struct A; values: [{ key: "", value: 1, as: a }]"#,
        dots: r#"pub struct A; values: [{ key: "..", value: 1, as: a }]"#,
        key_is_a_number: "pub struct A; values: [{ key: 5, value: 1 }]",
        key_without_quotes: "pub struct A; values: [{ key: main, value: 1 }]",
        key_twice: r#"pub struct A; values: [{ key: "a", value: 1 }, { key: "a", value: 2 }]"#,
        misspelt_property: r#"pub struct A; values: [{ key: "a", vaule: 1, expirationTTL: 60 }]"#,
        unknown_property: r#"pub struct A; values: [{ key: "a", value: 1, colour: "red" }]"#,
        no_comma_between_entries: r#"pub struct A; values: [{ key: "a", value: 1 } { key: "b", value: 1 }]"#,
        an_entry_without_braces: r#"pub struct A; values: [key: "a", value: 1]"#,
        short_ttl: r#"pub struct A; values: [{ key: "a", value: 1, expirationTtl: 59 }]"#,
        negative_ttl: r#"pub struct A; values: [{ key: "a", value: 1, expirationTtl: -60 }]"#,
        ttl_is_a_time: r#"pub struct A; values: [{ key: "a", value: 1, expirationTtl: 1893456000 }]"#,
        ttl_is_huge: r#"pub struct A; values: [{ key: "a", value: 1, expirationTtl: 99999999999999999999999999999999999999999 }]"#,
        ttl_is_a_calculation: r#"pub struct A; values: [{ key: "a", value: 1, expirationTtl: 60 * 60 }]"#,
        ttl_is_a_fraction: r#"pub struct A; values: [{ key: "a", value: 1, expirationTtl: 60.5 }]"#,
        ttl_is_no_duration: r#"pub struct A; values: [{ key: "a", value: 1, expirationTtl: "soon" }]"#,
        expiration_is_a_ttl: r#"pub struct A; values: [{ key: "a", value: 1, expiration: 3600 }]"#,
        expiration_in_milliseconds: r#"pub struct A; values: [{ key: "a", value: 1, expiration: 1893456000000 }]"#,
        expiration_is_no_time: r#"pub struct A; values: [{ key: "a", value: 1, expiration: "tomorrow" }]"#,
        both: r#"pub struct A; values: [{ key: "a", value: 1, expirationTtl: 60, expiration: 1893456000 }]"#,
        large_metadata: &format!(r#"pub struct A; values: [{{ key: "a", value: 1, metadata: "{}" }}]"#, "x".repeat(1023)),
        metadata_is_a_file: r#"pub struct A; values: [{ key: "a", value: 1, metadata: file("main.js") }]"#,
        once_is_a_number: r#"pub struct A; values: [{ key: "a", value: 1, once: 1 }]"#,
        as_is_quoted: r#"pub struct A; values: [{ key: "a", value: 1, as: "b" }]"#,
        as_is_reserved: r#"pub struct A; values: [{ key: "a", value: 1, as: self }, { key: "b", value: 1, as: __b }]"#,
        half_a_type: r#"pub struct A; values: [{ key: "a", value: 1, type: Vec<, once: true }]"#,
        no_type: r#"pub struct A; values: [{ key: "a", value: 1, type: }]"#,
        a_macro: r#"pub struct A; values: [{ key: "a", value: json!({ a: 1 }) }]"#,
        a_call: r#"pub struct A; values: [{ key: "a", value: String::from("x") }]"#,
        a_misspelt_function: r#"pub struct A; values: [{ key: "a", value: flie("main.js") }]"#,
        an_unknown_function: r#"pub struct A; values: [{ key: "a", value: compute() }]"#,
        half_a_path: r#"pub struct A; values: [{ key: "a", value: Theme:: }]"#,
        a_folder_as_value: r#"pub struct A; values: [{ key: "a", value: dir("public") }]"#,
    }

    json {
        name_twice: r#"pub struct A; values: [{ key: "a", value: { id: 1, "id": 2 } }]"#,
        beyond_u64: r#"pub struct A; values: [{ key: "a", value: [18446744073709551616, -9223372036854775809] }]"#,
        beyond_f64: r#"pub struct A; values: [{ key: "a", value: 1e999 }]"#,
        suffix: r#"pub struct A; values: [{ key: "a", value: 1u8 }]"#,
        character: r#"pub struct A; values: [{ key: "a", value: 'x' }]"#,
        bytes: r#"pub struct A; values: [{ key: "a", value: b"x" }]"#,
        minus_nothing: r#"pub struct A; values: [{ key: "a", value: - }]"#,
        minus_text: r#"pub struct A; values: [{ key: "a", value: -"x" }]"#,
        bare_text: r#"pub struct A; values: [{ key: "a", value: { role: admin } }]"#,
        env_inside: r#"pub struct A; values: [{ key: "a", value: { token: env("TOKEN") } }]"#,
        struct_inside: r#"pub struct A; values: [{ key: "a", value: [Theme { dark: true }] }]"#,
        name_with_a_dash: r#"pub struct A; values: [{ key: "a", value: { content-type: "x", b: 1 } }]"#,
        number_as_name: r#"pub struct A; values: [{ key: "a", value: { 1: "x" } }]"#,
        shorthand: r#"pub struct A; values: [{ key: "a", value: { user, b: 1 } }]"#,
        arrow: r#"pub struct A; values: [{ key: "a", value: { user => 1 } }]"#,
        no_comma: r#"pub struct A; values: [{ key: "a", value: { a: 1 b: 2 } }]"#,
        two_commas: r#"pub struct A; values: [{ key: "a", value: [1,, 2] }]"#,
        spread: r#"pub struct A; values: [{ key: "a", value: { ..other } }]"#,
        parentheses: r#"pub struct A; values: [{ key: "a", value: (1) }]"#,
        too_deep: &format!(r#"pub struct A; values: [{{ key: "a", value: {}{} }}]"#, "[".repeat(129), "]".repeat(129)),
    }

    names {
        two_keys_one_name: r#"pub struct A; values: [{ key: "main.js", value: 1 }, { key: "main-js", value: 1 }]"#,
        as_is_taken: r#"pub struct A; values: [{ key: "a", value: 1 }, { key: "b", value: 1, as: a }]"#,
        constants_clash: r#"pub struct A; values: [{ key: "2024", value: 1 }, { key: "key_2024", value: 1 }]"#,
        a_generated_method: r#"pub struct A; values: [{ key: "deploy", value: 1 }, { key: "new", value: 1 }]"#,
        no_letters: r#"pub struct A; values: [{ key: "/", value: 1 }]"#,
        an_entry_and_a_family: r#"pub struct A; values: [{ key: "session", value: 1 }], keys: { "session:{id}": u8 }"#,
        an_entry_and_a_list: r#"pub struct A; values: [{ key: "session_list", value: 1 }], keys: { "session:{id}": u8 }"#,
        two_families: r#"pub struct A; keys: { "user:{id: u64}": u8, "user:{id: u64}/posts/{post}": u8 }"#,
        a_family_named_new: r#"pub struct A; keys: { "new:{id}": u8 }"#,
    }

    families {
        no_parameter: r#"pub struct A; keys: { "session": u8 }"#,
        unmatched_brace: r#"pub struct A; keys: { "session:{id": u8 }"#,
        not_a_parameter: r#"pub struct A; keys: { "session:{a-b}": u8 }"#,
        adjacent: r#"pub struct A; keys: { "session:{a}{b}": u8 }"#,
        parameter_twice: r#"pub struct A; keys: { "session:{a}/{a}": u8 }"#,
        too_long: &format!(r#"pub struct A; keys: {{ "{}{{a}}": u8 }}"#, "x".repeat(512)),
        no_type_in_parameter: r#"pub struct A; keys: { "session:{a: }": u8, "user:{id: u64 u64}": u8 }"#,
        reference: r#"pub struct A; keys: { "session:{a: &str}": u8 }"#,
        one_name: r#"pub struct A; keys: { "session:{userId}/{user_id}": u8 }"#,
        no_type: r#"pub struct A; keys: { "session:{a}": , "user:{id}": u8 }"#,
        no_colon: r#"pub struct A; keys: { "session:{a}" u8 }"#,
        bare_pattern: r#"pub struct A; keys: { session: Session { expirationTtl: 5 }, "a:{b}": u8 }"#,
        overlap: r#"pub struct A; keys: { "a:{b}": u8, "a:{b}/{c}": u8, as: x }"#,
        two_catch_alls: r#"pub struct A; keys: { "{a}": u8, "{b}": u8 }"#,
        misspelt_property: r#"pub struct A; keys: { "a:{b}": u8 { metdata: u8, expirationTtl: 1 } }"#,
        type_of_a_member: r#"pub struct A; keys: { "a:{b}": u8 }, values: [{ key: "a:1", value: 1, type: u8 }]"#,
    }

    files {
        missing: r#"pub struct A; values: [{ key: "a", value: file("public/main.jss") }]"#,
        empty: r#"pub struct A; values: [{ key: "a", value: file("") }]"#,
        absolute: r#"pub struct A; values: [{ key: "a", value: file("/etc/passwd") }]"#,
        outside: r#"pub struct A; values: [{ key: "a", value: file("public/../../mod.rs") }]"#,
        a_folder: r#"pub struct A; values: [{ key: "a", value: file("public") }]"#,
        spread_of_a_folder: r#"pub struct A; values: [..file("public")]"#,
        dir_of_a_file: r#"pub struct A; values: [..dir("seed.json")]"#,
        three_dots: r#"pub struct A; values: [...file("seed.json")]"#,
        spread_of_env: r#"pub struct A; values: [..env("SEED")]"#,
        spread_of_nothing: "pub struct A; values: [.., ..seed]",
        a_bad_seed: r#"pub struct A; values: [{ key: "twice", value: 1 }, ..file("bad.json")]"#,
        a_seed_that_is_no_list: r#"pub struct A; values: [..file("object.json")]"#,
        a_seed_with_a_comment: r#"pub struct A; values: [..file("comment.json")]"#,
        keys_of_two_spreads: r#"pub struct A; values: [..file("seed.json"), ..file("seed.json"), ..dir("public")]"#,
    }
}

#[test]
fn keys_with_the_same_hash_are_told_apart() {
    let (one, other) = ("8yn0iYCKYHlIj4-BwPqk", "GReLUrM4wMqfg9yzV3KQ");
    let declared = |keys: &[&str]| {
        let entry = |key: &&str| format!(r#"{{ key: "{key}", value: 1 }}"#);
        let entries: Vec<_> = keys.iter().map(entry).collect();
        let declaration = format!("pub struct A; title: \"a\", values: [{}]", entries.join(","));
        mistakes(&declaration, &Package::new(None))
    };
    assert_eq!(declared(&[one, other]), Vec::<String>::new());
    for again in [one, other] {
        let mistakes = declared(&[one, other, again]);
        let [mistake] = mistakes.as_slice() else { panic!("{mistakes:?}") };
        assert!(mistake.contains(&format!("the key `{again}` is declared twice")), "{mistake}");
    }
}
