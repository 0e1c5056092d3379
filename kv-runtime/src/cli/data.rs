//! The commands that work on stored pairs: export, restore, copy, audit, migrate.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{CopyArgs, ExportArgs, Format, SelectArgs};
use super::commands::{Asking, Running};
use super::error::CliError;
use super::output::{print, print_json};
use super::render::{bill, grouped, keys_of, lines, printable_key, size, stage_of};
use super::screen::printable;
use super::{CHANGES, DONE, markdown};
use crate::data::{BulkSource, DataError, Finding, Misfit, PairChange};
use crate::engine::{
    Audited, DataPlan, DeployError, ExportTarget, Exported, RestoreFrom, Run, Select, check_met,
};

/// How many keys of each kind are shown.
const SHOWN: usize = 10;

/// How many findings are shown.
const FINDINGS_SHOWN: usize = 100;

/// What was exported, as JSON.
#[derive(Serialize)]
struct ExportReport<'a> {
    format: u32,
    exports: &'a [Exported],
}

/// What was audited, as JSON.
#[derive(Serialize)]
struct AuditReport<'a> {
    format: u32,
    namespaces: &'a [Audited],
}

/// What was written, as JSON.
#[derive(Serialize)]
struct DataReport<'a> {
    format: u32,
    namespaces: &'a [DataPlan],
}

/// The version of these reports' JSON format.
const REPORT_FORMAT: u32 = 1;

