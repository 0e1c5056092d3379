use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", keys: { user: String }
}

fn uses(a: &A) {
    a.user("1");
}

fn main() {}
