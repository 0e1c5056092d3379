//! What every state store promises.

use kv_runtime::__private::state::Session;
use kv_runtime::state::{StageKey, StateError, StateStore};

use crate::stage;

/// Checks all promises with an empty store.
pub(crate) async fn keeps_its_promises(store: &dyn StateStore) {
    a_stage_without_a_deploy_has_an_empty_state(store).await;
    what_one_session_saves_the_next_one_reads(store).await;
    a_second_deploy_is_refused_and_told_who_is_at_work(store).await;
    stages_do_not_see_each_other(store).await;
}

async fn a_stage_without_a_deploy_has_an_empty_state(store: &dyn StateStore) {
    assert_eq!(store.read(&stage()).await.unwrap(), None);
    assert!(!store.apps().await.unwrap().contains(&"shop".to_owned()));
    assert!(store.stages("shop").await.unwrap().is_empty());
    assert!(Session::read(store, &stage()).await.unwrap().namespaces.is_empty());
}

async fn what_one_session_saves_the_next_one_reads(store: &dyn StateStore) {
    let mut saved = None;
    for _ in 0..3 {
        let mut session = Session::open(store, &stage()).await.unwrap();
        if let Some(saved) = &saved {
            assert_eq!(session.state(), saved);
        }
        // A session writes as often as it likes.
        session.save().await.unwrap();
        session.save().await.unwrap();
        saved = Some(session.state().clone());
        session.close().await.unwrap();
    }
    assert_eq!(Session::read(store, &stage()).await.unwrap(), saved.unwrap());
}

async fn a_second_deploy_is_refused_and_told_who_is_at_work(store: &dyn StateStore) {
    let first = Session::open(store, &stage()).await.unwrap();
    let error = Session::open(store, &stage()).await.unwrap_err();
    let StateError::Locked { holder: Some(holder), .. } = &error else { panic!("{error}") };
    assert_eq!(holder.pid, std::process::id());
    assert!(error.to_string().contains(&holder.host), "{error}");
    first.close().await.unwrap();
    Session::open(store, &stage()).await.unwrap().close().await.unwrap();
    assert_eq!(store.unlock(&stage()).await.unwrap(), None);
}

async fn stages_do_not_see_each_other(store: &dyn StateStore) {
    let dev = Session::open(store, &stage()).await.unwrap();
    let prod = StageKey::new("shop", "prod").unwrap();
    let mut session = Session::open(store, &prod).await.unwrap();
    assert_ne!(session.state(), dev.state());
    session.save().await.unwrap();
    session.close().await.unwrap();
    dev.close().await.unwrap();
    assert!(store.apps().await.unwrap().contains(&"shop".to_owned()));
    assert_eq!(store.stages("shop").await.unwrap(), ["dev", "prod"]);
    assert!(store.stages("other").await.unwrap().is_empty());
}
