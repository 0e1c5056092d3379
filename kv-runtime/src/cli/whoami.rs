//! Shows which credentials and which account are used for Cloudflare's API.

use std::fmt::Write as _;

use serde::Serialize;

use super::args::Format;
use super::error::CliError;
use super::markdown;
use super::options::{Runs, root};
use super::output::{print, print_json};
use crate::deploy::{CredentialsKind, Identity};
use crate::engine::DeployError;

/// The version of the identity's JSON format.
const IDENTITY_FORMAT: u32 = 1;

/// The credentials and accounts in use, as JSON.
#[derive(Serialize)]
struct Report {
    format: u32,
    identities: Vec<Identity>,
}

pub(super) async fn whoami(runs: &Runs<'_>) -> Result<(), CliError> {
    let Runs { args, package, declarations, screen, context, .. } = runs;
    if args.place.local.is_some() {
        return Err(CliError::NoLogin);
    }
    let setup = runs.setup(&root(args, package)?);
    let identities = match setup.identities(declarations, context).await {
        Err(DeployError::NoCredentials) => return Err(CliError::Anonymous),
        identities => identities?,
    };
    let text = || identities.iter().map(text).collect::<Vec<_>>().join("\n\n");
    match args.output.format {
        Format::Text => screen.line(&text()),
        Format::Markdown => print(&markdown::block(&text()), &context.redactor)?,
        Format::Json => {
            print_json(&Report { format: IDENTITY_FORMAT, identities }, &context.redactor)?;
        }
    }
    Ok(())
}

fn text(identity: &Identity) -> String {
    let Identity { ids, base_url, account_id, namespaces, .. } = identity;
    let mut credentials = match identity.credentials {
        CredentialsKind::Token => "an API token".to_owned(),
        CredentialsKind::Key => "an API key".to_owned(),
    };
    match (&identity.token_status, &identity.token_expires_on) {
        (Some(status), Some(expires)) => {
            let _ = write!(credentials, ", {status}, expires {expires}");
        }
        (Some(status), None) => {
            let _ = write!(credentials, ", {status}");
        }
        (None, _) if identity.credentials == CredentialsKind::Token => {
            credentials.push_str(" or wrangler's login");
        }
        (None, _) => {}
    }
    let account = match &identity.account_name {
        Some(name) => format!("{account_id} ({name:?})"),
        None => account_id.clone(),
    };
    let mut lines = Vec::new();
    if !ids.is_empty() {
        lines.push(format!("{}:", ids.join(", ")));
    }
    lines.push(format!("  API          {base_url}"));
    lines.push(format!("  Credentials  {credentials}"));
    lines.push(format!("  Account      {account}"));
    lines.push(format!("  Reading      allowed; the account has {namespaces} namespaces"));
    lines.push("  Writing      not tested; it needs `Workers KV Storage: Edit`".to_owned());
    lines.join("\n")
}
