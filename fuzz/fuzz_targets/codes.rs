//! Whatever a text is: it is a code whose parts stand in it, or it is refused.
#![no_main]
use markwright::code;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(parts) = code::parse(text) else { return };
    assert!(text.contains(parts.gtin.as_str()) && text.contains(parts.serial));
    assert!(parts.human_readable().starts_with("(01)"));
    let _ = parts.group();
});
