use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions as Logins; title: "a", values: [{ key: "x", value: 1 }]
}

fn uses(logins: &Logins) {
    logins.x();
}

fn main() {}
