use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", keys: { "b:{id}" -> String }
}

fn uses(a: &A) {
    a.b("1");
}

fn main() {}
