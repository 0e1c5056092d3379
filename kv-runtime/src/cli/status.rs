//! Shows what is deployed, stage by stage.

use std::fmt::Write as _;

use serde::Serialize;

use super::args::Format;
use super::error::CliError;
use super::markdown;
use super::options::Runs;
use super::output::{print, print_json};
use super::render::keys_of;
use crate::engine::{DeployError, Drift, NamespaceStatus, Seen, StageStatus};

/// The version of the status's JSON format.
const STATUS_FORMAT: u32 = 1;

/// What is deployed, as JSON.
#[derive(Serialize)]
struct Report {
    format: u32,
    stages: Vec<StageStatus>,
}

pub(super) async fn status(runs: &Runs<'_>, refresh: bool) -> Result<(), CliError> {
    let Runs { args, screen, context, .. } = runs;
    let names = match &args.place.stage {
        Some(stage) => vec![stage.clone()],
        None => runs.on(args.stage())?.stages().await.map_err(DeployError::from)?,
    };
    let mut stages = Vec::new();
    for stage in names {
        stages.push(runs.on(&stage)?.status(refresh).await?);
    }
    let redactor = &context.redactor;
    match args.output.format {
        Format::Text => screen.line(&text(&stages)),
        Format::Markdown => print(&markdown::block(&text(&stages)), redactor)?,
        Format::Json => print_json(&Report { format: STATUS_FORMAT, stages }, redactor)?,
    }
    Ok(())
}

fn text(stages: &[StageStatus]) -> String {
    let mut out = Vec::new();
    if stages.iter().all(|stage| stage.namespaces.is_empty()) {
        out.push("Nothing is deployed.".to_owned());
    }
    for stage in stages.iter().filter(|stage| !stage.namespaces.is_empty()) {
        out.push(format!("{}:", stage.stage));
        out.push(list(&stage.namespaces));
    }
    out.join("\n")
}

/// One line for each namespace in a state.
pub(super) fn list(namespaces: &[NamespaceStatus]) -> String {
    let width = namespaces.iter().map(|n| n.id.len()).max().unwrap_or(0);
    let line = |status: &NamespaceStatus| {
        let NamespaceStatus { id, title, keys, deployers, .. } = status;
        let namespace_id = status.namespace_id.as_deref().unwrap_or("being created");
        let keys = keys_of(*keys as u64);
        let mut text = format!("  {id:width$}  {namespace_id}  {title:?}, {keys}");
        if let Some(at) = status.modified_at {
            let _ = write!(text, ", changed {at}");
        }
        if !deployers.is_empty() {
            let _ = write!(text, ", deployed by {}", deployers.join(" and "));
        }
        text + &status.seen.as_ref().map(describe).unwrap_or_default()
    };
    namespaces.iter().map(line).collect::<Vec<_>>().join("\n")
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
