//! Plans that are saved, to be applied exactly as they were read.

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

/// The format of a saved plan.
const FORMAT: u32 = 1;

/// A plan that was saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    format: u32,
    saved_at: Time,
    pub(crate) app: String,
    pub(crate) stage: String,
    #[serde(flatten)]
    flags: Flags,
    /// What tells whether the values to write are the same.
    fingerprint: String,
    /// The key of the fingerprint, where there was no state yet that has one.
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

    /// Saves a plan. The file is private: a fingerprint helps to guess short values.
    pub(crate) fn write(&self, path: &Path) -> Result<(), DeployError> {
        let json = serde_json::to_vec_pretty(self).unwrap_or_default();
        replace(path, &json, None).map_err(|error| DeployError::SavedPlan {
            path: path.to_owned(),
            what: format!("it cannot be written: {error}"),
        })
    }

    /// Sets what the plan was made with.
    pub(crate) fn apply_to(&self, options: &mut Options) {
        let Flags { adopt, renew, refresh, repair, delete_data, take_over, only } = &self.flags;
        (options.adopt, options.renew, options.refresh) = (*adopt, *renew, *refresh);
        (options.repair, options.delete_data) = (*repair, *delete_data);
        (options.take_over, options.only) = (*take_over, only.clone());
    }

    /// Whether a plan is the one that was saved.
    pub(super) fn is(&self, plan: &Plan) -> bool {
        let same = serde_json::to_value(plan).is_ok_and(|plan| plan == self.plan);
        same && self.fingerprint == plan.fingerprint
    }
}
