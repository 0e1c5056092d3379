use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: ["greeting" => "hello"],
}

pub async fn greet(sessions: &Sessions) -> Result<String, kv_runtime::Error> {
    Ok(sessions.greeting().get().await?.unwrap_or_default())
}

fn main() {}
