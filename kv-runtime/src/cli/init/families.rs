//! Guesses the families of a namespace's keys.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use kv_rules::Pattern;

use super::names::{snake, unique};
use super::shape::Shape;

/// How many values of a family are read.
pub(super) const SAMPLES: usize = 100;

/// The characters that separate the words of a key.
const SEPARATORS: [char; 2] = [':', '/'];

/// A guessed family.
#[derive(Debug)]
pub(super) struct Family {
    /// What its types are named after.
    pub(super) name: String,
    pub(super) pattern: String,
    pub(super) shape: Shape,
    /// How many keys it has.
    pub(super) keys: usize,
}

/// A key, and its value if that was read.
pub(crate) type Seen = (String, Option<Vec<u8>>);

/// What distinguishes one family from another: the first word, and the separators.
fn kind(key: &str) -> String {
    let mut kind: String = key.split(SEPARATORS).next().unwrap_or_default().to_owned();
    kind.extend(key.chars().filter(|c| SEPARATORS.contains(c)));
    kind
}

/// Guesses the families of some keys. No key matches two of them, except that the last family, `{key}`,
/// matches everything.
pub(super) fn guess(seen: &[Seen]) -> Vec<Family> {
    let mut groups: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
    for pair in seen {
        groups.entry(kind(&pair.0)).or_default().push(pair);
    }
    let mut rest = Vec::new();
    let mut families: Vec<(Family, Vec<&Seen>)> = Vec::new();
    for (_, group) in groups {
        let has_parts = group.iter().any(|(key, _)| key.contains(SEPARATORS));
        match family(&group).filter(|_| has_parts && group.len() > 1) {
            Some(family) => families.push((family, group)),
            None => rest.extend(group),
        }
    }
    let mut kept: Vec<Family> = Vec::new();
    for (family, group) in families {
        let overlaps = |other: &Family| match (
            Pattern::parse(&family.pattern),
            Pattern::parse(&other.pattern),
        ) {
            (Ok(one), Ok(other)) => one.overlaps(&other),
            _ => true,
        };
        // Of two families that overlap, the shorter one takes the keys of both.
        match kept.iter_mut().find(|other| overlaps(other)) {
            Some(other) => {
                let fits = Pattern::parse(&other.pattern).is_ok_and(|pattern| {
                    group.iter().all(|(key, _)| pattern.match_key(key).is_some())
                });
                if fits {
                    let shape = std::mem::replace(&mut other.shape, Shape::Unknown);
                    other.shape = shape.merged(family.shape);
                    other.keys += family.keys;
                } else {
                    rest.extend(group);
                }
            }
            None => kept.push(family),
        }
    }
    if !rest.is_empty() {
        let shape = shape(&rest);
        let keys = rest.len();
        kept.push(Family { name: "value".to_owned(), pattern: "{key}".to_owned(), shape, keys });
    }
    kept
}

fn shape(group: &[&Seen]) -> Shape {
    let values = group.iter().filter_map(|(_, value)| value.as_deref());
    values.map(Shape::of_stored).fold(Shape::Unknown, Shape::merged)
}

/// The family of keys of one kind.
fn family(group: &[&Seen]) -> Option<Family> {
    let keys: Vec<&str> = group.iter().map(|(key, _)| key.as_str()).collect();
    let first = keys.first()?;
    let separators: Vec<char> = first.chars().filter(|c| SEPARATORS.contains(c)).collect();
    let split: Vec<Vec<&str>> = keys.iter().map(|key| key.split(SEPARATORS).collect()).collect();
    let mut pattern = String::new();
    let (mut taken, mut before) = (HashSet::new(), "key");
    let mut has_params = false;
    for position in 0..=separators.len() {
        let words: BTreeSet<&str> = split.iter().map(|key| key[position]).collect();
        if words.contains("") {
            return None;
        }
        match words.first() {
            Some(word) if words.len() == 1 => {
                pattern.push_str(&word.replace('{', "{{").replace('}', "}}"));
                before = word;
            }
            _ => {
                has_params = true;
                let name = unique(&param_name(before), &mut taken);
                let is_number = |word: &&str| {
                    word.parse::<u64>().is_ok_and(|number| number.to_string() == **word)
                };
                let ty = if words.iter().all(is_number) { ": u64" } else { "" };
                let _ = write!(pattern, "{{{name}{ty}}}");
            }
        }
        if let Some(separator) = separators.get(position) {
            pattern.push(*separator);
        }
    }
    Pattern::parse(&pattern).ok().filter(|_| has_params)?;
    let shape = shape(group);
    let name = first.split(SEPARATORS).next().unwrap_or(first).to_owned();
    Some(Family { name, pattern, shape, keys: keys.len() })
}

/// The name of a parameter that follows the word `before`: `{before}_id`, or `id` if that would not be a
/// good name.
fn param_name(before: &str) -> String {
    let name = snake(before);
    if name == "key" || name.len() > 24 || !name.is_ascii() || name.ends_with('_') {
        return "id".to_owned();
    }
    format!("{}_id", name.trim_start_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(keys: &[&str]) -> Vec<String> {
        let seen: Vec<Seen> = keys.iter().map(|key| ((*key).to_owned(), None)).collect();
        guess(&seen).into_iter().map(|family| family.pattern).collect()
    }

    #[test]
    fn keys_of_one_form_are_a_family() {
        assert_eq!(patterns(&["user:1", "user:2"]), ["user:{user_id: u64}"]);
        assert_eq!(patterns(&["user:a", "user:b", "motd"]), ["user:{user_id}", "{key}"]);
        assert_eq!(
            patterns(&["t/a/user/1", "t/b/user/2", "flag:x", "flag:y"]),
            ["flag:{flag_id}", "t/{t_id}/user/{user_id: u64}"]
        );
        assert_eq!(patterns(&["user:007", "user:1"]), ["user:{user_id}"]);
        assert_eq!(patterns(&["a", "b"]), ["{key}"]);
        assert_eq!(patterns(&["x:{a}", "x:b"]), ["x:{x_id}"]);
        assert_eq!(patterns(&["a::1", "a::2"]), ["{key}"]);
    }

    #[test]
    fn no_two_families_have_a_key_in_common() {
        let found = patterns(&["user:a", "user:b", "user:a:posts", "user:b:posts"]);
        assert_eq!(found, ["user:{user_id}"]);
    }
}
