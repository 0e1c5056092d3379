use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags; title: "flags", values: [{}]
}

async fn uses(flags: &Flags) -> Result<(), kv_runtime::Error> {
    let _ = flags;
    Ok(())
}

fn main() {}
