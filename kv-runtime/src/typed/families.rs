//! Finding the declared family of a key.

use kv_rules::{Pattern, Segment};

use super::declaration::DeclaredFamily;

/// The families of a declaration, with their patterns parsed.
#[derive(Debug)]
pub(crate) struct Families(Vec<(Pattern<'static>, &'static DeclaredFamily)>);

impl Families {
    /// Patterns were checked when compiling.
    pub(crate) fn new(declared: &'static [DeclaredFamily]) -> Self {
        let read =
            |family: &'static DeclaredFamily| Some((Pattern::parse(family.pattern).ok()?, family));
        Self(declared.iter().filter_map(read).collect())
    }

    /// The family of a key: a catch-all only if no other matches.
    pub(crate) fn of_key(&self, key: &str) -> Option<&'static DeclaredFamily> {
        kv_rules::family_of(key, self.0.iter().map(|(pattern, family)| (pattern, *family)))
    }

    /// The family with this pattern, regardless of the names of the parameters.
    pub(crate) fn named(&self, pattern: &Pattern<'_>) -> Option<&'static DeclaredFamily> {
        let same = |one: &Segment<'_>, other: &Segment<'_>| match (one, other) {
            (Segment::Literal(one), Segment::Literal(other)) => one == other,
            (Segment::Param(_), Segment::Param(_)) => true,
            _ => false,
        };
        let is_named = |(declared, _): &&(Pattern<'static>, &'static DeclaredFamily)| {
            let (one, other) = (declared.segments(), pattern.segments());
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        };
        self.0.iter().find(is_named).map(|(_, family)| *family)
    }

    /// Whether the parameters of a key parse as the family's types.
    pub(crate) fn has_key(&self, family: &'static DeclaredFamily, key: &str) -> bool {
        let found = self.0.iter().find(|(_, declared)| std::ptr::eq(*declared, family));
        let params = found.and_then(|(pattern, _)| pattern.match_key(key));
        params.is_some_and(|params| (family.is_key)(&params))
    }
}
