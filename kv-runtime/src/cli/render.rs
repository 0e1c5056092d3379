//! A plan as people read it, in a terminal or in markdown.

use std::fmt::Write as _;

use console::Style;

use super::screen::{acts, style};
use crate::engine::{Action, Drift, KeyChange, NamespacePlan, Plan, Reason};

/// How many keys of a kind are listed one by one.
const KEYS_SHOWN: usize = 10;

/// The plan for a terminal.
pub(super) fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let width = plan.namespaces.iter().map(|n| n.id.len()).max().unwrap_or(0);
    for namespace in &plan.namespaces {
        let mark = mark(namespace);
        let (id, title) = (&namespace.id, quoted(&namespace.title));
        let line = format!("{} {id:width$}  {title}: {}", mark.sign, describe(namespace));
        lines(&mut out, &format!("  {}", mark.style.apply_to(line)));
        for key in key_lines(namespace) {
            lines(
                &mut out,
                &format!("      {}", key.style.apply_to(format!("{} {}", key.sign, key.text))),
            );
        }
    }
    out.push_str(&summary(plan));
    out
}

/// The plan for a comment or a summary of a CI run.
pub(super) fn markdown(plan: &Plan) -> String {
    let mut out = format!("### Workers KV: `{}/{}`\n\n{}\n", plan.app, plan.stage, summary(plan));
    if plan.is_empty() {
        return out;
    }
    out.push_str("\n| | id | title | change |\n|---|---|---|---|\n");
    for namespace in &plan.namespaces {
        let title = namespace.title.escape_debug().to_string().replace('|', "\\|");
        let (sign, what) = (mark(namespace).sign, describe(namespace));
        lines(&mut out, &format!("| `{sign}` | {} | {title} | {what} |", namespace.id));
    }
    for namespace in plan.namespaces.iter().filter(|n| !key_lines(n).is_empty()) {
        lines(&mut out, &format!("\n<details><summary>{}</summary>\n\n```diff", namespace.id));
        for key in key_lines(namespace) {
            lines(&mut out, &format!("{} {}", key.sign, key.text));
        }
        out.push_str("```\n\n</details>\n");
    }
    out
}

/// One line that says it all.
pub(super) fn summary(plan: &Plan) -> String {
    if plan.is_empty() {
        return match plan.namespaces.len() {
            0 => "Nothing to do.".to_owned(),
            count => format!("Nothing to do: {} as declared.", namespaces(count, "is", "are")),
        };
    }
    let count = |matches: fn(&Action) -> bool| {
        plan.namespaces.iter().filter(|namespace| matches(&namespace.action)).count()
    };
    let keys = |of: fn(&NamespacePlan) -> usize| plan.namespaces.iter().map(of).sum::<usize>();
    let parts = [
        (
            count(|a| {
                matches!(a, Action::Create | Action::Resume { .. } | Action::Recreate { .. })
            }),
            "to create",
        ),
        (count(|a| matches!(a, Action::Adopt { .. })), "to adopt"),
        (count(|a| matches!(a, Action::Rename { .. })), "to rename"),
        (count(|a| matches!(a, Action::Destroy { .. })), "to destroy"),
        (count(|a| matches!(a, Action::Retain { .. } | Action::Forget)), "to forget"),
    ];
    let mut parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", namespaces(count, "", "").trim_end()))
        .collect();
    for (count, what) in
        [(keys(|n| n.put.len()), "to put"), (keys(|n| n.delete.len()), "to delete")]
    {
        if count > 0 {
            parts.push(format!("{} {what}", keys_of(count as u64)));
        }
    }
    if parts.is_empty() {
        parts.push("only the state changes".to_owned());
    }
    format!("Plan: {}.", parts.join(", "))
}

fn namespaces(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 namespace {one}")
    } else {
        format!("{} namespaces {many}", grouped(count as u64))
    }
}

pub(super) fn keys_of(count: u64) -> String {
    if count == 1 { "1 key".to_owned() } else { format!("{} keys", grouped(count)) }
}

/// A sign and its color.
struct Mark {
    sign: char,
    style: Style,
}

fn mark(namespace: &NamespacePlan) -> Mark {
    match namespace.action {
        Action::Create | Action::Resume { .. } | Action::Recreate { .. } => {
            Mark { sign: '+', style: style().green() }
        }
        Action::Destroy { .. } => Mark { sign: '-', style: style().red() },
        Action::Keep { .. } if namespace.is_empty() => Mark { sign: '=', style: style().dim() },
        Action::Retain { .. } | Action::Forget => Mark { sign: '=', style: style().dim() },
        Action::Adopt { .. } | Action::Rename { .. } | Action::Keep { .. } => {
            Mark { sign: '~', style: style().yellow() }
        }
    }
}

