use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", keys: { "a:{id}": String
 "b:{id}": u64 }
}

fn uses(a: &A) {
    a.a("1"); a.b("2");
}

fn main() {}
