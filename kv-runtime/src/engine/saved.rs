//! Saved plans, which are applied exactly as reviewed or not at all.

use std::fs;
use std::path::Path;

use kv_rules::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::DeployError;
use super::options::Options;
use super::plan::Plan;
use crate::base::replace::replace;
use crate::state::DigestKey;

/// The version of the format of a saved plan.
const FORMAT: u32 = 1;

/// A saved plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    format: u32,
    saved_at: Time,
    pub(crate) app: String,
    pub(crate) stage: String,
    #[serde(flatten)]
    flags: Flags,
    /// A digest of the values to write, to check that they are still the same.
    fingerprint: String,
    /// The key of the fingerprint, if there was no state yet to take it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest_key: Option<DigestKey>,
    plan: Value,
}

/// What a plan depends on besides its declarations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct Flags {
    adopt: bool,
    renew: bool,
    refresh: bool,
    repair: bool,
    delete_data: bool,
    take_over: bool,
    only: Vec<String>,
}

impl SavedPlan {
    pub(super) fn new(plan: &Plan, options: &Options, digest_key: Option<DigestKey>) -> Self {
        let Options { adopt, renew, refresh, repair, delete_data, take_over, .. } = *options;
        let only = options.only.clone();
        Self {
            format: FORMAT,
            saved_at: Time::now(),
            app: plan.app.clone(),
            stage: plan.stage.clone(),
            flags: Flags { adopt, renew, refresh, repair, delete_data, take_over, only },
            fingerprint: plan.fingerprint.clone(),
            digest_key,
            plan: serde_json::to_value(plan).unwrap_or_default(),
        }
    }

    /// Reads a plan.
    pub(crate) fn read(path: &Path) -> Result<Self, DeployError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let failed = |what: String| DeployError::SavedPlan { path: path.to_owned(), what };
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(failed("it is not a file".to_owned()));
        }
        let json = fs::read(path).map_err(|error| failed(format!("it cannot be read: {error}")))?;
        let head: Head = serde_json::from_slice(&json)
            .map_err(|error| failed(format!("it is not what `plan --out` saves: {error}")))?;
        if head.format != FORMAT {
            return Err(failed(format!("it has format {}, not {FORMAT}", head.format)));
        }
        serde_json::from_slice(&json)
            .map_err(|error| failed(format!("it is not what `plan --out` saves: {error}")))
    }

    /// Saves a plan. The file is private, because a fingerprint makes it possible to guess short values.
    pub(crate) fn write(&self, path: &Path) -> Result<(), DeployError> {
        let json = serde_json::to_vec_pretty(self).unwrap_or_default();
        replace(path, &json, None).map_err(|error| DeployError::SavedPlan {
            path: path.to_owned(),
            what: format!("it cannot be written: {error}"),
        })
    }

    /// Sets the options with which the plan was made.
    pub(crate) fn apply_to(&self, options: &mut Options) {
        let Flags { adopt, renew, refresh, repair, delete_data, take_over, only } = &self.flags;
        (options.adopt, options.renew, options.refresh) = (*adopt, *renew, *refresh);
        (options.repair, options.delete_data) = (*repair, *delete_data);
        (options.take_over, options.only) = (*take_over, only.clone());
    }

    /// Whether a plan is the same as the saved one.
    pub(super) fn is(&self, plan: &Plan) -> bool {
        let same = serde_json::to_value(plan).is_ok_and(|plan| plan == self.plan);
        same && self.fingerprint == plan.fingerprint
    }
}
