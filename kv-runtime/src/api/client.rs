//! The client, with its connection pool, its credentials and the attempts of each request.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use kv_rules::check_base_url;
use reqwest::Response;
use reqwest::header::LOCATION;
use serde::de::IgnoredAny;
use tracing::{debug, warn};
use url::{Position, Url};

use super::budget::Budget;
use super::credentials::Credentials;
use super::envelope::{self, Answer};
use super::error::{ApiError, CallError, Failure};
use super::namespaces::Namespaces;
use super::request::Request;
use super::retry::{Effect, GaveUp, RetryPolicy, UNREACHABLE, Verdict, Waits};
use crate::base::http::{self, CONNECT_TIMEOUT};
use crate::base::{Interrupted, RunContext};

/// The slowest upload, in bytes per second, that a request's timeout allows.
const SLOWEST_UPLOAD: usize = 250_000;

/// A client for Cloudflare's API. Clones share its connections.
///
/// ```no_run
/// use kv_runtime::api::{Client, Credentials, RetryPolicy};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let token = std::env::var("CLOUDFLARE_API_TOKEN")?;
/// let url = kv_runtime::rules::DEFAULT_BASE_URL;
/// let client = Client::new(url, Credentials::Token(token.into()), RetryPolicy::default())?;
/// println!("{:?}", client.accounts().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    base: String,
    policy: RetryPolicy,
    /// `None` for a server on this machine, which has no rate limit.
    budget: Option<Budget>,
    /// Whether the server has responded to any request yet.
    reached: AtomicBool,
    run: RunContext,
}

/// A request and its attempts so far.
struct Tried {
    request: Request,
    waits: Waits,
    /// The number of attempts, including the current one.
    attempts: u32,
    /// Whether an attempt may have changed something.
    unclear: bool,
}

impl Client {
    /// Creates a client for the API at `base_url`. Nothing is sent yet.
    ///
    /// The client stays within the API's limit of 1,200 requests in five minutes: further requests wait.
    /// Clones share the count. Other processes with the same user's credentials are not counted.
    ///
    /// Requests to this machine never use a proxy, and redirects are not followed, since both would send
    /// the credentials to someone else.
    pub fn new(
        base_url: &str,
        credentials: Credentials,
        policy: RetryPolicy,
    ) -> Result<Self, ApiError> {
        Self::in_run(base_url, credentials, policy, RunContext::default())
    }

    /// Creates a client that stops with its run.
    pub(crate) fn in_run(
        base_url: &str,
        credentials: Credentials,
        policy: RetryPolicy,
        run: RunContext,
    ) -> Result<Self, ApiError> {
        check_base_url(base_url)?;
        credentials.hide_in(&run.redactor);
        // `check_base_url` allows `http` only for this machine.
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

    /// The API's base URL.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.shared.base
    }

    /// The namespaces of an account.
    #[must_use]
    pub fn namespaces(&self, account_id: &str) -> Namespaces {
        Namespaces::new(self.clone(), account_id)
    }

