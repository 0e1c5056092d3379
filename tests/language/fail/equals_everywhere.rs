//! One habit is one error.

kv_runtime::kv_namespace! {
    pub struct Sessions;
    title = "s",
    values = [{ key = "motd", value = "x" }]
}

fn main() {}
