use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", keys: { "session:{id}": u64 }
}

fn uses(a: &A) {
    let _ = a.session_list().within("x");
}

fn main() {}
