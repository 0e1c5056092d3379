//! The document that a state store keeps for each stage, and its format.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use kv_rules::Time;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::{Digest, DigestKey};
use super::store::{StageKey, StateError};

/// The format that this version writes, which is also the newest that it reads.
const FORMAT: u32 = 2;

/// The oldest format that this version reads: it has no checksum, no deployers, and no record of the
/// namespace that a create replaces.
const OLDEST_FORMAT: u32 = 1;

/// The state of one stage of an app.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    app: String,
    stage: String,
    digest_key: DigestKey,
    /// The `repository` of the package that deploys it, to distinguish apps of the same name.
    pub repository: Option<String>,
    /// The namespaces by their id in the declarations.
    pub namespaces: BTreeMap<String, Record>,
    /// The previous ids of namespaces, according to the declarations; not in the document.
    pub(crate) moved: BTreeMap<String, String>,
}

/// The part of a written state after the format and the checksum.
#[derive(Serialize)]
struct Body<'a> {
    app: &'a str,
    stage: &'a str,
    digest_key: &'a DigestKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'a str>,
    namespaces: &'a BTreeMap<String, Record>,
}

/// A state of any format, as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "R: Deserialize<'de>")]
struct Document<R> {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    #[serde(rename = "checksum", default)]
    _checksum: Option<IgnoredAny>,
    app: String,
    stage: String,
    digest_key: DigestKey,
    #[serde(default)]
    repository: Option<String>,
    namespaces: BTreeMap<String, R>,
}

/// A [`Record`] that is read without its keys, except those whose values are secrets.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outline {
    Creating {
        title: String,
        account_id: String,
        #[serde(default)]
        server: Option<Server>,
        since: Time,
        #[serde(default)]
        replaces: Option<Box<DeploymentOutline>>,
    },
    Deployed(DeploymentOutline),
}

#[derive(Deserialize)]
struct DeploymentOutline {
    namespace_id: String,
    title: String,
    account_id: String,
    #[serde(default)]
    server: Option<Server>,
    origin: Origin,
    created_at: Time,
    modified_at: Time,
    #[serde(default, deserialize_with = "secret_keys")]
    keys: BTreeMap<Arc<str>, KeyRecord>,
}

impl From<DeploymentOutline> for Deployment {
    fn from(outline: DeploymentOutline) -> Self {
        let DeploymentOutline { namespace_id, title, account_id, server, origin, .. } = outline;
        Self {
            namespace_id,
            title,
            account_id,
            server,
            origin,
            deployers: BTreeSet::new(),
            delete: None,
            created_at: outline.created_at,
            modified_at: outline.modified_at,
            _declared: None,
            keys: outline.keys,
        }
    }
}

impl From<Outline> for Record {
    fn from(outline: Outline) -> Self {
        match outline {
            Outline::Creating { title, account_id, server, since, replaces } => {
                let replaces = replaces.map(|replaced| Box::new((*replaced).into()));
                let deployers = BTreeSet::new();
                Self::Creating(Creating { title, account_id, server, since, deployers, replaces })
            }
            Outline::Deployed(deployment) => Self::Deployed(deployment.into()),
        }
    }
}

/// What is known about one namespace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// It was about to be created. Whether it was created is not known.
    Creating(Creating),
    /// It exists, as far as this tool knows.
    Deployed(Deployment),
}

/// Where an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Server {
    /// At Cloudflare.
    Cloudflare,
    /// Behind another base URL.
    Other,
    /// On this machine.
    ThisMachine,
}

/// A namespace that was about to be created when no namespace had its title.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Creating {
    /// Its intended title.
    pub title: String,
    /// The account in which to create it.
    pub account_id: String,
    /// Where the account is, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// When no namespace had the title.
    pub since: Time,
    /// The programs that list it, each as `PACKAGE/BINARY`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub deployers: BTreeSet<String>,
    /// The vanished namespace that this one replaces. It is kept until the replacement exists, since a
    /// namespace that vanished can come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Box<Deployment>>,
}

