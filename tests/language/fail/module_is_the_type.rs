use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    module: Sessions,
    values: [{ key: "limits", value: { perMinute: 60 } }]
}

fn main() {
    let _ = Sessions::LIMITS;
}
