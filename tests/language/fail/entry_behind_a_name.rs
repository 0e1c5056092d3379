use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags; title: "flags", values: [Entry { key: "motd", value: "x" }]
}

async fn uses(flags: &Flags) -> Result<(), kv_runtime::Error> {
    let _: Option<String> = flags.motd().get().await?;
    flags.motd().put("x").await?;
    Ok(())
}

fn main() {}
