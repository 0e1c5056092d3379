use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: "users",
    keys: { "visits:{id}": number }
}

fn main() {
    let users = Users::in_memory();
    drop(users.visits("1"));
}
