use kv_runtime::kv_namespace;

kv_namespace! {
    #[derive(Debgu)]
    pub struct Sessions;
    title: "user-sessions"
}

fn main() {}
