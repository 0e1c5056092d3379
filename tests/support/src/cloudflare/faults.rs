//! Faults, and the requests that they affect.

use serde_json::{Value, json};

use super::held::Hold;
use super::request::Kind;

/// How a request fails.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Whether the request is applied anyway.
    pub applied: bool,
    /// What the client sees.
    pub answer: Answer,
}

/// What the client sees of a request that fails.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 429, with the number of seconds in `Retry-After`.
    TooMany(Option<u32>),
    /// 500 in Cloudflare's form.
    Internal,
    /// 502 with an HTML page from the edge.
    BadGateway,
    /// 200 with an HTML page from a proxy.
    Page,
    /// Truncated JSON.
    Truncated,
    /// A connection that is closed without a response.
    Cut,
    /// No response; the connection stays open.
    Stalled,
    /// The first key of a bulk request fails and is reported as unsuccessful.
    Partial,
    /// The real response, once the test releases it.
    Hold(Hold),
    /// Another status with a JSON body.
    Json(u16, &'static str),
    /// A redirect.
    Redirect(String),
    /// An inconsistent response to a bulk request.
    Odd(Odd),
    /// A listing of keys whose two cursors lead to each other.
    Circle,
    /// A list of namespaces that has each title twice.
    Twice,
    /// A page of a list with at most twenty items, whatever was requested, without information about pages.
    Short,
    /// A listing of keys that starts over with each page, under a cursor that is new each time.
    Again,
}

/// How the response to a bulk request is inconsistent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// A key that was not sent is reported as unsuccessful.
    NotSent,
    /// A key is reported as unsuccessful twice.
    Twice,
    /// A key is reported as unsuccessful in another spelling.
    Spelling,
    /// No key is counted.
    CountZero,
    /// One key too few is counted.
    OneTooFew,
    /// One key too many is counted.
    OneTooMany,
    /// The count is negative.
    Negative,
    /// Keys are reported as numbers.
    Numbers,
    /// There are no counts in the result.
    Empty,
    /// There is no result.
    Null,
    /// There is no body.
    NoContent,
}

impl Odd {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::NotSent,
        Self::Twice,
        Self::Spelling,
        Self::CountZero,
        Self::OneTooFew,
        Self::OneTooMany,
        Self::Negative,
        Self::Numbers,
        Self::Empty,
        Self::Null,
        Self::NoContent,
    ];

    /// The reported result for these keys; `None` for no body.
    pub(super) fn result(self, keys: &[String]) -> Option<Value> {
        let count = i64::try_from(keys.len()).unwrap();
        let first = keys.first().cloned().unwrap_or_default();
        let told = |count: i64, failed: Value| json!({"successful_key_count": count, "unsuccessful_keys": failed});
        Some(match self {
            Self::NotSent => told(count - 1, json!(["a-key-that-was-not-sent"])),
            Self::Twice => told(count - 2, json!([first, first])),
            Self::Spelling => told(count - 1, json!([first.to_uppercase()])),
            Self::CountZero => told(0, json!([])),
            Self::OneTooFew => told(count - 1, json!([])),
            Self::OneTooMany => told(count + 1, json!([])),
            Self::Negative => told(-count, json!([])),
            Self::Numbers => told(count - 1, json!([1])),
            Self::Empty => json!({}),
            Self::Null => Value::Null,
            Self::NoContent => return None,
        })
    }
}

/// Which requests of a kind fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// One of them, counted from 0.
    Nth(usize),
    /// One of them, counted from 0, and all after it.
    From(usize),
    /// All of them.
    Always,
}

#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    /// `None` for any kind.
    kind: Option<Kind>,
    when: When,
    fault: Fault,
    /// How many requests it saw.
    seen: usize,
}

impl Rules {
    pub(super) fn add(&mut self, kind: Option<Kind>, when: When, fault: Fault) {
        self.0.push(Rule { kind, when, fault, seen: 0 });
    }

    /// The fault for the next request.
    pub(super) fn next(&mut self, kind: Kind) -> Option<Fault> {
        let mut fault = None;
        for rule in self.0.iter_mut().filter(|rule| rule.kind.is_none_or(|k| k == kind)) {
            let fails = match rule.when {
                When::Nth(n) => rule.seen == n,
                When::From(n) => rule.seen >= n,
                When::Always => true,
            };
            if fails {
                fault = Some(rule.fault.clone());
            }
            rule.seen += 1;
        }
        fault
    }
}
