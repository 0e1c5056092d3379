//! Cuts a JSON array into blocks of whole items while it is read, so that only one block is in memory.

use std::io::{self, Read};
use std::mem;
use std::ops::Range;

use memchr::memchr2;

use super::json::is_escaped;
use crate::MAX_VALUE_BYTES;

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;

/// The longest item that can be a pair: each byte of its value as an escape.
const LONGEST: usize = 6 * MAX_VALUE_BYTES + CHUNK;

/// A file that is partly in memory.
pub(super) struct Split<R> {
    input: R,
    /// Whether all of it was read.
    is_read: bool,
    /// What was read last.
    chunk: Vec<u8>,
    buffer: Vec<u8>,
    /// Where in the buffer the bytes begin that were not taken yet.
    start: usize,
    /// Where in the file the buffer begins.
    base: u64,
    /// Where in the buffer the items are that were taken.
    items: Vec<Range<usize>>,
}

/// Some whole items of a file.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    base: u64,
    items: Vec<Range<usize>>,
}

impl Block {
    /// The items, and where in the file each begins.
    pub(super) fn items(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.items.iter().map(|item| {
            let bytes = self.bytes.get(item.clone()).unwrap_or_default();
            (bytes, self.base + item.start as u64)
        })
    }
}

impl<R: Read> Split<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            is_read: false,
            chunk: vec![0; CHUNK],
            buffer: Vec::new(),
            start: 0,
            base: 0,
            items: Vec::new(),
        }
    }

    /// Where in the file the next byte is.
    pub(super) fn at(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Takes the items with their bytes, once they have so many.
    pub(super) fn block(&mut self, least: usize) -> Option<Block> {
        if self.start < least || self.items.is_empty() {
            return None;
        }
        let mut rest = Vec::with_capacity(self.buffer.len());
        rest.extend_from_slice(self.rest());
        let (bytes, items) = (mem::replace(&mut self.buffer, rest), mem::take(&mut self.items));
        let base = self.base;
        self.base += self.start as u64;
        self.start = 0;
        Some(Block { bytes, base, items })
    }

    /// The bytes that are in memory and were not taken yet.
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Skips a byte order mark.
    pub(super) fn skip_mark(&mut self) -> io::Result<()> {
        while self.buffer.len() < 3 && self.fill()? {}
        if self.buffer.starts_with("\u{feff}".as_bytes()) {
            self.start = 3;
        }
        Ok(())
    }

    /// Skips white space and gives the byte after it; `None` at the end.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let rest = &self.buffer[self.start..];
            let space = rest.iter().position(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t'));
            self.start += space.unwrap_or(rest.len());
            if let Some(byte) = self.buffer.get(self.start) {
                return Ok(Some(*byte));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Takes bytes.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Whether no items were taken since the last block.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The bytes that were not taken yet: as many as most pairs have, or up to the end of the file.
    pub(super) fn enough(&mut self) -> io::Result<&[u8]> {
        /// As many as a pair with a page of text has.
        const ENOUGH: usize = 16 * 1024;
        if self.buffer.len() - self.start < ENOUGH && !self.is_read {
            self.fill()?;
        }
        Ok(self.rest())
    }

    /// Takes the next item: up to its closing bracket, or for another value up to the byte that ends
    /// it. An incomplete item is taken as far as it goes; `false` if it is too long.
    pub(super) fn item(&mut self) -> io::Result<bool> {
        // `at` is counted from `start`, which moves when more is read.
        let (mut at, mut depth, mut in_string) = (0, 0_usize, false);
        let length = 'item: loop {
            if in_string {
                let rest = &self.buffer[self.start + at..];
                match memchr2(b'"', b'\n', rest).map(|found| (at + found, rest[found])) {
                    Some((found, b'"')) => {
                        // The string begins with a quote, so that the search ends there.
                        in_string = is_escaped(&self.buffer[self.start..], found);
                        at = found + 1;
                    }
                    // A line break ends a string without a closing quote, and the item with it.
                    Some((found, _)) => break found + 1,
                    None => {
                        at += rest.len();
                        if !self.fill()? {
                            break at;
                        }
                    }
                }
            } else {
                while let Some(byte) = self.buffer.get(self.start + at) {
                    match byte {
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' if depth > 1 => depth -= 1,
                        b'}' | b']' if depth == 1 => break 'item at + 1,
                        b'}' | b']' => break 'item at,
                        b',' if depth == 0 => break 'item at,
                        _ => {}
                    }
                    at += 1;
                    if *byte == b'"' {
                        in_string = true;
                        continue 'item;
                    }
                }
                if !self.fill()? {
                    break at;
                }
            }
            if at > LONGEST {
                return Ok(false);
            }
        };
        self.items.push(self.start..self.start + length);
        self.start += length;
        Ok(true)
    }

    /// Reads more; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.items.is_empty() {
            self.buffer.drain(..self.start);
            self.base += self.start as u64;
            self.start = 0;
        }
        let read = loop {
            match self.input.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.buffer.extend_from_slice(&self.chunk[..read]);
        self.is_read = read == 0;
        Ok(!self.is_read)
    }
}
