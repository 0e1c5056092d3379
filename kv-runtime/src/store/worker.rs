//! The store of a Worker, which uses its binding.

use worker::Env;

use crate::raw::Binding;
use crate::{Error, Store};

impl Store {
    /// Opens the namespace behind a Worker's binding.
    ///
    /// ```no_run
    /// # fn example(env: &kv_runtime::worker::Env) -> Result<(), kv_runtime::Error> {
    /// let store = kv_runtime::Store::from_env(env, "NOTES")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env(env: &Env, binding: &str) -> Result<Self, Error> {
        Ok(Self::of_binding(Binding::new(env, binding)?))
    }
}
