//! The requests to a bucket that a state needs.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bytes::Bytes;
use kv_rules::Time;
use percent_encoding::percent_decode_str;
use reqwest::header::{DATE, ETAG, HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Method, RequestBuilder, StatusCode};
use roxmltree::{Document, Node};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::r2::Token;
use super::sign::{self, Credentials, Unsigned};
use crate::base::chain::chain;
use crate::base::http;
use crate::state::store::ObjectError;

/// How long a request is retried: well within a lease.
const TRYING: Duration = Duration::from_secs(30);

/// How long one attempt may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(15);

/// A bucket on an S3 server. Clones share its connections.
#[derive(Debug, Clone)]
pub(super) struct Bucket(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    /// `https://HOST`
    origin: String,
    host: String,
    /// The prefix of object paths: the bucket, unless the host name contains it.
    root: String,
    region: String,
    signer: Signer,
}

/// Where a bucket is, and the credentials for it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The server, if it is not AWS.
    pub(super) endpoint: Option<String>,
    pub(super) region: String,
    pub(super) bucket: String,
    pub(super) signer: Signer,
}

/// The credentials that sign the requests.
#[derive(Debug, Clone)]
pub(super) enum Signer {
    Given(Credentials),
    /// Those of an API token, requested from Cloudflare once.
    Token(Token, OnceCell<Credentials>),
}

impl Signer {
    async fn credentials(&self) -> Result<&Credentials, ObjectError> {
        match self {
            Self::Given(credentials) => Ok(credentials),
            Self::Token(token, asked) => asked.get_or_try_init(|| token.credentials()).await,
        }
    }
}

/// The version of an object that a write replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Replaces {
    /// The object must not exist.
    Nothing,
    /// The object must have this version.
    Version(Version),
}

/// The version of an object: its entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version(pub(super) String);

/// An object as it was read.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) bytes: Bytes,
    pub(super) version: Version,
    /// How long ago it was written by the server's clock, if the server says so.
    pub(super) age: Option<Duration>,
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Put {
    Done(Version),
    /// The object has another version.
    Conflict,
}

/// The names below a prefix, up to the next `/`.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) folders: Vec<String>,
    pub(super) objects: Vec<String>,
}

impl Bucket {
    pub(super) fn new(place: Place) -> Result<Self, ObjectError> {
        let Place { endpoint, region, bucket, signer } = place;
        let (origin, root) = match endpoint {
            Some(endpoint) => (endpoint.trim_end_matches('/').to_owned(), format!("/{bucket}")),
            None => aws(&region, &bucket),
        };
        if let Err(error) = kv_rules::check_base_url(&origin) {
            return Err(ObjectError::new(&error.to_string()));
        }
        let (_, rest) = origin.split_once("://").unwrap_or_default();
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let root = if path.is_empty() { root } else { format!("/{path}{root}") };
        let (host, origin) =
            (host.to_owned(), origin[..origin.len() - rest.len() + host.len()].to_owned());
        let http = http::client(origin.starts_with("http://")).map_err(|e| plain(&e))?;
        let http = http.timeout(TIMEOUT).build().map_err(|e| plain(&e))?;
        Ok(Self(Arc::new(Inner { http, origin, host, root, region, signer })))
    }

    /// Reads an object; `None` when it does not exist.
    pub(super) async fn get(&self, name: &str) -> Result<Option<Object>, ObjectError> {
        let response = self.send(Method::GET, name, &[], Bytes::new(), None).await?;
        if response.status == StatusCode::NOT_FOUND && code(&response.body) != "NoSuchBucket" {
            return Ok(None);
        }
        let Answer { headers, body, .. } = response.success()?;
        let written = time(&headers, &LAST_MODIFIED);
        let age = time(&headers, &DATE).zip(written).map(|(now, at)| now.since(at));
        Ok(Some(Object { bytes: body, version: version(&headers)?, age }))
    }

