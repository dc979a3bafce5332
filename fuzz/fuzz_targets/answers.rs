//! Whatever bytes a printer answers with, every reader of answers comes to an end.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| markwright::print::answers_of_any_bytes(bytes));
