//! The lifecycle when nothing fails.

mod adopt;
mod commands;
mod create;
mod destroy;
mod drift;
mod keys;
mod refusals;
mod rename;
mod screens;
mod stages;
