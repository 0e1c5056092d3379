use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; #[cfg(test)] title: "a"
}

fn main() {}