impl Running<'_> {
    pub(super) async fn export(&mut self, args: &ExportArgs) -> Result<(), CliError> {
        let select = select(&args.select);
        let host = Asking::new(self);
        let id = args.id.as_deref();
        if args.out.as_deref() == Some(Path::new("-")) {
            let mut out = io::stdout();
            let target = ExportTarget::Writer(&mut out);
            return match self.run.export(id, &select, target, &host).await {
                // A reader that closes the pipe early, such as `head`, is not an error.
                Err(DeployError::Data(DataError::Write(error)))
                    if error.kind() == io::ErrorKind::BrokenPipe =>
                {
                    Ok(())
                }
                exported => {
                    self.show_exported(&exported?);
                    Ok(())
                }
            };
        }
        let target = match &args.out {
            Some(path) => ExportTarget::File(path.clone()),
            None => ExportTarget::Folder(PathBuf::from(".")),
        };
        let exported = self.run.export(id, &select, target, &host).await?;
        self.show_exported(&exported);
        if self.args.output.format == Format::Json {
            let report = ExportReport { format: REPORT_FORMAT, exports: &exported };
            print_json(&report, &self.context.redactor)?;
        }
        Ok(())
    }

    pub(super) fn show_exported(&self, exported: &[Exported]) {
        for Exported { id, file, export, .. } in exported {
            let mut what = format!("{id}: {} ({})", keys_of(export.pairs), size(export.bytes));
            if let Some(file) = file {
                let _ = write!(what, " to {}", printable(&file.display().to_string()));
            }
            if export.expired > 0 {
                let _ = write!(what, "; left out {} that expired", keys_of(export.expired));
            }
            self.screen.say("Exported", &what);
            self.show_secrets(&export.secrets_left_out);
        }
    }

    fn show_secrets(&self, keys: &[String]) {
        if !keys.is_empty() {
            let keys: Vec<_> = keys.iter().map(|key| printable_key(key)).collect();
            let keys = keys.join(", ");
            let what = format!("{keys}: declared by env(...); --include-secrets includes them");
            self.screen.warn("Left out", &what);
        }
    }

    pub(super) async fn restore(&mut self, id: &str, file: &Path) -> Result<(), CliError> {
        if file == Path::new("-") {
            return Err(CliError::NoStream("a restore reads its file several times"));
        }
        let source = BulkSource::open(file).await;
        let source = source.map_err(|error| self.run.data_failed(id, error))?;
        let mut from = file.display().to_string();
        match source.about() {
            Some(about) => {
                self.check_from(id, file, &about.id)?;
                let _ = write!(
                    from,
                    ", exported from {}/{} {} at {}",
                    about.app, about.stage, about.namespace_id, about.begun_at
                );
            }
            None => self.screen.warn(
                "Restoring",
                "a file without a description next to it, so whether it is complete is unknown",
            ),
        }
        let secrets_left_out = Vec::new();
        let sources =
            vec![RestoreFrom { id: id.to_owned(), source, from, is_own: false, secrets_left_out }];
        let plans = self.run.restore("restore", sources, &Asking::new(self)).await?;
        self.report_data(&plans)
    }

    /// Refuses the file of another namespace.
    fn check_from(&self, id: &str, file: &Path, of: &str) -> Result<(), CliError> {
        let was = self.declarations.iter().find(|d| d.id == id).and_then(|d| d.was);
        if of == id || was == Some(of) {
            return Ok(());
        }
        Err(CliError::OtherNamespace {
            path: file.to_owned(),
            of: of.to_owned(),
            id: id.to_owned(),
        })
    }

    pub(super) async fn copy(&mut self, args: &CopyArgs, mut from: Run) -> Result<(), CliError> {
        let host = Asking::new(self);
        let ids = self.run.check_copy(&mut from).await?;
        // The pairs are read once, so that exactly what the plan shows is written.
        let select = Select { of_several: true, ..select(&args.select) };
        let (mut sources, mut copied) = (Vec::new(), Vec::new());
        for id in ids {
            let mut file = None;
            let target = ExportTarget::Nameless(&mut file);
            let exported = from.export(Some(&id), &select, target, &host).await?;
            let Some(file) = file else { continue };
            let source = BulkSource::nameless(file).await;
            let source = source.map_err(|error| self.run.data_failed(&id, error))?;
            let left_out = |exported: &Exported| exported.export.secrets_left_out.clone();
            let secrets_left_out = exported.iter().flat_map(left_out).collect();
            let from = format!("the stage {}", args.from);
            sources.push(RestoreFrom { id, source, from, is_own: false, secrets_left_out });
            copied.extend(exported);
        }
        check_met(&copied)?;
        let plans = self.run.restore("copy", sources, &host).await?;
        self.report_data(&plans)
    }

    pub(super) async fn migrate(&mut self, id: Option<&str>) -> Result<(), CliError> {
        let plans = self.run.migrate(id, &Asking::new(self)).await?;
        self.report_data(&plans)
    }

    /// Prints what was written, for other programs and for comments on pull requests.
    pub(super) fn report_data(&self, plans: &[DataPlan]) -> Result<(), CliError> {
        let redactor = &self.context.redactor;
        match self.args.output.format {
            Format::Text => Ok(()),
            Format::Markdown => print(&markdown::block(&text(plans)), redactor),
            Format::Json => {
                print_json(&DataReport { format: REPORT_FORMAT, namespaces: plans }, redactor)
            }
        }
    }

    pub(super) async fn audit(
        &mut self,
        id: Option<&str>,
        sample: Option<usize>,
    ) -> Result<u8, CliError> {
        let audited = self.run.audit(id, sample, &Asking::new(self)).await?;
        let is_left = |declared: &str| audited.iter().all(|audited| audited.id != declared);
        let declared = self.declarations.iter().map(|declaration| declaration.id);
        let left: Vec<_> = declared.filter(|declared| id.is_none() && is_left(declared)).collect();
        if !left.is_empty() {
            self.screen
                .warn("Not deployed", &format!("yet, and so not audited: {}", left.join(", ")));
        }
        let redactor = &self.context.redactor;
        let text = audited.iter().map(audit_text).collect::<Vec<_>>().join("\n");
        match self.args.output.format {
            Format::Text => self.screen.line(&text),
            Format::Markdown => print(&markdown::block(&text), redactor)?,
            Format::Json => {
                let report = AuditReport { format: REPORT_FORMAT, namespaces: &audited };
                print_json(&report, redactor)?;
            }
        }
        let is_clean = audited.iter().all(|audited| audited.audit.is_clean());
        Ok(if is_clean { DONE } else { CHANGES })
    }
}

