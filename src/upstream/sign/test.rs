//! The signature that proves nothing but that the bytes arrived as they left: for a fake station.
use super::Form;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Base64 of four lines: what it is, its form, SHA-256 of the bytes in hex, and the bytes
/// themselves where they are attached.
pub(super) fn signature(bytes: &[u8], form: Form) -> String {
    let mut text = format!("MARKWRIGHT-TEST-SIGNATURE\n{}\n", form.word());
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("a text takes everything");
    }
    text.push('\n');
    let mut whole = text.into_bytes();
    if form == Form::Attached {
        whole.extend_from_slice(bytes);
    }
    STANDARD.encode(whole)
}
