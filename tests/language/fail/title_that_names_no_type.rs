use kv_runtime::kv_namespace;

kv_namespace! {
    title: "{app}-{stage}"
}

fn main() {}
