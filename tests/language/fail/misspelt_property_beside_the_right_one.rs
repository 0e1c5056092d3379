use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: "user-data",
    Title: "users"
}

fn main() {}
