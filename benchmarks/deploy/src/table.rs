//! The results as a table in markdown.

use crate::measure::{Cost, median};
use crate::seed::Size;

pub(crate) const HEAD: &str = "\
| values | first deploy | no change | curl | wrangler | first ÷ curl | no change ÷ first |
|---|---|---|---|---|---|---|";

/// All runs of one size.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) first: Vec<Cost>,
    pub(crate) unchanged: Vec<Cost>,
    pub(crate) curl: Vec<Cost>,
    pub(crate) wrangler: Vec<Cost>,
}

impl Row {
    pub(crate) fn line(&self, size: Size) -> String {
        let Size { keys, bytes } = size;
        let [first, unchanged, curl, wrangler] =
            [&self.first, &self.unchanged, &self.curl, &self.wrangler].map(|runs| show(runs));
        let (first_to_curl, unchanged_to_first) =
            (ratio(&self.first, &self.curl), ratio(&self.unchanged, &self.first));
        format!(
            "| {keys} × {bytes} B | {first} | {unchanged} | {curl} | {wrangler} | \
             {first_to_curl} | {unchanged_to_first} |"
        )
    }
}

/// The medians of some runs.
pub(crate) fn show(runs: &[Cost]) -> String {
    median(runs).map_or_else(
        || "–".to_owned(),
        |Cost { time, bytes }| format!("{:.3} s, {} MB", time.as_secs_f64(), bytes / 1_000_000),
    )
}

pub(crate) fn ratio(these: &[Cost], those: &[Cost]) -> String {
    match (median(these), median(those)) {
        (Some(these), Some(those)) => {
            format!("{:.2}", these.time.as_secs_f64() / those.time.as_secs_f64())
        }
        _ => "–".to_owned(),
    }
}
