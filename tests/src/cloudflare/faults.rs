//! What goes wrong, and with which requests.

use super::held::Hold;
use super::request::Kind;

/// How a request goes wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Whether the request is applied all the same.
    pub applied: bool,
    /// What the client sees.
    pub answer: Answer,
}

/// What the client sees of a request that goes wrong.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 429, and for how many seconds to stay away.
    TooMany(Option<u32>),
    /// 500 in Cloudflare's form.
    Internal,
    /// 502 as an HTML page of the edge.
    BadGateway,
    /// 200 with an HTML page of something in between.
    Page,
    /// JSON that breaks off.
    Truncated,
    /// A connection that is cut.
    Cut,
    /// Silence.
    Stalled,
    /// The first key of a bulk request is reported as unsuccessful, and is.
    Partial,
    /// The true answer, once the test lets it go.
    Hold(Hold),
    /// Another status with a JSON body.
    Json(u16, &'static str),
    /// A redirect.
    Redirect(String),
}

/// Which of the requests of a kind go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// One of them, counted from 0.
    Nth(usize),
    /// All of them.
    Always,
}

#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    /// `None`: any.
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

    /// What goes wrong with the next request.
    pub(super) fn next(&mut self, kind: Kind) -> Option<Fault> {
        let mut fault = None;
        for rule in self.0.iter_mut().filter(|rule| rule.kind.is_none_or(|k| k == kind)) {
            if rule.when == When::Always || rule.when == When::Nth(rule.seen) {
                fault = Some(rule.fault.clone());
            }
            rule.seen += 1;
        }
        fault
    }
}