    /// Writes an object if it still has the given version.
    pub(super) async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        replaces: &Replaces,
    ) -> Result<Put, ObjectError> {
        let condition = match replaces {
            Replaces::Nothing => (IF_NONE_MATCH, "*"),
            Replaces::Version(Version(tag)) => (IF_MATCH, tag.as_str()),
        };
        let answer = self.send(Method::PUT, name, &[], bytes, Some(condition)).await?;
        let is_conflict = match answer.status {
            StatusCode::PRECONDITION_FAILED => true,
            // If the object is gone, its version has changed too.
            StatusCode::NOT_FOUND => code(&answer.body) != "NoSuchBucket",
            _ => false,
        };
        if is_conflict {
            return Ok(Put::Conflict);
        }
        version(&answer.success()?.headers).map(Put::Done)
    }

    /// Deletes an object; one that does not exist counts as deleted.
    pub(super) async fn delete(&self, name: &str) -> Result<(), ObjectError> {
        let answer = self.send(Method::DELETE, name, &[], Bytes::new(), None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        answer.success().map(drop)
    }

    /// Lists what is below a prefix, which is empty or ends in `/`.
    pub(super) async fn list(&self, prefix: &str) -> Result<Listing, ObjectError> {
        let mut listing = Listing::default();
        let mut next = None;
        loop {
            let mut query = vec![
                ("delimiter", "/"),
                ("encoding-type", "url"),
                ("list-type", "2"),
                ("prefix", prefix),
            ];
            if let Some(token) = &next {
                query.insert(0, ("continuation-token", String::as_str(token)));
            }
            let answer = self.send(Method::GET, "", &query, Bytes::new(), None).await?;
            let page = listing_page(&answer.success()?.body, prefix, &mut listing)?;
            // Following a repeated token would never end.
            match page {
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                _ => return Ok(listing),
            }
        }
    }

    /// Sends a request, with retries, until the response is final or the time is up.
    async fn send(
        &self,
        method: Method,
        name: &str,
        query: &[(&str, &str)],
        body: Bytes,
        condition: Option<(HeaderName, &str)>,
    ) -> Result<Answer, ObjectError> {
        let credentials = self.0.signer.credentials().await?;
        // The signature includes the time, so each attempt must be signed again.
        retry(|| self.request(credentials, &method, name, query, &body, condition.as_ref())).await
    }

    fn request(
        &self,
        credentials: &Credentials,
        method: &Method,
        name: &str,
        query: &[(&str, &str)],
        body: &Bytes,
        condition: Option<&(HeaderName, &str)>,
    ) -> RequestBuilder {
        let Inner { http, origin, host, root, region, .. } = &*self.0;
        let names = name.split('/').map(sign::encode).collect::<Vec<_>>().join("/");
        let path = format!("{root}/{names}");
        let unsigned = Unsigned { method: method.as_str(), host, path: &path, query, body };
        let headers = sign::headers(unsigned, credentials, region, Time::now());
        let mut url = format!("{origin}{path}");
        if !query.is_empty() {
            url.push('?');
            url.push_str(&sign::query_string(query));
        }
        let mut request = http.request(method.clone(), url).body(body.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some((name, value)) = condition {
            request = request.header(name, *value);
        }
        request
    }
}

/// Repeats a request until the response is final or the time is up.
pub(super) async fn retry(request: impl Fn() -> RequestBuilder) -> Result<Answer, ObjectError> {
    let begun = Instant::now();
    let mut waits = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .with_jitter()
        .build();
    loop {
        let attempt = Answer::read(request()).await;
        let passes = match &attempt {
            Ok(answer) => answer.passes(),
            Err(_) => true,
        };
        match waits.next().filter(|wait| passes && begun.elapsed() + *wait < TRYING) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return attempt,
        }
    }
}

/// The host and path of a bucket at AWS. No certificate covers a host name for a bucket with dots.
fn aws(region: &str, bucket: &str) -> (String, String) {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    if bucket.contains('.') {
        return (format!("https://s3.{region}.{domain}"), format!("/{bucket}"));
    }
    (format!("https://{bucket}.s3.{region}.{domain}"), String::new())
}

