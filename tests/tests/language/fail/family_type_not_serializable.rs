use kv_runtime::kv_namespace;

#[derive(Debug)]
pub struct Token;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "session:{id}": Token,
    }
}

fn main() {
    let sessions = Sessions::new(kv_runtime::MemoryStore::new());
    let _ = sessions.session("a").put(&Token);
}
