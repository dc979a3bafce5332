//! Whatever stands in a file of codes: each line is a code that is read again as itself, or is set aside.
#![no_main]
use markwright::code::{self, read_array};
use std::collections::BTreeSet;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = String::from_utf8_lossy(bytes);
    let (taken, aside) = read_array(&file, None);
    for line in &taken {
        let parts = code::parse(line.text.as_str()).expect("what was taken is a code");
        assert_eq!((parts.gtin, parts.serial), (line.gtin, line.serial.as_str()));
    }
    let mut seen = BTreeSet::new();
    for line in taken.iter().map(|taken| taken.line).chain(aside.iter().map(|aside| aside.line)) {
        assert!(seen.insert(line), "line {line} was taken and set aside, or twice");
    }
    let twice: BTreeSet<_> = taken.iter().map(|line| (line.gtin, &line.serial)).collect();
    assert_eq!(twice.len(), taken.len(), "a code was taken twice");
});
