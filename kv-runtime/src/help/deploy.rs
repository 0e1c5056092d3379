//! What to do about a failed deploy.

use std::io;

use super::raw::of_api;
use crate::data::DataError;
use crate::engine::{DeployError, RemoteError};
use crate::raw::RawError;
use crate::state::StateError;

/// Every failed deploy can be resumed.
const AGAIN: &str = "deploy again to continue where this deploy stopped";

impl DeployError {
    /// What to do next, if that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Resolve(_) => "no request was sent and nothing was changed",
            Self::NoCredentials => {
                "set CLOUDFLARE_API_TOKEN (a token with the permission Workers KV Storage: Edit), \
                 or CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL; a deploy to this machine needs neither"
            }
            Self::NoState { stages, .. } => {
                let others = match stages.as_slice() {
                    [] => "",
                    _ => ", or choose a deployed stage with `.stage(...)` or KV_STAGE",
                };
                return Some(format!(
                    "deploy it first with `cargo run --bin deploy` (`--stage`, `--local`) or \
                     `deploy()`{others}"
                ));
            }
            Self::NothingInCommon { .. } => {
                "deploy to both first; `status` shows what each stage has"
            }
            Self::NotDeployed(_) => "deploy it first with `cargo run --bin deploy` or `deploy()`",
            Self::NoAccount => {
                "give the token the permission Account Settings: Read, or name the account with \
                 CLOUDFLARE_ACCOUNT_ID"
            }
            Self::SeveralAccounts(_) => "choose one with CLOUDFLARE_ACCOUNT_ID or `accountId`",
            Self::OtherAccount { .. } => {
                "a namespace cannot move between accounts; configure the account that has it, or \
                 deploy to the other account under another stage"
            }
            Self::OtherServer { .. } => {
                "nothing was changed; deploy to where it already is, or under another stage"
            }
            Self::TitleExists { .. } => {
                "to take it over with its data, write `adopt: true` or call `.adopt(true)`; \
                 otherwise choose another title"
            }
            Self::TitleOwned { owner, .. } => {
                return Some(format!(
                    "if this namespace was renamed in the code, keep its identity with \
                     `was: {owner:?}`; otherwise choose another title"
                ));
            }
            Self::NamespaceOwned { owner, .. } => {
                return Some(format!(
                    "nothing was changed; if it was renamed in the code, keep its identity with \
                     `was: {owner:?}`"
                ));
            }
            Self::TitleTwice { .. } => "nothing was changed; rename one of them in the dashboard",
            Self::UndeclaredKeys { .. } => {
                "nothing was changed; to keep the namespace, write `delete: false`"
            }
            Self::OtherApp { app, other, .. } => return Some(of_other_app(app, other)),
            Self::CameBack { .. } => {
                "nothing was changed; in the dashboard, delete the one that you do not want, then \
                 deploy again"
            }
            Self::CircularListing { .. } => {
                "the responses do not come from Cloudflare's API: check the base URL and any \
                 proxies in between"
            }
            Self::NotBuilt { feature } => {
                return Some(format!(
                    "add {feature:?} to the features of kv-runtime in Cargo.toml"
                ));
            }
            Self::State(error) => return Some(error.help()),
            Self::Data(error) => return error.help().map(str::to_owned),
            Self::Store { source: RawError::Unconfirmed { .. }, .. } => {
                "run it again to continue where it stopped"
            }
            Self::Store { source, .. } => return source.help(),
            Self::NotOne(_) => "choose one of them",
            Self::SameNamespace { .. } => "nothing was changed; there is nothing to copy",
            Self::PlanChanged => {
                "nothing was changed; save a new plan, review it and apply it; this is also needed \
                 after an interrupted deploy"
            }
            Self::SavedPlan { .. } => "nothing was changed; save a plan with `plan --out FILE`",
            Self::CannotUndo(_) => {
                "nothing was changed; `export` it first, then deploy without --keep-undo"
            }
            Self::DeployedSince(_) | Self::NothingToUndo { .. } => {
                "nothing was changed; only the last deploy can be undone, and only if it ran with \
                 --keep-undo; otherwise restore a backup that `export` made"
            }
            Self::TooManyWrites { .. } => "review the plan, then allow more writes",
            Self::Request { source, .. }
            | Self::Discovery { source, .. }
            | Self::Client(source) => {
                return remote(source);
            }
            Self::Reappeared { .. } | Self::Unconfirmed { .. } | Self::Interrupted => AGAIN,
            Self::StillThere { .. } => {
                "deploy again in a minute; Cloudflare may need that long to show the deletion"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}

fn of_other_app(app: &str, other: &str) -> String {
    format!(
        "nothing was changed; to deploy them as the app {other:?}, set KV_APP={other} or call \
         `.app({other:?})`; to deploy a second copy as {app:?}, name that app in the same way"
    )
}

fn remote(error: &RemoteError) -> Option<String> {
    if error.get_ref().is::<crate::engine::SeedError>() {
        let help = "deploy again: it continues where this deploy stopped, with the files as they are \
                    then";
        return Some(help.to_owned());
    }
    of_api(error.get_ref())
}

impl DataError {
    /// What to do next, if that is known.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        let help = match self {
            Self::File(_) => "nothing was changed",
            Self::Unlike { .. } => {
                "nothing was changed; use another copy of the file, or remove the description to \
                 restore the file as it is"
            }
            Self::Changed(_) => {
                "do not change the file, and run it again to continue where it stopped"
            }
            Self::Exists(_) => "choose another file name, or move the file away",
            Self::OtherExport { .. } => {
                "choose another file name, or remove the file and its description"
            }
            Self::Io { source, .. } | Self::Write(source)
                if source.kind() == io::ErrorKind::StorageFull =>
            {
                "free some disk space, then run it again to continue where it stopped"
            }
            Self::Io { .. } => "fix the path, or choose another",
            Self::NothingSelected(_) => {
                "nothing was changed; write a family as declared, such as 'flag:{name}', or a \
                 key in which `*` stands for any text"
            }
            Self::Interrupted => "run it again to continue where it stopped",
            _ => return None,
        };
        Some(help)
    }
}

