//! The public items of the published crates, as lists, so that a change of the surface is noticed.
//!
//! `INSTA_UPDATE=always cargo test -p tests --test surface` writes the lists anew.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::path::Path;
use std::process::Command;

/// The public items of a crate, a line each.
fn surface(package: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("surface");
    let status = Command::new(env!("CARGO"))
        .args(["rustdoc", "--quiet", "--all-features", "--lib", "--package", package])
        .args(["--", "-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", &target)
        // Rustdoc writes JSON only this way; the format depends on the compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTDOCFLAGS")
        .status()
        .unwrap();
    assert!(status.success());
    let json = target.join("doc").join(package.replace('-', "_")).with_extension("json");
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .unwrap();
    api.to_string()
}

#[test]
fn a_change_of_the_public_surface_is_seen() {
    for package in ["kv-rules", "kv-local", "kv-runtime"] {
        insta::assert_snapshot!(package, surface(package));
    }
}
