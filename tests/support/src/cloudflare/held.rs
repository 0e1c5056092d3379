//! A request that waits until the test lets it go.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio::sync::Semaphore;

/// The test's end of a request that is held.
#[derive(Debug)]
pub struct Held {
    reached: Mutex<mpsc::Receiver<()>>,
    released: Arc<Semaphore>,
}

/// The server's end.
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
    /// Blocks until the request is there.
    pub fn wait(&self) {
        // Only a broken test waits so long.
        let reached = self.reached.lock().unwrap().recv_timeout(Duration::from_mins(1));
        assert!(reached.is_ok(), "the request that was to be held never came");
    }

    /// Lets the request go.
    pub fn release(&self) {
        self.released.add_permits(1);
    }
}

impl Hold {
    pub(super) async fn hold(&self) {
        // A test that is over does not mind.
        let _ = self.reached.send(());
        let _ = self.released.acquire().await;
    }
}
