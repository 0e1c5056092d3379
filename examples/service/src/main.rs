//! `cargo run -p service`: serves what `cargo run -p service --bin deploy-service -- --local` deployed.

use service::{Directory, app};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = Directory::connect().local(".wrangler/state").await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app(directory)).await?;
    Ok(())
}
