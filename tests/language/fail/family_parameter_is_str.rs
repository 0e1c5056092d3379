use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", keys: { "u:{id: str}": u64 }
}

fn uses(a: &A) {
    a.u("1");
}

fn main() {}
