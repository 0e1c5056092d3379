//! The document that a state store keeps for each stage, and its format.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::MapAccess;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::{Digest, DigestKey};
use super::store::{StageKey, StateError};
use crate::api::NamespaceInfo;

/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// What was deployed to one stage of an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    format: u32,
    app: String,
    stage: String,
    digest_key: DigestKey,
    /// The namespaces by their id in the declarations.
    pub namespaces: BTreeMap<String, Record>,
}

/// What is known of one namespace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// It was about to be created; whether it was is not known.
    Creating(Creating),
    /// It exists, as far as this tool knows.
    Deployed(Deployment),
}

/// A namespace that was about to be created when no namespace had its title.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Creating {
    /// The title that it was to have.
    pub title: String,
    /// The account in which it was to be.
    pub account_id: String,
    /// When no namespace had the title.
    pub since: Timestamp,
}

/// A namespace that this tool created or took over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Cloudflare's id of it.
    pub namespace_id: String,
    /// Its title when it was last written.
    pub title: String,
    /// The account in which it is.
    pub account_id: String,
    /// How it came to be in the state.
    pub origin: Origin,
    /// What its declaration last said of `delete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
    /// When it came to be in the state.
    pub created_at: Timestamp,
    /// When this tool last changed it.
    pub modified_at: Timestamp,
    /// The digest of the declaration of which every pair was written and confirmed, and none is
    /// being changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Digest>,
    /// The keys that this tool wrote or is about to write.
    #[serde(default, deserialize_with = "keys")]
    pub keys: BTreeMap<Cow<'static, str>, KeyRecord>,
}

/// How a namespace came to be in the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// This tool created it.
    Created,
    /// It was there before.
    Adopted,
}

/// What is known of one key. In the document it is one short text: the digest, after `?` while the
/// write is not confirmed, after `=` when the pair is left to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRecord {
    /// The digest of what was written.
    pub digest: Digest,
    /// Whether Cloudflare has confirmed the write.
    pub confirmed: bool,
    /// Whether the declaration said `once`.
    pub once: bool,
}

impl State {
    /// The state of a stage to which nothing was deployed yet.
    #[must_use]
    pub fn new(stage: &StageKey) -> Self {
        Self {
            format: FORMAT,
            app: stage.app().to_owned(),
            stage: stage.stage().to_owned(),
            digest_key: DigestKey::random(),
            namespaces: BTreeMap::new(),
        }
    }

    /// Reads the document of a stage; `location` is where it lies, for messages.
    pub fn from_json(json: &[u8], stage: &StageKey, location: &str) -> Result<Self, StateError> {
        #[derive(Deserialize)]
        struct Header {
            format: u32,
        }
        let newer =
            |found| StateError::Newer { location: location.to_owned(), found, supported: FORMAT };
        let state: Self = match serde_json::from_slice(json) {
            Ok(state) => state,
            Err(source) => {
                return Err(match serde_json::from_slice::<Header>(json) {
                    Ok(header) if header.format > FORMAT => newer(header.format),
                    _ => StateError::Damaged { location: location.to_owned(), source },
                });
            }
        };
        if state.format > FORMAT {
            return Err(newer(state.format));
        }
        // Ids are shown and sent as they are: others may have had their hands on the document.
        let plain = |id: &&str| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        if let Some(id) = state.ids().find(|id| !plain(id)) {
            let source = serde::de::Error::custom(format_args!("{id:?} is not an id"));
            return Err(StateError::Damaged { location: location.to_owned(), source });
        }
        if (state.app.as_str(), state.stage.as_str()) != (stage.app(), stage.stage()) {
            return Err(StateError::OtherStage {
                location: location.to_owned(),
                found: format!("{}/{}", state.app, state.stage),
                expected: format!("{}/{}", stage.app(), stage.stage()),
            });
        }
        Ok(state)
    }

    /// Every id in it: of declarations, namespaces and accounts.
    fn ids(&self) -> impl Iterator<Item = &str> {
        self.namespaces.iter().flat_map(|(id, record)| {
            let namespace_id = match record {
                Record::Deployed(deployment) => deployment.namespace_id.as_str(),
                Record::Creating(_) => record.account_id(),
            };
            [id, namespace_id, record.account_id()]
        })
    }

