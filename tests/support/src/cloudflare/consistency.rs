//! New namespaces that are not visible at once, for a number of requests instead of a time.

use std::collections::HashMap;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::request::Kind;

/// How late new namespaces become visible.
#[derive(Debug, Clone, Default)]
pub struct Consistency {
    unseen: usize,
    unlisted: usize,
    young: HashMap<String, Young>,
}

/// How many more requests do not find a namespace.
#[derive(Debug, Clone)]
struct Young {
    unseen: usize,
    unlisted: usize,
}

/// Cloudflare's response for a namespace that is not visible yet.
pub(super) const UNSEEN: &str = r#"{"success":false,"errors":[{"code":10013,"message":"namespace not found"}],"messages":[],"result":null}"#;

impl Consistency {
    /// The next `unseen` requests to a new namespace do not find it, and the next `unlisted` lists do not
    /// include it.
    #[must_use]
    pub fn late(unseen: usize, unlisted: usize) -> Self {
        Self { unseen, unlisted, young: HashMap::new() }
    }

    pub(super) fn hide(&mut self, id: String, unseen: usize, unlisted: usize) {
        self.young.insert(id, Young { unseen, unlisted });
    }

    /// Whether a request to a namespace does not find it.
    pub(super) fn hides(&mut self, path: &str) -> bool {
        let young = self.young.iter_mut().find(|(id, _)| path.contains(id.as_str()));
        let Some((_, young)) = young else { return false };
        let hidden = young.unseen > 0;
        young.unseen = young.unseen.saturating_sub(1);
        hidden
    }

    /// The response to a request, without namespaces that are not listed yet.
    pub(super) fn answered(&mut self, kind: Kind, body: Bytes) -> Bytes {
        match kind {
            Kind::Create if self.unseen + self.unlisted > 0 => {
                let answer: Value = serde_json::from_slice(&body).unwrap();
                if let Some(id) = answer["result"]["id"].as_str() {
                    self.hide(id.to_owned(), self.unseen, self.unlisted);
                }
                body
            }
            Kind::List if self.young.values().any(|young| young.unlisted > 0) => {
                let mut answer: Value = serde_json::from_slice(&body).unwrap();
                let all = answer["result"].as_array().unwrap();
                let listed: Vec<_> = all.iter().filter(|n| !self.is_unlisted(n)).collect();
                let count = listed.len();
                answer["result"] = json!(listed);
                answer["result_info"]["count"] = json!(count);
                answer["result_info"]["total_count"] = json!(count);
                for young in self.young.values_mut() {
                    young.unlisted = young.unlisted.saturating_sub(1);
                }
                answer.to_string().into()
            }
            _ => body,
        }
    }

    fn is_unlisted(&self, namespace: &Value) -> bool {
        let young = namespace["id"].as_str().and_then(|id| self.young.get(id));
        young.is_some_and(|young| young.unlisted > 0)
    }
}
