//! Reads and writes the contents of the account without the API.

use std::collections::BTreeMap;

use kv_local::{Namespace, Pair};

use super::Cloudflare;

impl Cloudflare {
    /// The titles of all namespaces, in order.
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        let mut titles: Vec<_> =
            self.storage.list().unwrap().into_iter().map(|namespace| namespace.title).collect();
        titles.sort_unstable();
        titles
    }

    /// The namespace with this title.
    #[must_use]
    pub fn namespace(&self, title: &str) -> Namespace {
        let found = self.storage.list().unwrap().into_iter().find(|n| n.title == title);
        found.unwrap_or_else(|| panic!("no namespace has the title {title:?}"))
    }

    /// The pairs of a namespace, as text.
    #[must_use]
    pub fn pairs(&self, title: &str) -> BTreeMap<String, String> {
        let pairs = self.storage.pairs(&self.namespace(title).id).unwrap();
        let keys = pairs.list("", None, usize::MAX >> 1).unwrap().keys;
        let pair = |key: kv_local::ListedKey| {
            let stored = pairs.get(&key.name).unwrap().unwrap();
            (key.name, String::from_utf8(stored.value.to_vec()).unwrap())
        };
        keys.into_iter().map(pair).collect()
    }

    /// Writes a pair, as an application would.
    pub fn put(&self, title: &str, key: &str, value: &str) {
        let pairs = self.storage.pairs(&self.namespace(title).id).unwrap();
        pairs.put_many([Pair::new(key, value.as_bytes())]).unwrap();
    }
}