/// A complete response.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) async fn read(request: RequestBuilder) -> Result<Self, ObjectError> {
        let mut response = request.send().await.map_err(|error| plain(&error.without_url()))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = response.bytes().await.map_err(|error| plain(&error.without_url()))?;
        Ok(Self { status, headers, body })
    }

    /// Whether the same request may get another response later.
    fn passes(&self) -> bool {
        // S3 responds with 409 to concurrent writes of the same object.
        self.status.is_server_error() || matches!(self.status.as_u16(), 408 | 409 | 429)
    }

    fn success(self) -> Result<Self, ObjectError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let (code, message) = (code(&self.body), tag(&self.body, "Message"));
        let status = self.status.as_u16();
        let text = match (code.as_str(), message.as_str()) {
            ("", _) => format!("HTTP {status}"),
            (code, "") => format!("HTTP {status}, {code}"),
            (code, message) => format!("HTTP {status}, {code}: {message}"),
        };
        Err(ObjectError::with_code(&text, code))
    }
}

/// The code of an error, empty if there is none.
fn code(body: &[u8]) -> String {
    tag(body, "Code")
}

/// The text of an element of an error.
fn tag(body: &[u8], name: &str) -> String {
    let text = str::from_utf8(body).unwrap_or_default();
    let document = Document::parse(text).ok();
    let child = |document: &Document<'_>| child_text(document.root_element(), name);
    document.as_ref().and_then(child).unwrap_or_default()
}

fn child_text(node: Node<'_, '_>, name: &str) -> Option<String> {
    let child = node.children().find(|child| child.tag_name().name() == name)?;
    child.text().map(str::to_owned)
}

/// Adds a page to a listing and returns the token of the next page.
fn listing_page(
    body: &[u8],
    prefix: &str,
    listing: &mut Listing,
) -> Result<Option<String>, ObjectError> {
    let unreadable = |what: &dyn std::error::Error| {
        ObjectError::new(&format!("the response is not a listing: {what}"))
    };
    let text = str::from_utf8(body).map_err(|error| unreadable(&error))?;
    let document = Document::parse(text).map_err(|error| unreadable(&error))?;
    let root = document.root_element();
    for child in root.children() {
        let (name, names) = match child.tag_name().name() {
            "CommonPrefixes" => (child_text(child, "Prefix"), &mut listing.folders),
            "Contents" => (child_text(child, "Key"), &mut listing.objects),
            _ => continue,
        };
        // Names are encoded as in a query, since XML cannot contain every character.
        let name = name.unwrap_or_default().replace('+', " ");
        let name = percent_decode_str(&name).decode_utf8_lossy();
        let name = name.strip_prefix(prefix);
        names.extend(name.map(|name| name.trim_end_matches('/').to_owned()));
    }
    Ok(child_text(root, "NextContinuationToken"))
}

fn version(headers: &HeaderMap) -> Result<Version, ObjectError> {
    let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
    let none = || ObjectError::new("the response has no ETag");
    tag.map(|tag| Version(tag.to_owned())).ok_or_else(none)
}

fn time(headers: &HeaderMap, name: &HeaderName) -> Option<Time> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok().map(Time::from)
}

/// Converts a connection error: its innermost source says what is wrong.
pub(super) fn plain(error: &(dyn std::error::Error + 'static)) -> ObjectError {
    ObjectError::new(&chain(error).last().map_or_else(String::new, ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: HeaderMap::new(), body: body.to_owned().into() }
    }

    #[test]
    fn what_the_server_says_is_shown_in_one_line_without_its_xml() {
        let denied = "<?xml version=\"1.0\"?>\n\
             <Error><Code>AccessDenied</Code><Message>Access &lt;Denied&gt;\n::error::x</Message></Error>";
        for (body, shown) in [
            (denied, "HTTP 403, AccessDenied: Access <Denied>\\n::error::x"),
            ("<Error><Code>AccessDenied</Code></Error>", "HTTP 403, AccessDenied"),
            ("<html>", "HTTP 403"),
        ] {
            let error = answer(403, body).success().err().unwrap();
            assert_eq!(error.to_string(), shown);
        }
    }

    #[test]
    fn aws_has_a_bucket_under_a_name_that_its_certificate_covers() {
        let plain = ("https://states.s3.eu-west-1.amazonaws.com".to_owned(), String::new());
        assert_eq!(aws("eu-west-1", "states"), plain);
        let dots = ("https://s3.us-east-1.amazonaws.com".to_owned(), "/my.states".to_owned());
        assert_eq!(aws("us-east-1", "my.states"), dots);
        assert!(aws("cn-north-1", "states").0.ends_with(".amazonaws.com.cn"));
    }
}
