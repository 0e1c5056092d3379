use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "user:{id}": String,
        "user:{tenant}/{id}": String,
    }
}

fn main() {}
