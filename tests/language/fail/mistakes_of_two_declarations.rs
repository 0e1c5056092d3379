use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: ""
}

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [{ key: "greeting", value: "hello", expirationTtl: 5 }]
}

fn main() {}
