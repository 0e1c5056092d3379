//! Work on all pairs of a namespace from Rust: exports, restores, audits, migrations.

use std::fmt;
use std::future::IntoFuture;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use super::connect::Connect;
#[cfg(feature = "rest")]
use crate::connect::At;
use crate::data::{Audit, Export, PairChanges};
use crate::engine::{DeployError, ExportTarget, Select};
use crate::typed::Namespace;

impl<N: Namespace> Connect<N> {
    /// Writes all pairs to a writer, in the format of `wrangler kv bulk put`: a JSON array with one line
    /// for each pair, including its metadata and expiration. Pairs that expire within a minute and values
    /// that `env(...)` declares are left out.
    ///
    /// The export streams: its memory use does not grow with the namespace. With Cloudflare's API, it
    /// costs one list operation per thousand keys and one read per key.
    ///
    /// ```no_run
    /// kv_runtime::kv_namespace! { pub struct Users; title: "users", keys: { "user:{id}": String } }
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut json = Vec::new();
    /// let export = Users::connect().stage("prod").export(&mut json).family("user:{id}").await?;
    /// println!("{} pairs", export.pairs);
    /// # Ok(())
    /// # }
    /// ```
    pub fn export<'w>(self, writer: impl Write + Send + 'w) -> ExportRequest<'w, N> {
        ExportRequest { connect: self, select: Select::default(), to: To::Writer(Box::new(writer)) }
    }

    /// Writes all pairs to a file, in the same way as [`export`](Self::export). A second file,
    /// `FILE.about`, describes the export and shows whether the file is complete. Until the export is
    /// complete, the file is named `FILE.part`; an interrupted export continues where it stopped.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let export = Notes::connect().stage("prod").export_to("notes.json").await?;
    /// println!("{} pairs", export.pairs);
    /// # Ok(())
    /// # }
    /// ```
    pub fn export_to(self, file: impl Into<PathBuf>) -> ExportRequest<'static, N> {
        ExportRequest { connect: self, select: Select::default(), to: To::File(file.into()) }
    }

    /// Writes the pairs of such a file that are missing from the namespace or differ there, and returns
    /// what it wrote. Other keys are not changed. Each pair keeps its expiration.
    ///
    /// It does not ask: different values under the same keys are overwritten.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is damaged or truncated, before anything is written. After any other
    /// error, call it again to continue.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let changes = Notes::connect().stage("staging").restore("notes.json").await?;
    /// println!("{changes:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn restore(self, file: impl AsRef<Path>) -> Result<PairChanges, DeployError> {
        let (mut run, id, namespace_id) = self.run()?;
        run.restore_file(id, namespace_id, file.as_ref()).await
    }

    /// Reads all pairs and reports those that do not match the types declared for their keys.
    ///
    /// With Cloudflare's API, it costs one list operation per thousand keys and one read per key.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let audit = Notes::connect().stage("prod").audit().await?;
    /// assert!(audit.findings.is_empty(), "{audit:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn audit(self) -> Result<Audit, DeployError> {
        let (mut run, id, namespace_id) = self.run()?;
        run.audit_one(id, namespace_id).await
    }

    /// Rewrites the values of older types, which `was: [...]` lists, and returns what it changed. Metadata
    /// and expirations are kept.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let changes = Notes::connect().stage("prod").migrate().await?;
    /// println!("{changes:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn migrate(self) -> Result<PairChanges, DeployError> {
        let (mut run, id, namespace_id) = self.run()?;
        run.migrate_one(id, namespace_id).await
    }
}

#[cfg(feature = "rest")]
impl<N: Namespace> At<N> {
    /// Same as [`Connect::export`].
    pub fn export<'w>(self, writer: impl Write + Send + 'w) -> ExportRequest<'w, N> {
        Connect::of_id(self).export(writer)
    }

    /// Same as [`Connect::export_to`].
    pub fn export_to(self, file: impl Into<PathBuf>) -> ExportRequest<'static, N> {
        Connect::of_id(self).export_to(file)
    }

    /// Same as [`Connect::restore`].
    pub async fn restore(self, file: impl AsRef<Path>) -> Result<PairChanges, DeployError> {
        Connect::of_id(self).restore(file).await
    }

    /// Same as [`Connect::audit`].
    pub async fn audit(self) -> Result<Audit, DeployError> {
        Connect::of_id(self).audit().await
    }

    /// Same as [`Connect::migrate`].
    pub async fn migrate(self) -> Result<PairChanges, DeployError> {
        Connect::of_id(self).migrate().await
    }
}

/// An export; awaiting it writes the pairs.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let export = Notes::connect().export_to("notes.json").except("note:draft-*").await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is exported until it is awaited"]
pub struct ExportRequest<'w, N> {
    connect: Connect<N>,
    select: Select,
    to: To<'w>,
}

enum To<'w> {
    File(PathBuf),
    Writer(Box<dyn Write + Send + 'w>),
}

impl<N: Namespace> ExportRequest<'_, N> {
    /// Includes only the keys of a family, such as `flag:{name}`, or the keys that match a text in which
    /// `*` matches any text. Call it several times to include several families.
    pub fn family(mut self, pattern: impl Into<String>) -> Self {
        self.select.only.push(pattern.into());
        self
    }

    /// Excludes the keys of a family, or the keys that match a text with `*`.
    pub fn except(mut self, pattern: impl Into<String>) -> Self {
        self.select.except.push(pattern.into());
        self
    }

    /// Includes the values that `env(...)` declares.
    pub fn include_secrets(mut self) -> Self {
        self.select.secrets = true;
        self
    }
}

impl<'w, N: Namespace + 'w> IntoFuture for ExportRequest<'w, N> {
    type Output = Result<Export, DeployError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'w>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { connect, select, to } = self;
            let (mut run, id, namespace_id) = connect.run()?;
            match to {
                To::File(path) => {
                    let target = ExportTarget::File(path);
                    run.export_one(id, namespace_id, &select, target).await
                }
                To::Writer(mut writer) => {
                    let target = ExportTarget::Writer(&mut *writer);
                    run.export_one(id, namespace_id, &select, target).await
                }
            }
        })
    }
}

impl<N> fmt::Debug for ExportRequest<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportRequest").field("select", &self.select).finish_non_exhaustive()
    }
}
