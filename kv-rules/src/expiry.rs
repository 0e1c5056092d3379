//! Expiry: when a pair expires, and how durations and points in time are written.

use super::time::{Time, read_duration, read_time};
use crate::shown;

/// The shortest expiration TTL, in seconds
/// (<https://developers.cloudflare.com/kv/api/write-key-value-pairs/#expiring-keys>).
pub const MIN_TTL: u64 = 60;

/// The smallest `expiration` that counts as a point in time (2001-09-09); a smaller number looks like
/// a duration. This is a rule of this project, not of Cloudflare.
pub const EARLIEST_EXPIRATION: u64 = 1_000_000_000;

/// The latest `expiration`, in seconds since 1970 (2038-01-19): Cloudflare keeps 32 signed bits
/// (<https://github.com/cloudflare/miniflare/issues/485>).
pub const MAX_EXPIRATION: u64 = i32::MAX as u64;

/// The shortest `cacheTtl` of a read in a Worker, in seconds
/// (<https://developers.cloudflare.com/kv/api/read-key-value-pairs/#cachettl-parameter>).
pub const MIN_CACHE_TTL: u64 = 30;

/// When a pair expires.
///
/// ```
/// use kv_rules::{Expiry, Time};
///
/// let now = Time::from_unix(1_800_000_000);
/// assert_eq!(Expiry::Ttl(60).expiration(now)?, 1_800_000_060);
/// assert_eq!(Expiry::At(1_900_000_000).expiration(now)?, 1_900_000_000);
/// # Ok::<(), kv_rules::ExpiryError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expiry {
    /// This many seconds after it was written: `expirationTtl`.
    Ttl(u64),
    /// At a point in time, in seconds since 1970: `expiration`.
    At(u64),
}

impl Expiry {
    /// When a pair that is written now expires, in seconds since 1970; an error if Workers KV does not
    /// take the expiry.
    ///
    /// ```
    /// use kv_rules::{Expiry, Time};
    ///
    /// let now = Time::from_unix(2_000_000_000);
    /// assert_eq!(Expiry::Ttl(60).expiration(now), Ok(2_000_000_060));
    /// assert!(Expiry::At(2_000_000_059).expiration(now).is_err());
    /// ```
    pub fn expiration(self, now: Time) -> Result<u64, ExpiryError> {
        match self {
            Self::Ttl(seconds) => {
                let ttl = check_ttl(seconds.into())?;
                check_expiration(i128::from(now.unix()) + i128::from(ttl))
            }
            Self::At(seconds) => {
                let expiration = check_expiration(seconds.into())?;
                check_expiration_ahead(expiration, now)?;
                Ok(expiration)
            }
        }
    }
}

/// Why an expiry is refused.
///
/// ```
/// use kv_rules::{ExpiryError, check_ttl};
///
/// assert_eq!(check_ttl(30), Err(ExpiryError::TtlTooShort(30)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpiryError {
    /// The TTL is below [`MIN_TTL`].
    #[error("an expiration TTL of {0} s is too short: Workers KV takes at least {MIN_TTL} s")]
    TtlTooShort(i128),
    /// The TTL is so large that it looks like a point in time.
    #[error(
        "an expiration TTL of {0} s {why}", why = too_long(*.0)
    )]
    TtlLooksLikeTime(i128),
    /// The expiration is so small that it looks like a duration.
    #[error(
        "an expiration of {0} {why}", why = too_early(*.0)
    )]
    ExpirationLooksLikeTtl(i128),
    /// The expiration is beyond [`MAX_EXPIRATION`].
    #[error(
        "an expiration of {0} {why}", why = too_late(*.0)
    )]
    ExpirationTooLate(i128),
    /// The expiration is not far enough ahead.
    #[error(
        "an expiration of {} is less than {MIN_TTL} s after {now}: Workers KV refuses it; \
         write a later time, or remove the key", Time::from_unix(*.expiration)
    )]
    NotAhead {
        /// The expiration, in seconds since 1970.
        expiration: u64,
        /// When it was checked.
        now: Time,
    },
    /// The read's cache TTL is below [`MIN_CACHE_TTL`].
    #[error("a cache TTL of {0} s is too short: Workers KV takes at least {MIN_CACHE_TTL} s")]
    CacheTtlTooShort(u64),
    /// The text is a point in time that is long past.
    #[error("`{}` is in the past: write a later time", shown(.0))]
    Past(String),
    /// The text is not a duration in whole seconds.
    #[error("`{}` is not a duration of whole seconds: write `3600`, `\"1h 30m\"` or `\"7d\"`", shown(.0))]
    NotADuration(String),
    /// The text is not a point in time in whole seconds.
    #[error(
        "`{}` is not a point in time: write seconds since 1970, or RFC 3339 text with its zone, such \
         as `\"2030-01-31T12:00:00Z\"`", shown(.0)
    )]
    NotATime(String),
}

