use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    tilte: "user-sessions",
    adopt: "yes",
    values: [
        { key: "greeting", value: 1e999, expirationTtl: 5 },
        { key: "greeting", value: file("files/none.txt"), colour: "red" },
    ],
    keys: { "session:{id": String }
}

fn main() {}
