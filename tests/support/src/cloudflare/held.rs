//! A request that waits until the test releases it.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio::sync::Semaphore;

/// The test's side of a held request.
#[derive(Debug)]
pub struct Held {
    reached: Mutex<mpsc::Receiver<()>>,
    released: Arc<Semaphore>,
}

/// The server's side of a held request.
#[derive(Debug, Clone)]
pub struct Hold {
    reached: mpsc::Sender<()>,
    released: Arc<Semaphore>,
}

pub(super) fn pair() -> (Held, Hold) {
    let (send, receive) = mpsc::channel();
    let released = Arc::new(Semaphore::new(0));
    let hold = Hold { reached: send, released: Arc::clone(&released) };
    (Held { reached: Mutex::new(receive), released }, hold)
}

impl Held {
    /// Blocks until the request has arrived.
    pub fn wait(&self) {
        // Only a broken test waits this long.
        let reached = self.reached.lock().unwrap().recv_timeout(Duration::from_mins(1));
        assert!(reached.is_ok(), "the request to hold never arrived");
    }

    /// Releases the request.
    pub fn release(&self) {
        self.released.add_permits(1);
    }
}

impl Hold {
    pub(super) async fn hold(&self) {
        // The test may already be over.
        let _ = self.reached.send(());
        let _ = self.released.acquire().await;
    }
}
