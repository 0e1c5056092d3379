use kv_runtime::{Entry, MemoryStore, Store};

pub struct Session;

async fn read(store: &Store) {
    let entry: Entry<Session> = Entry::new(store, "session:1").unwrap();
    let _ = entry.get().await;
}

fn main() {
    drop(read(&Store::from(MemoryStore::new())));
}
