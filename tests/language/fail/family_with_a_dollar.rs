use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", keys: { "user:${id}": u64 }
}

fn uses(a: &A) {
    a.user("1");
}

fn main() {}
