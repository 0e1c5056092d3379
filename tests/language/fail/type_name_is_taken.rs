use kv_runtime::kv_namespace;

pub struct Taken;

kv_namespace! {
    pub struct Taken; title: "a"
}

fn main() {}
