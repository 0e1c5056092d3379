//! Signals that ask the program to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use super::screen::Screen;
use crate::base::Interrupt;

/// 128 plus the number of the signal, as shells report it.
const INTERRUPTED: u8 = 128 + 2;
#[cfg(unix)]
const HUNG_UP: u8 = 128 + 1;
#[cfg(unix)]
const TERMINATED: u8 = 128 + 15;

/// How long a clean stop can take: longer than the limit for requests in flight and a write of the state.
const AT_MOST: Duration = Duration::from_secs(20);

/// The signals that were ignored when the program started, as a mask: signal `n` is bit `n - 1`.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Stops cleanly at the first signal, and exits at once at the second.
#[derive(Clone)]
pub(super) struct Signals {
    interrupt: Interrupt,
    screen: Screen,
    exit_code: Arc<AtomicU8>,
}

impl Signals {
    pub(super) fn new(interrupt: Interrupt, screen: Screen) -> Self {
        Self { interrupt, screen, exit_code: Arc::new(AtomicU8::new(INTERRUPTED)) }
    }

    /// The exit code for the signal that stopped the program.
    pub(super) fn exit_code(&self) -> u8 {
        self.exit_code.load(Ordering::Relaxed)
    }

    /// Listens for as long as the program runs. Must be called from within a Tokio runtime.
    pub(super) fn listen(&self) {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [
                (SignalKind::interrupt(), INTERRUPTED),
                (SignalKind::terminate(), TERMINATED),
                (SignalKind::hangup(), HUNG_UP),
            ];
            let ignored = ignored();
            for (kind, exit_code) in kinds {
                // `nohup` and a shell's `&` ignore some signals on purpose.
                if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
                    continue;
                }
                let Ok(mut signals) = signal(kind) else { continue };
                let this = self.clone();
                tokio::spawn(async move {
                    while signals.recv().await.is_some() {
                        this.stop(exit_code);
                    }
                });
            }
        }
        #[cfg(not(unix))]
        {
            let this = self.clone();
            tokio::spawn(async move {
                while tokio::signal::ctrl_c().await.is_ok() {
                    this.stop(INTERRUPTED);
                }
            });
        }
    }

    fn stop(&self, exit_code: u8) {
        if self.interrupt.is_set() {
            std::process::exit(exit_code.into());
        }
        self.exit_code.store(exit_code, Ordering::Relaxed);
        self.interrupt.set();
        tokio::spawn(async move {
            tokio::time::sleep(AT_MOST).await;
            std::process::exit(exit_code.into());
        });
        let what = "once the requests in flight are answered; a second signal stops at once";
        self.screen.say("Stopping", what);
    }
}
