//! A struct is declared beside the macro.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "session:{id}": struct Session { name: String } }
}

fn main() {}
