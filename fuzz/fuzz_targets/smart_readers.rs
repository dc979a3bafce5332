//! Whatever bytes a smart reader sends, they are cut into the same messages wherever the stream
//! was cut, and every parser of them comes to an end.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    markwright::verify::readings_of_any_bytes(bytes);
});
