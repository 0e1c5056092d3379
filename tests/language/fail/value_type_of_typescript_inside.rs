//! TypeScript's names inside a type.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "scores:{id}": Option<Record<string, Array<number>>> }
}

fn main() {}
