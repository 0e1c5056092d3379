//! A state document of any content is refused, or means the same when it is written again.

#![no_main]

use kv_runtime::__private::state::State;
use kv_runtime::state::StageKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let stage = StageKey::new("app", "dev").expect("the names are plain");
    let Ok(state) = State::from_json(document, &stage, "here") else { return };
    let written = state.to_json().expect("what was read can be written");
    let again = State::from_json(&written, &stage, "here").expect("what was written can be read");
    assert_eq!(again, state);
});
