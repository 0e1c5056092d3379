use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    values: { greeting: "hello" }
}

fn main() {}
