use kv_runtime::kv_namespace;

use kv_runtime::{Deploy, Error, Key, MemoryStore, Namespace};

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    delete: "no",
    values: [
        { key: "greeting", value: "hello", expirationTtl: 5 },
        { key: "limits", value: { perDay: 10 }, metadata: { source: "ops" }, once: 3 },
        { key: "script", value: file("files/none.js") },
        { key: "theme", vaule: { dark: true } },
    ],
    keys: {
        "session:{id}": u64 { expirationTtl: 1 },
        "user:{tenant}/{user_id: u64}": String { metadata: bool, colour: "red" },
    }
}

fn declaration() -> &'static kv_runtime::__private::declaration::Declaration {
    Sessions::DECLARATION
}

fn deploy() -> Deploy<Sessions> {
    Sessions::deploy()
}

async fn uses() -> Result<(), Error> {
    let sessions = Sessions::new(MemoryStore::new());
    let greeting: Key<String> = Sessions::GREETING;
    sessions.store().entry(greeting).put(&"hi".to_owned()).await?;
    let limits: Option<sessions::Limits> = sessions.limits().get().await?;
    let per_day: i64 = limits.unwrap().per_day;
    let (_, metadata) = sessions.limits().get_with_metadata().await?.unwrap();
    let source: String = metadata.unwrap().source;
    sessions.script().put(&format!("{per_day}{source}")).await?;
    let theme: sessions::Theme = sessions.theme().get().await?.unwrap();
    let dark: bool = theme.dark;
    sessions.session("a").put(&42).await?;
    sessions.user("acme", 42).put(&"Ada".to_owned()).metadata(&dark).await?;
    let _ = (sessions.session_list(), sessions.user_list());
    Ok(())
}

fn main() {
    let _ = (declaration, deploy, uses);
}
