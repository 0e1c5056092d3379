//! Computes digests on a separate thread while another reads, which halves the time.

use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use kv_rules::Expiry;

use crate::state::{Digest, DigestKey};

/// How many bytes are passed to the thread at once.
const BLOCK: usize = 512 * 1024;

/// How many blocks may wait.
const WAITING: usize = 4;

/// Digests pairs in the order in which they are added.
pub(super) struct Digester {
    block: Block,
    blocks: SyncSender<Block>,
    worker: JoinHandle<Vec<Digest>>,
}

/// Some pairs, with their bytes concatenated.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    pairs: Vec<Lengths>,
}

struct Lengths {
    value: usize,
    metadata: Option<usize>,
    expiry: Option<Expiry>,
}

impl Digester {
    pub(super) fn new(key: DigestKey) -> Self {
        let (blocks, waiting) = sync_channel(WAITING);
        let worker = thread::spawn(move || work(&waiting, &key));
        Self { block: Block::default(), blocks, worker }
    }

    pub(super) fn add(&mut self, value: &[u8], metadata: Option<&str>, expiry: Option<Expiry>) {
        let Block { bytes, pairs } = &mut self.block;
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(metadata.unwrap_or_default().as_bytes());
        pairs.push(Lengths { value: value.len(), metadata: metadata.map(str::len), expiry });
        if bytes.len() >= BLOCK {
            self.hand_over();
        }
    }

    /// The digests of all pairs.
    pub(super) fn finish(mut self) -> Vec<Digest> {
        self.hand_over();
        drop(self.blocks);
        self.worker.join().expect("a digest does not panic")
    }

    fn hand_over(&mut self) {
        let block = mem::take(&mut self.block);
        self.block.bytes.reserve(block.bytes.len());
        self.blocks.send(block).expect("the worker takes blocks until there are no more");
    }
}

fn work(blocks: &Receiver<Block>, key: &DigestKey) -> Vec<Digest> {
    let mut digests = Vec::new();
    for Block { bytes, pairs } in blocks {
        let mut rest = bytes.as_slice();
        for Lengths { value, metadata, expiry } in pairs {
            let (value, after) = rest.split_at(value);
            let (json, after) = after.split_at(metadata.unwrap_or(0));
            // It was text when it was added.
            let json = metadata.and_then(|_| str::from_utf8(json).ok());
            digests.push(key.digest(value, json, expiry));
            rest = after;
        }
    }
    digests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_come_in_order_whatever_the_blocks() {
        let key = DigestKey::random();
        let mut digester = Digester::new(key.clone());
        let pair = |n: usize| {
            let metadata = n.is_multiple_of(3).then(|| "\"é\"".repeat(n % 7));
            let expiry = n.is_multiple_of(2).then_some(Expiry::Ttl(60 + n as u64));
            (vec![b'x'; n * 997 % 5000], metadata, expiry)
        };
        for n in 0..1000 {
            let (value, metadata, expiry) = pair(n);
            digester.add(&value, metadata.as_deref(), expiry);
        }
        let expected = (0..1000).map(|n| {
            let (value, metadata, expiry) = pair(n);
            key.digest(&value, metadata.as_deref(), expiry)
        });
        assert!(digester.finish().into_iter().eq(expected));
    }
}
