//! A key pattern of any text is refused, or gives back the parameters of each of its keys.

#![no_main]

use kv_rules::Pattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str, Vec<String>)| {
    let (one, other, key, params) = input;
    let Ok(pattern) = Pattern::parse(one) else { return };
    let params: Vec<_> = params.iter().map(|param| param.as_str().into()).collect();
    if params.len() == pattern.params().count() {
        if let Ok(key) = pattern.render(&params) {
            let found = pattern.match_key(&key).expect("a rendered key is of its family");
            assert_eq!(found, params, "{one:?} {key:?}");
        }
    }
    let (true, Ok(other)) = (pattern.match_key(key).is_some(), Pattern::parse(other)) else {
        return;
    };
    if other.match_key(key).is_some() {
        assert!(pattern.overlaps(&other), "{pattern:?} and {other:?} share {key:?}");
    }
});
