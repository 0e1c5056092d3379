//! The properties that exist, and which grammar follows each.

use kv_rules::closest;

/// The grammar of a property's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    Value,
    Type,
    Types,
    Seconds,
    Ident,
    Entries,
    Families,
}

impl Grammar {
    /// An example of such a value.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Value => "...",
            Self::Type => "String",
            Self::Types => "[OlderType]",
            Self::Seconds => "3600",
            Self::Ident => "name",
            Self::Entries => "[{ key: \"...\", value: ... }]",
            Self::Families => "{ \"session:{id}\": Session }",
        }
    }
}

/// A known property.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(super) grammar: Grammar,
}

const fn known(name: &'static str, grammar: Grammar) -> Known {
    Known { name, grammar }
}

/// The properties of a namespace.
pub(crate) const NAMESPACE: &[Known] = &[
    known("title", Grammar::Value),
    known("id", Grammar::Value),
    known("was", Grammar::Value),
    known("binding", Grammar::Value),
    known("adopt", Grammar::Value),
    known("delete", Grammar::Value),
    known("module", Grammar::Ident),
    known("accountId", Grammar::Value),
    known("apiToken", Grammar::Value),
    known("apiKey", Grammar::Value),
    known("email", Grammar::Value),
    known("baseUrl", Grammar::Value),
    known("values", Grammar::Entries),
    known("keys", Grammar::Families),
];

/// The properties of an entry of `values`.
pub(crate) const ENTRY: &[Known] = &[
    known("key", Grammar::Value),
    known("value", Grammar::Value),
    known("type", Grammar::Type),
    known("was", Grammar::Types),
    known("expirationTtl", Grammar::Seconds),
    known("expiration", Grammar::Value),
    known("metadata", Grammar::Value),
    known("once", Grammar::Value),
    known("only", Grammar::Value),
    known("as", Grammar::Ident),
];

/// The properties of a key family.
pub(crate) const FAMILY: &[Known] = &[
    known("metadata", Grammar::Type),
    known("was", Grammar::Types),
    known("expirationTtl", Grammar::Seconds),
    known("as", Grammar::Ident),
];

/// Whether a name is that of a property of an entry.
pub(crate) fn is_of_an_entry(written: &str) -> bool {
    ENTRY.iter().any(|known| spells(written, known.name))
}

/// Whether `written` spells `name`, in `camelCase` or in `snake_case`.
pub(crate) fn spells(written: &str, name: &str) -> bool {
    let snake = || {
        name.chars().flat_map(|c| {
            c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()])
        })
    };
    written == name || (written.contains('_') && written.chars().eq(snake()))
}

/// The property that was written, or meant by a misspelling: so one slip is one error.
pub(super) fn find(written: &str, all: &'static [Known]) -> Option<&'static Known> {
    all.iter().find(|known| spells(written, known.name)).or_else(|| {
        // `expiration` is a property of its own, not a misspelling of `expirationTtl`.
        if written == "expiration" {
            return None;
        }
        // Neither is `key` of `keys`.
        if is_of_an_entry(written) {
            return None;
        }
        let alias = match written {
            "val" | "data" | "content" | "body" => "value",
            "name" => "key",
            "ttl" | "expiresIn" | "maxAge" | "expires_in" | "max_age" => "expirationTtl",
            "expiresAt" | "expires" | "expires_at" => "expiration",
            "meta" => "metadata",
            _ => "",
        };
        if let Some(meant) = all.iter().find(|known| known.name == alias) {
            return Some(meant);
        }
        let meant = closest(written, all.iter().map(|known| known.name))?;
        all.iter().find(|known| known.name == meant)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_spelt_in_camel_case_or_snake_case() {
        assert!(spells("expirationTtl", "expirationTtl"));
        assert!(spells("expiration_ttl", "expirationTtl"));
        for other in ["expirationttl", "expiration_Ttl", "expirationTTL", "expiration"] {
            assert!(!spells(other, "expirationTtl"), "{other}");
        }
    }
}
