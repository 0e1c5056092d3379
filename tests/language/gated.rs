//! Parts of a declaration that are there only in some builds, and texts that macros make.

use kv_runtime::{Namespace, kv_namespace};

kv_namespace! {
    /// Gated.
    pub struct Gated;
    title: concat!("gated-", env!("CARGO_PKG_NAME"), "-{stage}"),
    keys: {
        #[cfg(any())]
        "never:{id}": Missing,
        #[cfg(not(any()))]
        "always:{id}": u64,
        "{rest}": String,
    },
    values: [
        #[cfg(any())]
        { key: "gone", value: Missing { a: 1 } },
        /// Is there.
        #[cfg(all())]
        { key: concat!("th", "ere"), value: concat!("x", -1, true, 'c', stringify!(a + b)) },
        { key: "version", value: env!("CARGO_PKG_VERSION") },
    ]
}

#[tokio::test]
async fn what_a_cfg_leaves_out_is_nowhere() {
    let declaration = Gated::DECLARATION;
    let patterns: Vec<_> = declaration.families.iter().map(|family| family.pattern).collect();
    assert_eq!(patterns, ["always:{id}", "{rest}"]);
    let entries = declaration.entries.iter().map(|entry| entry.key.to_owned());
    let texts = declaration.read_texts().into_iter().map(|text| text.key);
    let mut keys: Vec<_> = entries.chain(texts).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["there", "version"]);
    let gated = Gated::in_memory();
    // The key of a family that is left out is one of the catch-all.
    gated.rest("never:1").put("x").await.unwrap();
    gated.always("1").put(&7).await.unwrap();
    assert_eq!(gated.there().get().await.unwrap().as_deref(), Some("x-1trueca + b"));
}

#[test]
fn macros_make_titles_keys_and_values() {
    assert_eq!(Gated::DECLARATION.title, "gated-tests-{stage}");
    assert_eq!(Gated::THERE.as_str(), "there");
}
