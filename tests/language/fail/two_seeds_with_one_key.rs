use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        ..file("files/seeds/good.json"),
        ..file("files/seeds/again.json"),
    ]
}

fn main() {}
