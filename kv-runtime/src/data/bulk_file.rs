//! Writes pairs in the format of `wrangler kv bulk put`: a JSON array with one line per pair.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kv_rules::push_json_text;

use super::about::Summed;
use super::pairs::StoredPair;

/// A file that is being written.
pub(super) struct BulkWriter<W> {
    out: W,
    line: String,
    pub(super) pairs: u64,
    pub(super) summed: Summed,
}

impl<W: Write> BulkWriter<W> {
    /// Starts a file. Nothing is written before the first pair or the end.
    pub(super) fn begin(out: W) -> Self {
        let mut writer = Self::resume(out, Summed::default(), 0);
        writer.line.push('[');
        writer
    }

    /// Continues a file that already has some pairs, but no end.
    pub(super) fn resume(out: W, summed: Summed, pairs: u64) -> Self {
        Self { out, line: String::new(), pairs, summed }
    }

    pub(super) fn push(&mut self, pair: &StoredPair) -> io::Result<()> {
        let line = &mut self.line;
        line.push_str(if self.pairs == 0 { "\n" } else { ",\n" });
        line.push_str("{\"key\":");
        push_json_text(line, &pair.key);
        line.push_str(",\"value\":");
        if let Ok(text) = str::from_utf8(&pair.value) {
            push_json_text(line, text);
        } else {
            line.push('"');
            STANDARD.encode_string(&pair.value, line);
            line.push_str("\",\"base64\":true");
        }
        if let Some(expiration) = pair.expiration {
            line.push_str(",\"expiration\":");
            line.push_str(&expiration.to_string());
        }
        if let Some(metadata) = pair.metadata.as_deref().filter(|json| json.get() != "null") {
            line.push_str(",\"metadata\":");
            line.push_str(&kv_rules::compact_json(metadata.get()));
        }
        line.push('}');
        self.pairs += 1;
        self.flush_line()
    }

    /// Ends the file.
    pub(super) fn end(mut self) -> io::Result<(W, u64, Summed)> {
        self.line.push_str("\n]\n");
        self.flush_line()?;
        self.out.flush()?;
        Ok((self.out, self.pairs, self.summed))
    }

    fn flush_line(&mut self) -> io::Result<()> {
        self.out.write_all(self.line.as_bytes())?;
        self.summed.add(self.line.as_bytes());
        self.line.clear();
        Ok(())
    }
}
