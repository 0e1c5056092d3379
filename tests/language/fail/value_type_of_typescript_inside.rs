//! TypeScript's names inside a type.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "scores:{id}": Record<string, number>, "tags:{id}": Option<Array<string>> }
}

fn main() {}
