//! Computes digests on a separate thread while another reads, which halves the time.

use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use kv_rules::Expiry;

use crate::state::{Digest, DigestKey, push_pair};

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

/// The bytes of some pairs, one after another.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    /// Where each pair ends.
    ends: Vec<usize>,
}

impl Digester {
    pub(super) fn new(key: DigestKey) -> Self {
        let (blocks, waiting) = sync_channel(WAITING);
        let worker = thread::spawn(move || work(&waiting, &key));
        Self { block: Block::default(), blocks, worker }
    }

    pub(super) fn add(&mut self, value: &[u8], metadata: Option<&str>, expiry: Option<Expiry>) {
        let Block { bytes, ends } = &mut self.block;
        push_pair(bytes, value, metadata, expiry);
        ends.push(bytes.len());
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
    for Block { bytes, ends } in blocks {
        let mut begin = 0;
        for end in ends {
            digests.push(key.digest_in_one(&bytes[begin..end]));
            begin = end;
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