    /// The document as it is written.
    pub fn to_json(&self) -> Result<Vec<u8>, StateError> {
        serde_json::to_vec(self).map_err(StateError::Serialize)
    }

    /// Which namespace has Cloudflare's id.
    #[must_use]
    pub fn owner(&self, namespace_id: &str) -> Option<&str> {
        self.namespaces.iter().find_map(|(id, record)| match record {
            Record::Deployed(deployment) if deployment.namespace_id == namespace_id => {
                Some(id.as_str())
            }
            _ => None,
        })
    }

    /// The key of this state's digests.
    #[must_use]
    pub fn digest_key(&self) -> &DigestKey {
        &self.digest_key
    }
}

impl Deployment {
    /// A namespace as it comes into the state, before any key is written.
    pub(crate) fn new(info: NamespaceInfo, account_id: &str, origin: Origin) -> Self {
        let now = Timestamp::now();
        Self {
            namespace_id: info.id,
            title: info.title,
            account_id: account_id.to_owned(),
            origin,
            delete: None,
            created_at: now,
            modified_at: now,
            declared: None,
            keys: BTreeMap::new(),
        }
    }
}

impl Record {
    /// The title that the namespace had when the record was written.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Creating(creating) => &creating.title,
            Self::Deployed(deployment) => &deployment.title,
        }
    }

    /// The account in which the namespace is or was to be.
    #[must_use]
    pub fn account_id(&self) -> &str {
        match self {
            Self::Creating(creating) => &creating.account_id,
            Self::Deployed(deployment) => &deployment.account_id,
        }
    }
}

impl Serialize for KeyRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(2 + Digest::TEXT_LEN);
        if !self.confirmed {
            text.push('?');
        }
        if self.once {
            text.push('=');
        }
        self.digest.append_to(&mut text);
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for KeyRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = KeyRecord;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a digest of {} characters after `?`, `=` or nothing", Digest::TEXT_LEN)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<KeyRecord, E> {
                let (confirmed, rest) = text.strip_prefix('?').map_or((true, text), |r| (false, r));
                let (once, rest) = rest.strip_prefix('=').map_or((false, rest), |r| (true, r));
                let digest = Digest::from_text(rest)
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))?;
                Ok(KeyRecord { digest, confirmed, once })
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Reads keys, which were written in order, and so are not sorted in one by one.
fn keys<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Cow<'static, str>, KeyRecord>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = BTreeMap<Cow<'static, str>, KeyRecord>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("keys with what is known of each")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut keys = Vec::new();
            while let Some(key) = map.next_entry()? {
                keys.push(key);
            }
            Ok(keys.into_iter().collect())
        }
    }
    deserializer.deserialize_map(Visitor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> StageKey {
        StageKey::new("shop", "dev").unwrap()
    }

    fn state() -> State {
        let mut state = State::new(&stage());
        let digest = state.digest_key().digest(b"v", None, None);
        let keys = [(true, false), (false, false), (true, true), (false, true)].into_iter();
        let keys = keys.map(|(confirmed, once)| {
            (format!("{confirmed}-{once}").into(), KeyRecord { digest, confirmed, once })
        });
        let now = Timestamp::from_second(1_900_000_000).unwrap();
        let deployment = Deployment {
            namespace_id: "n".repeat(32),
            title: "sessions".to_owned(),
            account_id: "a".repeat(32),
            origin: Origin::Adopted,
            delete: Some(false),
            created_at: now,
            modified_at: now,
            declared: Some(digest),
            keys: keys.collect(),
        };
        let creating =
            Creating { title: "users".to_owned(), account_id: "a".repeat(32), since: now };
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
        let record = deployment.keys["false-true"];
        deployment.keys.insert("12345678".into(), record);
        assert!(state.to_json().unwrap().len() - before - 8 <= 40);
    }

    #[test]
    fn a_newer_format_is_refused_whether_it_parses_or_not() {
        let json = String::from_utf8(state().to_json().unwrap()).unwrap();
        for newer in [
            json.replace(r#""format":1"#, r#""format":2"#),
            r#"{"format":2,"what":"ever"}"#.to_owned(),
        ] {
            let error = State::from_json(newer.as_bytes(), &stage(), "here").unwrap_err();
            assert!(matches!(error, StateError::Newer { found: 2, supported: 1, .. }), "{error}");
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
}
