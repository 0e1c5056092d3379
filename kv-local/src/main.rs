//! The `kv-local` command: serves Cloudflare's KV API on this machine, for any tool.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use kv_local::{Account, RateLimits, Server, ServerConfig, Storage};
use secrecy::{ExposeSecret as _, SecretString};

/// Serve Cloudflare's Workers KV API on 127.0.0.1, from the files that `wrangler dev` reads.
///
/// Prints the environment variables that point wrangler, SDKs and deploy tools at it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The folder that wrangler persists to
    #[arg(long, default_value = ".wrangler/state")]
    root: PathBuf,
    /// The port to listen on; 0 chooses a free one
    #[arg(long, default_value_t = 8790)]
    port: u16,
    /// The API token to accept; random by default
    #[arg(long, env = "KV_LOCAL_TOKEN", hide_env_values = true)]
    token: Option<SecretString>,
    /// The id of the account, 32 hex digits
    #[arg(long, value_parser = account_id)]
    account: Option<String>,
    /// Accept every request, even where Cloudflare would respond with 429
    #[arg(long)]
    no_rate_limits: bool,
}

fn account_id(text: &str) -> Result<String, kv_rules::AccountError> {
    kv_rules::check_account_id(text)?;
    Ok(text.to_owned())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  caused by: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let default = ServerConfig::default();
    let account = match arguments.account {
        Some(id) => Account { id, ..default.account },
        None => default.account,
    };
    let rate_limits =
        if arguments.no_rate_limits { RateLimits::Off } else { RateLimits::Cloudflare };
    let config = ServerConfig {
        port: arguments.port,
        account,
        token: arguments.token.unwrap_or(default.token),
        rate_limits,
        ..ServerConfig::default()
    };
    let storage = Storage::open(arguments.root)?;
    eprintln!("Serving {} until Ctrl-C. To use it, in another shell:\n", storage.root().display());
    let server = Server::start(storage, config).await?;
    print_environment(&server);
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}

/// Prints two variables for the base URL, because wrangler and the SDKs use different names.
fn print_environment(server: &Server) {
    let base_url = server.base_url();
    println!("export CLOUDFLARE_API_TOKEN={}", server.token().expose_secret());
    println!("export CLOUDFLARE_ACCOUNT_ID={}", server.account_id());
    println!("export CLOUDFLARE_API_BASE_URL={base_url}");
    println!("export CLOUDFLARE_BASE_URL={base_url}");
}
