//! A spread takes a path and nothing else.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    values: [..dir("files/public") { prefix: "static/" }]
}

fn main() {}
