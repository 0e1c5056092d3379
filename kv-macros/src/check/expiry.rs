//! `expiration` and `expirationTtl`.

use kv_rules::{ExpiryError, looks_like_milliseconds};

use super::property::Properties;
use crate::model::{Expiry, Ttl};
use crate::syntax::{Json, JsonKind, Value, ValueKind};

/// The expiry of an entry. Both at once are refused.
pub(super) fn expiry(properties: &mut Properties<'_>) -> Option<Expiry> {
    let (ttl_at, expiration_at) = (properties.span("expirationTtl"), properties.span("expiration"));
    let ttl = ttl(properties);
    let expiration = seconds(properties, &EXPIRATION);
    if let (Some(ttl_at), Some(expiration_at)) = (ttl_at, expiration_at) {
        properties.context.push_with_other(
            expiration_at,
            "an entry has either `expiration` or `expirationTtl`: keep `expiration` for a point in time, or \
             `expirationTtl` for seconds from the write",
            ttl_at,
        );
    }
    ttl.map(Expiry::Ttl).or(expiration.map(Expiry::At))
}

/// The `expirationTtl` of an entry or a family.
pub(super) fn ttl(properties: &mut Properties<'_>) -> Option<Ttl> {
    if let Some(constant) = properties.constant(TTL.name) {
        return Some(Ttl::Constant(constant));
    }
    seconds(properties, &TTL).map(Ttl::Seconds)
}

/// A property in seconds, written as a number or as text.
struct Seconds {
    name: &'static str,
    is: &'static str,
    takes: &'static str,
    example: &'static str,
    check: fn(i128) -> Result<u64, ExpiryError>,
    parse: fn(&str) -> Result<u64, ExpiryError>,
}

const TTL: Seconds = Seconds {
    name: "expirationTtl",
    is: "a duration",
    takes: "whole seconds or a duration",
    example: "expirationTtl: 3600` or `expirationTtl: \"1h\"",
    check: kv_rules::check_ttl,
    parse: kv_rules::parse_duration,
};

const EXPIRATION: Seconds = Seconds {
    name: "expiration",
    is: "a point in time",
    takes: "whole seconds since 1970 or RFC 3339 text",
    example: "expiration: 1893456000` or `expiration: \"2030-01-01T00:00:00Z\"",
    check: kv_rules::check_expiration,
    parse: kv_rules::parse_time,
};

fn seconds(properties: &mut Properties<'_>, rules: &Seconds) -> Option<u64> {
    let (_, Value { span, kind }) = properties.take(rules.name)?;
    let checked = match kind {
        ValueKind::Json(Json { kind: JsonKind::Integer(digits), .. }) => {
            let Ok(seconds) = digits.parse() else {
                let (name, takes) = (rules.name, rules.takes);
                properties
                    .context
                    .push(span, format!("`{digits}` is out of range: `{name}` takes {takes}"));
                return None;
            };
            if rules.name == TTL.name
                && let Ok(written) = u64::try_from(seconds)
                && looks_like_milliseconds(written)
            {
                let (days, meant) = (kv_rules::show_duration(written), written / 1000);
                let message = format!(
                    "`expirationTtl` is in seconds, but {seconds} looks like milliseconds: write `{meant}`, \
                     or `\"{days}\"` for the same duration"
                );
                properties.context.push(span, message);
                return Some(meant);
            }
            (rules.check)(seconds)
        }
        ValueKind::Json(Json { kind: JsonKind::String(text), .. }) => {
            let other = if rules.name == TTL.name { &EXPIRATION } else { &TTL };
            let parsed = (rules.parse)(&text);
            if parsed.is_err() && (other.parse)(&text).is_ok() {
                let Seconds { name, is, .. } = other;
                properties
                    .context
                    .push(span, format!("`{text}` is {is}: write `{name}: \"{text}\"`"));
                return None;
            }
            parsed
        }
        kind => {
            let (takes, example) = (rules.takes, rules.example);
            properties.mismatch(rules.name, takes, example, span, &kind);
            return None;
        }
    };
    checked.map_err(|error| properties.context.push(span, error)).ok()
}