fn too_long(ttl: i128) -> String {
    if ttl <= i128::from(MAX_EXPIRATION) {
        return format!(
            "looks like a point in time: a TTL counts seconds from the write; write `expiration: {ttl}` \
             for a point in time"
        );
    }
    "is too long: write a shorter one, or none for a pair that never expires".to_owned()
}

fn too_early(expiration: i128) -> String {
    if expiration >= i128::from(MIN_TTL) {
        return format!(
            "looks like a duration: an expiration counts seconds since 1970; write `expirationTtl: \
             {expiration}` for a duration"
        );
    }
    "is in the past: it counts seconds since 1970; write a later time".to_owned()
}

fn too_late(expiration: i128) -> String {
    let seconds = expiration / 1000;
    if (i128::from(EARLIEST_EXPIRATION)..=i128::from(MAX_EXPIRATION)).contains(&seconds) {
        return format!("looks like milliseconds, but is in seconds: write `{seconds}`");
    }
    format!(
        "is too late: Cloudflare takes at most {MAX_EXPIRATION}, which is 2038-01-19; write an earlier \
         one"
    )
}

/// A TTL that a declaration gives as a constant: one that [`check_ttl`] refuses does not compile.
///
/// # Panics
///
/// If the TTL is refused; in a constant, that is a compile error.
///
/// ```
/// const WEEK: u64 = kv_rules::const_ttl(7 * 24 * 60 * 60);
/// assert_eq!(WEEK, 604_800);
/// ```
#[must_use]
pub const fn const_ttl(seconds: u64) -> u64 {
    assert!(
        seconds >= MIN_TTL,
        "this `expirationTtl` is too short: Workers KV takes at least 60 s"
    );
    assert!(
        seconds < EARLIEST_EXPIRATION,
        "this `expirationTtl` looks like a point in time: it counts seconds from the write"
    );
    assert!(
        !looks_like_milliseconds(seconds),
        "this `expirationTtl` looks like milliseconds, but is in seconds: divide it by 1000, or write text \
         such as \"1000d\" for as long as that"
    );
    seconds
}

/// Whether a number of seconds is probably meant as milliseconds: whole hours of them, as most TTLs are.
///
/// ```
/// use kv_rules::looks_like_milliseconds;
/// assert!(looks_like_milliseconds(24 * 60 * 60 * 1000));
/// assert!(!looks_like_milliseconds(24 * 60 * 60));
/// ```
#[must_use]
pub const fn looks_like_milliseconds(seconds: u64) -> bool {
    seconds != 0 && seconds.is_multiple_of(60 * 60 * 1000)
}

/// Checks an expiration TTL in seconds.
///
/// ```
/// use kv_rules::{ExpiryError, check_ttl};
/// assert_eq!(check_ttl(3600), Ok(3600));
/// assert_eq!(check_ttl(59), Err(ExpiryError::TtlTooShort(59)));
/// ```
pub fn check_ttl(seconds: i128) -> Result<u64, ExpiryError> {
    if seconds < i128::from(MIN_TTL) {
        return Err(ExpiryError::TtlTooShort(seconds));
    }
    match u64::try_from(seconds) {
        Ok(ttl) if ttl < EARLIEST_EXPIRATION => Ok(ttl),
        _ => Err(ExpiryError::TtlLooksLikeTime(seconds)),
    }
}

/// Checks an expiration in seconds since 1970, against everything but the clock.
///
/// ```
/// assert_eq!(kv_rules::check_expiration(1_900_000_000), Ok(1_900_000_000));
/// assert!(kv_rules::check_expiration(3600).is_err(), "that is a TTL");
/// ```
pub fn check_expiration(seconds: i128) -> Result<u64, ExpiryError> {
    if seconds < i128::from(EARLIEST_EXPIRATION) {
        return Err(ExpiryError::ExpirationLooksLikeTtl(seconds));
    }
    match u64::try_from(seconds) {
        Ok(expiration) if expiration <= MAX_EXPIRATION => Ok(expiration),
        _ => Err(ExpiryError::ExpirationTooLate(seconds)),
    }
}

/// Checks that an expiration is at least [`MIN_TTL`] seconds after `now`.
///
/// ```
/// use kv_rules::{Time, check_expiration_ahead};
///
/// let now = Time::from_unix(1_800_000_000);
/// assert!(check_expiration_ahead(1_800_000_060, now).is_ok());
/// assert!(check_expiration_ahead(1_800_000_030, now).is_err());
/// ```
pub fn check_expiration_ahead(expiration: u64, now: Time) -> Result<(), ExpiryError> {
    if expiration < now.unix().saturating_add(MIN_TTL) {
        return Err(ExpiryError::NotAhead { expiration, now });
    }
    Ok(())
}

