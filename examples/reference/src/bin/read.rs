//! `cargo run --bin read`: reads what a local deploy stored, with the types that the declarations
//! gave it.

use reference::{Assets, Existing, Sessions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = ".wrangler/state";
    let sessions = Sessions::connect().local(local).await?;
    let assets = Assets::connect().local(local).await?;
    let existing = Existing::connect().local(local).await?;

    if let Some(session) = sessions.session_123().get().await? {
        println!("session_123: {} is {}", session.user_id, session.role);
    }
    if let Some((script, Some(metadata))) = assets.main_js().get_with_metadata().await? {
        println!("main.js: {script:?} as {}, etag {}", metadata.content_type, metadata.etag);
    }
    if let Some(config) = existing.config().get().await? {
        println!("config: setting is {:?}", config.setting);
    }
    Ok(())
}
