//! A first declaration of what exists.

use kv_test_support::cloudflare::Cloudflare;

use super::{Deployed, title};

/// Without what differs from run to run.
macro_rules! assert_code {
    ($name:literal, $text:expr) => {
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            omit_expression => true,
            filters => vec![(r"[0-9a-f]{32}", "[namespace id]")],
        }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn a_declaration_is_written_from_wranglers_bindings() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let storage = cloudflare.storage();
    let id = |title: &str| storage.create(title).unwrap().id;
    let (dev, prod, cache) = (id("shop-dev-users"), id("shop-prod-users"), id("CACHE"));
    let config = format!(
        "name = \"shop\"\nkv_namespaces = [\n  {{ binding = \"USER_DATA\", id = \"{dev}\" }},\n  \
         {{ binding = \"myCache\", id = \"{cache}\", preview_id = \"x\" }},\n  {{ binding = \"NEW\" }},\n]\n\
         [[env.prod.kv_namespaces]]\nbinding = \"USER_DATA\"\nid = \"{prod}\"\n"
    );
    std::fs::write(deployed.path("wrangler.toml"), config).unwrap();
    let args = ["init", "--from-wrangler", "wrangler.toml", "--out", "kv.rs"];
    let ran = deployed.run("none-of-many", &args).expect(0);
    assert_code!("init-from-wrangler", std::fs::read_to_string(deployed.path("kv.rs")).unwrap());
    let import = format!("import --stage prod user_data={prod}");
    assert!(ran.stderr.contains(&import), "{}", ran.stderr);
    let ran = deployed.run("none-of-many", &args).expect(1);
    assert!(ran.stderr.contains("kv.rs already exists"), "{}", ran.stderr);
}

#[test]
fn families_and_types_are_guessed_from_what_is_stored() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    for (key, value) in [
        ("user:1", r#"{"userId":1,"tags":["a"],"type":"x"}"#),
        ("user:2", r#"{"userId":2,"tags":[],"address":{"zip code":"1"}}"#),
        ("flag:dark", "true"),
        ("flag:\"odd\"", "false"),
    ] {
        cloudflare.put(&title("dev"), key, value);
    }
    let id = cloudflare.namespace(&title("dev")).id;
    let args = ["init", "--from-namespace", &id, "--out", "-"];
    let ran = deployed.run("none-of-many", &args).expect(0);
    assert_code!("init-from-namespace", ran.stdout);
    let root = deployed.folder.path().to_str().unwrap();
    let args = ["init", "--from-namespace", &id, "--seed", "seed.json", "--root", root];
    deployed.run("none-of-many", &args).expect(0);
    let code = std::fs::read_to_string(deployed.path("src/kv.rs")).unwrap();
    assert!(code.contains("values: [..file(\"seed.json\")],"), "{code}");
    assert!(std::fs::read_to_string(deployed.path("seed.json")).unwrap().contains("\"motd\""));
    assert!(!cloudflare.take_requests().iter().any(|request| request.kind.writes()));
}

#[test]
fn init_says_why_it_writes_no_declaration() {
    let cloudflare = Cloudflare::start();
    let deployed = Deployed::new(&cloudflare);
    let refused = |args: &[&str], told: &str| {
        let ran = deployed.run("none-of-many", &[&["init"], args].concat()).expect(1);
        assert!(ran.stderr.contains(told), "{told}\n{}", ran.stderr);
    };
    refused(&[], "no source to write a declaration from was given");
    refused(&["--from-wrangler", "wrangler.toml", "--out", "-"], "cannot read wrangler.toml");
    std::fs::write(deployed.path("wrangler.toml"), "name = \"x\"").unwrap();
    refused(
        &["--from-wrangler", "wrangler.toml", "--out", "-"],
        "wrangler.toml has no KV namespace bindings",
    );
    std::fs::write(deployed.path("wrangler.toml"), "name = ").unwrap();
    refused(&["--from-wrangler", "wrangler.toml", "--out", "-"], "wrangler.toml:1:");
    refused(&["--from-namespace", &"0".repeat(32), "--out", "-"], "the account has no namespace");
}
