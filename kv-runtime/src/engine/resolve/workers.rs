//! Reads the pairs of a seed file on several threads: one cuts the file into blocks, the others check and
//! digest what is in them.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use kv_rules::seed::{SeedBlock, SeedMistakes, SeedPair, read_blocks};

use super::pair::DeclaredPair;
use crate::base::Interrupt;
use crate::state::SharedKeys;

/// The most threads besides the one that cuts: it keeps about that many busy.
const WORKERS: usize = 4;

/// How many blocks may wait for a thread.
const WAITING: usize = 2;

/// Adds the pairs of a file, in order, or some of them if the run is asked to stop. `make` turns each into a
/// declared pair, whose key is set later, and has a buffer to work in.
pub(super) fn read_pairs(
    file: impl Read,
    pairs: &mut Vec<DeclaredPair>,
    mistakes: &mut SeedMistakes,
    interrupt: &Interrupt,
    make: impl Fn(SeedPair<'_>, &mut Vec<u8>, &mut SeedMistakes) -> DeclaredPair + Sync,
) -> io::Result<()> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(WORKERS);
    let (blocks, waiting) = sync_channel(WAITING);
    let (done, parts) = channel();
    // Only the threads have it: if they all panic, sending a block fails instead of waiting for ever.
    let (waiting, make) = (Arc::new(Mutex::new(waiting)), &make);
    thread::scope(move |scope| {
        for _ in 0..workers {
            let (done, waiting) = (done.clone(), Arc::clone(&waiting));
            scope.spawn(move || {
                let mut buffer = Vec::new();
                while let Some((number, block)) = next(&waiting) {
                    let part =
                        Part::read(&block, |pair, mistakes| make(pair, &mut buffer, mistakes));
                    // Fails only if the file cannot be read; then nobody needs the part.
                    let _ = done.send((number, part));
                }
            });
        }
        drop((done, waiting));
        let mut whole =
            Whole { pairs, mistakes, is_broken: false, next: 0, early: BTreeMap::new() };
        let mut of_cut = SeedMistakes::default();
        let mut number = 0;
        read_blocks(file, &mut of_cut, |block| {
            let is_taken = blocks.send((number, block)).is_ok();
            number += 1;
            for (number, part) in parts.try_iter() {
                whole.add(number, part);
            }
            is_taken && !whole.is_broken && interrupt.check().is_ok()
        })?;
        drop(blocks);
        for (number, part) in parts {
            whole.add(number, part);
        }
        if !whole.is_broken {
            whole.mistakes.append(of_cut);
        }
        Ok(())
    })
}

/// The next block; `None` if there are no more.
fn next<T>(waiting: &Mutex<Receiver<T>>) -> Option<T> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// What was read of one block.
struct Part {
    pairs: Vec<DeclaredPair>,
    mistakes: SeedMistakes,
    /// Whether it ends with a mistake in the syntax: what comes after it is not read.
    is_broken: bool,
}

impl Part {
    fn read(
        block: &SeedBlock,
        mut make: impl FnMut(SeedPair<'_>, &mut SeedMistakes) -> DeclaredPair,
    ) -> Self {
        let (mut pairs, mut mistakes) = (Vec::new(), SeedMistakes::default());
        let mut keys = SharedKeys::default();
        let is_whole = block.read_pairs(&mut mistakes, |pair, mistakes| {
            keys.push(&pair.key);
            pairs.push(make(pair, mistakes));
        });
        for (pair, key) in pairs.iter_mut().zip(keys.take()) {
            pair.key = key;
        }
        Self { pairs, mistakes, is_broken: !is_whole }
    }
}

/// What was read of the file, up to the first part that is missing.
struct Whole<'a> {
    pairs: &'a mut Vec<DeclaredPair>,
    mistakes: &'a mut SeedMistakes,
    is_broken: bool,
    /// The number of the next part.
    next: usize,
    /// Parts that are ready before those in front of them.
    early: BTreeMap<usize, Part>,
}

