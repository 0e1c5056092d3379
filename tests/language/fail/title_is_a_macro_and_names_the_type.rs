use kv_runtime::kv_namespace;

kv_namespace! { title: concat!("user", "-data") }

fn main() {}
