use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: "flags",
    keys: { "user:${id}": String }
}

fn main() {}
