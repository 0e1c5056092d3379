//! What a deploy does not own: values, namespaces and states of others, and consent that was not
//! given.

mod answers;
mod apps;
mod consent;
mod places;
mod programs;
mod renames;
mod values;
mod vanished;
