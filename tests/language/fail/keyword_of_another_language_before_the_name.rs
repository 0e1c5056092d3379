use kv_runtime::kv_namespace;

kv_namespace! {
    class Sessions {
        title: "user-sessions",
        values: [{ key: "greeting", value: "hello" }],
    }
}

fn main() {}
