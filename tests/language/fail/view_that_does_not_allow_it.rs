use kv_runtime::{ReadOnly, WriteOnly, kv_namespace};

kv_namespace! {
    pub struct Flags;
    title: "flags",
    keys: { "user:{id}": bool }
}

async fn reads(flags: &Flags<ReadOnly>) -> Result<(), kv_runtime::Error> {
    flags.user("ada").put(&true).await?;
    flags.user_list().delete_all().await?;
    flags.store().delete_many([flags.user("ada")]).await?;
    Ok(())
}

async fn writes(flags: &Flags<WriteOnly>) -> Result<bool, kv_runtime::Error> {
    flags.user("ada").update(|on| *on = true).await?;
    let _ = flags.user_list().count().await?;
    Ok(flags.user("ada").get().await?.unwrap_or_default())
}

async fn takes_all(flags: &Flags) {
    reads(flags).await.unwrap();
}

fn main() {}
