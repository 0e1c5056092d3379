//! Signals that ask the program to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::screen::Screen;
use crate::base::Interrupt;

/// 128 and the number of the signal, as a shell says it.
const INTERRUPTED: u8 = 128 + 2;
#[cfg(unix)]
const HUNG_UP: u8 = 128 + 1;
#[cfg(unix)]
const TERMINATED: u8 = 128 + 15;

/// Turns the first signal into a clean stop, and the second into an end.
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

    /// What the first signal has the program exit with.
    pub(super) fn exit_code(&self) -> u8 {
        self.exit_code.load(Ordering::Relaxed)
    }

    /// Listens for as long as the program runs.
    pub(super) async fn listen(self) {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut terminate), Ok(mut hang_up)) =
                (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
            else {
                return self.listen_for_ctrl_c().await;
            };
            loop {
                tokio::select! {
                    pressed = tokio::signal::ctrl_c() => match pressed {
                        Ok(()) => self.stop(INTERRUPTED),
                        Err(_) => return,
                    },
                    _ = terminate.recv() => self.stop(TERMINATED),
                    _ = hang_up.recv() => self.stop(HUNG_UP),
                }
            }
        }
        #[cfg(not(unix))]
        self.listen_for_ctrl_c().await;
    }

    async fn listen_for_ctrl_c(self) {
        while tokio::signal::ctrl_c().await.is_ok() {
            self.stop(INTERRUPTED);
        }
    }

    fn stop(&self, exit_code: u8) {
        if self.interrupt.is_set() {
            std::process::exit(exit_code.into());
        }
        self.exit_code.store(exit_code, Ordering::Relaxed);
        self.interrupt.set();
        let what = "once the requests in flight are answered; a second signal stops at once";
        self.screen.say("Stopping", what);
    }
}
