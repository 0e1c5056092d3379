//! Any serde value comes back from any store as it was put.

use std::collections::BTreeMap;

use kv_runtime::{Bytes, Entry, Store};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::Handle;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Anything {
    Unit,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Wide(u128, i128),
    Float(f64),
    Single(f32),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    Optional { maybe: Option<Box<Anything>> },
    Many(Vec<Anything>),
    Named(BTreeMap<String, Anything>),
    Numbered(BTreeMap<i64, Anything>),
    Json(Value),
}

fn unsigned() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), Just(u64::MAX), Just(1 << 53), Just((1 << 53) + 1)]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        unsigned().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn anything() -> impl Strategy<Value = Anything> {
    let leaf = prop_oneof![
        Just(Anything::Unit),
        any::<bool>().prop_map(Anything::Bool),
        unsigned().prop_map(Anything::Unsigned),
        any::<i64>().prop_map(Anything::Signed),
        any::<(u128, i128)>().prop_map(|(u, i)| Anything::Wide(u, i)),
        any::<f64>().prop_map(Anything::Float),
        any::<f32>().prop_map(Anything::Single),
        any::<char>().prop_map(Anything::Char),
        any::<String>().prop_map(Anything::Text),
        any::<Vec<u8>>().prop_map(Anything::Bytes),
        json().prop_map(Anything::Json),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::option::of(inner.clone())
                .prop_map(|maybe| Anything::Optional { maybe: maybe.map(Box::new) }),
            vec(inner.clone(), 0..4).prop_map(Anything::Many),
            btree_map(any::<String>(), inner.clone(), 0..4).prop_map(Anything::Named),
            btree_map(any::<i64>(), inner, 0..4).prop_map(Anything::Numbered),
        ]
    })
}

pub(crate) async fn any_value_comes_back(store: &Store) {
    let (store, handle) = (store.clone(), Handle::current());
    let run = move || {
        let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
        let value = (anything(), any::<String>(), any::<Vec<u8>>(), json());
        TestRunner::new(config)
            .run(&value, |(anything, text, bytes, metadata)| {
                handle.block_on(async {
                    comes_back(&store, anything, &metadata).await?;
                    comes_back(&store, text, &metadata).await?;
                    comes_back(&store, Bytes::from(bytes), &metadata).await
                })
            })
            .unwrap();
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

async fn comes_back<T>(store: &Store, value: T, metadata: &Value) -> Result<(), TestCaseError>
where
    T: Serialize + for<'de> Deserialize<'de> + std::fmt::Debug + PartialEq + 'static,
{
    let entry = Entry::<T>::new(store, "k").unwrap();
    let small = metadata.to_string().len() <= 1024;
    let metadata = if small { metadata } else { &Value::Null };
    entry.put(&value).metadata(metadata).await.unwrap();
    let got = entry.get().await.unwrap();
    // Text tells -0.0 from 0.0, which `==` does not.
    prop_assert_eq!(format!("{got:?}"), format!("{:?}", Some(&value)));
    let expected = Some(metadata).filter(|metadata| !metadata.is_null()).cloned();
    let both = entry.get_with_metadata().await.unwrap();
    prop_assert_eq!(both, Some((value, expected)));
    Ok(())
}
