//! The names of constants and accessors: each is free, or the clash is shown at both places.

use kv_rules::shown;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::rc::Rc;

use proc_macro2::{Ident, Span};

use super::Context;
use super::family::Family;
use super::keys::are_apart;
use crate::model;
use crate::names;

/// The methods that every namespace has.
const GENERATED: [&str; 10] = [
    "new",
    "store",
    "reader",
    "writer",
    "deploy",
    "connect",
    "at",
    "in_memory",
    "from_env",
    "clone",
];

/// The names that are taken.
pub(super) struct Names<'a> {
    owners: HashMap<String, Owner>,
    context: Context<'a>,
}

struct Owner {
    what: What,
    /// What kind of name it is.
    kind: &'static str,
    span: Span,
    /// The `#[cfg(...)]` of what has it, as text.
    cfg: Rc<str>,
}

/// What has a name.
#[derive(Clone)]
enum What {
    Key(Rc<str>),
    Family(Rc<str>),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "the key `{}`", shown(key)),
            Self::Family(pattern) => write!(f, "the family `{}`", shown(pattern)),
        }
    }
}

impl<'a> Names<'a> {
    /// No names yet, with room for those of this many entries: growing the map again and again would
    /// take a third of the time.
    pub(super) fn for_entries(entries: usize, context: Context<'a>) -> Self {
        Self { owners: HashMap::with_capacity(2 * entries), context }
    }

    /// The names of an entry, or `None` when they are taken.
    pub(super) fn entry(
        &mut self,
        key: &str,
        key_at: Span,
        chosen: Option<&Ident>,
        cfg: &Rc<str>,
    ) -> Option<model::Names> {
        let what = What::Key(key.into());
        let (name, span) = match chosen {
            Some(ident) => (checked(ident, self.context)?, ident.span()),
            None => (derived(names::snake(key), &what, key_at, self.context)?, key_at),
        };
        let constant = names::constant_of(&name);
        let owner = |kind| Owner { what: what.clone(), kind, span, cfg: Rc::clone(cfg) };
        let free = self.claim(&name, owner("accessor")) && self.claim(&constant, owner("constant"));
        free.then(|| model::Names {
            constant: names::ident(&constant, span),
            accessor: names::ident(&name, span),
        })
    }

    /// The accessor and the list method of a family.
    pub(super) fn family(&mut self, family: &Family<'_>) -> Option<(Ident, Ident)> {
        let (pattern_at, default) = (family.text.span, family.default_name());
        let what = What::Family(family.pattern_text().into());
        let (name, span) = match &family.name {
            Some(ident) => (checked(ident, self.context)?, ident.span()),
            None => (derived(default, &what, pattern_at, self.context)?, pattern_at),
        };
        let list = format!("{}_list", name.trim_end_matches('_'));
        let cfg = &family.cfg_text;
        let owner = |kind| Owner { what: what.clone(), kind, span, cfg: Rc::clone(cfg) };
        let free = self.claim(&name, owner("accessor")) && self.claim(&list, owner("list method"));
        free.then(|| {
            let ident = |name| names::ident(name, span);
            (ident(&name), ident(&list))
        })
    }

    fn claim(&mut self, name: &str, owner: Owner) -> bool {
        if GENERATED.contains(&name) {
            let Owner { what: ours, kind, span, .. } = owner;
            self.context.push(
                span,
                format!(
                    "{ours} would have the {kind} `{name}`, which every namespace has already: name it with \
                     `as: ...`"
                ),
            );
            return false;
        }
        let taken = match self.owners.entry(name.to_owned()) {
            Entry::Vacant(free) => {
                free.insert(owner);
                return true;
            }
            Entry::Occupied(taken) if are_apart(&taken.get().cfg, &owner.cfg) => return true,
            Entry::Occupied(taken) => taken,
        };
        let first = taken.get();
        let Owner { what: ours, kind, span, .. } = owner;
        let theirs = &first.what;
        let both = if first.kind == kind { kind } else { "name" };
        self.context.push_with_other(
            span,
            format!(
                "{theirs} and {ours} would both have the {both} `{name}`: name one of them with `as: ...`"
            ),
            first.span,
        );
        false
    }
}

fn derived(name: Option<String>, what: &What, span: Span, context: Context<'_>) -> Option<String> {
    if name.is_none() {
        context.push(
            span,
            format!(
                "{what} has no letter or digit to name an accessor after: name it with `as: ...`"
            ),
        );
    }
    name
}

fn checked(ident: &Ident, context: Context<'_>) -> Option<String> {
    let name = ident.to_string();
    let bare = name.strip_prefix("r#").unwrap_or(&name);
    if bare == "_" || bare.starts_with("__") || matches!(bare, "self" | "Self" | "super" | "crate")
    {
        context.push(
            ident.span(),
            format!("`{bare}` cannot name an accessor: choose another name, such as `as: profile`"),
        );
        return None;
    }
    Some(bare.to_owned())
}
