use kv_runtime::kv_namespace;

kv_namespace! {
    adopt: true
}

fn main() {}
