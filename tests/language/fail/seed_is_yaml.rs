use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [..file("files/seeds/yaml.json")]
}

fn main() {}
