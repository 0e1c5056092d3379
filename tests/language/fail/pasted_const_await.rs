use kv_runtime::kv_namespace;

kv_namespace! {
    const x = await KVNamespace("sessions", { title: "user-sessions", values: [] });
}

fn main() {}
