use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: "users",
    stage: "prod"
}

fn main() {}
