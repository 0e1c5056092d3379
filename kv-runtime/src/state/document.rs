//! The document that a state store keeps for each stage, and its format.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Cursor, IntoInnerError, Seek, Write};

use kv_rules::Time;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::digest::{Digest, DigestKey};
use super::keys::{self, Keys};
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

/// What comes in a written state between the checksum and the namespaces.
#[derive(Serialize)]
struct Top<'a> {
    app: &'a str,
    stage: &'a str,
    digest_key: &'a DigestKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'a str>,
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
    #[serde(default, deserialize_with = "keys::secret")]
    keys: Keys,
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
            sources: None,
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// It was about to be created. Whether it was created is not known.
    Creating(Creating),
    /// It exists, as far as this tool knows.
    Deployed(Deployment),
}

/// Where an account is.
///
/// ```no_run
/// use kv_runtime::DeployError;
/// use kv_runtime::state::Server;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// if let Err(DeployError::OtherServer { deployed: Server::ThisMachine, .. }) = Notes::deploy().await {
///     println!("this state is of a deploy to this machine");
/// }
/// # Ok(())
/// # }
/// ```
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
    #[serde(default, skip_serializing)]
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
    /// The digest of what `keys` come from, if they are exactly that and all are confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sources: Option<Digest>,
    /// The keys that this tool wrote or is about to write.
    #[serde(default, skip_serializing, deserialize_with = "keys::all")]
    keys: Keys,
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
        let has_checksum = json.starts_with(HEAD.as_bytes());
        if has_checksum {
            check_sum(json).ok_or_else(|| StateError::Damaged {
                location: location.to_owned(),
                source: None,
            })?;
        } else {
            check_format(json, location)?;
        }
        let Document { app, stage: name, digest_key, repository, namespaces, .. } =
            serde_json::from_slice::<Document<R>>(json).map_err(damaged)?;
        let namespaces = namespaces.into_iter().map(|(id, record)| (id, record.into()));
        let mut namespaces: BTreeMap<_, Record> = namespaces.collect();
        if !has_checksum {
            // The keys may have been edited.
            namespaces.values_mut().for_each(Record::forget_sources);
        }
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
        let mut json = Cursor::new(Vec::new());
        let written = self.write_json(&mut json);
        written.map_err(|error| StateError::Serialize(serde_json::Error::io(error)))?;
        Ok(json.into_inner())
    }

    /// Writes the text of the document from the start of `out`, piece by piece.
    pub(super) fn write_json(&self, out: &mut (impl Write + Seek)) -> io::Result<()> {
        let Self { app, stage, digest_key, repository, namespaces, .. } = self;
        let top = Top { app, stage, digest_key, repository: repository.as_deref() };
        // The checksum is known once its place is passed.
        out.write_all(head(&blake3::Hash::from_bytes([0; 32])).as_bytes())?;
        let mut checked = BufWriter::new(Checked { out, hasher: blake3::Hasher::new() });
        // The head has the opening bracket.
        checked.write_all(&open(&top)?[1..])?;
        checked.write_all(br#","namespaces":{"#)?;
        for (index, (id, record)) in namespaces.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(checked, "{comma}{}:", serde_json::to_string(id)?)?;
            record.write_json(&mut checked)?;
        }
        checked.write_all(b"}}")?;
        let Checked { out, hasher } = checked.into_inner().map_err(IntoInnerError::into_error)?;
        out.rewind()?;
        out.write_all(head(&hasher.finalize()).as_bytes())
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

/// The beginning of a document with the checksum of everything that follows it.
fn head(checksum: &blake3::Hash) -> String {
    format!("{HEAD}{}{HEAD_END}", checksum.to_hex())
}

/// The JSON of an object up to its closing bracket, to write one more member.
fn open(object: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut json = serde_json::to_vec(object)?;
    json.pop();
    Ok(json)
}

/// Hashes what is written.
struct Checked<'a, W> {
    out: &'a mut W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Checked<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The checksum that a document of this format has.
pub(super) fn recorded_sum(json: &[u8]) -> Option<&[u8]> {
    json.strip_prefix(HEAD.as_bytes())?.get(..CHECKSUM_LEN)
}

/// Whether the checksum of a document matches what follows it.
pub(super) fn check_sum(json: &[u8]) -> Option<()> {
    let (found, rest) = json.get(HEAD.len()..)?.split_at_checked(CHECKSUM_LEN)?;
    let body = rest.strip_prefix(HEAD_END.as_bytes())?;
    (blake3::hash(body).to_hex().as_bytes() == found).then_some(())
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
            sources: None,
            keys: Keys::default(),
        }
    }
}

impl Deployment {
    /// The keys that this tool wrote or is about to write.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Mutable access to the keys. Afterwards it is not known what they come from.
    pub fn keys_mut(&mut self) -> &mut Keys {
        self.sources = None;
        &mut self.keys
    }

    /// The digest of what the keys come from, if they are exactly that and all are confirmed.
    pub(crate) fn sources(&self) -> Option<Digest> {
        self.sources
    }

    /// Records what the keys come from, once all of it is confirmed.
    pub(crate) fn set_sources(&mut self, sources: Option<Digest>) {
        self.sources = sources;
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&open(self)?)?;
        out.write_all(br#","keys":"#)?;
        self.keys.write_json(out)?;
        out.write_all(b"}")
    }

    /// Identifies this state of the namespace among later ones.
    pub(crate) fn mark(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.modified_at.to_string().as_bytes());
        for (key, record) in self.keys.iter() {
            hasher.update(&(key.len() as u64).to_le_bytes());
            hasher.update(key.as_bytes());
            hasher.update(record.digest.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

impl Record {
    /// Writes it piece by piece, since it can have millions of keys.
    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Creating(creating) => {
                out.write_all(br#"{"creating":"#)?;
                out.write_all(&open(creating)?)?;
                if let Some(replaced) = &creating.replaces {
                    out.write_all(br#","replaces":"#)?;
                    replaced.write_json(out)?;
                }
                out.write_all(b"}}")
            }
            Self::Deployed(deployment) => {
                out.write_all(br#"{"deployed":"#)?;
                deployment.write_json(out)?;
                out.write_all(b"}")
            }
        }
    }

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

    fn forget_sources(&mut self) {
        let deployment = match self {
            Self::Creating(creating) => creating.replaces.as_deref_mut(),
            Self::Deployed(deployment) => Some(deployment),
        };
        if let Some(deployment) = deployment {
            deployment.sources = None;
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

#[cfg(test)]
mod tests;
