//! What a typed `get` over Cloudflare's API costs beside the same request by hand, to a server on
//! this machine that answers at once.

#![deny(missing_docs)]

mod server;

use std::time::Instant;

use futures_util::stream::{self, StreamExt};
use kv_runtime::api::{Client, Credentials, RetryPolicy};
use kv_runtime::{Entry, RestStore, Store};
use serde::{Deserialize, Serialize};

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const NAMESPACE: &str = "0f2ac74b498b48028cb68387c421e279";
const KEY: &str = "session_123";

/// How often both are measured, one after the other: in turns so short that what else the machine does
/// hits both alike.
const ROUNDS: usize = 1_001;

/// How many gets are measured at a time.
const GETS: usize = 160;

/// What is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    user_id: String,
    role: String,
}

#[tokio::main]
async fn main() {
    let base_url = server::start(r#"{"userId":"user_456","role":"admin"}"#);

    let token = Credentials::Token("any".into());
    let client = Client::new(&base_url, token, RetryPolicy::default()).expect("the URL is good");
    let store = Store::from(RestStore::new(client.namespaces(ACCOUNT), NAMESPACE));
    let session = || Entry::<Session>::new(&store, KEY).expect("the key is good");
    let typed = || async {
        let got = session().get().await.expect("the server answers");
        got.expect("the server has it").user_id
    };

    // It never speaks TLS, and cannot be built without something that could.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let timeout = RetryPolicy::default().request_timeout;
    let http = reqwest::Client::builder().user_agent("bench").timeout(timeout);
    let http = http.no_proxy().tls_certs_only([]).build().expect("there is nothing to load");
    let url =
        format!("{base_url}/accounts/{ACCOUNT}/storage/kv/namespaces/{NAMESPACE}/values/{KEY}");
    let by_hand = || async {
        let response = http.get(&url).bearer_auth("any").send().await;
        let response = response.and_then(reqwest::Response::error_for_status);
        let body = response.expect("the server answers").bytes().await;
        let session: Session = serde_json::from_slice(&body.expect("it answers whole"))
            .expect("the server has a session");
        session.user_id
    };

    println!("| in flight | typed | by hand | time of typed ÷ by hand |");
    println!("|---|---|---|---|");
    for in_flight in [1, 16] {
        let (mut ratios, mut typed_rates, mut by_hand_rates) = (vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            let by_hand = rate(&by_hand, in_flight).await;
            let typed = rate(&typed, in_flight).await;
            typed_rates.push(typed);
            by_hand_rates.push(by_hand);
            ratios.push(by_hand / typed);
        }
        println!(
            "| {in_flight} | {:.0} a second | {:.0} a second | {:.3} |",
            median(typed_rates),
            median(by_hand_rates),
            median(ratios)
        );
    }
}

/// How many gets a second.
async fn rate<F: Future<Output = String>>(get: impl Fn() -> F, in_flight: usize) -> f64 {
    let begun = Instant::now();
    let mut gets = stream::iter(0..GETS).map(|_| get()).buffer_unordered(in_flight);
    while let Some(user_id) = gets.next().await {
        assert_eq!(user_id, "user_456");
    }
    let gets = u32::try_from(GETS).expect("they are few");
    f64::from(gets) / begun.elapsed().as_secs_f64()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
