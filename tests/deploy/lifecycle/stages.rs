//! What differs by stage.

use kv_test_support::cloudflare::Cloudflare;

use crate::stage::Stage;

#[test]
fn a_stage_gets_its_own_values() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for (name, level, debug, mode) in [
        ("dev", "1", Some("true"), r#"{"fast":true}"#),
        ("pr-7", "3", Some("true"), r#"{"fast":true}"#),
        ("prod", "2", None, r#"{"fast":false}"#),
        ("prod-eu", "2", None, r#"{"fast":true}"#),
        ("staging", "1", None, r#"{"fast":true}"#),
    ] {
        stage.run("staged", &["--yes", "--stage", name]).expect(0);
        let pairs = cloudflare.pairs(&format!("{name}-flags"));
        assert_eq!(pairs["everywhere"], "yes");
        assert_eq!((pairs["level"].as_str(), pairs["mode"].as_str()), (level, mode), "{name}");
        assert_eq!(pairs.get("debug").map(String::as_str), debug, "{name}");
        let again = stage.run("staged", &["--yes", "--stage", name]).expect(0);
        assert!(again.stderr.contains("Nothing to do"), "{}", again.stderr);
    }
}

#[test]
fn a_stage_that_is_not_to_be_deleted_stays() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for name in ["dev", "prod"] {
        stage.run("staged", &["--yes", "--stage", name]).expect(0);
        stage.run("staged", &["destroy", "--yes", "--stage", name]).expect(0);
    }
    assert_eq!(cloudflare.titles(), ["prod-flags"]);
}
