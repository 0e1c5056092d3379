use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    accountId: "1234"
}

fn main() {}
