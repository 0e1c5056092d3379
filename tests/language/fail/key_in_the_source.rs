use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    apiKey: "144c9defac04969c7bfad8ef"
}

fn main() {}
