use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "user:{id: u64}": String,
        "user:{id: u64}/posts/{post}": String,
    }
}

fn main() {}
