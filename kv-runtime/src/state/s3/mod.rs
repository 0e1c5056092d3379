//! States in an object store with conditional writes, such as S3 or R2: `PREFIX/APP/STAGE.json`.

mod bucket;
mod lock;
mod r2;
mod sign;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use bytes::Bytes;

use super::store::{Document, Holder, Lock, ObjectError, StageKey, StateError, StateStore};
use crate::base::env::{API_BASE_URL, optional};
use bucket::{Bucket, Place, Put, Replaces, Signer};
use r2::Token;
use secrecy::ExposeSecret as _;
use sign::Credentials;
use tokio::sync::OnceCell;

/// Keeps states in a bucket of S3, R2 or another server with conditional writes.
///
/// ```no_run
/// use kv_runtime::state::S3StateStore;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let states = S3StateStore::open("r2://my-bucket/kv")?;
/// Notes::deploy().stage("prod").state(states).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct S3StateStore {
    bucket: Bucket,
    /// The prefix, which is empty or ends in `/`.
    prefix: String,
    /// The bucket's URL, for messages.
    url: String,
}

impl S3StateStore {
    /// Opens the store at `s3://BUCKET/PREFIX` or `r2://BUCKET/PREFIX`. No request is sent yet, and the
    /// bucket is never created.
    ///
    /// - `s3://` takes credentials, region and endpoint from the standard variables:
    ///   `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` for temporary ones,
    ///   `AWS_REGION`, `AWS_ENDPOINT_URL` for a server that is not AWS.
    /// - `r2://` is Cloudflare R2 with the API token of a deploy: `CLOUDFLARE_API_TOKEN` and
    ///   `CLOUDFLARE_ACCOUNT_ID`. The token needs the permission "Workers R2 Storage: Edit".
    ///   For a bucket in another jurisdiction, set `AWS_ENDPOINT_URL`.
    ///
    /// An endpoint without TLS is allowed only on this machine.
    pub fn open(url: &str) -> Result<Self, StateError> {
        let unknown = || StateError::unknown_store(url);
        let (scheme, rest) = url.split_once("://").ok_or_else(unknown)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_bucket(name) {
            return Err(unknown());
        }
        let signed = match scheme {
            "s3" => s3_place(name),
            "r2" => r2_place(name),
            _ => return Err(unknown()),
        };
        let unusable = |source| {
            let url = url.trim_end_matches('/').to_owned();
            StateError::Object { action: "use", url, source }
        };
        let bucket = signed.and_then(Bucket::new).map_err(unusable)?;
        Ok(Self::new(bucket, format!("{scheme}://{name}"), prefix.trim_matches('/')))
    }

    fn new(bucket: Bucket, url: String, prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { bucket, prefix, url }
    }

    fn object(&self, stage: &StageKey, suffix: &str) -> String {
        format!("{}{}/{}{suffix}", self.prefix, stage.app(), stage.stage())
    }

    fn failed(
        &self,
        action: &'static str,
        object: &str,
    ) -> impl Fn(ObjectError) -> StateError + use<> {
        let url = format!("{}/{object}", self.url);
        move |source| StateError::Object { action, url: url.clone(), source }
    }

    /// Writes an object if it still has the given version.
    async fn put(
        &self,
        object: &str,
        bytes: Bytes,
        replaces: &Replaces,
    ) -> Result<Put, ObjectError> {
        let put = self.bucket.put(object, bytes.clone(), replaces).await?;
        if put == Put::Conflict
            && let Some(found) = self.bucket.get(object).await?
            && found.bytes == bytes
        {
            // The response was lost, and the write was repeated.
            return Ok(Put::Done(found.version));
        }
        Ok(put)
    }
}

#[async_trait]
impl StateStore for S3StateStore {
    fn location(&self, stage: &StageKey) -> String {
        format!("{}/{}", self.url, self.object(stage, ".json"))
    }

