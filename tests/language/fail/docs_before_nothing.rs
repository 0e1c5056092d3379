use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "motd", value: "Hello" },
        /// Nothing follows.
    ]
}

fn main() {
    let _ = Sessions::MOTD;
}
