//! Keeping the secrets of a run out of what it shows, logs and stores.
//!
//! Nothing of ours names a secret. What others say may: a server that repeats the token in a
//! message, a redirect that carries it, a store that quotes the request.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A shorter text is not a secret, and hiding it wherever it occurs would garble everything else.
const SHORTEST: usize = 4;

/// The same for text of ours, in which a value such as `prod` may be the name of the stage.
const SHORTEST_IN_OUR_TEXT: usize = 8;

/// The secrets of a run. Clones share them; `Debug` shows none.
#[derive(Clone, Default)]
pub(crate) struct Redactor(Arc<RwLock<Vec<Secret>>>);

/// A form in which a secret can appear, and what is shown in its place.
struct Secret {
    form: String,
    label: String,
}

impl Redactor {
    /// Takes note of a secret; `label` stands in its place from now on, in brackets.
    pub(crate) fn add(&self, secret: &str, label: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let json = serde_json::Value::from(secret).to_string();
        let forms = [
            secret.to_owned(),
            utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            STANDARD.encode(secret),
            json[1..json.len() - 1].to_owned(),
        ];
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for form in forms {
            // What is known best is known last: a credential rather than the variable that held it.
            secrets.retain(|known| known.form != form);
            secrets.push(Secret { form, label: format!("[{label}]") });
        }
        // A secret that contains another is replaced as a whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.form.len()));
    }

    /// What others said, with each secret replaced by its label.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.replace(text, SHORTEST)
    }

    /// A text of ours, which may hold what others said.
    pub(crate) fn redact_our_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.replace(text, SHORTEST_IN_OUR_TEXT)
    }

    fn replace<'a>(&self, text: &'a str, shortest: usize) -> Cow<'a, str> {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for Secret { form, label } in secrets.iter().filter(|s| s.form.len() >= shortest) {
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
        ] {
            assert_eq!(redactor.redact(text), redacted);
        }
        assert_eq!(redactor.redact_our_text("p\"ss"), "p\"ss");
        assert_eq!(redactor.redact_our_text("p\"ss/w rd"), "[env PASSWORD]");
        assert!(!format!("{redactor:?}").contains("p\"ss"));
    }
}
