//! A wrangler configuration of any content is refused, or edited once and for all.

#![no_main]

use kv_runtime::__private::fuzzing::edit_wrangler;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| edit_wrangler(text));
