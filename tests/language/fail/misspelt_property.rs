use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    tilte: "user-data"
}

fn main() {}
