//! What a deploy must not touch: values, namespaces and states of others, and anything without consent.

mod answers;
mod apps;
mod consent;
mod places;
mod programs;
mod renames;
mod values;
mod vanished;
