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
    /// Writes all pairs to a writer, in the format of `wrangler kv bulk put`: a JSON array, with a line
    /// for each pair, its metadata and its expiration. Pairs that expire within a minute are left out,
    /// and values that `env(...)` declares.
    ///
    /// It streams: what it holds does not grow with the namespace. Over Cloudflare's API it costs a list
    /// operation for each thousand keys and a read for each.
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

    /// Writes all pairs to a file, as [`export`](Self::export), and beside it `FILE.about`, which says what
    /// it is and how to tell that it is whole. Until then it is named `FILE.part`; an export that was cut
    /// off goes on where it was.
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

    /// Writes the pairs of such a file that the namespace does not have as they are, and says what
    /// that was. Other keys stay. Each pair keeps what is left of its lifetime.
    ///
    /// The call is the consent: other values under the same keys are overwritten.
    ///
    /// # Errors
    ///
    /// When the file is damaged or cut off, before anything is written. After any other, the same call
    /// goes on.
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

    /// Reads all pairs and says which are not of the types that their keys have.
    ///
    /// Over Cloudflare's API it costs a list operation for each thousand keys and a read for each.
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

    /// Rewrites the values of older types, which `was: [...]` names, and says how many that was.
    /// Metadata and expirations stay.
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
    /// As [`Connect::export`].
    pub fn export<'w>(self, writer: impl Write + Send + 'w) -> ExportRequest<'w, N> {
        Connect::of_id(self).export(writer)
    }

    /// As [`Connect::export_to`].
    pub fn export_to(self, file: impl Into<PathBuf>) -> ExportRequest<'static, N> {
        Connect::of_id(self).export_to(file)
    }

    /// As [`Connect::restore`].
    pub async fn restore(self, file: impl AsRef<Path>) -> Result<PairChanges, DeployError> {
        Connect::of_id(self).restore(file).await
    }

    /// As [`Connect::audit`].
    pub async fn audit(self) -> Result<Audit, DeployError> {
        Connect::of_id(self).audit().await
    }

    /// As [`Connect::migrate`].
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
    /// Takes only the keys of a family, such as `flag:{name}`, or those of a text in which `*` stands for
    /// any other; of several, the keys of each.
    pub fn family(mut self, pattern: impl Into<String>) -> Self {
        self.select.only.push(pattern.into());
        self
    }

    /// Leaves out the keys of a family, or of a text with `*`.
    pub fn except(mut self, pattern: impl Into<String>) -> Self {
        self.select.except.push(pattern.into());
        self
    }

    /// Takes in the values that `env(...)` declares.
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
