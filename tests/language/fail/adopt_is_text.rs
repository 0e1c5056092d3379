use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    adopt: "yes"
}

fn main() {}
