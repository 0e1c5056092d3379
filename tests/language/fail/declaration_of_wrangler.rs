//! wrangler's configuration, pasted.

kv_runtime::kv_namespace! {
    "kv_namespaces": [{ "binding": "SESSIONS", "id": "0f2ac74b498b48028cb68387c421e279" }]
}

fn main() {}
