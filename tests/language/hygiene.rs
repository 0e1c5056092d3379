//! User names that are also names of the library, of std or of generated items.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "it is declared to be compiled")]

/// A user's types, named as badly as can be.
mod names {
    pub struct String;
    pub struct Option;
    pub struct Result;
    pub struct Vec;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct Self_;
    pub struct Key;
    pub struct Entry;
    pub struct Store;
    pub struct Namespace;
    pub struct Declaration;
    pub struct Bytes;
    pub struct Deploy;
    pub struct Error;
    pub struct FamilyList;
    pub mod core {}
    pub mod std {}
    pub mod serde {}
    pub mod serde_json {}
    pub mod kv_runtime {}
    #[allow(non_camel_case_types)]
    pub struct str;
    #[allow(non_camel_case_types)]
    pub struct u32;
    #[allow(non_camel_case_types)]
    pub struct bool;
}

mod in_scope {
    use super::names::*;

    ::kv_runtime::kv_namespace! {
        pub struct Everything;
        title: "everything",
        values: [
            { key: "object", value: { text: "a", list: [1], maybe: [null, 1.5], truth: true } },
            { key: "text", value: "a", metadata: { a: 1 }, expirationTtl: 60 },
            { key: "file", value: file("Cargo.toml") },
            { key: "key", value: 1 },
            { key: "entry", value: 1 },
            { key: "option", value: { some: [{ none: 1 }] } },
            { key: "string", value: { string: "String" } },
            { key: "self", value: { Self: 1, crate: 2, super: 3, "": 4, "🎉": 5 } },
        ],
        keys: {
            "user:{tenant}/{self_id: ::core::primitive::u64}": Theme { metadata: Theme },
            "params:{store}/{params}": Theme { as: params },
        }
    }

    ::kv_runtime::kv_namespace! {
        pub struct Files;
        title: "files",
        keys: { "a:{id}": ::kv_runtime::Bytes, "{path}": ::kv_runtime::Bytes }
    }

    #[derive(::serde::Serialize, ::serde::Deserialize)]
    pub struct Theme;
}

#[no_implicit_prelude]
mod without_prelude {
    ::kv_runtime::kv_namespace! {
        pub struct Bare;
        title: "bare",
        values: [
            { key: "object", value: { text: "a", list: [1], maybe: [null, 1.5], unset: null } },
            { key: "env", value: env("HOME"), type: ::std::string::String },
        ],
        keys: { "user:{tenant}/{id: u64}": u64 { metadata: u64, expirationTtl: 60 } }
    }
}

/// Namespaces that have the names of items of the library.
mod named_as_ours {
    kv_runtime::kv_namespace! { pub struct Store; title: "a", values: [{ key: "a", value: { b: 1 } }] }
    kv_runtime::kv_namespace! { pub struct Namespace; title: "a", values: [{ key: "a", value: { b: 1 } }] }
    kv_runtime::kv_namespace! { pub struct Key; title: "a", keys: { "a:{id}": u8 } }
    kv_runtime::kv_namespace! { pub struct Option; title: "a", values: [{ key: "a", value: [null, 1] }] }
    kv_runtime::kv_namespace! { pub struct Result; title: "a", keys: { "a:{id: u8}": u8 } }
    kv_runtime::kv_namespace! { pub struct String; title: "a", values: [{ key: "a", value: "b" }] }
    kv_runtime::kv_namespace! { pub struct Vec; title: "a", values: [{ key: "a", value: ["b"] }] }
    kv_runtime::kv_namespace! { #[allow(non_camel_case_types)] pub struct r#type; title: "a", values: [{ key: "a", value: { b: 1 } }] }
}

/// Types with parameters, lifetimes and paths.
mod generic {
    use std::collections::BTreeMap;

    use kv_runtime::kv_namespace;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub struct Page<Key, Store = String, const N: usize = 2> {
        pub key: Key,
        pub store: Store,
    }

    kv_namespace! {
        pub struct Pages;
        title: "pages",
        values: [
            { key: "page", value: { key: 1, store: "a" }, type: Page<u8, String, 3> },
            { key: "map", value: { a: [1, 2] }, type: BTreeMap<String, Vec<u8>> },
            { key: "pair", value: [1, "a"], type: (u8, String), once: true },
            { key: "literal", value: Page::<u8> { key: 1, store: "a".to_owned() } },
        ],
        keys: {
            "pages:{id}": Page<BTreeMap<u8, Option<u8>>> { metadata: BTreeMap<String, (u8, u8)> },
            "by:{address: std::net::IpAddr}/{n: std::num::NonZero<u8>}": Option<Vec<u8>>,
        }
    }
}

/// Inside a generic function, an implementation and a closure.
fn inside<Store: Default, Key>(_: Key) -> Store {
    struct Outer;
    impl Outer {
        fn title() -> &'static str {
            kv_runtime::kv_namespace! { struct Inner; title: "inner", values: [{ key: "a", value: { b: 1 } }] }
            let _ = inner::A { b: 1 };
            <Inner as kv_runtime::Namespace>::DECLARATION.title
        }
    }
    let closure = || {
        kv_runtime::kv_namespace! { struct Inner; title: "closure", keys: { "a:{id}": u8 } }
        <Inner as kv_runtime::Namespace>::DECLARATION.title
    };
    assert_eq!((Outer::title(), closure()), ("inner", "closure"));
    Store::default()
}

#[test]
fn a_declaration_works_inside_functions() {
    inside::<u8, _>("a");
}

#[test]
fn both_editions_take_it_with_strict_lints_and_a_renamed_dependency() {
    assert_eq!((edition_2021::private(), edition_2024::private()), ("private", "private"));
    assert_eq!((edition_2021::local(), edition_2024::local()), ("local", "local"));
}
