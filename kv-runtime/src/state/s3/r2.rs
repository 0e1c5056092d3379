//! R2 with an API token, so that no separate S3 key is needed
//! (<https://developers.cloudflare.com/r2/api/tokens/>).

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::bucket::{Answer, TIMEOUT, plain, retry};
use super::sign::{Credentials, hex};
use crate::base::http;
use crate::state::store::ObjectError;

/// An API token, and the account that has the buckets.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) account_id: String,
    pub(super) value: SecretString,
    /// The base URL of Cloudflare's API.
    pub(super) base_url: String,
}

impl Token {
    /// The R2 endpoint of the account.
    pub(super) fn endpoint(&self) -> String {
        format!("https://{}.r2.cloudflarestorage.com", self.account_id)
    }

    /// The S3 credentials of the token: its id, and the hash of its text.
    pub(super) async fn credentials(&self) -> Result<Credentials, ObjectError> {
        let of_account = format!("accounts/{}/tokens/verify", self.account_id);
        let mut answer = self.verify(&of_account).await?;
        if answer.status.is_client_error() {
            // A user's token does not belong to the account.
            answer = self.verify("user/tokens/verify").await?;
        }
        let refused = |said: &str| ObjectError::new(&format!("the API token is refused: {said}"));
        if !answer.status.is_success() {
            return Err(refused(&format!("HTTP {}", answer.status.as_u16())));
        }
        let verified = serde_json::from_slice::<Verified>(&answer.body).map(|it| it.result);
        match verified {
            Ok(Some(token)) if token.status != "active" => Err(refused(&token.status)),
            Ok(Some(token)) if token.id.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Ok(Credentials {
                    key_id: token.id,
                    secret: hex(&Sha256::digest(self.value.expose_secret().as_bytes())).into(),
                    session_token: None,
                })
            }
            _ => Err(ObjectError::new("Cloudflare's response has no id of the API token")),
        }
    }

    async fn verify(&self, path: &str) -> Result<Answer, ObjectError> {
        let base_url = self.base_url.trim_end_matches('/');
        let http = http::client(base_url.starts_with("http://")).map_err(|e| plain(&e))?;
        let http = http.timeout(TIMEOUT).build().map_err(|e| plain(&e))?;
        let url = format!("{base_url}/{path}");
        retry(|| http.get(&url).bearer_auth(self.value.expose_secret())).await
    }
}

#[derive(Deserialize)]
struct Verified {
    result: Option<TokenId>,
}

#[derive(Deserialize)]
struct TokenId {
    id: String,
    status: String,
}
