//! Which keys are written, deleted and left alone.

use kv_test_support::cloudflare::{Cloudflare, Kind};
use kv_test_support::declared::{shared, v2, v3};

use crate::stage::Stage;

/// The keys of the requests of a kind since they were last taken.
fn keys(cloudflare: &Cloudflare, kind: Kind) -> Vec<String> {
    let requests = cloudflare.take_requests();
    let requests = requests.iter().filter(|request| request.kind == kind);
    requests.flat_map(kv_test_support::cloudflare::Request::keys).collect()
}

#[test]
fn only_what_changed_is_written_and_what_left_the_declaration_is_deleted() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.put("user-sessions", "session_999", "written by the application");
    drop(cloudflare.take_requests());
    stage.run("v2", &["--yes", "--only", "sessions"]).expect(0);
    let requests = cloudflare.take_requests();
    let of = |kind| requests.iter().find(|request| request.kind == kind).unwrap().keys();
    assert_eq!(of(Kind::BulkPut), ["greeting", "motd", "theme"]);
    assert_eq!(of(Kind::BulkDelete), ["session_123"]);
    let mut expected = crate::stage::declared_pairs(v2_sessions());
    expected.insert("session_999".to_owned(), "written by the application".to_owned());
    assert_eq!(cloudflare.pairs("sessions"), expected);
}

fn v2_sessions() -> &'static kv_runtime::__private::declaration::Declaration {
    <v2::Sessions as kv_runtime::Namespace>::DECLARATION
}

#[test]
fn what_the_application_wrote_over_a_declared_key_stays_while_its_declaration_does() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.put("user-sessions", "limits", "the application's");
    cloudflare.put("user-sessions", "greeting", "the application's");
    stage.run("v1", &["--yes"]).expect(0);
    stage.run("v2", &["--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("sessions")["limits"], "the application's");
    assert_eq!(cloudflare.pairs("sessions")["greeting"], "hello again");
}

#[test]
fn a_seed_file_that_was_written_whole_is_read_again_when_its_namespace_vanished() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("many", &["--yes"]).expect(0);
    stage.age();
    let id = cloudflare.namespace("many").id;
    cloudflare.storage().delete(&id).unwrap();
    stage.run("many", &["--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("many").len(), kv_test_support::declared::MANY);
}

#[test]
fn a_repair_compares_a_seed_file_that_did_not_change() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("many", &["--yes"]).expect(0);
    cloudflare.put("many", "key-00007", "another");
    drop(cloudflare.take_requests());
    stage.run("many", &["--yes", "--repair"]).expect(0);
    assert_eq!(keys(&cloudflare, Kind::BulkPut), ["key-00007"]);
    assert_eq!(cloudflare.pairs("many")["key-00007"], "7");
}

#[test]
fn pairs_of_a_file_have_their_familys_ttl_or_their_own_expiration() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let lifetimes = || {
        let pairs = cloudflare.storage().pairs(&cloudflare.namespace("pages").id).unwrap();
        let end = |key| pairs.get(key).unwrap().unwrap().expiration;
        let (home, sale) = (end("page:home").unwrap(), end("page:sale").unwrap());
        assert_eq!(end("robots.txt"), None);
        (home, sale)
    };
    stage.run("pages", &["--yes"]).expect(0);
    let (day, sale) = lifetimes();
    assert!(day > sale + 80_000, "{day} {sale}");

    drop(cloudflare.take_requests());
    stage.run("pages", &["--yes"]).expect(0);
    assert_eq!(keys(&cloudflare, Kind::BulkPut), [""; 0]);
    stage.run("pages-of-two-days", &["--yes"]).expect(0);
    assert_eq!(keys(&cloudflare, Kind::BulkPut), ["page:home"]);
    assert!(lifetimes().0 > day + 80_000);
}

#[test]
fn a_key_with_a_ttl_is_renewed_only_on_request() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    drop(cloudflare.take_requests());
    stage.run("v1", &["--yes"]).expect(0);
    assert_eq!(keys(&cloudflare, Kind::BulkPut), [""; 0]);
    stage.run("v1", &["--yes", "--renew"]).expect(0);
    assert_eq!(keys(&cloudflare, Kind::BulkPut), ["session_123"]);
}

#[tokio::test]
async fn a_key_declared_once_is_seeded_and_then_left_to_the_application() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.deploy::<v2::Sessions>().await.unwrap();
    assert_eq!(cloudflare.pairs("sessions")["theme"], "light");
    cloudflare.put("sessions", "theme", "the user's choice");
    // Its seed changed.
    stage.deploy::<v3::Sessions>().await.unwrap();
    assert_eq!(cloudflare.pairs("sessions")["theme"], "the user's choice");
    // It left the declaration.
    stage.run("v1", &["--yes", "--only", "sessions"]).expect(0);
    assert_eq!(cloudflare.pairs("user-sessions")["theme"], "the user's choice");
}

#[tokio::test]
async fn a_key_declared_once_that_was_there_before_is_left_as_it_is() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    cloudflare.storage().create("existing-namespace").unwrap();
    cloudflare.put("existing-namespace", "theme", "the user's choice");
    stage.deploy::<shared::Existing>().await.unwrap();
    assert_eq!(cloudflare.pairs("existing-namespace")["theme"], "the user's choice");
    drop(cloudflare.take_requests());
    stage.deploy::<shared::Existing>().await.unwrap();
    assert_eq!(keys(&cloudflare, Kind::BulkPut), [""; 0]);
}

#[test]
fn more_keys_than_a_request_takes_are_all_written_and_all_deleted() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("many", &["--yes"]).expect(0);
    assert_eq!(cloudflare.pairs("many").len(), kv_test_support::declared::MANY);
    drop(cloudflare.take_requests());
    stage.run("many", &["--yes"]).expect(0);
    assert_eq!(cloudflare.take_requests().len(), 1);
    stage.run("none-of-many", &["--yes"]).expect(0);
    assert!(cloudflare.pairs("many").is_empty());
}