impl StateError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        let help = match self {
            Self::Newer { .. } => {
                "update kv-runtime in Cargo.toml to the version that wrote the state"
            }
            Self::Older { .. } | Self::Damaged { .. } => {
                "nothing was changed; restore the file from a backup"
            }
            Self::DanglingLink { .. } => {
                "nothing was changed; mount or restore the target of the link, or remove the link \
                 to start over"
            }
            Self::OtherStage { .. } => {
                "nothing was changed; put the file back where it belongs, or choose the right store"
            }
            Self::Locked { .. } => "wait until the other deploy is done",
            Self::Unconditional { .. } => {
                "nothing was changed; keep the state in a store that honours If-None-Match and \
                 If-Match on PUT (S3 and R2 do), or in a folder (`file:PATH`)"
            }
            Self::LockLost { .. } => "deploy again to continue from the other deploy's state",
            Self::Object { url, source, .. } => return object_help(url, source.code()),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some disk space; the state is written before each step, so nothing is lost"
            }
            Self::Io { .. } => {
                "fix the path, or choose another store; the state is written before each step, so \
                 nothing is lost"
            }
            Self::Serialize(_) => "this is a bug in kv-runtime; please report it",
            Self::NotBuilt { .. } => "add \"s3\" to the features of kv-runtime in Cargo.toml",
            Self::UnknownStore(_) => {
                "write `file:PATH`, `s3://BUCKET/PREFIX` or `r2://BUCKET/PREFIX`"
            }
        };
        help.to_owned()
    }
}

/// What to do if a bucket cannot be used.
fn object_help(url: &str, code: &str) -> String {
    let is_r2 = url.starts_with("r2:");
    let bucket = url.split('/').nth(2).unwrap_or_default();
    let advice = match (code, is_r2) {
        ("NoSuchBucket", true) => {
            format!(
                "create the bucket with `wrangler r2 bucket create {bucket}`, or choose another"
            )
        }
        ("NoSuchBucket", false) => {
            format!("create the bucket with `aws s3 mb s3://{bucket}`, or choose another")
        }
        ("AccessDenied", true) => "give the API token the permission \"Workers R2 Storage: Edit\" \
             for this bucket"
            .to_owned(),
        ("AccessDenied", false) => {
            "allow the access key to read, write, list and delete objects in this bucket \
             (s3:GetObject, s3:PutObject, s3:ListBucket, s3:DeleteObject)"
                .to_owned()
        }
        ("SignatureDoesNotMatch" | "InvalidAccessKeyId", false) => {
            "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_ENDPOINT_URL if the \
             bucket is not on AWS"
                .to_owned()
        }
        ("ExpiredToken", false) => "log in again, and set AWS_ACCESS_KEY_ID, \
             AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to the new values"
            .to_owned(),
        ("PermanentRedirect" | "AuthorizationHeaderMalformed", false) => {
            "set AWS_REGION to the region of the bucket".to_owned()
        }
        ("RequestTimeTooSkewed", _) => "correct the clock of this machine".to_owned(),
        (_, true) => {
            "check CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, that the token has the \
             permission \"Workers R2 Storage: Edit\", and that the bucket exists"
                .to_owned()
        }
        (_, false) => "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and \
             AWS_ENDPOINT_URL, and that the bucket exists"
            .to_owned(),
    };
    format!("the state is written before each step, so nothing is lost; {advice}")
}
