use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "session:{id}": String;
        "user:{id}": String,
    }
}

fn main() {}
