//! The client: one connection pool, the credentials, and every attempt of every request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kv_rules::check_base_url;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use tracing::{debug, warn};

use super::budget::Budget;
use super::credentials::Credentials;
use super::envelope::Answer;
use super::error::{ApiError, CallError, Failure};
use super::namespaces::Namespaces;
use super::request::Request;
use super::retry::{Effect, RetryPolicy, Verdict};

/// How long a connection, TLS included, may take: ending it apart from the request's own timeout
/// tells that nothing was sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The slowest upload, in bytes a second, that a request's timeout allows for.
const SLOWEST_UPLOAD: usize = 250_000;

/// A client of Cloudflare's API. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    base: String,
    policy: RetryPolicy,
    /// `None` for a server on this machine, which has no such limit.
    budget: Option<Budget>,
}

impl Client {
    /// A client of the API at `base_url`; nothing is sent yet.
    ///
    /// It keeps within the API's 1,200 requests in five minutes: those beyond wait for their turn.
    /// Clones share the count; other processes with the same user's credentials are not known.
    ///
    /// Requests to this machine never go through a proxy, and redirects are not followed: both
    /// would hand the credentials to someone else.
    pub fn new(
        base_url: &str,
        credentials: Credentials,
        policy: RetryPolicy,
    ) -> Result<Self, ApiError> {
        check_base_url(base_url)?;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("kv-runtime/", env!("CARGO_PKG_VERSION")))
            .default_headers(credentials.into_headers()?)
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(policy.request_timeout.min(CONNECT_TIMEOUT));
        // `check_base_url` allows plain http to this machine only. Such a server needs neither
        // proxies nor CA certificates, which a bare container may not have.
        let local = base_url.starts_with("http://");
        if local {
            http = http.no_proxy().tls_certs_only([]);
        }
        let http = http.build().map_err(ApiError::Setup)?;
        let base = base_url.trim_end_matches('/').to_owned();
        let budget = (!local).then(Budget::default);
        Ok(Self { shared: Arc::new(Shared { http, base, policy, budget }) })
    }

    /// Where the API is.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.shared.base
    }

    /// The namespaces of an account.
    #[must_use]
    pub fn namespaces(&self, account_id: &str) -> Namespaces {
        Namespaces::new(self.clone(), account_id)
    }

    /// Sends a request until `read` takes the answer, it is refused, or the policy's time is up.
    pub(super) async fn send<T>(
        &self,
        request: Request,
        read: impl Fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T, ApiError> {
        self.await_turn().await;
        let mut waits = self.shared.policy.waits();
        let mut unclear = false;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let answer = self.attempt(&request).await;
            let failure = match answer.and_then(|answer| read(&answer)) {
                Ok(result) => return Ok(result),
                Err(failure) => failure,
            };
            let verdict = failure.verdict();
            unclear |= verdict == Verdict::Unclear && request.effect != Effect::Reads;
            let mut gave_up = None;
            if request.effect.allows_repeat_after(verdict) {
                match waits.next(failure.retry_after()) {
                    Ok(wait) => {
                        let Request { method, path, .. } = &request;
                        warn!(%method, %path, "{failure}; trying again in {wait:.1?}");
                        tokio::time::sleep(wait).await;
                        self.await_turn().await;
                        continue;
                    }
                    Err(reason) => gave_up = Some(reason),
                }
            }
            let Request { method, path, subject, .. } = request;
            let error = CallError { method, path, subject, attempts, unclear, gave_up, failure };
            return Err(ApiError::Call(Box::new(error)));
        }
    }

    async fn await_turn(&self) {
        if let Some(budget) = &self.shared.budget {
            budget.spend().await;
        }
    }

    async fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let Shared { http, base, policy, .. } = &*self.shared;
        let Request { method, path, query, body, .. } = request;
        let upload = Duration::from_secs((body.len() / SLOWEST_UPLOAD) as u64);
        let timeout = policy.request_timeout + upload;
        let failed = |error: reqwest::Error| match error.without_url() {
            error if error.is_connect() => Failure::Connect(error),
            error if error.is_timeout() => Failure::Timeout(timeout),
            error => Failure::Cut(error),
        };
        let sent = http.request(method.clone(), format!("{base}{path}{query}")).timeout(timeout);
        let mut response = body.attach(sent).send().await.map_err(failed)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        debug!(%method, %path, status = status.as_u16(), sent = body.len(), "answered");
        let body = response.bytes().await.map_err(failed)?;
        let answer = Answer { status, headers, body };
        if status.is_redirection() {
            let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
            // What follows a `?` may be meant for the browser of one user.
            let location = location.and_then(|location| location.split('?').next());
            let location = location.unwrap_or("nowhere").to_owned();
            return Err(Failure::Redirect { trace: answer.trace(), location });
        }
        Ok(answer)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.shared.base).finish_non_exhaustive()
    }
}
