use kv_runtime::kv_namespace;

kv_namespace! {
    [[kv_namespaces]] binding = "A"
}

fn main() {}
