use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [{ key: "limits", value: { perMinute: sixty } }],
}

pub async fn limit(sessions: &Sessions) -> Result<i64, kv_runtime::Error> {
    Ok(sessions.limits().get().await?.map_or(60, |limits| limits.per_minute))
}

fn main() {}