fn select(args: &SelectArgs) -> Select {
    Select {
        only: args.family.clone(),
        except: args.except.clone(),
        secrets: args.include_secrets,
        of_several: false,
    }
}

/// What will be written, for a terminal.
pub(super) fn text(plans: &[DataPlan]) -> String {
    let mut out = String::new();
    if let Some(plan) = plans.first() {
        let DataPlan { app, stage, account, local, .. } = plan;
        lines(&mut out, &stage_of(app, stage, account, local.as_deref()));
    }
    let width = plans.iter().map(|plan| plan.id.len()).max().unwrap_or(0);
    let mut writes = 0;
    for plan in plans {
        let DataPlan { id, changes, .. } = plan;
        writes += changes.writes();
        let from = printable(&plan.from);
        lines(&mut out, &format!("  {id:width$}  {}: {from}", plan.namespace_id));
        let replaced = |change: &PairChange| {
            change.replaced_bytes.map_or_else(String::new, |bytes| size(bytes) + " → ")
        };
        let mut show = |sign: char, first: &[PairChange], count: u64| {
            for change in first.iter().take(SHOWN) {
                let (key, bytes) = (printable_key(&change.key), size(change.bytes));
                lines(&mut out, &format!("      {sign} {key}  {}{bytes}", replaced(change)));
            }
            let more = count.saturating_sub(first.len().min(SHOWN) as u64);
            if more > 0 {
                lines(&mut out, &format!("      … and {} more", grouped(more)));
            }
        };
        show('~', &changes.first_overwritten, changes.overwritten);
        show('+', &changes.first_new, changes.new);
        for (count, what) in [
            (
                changes.equal,
                if plan.command == "migrate" { "of the newest type" } else { "already there" },
            ),
            (changes.expired, "expired, or about to expire"),
            (plan.misfits, "that match none of their types, left unchanged"),
            (plan.secrets_left_out.len() as u64, "left out: declared by env(...)"),
        ] {
            if count > 0 {
                lines(&mut out, &format!("      = {}  {what}", keys_of(count)));
            }
        }
    }
    let overwritten: u64 = plans.iter().map(|plan| plan.changes.overwritten).sum();
    let bytes: u64 = plans.iter().map(|plan| plan.changes.bytes).sum();
    if writes == 0 {
        out.push_str("Nothing to write.");
        return out;
    }
    let _ = write!(out, "Plan: {} to put ({})", keys_of(writes), size(bytes));
    if overwritten > 0 {
        let _ = write!(out, ", {} over other values", grouped(overwritten));
    }
    out.push('.');
    if plans.iter().all(|plan| plan.local.is_none()) {
        out.push_str(&bill(writes, 0));
    }
    out
}

fn audit_text(audited: &Audited) -> String {
    let Audited { id, namespace_id, audit } = audited;
    let mut out = String::new();
    let read = if audit.read < audit.keys {
        format!("{} of {}", grouped(audit.read), keys_of(audit.keys))
    } else {
        keys_of(audit.keys)
    };
    lines(&mut out, &format!("{id}  {namespace_id}: {read} read"));
    for Finding { key, kind, what, .. } in audit.findings.iter().take(FINDINGS_SHOWN) {
        let kind = match kind {
            Misfit::Value => "value",
            Misfit::Older => "older type; `migrate` rewrites it",
            Misfit::Metadata => "metadata",
            Misfit::Key => "key",
            Misfit::Undeclared => "not in any entry, family or seed",
        };
        let what = if what.is_empty() { String::new() } else { format!(": {}", printable(what)) };
        lines(&mut out, &format!("  ! {}  {kind}{what}", printable_key(key)));
    }
    let more = audit.findings.len().saturating_sub(FINDINGS_SHOWN);
    if more > 0 {
        lines(&mut out, &format!("  … and {} more", grouped(more as u64)));
    }
    let _ = write!(
        out,
        "{} fit, {} of an older type, {} do not fit, {} undeclared.",
        grouped(audit.fit),
        grouped(audit.older),
        grouped(audit.misfits),
        grouped(audit.undeclared)
    );
    out
}
