use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        ..dir("files/leaving"),
    ]
}

fn main() {}
