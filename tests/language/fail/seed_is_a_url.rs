use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [..file("https://example.com/seed.json")]
}

fn main() {}
