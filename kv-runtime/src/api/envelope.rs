//! Responses: Cloudflare's JSON envelope, and what other servers send instead.

use std::time::Duration;

use bytes::Bytes;
use kv_rules::Time;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};
use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::Failure;

const CF_RAY: HeaderName = HeaderName::from_static("cf-ray");
const CF_MITIGATED: HeaderName = HeaderName::from_static("cf-mitigated");

/// A complete response.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The parts of a failed response that errors keep.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) status: StatusCode,
    /// Cloudflare's id of the request, for its support.
    pub(super) ray: Option<String>,
    pub(super) retry_after: Option<Duration>,
    /// Whether Cloudflare asks for proof that the client is human.
    pub(super) challenged: bool,
}

/// An error message from Cloudflare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) code: Option<i64>,
    pub(super) message: String,
    /// The codes of the errors that caused it.
    pub(super) causes: Vec<i64>,
}

/// The position of a page in its list. Fields that a server leaves out are `None`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ResultInfo {
    pub(super) per_page: Option<usize>,
    pub(super) total_count: Option<usize>,
    pub(super) cursor: Option<String>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    success: Option<bool>,
    #[serde(default)]
    errors: Option<Vec<Item>>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    result_info: Option<ResultInfo>,
    /// With `error`, the form of some older endpoints.
    #[serde(default, deserialize_with = "code")]
    code: Option<i64>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Text(String),
    Object {
        #[serde(default, deserialize_with = "code")]
        code: Option<i64>,
        message: Option<String>,
        #[serde(default)]
        error_chain: Option<Vec<Item>>,
    },
    Other(IgnoredAny),
}

/// The result of a successful request; if there is none, `T` is read from `null`.
pub(super) fn result<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    page(answer).map(|(result, _)| result)
}

/// The result of a successful request, with its position in a list.
pub(super) fn page<T: DeserializeOwned>(answer: &Answer) -> Result<(T, ResultInfo), Failure> {
    let Answer { status, body, .. } = answer;
    let empty = body.is_empty() && matches!(status.as_u16(), 204 | 205);
    let text: &[u8] = if empty { br#"{"success":true}"# } else { body };
    let envelope: Envelope<'_> =
        serde_json::from_slice(text).map_err(|error| unreadable(answer, &error))?;
    if envelope.success == Some(true) && status.is_success() {
        let json = envelope.result.map_or("null", RawValue::get);
        let result = serde_json::from_str(json)
            .map_err(|error| nonsense(answer, &format!("its result is unexpected: {error}")))?;
        return Ok((result, envelope.result_info.unwrap_or_default()));
    }
    let refused = envelope.success == Some(false) || envelope.error.is_some();
    if !refused {
        return Err(nonsense(answer, "it does not say whether the request succeeded"));
    }
    let mut notices: Vec<_> = envelope.errors.unwrap_or_default().into_iter().map(notice).collect();
    if let Some(message) = envelope.error {
        notices.push(Notice { code: envelope.code, message, causes: Vec::new() });
    }
    Err(Failure::Refused { trace: answer.trace(), notices })
}

/// An id from the server. It is used in paths, states and on screen, so it must not contain characters
/// that any of them would interpret.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(id);
    }
    Err(D::Error::custom("an id has only letters and digits"))
}

/// A code, which some servers write as text. An invalid code is ignored so that the message is not lost.
fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(code) => code.as_i64(),
        Value::String(code) => code.parse().ok(),
        _ => None,
    })
}

/// The failure of a response whose envelope can be parsed but makes no sense.
pub(super) fn nonsense(answer: &Answer, why: &str) -> Failure {
    Failure::Unreadable { trace: answer.trace(), why: why.to_owned() }
}

fn unreadable(answer: &Answer, error: &serde_json::Error) -> Failure {
    let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    let why = match (answer.body.len(), kind) {
        (0, _) => "it is empty".to_owned(),
        (_, "text/html") => "it is an HTML page".to_owned(),
        _ if error.is_eof() => "it is cut off".to_owned(),
        _ => format!("it is not Cloudflare's JSON: {error}"),
    };
    nonsense(answer, &why)
}

