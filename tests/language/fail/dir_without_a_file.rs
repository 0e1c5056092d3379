use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Assets;
    title: "static-assets",
    values: [..dir("files/nothing")]
}

fn main() {}
