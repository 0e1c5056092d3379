//! The store of a Worker: its binding.

use worker::Env;

use crate::raw::Binding;
use crate::{Error, Store};

impl Store {
    /// The namespace that a Worker has under a binding's name.
    pub fn from_env(env: &Env, binding: &str) -> Result<Self, Error> {
        Ok(Self::of_binding(Binding::new(env, binding)?))
    }
}
