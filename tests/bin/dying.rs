//! Deploys from Rust, and dies at one of the writes of its state: `dying WRITE before|after`.

use std::env;

use kv_runtime::state::FileStateStore;
use kv_test_support::cloudflare::{ACCOUNT, TOKEN};
use kv_test_support::declared::{v1, v2};
use kv_test_support::stores::{End, Fatal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let variable = |name| env::var(name).unwrap_or_default();
    let mut args = env::args().skip(1);
    let write = args.next().unwrap_or_default().parse()?;
    let end =
        if args.next().as_deref() == Some("after") { End::DeathAfter } else { End::DeathBefore };
    let store = Fatal { store: FileStateStore::new(variable("STATES")), write, end };
    let url = variable("CLOUDFLARE_API_BASE_URL");
    macro_rules! deploy {
        ($namespace:ty) => {
            <$namespace>::deploy()
                .app("tests")
                .state(store)
                .base_url(url)
                .api_token(TOKEN)
                .account_id(ACCOUNT)
        };
    }
    match variable("FIXTURE").as_str() {
        "v1" => drop(deploy!(v1::Sessions).await?),
        "v2" => drop(deploy!(v2::Sessions).await?),
        _ => deploy!(v1::Sessions).destroy().await?,
    }
    Ok(())
}
