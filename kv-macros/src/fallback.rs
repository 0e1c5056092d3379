//! What is written after a mistake: the errors, and the type, constants and accessors that were
//! understood, so that no use of them adds a second error and completion goes on working.

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::expand::expand;
use crate::model::{Namespace, Value};

pub(crate) fn fallback(model: Option<Namespace>, errors: &Errors) -> TokenStream {
    let mut tokens = errors.to_tokens();
    if let Some(mut model) = model {
        // Data is for deploying. Checking what was half understood would only repeat the error.
        model.spreads.clear();
        model.is_broken = true;
        for entry in &mut model.entries {
            entry.value = Value::Unknown;
            entry.by_stage.clear();
        }
        tokens.extend(expand(&model));
    }
    tokens
}
