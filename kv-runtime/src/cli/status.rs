//! What is deployed, stage by stage.

use std::fmt::Write as _;

use serde::Serialize;

use super::args::{Args, Format};
use super::error::CliError;
use super::output::print_json;
use super::render::keys_of;
use super::screen::Screen;
use crate::declaration::Declaration;
use crate::engine::{Drift, Options, Run, Seen};
use crate::state::Record;

#[derive(Serialize)]
struct StageStatus {
    stage: String,
    namespaces: Vec<NamespaceStatus>,
}

#[derive(Serialize)]
struct NamespaceStatus {
    id: String,
    #[serde(flatten)]
    record: RecordStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
}

/// A record without its digests, which tell nobody anything.
#[derive(Serialize)]
struct RecordStatus {
    title: String,
    account_id: String,
    namespace_id: Option<String>,
    created_at: Option<jiff::Timestamp>,
    modified_at: Option<jiff::Timestamp>,
    keys: usize,
}

pub(super) async fn status(
    args: &Args,
    declarations: &[&'static Declaration],
    options: impl Fn(&str) -> Result<Options, CliError>,
    refresh: bool,
    screen: &Screen,
) -> Result<(), CliError> {
    let default = Run::new(declarations, options(args.stage())?).await?;
    let stages = match &args.stage {
        Some(stage) => vec![stage.clone()],
        None => default.stages().await?,
    };
    let mut all = Vec::new();
    for stage in stages {
        let mut run = Run::new(declarations, options(&stage)?).await?;
        let state = run.read().await?;
        let mut resolved = if refresh { run.resolve()? } else { Vec::new() };
        let mut namespaces = Vec::new();
        for (id, record) in &state.namespaces {
            let seen =
                if refresh { Some(run.look_at(id, &state, &mut resolved).await?) } else { None };
            namespaces.push(NamespaceStatus { id: id.clone(), record: record.into(), seen });
        }
        all.push(StageStatus { stage, namespaces });
    }
    if args.format == Format::Json {
        return print_json(&all);
    }
    show(&all, screen);
    Ok(())
}

fn show(stages: &[StageStatus], screen: &Screen) {
    if stages.iter().all(|stage| stage.namespaces.is_empty()) {
        screen.line("Nothing is deployed.");
    }
    for stage in stages.iter().filter(|stage| !stage.namespaces.is_empty()) {
        screen.line(&format!("{}:", stage.stage));
        let width = stage.namespaces.iter().map(|n| n.id.len()).max().unwrap_or(0);
        for NamespaceStatus { id, record, seen } in &stage.namespaces {
            let namespace_id = record.namespace_id.as_deref().unwrap_or("being created");
            let keys = keys_of(record.keys as u64);
            let title = &record.title;
            let modified =
                record.modified_at.map(|at| format!(", changed {at:.0}")).unwrap_or_default();
            let seen = seen.as_ref().map(describe).unwrap_or_default();
            screen
                .line(&format!("  {id:width$}  {namespace_id}  {title:?}, {keys}{modified}{seen}"));
        }
    }
}

/// What others did to a namespace.
fn describe(seen: &Seen) -> String {
    let Seen::There { renamed_to, drift } = seen else {
        return ", is gone from the account".to_owned();
    };
    let mut text = match renamed_to {
        Some(title) => format!(", was renamed to {title:?} by others"),
        None => ", is there".to_owned(),
    };
    for (key, drift) in drift {
        let how = match drift {
            Drift::Changed => "changed",
            Drift::Missing => "removed",
        };
        let _ = write!(text, "\n      ! {key:?} was {how} by others");
    }
    text
}

impl From<&Record> for RecordStatus {
    fn from(record: &Record) -> Self {
        let deployment = match record {
            Record::Creating(_) => None,
            Record::Deployed(deployment) => Some(deployment),
        };
        Self {
            title: record.title().to_owned(),
            account_id: record.account_id().to_owned(),
            namespace_id: deployment.map(|d| d.namespace_id.clone()),
            created_at: deployment.map(|d| d.created_at),
            modified_at: deployment.map(|d| d.modified_at),
            keys: deployment.map_or(0, |d| d.keys.len()),
        }
    }
}
