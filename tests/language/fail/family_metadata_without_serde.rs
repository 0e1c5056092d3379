use kv_runtime::kv_namespace;

pub struct Visits;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "session:{id}": String { metadata: Visits },
    }
}

fn main() {}
