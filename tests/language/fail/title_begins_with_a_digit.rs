use kv_runtime::kv_namespace;

kv_namespace! {
    title: "2fast"
}

fn main() {}
