//! The types of the declared pairs, for the parts of a project that are not Rust.
//!
//! `pairs` tells them as JSON Schema, the types of the user's own through `definitions`; `typescript` and
//! `json_schema` write that.

mod definitions;
mod json_schema;
mod pairs;
mod typescript;

pub(super) use json_schema::json_schema;
pub(super) use typescript::typescript;
