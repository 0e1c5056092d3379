use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "session:{user-id}": String,
    }
}

fn main() {}
