use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "config", value: { id: 1, role: "admin", "id": 2 } },
    ]
}

fn main() {}
