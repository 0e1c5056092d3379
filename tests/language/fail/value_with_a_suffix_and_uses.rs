use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags; title: "flags", values: [{ key: "motd", value: 10u64 }]
}

async fn uses(flags: &Flags) -> Result<(), kv_runtime::Error> {
    let _: Option<i64> = flags.motd().get().await?;
    Ok(())
}

fn main() {}
