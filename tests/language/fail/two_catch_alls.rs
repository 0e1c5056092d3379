use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "{path}": String,
        "{name}": String,
    }
}

fn main() {}
