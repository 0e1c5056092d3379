//! What to do about what a store says of its failure.

use crate::raw::RawError;

impl RawError {
    /// What to do next, where the message does not say it.
    ///
    /// ```
    /// use kv_runtime::RawError;
    ///
    /// let error = RawError::NoBinding { binding: "SESSIONS".to_owned() };
    /// assert!(error.help().is_some_and(|help| help.contains("wrangler configuration")));
    /// ```
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::RateLimited(source)
            | Self::NamespaceNotFound(source)
            | Self::Unauthorized(source)
            | Self::Other(source) => of_api(&**source),
            Self::NoBinding { .. } | Self::Unconfirmed { .. } => None,
        };
        help.or_else(|| self.of_its_kind().map(str::to_owned))
    }

    fn of_its_kind(&self) -> Option<&'static str> {
        match self {
            Self::RateLimited(_) => Some(
                "wait, then try again: Workers KV takes one write a second to one key, and the API \
                 1,200 requests in 5 minutes",
            ),
            Self::NamespaceNotFound(_) => {
                Some("deploy it first; one that was just created can take some seconds to be found")
            }
            Self::Unauthorized(_) => {
                Some("an API token needs the permission `Workers KV Storage: Edit`")
            }
            Self::NoBinding { .. } => Some(
                "add the binding to the Worker's wrangler configuration; `deploy --wrangler` \
                 writes it",
            ),
            Self::Unconfirmed { .. } => Some("write or delete these keys again"),
            Self::Other(_) => None,
        }
    }
}

/// What to do about an error of Cloudflare's API.
#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
pub(super) fn of_api(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<String> {
    error.downcast_ref::<crate::api::ApiError>()?.help()
}

/// No error is of Cloudflare's API, where that is left out.
#[cfg(not(all(feature = "rest", not(target_arch = "wasm32"))))]
pub(super) fn of_api(_: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<String> {
    None
}
