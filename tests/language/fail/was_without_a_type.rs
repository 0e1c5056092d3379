use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [{ key: "limits", value: { perMinute: 60 }, was: [OldLimits] }]
}

fn main() {
    let _ = Sessions::LIMITS;
}
