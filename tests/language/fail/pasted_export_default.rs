use kv_runtime::kv_namespace;

kv_namespace! {
    export default { title: "a" }
}

fn main() {}