fn notice(item: Item) -> Notice {
    match item {
        Item::Text(message) => Notice { message, ..Notice::default() },
        Item::Other(_) => Notice::default(),
        Item::Object { code, message, error_chain } => {
            let causes = error_chain.unwrap_or_default().into_iter().map(notice);
            let causes = causes.flat_map(|cause| cause.code.into_iter().chain(cause.causes));
            Notice { code, message: message.unwrap_or_default(), causes: causes.collect() }
        }
    }
}

impl Answer {
    pub(super) fn trace(&self) -> Trace {
        let text = |name| self.headers.get(name).and_then(|value| value.to_str().ok());
        Trace {
            status: self.status,
            ray: text(CF_RAY).map(str::to_owned),
            retry_after: text(RETRY_AFTER).and_then(|value| retry_after(value, text(DATE))),
            challenged: self.headers.contains_key(CF_MITIGATED),
        }
    }
}

/// The wait that `Retry-After` asks for: seconds, or a date, which is relative to the server's
/// clock.
fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let parse = |text| httpdate::parse_http_date(text).ok().map(Time::from);
    let now = date.and_then(parse).unwrap_or_else(Time::now);
    Some(parse(value)?.since(now))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::Value;

    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn a_result_may_be_absent_null_or_an_empty_object() {
        for (status, body) in [
            (200, r#"{"success":true,"errors":[],"messages":[],"result":null}"#),
            (200, r#"{"success":true,"result":{}}"#),
            (200, r#"{"success":true,"errors":null,"messages":["done",{"code":1}]}"#),
            (204, ""),
            (205, ""),
        ] {
            assert!(result::<Option<IgnoredAny>>(&answer(status, body)).is_ok(), "{body}");
        }
    }

    #[test]
    fn success_is_what_the_envelope_says() {
        let refused = |status, body| match result::<Value>(&answer(status, body)) {
            Err(Failure::Refused { notices, .. }) => notices,
            other => panic!("{body}: {other:?}"),
        };
        let body = r#"{"success":false,"errors":[{"code":7,"message":"no"},"really",7]}"#;
        let [no, really, other] = &refused(200, body)[..] else { panic!() };
        assert_eq!((no.code, no.message.as_str()), (Some(7), "no"));
        assert_eq!((really.code, really.message.as_str()), (None, "really"));
        assert_eq!(*other, Notice::default());

        let body = r#"{"success":false,"errors":[{"code":6003,"message":"a","error_chain":[{"code":6111,"message":"b"}]}]}"#;
        assert_eq!(refused(400, body)[0].causes, [6111]);
        assert_eq!(refused(400, r#"{"code":9,"error":"old"}"#)[0].message, "old");
        assert_eq!(refused(400, r#"{"success":false}"#), []);
    }

    #[test]
    fn what_is_not_the_envelope_is_unreadable() {
        for body in
            ["", "<html>", r#"{"success":tr"#, "[]", "null", "{}", r#"{"success":true,"result":7}"#]
        {
            let error = result::<Vec<String>>(&answer(200, body)).unwrap_err();
            assert!(matches!(error, Failure::Unreadable { .. }), "{body}: {error:?}");
        }
        let error = result::<Value>(&answer(500, r#"{"success":true,"result":1}"#)).unwrap_err();
        assert!(matches!(error, Failure::Unreadable { .. }));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let date = Some("Fri, 06 Nov 2026 08:49:37 GMT");
        for (value, seconds) in [
            ("7", Some(7)),
            ("Fri, 06 Nov 2026 08:50:07 GMT", Some(30)),
            ("Fri, 06 Nov 2026 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(retry_after(value, date), seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", None), Some(Duration::ZERO));
    }

    #[test]
    fn the_ray_is_kept() {
        let mut answer = answer(502, "<html>");
        answer.headers.insert(CF_RAY, HeaderValue::from_static("8f-FRA"));
        assert_eq!(answer.trace().ray.as_deref(), Some("8f-FRA"));
    }
}
