//! The items of a bulk request, one at a time.

use std::fmt;
use std::marker::PhantomData;

use kv_rules::MAX_BULK_PAIRS;
use serde::de::{Deserialize, Deserializer as _, Error as _, SeqAccess, Visitor};

use super::super::error::ApiError;

/// Passes each item of a JSON array to `take` as soon as it is read, so that they are never all in memory,
/// and returns the number of items.
pub(in super::super) fn each<'de, T: Deserialize<'de>>(
    operation: &str,
    json: &'de [u8],
    take: impl FnMut(T) -> Result<(), ApiError>,
) -> Result<usize, ApiError> {
    let mut refused = None;
    let items = Items { operation, take, refused: &mut refused, item: PhantomData };
    let mut json = serde_json::Deserializer::from_slice(json);
    let count = json.deserialize_seq(items).and_then(|count| json.end().map(|()| count));
    count.map_err(|error| refused.unwrap_or_else(|| ApiError::bad_request(operation, error)))
}

struct Items<'a, T, F> {
    operation: &'a str,
    take: F,
    refused: &'a mut Option<ApiError>,
    item: PhantomData<T>,
}

impl<'de, T, F> Visitor<'de> for Items<'_, T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), ApiError>,
{
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an array of at most {MAX_BULK_PAIRS} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while let Some(item) = items.next_element()? {
            count += 1;
            let taken = if count > MAX_BULK_PAIRS {
                let why = format_args!("at most {MAX_BULK_PAIRS} items are allowed");
                Err(ApiError::bad_request(self.operation, why))
            } else {
                (self.take)(item)
            };
            taken.map_err(|error| {
                *self.refused = Some(error);
                A::Error::custom("refused")
            })?;
        }
        Ok(count)
    }
}
