//! A plan as markdown, for a comment or the summary of a CI run.

use std::fmt::Write as _;

use super::render::{describe, key_lines, lines, mark, place, summary};
use super::screen::acts;
use crate::engine::Plan;

/// The text for a terminal, in a code block.
pub(super) fn block(text: &str) -> String {
    format!("```\n{text}\n```\n")
}

/// The plan as markdown.
pub(super) fn plan(plan: &Plan) -> String {
    let mut out = format!("### Workers KV: `{}/{}`\n\n", plan.app, plan.stage);
    lines(&mut out, &format!("{}\n\n{}", code(&place(plan)), summary(plan)));
    if !plan.is_empty() {
        out.push_str("\n| | id | title | change |\n|---|---|---|---|\n");
        for namespace in &plan.namespaces {
            let (title, what) = (code(&namespace.title), describe(namespace, &code));
            let (sign, id) = (mark(namespace).sign, &namespace.id);
            lines(&mut out, &format!("| `{sign}` | {id} | {title} | {what} |"));
        }
    }
    for namespace in &plan.namespaces {
        let keys = key_lines(namespace);
        if keys.is_empty() {
            continue;
        }
        lines(&mut out, &format!("\n<details><summary>{}</summary>\n\n```diff", namespace.id));
        for key in keys {
            lines(&mut out, &format!("{} {}", key.sign, key.text));
        }
        out.push_str("```\n\n</details>\n");
    }
    out
}

/// Formats untrusted text as code: it cannot produce markup, links, images or mentions, inside a table or
/// outside.
fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    for c in text.chars() {
        // Escapes the characters of links, mentions and markup; words, paths and numbers stay readable.
        if c.is_ascii_punctuation() && !matches!(c, ',' | '.' | ':' | '-' | '(' | ')' | '/') {
            let _ = write!(out, "&#{};", u32::from(c));
        } else if acts(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    // A URL, or a bare host name, would become a link.
    out.replace("://", "&#58;//").replace("www.", "www&#46;") + "</code>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_no_markup() {
        assert_eq!(
            code("a|b [x](http://e) ![i] <b> @me `c` **d** \\ ##[e]\n::f"),
            "<code>a&#124;b &#91;x&#93;(http&#58;//e) &#33;&#91;i&#93; &#60;b&#62; &#64;me \
             &#96;c&#96; &#42;&#42;d&#42;&#42; &#92; &#35;&#35;&#91;e&#93;\\n::f</code>"
        );
        assert_eq!(code("user-sessions"), "<code>user-sessions</code>");
        assert_eq!(code("www.example.com"), "<code>www&#46;example.com</code>");
    }
}
