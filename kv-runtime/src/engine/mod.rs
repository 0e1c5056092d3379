//! The lifecycle: declaration → resolve → observe → plan → apply.
//!
//! `resolve` fills in and checks all that a declaration leaves open, without any request.
//! `observe` asks the API and the state what is there. `plan` compares the two and says what is to
//! be done, as plain data. `apply` does it, and keeps the state a step ahead of the API before each
//! act and up with it after.

mod apply;
mod bulk;
mod checkpoint;
mod connect;
mod drift;
mod error;
mod event;
mod families;
mod interrupt;
mod keys;
mod observe;
mod options;
mod pair;
mod plan;
mod resolve;
mod run;
mod wait;

pub use drift::Drift;
pub use error::{DeployError, Problem};
pub(crate) use event::Silent;
pub(crate) use event::{Event, Reporter};
pub(crate) use interrupt::Interrupt;
pub(crate) use observe::Seen;
pub use options::Target;
pub(crate) use options::{DEFAULT_JOBS, Options, root};
pub use plan::{Action, KeyChange, NamespacePlan, Plan, Reason};
pub(crate) use resolve::Resolved;
pub use run::Deployed;
pub(crate) use run::Run;