impl Whole<'_> {
    fn add(&mut self, number: usize, part: Part) {
        self.early.insert(number, part);
        while let Some(part) = self.early.remove(&self.next) {
            self.next += 1;
            if !self.is_broken {
                self.pairs.extend(part.pairs);
                self.mistakes.append(part.mistakes);
                self.is_broken = part.is_broken;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::pair::{Content, More};
    use super::*;
    use crate::state::DigestKey;

    fn read(text: &str, key: &DigestKey) -> (Vec<DeclaredPair>, Vec<String>) {
        let (mut pairs, mut mistakes) = (Vec::new(), SeedMistakes::default());
        let interrupt = Interrupt::default();
        read_pairs(
            text.as_bytes(),
            &mut pairs,
            &mut mistakes,
            &interrupt,
            |pair, buffer, mistakes| {
                if pair.key.ends_with('7') {
                    mistakes.push(pair.key_at, "a 7");
                }
                let digest = key.digest_in(buffer, &pair.value.bytes, None, None);
                let value = pair.value.bytes.into_owned().into();
                DeclaredPair::new(pair.key, digest, Content::Held(value), More::default())
            },
        )
        .unwrap();
        (pairs, mistakes.messages("s.json", text.as_bytes()).unwrap())
    }

    /// A list of several blocks, with a pair of another form at some places.
    fn list(pairs: usize, other: impl Fn(usize) -> Option<&'static str>) -> String {
        let mut text = "[".to_owned();
        for n in 0..pairs {
            let value = "x".repeat(n * 997 % 5000);
            let pair = format!(r#"{{"key":"{n}0","value":"{value}"}}"#);
            let comma = if n == 0 { "" } else { ",\n" };
            write!(text, "{comma}{}", other(n).unwrap_or(&pair)).unwrap();
        }
        text + "]"
    }

    #[test]
    fn pairs_come_in_order_with_their_digests() {
        let key = DigestKey::random();
        let (pairs, mistakes) = read(&list(2000, |_| None), &key);
        assert_eq!((pairs.len(), mistakes), (2000, Vec::new()));
        for (n, pair) in pairs.iter().enumerate() {
            let value = "x".repeat(n * 997 % 5000);
            assert_eq!(*pair.key, format!("{n}0"));
            assert!(pair.digest == key.digest(value.as_bytes(), None, None));
        }
    }

    #[test]
    fn a_panic_of_every_thread_ends_the_reading() {
        let text = list(2000, |_| None);
        let read = std::panic::AssertUnwindSafe(|| {
            let (mut pairs, mut mistakes) = (Vec::new(), SeedMistakes::default());
            let interrupt = Interrupt::default();
            read_pairs(text.as_bytes(), &mut pairs, &mut mistakes, &interrupt, |_, _, _| {
                panic!("a type of the user panics")
            })
        });
        assert!(std::panic::catch_unwind(read).is_err());
    }

    #[test]
    fn mistakes_of_all_blocks_are_told_in_order() {
        let text = list(2000, |n| (n % 900 == 899).then_some(r#"{"key":"7","value":""}"#));
        let (_, mistakes) = read(&text, &DigestKey::random());
        assert_eq!(mistakes, ["s.json:900:8: a 7", "s.json:1800:8: a 7"]);
    }

    #[test]
    fn nothing_is_read_after_a_mistake_in_the_syntax() {
        let text = list(2000, |n| match n {
            900 => Some(r#"{"key":"7","value":""}"#),
            1000 => Some(r#"{"key":}"#),
            1900 => Some(r#"{"key":"27","value":""} what"#),
            _ => None,
        });
        let (_, mistakes) = read(&text, &DigestKey::random());
        let expected = ["s.json:901:8: a 7", "s.json:1001:8: expected a JSON value, found `}`"];
        assert_eq!(mistakes, expected);
    }
}
