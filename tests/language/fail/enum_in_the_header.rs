use kv_runtime::kv_namespace;

kv_namespace! {
    pub enum Users;
    title: "user-data"
}

fn main() {}
