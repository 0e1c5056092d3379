//! Exports of deployed namespaces.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use super::super::error::DeployError;
use super::super::host::{Event, Host};
use super::super::run::Run;
use super::Opened;
use crate::data::{About, DataError, Export, Exporter, Selection, new_file, unfinished};

/// Which keys are exported.
#[derive(Debug, Clone, Default)]
pub(crate) struct Select {
    /// Families, globs and keys; empty for all keys.
    pub(crate) only: Vec<String>,
    pub(crate) except: Vec<String>,
    /// Whether to include values declared by `env(...)`.
    pub(crate) secrets: bool,
    /// Whether a pattern may match no key in some of the namespaces.
    pub(crate) of_several: bool,
}

/// Fails if a pattern matches no key in any of these namespaces.
pub(crate) fn check_met(exported: &[Exported]) -> Result<(), DeployError> {
    let Some((first, others)) = exported.split_first() else { return Ok(()) };
    let is_unmet = |text: &&String| others.iter().all(|other| other.export.unmet.contains(text));
    let unmet: Vec<_> = first.export.unmet.iter().filter(is_unmet).cloned().collect();
    if unmet.is_empty() { Ok(()) } else { Err(DataError::NothingSelected(unmet).into()) }
}

/// Where an export goes.
pub(crate) enum ExportTarget<'a> {
    File(PathBuf),
    /// A file in this folder, named after the namespace, the stage and the time.
    Folder(PathBuf),
    Writer(&'a mut (dyn Write + Send)),
    /// A temporary file without a name, which disappears with the run.
    Nameless(&'a mut Option<File>),
}

/// An exported namespace.
#[derive(Debug, Serialize)]
pub(crate) struct Exported {
    /// The namespace's id in the declarations.
    pub(crate) id: String,
    /// Cloudflare's id of it.
    pub(crate) namespace_id: String,
    /// The file; `None` for a writer.
    pub(crate) file: Option<PathBuf>,
    #[serde(flatten)]
    pub(crate) export: Export,
}

impl Run {
    /// Exports the given namespace, or all namespaces in the state to files in a folder.
    pub(crate) async fn export(
        &mut self,
        id: Option<&str>,
        select: &Select,
        mut target: ExportTarget<'_>,
        host: &dyn Host,
    ) -> Result<Vec<Exported>, DeployError> {
        let state = self.existing_outline().await?;
        let ids = self.ids(id, &state)?;
        if !matches!(target, ExportTarget::Folder(_)) && ids.len() != 1 {
            return Err(DeployError::NotOne(ids));
        }
        let mut exported = Vec::new();
        let select = &Select { of_several: select.of_several || ids.len() > 1, ..select.clone() };
        for id in ids {
            let opened = self.open_recorded(&id, &state).await?;
            exported.push(self.export_opened(&opened, select, &mut target, host).await?);
        }
        if exported.len() > 1 {
            check_met(&exported)?;
        }
        Ok(exported)
    }

    pub(super) async fn export_opened(
        &self,
        opened: &Opened,
        select: &Select,
        target: &mut ExportTarget<'_>,
        host: &dyn Host,
    ) -> Result<Exported, DeployError> {
        let (app, stage) = (self.options.stage.app(), self.options.stage.stage());
        let Opened { id, namespace_id, declaration, .. } = opened;
        let selection = Selection::new(*declaration, &select.only, &select.except)?;
        let selection = if select.secrets {
            selection
        } else {
            selection.without_secrets(
                *declaration,
                stage,
                opened.secrets.iter().map(String::as_str),
            )
        };
        let about =
            About { has_secrets: select.secrets, ..About::begin(id, namespace_id, app, stage) };
        host.event(Event::Reading { verb: "Exporting", id, keys: None });
        let progress = |pairs, bytes| host.event(Event::Read { keys: pairs, bytes });
        let goes_on = |since| host.event(Event::GoingOn { id, since });
        let place = self.data_place(opened);
        let (selection, progress, goes_on) = (&selection, &progress, &goes_on);
        let all_met = !select.of_several;
        let exporter = Exporter { place, selection, all_met, progress, goes_on };
        let (file, export) = match target {
            ExportTarget::Writer(writer) => (None, exporter.to_writer(writer).await),
            ExportTarget::Nameless(file) => {
                let export = match tempfile::tempfile().map_err(DataError::Write) {
                    Ok(nameless) => exporter.to_nameless(nameless).await,
                    Err(error) => Err(error),
                };
                let export = export.map(|(written, export)| {
                    **file = Some(written);
                    export
                });
                (None, export)
            }
            ExportTarget::File(path) => (Some(path.clone()), exporter.to_file(path, about).await),
            ExportTarget::Folder(folder) => {
                let path = unfinished(folder, &about).unwrap_or_else(|| new_file(folder, &about));
                let export = exporter.to_file(&path, about).await;
                (Some(path), export)
            }
        };
        host.event(Event::ReadAll);
        let export = export.map_err(|error| self.data_failed(id, error))?;
        Ok(Exported { id: id.clone(), namespace_id: namespace_id.clone(), file, export })
    }

    /// Adds the namespace's id to an error.
    #[expect(
        clippy::unused_self,
        reason = "for consistency with the other methods that make errors"
    )]
    pub(crate) fn data_failed(&self, id: &str, error: DataError) -> DeployError {
        match error {
            DataError::Interrupted => DeployError::Interrupted,
            DataError::Store { action, source } => {
                DeployError::Store { id: id.to_owned(), action, source }
            }
            error => error.into(),
        }
    }
}
