//! The stores for a namespace's pairs: memory, wrangler's local files, and a Worker's binding. The store
//! for Cloudflare's API is in `api`.

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
