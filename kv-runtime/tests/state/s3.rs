//! The S3 store against a real S3 server. `tests/s3/run` starts one and names it by the `AWS_*`
//! variables and `KV_TEST_BUCKET`.

use std::collections::BTreeSet;

use kv_runtime::__private::state::Session;
use kv_runtime::state::{S3StateStore, StageKey, StateError, StateStore};

use crate::suite;

fn store(prefix: &str) -> S3StateStore {
    let bucket = std::env::var("KV_TEST_BUCKET").expect("tests/s3/run names the bucket");
    S3StateStore::open(&format!("s3://{bucket}/{prefix}")).unwrap()
}

#[tokio::test]
#[ignore = "needs an S3 server: tests/s3/run"]
async fn the_s3_store_keeps_every_promise_of_a_state_store() {
    suite::keeps_its_promises(&store("suite")).await;
    // At the root of a bucket as well as below a prefix.
    suite::keeps_its_promises(&store("")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an S3 server: tests/s3/run"]
async fn of_many_writers_at_once_none_loses_what_another_wrote() {
    let store = store("writers");
    let writer = async |name: &str| {
        let mut written = 0;
        while written < 5 {
            let stage = StageKey::new("shop", "dev").unwrap();
            match Session::open(&store, &stage).await {
                Ok(mut session) => {
                    let namespaces = &mut session.state_mut().namespaces;
                    let record = creating();
                    namespaces.insert(format!("{name}-{written}"), record);
                    session.save().await.unwrap();
                    session.close().await.unwrap();
                    written += 1;
                }
                Err(StateError::Locked { .. }) => tokio::task::yield_now().await,
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    tokio::join!(writer("a"), writer("b"));
    let stage = StageKey::new("shop", "dev").unwrap();
    let names = Session::read(&store, &stage).await.unwrap().namespaces;
    assert_eq!(names.len(), 10, "{:?}", names.keys());
}

#[tokio::test]
#[ignore = "needs an S3 server: tests/s3/run"]
async fn a_holder_that_lost_the_lock_cannot_overwrite_the_new_holder() {
    let store = store("lost");
    let stage = StageKey::new("shop", "dev").unwrap();
    let mut first = Session::open(&store, &stage).await.unwrap();
    first.save().await.unwrap();
    assert_eq!(store.unlock(&stage).await.unwrap().unwrap().pid, std::process::id());
    let mut second = Session::open(&store, &stage).await.unwrap();
    second.state_mut().namespaces.insert("mine".to_owned(), creating());
    second.save().await.unwrap();
    let error = first.save().await.unwrap_err();
    assert!(matches!(error, StateError::LockLost { .. }), "{error}");
    assert!(Session::read(&store, &stage).await.unwrap().namespaces.contains_key("mine"));
}

fn creating() -> kv_runtime::__private::state::Record {
    kv_runtime::__private::state::Record::Creating(kv_runtime::__private::state::Creating {
        title: "title".to_owned(),
        account_id: "a".repeat(32),
        server: None,
        since: kv_runtime::rules::Time::default(),
        deployers: BTreeSet::new(),
        replaces: None,
    })
}