/// A namespace that this tool created or took over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Its id at Cloudflare.
    pub namespace_id: String,
    /// Its title when it was last written.
    pub title: String,
    /// The account that has it.
    pub account_id: String,
    /// Where the account is, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// How it got into the state.
    pub origin: Origin,
    /// The programs that list it, each as `PACKAGE/BINARY`. When none does any more, it was removed from
    /// the code.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub deployers: BTreeSet<String>,
    /// The last `delete` of its declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
    /// When it was added to the state.
    pub created_at: Time,
    /// When this tool last changed it.
    pub modified_at: Time,
    /// A field that earlier versions wrote.
    #[serde(default, skip_serializing, rename = "declared")]
    _declared: Option<IgnoredAny>,
    /// The keys that this tool wrote or is about to write.
    #[serde(default, deserialize_with = "keys")]
    pub keys: BTreeMap<Arc<str>, KeyRecord>,
}

/// How a namespace got into the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// This tool created it.
    Created,
    /// It existed before, and was adopted.
    Adopted,
}

/// What is known about one key. In the document it is one short text, the digest with prefixes: `?` if
/// the write is not confirmed, `=` if the pair is left to the application, `~` if this tool did not write
/// the pair, `!` if `env(...)` declared the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the document")]
pub struct KeyRecord {
    /// The digest of what was written.
    pub digest: Digest,
    /// Whether Cloudflare has confirmed the write.
    pub confirmed: bool,
    /// Whether the declaration said `once`.
    pub once: bool,
    /// Whether this tool wrote the pair, rather than found it as declared.
    pub written: bool,
    /// Whether `env(...)` declared the value, which is then never shown and never saved to a file.
    pub secret: bool,
}

impl KeyRecord {
    /// Whether to delete the key when its declaration is removed. A key that belongs to the application,
    /// or that existed before this tool came, is kept.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.written && !self.once
    }
}

impl State {
    /// Creates the state of a stage that was not deployed yet.
    #[must_use]
    pub fn new(stage: &StageKey) -> Self {
        Self {
            app: stage.app().to_owned(),
            stage: stage.stage().to_owned(),
            digest_key: DigestKey::random(),
            repository: None,
            namespaces: BTreeMap::new(),
            moved: BTreeMap::new(),
        }
    }

    /// Reads the document of a stage; `location` says where it is, for messages.
    pub fn from_json(json: &[u8], stage: &StageKey, location: &str) -> Result<Self, StateError> {
        Self::read::<Record>(json, stage, location)
    }

    /// The same without programs, and of the keys only those whose values are secrets, to find
    /// namespaces in little memory. It is not to be written.
    pub(crate) fn outline(
        json: &[u8],
        stage: &StageKey,
        location: &str,
    ) -> Result<Self, StateError> {
        Self::read::<Outline>(json, stage, location)
    }

