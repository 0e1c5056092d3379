//! Names of the generated code are taken.

kv_runtime::kv_namespace! {
    pub struct __Access; title: "s", values: [{ key: "n", value: 1 }]
}

fn main() {}
