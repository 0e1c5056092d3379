use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", keys: { "u:{a}{b}": String }
}

fn uses(a: &A) {
    a.u("1","2");
}

fn main() {}
