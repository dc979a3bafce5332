//! The check digit that all numbers of GS1 share.

/// The check digit for the digits before it: weights 3 and 1 from the right (GS1 General
/// Specifications, 7.9). `digits` are ASCII digits.
pub(super) fn check_digit(digits: &[u8]) -> u8 {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(digit - b'0') * if place % 2 == 0 { 3 } else { 1 })
        .sum();
    u8::try_from((10 - sum % 10) % 10).expect("below ten")
}
