use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: "users",
    values: [{ key: "a", value: TRUE }]
}

fn main() {
    let users = Users::in_memory();
    drop(users.a());
}
