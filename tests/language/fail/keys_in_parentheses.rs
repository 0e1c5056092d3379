use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags; title: "flags", keys: ("user:{id}": String)
}

async fn uses(flags: &Flags) -> Result<(), kv_runtime::Error> {
    let _: Option<String> = flags.user("1").get().await?;
    Ok(())
}

fn main() {}
