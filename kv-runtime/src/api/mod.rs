//! The client for Cloudflare's account API, with every request of a deploy and the REST store.
//!
//! [`Client`] has the connections and the credentials, and repeats requests only if that is safe. The
//! requests are grouped by resource:
//!
//! | resource | type | requests |
//! |---|---|---|
//! | the account | [`Client`] | [`accounts`](Client::accounts), [`user_email`](Client::user_email) |
//! | namespaces | [`Namespaces`] | [`list`](Namespaces::list), [`find`](Namespaces::find), [`get`](Namespaces::get), [`create`](Namespaces::create), [`rename`](Namespaces::rename), [`delete`](Namespaces::delete) |
//! | many pairs | [`Namespaces`] | [`bulk_put`](Namespaces::bulk_put), [`bulk_delete`](Namespaces::bulk_delete), [`bulk_get`](Namespaces::bulk_get), [`bulk_get_with_metadata`](Namespaces::bulk_get_with_metadata) |
//! | one pair | [`Namespaces`] | [`value`](Namespaces::value), [`metadata`](Namespaces::metadata), [`put_value`](Namespaces::put_value), [`delete_value`](Namespaces::delete_value) |
//! | keys | [`Namespaces`] | [`keys`](Namespaces::keys) |
//!
//! ```no_run
//! use kv_runtime::api::{Client, Credentials, RetryPolicy};
//!
//! # async fn list() -> Result<(), kv_runtime::api::ApiError> {
//! let token = Credentials::Token("…".into());
//! let client = Client::new("https://api.cloudflare.com/client/v4", token, RetryPolicy::default())?;
//! for account in client.accounts().await? {
//!     for namespace in client.namespaces(&account.id).list().await? {
//!         println!("{} {}", namespace.id, namespace.title);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod accounts;
mod body;
mod budget;
mod bulk;
mod client;
mod credentials;
mod envelope;
mod error;
mod fault;
mod keys;
mod namespaces;
mod pages;
mod request;
mod retry;
mod store;
mod values;

pub use accounts::{AccountInfo, TokenInfo};
pub use body::{BulkBody, Pair, SealedBody};
pub use bulk::BulkOutcome;
pub use client::Client;
pub use credentials::{Credentials, CredentialsError};
pub use error::{ApiError, CallError};
pub(crate) use fault::Fault;
pub use keys::{KeyInfo, KeyPage};
pub use namespaces::{NamespaceInfo, Namespaces};
pub use retry::RetryPolicy;
pub use store::{RestStore, RestStoreBuilder, RestStoreError};
pub use values::ValueResponse;
