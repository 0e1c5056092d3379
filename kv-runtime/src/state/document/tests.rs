//! What is written reads back, and what is damaged is refused.

use super::*;
use crate::state::{KeyRecord, StateError};

fn stage() -> StageKey {
    StageKey::new("shop", "dev").unwrap()
}

fn state() -> State {
    let mut state = State::new(&stage());
    let digest = state.digest_key().digest(b"v", None, None);
    let keys = (0..16_u8).map(|flags| {
        let [confirmed, once, written, secret] = [1, 2, 4, 8].map(|flag| flags & flag == 0);
        let record = KeyRecord { digest, confirmed, once, written, secret };
        (format!("{flags:x}").into(), record)
    });
    let now = Time::from_unix(1_900_000_000);
    let deployment = Deployment {
        namespace_id: "n".repeat(32),
        title: "sessions".to_owned(),
        account_id: "a".repeat(32),
        server: Some(Server::Cloudflare),
        origin: Origin::Adopted,
        deployers: BTreeSet::from(["shop/deploy".to_owned()]),
        delete: Some(false),
        created_at: now,
        modified_at: now,
        _declared: None,
        sources: Some(digest),
        keys: keys.collect(),
    };
    let creating = Creating {
        title: "users".to_owned(),
        account_id: "a".repeat(32),
        server: Some(Server::Other),
        since: now,
        deployers: BTreeSet::new(),
        replaces: Some(Box::new(deployment.clone())),
    };
    state.repository = Some("https://example.com/shop".to_owned());
    state.namespaces.insert("sessions".to_owned(), Record::Deployed(deployment));
    state.namespaces.insert("users".to_owned(), Record::Creating(creating));
    state
}

#[test]
fn what_is_written_reads_back() {
    let state = state();
    let json = state.to_json().unwrap();
    assert_eq!(State::from_json(&json, &stage(), "here").unwrap(), state);
}

#[test]
fn a_key_costs_at_most_40_bytes_besides_itself() {
    let mut state = state();
    let before = state.to_json().unwrap().len();
    let Some(Record::Deployed(deployment)) = state.namespaces.get_mut("sessions") else {
        panic!("sessions is deployed");
    };
    let record = *deployment.keys.get("5").unwrap();
    deployment.keys.merge([("12345678".into(), record)]);
    assert!(state.to_json().unwrap().len() - before - 8 <= 40);
}

#[test]
fn a_format_that_is_not_known_is_called_older_or_newer() {
    let json = String::from_utf8(state().to_json().unwrap()).unwrap();
    let with = |format| json.replace(r#""format":2"#, &format!(r#""format":{format}"#));
    for newer in ["3", "4294967296", "99999999999999999999999", "2.5"] {
        let error = State::from_json(with(newer).as_bytes(), &stage(), "here").unwrap_err();
        assert!(matches!(error, StateError::Newer { supported: 2, .. }), "{newer}: {error}");
    }
    let unlike = br#"{"format":3,"what":"ever"}"#;
    let error = State::from_json(unlike, &stage(), "here").unwrap_err();
    assert!(matches!(error, StateError::Newer { .. }), "{error}");
    for older in ["0", "-1", "0.5"] {
        let error = State::from_json(with(older).as_bytes(), &stage(), "here").unwrap_err();
        assert!(matches!(error, StateError::Older { oldest: 1, .. }), "{older}: {error}");
    }
}

/// What version 0.1.0 wrote before it had a checksum.
const FORMAT_1: &str = r#"{"format":1,"app":"shop","stage":"dev","digest_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","namespaces":{"sessions":{"deployed":{"namespace_id":"0a","title":"t","account_id":"0b","origin":"created","created_at":"2030-01-01T00:00:00Z","modified_at":"2030-01-01T00:00:00Z","keys":{"k":"?=AAAAAAAAAAAAAAAAAAAAAA"}}},"users":{"creating":{"title":"u","account_id":"0b","since":"2030-01-01T00:00:00Z"}}}}"#;

#[test]
fn a_state_of_format_1_is_read_and_written_as_format_2() {
    let state = State::from_json(FORMAT_1.as_bytes(), &stage(), "here").unwrap();
    assert_eq!(state.namespaces.len(), 2);
    assert!(state.namespaces.values().all(|record| record.deployers().is_empty()));
    let json = state.to_json().unwrap();
    assert!(json.starts_with(br#"{"format":2,"#));
    assert_eq!(State::from_json(&json, &stage(), "here").unwrap(), state);
}

#[test]
fn keys_that_may_have_been_edited_are_compared_with_their_sources() {
    let edited = r#""sources":"AAAAAAAAAAAAAAAAAAAAAA","keys":{"#;
    let edited = FORMAT_1.replace(r#""keys":{"#, edited);
    let state = State::from_json(edited.as_bytes(), &stage(), "here").unwrap();
    assert!(state.namespaces["sessions"].deployment().unwrap().sources().is_none());
}

#[test]
fn every_flipped_bit_is_noticed() {
    let json = state().to_json().unwrap();
    for at in 0..json.len() {
        for bit in 0..8 {
            let mut flipped = json.clone();
            flipped[at] ^= 1 << bit;
            let read = State::from_json(&flipped, &stage(), "here");
            assert!(read.is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_damaged_document_is_refused() {
    let json = state().to_json().unwrap();
    for damaged in [&json[..json.len() / 2], b"", b"{}", b"[]", b"\xff\xfe"] {
        let error = State::from_json(damaged, &stage(), "here").unwrap_err();
        assert!(matches!(error, StateError::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_document_of_another_app_or_stage_is_refused() {
    let json = state().to_json().unwrap();
    for (app, name) in [("other", "dev"), ("shop", "prod")] {
        let other = StageKey::new(app, name).unwrap();
        let error = State::from_json(&json, &other, "here").unwrap_err();
        assert!(matches!(error, StateError::OtherStage { .. }), "{error}");
    }
}
