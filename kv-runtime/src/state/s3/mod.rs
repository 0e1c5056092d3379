//! States in an object store that has conditional writes, such as S3 or R2: `PREFIX/APP/STAGE.json`.

mod bucket;
mod lock;
mod sign;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use bytes::Bytes;

use super::store::{Holder, Lock, ObjectError, StageKey, StateError, StateStore};
use crate::base::env::optional;
use bucket::{Bucket, Place, Put, Replaces};
use sign::Credentials;

/// Keeps states in an S3 bucket.
#[derive(Debug, Clone)]
pub struct S3StateStore {
    bucket: Bucket,
    /// Empty, or it ends in `/`.
    prefix: String,
    /// The bucket's, for messages.
    url: String,
}

impl S3StateStore {
    /// The store that `s3://BUCKET/PREFIX` names. Nothing is requested yet.
    ///
    /// Credentials, region and endpoint come from the standard variables: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` for those that end, `AWS_REGION`,
    /// `AWS_ENDPOINT_URL` (for R2: `https://ACCOUNT.r2.cloudflarestorage.com` and the region
    /// `auto`). An endpoint without TLS is for this machine only.
    pub fn open(url: &str) -> Result<Self, StateError> {
        let unknown = || StateError::unknown_store(url);
        let rest = url.strip_prefix("s3://").ok_or_else(unknown)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_bucket(name) {
            return Err(unknown());
        }
        let prefix = prefix.trim_matches('/');
        let unusable = |source| {
            let url = url.trim_end_matches('/').to_owned();
            StateError::Object { action: "use", url, source }
        };
        let needed = |name: &str| {
            optional(name).ok_or_else(|| unusable(ObjectError::new(&format!("{name} is not set"))))
        };
        let credentials = Credentials {
            key_id: needed("AWS_ACCESS_KEY_ID")?,
            secret: needed("AWS_SECRET_ACCESS_KEY")?.into(),
            session_token: optional("AWS_SESSION_TOKEN").map(Into::into),
        };
        let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let place = Place {
            endpoint: endpoint.into_iter().find_map(optional),
            region: region.into_iter().find_map(optional).unwrap_or_else(|| "us-east-1".to_owned()),
            bucket: name.to_owned(),
            credentials,
        };
        Ok(Self::new(Bucket::new(place).map_err(unusable)?, name, prefix))
    }

    fn new(bucket: Bucket, name: &str, prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { bucket, prefix, url: format!("s3://{name}") }
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

    /// Writes an object in place of the version that is named.
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
            // An answer was lost, and the write was repeated.
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

/// Whether a text can name a bucket
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
fn is_bucket(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let outer = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (3..=63).contains(&name.len())
        && name.bytes().all(inner)
        && outer(name.bytes().next())
        && outer(name.bytes().last())
}