    async fn read(&self, stage: &StageKey) -> Result<Option<Vec<u8>>, StateError> {
        let object = self.object(stage, ".json");
        let found = self.bucket.get(&object).await.map_err(self.failed("read", &object))?;
        Ok(found.map(|found| found.bytes.into()))
    }

    async fn lock(&self, stage: &StageKey, holder: &Holder) -> Result<Box<dyn Lock>, StateError> {
        lock::take(self, stage, holder).await
    }

    async fn apps(&self) -> Result<Vec<String>, StateError> {
        let listing = self.bucket.list(&self.prefix).await;
        let mut apps = listing.map_err(self.failed("list", &self.prefix))?.folders;
        apps.retain(|app| kv_rules::check_id(app).is_ok());
        apps.sort_unstable();
        Ok(apps)
    }

    async fn stages(&self, app: &str) -> Result<Vec<String>, StateError> {
        let folder = format!("{}{app}/", self.prefix);
        let listing = self.bucket.list(&folder).await.map_err(self.failed("list", &folder))?;
        let stages = listing.objects.iter().filter_map(|name| name.strip_suffix(".json"));
        let stages = stages.filter(|stage| kv_rules::check_id(stage).is_ok());
        let mut stages: Vec<_> = stages.map(str::to_owned).collect();
        stages.sort_unstable();
        Ok(stages)
    }

    async fn unlock(&self, stage: &StageKey) -> Result<Option<Holder>, StateError> {
        let object = self.object(stage, ".lock");
        let failed = self.failed("unlock", &object);
        let Some(found) = self.bucket.get(&object).await.map_err(&failed)? else {
            return Ok(None);
        };
        self.bucket.delete(&object).await.map_err(&failed)?;
        Ok(serde_json::from_slice(&found.bytes).ok())
    }
}

fn s3_place(bucket: &str) -> Result<Place, ObjectError> {
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let credentials = Credentials {
        key_id: needed("AWS_ACCESS_KEY_ID")?,
        secret: needed("AWS_SECRET_ACCESS_KEY")?.into(),
        session_token: optional("AWS_SESSION_TOKEN").map(Into::into),
    };
    Ok(Place {
        endpoint: endpoint(),
        region: region.into_iter().find_map(optional).unwrap_or_else(|| "us-east-1".to_owned()),
        bucket: bucket.to_owned(),
        signer: Signer::Given(credentials),
    })
}

fn r2_place(bucket: &str) -> Result<Place, ObjectError> {
    let said = |error: &dyn std::error::Error| ObjectError::new(&error.to_string());
    let token = Token {
        account_id: needed("CLOUDFLARE_ACCOUNT_ID")?,
        value: needed("CLOUDFLARE_API_TOKEN")?.into(),
        base_url: API_BASE_URL
            .into_iter()
            .find_map(optional)
            .unwrap_or_else(|| kv_rules::DEFAULT_BASE_URL.to_owned()),
    };
    if !token.value.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ObjectError::new("CLOUDFLARE_API_TOKEN is not an API token"));
    }
    kv_rules::check_account_id(&token.account_id).map_err(|error| said(&error))?;
    kv_rules::check_base_url(&token.base_url).map_err(|error| said(&error))?;
    Ok(Place {
        endpoint: Some(endpoint().unwrap_or_else(|| token.endpoint())),
        region: "auto".to_owned(),
        bucket: bucket.to_owned(),
        signer: Signer::Token(token, OnceCell::new()),
    })
}

fn endpoint() -> Option<String> {
    ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].into_iter().find_map(optional)
}

fn needed(name: &str) -> Result<String, ObjectError> {
    optional(name).ok_or_else(|| ObjectError::new(&format!("{name} is not set")))
}

/// Whether a text is a valid name of a bucket
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
fn is_bucket(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let outer = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (3..=63).contains(&name.len())
        && name.bytes().all(inner)
        && outer(name.bytes().next())
        && outer(name.bytes().last())
}
