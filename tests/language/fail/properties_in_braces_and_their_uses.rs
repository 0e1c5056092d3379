use kv_runtime::{ReadOnly, kv_namespace};

kv_namespace! {
    pub struct Sessions;
    {
        title: "user-sessions",
        keys: { "session:{id}": String },
        values: [{ key: "greeting", value: "hello" }],
    }
}

#[derive(Clone, Debug)]
pub struct App {
    sessions: Sessions<ReadOnly>,
}

impl Sessions {
    pub async fn greet(&self, id: &str) -> Result<String, kv_runtime::Error> {
        let session: Option<String> = self.session(id).get().await?;
        Ok(session.or(self.greeting().get().await?).unwrap_or_default())
    }
}

pub async fn app() -> Result<App, kv_runtime::Error> {
    let sessions = Sessions::in_memory();
    sessions.greet("1").await?;
    Ok(App { sessions: sessions.reader() })
}

fn main() {}
