//! A seed file of any content is read as JSON is, or every mistake in it has a place.

#![no_main]

use kv_rules::seed::{SeedMistakes, SeedPair, SeedValue, read_blocks, read_pairs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let mistakes = read(file, |_| {});
    // The rest is only counted.
    for mistake in mistakes.iter().filter(|mistake| !mistake.contains(": there ")) {
        let place = mistake.strip_prefix("s.json:").expect("it names the file");
        let mut numbers = place.split(':').map(str::parse::<usize>);
        assert!(matches!((numbers.next(), numbers.next()), (Some(Ok(1..)), Some(Ok(1..)))));
    }
    assert_eq!(mistakes, read_in_blocks(file), "blocks have the same mistakes");
    if !mistakes.is_empty() {
        return;
    }
    let mut pairs = 0;
    read(file, |pair| {
        pairs += 1;
        let at = usize::try_from(pair.value.at).expect("it lies in the file");
        let again = std::str::from_utf8(&file[at..at + pair.value.json.len()]);
        assert_eq!(again, Ok(pair.value.json), "the value is read again from its place");
        let decoded = SeedValue::decode(pair.value.json, pair.value.is_base64);
        assert_eq!(decoded.expect("it was decoded before"), pair.value.bytes);
    });
    let json = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let list: Vec<serde_json::Value> = serde_json::from_slice(json).expect("it is JSON");
    assert_eq!(list.len(), pairs, "every pair is read");
});

fn read_in_blocks(file: &[u8]) -> Vec<String> {
    let (mut mistakes, mut of_cut) = (SeedMistakes::default(), SeedMistakes::default());
    let mut is_whole = true;
    read_blocks(file, &mut of_cut, |block| {
        is_whole = block.read_pairs(&mut mistakes, |_, _| {});
        is_whole
    })
    .expect("bytes in memory can be read");
    if is_whole {
        mistakes.append(of_cut);
    }
    mistakes.messages("s.json", file).expect("bytes in memory can be read")
}

fn read(file: &[u8], mut each: impl FnMut(SeedPair<'_>)) -> Vec<String> {
    let mut mistakes = SeedMistakes::default();
    read_pairs(file, &mut mistakes, |pair, _| each(pair)).expect("bytes in memory can be read");
    mistakes.messages("s.json", file).expect("bytes in memory can be read")
}