/// Checks the `cacheTtl` of a read, in seconds.
///
/// ```
/// assert!(kv_rules::check_cache_ttl(kv_rules::MIN_CACHE_TTL).is_ok());
/// assert!(kv_rules::check_cache_ttl(1).is_err());
/// ```
pub fn check_cache_ttl(seconds: u64) -> Result<(), ExpiryError> {
    if seconds < MIN_CACHE_TTL {
        return Err(ExpiryError::CacheTtlTooShort(seconds));
    }
    Ok(())
}

/// Reads a duration such as `1h 30m` or `7d` and checks it as a TTL. A day has 24 hours, a week 7 days.
///
/// ```
/// assert_eq!(kv_rules::parse_duration("7d"), Ok(604_800));
/// assert!(kv_rules::parse_duration("soon").is_err());
/// ```
pub fn parse_duration(text: &str) -> Result<u64, ExpiryError> {
    let not_a_duration = || ExpiryError::NotADuration(text.to_owned());
    check_ttl(read_duration(text).ok_or_else(not_a_duration)?)
}

/// Reads a point in time in RFC 3339 and checks it as an expiration.
///
/// ```
/// assert_eq!(kv_rules::parse_time("2030-01-01T00:00:00Z"), Ok(1_893_456_000));
/// assert!(kv_rules::parse_time("tomorrow").is_err());
/// ```
pub fn parse_time(text: &str) -> Result<u64, ExpiryError> {
    match read_time(text) {
        Some((time, true)) if time.unix() < EARLIEST_EXPIRATION => {
            Err(ExpiryError::Past(text.to_owned()))
        }
        Some((time, true)) => check_expiration(time.unix().into()),
        _ => Err(ExpiryError::NotATime(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_at_least_a_minute_and_not_a_point_in_time() {
        assert_eq!(check_ttl(60), Ok(60));
        assert_eq!(check_ttl(59), Err(ExpiryError::TtlTooShort(59)));
        assert_eq!(check_ttl(-1), Err(ExpiryError::TtlTooShort(-1)));
        assert_eq!(check_ttl(999_999_999), Ok(999_999_999));
        assert_eq!(check_ttl(1_000_000_000), Err(ExpiryError::TtlLooksLikeTime(1_000_000_000)));
        assert_eq!(check_ttl(i128::MAX), Err(ExpiryError::TtlLooksLikeTime(i128::MAX)));
    }

    #[test]
    fn an_expiration_is_a_point_in_time_in_32_signed_bits() {
        assert_eq!(
            check_expiration(999_999_999),
            Err(ExpiryError::ExpirationLooksLikeTtl(999_999_999))
        );
        assert_eq!(check_expiration(1_000_000_000), Ok(1_000_000_000));
        assert_eq!(check_expiration(2_147_483_647), Ok(2_147_483_647));
        assert_eq!(
            check_expiration(2_147_483_648),
            Err(ExpiryError::ExpirationTooLate(2_147_483_648))
        );
        let message = check_expiration(1_893_456_000_000).unwrap_err().to_string();
        assert!(message.ends_with("write `1893456000`"), "{message}");
    }

    #[test]
    fn an_expiration_is_at_least_a_minute_ahead() {
        let now: Time = "2030-01-01T00:00:00Z".parse().unwrap();
        let at = now.unix();
        assert_eq!(check_expiration_ahead(at + 60, now), Ok(()));
        let error = check_expiration_ahead(at + 59, now).unwrap_err();
        assert!(error.to_string().contains("2030-01-01T00:00:59Z"), "{error}");
    }

    #[test]
    fn durations_are_written_as_people_say_them() {
        for (text, seconds) in [
            ("1h 30m", 5400),
            ("1h30m", 5400),
            ("7d", 604_800),
            ("2 weeks", 1_209_600),
            ("60s", 60),
            ("PT1H", 3600),
        ] {
            assert_eq!(parse_duration(text), Ok(seconds), "{text}");
        }
        for text in ["", "soon", "3600", "1.5s 1ns", "90ms", "1 month"] {
            assert_eq!(
                parse_duration(text),
                Err(ExpiryError::NotADuration(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(parse_duration("59s"), Err(ExpiryError::TtlTooShort(59)));
        assert_eq!(parse_duration("-2h"), Err(ExpiryError::TtlTooShort(-7200)));
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(parse_time("2030-01-01T00:00:00Z"), Ok(1_893_456_000));
        assert_eq!(parse_time("2030-01-01T01:00:00+01:00"), Ok(1_893_456_000));
        for text in ["", "2030-01-01", "2030-01-01T00:00:00", "2030-01-01T00:00:00.5Z", "tomorrow"]
        {
            assert_eq!(parse_time(text), Err(ExpiryError::NotATime(text.to_owned())), "{text}");
        }
    }
}
