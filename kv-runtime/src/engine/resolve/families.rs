//! Which family a pair of a file is of: it has the types and the lifetime of the family.

use kv_rules::Pattern;

use crate::typed::declaration::DeclaredFamily;

/// The families of a declaration, with their patterns read.
pub(super) struct Families(Vec<(Pattern<'static>, &'static DeclaredFamily)>);

impl Families {
    /// Patterns were checked when compiling.
    pub(super) fn new(declared: &'static [DeclaredFamily]) -> Self {
        let read =
            |family: &'static DeclaredFamily| Some((Pattern::parse(family.pattern).ok()?, family));
        Self(declared.iter().filter_map(read).collect())
    }

    /// The family of a key: a catch-all only when no other matches.
    pub(super) fn of_key(&self, key: &str) -> Option<&'static DeclaredFamily> {
        kv_rules::family_of(key, self.0.iter().map(|(pattern, family)| (pattern, *family)))
    }
}
