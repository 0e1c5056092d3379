use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "session:{id}": String { expiration: 1893456000 },
    }
}

fn main() {}
