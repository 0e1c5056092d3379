//! A plan as text for a terminal.

use std::fmt::Write as _;

use console::Style;

use super::screen::{acts, printable, style};
use crate::engine::{
    Action, Drift, KeyChange, NamespacePlan, PartChange, Plan, PlanAccount, Reason, ValueChange,
};

/// How many keys of each kind are listed.
const KEYS_SHOWN: usize = 10;

/// How many keys are listed whose values would be lost.
const LOSSES_SHOWN: usize = 100;

/// Where a plan will be applied: the first line of a plan, and part of the question.
pub(super) fn place(plan: &Plan) -> String {
    let mut text = stage_of(&plan.app, &plan.stage, &plan.accounts, plan.local.as_deref());
    for url in &plan.base_urls {
        let _ = write!(text, ", API {}", printable(url));
    }
    let _ = write!(text, ", state {}", printable(&plan.state));
    text
}

/// A stage, and where its namespaces are.
pub(super) fn stage_of<'a>(
    app: &str,
    stage: &str,
    accounts: impl IntoIterator<Item = &'a PlanAccount>,
    local: Option<&str>,
) -> String {
    let mut text = format!("App {app}, stage {stage}");
    for PlanAccount { id, name, .. } in accounts {
        let _ = write!(text, ", account {id}");
        if let Some(name) = name {
            let _ = write!(text, " ({})", printable(name));
        }
    }
    if let Some(folder) = local {
        let _ = write!(text, ", local folder {}", printable(folder));
    }
    text
}

