//! Times and durations as the language writes them: RFC 3339, and `1h 30m`.
//!
//! A time library would be the slowest dependency that users compile, and they would compile it
//! twice: for the macro and for their program.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A point in time, in whole seconds since 1970, the way Workers KV counts.
///
/// ```
/// use kv_rules::Time;
///
/// let time: Time = "2030-01-31T13:00:00+01:00".parse().unwrap();
/// assert_eq!(time.unix(), 1_896_091_200);
/// assert_eq!(time.to_string(), "2030-01-31T12:00:00Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

/// The error for a text that is not a point in time.
///
/// ```
/// assert!("2030-13-01".parse::<kv_rules::Time>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time in RFC 3339, such as 2030-01-31T12:00:00Z")]
pub struct TimeError;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Time {
    /// The time this many seconds after the beginning of 1970.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The number of seconds since the beginning of 1970.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// The system's time, which a Worker does not have.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// The time that passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

impl From<SystemTime> for Time {
    /// Drops fractions of a second; a time before 1970 becomes the beginning of 1970.
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

impl From<Time> for SystemTime {
    fn from(time: Time) -> Self {
        let since = Duration::from_secs(time.0);
        Self::UNIX_EPOCH.checked_add(since).unwrap_or(Self::UNIX_EPOCH)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0 / DAY, self.0 % DAY);
        let (year, month, day) = date_of(days);
        let (hour, minute, second) = (rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl FromStr for Time {
    type Err = TimeError;

    /// Reads RFC 3339; fractions of a second are dropped.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        read_time(text).map(|(time, _)| time).ok_or(TimeError)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads RFC 3339, and whether it is a whole second.
pub(crate) fn read_time(text: &str) -> Option<(Time, bool)> {
    let mut rest = text.as_bytes();
    let year = digits(&mut rest, 4)?;
    byte(&mut rest, b"-")?;
    let month = digits(&mut rest, 2)?;
    byte(&mut rest, b"-")?;
    let day = digits(&mut rest, 2)?;
    byte(&mut rest, b"Tt ")?;
    let hour = digits(&mut rest, 2)?;
    byte(&mut rest, b":")?;
    let minute = digits(&mut rest, 2)?;
    byte(&mut rest, b":")?;
    let second = digits(&mut rest, 2)?;
    let mut is_whole = true;
    if byte(&mut rest, b".").is_some() {
        let fraction = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, after) = rest.split_at(fraction);
        is_whole = digits.iter().all(|digit| *digit == b'0');
        rest = after;
        if fraction == 0 {
            return None;
        }
    }
    let offset = match byte(&mut rest, b"Zz+-")? {
        b'Z' | b'z' => 0,
        sign => {
            let hours = digits(&mut rest, 2).filter(|hours| *hours < 24)?;
            byte(&mut rest, b":")?;
            let minutes = digits(&mut rest, 2).filter(|minutes| *minutes < 60)?;
            let offset = i64::try_from(hours * HOUR + minutes * MINUTE).ok()?;
            if sign == b'+' { offset } else { -offset }
        }
    };
    let is_time = hour < 24 && minute < 60 && second < 60;
    if !rest.is_empty() || !is_time || !(1..=12).contains(&month) || year < 1970 {
        return None;
    }
    if !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let local = days_until(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second;
    local.checked_add_signed(-offset).map(|seconds| (Time(seconds), is_whole))
}

fn byte(rest: &mut &[u8], any: &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    any.contains(first).then(|| {
        *rest = after;
        *first
    })
}

fn digits(rest: &mut &[u8], count: usize) -> Option<u64> {
    let (digits, after) = rest.split_at_checked(count)?;
    let text = str::from_utf8(digits).ok()?;
    let number = digits.iter().all(u8::is_ascii_digit).then(|| text.parse().ok())?;
    *rest = after;
    number
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The number of days from the beginning of 1970 to a date.
fn days_until(year: u64, month: u64, day: u64) -> u64 {
    let leap_years = |until: u64| until / 4 - until / 100 + until / 400;
    let years = (year - 1970) * 365 + leap_years(year - 1) - leap_years(1969);
    years + (1..month).map(|month| days_of(year, month)).sum::<u64>() + day - 1
}

/// The date this many days after the beginning of 1970.
fn date_of(days: u64) -> (u64, u64, u64) {
    // A year has at most 366 days, so at least `days / 366` years have passed.
    let mut year = 1970 + days / 366;
    while days_until(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut rest = days - days_until(year, 1, 1);
    let mut month = 1;
    while rest >= days_of(year, month) {
        rest -= days_of(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

/// The units of a duration, largest first, and how many seconds each has.
const UNITS: [(&[&str], u64); 5] = [
    (&["w", "wk", "wks", "week", "weeks"], 7 * DAY),
    (&["d", "day", "days"], DAY),
    (&["h", "hr", "hrs", "hour", "hours"], HOUR),
    (&["m", "min", "mins", "minute", "minutes"], MINUTE),
    (&["s", "sec", "secs", "second", "seconds"], 1),
];

/// The seconds of a duration such as `1h 30m`, `7d` or `PT1H`: numbers with units, largest first. A
/// day has 24 hours, a week 7 days.
///
/// ```
/// assert_eq!(kv_rules::read_duration("1h 30m"), Some(5400));
/// assert_eq!(kv_rules::read_duration("soon"), None);
/// ```
#[must_use]
pub fn read_duration(text: &str) -> Option<i128> {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    // A minute is `m`; `M` means a month elsewhere, and months differ in length.
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    if !text.starts_with(['P', 'p']) && words.any(|word| word == "M") {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let (iso, mut rest) = match lower.strip_prefix('p') {
        Some(rest) => (true, rest),
        None => (false, lower.as_str()),
    };
    let (mut seconds, mut units, mut is_time) = (0_i128, UNITS.as_slice(), !iso);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        if iso && let Some(after) = rest.strip_prefix('t').filter(|_| !is_time) {
            (is_time, rest) = (true, after);
            // In this form an `M` before the `T` is a month.
            units = &UNITS[2..];
        }
        let number_len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(number_len);
        let after = if iso { after } else { after.trim_start() };
        let unit_len = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit_len = if iso { unit_len.min(1) } else { unit_len };
        let (unit, after) = after.split_at(unit_len);
        let at = units.iter().position(|(names, _)| names.contains(&unit))?;
        if iso && !is_time && units[at].1 < DAY {
            return None;
        }
        seconds += number.parse::<i128>().ok()?.checked_mul(units[at].1.into())?;
        units = &units[at + 1..];
        rest = if iso { after } else { after.trim_start().trim_start_matches(',').trim_start() };
    }
    Some(if is_negative { -seconds } else { seconds })
}

/// A duration in words, such as `1h 30m`.
///
/// ```
/// assert_eq!(kv_rules::show_duration(604_800), "7d");
/// ```
#[must_use]
pub fn show_duration(seconds: u64) -> String {
    let mut rest = seconds;
    let parts = UNITS[1..].iter().filter_map(|(names, unit)| {
        let count = rest / unit;
        rest %= unit;
        (count > 0).then(|| format!("{count}{}", names[0]))
    });
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_agree_with_a_time_library(seconds in 0..253_402_300_800_u64) {
            let theirs = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
            let time = Time::from_unix(seconds);
            prop_assert_eq!(time.to_string(), theirs.to_string());
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn an_offset_is_subtracted(seconds in 100_000..253_402_200_000_u64, minutes in -1439..1440_i64) {
            let time = Time::from_unix(seconds);
            let local = Time::from_unix(seconds.checked_add_signed(minutes * 60).unwrap());
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
            let local = local.to_string();
            let text = format!("{}{sign}{hours:02}:{minutes:02}", local.trim_end_matches('Z'));
            prop_assert_eq!(text.parse(), Ok(time));
            prop_assert_eq!(text.parse::<jiff::Timestamp>().unwrap().to_string(), time.to_string());
        }

        #[test]
        fn no_text_panics(text: String, digits in "[0-9TZ:.+ -]{0,30}", units in "[0-9a-zP ,.-]{0,20}") {
            for text in [text, digits, units] {
                let _ = (text.parse::<Time>(), read_duration(&text));
            }
        }

        #[test]
        fn a_duration_in_words_is_read_back(seconds in 0..u64::MAX) {
            prop_assert_eq!(read_duration(&show_duration(seconds)), Some(seconds.into()));
        }
    }

    #[test]
    fn an_invalid_date_is_not_a_time() {
        for text in [
            "2030-02-29T00:00:00Z",
            "2030-13-01T00:00:00Z",
            "2030-00-01T00:00:00Z",
            "2030-01-00T00:00:00Z",
            "2030-04-31T00:00:00Z",
            "2030-01-01T24:00:00Z",
            "2030-01-01T00:60:00Z",
            "2030-01-01T00:00:60Z",
            "2030-01-01T00:00:00.Z",
            "2030-01-01T00:00:00+24:00",
            "2030-01-01T00:00:00+0100",
            "1969-12-31T23:59:59Z",
            "+2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00Z ",
        ] {
            assert_eq!(text.parse::<Time>(), Err(TimeError), "{text}");
        }
        assert!("2028-02-29T00:00:00Z".parse::<Time>().is_ok());
        assert_eq!("1970-01-01T00:00:00.999Z".parse(), Ok(Time::from_unix(0)));
    }

    #[test]
    fn durations_are_numbers_with_units_largest_first() {
        for (text, seconds) in [
            ("1h 30m", 5400),
            ("1h30m", 5400),
            ("1 hour, 30 minutes", 5400),
            ("2 weeks", 1_209_600),
            ("1w 1d 1h 1m 1s", 694_861),
            ("PT1H", 3600),
            ("P1DT1M", 86_460),
            ("P1W", 604_800),
            ("-2h", -7200),
            ("90m", 5400),
        ] {
            assert_eq!(read_duration(text), Some(seconds), "{text}");
        }
        for text in [
            "",
            "-",
            "P",
            "PT",
            "soon",
            "3600",
            "1.5h",
            "30m 1h",
            "1h 1h",
            "1 month",
            "P1M",
            "90ms",
            "1h 30",
            "h",
            "1h  , , 2m",
            "P1H",
            "99999999999999999999999999999999999999999w",
        ] {
            assert_eq!(read_duration(text), None, "{text}");
        }
    }
}
