use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: "users",
    keys: { user:{id: u64}: String }
}

fn main() {
    let users = Users::in_memory();
    drop(users.user(1));
}
