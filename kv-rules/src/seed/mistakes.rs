//! The mistakes of one seed file, each at its place.

use std::io::{self, Read};

use crate::Place;

/// How many mistakes of one file are shown: more are usually of the same kind.
const SHOWN: usize = 20;

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;

/// The mistakes of one seed file. Only the first ones are kept; the others are counted.
///
/// ```
/// use kv_rules::seed::{SeedMistakes, read_pairs};
///
/// let file = "[{\"key\":\"a\"}]";
/// let mut mistakes = SeedMistakes::default();
/// read_pairs(file.as_bytes(), &mut mistakes, |_, _| {})?;
/// let messages = mistakes.messages("seed.json", file.as_bytes())?;
/// assert!(messages[0].starts_with("seed.json:1:2: "), "{messages:?}");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct SeedMistakes {
    shown: Vec<Mistake>,
    more: usize,
}

/// A mistake at a byte of the file.
#[derive(Debug)]
struct Mistake {
    at: u64,
    message: String,
    /// If two things clash, where the other one is.
    other: Option<u64>,
}

impl SeedMistakes {
    /// Adds a mistake at a byte of the file.
    pub fn push(&mut self, at: u64, message: impl Into<String>) {
        self.push_pair(at, message, None);
    }

    /// Adds a mistake that may have a second place.
    pub(super) fn push_pair(&mut self, at: u64, message: impl Into<String>, other: Option<u64>) {
        if self.shown.len() < SHOWN {
            self.shown.push(Mistake { at, message: message.into(), other });
        } else {
            self.more += 1;
        }
    }

    /// Adds those of a later part of the file.
    pub fn append(&mut self, later: Self) {
        for Mistake { at, message, other } in later.shown {
            self.push_pair(at, message, other);
        }
        self.more += later.more;
    }

    /// Whether there are no mistakes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The messages, in the order of the file: `name` is the file's path as written, and `file` is its
    /// content from the beginning, in which the lines are counted.
    pub fn messages(mut self, name: &str, file: impl Read) -> io::Result<Vec<String>> {
        if self.shown.is_empty() {
            return Ok(Vec::new());
        }
        self.shown.sort_by_key(|mistake| mistake.at);
        let ends = self.shown.iter().flat_map(|mistake| [Some(mistake.at), mistake.other]);
        let places = places(ends.flatten().collect(), file)?;
        let place = |at: u64| {
            let found = places.iter().find(|(known, _)| *known == at);
            found.map_or_else(String::new, |(_, place)| place.to_string())
        };
        let message = |Mistake { at, message, other }: &Mistake| {
            let other = other.map(|at| format!("; the other is at {name}:{}", place(at)));
            format!("{name}:{}: {message}{}", place(*at), other.unwrap_or_default())
        };
        let mut messages: Vec<_> = self.shown.iter().map(message).collect();
        match self.more {
            0 => {}
            1 => messages.push(format!("{name}: there is 1 more mistake in this file")),
            more => messages.push(format!("{name}: there are {more} more mistakes in this file")),
        }
        Ok(messages)
    }
}

/// The lines and columns of some bytes of a file.
///
/// ```
/// let text = "[\n  {}\n]";
/// let places = kv_rules::seed::places(vec![4], text.as_bytes())?;
/// assert_eq!(places[0].1.to_string(), "2:3");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn places(mut bytes: Vec<u64>, mut file: impl Read) -> io::Result<Vec<(u64, Place)>> {
    bytes.sort_unstable();
    bytes.dedup();
    let mut places = Vec::with_capacity(bytes.len());
    let mut open = bytes.into_iter().peekable();
    let (mut at, mut place) = (0, Place { line: 1, column: 1 });
    let mut chunk = vec![0; CHUNK];
    while open.peek().is_some() {
        let read = file.read(&mut chunk)?;
        for byte in &chunk[..read] {
            while let Some(found) = open.next_if(|open| *open <= at) {
                places.push((found, place));
            }
            match byte {
                b'\n' => place = Place { line: place.line + 1, column: 1 },
                // A byte order mark has no width, and neither have the later bytes of a character.
                0x80..=0xbf => {}
                0xef if at == 0 => {}
                _ => place.column += 1,
            }
            at += 1;
        }
        if read == 0 {
            places.extend(open.by_ref().map(|beyond| (beyond, place)));
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "\u{feff}[\n  \"ü\", x\r\n]";
        let at = |needle| text.find(needle).unwrap() as u64;
        let places = places(vec![at("x"), at("["), 999, at("]")], text.as_bytes()).unwrap();
        let places: Vec<_> = places.iter().map(|(_, place)| place.to_string()).collect();
        assert_eq!(places, ["1:1", "2:8", "3:1", "3:2"]);
    }

    #[test]
    fn of_many_mistakes_some_are_shown_and_the_rest_is_counted() {
        let mut mistakes = SeedMistakes::default();
        for at in 0..25 {
            mistakes.push(at, "no");
        }
        let messages = mistakes.messages("s.json", &[b'x'; 30][..]).unwrap();
        assert_eq!((messages.len(), messages[0].as_str()), (21, "s.json:1:1: no"));
        assert!(messages[20].contains("5 more mistakes"));
    }
}
