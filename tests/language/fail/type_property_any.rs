use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: "users",
    values: [{ key: "limits", value: { a: 1 }, type: any }]
}

fn main() {
    let users = Users::in_memory();
    drop(users.limits());
}
