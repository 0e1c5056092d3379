//! The client: one connection pool, the credentials, and every attempt of every request.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kv_rules::check_base_url;
use reqwest::header::LOCATION;
use tracing::{debug, warn};
use url::{Position, Url};

use super::budget::Budget;
use super::credentials::Credentials;
use super::envelope::Answer;
use super::error::{ApiError, CallError, Failure};
use super::namespaces::Namespaces;
use super::request::Request;
use super::retry::{Effect, GaveUp, RetryPolicy, UNREACHABLE, Verdict, Waits};
use crate::base::http::{self, CONNECT_TIMEOUT};
use crate::base::{Interrupted, RunContext};

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
    /// Whether the server has answered anything yet.
    reached: AtomicBool,
    run: RunContext,
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
        Self::in_run(base_url, credentials, policy, RunContext::default())
    }

    /// A client that stops with its run.
    pub(crate) fn in_run(
        base_url: &str,
        credentials: Credentials,
        policy: RetryPolicy,
        run: RunContext,
    ) -> Result<Self, ApiError> {
        check_base_url(base_url)?;
        credentials.hide_in(&run.redactor);
        // `check_base_url` allows it to this machine only.
        let local = base_url.starts_with("http://");
        let http = http::client(local).map_err(|error| ApiError::Setup(error.into()))?;
        let http = http
            .default_headers(credentials.into_headers()?)
            .connect_timeout(policy.request_timeout.min(CONNECT_TIMEOUT))
            .build()
            .map_err(|error| ApiError::Setup(error.into()))?;
        let base = base_url.trim_end_matches('/').to_owned();
        let budget = (!local).then(Budget::default);
        let reached = AtomicBool::new(false);
        Ok(Self { shared: Arc::new(Shared { http, base, policy, budget, reached, run }) })
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

    /// Sends a request until `read` takes the answer, it is refused, the policy's time is up, or
    /// the run is stopped.
    pub(super) async fn send<T>(
        &self,
        request: Request,
        read: impl Fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T, ApiError> {
        let Shared { policy, run, .. } = &*self.shared;
        let mut waits = policy.waits();
        let mut unclear = false;
        let mut attempts = 0;
        self.await_turn().await?;
        loop {
            attempts += 1;
            let answer = match run.interrupt.finish(self.attempt(&request)).await {
                Ok(answer) => answer.and_then(|answer| read(&answer)),
                Err(Interrupted) => Err(Failure::Interrupted),
            };
            let failure = match answer {
                Ok(result) => return Ok(result),
                Err(failure) => failure.redacted(&run.redactor),
            };
            let verdict = failure.verdict();
            unclear |= verdict == Verdict::Unclear && request.effect != Effect::Reads;
            let gave_up = match self.wait_after(&failure, request.effect, &mut waits).await {
                Ok(()) => continue,
                Err(gave_up) => gave_up,
            };
            let Request { method, path, subject, .. } = request;
            let outside = !self.shared.base.ends_with("/client/v4");
            return Err(ApiError::Call(Box::new(CallError {
                method,
                path,
                subject,
                attempts,
                unclear,
                gave_up,
                failure,
                outside,
            })));
        }
    }

    /// Waits before the next attempt, or says why there is none; `None`: it would change nothing.
    async fn wait_after(
        &self,
        failure: &Failure,
        effect: Effect,
        waits: &mut Waits,
    ) -> Result<(), Option<GaveUp>> {
        let Shared { policy, run, reached, .. } = &*self.shared;
        if !effect.allows_repeat_after(failure.verdict()) {
            return Err(None);
        }
        if matches!(failure, Failure::Connect { .. }) && !reached.load(Ordering::Relaxed) {
            let connecting = CONNECT_TIMEOUT.min(policy.request_timeout);
            waits.limit_to(UNREACHABLE.saturating_sub(connecting));
        }
        let next = waits.next(failure.retry_after()).map_err(Some)?;
        let (attempt, most, wait) = (next.attempt, next.most, next.wait);
        warn!("Retrying ({attempt} of {most}) in {:.1} s: {failure}", wait.as_secs_f64());
        run.interrupt.sleep(wait).await.map_err(|Interrupted| Some(GaveUp::Interrupted))?;
        self.await_turn().await.map_err(|_| Some(GaveUp::Interrupted))
    }

    /// Waits until the API takes one more request.
    async fn await_turn(&self) -> Result<(), ApiError> {
        let Shared { budget, run, .. } = &*self.shared;
        let wait = budget.as_ref().map_or(Duration::ZERO, Budget::spend);
        let waited =
            if wait.is_zero() { run.interrupt.check() } else { run.interrupt.sleep(wait).await };
        Ok(waited?)
    }

    async fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let Shared { http, base, policy, .. } = &*self.shared;
        let Request { method, path, query, body, .. } = request;
        let upload = Duration::from_secs((body.len() / SLOWEST_UPLOAD) as u64);
        let timeout = policy.request_timeout + upload;
        let failed = |error: reqwest::Error| match error.without_url() {
            error if error.is_connect() => Failure::Connect { host: host(base), error },
            error if error.is_timeout() => Failure::Timeout(timeout),
            error => Failure::Cut(error),
        };
        let sent = http.request(method.clone(), format!("{base}{path}{query}")).timeout(timeout);
        let mut response = body.attach(sent).send().await.map_err(failed)?;
        self.shared.reached.store(true, Ordering::Relaxed);
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

/// The host of a URL that was checked, with its port when it names one.
fn host(base: &str) -> String {
    let authority = |url: &Url| url[Position::BeforeHost..Position::AfterPort].to_owned();
    Url::parse(base).as_ref().map_or_else(|_| base.to_owned(), authority)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.shared.base).finish_non_exhaustive()
    }
}
