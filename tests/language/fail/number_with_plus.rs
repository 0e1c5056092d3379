use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: "users",
    values: [{ key: "a", value: +1 }]
}

fn main() {
    let users = Users::in_memory();
    drop(users.a());
}
