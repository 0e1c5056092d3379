//! A type that was renamed in the code looks like one namespace removed and another added.

use kv_test_support::cloudflare::Cloudflare;

use crate::stage::Stage;

#[test]
fn a_likely_rename_is_reported_with_how_to_keep_the_data() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("shop-and-v1", &["--yes"]).expect(0);
    let plan = stage.run("store-and-v1", &["plan"]).expect(0);
    let told =
        "looks like it was renamed to store: write `was: \"shop\"` there to keep the namespace";
    assert!(plan.stderr.contains(told), "{}", plan.stderr);
    let json = stage.run("store-and-v1", &["plan", "--format", "json"]).expect(0);
    assert!(json.stdout.contains("\"likely_renamed_to\": \"store\""), "{}", json.stdout);

    cloudflare.put("tests-dev-shop", "cart", "the application's");
    let refused = stage.refused("store-and-v1", &["--yes"]);
    let help = refused.stderr.split("help: ").nth(1).unwrap();
    assert!(help.find("`was: \"shop\"`").unwrap() < help.find("--delete-data").unwrap(), "{help}");
}

#[test]
fn the_only_namespace_is_not_replaced_by_its_new_name() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("shop", &["--yes"]).expect(0);
    let plan = stage.run("store", &["plan"]).expect(0);
    assert!(plan.stderr.contains("looks like it was renamed to store"), "{}", plan.stderr);
    let refused = stage.refused("store", &["--yes"]);
    let told = "if `shop` was renamed to `store` in the code, keep its data with `was: \"shop\"`";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    assert_eq!(cloudflare.titles(), ["tests-dev-shop"]);
    stage.run("store", &["--yes", "--take-over"]).expect(0);
    assert_eq!(cloudflare.titles(), ["tests-dev-store"]);
}
