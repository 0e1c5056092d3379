use kv_runtime::kv_namespace;

pub struct Session;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: {
        "session:{id}": Session,
    }
}

fn main() {}
