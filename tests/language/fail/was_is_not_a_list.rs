use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct People;
    title: "people",
    keys: { "user:{id}": String { was: u64 }, "team:{id}": String { was: [] } }
}

fn main() {
    let _ = People::new(kv_runtime::MemoryStore::new()).user("1");
}
