//! Deploys from Rust, and dies at one of the writes of its state: `dying WRITE before|after`.

use std::env;

use async_trait::async_trait;
use kv_runtime::state::{FileStore, Holder, Lock, StageKey, StateError, StateStore};
use tests::cloudflare::{ACCOUNT, TOKEN};
use tests::declared::{v1, v2};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let variable = |name| env::var(name).unwrap_or_default();
    let mut args = env::args().skip(1);
    let fatal: usize = args.next().unwrap_or_default().parse()?;
    let after = args.next().as_deref() == Some("after");
    let store = Dying { store: FileStore::new(variable("STATES")), fatal, after };
    let url = variable("CLOUDFLARE_API_BASE_URL");
    macro_rules! run {
        ($namespace:ty, $($destroy:tt)*) => {
            <$namespace>::deploy()
                .app("tests")
                .state(store.clone())
                .base_url(&url)
                .api_token(TOKEN)
                .account_id(ACCOUNT)
                $($destroy)*
                .await?
        };
    }
    match variable("FIXTURE").as_str() {
        "v1" => drop(run!(v1::Sessions,)),
        "v2" => drop(run!(v2::Sessions,)),
        _ => run!(v1::Sessions, .destroy()),
    }
    Ok(())
}

/// A store of files, before or after one of whose writes the process is gone.
#[derive(Debug, Clone)]
struct Dying {
    store: FileStore,
    fatal: usize,
    after: bool,
}

#[derive(Debug)]
struct DyingLock {
    lock: Box<dyn Lock>,
    left: usize,
    after: bool,
}

#[async_trait]
impl StateStore for Dying {
    fn location(&self, stage: &StageKey) -> String {
        self.store.location(stage)
    }

    async fn read(&self, stage: &StageKey) -> Result<Option<Vec<u8>>, StateError> {
        self.store.read(stage).await
    }

    async fn lock(&self, stage: &StageKey, holder: &Holder) -> Result<Box<dyn Lock>, StateError> {
        let lock = self.store.lock(stage, holder).await?;
        Ok(Box::new(DyingLock { lock, left: self.fatal, after: self.after }))
    }

    async fn stages(&self, app: &str) -> Result<Vec<String>, StateError> {
        self.store.stages(app).await
    }

    async fn unlock(&self, stage: &StageKey) -> Result<Option<Holder>, StateError> {
        self.store.unlock(stage).await
    }
}

#[async_trait]
impl Lock for DyingLock {
    async fn write(&mut self, document: Vec<u8>) -> Result<(), StateError> {
        if self.left == 0 {
            if self.after {
                self.lock.write(document).await?;
            }
            std::process::abort();
        }
        self.left -= 1;
        self.lock.write(document).await
    }

    async fn release(self: Box<Self>) -> Result<(), StateError> {
        self.lock.release().await
    }
}
