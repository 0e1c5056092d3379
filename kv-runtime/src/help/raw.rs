//! What to do about a store's error.

use crate::raw::RawError;

impl RawError {
    /// What to do next, if the message does not say it.
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
                "wait, then try again: Workers KV accepts one write per second to the same key, and \
                 the API 1,200 requests in 5 minutes",
            ),
            Self::NamespaceNotFound(_) => Some(
                "deploy it first; a namespace that was just created can take some seconds to appear",
            ),
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

/// What to do about an error from Cloudflare's API.
#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
pub(super) fn of_api(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<String> {
    error.downcast_ref::<crate::api::ApiError>()?.help()
}

/// Without the API's client, no error can come from Cloudflare's API.
#[cfg(not(all(feature = "rest", not(target_arch = "wasm32"))))]
pub(super) fn of_api(_: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<String> {
    None
}