/// The plan for a terminal.
pub(super) fn text(plan: &Plan) -> String {
    let mut out = String::new();
    lines(&mut out, &place(plan));
    let width = plan.namespaces.iter().map(|n| n.id.len()).max().unwrap_or(0);
    for namespace in &plan.namespaces {
        let mark = mark(namespace);
        let (id, title) = (&namespace.id, quoted(&namespace.title));
        let line = format!("{} {id:width$}  {title}: {}", mark.sign, describe(namespace, &quoted));
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

/// The plan in one line.
pub(super) fn summary(plan: &Plan) -> String {
    let drift = drift(plan);
    if plan.is_empty() {
        let declared = |n: &&NamespacePlan| !matches!(n.action, Action::Leave { .. });
        return match (plan.namespaces.iter().filter(declared).count(), drift) {
            (_, Some(drift)) => format!(
                "Nothing to deploy, but {drift}; --repair writes the declared values again."
            ),
            (0, None) => "Nothing to do.".to_owned(),
            (count, None) => {
                format!("Nothing to do: {} as declared.", namespaces(count, "is", "are"))
            }
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
    let (puts, overwrites) = (keys(|n| n.put.len()), keys(NamespacePlan::overwrites));
    if puts > 0 {
        let mut put = format!("{} to put", keys_of(puts as u64));
        match overwrites {
            0 => {}
            1 => put.push_str(" (1 over a value that this tool did not write)"),
            more => {
                let more = grouped(more as u64);
                let _ = write!(put, " ({more} over values that this tool did not write)");
            }
        }
        parts.push(put);
    }
    let deletes = keys(|n| n.delete.len());
    if deletes > 0 {
        parts.push(format!("{} to delete", keys_of(deletes as u64)));
    }
    let drift = drift.map_or_else(String::new, |drift| format!(" Also, {drift}."));
    let bill = bill(plan.billed.writes, plan.billed.deletes);
    format!("Plan: {}.{drift}{bill}", parts.join(", "))
}

/// How many deployed keys others changed or removed.
fn drift(plan: &Plan) -> Option<String> {
    match plan.drifted_keys() {
        0 => None,
        1 => Some("1 key was changed or removed by others".to_owned()),
        keys => Some(format!("{} were changed or removed by others", keys_of(keys as u64))),
    }
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
pub(super) struct Mark {
    pub(super) sign: char,
    style: Style,
}

pub(super) fn mark(namespace: &NamespacePlan) -> Mark {
    match namespace.action {
        Action::Create | Action::Resume { .. } | Action::Recreate { .. } => {
            Mark { sign: '+', style: style().green() }
        }
        Action::Destroy { .. } => Mark { sign: '-', style: style().red() },
        Action::Keep { .. } if namespace.is_empty() => Mark { sign: '=', style: style().dim() },
        Action::Retain { .. } | Action::Forget | Action::Leave { .. } => {
            Mark { sign: '=', style: style().dim() }
        }
        Action::Adopt { .. } | Action::Rename { .. } | Action::Keep { .. } => {
            Mark { sign: '~', style: style().yellow() }
        }
    }
}

/// What will be done with a namespace; `quote` formats a title from the account.
pub(super) fn describe(namespace: &NamespacePlan, quote: &dyn Fn(&str) -> String) -> String {
    let mut text = match &namespace.action {
        Action::Create => "create".to_owned(),
        Action::Resume { namespace_id: Some(_), .. } => {
            "take over, an earlier deploy created it and was interrupted".to_owned()
        }
        Action::Resume { namespace_id: None, .. } => {
            "create, an earlier deploy was interrupted before it could".to_owned()
        }
        Action::Recreate { lost } => format!("create again, {lost} is gone from the account"),
        Action::Adopt { namespace_id, lost: None } => format!("adopt {namespace_id}"),
        Action::Adopt { namespace_id, lost: Some(lost) } => {
            format!("adopt {namespace_id}, {lost} is gone from the account")
        }
        Action::Rename { from, .. } => format!("rename from {}", quote(from)),
        Action::Keep { .. } if namespace.is_empty() => "no change".to_owned(),
        Action::Keep { .. } => "keep".to_owned(),
        Action::Destroy { keys: 0, .. } => "destroy, it has no keys".to_owned(),
        Action::Destroy { keys, undeclared: 0, .. } => format!("destroy with {}", keys_of(*keys)),
        Action::Destroy { keys, undeclared, .. } if keys == undeclared => {
            format!("destroy with {} that this tool did not write", keys_of(*keys))
        }
        Action::Destroy { keys, undeclared, .. } => format!(
            "destroy with {}, {} of them not written by this tool",
            keys_of(*keys),
            grouped(*undeclared)
        ),
        Action::Retain { .. } => "retain, forget in the state".to_owned(),
        Action::Forget => "forget, it is no longer in the account".to_owned(),
        Action::Leave { deployers } if deployers.is_empty() => {
            "left alone, no program is known to deploy it; --take-over takes it over".to_owned()
        }
        Action::Leave { deployers } => {
            format!("left alone, {} deploys it; --take-over takes it over", deployers.join(" and "))
        }
    };
    if let Action::Resume { created_as, .. } = &namespace.action
        && *created_as != namespace.title
    {
        let _ = write!(text, ", rename from {}", quote(created_as));
    }
    if let Some(from) = &namespace.moved_from {
        let _ = write!(text, ", was {from} in the state");
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

pub(super) struct KeyLine {
    pub(super) sign: char,
    style: Style,
    pub(super) text: String,
}

pub(super) fn key_lines(namespace: &NamespacePlan) -> Vec<KeyLine> {
    let changed = |sign, style: Style, change: &KeyChange| {
        let why = match change.reason {
            Reason::New => "",
            Reason::Changed => "changed, ",
            Reason::Unconfirmed => "not confirmed before, ",
            Reason::Renewed => "renewed, ",
            Reason::Repaired => "changed or removed by others, ",
            Reason::Overwrite { .. } => "overwrites a value that this tool did not write, ",
            Reason::Once => "declared once and already there, ",
            Reason::Equal => "already as declared, ",
        };
        let replaced = match change.reason {
            Reason::Overwrite { replaced_bytes: Some(bytes) } => size(bytes.into()) + " → ",
            _ => String::new(),
        };
        let (key, bytes) = (
            printable_key(&change.key),
            change.bytes.map_or_else(|| "env(...)".to_owned(), |b| size(b.into())),
        );
        KeyLine { sign, style, text: format!("{key}  {why}{replaced}{bytes}") }
    };
    let gone = |sign, style: Style, why: &str, key: &String| KeyLine {
        sign,
        style,
        text: format!("{}{why}", printable_key(key)),
    };
    let mut out = Vec::new();
    let values = |out: &mut Vec<KeyLine>, key: &str| {
        let Some(change) = namespace.values.get(key) else { return };
        out.extend(value_lines(change).into_iter().map(|text| KeyLine {
            sign: ' ',
            style: style().dim(),
            text: format!("  {text}"),
        }));
    };
    // Lost values come first, so that nobody overlooks them.
    let (overwrites, puts): (Vec<_>, Vec<_>) =
        namespace.put.iter().partition(|change| matches!(change.reason, Reason::Overwrite { .. }));
    shorten(&mut out, &overwrites, LOSSES_SHOWN, |out, change| {
        out.push(changed('~', style().yellow(), change));
        values(out, &change.key);
    });
    shorten(&mut out, &namespace.delete, LOSSES_SHOWN, |out, key| {
        out.push(gone('-', style().red(), "", key));
        values(out, key);
    });
    shorten(&mut out, &puts, KEYS_SHOWN, |out, change| {
        out.push(match change.reason {
            Reason::New => changed('+', style().green(), change),
            _ => changed('~', style().yellow(), change),
        });
        values(out, &change.key);
    });
    shorten(&mut out, &namespace.settle, KEYS_SHOWN, |out, change| {
        out.push(changed('=', style().dim(), change));
    });
    let drift: Vec<_> = namespace.drift.iter().collect();
    shorten(&mut out, &drift, KEYS_SHOWN, |out, (key, drift)| {
        let how = match drift {
            Drift::Changed => "  was changed by others; --repair writes it again",
            Drift::Missing => "  was removed by others; --repair writes it again",
        };
        out.push(gone('!', style().magenta(), how, key));
    });
    shorten(&mut out, &namespace.forget, KEYS_SHOWN, |out, key| {
        let why = "  no longer declared; kept, because it belongs to the application";
        out.push(gone('=', style().dim(), why, key));
    });
    if let Some(renamed) = &namespace.likely_renamed_to {
        let text = format!(
            "looks like it was renamed to {renamed}: write `was: {:?}` there to keep the namespace and its data",
            namespace.id
        );
        out.push(KeyLine { sign: '!', style: style().magenta(), text });
    }
    out
}

/// The change of a value, in a few lines.
fn value_lines(change: &ValueChange) -> Vec<String> {
    let shown =
        |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), printable_value);
    if change.parts.is_empty() {
        return vec![format!("{} → {}", shown(&change.old), shown(&change.new))];
    }
    let part = |part: &PartChange| {
        let (path, old, new) = (printable(&part.path), shown(&part.old), shown(&part.new));
        format!("{path}: {old} → {new}")
    };
    let mut lines: Vec<_> = change.parts.iter().take(KEYS_SHOWN).map(part).collect();
    if let Some(more) = change.parts.len().checked_sub(KEYS_SHOWN).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// A value in one line.
fn printable_value(value: &str) -> String {
    printable(value).replace('\n', "\\n")
}

fn shorten<T>(
    out: &mut Vec<KeyLine>,
    all: &[T],
    shown: usize,
    line: impl Fn(&mut Vec<KeyLine>, &T),
) {
    for item in all.iter().take(shown) {
        line(out, item);
    }
    if let Some(more) = all.len().checked_sub(shown).filter(|more| *more > 0) {
        let text = format!("and {} more", grouped(more as u64));
        out.push(KeyLine { sign: '…', style: style().dim(), text });
    }
}

pub(super) fn lines(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn quoted(title: &str) -> String {
    format!("{title:?}")
}

/// How many characters of a key are shown.
const LONGEST_KEY: usize = 100;

/// The key, quoted if it would be ambiguous otherwise.
pub(super) fn printable_key(key: &str) -> String {
    let plain = |c: char| !acts(c) && !c.is_whitespace() && c != '"' && c != '`';
    let shown = if key.chars().all(plain) { key.to_owned() } else { format!("{key:?}") };
    match shown.char_indices().nth(LONGEST_KEY) {
        None => shown,
        Some((end, _)) => format!("{}… ({} bytes)", &shown[..end], key.len()),
    }
}

/// How many operations of each kind the free plan allows in a day
/// (<https://developers.cloudflare.com/kv/platform/pricing/>).
const FREE_READS: u64 = 100_000;
pub(super) const FREE_WRITES: u64 = 1_000;

/// A note if there are more reads than the free plan allows in a day.
pub(super) fn reads_of_a_day(reads: u64) -> String {
    if reads <= FREE_READS {
        return String::new();
    }
    format!("; the free plan allows {} reads a day", grouped(FREE_READS))
}

/// How many operations are billed, with a note if the free plan does not allow that many in a day.
pub(super) fn bill(writes: u64, deletes: u64) -> String {
    let one = |count: u64, what: &str| {
        (count > 0)
            .then(|| format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" }))
    };
    let parts: Vec<_> =
        [one(writes, "write"), one(deletes, "delete")].into_iter().flatten().collect();
    if parts.is_empty() {
        return String::new();
    }
    let mut text = format!(" Billed: {}", parts.join(" and "));
    if writes.max(deletes) > FREE_WRITES {
        let _ = write!(text, "; the free plan allows {} of each a day", grouped(FREE_WRITES));
    }
    text + "."
}

/// A number with its digits grouped by thousands.
pub(super) fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

pub(super) fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}
