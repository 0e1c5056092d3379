//! Connecting to a namespace by its id: `Sessions::at(id).await`.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;

use super::connection::Connection;
use super::error::ConnectError;
use super::login::{Login, Overrides};
use crate::api::{RestStore, RetryPolicy};
use crate::base::RunContext;
use crate::typed::{Namespace, Store};

/// A connection to the namespace with this id at Cloudflare; awaiting it returns the namespace.
///
/// No state is read. As in a deploy, credentials and account come from the declaration, or else from
/// `CLOUDFLARE_API_TOKEN` and `CLOUDFLARE_ACCOUNT_ID`; only `deploy_main!` also reads `.env` and
/// wrangler's login. An account that is not set anywhere is looked up through the API. Whether the
/// namespace exists is not checked.
///
/// ```no_run
/// kv_runtime::kv_namespace! { pub struct Users; title: "users", keys: { "user:{id}": String } }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let users = Users::at("0f2ac74b498b48028cb68387c421e279").await?;
/// let ada = users.user("ada").get().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is connected until it is awaited"]
pub struct At<N> {
    pub(crate) namespace_id: String,
    pub(crate) overrides: Overrides,
    pub(crate) retry: RetryPolicy,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> At<N> {
    #[doc(hidden)]
    pub fn new(namespace_id: impl Into<String>) -> Self {
        Self {
            namespace_id: namespace_id.into(),
            overrides: Overrides::default(),
            retry: RetryPolicy::default(),
            namespace: PhantomData,
        }
    }

    /// Sets the API's base URL, overriding the declaration and the environment.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let notes = Notes::at("0f2ac74b498b48028cb68387c421e279")
    ///     .base_url("http://127.0.0.1:8790/client/v4") // such as `kv-local` serves
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.overrides.base_url = Some(base_url.into());
        self
    }

    /// Sets the API token, overriding the declaration and the environment.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let token = std::env::var("NOTES_TOKEN")?;
    /// let notes = Notes::at("0f2ac74b498b48028cb68387c421e279").api_token(token).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn api_token(mut self, token: impl Into<String>) -> Self {
        self.overrides.api_token = Some(token.into().into());
        self
    }

    /// Sets the account, overriding the declaration and the environment.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let notes = Notes::at("0f2ac74b498b48028cb68387c421e279")
    ///     .account_id("0123456789abcdef0123456789abcdef")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.overrides.account_id = Some(account_id.into());
        self
    }

    /// Sets how long requests are retried.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// use kv_runtime::api::RetryPolicy;
    ///
    /// let policy = RetryPolicy { total: Duration::from_secs(10), ..RetryPolicy::default() };
    /// let notes = Notes::at("0f2ac74b498b48028cb68387c421e279").retry(policy).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    async fn connect(self) -> Result<N, ConnectError> {
        let Self { namespace_id, overrides, retry, .. } = self;
        kv_rules::check_namespace_id(&namespace_id)
            .map_err(|error| ConnectError::Invalid(vec![error.to_string()]))?;
        let login = Login::read(&N::DECLARATION.account, &overrides)?;
        let run = RunContext::default();
        let mut connection = Connection::open(login, retry, &run).await?;
        let account = connection.account(overrides.preferred_account.as_deref(), &run).await?;
        let store = RestStore::new(connection.namespaces(&account.id), namespace_id);
        Ok(N::from_store(Store::from(store)))
    }
}

impl<N: Namespace + 'static> IntoFuture for At<N> {
    type Output = Result<N, ConnectError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}

impl<N> fmt::Debug for At<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("At").field("namespace_id", &self.namespace_id).finish_non_exhaustive()
    }
}