    /// Sends a request, with retries, until `read` accepts the response, Cloudflare refuses the request,
    /// the policy's time is up, or the run is stopped.
    pub(super) async fn send<T>(
        &self,
        request: Request,
        read: impl Fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T, ApiError> {
        let mut tried = self.first(request).await?;
        loop {
            let answer = match self.finish(self.attempt(&tried.request)).await {
                Ok(answer) => read(&answer),
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(result) => return Ok(result),
                Err(failure) => tried = self.again(tried, failure).await?,
            }
        }
    }

    /// Sends a request, with retries, until a response begins, and returns its body as a stream. `refused`
    /// reads the error from a refusal.
    pub(super) async fn open(
        &self,
        request: Request,
        refused: fn(&Answer) -> Result<IgnoredAny, Failure>,
    ) -> Result<impl Stream<Item = Result<Bytes, ApiError>> + Send + use<>, ApiError> {
        let mut tried = self.first(request).await?;
        let response = loop {
            match self.finish(self.begin_value(&tried.request, refused)).await {
                Ok(response) => break response,
                Err(failure) => tried = self.again(tried, failure).await?,
            }
        };
        Ok(stream::try_unfold(response, |mut response| async move {
            let chunk = response.chunk().await;
            let chunk = chunk.map_err(|error| ApiError::Cut(error.without_url().into()))?;
            Ok(chunk.map(|chunk| (chunk, response)))
        }))
    }

    async fn begin_value(
        &self,
        request: &Request,
        refused: fn(&Answer) -> Result<IgnoredAny, Failure>,
    ) -> Result<Response, Failure> {
        let (response, timeout) = self.begin(request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let answer = self.read(response, timeout).await?;
        // A refusal is an error even if its body claims success.
        let failure = refused(&answer).err();
        Err(failure.unwrap_or_else(|| envelope::nonsense(&answer, "it contains no value")))
    }

    /// Waits for the first attempt's turn.
    async fn first(&self, request: Request) -> Result<Tried, ApiError> {
        let waits = self.shared.policy.waits();
        self.await_turn().await?;
        Ok(Tried { request, waits, attempts: 1, unclear: false })
    }

    /// Lets an attempt finish, unless the run is stopped and it takes too long.
    async fn finish<T>(
        &self,
        attempt: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match self.shared.run.interrupt.finish(attempt).await {
            Ok(result) => result,
            Err(Interrupted) => Err(Failure::Interrupted),
        }
    }

    /// Waits for the next attempt after a failed one, or returns the error if there is none.
    async fn again(&self, tried: Tried, failure: Failure) -> Result<Tried, ApiError> {
        let Tried { request, mut waits, attempts, mut unclear } = tried;
        let failure = failure.redacted(&self.shared.run.redactor);
        unclear |= failure.verdict() == Verdict::Unclear && request.effect != Effect::Reads;
        match self.wait_after(&failure, request.effect, &mut waits).await {
            Ok(()) => Ok(Tried { request, waits, attempts: attempts + 1, unclear }),
            Err(gave_up) => {
                let Request { method, path, subject, .. } = request;
                let outside = !self.shared.base.ends_with("/client/v4");
                Err(ApiError::Call(Box::new(CallError {
                    method,
                    path,
                    subject,
                    attempts,
                    unclear,
                    gave_up,
                    failure,
                    outside,
                })))
            }
        }
    }

    /// Waits before the next attempt, or says why there is none; `None` if another attempt cannot help.
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

    /// Waits until the rate limit allows one more request.
    async fn await_turn(&self) -> Result<(), ApiError> {
        let Shared { budget, run, .. } = &*self.shared;
        let wait = budget.as_ref().map_or(Duration::ZERO, Budget::spend);
        let waited =
            if wait.is_zero() { run.interrupt.check() } else { run.interrupt.sleep(wait).await };
        Ok(waited?)
    }

    async fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let (response, timeout) = self.begin(request).await?;
        self.read(response, timeout).await
    }

    /// Sends a request and waits for the head of the response.
    async fn begin(&self, request: &Request) -> Result<(Response, Duration), Failure> {
        let Shared { http, base, policy, .. } = &*self.shared;
        let Request { method, path, query, body, .. } = request;
        let upload = Duration::from_secs((body.len() / SLOWEST_UPLOAD) as u64);
        let timeout = policy.request_timeout + upload;
        let sent = http.request(method.clone(), format!("{base}{path}{query}")).timeout(timeout);
        let response = body.attach(sent).send().await;
        let response = response.map_err(|error| self.failed(error, timeout))?;
        self.shared.reached.store(true, Ordering::Relaxed);
        let status = response.status().as_u16();
        debug!(%method, %path, status, sent = body.len(), "answered");
        Ok((response, timeout))
    }

    /// Reads the whole response.
    async fn read(&self, mut response: Response, timeout: Duration) -> Result<Answer, Failure> {
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = response.bytes().await.map_err(|error| self.failed(error, timeout))?;
        let answer = Answer { status, headers, body };
        if status.is_redirection() {
            let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
            // The query may contain secrets that are meant for one user's browser.
            let location = location.and_then(|location| location.split('?').next());
            let location = location.unwrap_or("nowhere").to_owned();
            return Err(Failure::Redirect { trace: answer.trace(), location });
        }
        Ok(answer)
    }

    fn failed(&self, error: reqwest::Error, timeout: Duration) -> Failure {
        match error.without_url() {
            error if error.is_connect() => {
                Failure::Connect { host: host(&self.shared.base), error }
            }
            error if error.is_timeout() => Failure::Timeout(timeout),
            error => Failure::Cut(error),
        }
    }
}

/// The host of a checked URL, with the port if there is one.
fn host(base: &str) -> String {
    let authority = |url: &Url| url[Position::BeforeHost..Position::AfterPort].to_owned();
    Url::parse(base).as_ref().map_or_else(|_| base.to_owned(), authority)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.shared.base).finish_non_exhaustive()
    }
}
