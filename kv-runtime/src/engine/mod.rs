//! The lifecycle: declaration → resolve → observe → plan → apply.
//!
//! `resolve` fills in and checks everything that a declaration leaves open, without any request.
//! `observe` looks up what exists, in the API and the state. `plan` compares the two and describes what
//! will be done, as plain data. `apply` does it: it records each step in the state before it calls the
//! API, and the outcome afterwards.

mod account;
mod apply;
mod consent;
mod data;
mod error;
mod host;
mod import;
mod moves;
mod observe;
mod options;
mod plan;
mod planning;
mod remote;
mod resolve;
mod run;
mod saved;
mod status;
mod undo;
mod values;
mod wait;

pub(crate) use data::{Audited, DataPlan, ExportTarget, Exported, RestoreFrom, Select, check_met};
pub use error::{DeployError, OtherNamespaces, Problem};
pub(crate) use host::{Caller, Consent, Event, Host};
pub(crate) use moves::Moved;
pub use observe::Drift;
pub(crate) use observe::Seen;
pub(crate) use options::{Deployer, Options};
pub use plan::{
    Action, Billed, KeyChange, NamespacePlan, PLAN_FORMAT, PartChange, Plan, PlanAccount, Reason,
    ValueChange,
};
pub use remote::RemoteError;
pub(crate) use remote::{
    Accounts, BulkPut, Confirmation, NamePage, Pair, Recorded, Remote, RemoteErrorKind,
    RemoteNamespace, Sent, Wanted,
};
pub(crate) use resolve::{SeedError, Value, check_bindings, check_ids};
pub use run::Deployed;
pub(crate) use run::Run;
pub(crate) use saved::SavedPlan;
pub(crate) use status::{NamespaceStatus, StageStatus};