    fn read<R: DeserializeOwned + Into<Record>>(
        json: &[u8],
        stage: &StageKey,
        location: &str,
    ) -> Result<Self, StateError> {
        let damaged =
            |source| StateError::Damaged { location: location.to_owned(), source: Some(source) };
        if json.starts_with(HEAD.as_bytes()) {
            check_sum(json).ok_or_else(|| StateError::Damaged {
                location: location.to_owned(),
                source: None,
            })?;
        } else {
            check_format(json, location)?;
        }
        let Document { app, stage: name, digest_key, repository, namespaces, .. } =
            serde_json::from_slice::<Document<R>>(json).map_err(damaged)?;
        let namespaces = namespaces.into_iter().map(|(id, record)| (id, record.into())).collect();
        let moved = BTreeMap::new();
        let state = Self { app, stage: name, digest_key, repository, namespaces, moved };
        // Ids are shown and sent unescaped, and the document may have been edited.
        let plain = |id: &&str| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        if let Some(id) = state.ids().find(|id| !plain(id)) {
            return Err(damaged(serde::de::Error::custom(format_args!("{id:?} is not an id"))));
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

    /// Every id in the state: of declarations, namespaces and accounts.
    fn ids(&self) -> impl Iterator<Item = &str> {
        self.namespaces.iter().flat_map(|(id, record)| {
            let namespace_id = match record {
                Record::Deployed(deployment) => deployment.namespace_id.as_str(),
                Record::Creating(_) => record.account_id(),
            };
            [id, namespace_id, record.account_id()]
        })
    }

    /// The text of the document.
    pub fn to_json(&self) -> Result<Vec<u8>, StateError> {
        let Self { app, stage, digest_key, repository, namespaces, .. } = self;
        let repository = repository.as_deref();
        let body = Body { app, stage, digest_key, repository, namespaces };
        // The head replaces the opening bracket.
        let mut json = vec![b' '; HEAD.len() + CHECKSUM_LEN + HEAD_END.len() - 1];
        serde_json::to_writer(&mut json, &body).map_err(StateError::Serialize)?;
        let (head, body) = json.split_at_mut(HEAD.len() + CHECKSUM_LEN + HEAD_END.len());
        let text = format!("{HEAD}{}{HEAD_END}", checksum(body));
        head.copy_from_slice(text.as_bytes());
        Ok(json)
    }

    /// Finds the namespace with an id at Cloudflare.
    #[must_use]
    pub fn owner(&self, namespace_id: &str) -> Option<&str> {
        self.namespaces.iter().find_map(|(id, record)| match record {
            Record::Deployed(deployment) if deployment.namespace_id == namespace_id => {
                Some(id.as_str())
            }
            _ => None,
        })
    }

    /// The stage of the state.
    #[must_use]
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// The key of this state's digests.
    #[must_use]
    pub fn digest_key(&self) -> &DigestKey {
        &self.digest_key
    }

    /// If the state has no digests yet, sets the key of digests that were made before it.
    pub(crate) fn set_digest_key(&mut self, key: &DigestKey) {
        if self.namespaces.is_empty() {
            self.digest_key = key.clone();
        }
    }
}

/// The beginning of a document of this format, followed by the checksum and [`HEAD_END`].
const HEAD: &str = r#"{"format":2,"checksum":""#;
const HEAD_END: &str = r#"","#;

/// The number of characters of a checksum.
const CHECKSUM_LEN: usize = 64;

/// The checksum of everything that follows it.
fn checksum(body: &[u8]) -> String {
    blake3::hash(body).to_hex().to_string()
}

/// Whether the checksum of a document matches what follows it.
fn check_sum(json: &[u8]) -> Option<()> {
    let (found, rest) = json.get(HEAD.len()..)?.split_at_checked(CHECKSUM_LEN)?;
    let body = rest.strip_prefix(HEAD_END.as_bytes())?;
    (checksum(body).as_bytes() == found).then_some(())
}

/// Refuses a document that does not have a known older format.
fn check_format(json: &[u8], location: &str) -> Result<(), StateError> {
    #[derive(Deserialize)]
    struct Header {
        format: serde_json::Number,
    }
    let location = || location.to_owned();
    let Header { format } = serde_json::from_slice(json)
        .map_err(|source| StateError::Damaged { location: location(), source: Some(source) })?;
    let (found, supported) = (format.to_string(), FORMAT);
    match format.as_u64() {
        Some(known) if known == u64::from(OLDEST_FORMAT) => Ok(()),
        // It claims to have a checksum, but does not begin with one.
        Some(known) if known == u64::from(FORMAT) => {
            Err(StateError::Damaged { location: location(), source: None })
        }
        _ if format.as_f64().is_some_and(|format| format > f64::from(FORMAT)) => {
            Err(StateError::Newer { location: location(), found, supported })
        }
        _ => Err(StateError::Older { location: location(), found, oldest: OLDEST_FORMAT }),
    }
}

impl Deployment {
    /// Creates the record of a namespace before any key is written.
    pub(crate) fn new(
        namespace_id: String,
        title: String,
        account_id: &str,
        server: Server,
        origin: Origin,
    ) -> Self {
        let now = Time::now();
        Self {
            namespace_id,
            title,
            account_id: account_id.to_owned(),
            server: Some(server),
            origin,
            deployers: BTreeSet::new(),
            delete: None,
            created_at: now,
            modified_at: now,
            _declared: None,
            keys: BTreeMap::new(),
        }
    }
}

impl Deployment {
    /// Identifies this state of the namespace among later ones.
    pub(crate) fn mark(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.modified_at.to_string().as_bytes());
        for (key, record) in &self.keys {
            hasher.update(&(key.len() as u64).to_le_bytes());
            hasher.update(key.as_bytes());
            hasher.update(record.digest.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
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

    /// The namespace as last deployed. If a replacement is being created, the namespace that vanished.
    #[must_use]
    pub fn deployment(&self) -> Option<&Deployment> {
        match self {
            Self::Creating(creating) => creating.replaces.as_deref(),
            Self::Deployed(deployment) => Some(deployment),
        }
    }

    /// The programs that list the namespace.
    #[must_use]
    pub fn deployers(&self) -> &BTreeSet<String> {
        match self {
            Self::Creating(creating) => &creating.deployers,
            Self::Deployed(deployment) => &deployment.deployers,
        }
    }

    /// Mutable access to the programs that list the namespace.
    pub(crate) fn deployers_mut(&mut self) -> &mut BTreeSet<String> {
        match self {
            Self::Creating(creating) => &mut creating.deployers,
            Self::Deployed(deployment) => &mut deployment.deployers,
        }
    }

    /// The account in which the namespace exists or was about to be created.
    #[must_use]
    pub fn account_id(&self) -> &str {
        match self {
            Self::Creating(creating) => &creating.account_id,
            Self::Deployed(deployment) => &deployment.account_id,
        }
    }
}

impl Record {
    /// Where the account is, if that is known.
    pub(crate) fn server(&self) -> Option<Server> {
        match self {
            Self::Creating(creating) => creating.server,
            Self::Deployed(deployment) => deployment.server,
        }
    }
}

impl Serialize for KeyRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { digest, confirmed, once, written, secret } = *self;
        let flags = [(!confirmed, b'?'), (once, b'='), (!written, b'~'), (secret, b'!')];
        // No allocation: a state has millions of them.
        let mut text = [0; 4 + Digest::TEXT_LEN];
        let mut end = 0;
        for (_, flag) in flags.into_iter().filter(|(is_set, _)| *is_set) {
            text[end] = flag;
            end += 1;
        }
        let digest = digest.write_to(&mut text[end..]);
        let text = str::from_utf8(&text[..end + digest]).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(text)
    }
}

impl<'de> Deserialize<'de> for KeyRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = KeyRecord;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "a digest of {} characters after `?`, `=`, `~`, `!` or nothing",
                    Digest::TEXT_LEN
                )
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<KeyRecord, E> {
                let (confirmed, rest) = text.strip_prefix('?').map_or((true, text), |r| (false, r));
                let (once, rest) = rest.strip_prefix('=').map_or((false, rest), |r| (true, r));
                let (written, rest) = rest.strip_prefix('~').map_or((true, rest), |r| (false, r));
                let (secret, rest) = rest.strip_prefix('!').map_or((false, rest), |r| (true, r));
                let digest = Digest::from_text(rest)
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))?;
                Ok(KeyRecord { digest, confirmed, once, written, secret })
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// A key, read with one allocation, where `Arc<str>` itself takes four.
struct Key(Arc<str>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key, E> {
                Ok(Key(text.into()))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Reads keys at once instead of inserting them one by one, since they were written in order.
fn keys<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Arc<str>, KeyRecord>, D::Error> {
    keys_that(deserializer, |_| true)
}

/// Reads the keys whose values are secrets.
fn secret_keys<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Arc<str>, KeyRecord>, D::Error> {
    keys_that(deserializer, |record| record.secret)
}

fn keys_that<'de, D: Deserializer<'de>>(
    deserializer: D,
    wanted: fn(&KeyRecord) -> bool,
) -> Result<BTreeMap<Arc<str>, KeyRecord>, D::Error> {
    struct Visitor(fn(&KeyRecord) -> bool);
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = BTreeMap<Arc<str>, KeyRecord>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("keys with what is known of each")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut keys = Vec::new();
            while let Some((Key(key), record)) = map.next_entry::<Key, KeyRecord>()? {
                if (self.0)(&record) {
                    keys.push((key, record));
                }
            }
            Ok(keys.into_iter().collect())
        }
    }
    deserializer.deserialize_map(Visitor(wanted))
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
        let record = deployment.keys["5"];
        deployment.keys.insert("12345678".into(), record);
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
}
