use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "sessions",
    values: [{ key: "motd", value: "x", type: String, was: [u64] }],
    keys: { "a:{id}": kv_runtime::Bytes { was: [u64] } }
}

fn main() {
    let _ = Sessions::MOTD;
}
