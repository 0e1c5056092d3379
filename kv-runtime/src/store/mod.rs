//! Where the pairs of a namespace can be: in memory, in wrangler's local files, behind a Worker's
//! binding. Cloudflare's API is a room of its own.

mod clock;
#[cfg(not(target_arch = "wasm32"))]
mod declared;
mod kept;
#[cfg(all(feature = "local", not(target_arch = "wasm32")))]
mod local;
mod memory;
#[cfg(target_arch = "wasm32")]
mod worker;
#[cfg(not(target_arch = "wasm32"))]
mod world;

pub use clock::Clock;
#[cfg(all(feature = "local", not(target_arch = "wasm32")))]
pub use local::LocalStore;
pub use memory::MemoryStore;
#[cfg(not(target_arch = "wasm32"))]
pub use world::{KvWorld, WorldPlace};
