use kv_runtime::kv_namespace;

kv_namespace! {
    "user-sessions", {
        title: "sessions",
        values: [{ key: "limit", value: 3 }],
    }
}

fn main() {
    let _ = UserSessions::deploy();
}
