//! Keeps the secrets of a run out of what it shows, logs and stores.
//!
//! Our own text never contains a secret, but text from others may: a server that repeats the token in a
//! message, a redirect that contains it, a store that quotes the request.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Shorter text does not count as a secret, since hiding it everywhere would garble other text.
const SHORTEST: usize = 4;

/// The same limit for our own text, where a value such as `prod` may be the name of the stage.
const SHORTEST_IN_OUR_TEXT: usize = 8;

/// The secrets of a run. Clones share them; `Debug` does not show them.
#[derive(Clone, Default)]
pub(crate) struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    secrets: Vec<Secret>,
    /// Names that are shown even if a secret is the same word.
    names: Vec<String>,
}

/// A form in which a secret can appear, and the label shown instead.
struct Secret {
    form: String,
    label: String,
}

/// The characters that are not encoded in a URL.
const IN_URLS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The characters that are not encoded in the path of a URL.
const IN_PATHS: &AsciiSet = &IN_URLS.remove(b'/').remove(b':');

/// The forms in which others may repeat a text: unchanged, in URLs and forms, in base64 and hex, in JSON
/// and HTML.
fn forms(secret: &str) -> Vec<String> {
    let json = |text: &str| {
        let json = serde_json::Value::from(text).to_string();
        json[1..json.len() - 1].to_owned()
    };
    let plain_json = json(secret);
    let mut forms = vec![
        secret.to_owned(),
        json(&plain_json),
        ascii(&plain_json),
        plain_json.replace('/', "\\/"),
        html(secret),
        hex(secret),
        hex(secret).to_uppercase(),
    ];
    for set in [NON_ALPHANUMERIC, IN_URLS, IN_PATHS] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        for encoded in [encoded.replace("%20", "+"), encoded] {
            forms.push(lower_hex(&encoded));
            forms.push(encoded);
        }
    }
    forms.push(plain_json);
    // Within a longer text such as `USER:SECRET`, the secret can begin inside a base64 group.
    for skipped in 0..3 {
        let whole = STANDARD_NO_PAD.encode([&vec![0; skipped], secret.as_bytes()].concat());
        let inner = &whole[(skipped * 8).div_ceil(6)..];
        let bits = (skipped + secret.len()) * 8;
        let inner = if bits.is_multiple_of(6) { inner } else { &inner[..inner.len() - 1] };
        forms.push(inner.replace('+', "-").replace('/', "_"));
        forms.push(inner.to_owned());
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// JSON text with all non-ASCII characters escaped.
fn ascii(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A string takes whatever is written to it.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

fn html(text: &str) -> String {
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")]
        .iter()
        .fold(text.to_owned(), |text, (c, entity)| text.replace(*c, entity))
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        // A string takes whatever is written to it.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Percent-encoded text with its digits in lower case.
fn lower_hex(encoded: &str) -> String {
    let mut digits = 0;
    let lower = |c: char| {
        digits = if c == '%' { 2 } else { i32::max(digits - 1, -1) };
        if digits >= 0 { c.to_ascii_lowercase() } else { c }
    };
    encoded.chars().map(lower).collect()
}

impl Redactor {
    /// Registers a secret; from now on `label` is shown instead, in brackets.
    pub(crate) fn add(&self, secret: &str, label: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let forms = forms(secret);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let secrets = &mut known.secrets;
        for form in forms {
            // The last label wins, since later ones are more specific: a credential, not its variable.
            secrets.retain(|known| known.form != form);
            secrets.push(Secret { form, label: format!("[{label}]") });
        }
        // A secret that contains another is replaced as a whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.form.len()));
    }

    /// Registers the name of an app or a stage. Our own text shows it even if a secret is the same word, so
    /// that the user can see what the run works on.
    pub(crate) fn spare(&self, name: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.names.push(name.to_owned());
    }

    /// Replaces each secret in text from others with its label.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.replace(text, |secret| secret.form.len() >= SHORTEST)
    }

    /// Replaces secrets in our own text, which may quote text from others.
    pub(crate) fn redact_our_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner).names.clone();
        self.replace(text, |secret| {
            secret.form.len() >= SHORTEST_IN_OUR_TEXT && !names.contains(&secret.form)
        })
    }

    fn replace<'a>(&self, text: &'a str, hides: impl Fn(&Secret) -> bool) -> Cow<'a, str> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for Secret { form, label } in known.secrets.iter().filter(|secret| hides(secret)) {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), label));
            }
        }
        text
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_in_every_form_in_which_it_can_be_repeated() {
        let redactor = Redactor::default();
        redactor.add("p\"ss/w rd", "env PASSWORD");
        redactor.add("p\"ss", "token");
        redactor.add("abc", "env SHORT");
        for (text, redacted) in [
            (
                "it was p\"ss/w rd, twice: p\"ss/w rd",
                "it was [env PASSWORD], twice: [env PASSWORD]",
            ),
            ("https://x/?p%22ss%2Fw%20rd", "https://x/?[env PASSWORD]"),
            ("Basic cCJzcy93IHJk", "Basic [env PASSWORD]"),
            (r#"{"a":"p\"ss/w rd"}"#, r#"{"a":"[env PASSWORD]"}"#),
            ("p\"ss", "[token]"),
            ("abc", "abc"),
            ("p%22ss/w%20rd p%22ss%2fw+rd", "[env PASSWORD] [env PASSWORD]"),
            (r#"{"a":"p\"ss/w rd"}"#, r#"{"a":"[env PASSWORD]"}"#),
            (r#"p\\\"ss"#, "[token]"),
            (r#"p\"ss\/w rd"#, "[env PASSWORD]"),
            // `user:` before it, as in basic authentication.
            ("Basic dXNlcjpwInNzL3cgcmQ=", "Basic dXNlcjp[env PASSWORD]Q="),
        ] {
            assert_eq!(redactor.redact(text), redacted);
        }
        assert_eq!(redactor.redact_our_text("p\"ss"), "p\"ss");
        assert_eq!(redactor.redact_our_text("p\"ss/w rd"), "[env PASSWORD]");
        assert!(!format!("{redactor:?}").contains("p\"ss"));
    }
}
