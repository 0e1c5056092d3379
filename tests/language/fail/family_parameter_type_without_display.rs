use kv_runtime::kv_namespace;

#[derive(Debug)]
pub struct Token;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "session:{id: Token}": String,
    }
}

fn main() {}
