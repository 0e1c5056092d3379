//! A request that can be sent any number of times: method, path, body, and the effect of repeating it.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};

use super::error::{ApiError, Subject};
use super::retry::Effect;

/// Encodes all but RFC 3986's unreserved characters, so that every server sees one segment.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request below the base URL.
pub(super) struct Request {
    pub(super) method: Method,
    /// Percent-encoded, beginning with `/`.
    pub(super) path: String,
    /// Percent-encoded, empty or beginning with `?`.
    pub(super) query: String,
    pub(super) body: Body,
    pub(super) effect: Effect,
    /// The subject of the request, which decides what its error codes mean.
    pub(super) subject: Subject,
}

/// The body of a request; cheap to send again.
pub(super) enum Body {
    Empty,
    Json(Bytes),
    Raw(Bytes),
    /// A value with its metadata as JSON text.
    Value(Bytes, String),
}

impl Request {
    /// Creates a request about `subject` at `segments`, which are encoded here.
    pub(super) fn new(
        method: Method,
        subject: Subject,
        segments: &[&str],
    ) -> Result<Self, ApiError> {
        let length = segments.iter().map(|segment| 1 + segment.len()).sum();
        let mut path = String::with_capacity(length);
        for segment in segments {
            // URL libraries resolve dot segments even when they are percent-encoded.
            if matches!(*segment, "" | "." | "..") {
                return Err(ApiError::Segment((*segment).to_owned()));
            }
            path.push('/');
            path.extend(encode(segment));
        }
        let effect = if method == Method::GET { Effect::Reads } else { Effect::Sets };
        let (query, body) = (String::new(), Body::Empty);
        Ok(Self { method, path, query, body, effect, subject })
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(name);
        self.query.push('=');
        self.query.extend(encode(value));
        self
    }

    pub(super) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    pub(super) fn json<T: serde::Serialize + ?Sized>(self, value: &T) -> Result<Self, ApiError> {
        let json = serde_json::to_vec(value).map_err(ApiError::Json)?;
        Ok(self.body(Body::Json(json.into())))
    }

    /// Sets the effect of the request, if its method does not imply it.
    pub(super) fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }
}

impl Body {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Json(bytes) | Self::Raw(bytes) => bytes.len(),
            Self::Value(value, metadata) => value.len() + metadata.len(),
        }
    }

    pub(super) fn attach(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Empty => request,
            Self::Json(json) => request.header(CONTENT_TYPE, "application/json").body(json.clone()),
            Self::Raw(value) => {
                request.header(CONTENT_TYPE, "application/octet-stream").body(value.clone())
            }
            // A part with a file name is bytes to every server; without one, some decode it as text.
            Self::Value(value, metadata) => request.multipart(
                Form::new()
                    .part("value", Part::stream(value.clone()).file_name("value"))
                    .text("metadata", metadata.clone()),
            ),
        }
    }
}

fn encode(text: &str) -> percent_encoding::PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_path_segment_whatever_it_holds() {
        let path = |key| {
            Request::new(Method::GET, Subject::Key, &["values", key]).map(|request| request.path)
        };
        for (key, encoded) in [
            ("a/b", "a%2Fb"),
            ("a^b", "a%5Eb"),
            ("100%", "100%25"),
            ("%2e%2e", "%252e%252e"),
            ("a b+c", "a%20b%2Bc"),
            ("\u{1b}\n\0", "%1B%0A%00"),
            ("clé", "cl%C3%A9"),
            ("?#;&=:@", "%3F%23%3B%26%3D%3A%40"),
            ("...", "..."),
            ("../x", "..%2Fx"),
            ("-_.~", "-_.~"),
        ] {
            assert_eq!(path(key).unwrap(), format!("/values/{encoded}"), "{key}");
            let url = url::Url::parse(&format!("http://localhost/v4/values/{encoded}")).unwrap();
            assert_eq!(url.path(), format!("/v4/values/{encoded}"), "{key}");
        }
        for dots in ["", ".", ".."] {
            assert!(matches!(path(dots), Err(ApiError::Segment(_))), "{dots}");
        }
    }
}
