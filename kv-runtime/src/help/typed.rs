//! What to do about an error of a get, a put, a delete or a listing.

use crate::typed::Error;

impl Error {
    /// What to do next, where the message does not say it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        #[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
        if let Some(help) = api(self).and_then(crate::api::ApiError::help) {
            return Some(help);
        }
        let help = match self {
            Self::RateLimited(_) => {
                "wait, then try again: Workers KV takes one write a second to one key, and the API \
                 1,200 requests in 5 minutes"
            }
            Self::NamespaceNotFound(_) => {
                "deploy it first; one that was just created can take some seconds to be found"
            }
            Self::Unauthorized(_) => "an API token needs the permission `Workers KV Storage: Edit`",
            Self::NoBinding { .. } => {
                "add the binding to the Worker's wrangler configuration; `deploy --wrangler` \
                 writes it"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}

#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
fn api(error: &Error) -> Option<&crate::api::ApiError> {
    match error {
        Error::RateLimited(source)
        | Error::NamespaceNotFound(source)
        | Error::Unauthorized(source)
        | Error::Store(source) => source.downcast_ref(),
        _ => None,
    }
}
