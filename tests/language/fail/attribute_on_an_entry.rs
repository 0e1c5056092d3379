use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        #[allow(dead_code)]
        { key: "motd", value: "Hello" },
        /// Documented.
        { #[serde(default)] key: "limits", value: 1 },
    ]
}

fn main() {
    let _ = (Sessions::MOTD, Sessions::LIMITS);
}
