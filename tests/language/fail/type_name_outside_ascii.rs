use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Größe;
    title: "sizes"
}

fn main() {}