fn describe(namespace: &NamespacePlan) -> String {
    let mut text = match &namespace.action {
        Action::Create => "create".to_owned(),
        Action::Resume { namespace_id: Some(_), .. } => {
            "take over, an earlier deploy created it and was cut off".to_owned()
        }
        Action::Resume { namespace_id: None, .. } => {
            "create, an earlier deploy was cut off before it could".to_owned()
        }
        Action::Recreate { lost } => format!("create anew, {lost} vanished from the account"),
        Action::Adopt { namespace_id } => format!("adopt {namespace_id}"),
        Action::Rename { from, .. } => format!("rename from {}", quoted(from)),
        Action::Keep { .. } if namespace.is_empty() => "no change".to_owned(),
        Action::Keep { .. } => "keep".to_owned(),
        Action::Destroy { undeclared: 0, .. } => "destroy".to_owned(),
        Action::Destroy { undeclared, .. } => {
            format!("destroy with {} that no declaration wrote", keys_of(*undeclared))
        }
        Action::Retain { .. } => "retain at Cloudflare, forget in the state".to_owned(),
        Action::Forget => "forget, it is not in the account any more".to_owned(),
    };
    if let Action::Resume { created_as, .. } = &namespace.action
        && *created_as != namespace.title
    {
        let _ = write!(text, ", rename from {}", quoted(created_as));
    }
    if !namespace.put.is_empty() {
        let _ = write!(
            text,
            ", put {} ({})",
            keys_of(namespace.put.len() as u64),
            size(namespace.bytes())
        );
    }
    if !namespace.delete.is_empty() {
        let _ = write!(text, ", delete {}", keys_of(namespace.delete.len() as u64));
    }
    text
}

struct KeyLine {
    sign: char,
    style: Style,
    text: String,
}

fn key_lines(namespace: &NamespacePlan) -> Vec<KeyLine> {
    let changed = |sign, style: Style, change: &KeyChange| {
        let why = match change.reason {
            Reason::New => "",
            Reason::Changed => "changed, ",
            Reason::Unconfirmed => "not confirmed before, ",
            Reason::Renewed => "renewed, ",
            Reason::Repaired => "changed or removed by others, ",
            Reason::Once => "declared once and there already, ",
        };
        let text = format!("{}  {why}{}", printable_key(&change.key), size(change.bytes as u64));
        KeyLine { sign, style, text }
    };
    let gone = |sign, style: Style, why: &str, key: &String| KeyLine {
        sign,
        style,
        text: format!("{}{why}", printable_key(key)),
    };
    let mut out = Vec::new();
    shorten(&mut out, &namespace.put, |change| match change.reason {
        Reason::New => changed('+', style().green(), change),
        _ => changed('~', style().yellow(), change),
    });
    shorten(&mut out, &namespace.delete, |key| gone('-', style().red(), "", key));
    shorten(&mut out, &namespace.settle, |change| changed('=', style().dim(), change));
    let drift: Vec<_> = namespace.drift.iter().collect();
    shorten(&mut out, &drift, |(key, drift)| {
        let how = match drift {
            Drift::Changed => "  was changed by others; --repair writes it again",
            Drift::Missing => "  was removed by others; --repair writes it again",
        };
        gone('!', style().magenta(), how, key)
    });
    shorten(&mut out, &namespace.forget, |key| {
        gone('=', style().dim(), "  left the declaration, stays because it was declared once", key)
    });
    out
}

fn shorten<T>(out: &mut Vec<KeyLine>, all: &[T], line: impl Fn(&T) -> KeyLine) {
    out.extend(all.iter().take(KEYS_SHOWN).map(line));
    if let Some(more) = all.len().checked_sub(KEYS_SHOWN).filter(|more| *more > 0) {
        let text = format!("and {} more", grouped(more as u64));
        out.push(KeyLine { sign: '…', style: style().dim(), text });
    }
}

fn lines(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn quoted(title: &str) -> String {
    format!("{title:?}")
}

/// A key as it is where that is unmistakable, else quoted.
fn printable_key(key: &str) -> String {
    let plain = |c: char| !acts(c) && !c.is_whitespace() && c != '"' && c != '`';
    if key.chars().all(plain) { key.to_owned() } else { format!("{key:?}") }
}

/// A number with its digits in groups.
pub(super) fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

pub(super) fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}
