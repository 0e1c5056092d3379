use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: "",
}

mod inner {
    kv_runtime::kv_namespace! { pub struct Sessions; titel: "user-sessions" }
}

fn main() {
    kv_namespace! { struct Local; adopt: 1 }
    let _ = (Users::deploy(), inner::Sessions::deploy(), Local::deploy());
}
