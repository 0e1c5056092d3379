//! Runs a command and tells how long it took and how much memory it had.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// The most memory that one process had at once.
    pub(crate) bytes: u64,
}

impl Cost {
    /// Of runs one after another.
    pub(crate) fn then(self, next: Self) -> Self {
        Self { time: self.time + next.time, bytes: self.bytes.max(next.bytes) }
    }
}

/// Runs a command to its end, which must be a success.
///
/// A process counts the memory of the one that started it, so this one keeps little.
pub(crate) fn run(command: &mut Command) -> Cost {
    let begun = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the command starts");
    let ended = child.wait4().expect("the command ends");
    let time = begun.elapsed();
    assert!(ended.status.success(), "{command:?}: {}", ended.status);
    Cost { time, bytes: ended.rusage.maxrss }
}

/// The median of each.
pub(crate) fn median(costs: &[Cost]) -> Option<Cost> {
    let middle = costs.len() / 2;
    let mut times: Vec<_> = costs.iter().map(|cost| cost.time).collect();
    let mut bytes: Vec<_> = costs.iter().map(|cost| cost.bytes).collect();
    times.sort_unstable();
    bytes.sort_unstable();
    Some(Cost { time: *times.get(middle)?, bytes: bytes[middle] })
}
