//! A family that overlaps several is reported once.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "a:{x}": String, "b:{x}": String, "c:{x}": String, "{tenant}:{id}": String }
}

fn main() {}
