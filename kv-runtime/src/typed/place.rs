//! The position in a listing where a page ended, as text that a client can keep and send back.

/// Where a page ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The store's cursor for the page in which it ended, `None` for the first page.
    pub(super) cursor: Option<String>,
    /// The last key that was returned.
    pub(super) last: Option<String>,
}

impl Place {
    /// The place as letters and digits. The text begins with a hash of the family and the prefix, to
    /// tell one listing from another.
    pub(super) fn write(&self, listing: [&str; 2]) -> String {
        let mut text = String::new();
        push_hex(&mut text, &mark(listing).to_be_bytes());
        for part in [&self.last, &self.cursor] {
            let bytes = part.as_deref().unwrap_or_default().as_bytes();
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            push_hex(&mut text, &length.to_be_bytes());
            push_hex(&mut text, bytes);
        }
        text
    }

    /// Reads what [`write`](Self::write) wrote for the same listing.
    pub(super) fn read(text: &str, listing: [&str; 2]) -> Option<Self> {
        let bytes = from_hex(text)?;
        let (found, mut rest) = bytes.split_first_chunk()?;
        if u32::from_be_bytes(*found) != mark(listing) {
            return None;
        }
        let mut part = || {
            let (length, after) = rest.split_first_chunk()?;
            let (part, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            rest = after;
            let part = String::from_utf8(part.to_vec()).ok()?;
            Some(Some(part).filter(|part| !part.is_empty()))
        };
        let (last, cursor) = (part()?, part()?);
        rest.is_empty().then_some(Self { cursor, last })
    }
}

/// A hash that two listings are unlikely to share (FNV-1a).
fn mark([family, prefix]: [&str; 2]) -> u32 {
    let step = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    // This byte does not occur in UTF-8.
    family.bytes().chain([0xff]).chain(prefix.bytes()).fold(0x811c_9dc5, step)
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_reads_back_for_its_own_listing(
            cursor in proptest::option::of("[ -~é]{1,40}"),
            last in proptest::option::of("[ -~é]{1,40}"),
            family: String,
            prefix: String,
        ) {
            let place = Place { cursor, last };
            let text = place.write([&family, &prefix]);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(Place::read(&text, [&family, &format!("{prefix}x")]), None);
            prop_assert_eq!(Place::read(&text, [&format!("{family}x"), &prefix]), None);
            prop_assert_eq!(Place::read(&text, [&family, &prefix]), Some(place));
        }

        #[test]
        fn no_text_panics(text: String, hex in "[0-9a-f]{0,60}") {
            prop_assert_eq!(Place::read(&text, ["", ""]).filter(|_| text.is_empty()), None);
            let _ = Place::read(&hex, ["", ""]);
        }
    }
}
