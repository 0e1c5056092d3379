use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    colour: "red"
}

fn main() {}
