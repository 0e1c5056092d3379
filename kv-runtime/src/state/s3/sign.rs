//! Signing requests with AWS Signature Version 4
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use kv_rules::Time;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// The characters that are not encoded in a path or a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The credentials that sign.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) key_id: String,
    pub(super) secret: SecretString,
    /// The token of temporary credentials.
    pub(super) session_token: Option<SecretString>,
}

/// The request to sign. The path is already encoded; the parameters are not, and must be sorted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

/// A piece of a path or a query, encoded.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The query of a URL, without the `?`.
pub(super) fn query_string(query: &[(&str, &str)]) -> String {
    let pairs = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The headers that sign a request with these credentials at this time.
pub(super) fn headers(
    request: Unsigned<'_>,
    credentials: &Credentials,
    region: &str,
    at: Time,
) -> Vec<(&'static str, String)> {
    let time = at.to_string().replace(['-', ':'], "");
    let day = time.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{region}/s3/aws4_request");
    let body = hex(&Sha256::digest(request.body));
    let mut signed = vec![
        ("host", request.host.to_owned()),
        ("x-amz-content-sha256", body.clone()),
        ("x-amz-date", time.clone()),
    ];
    if let Some(token) = &credentials.session_token {
        signed.push(("x-amz-security-token", token.expose_secret().to_owned()));
    }
    let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines = signed.iter().map(|(name, value)| format!("{name}:{value}"));
    let lines = lines.collect::<Vec<_>>().join("\n");
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n\n{names}\n{body}",
        request.method,
        request.path,
        query_string(request.query)
    );
    let canonical = hex(&Sha256::digest(canonical));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
    let secret = format!("AWS4{}", credentials.secret.expose_secret());
    let key = ["aws4_request", "s3", region, day];
    let key = key.iter().rev().fold(secret.into_bytes(), |key: Vec<u8>, part| hmac(&key, part));
    let signature = hex(&hmac(&key, &text));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.key_id
    );
    // The client writes `host` itself.
    signed.remove(0);
    signed.push(("authorization", authorization));
    signed
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples that AWS publishes
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).
    #[test]
    fn requests_are_signed_as_in_the_examples_of_aws() {
        let credentials = Credentials {
            key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        };
        let at = "2013-05-24T00:00:00Z".parse().unwrap();
        let list = Unsigned {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/",
            query: &[("max-keys", "2"), ("prefix", "J")],
            body: b"",
        };
        for (request, signature) in [
            (list, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
            (
                Unsigned { query: &[("lifecycle", "")], ..list },
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
        ] {
            let headers = headers(request, &credentials, "us-east-1", at);
            let (_, authorization) = headers.last().unwrap();
            assert!(authorization.ends_with(signature), "{authorization}");
        }
    }
}
