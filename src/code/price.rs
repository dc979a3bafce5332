//! The greatest price of a pack of tobacco, as four characters of a number of base eighty.

/// The digits, from zero (1C's own way of reading packs; CRPT "API СУЗ 3.0", 5.3.1.4: `AAAA` is no
/// price).
const DIGITS: &[u8; 80] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"%&'*+-./_,:;=<>?";

/// How a pack without a greatest price says so.
pub(super) const NO_PRICE: &str = "AAAA";

/// Kopecks that four characters say, the first one the greatest; nothing where one is no digit.
pub fn kopecks_of(price: &str) -> Option<u32> {
    let digit = |c: u8| u32::try_from(DIGITS.iter().position(|d| *d == c)?).ok();
    let four: [u8; 4] = price.as_bytes().try_into().ok()?;
    four.into_iter().try_fold(0, |sum, c| Some(sum * 80 + digit(c)?))
}

/// The four characters for a price; nothing from 80⁴ kopecks (409,600 roubles) on.
pub fn price_of(kopecks: u32) -> Option<String> {
    let mut rest = kopecks;
    let mut four = [b'A'; 4];
    for place in four.iter_mut().rev() {
        *place = DIGITS[rest as usize % 80];
        rest /= 80;
    }
    (rest == 0).then(|| four.into_iter().map(char::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_written_and_read_back() {
        for kopecks in [0, 1, 79, 80, 12_000, 13_500, 80_u32.pow(4) - 1] {
            assert_eq!(kopecks_of(&price_of(kopecks).unwrap()), Some(kopecks));
        }
        assert_eq!(price_of(80_u32.pow(4)), None);
    }

    #[test]
    fn the_digits_are_in_their_order() {
        assert_eq!(kopecks_of("AAAA"), Some(0));
        assert_eq!(kopecks_of("AAAZ"), Some(25));
        assert_eq!(kopecks_of("AAAa"), Some(26));
        assert_eq!(kopecks_of("AAA0"), Some(52));
        assert_eq!(kopecks_of("AAA!"), Some(62));
        // 108 roubles: 10800 = 1 · 6400 + 55 · 80 + 0.
        assert_eq!(kopecks_of("AB3A"), Some(10_800));
        assert_eq!(kopecks_of("AA(A"), None);
        assert_eq!(kopecks_of("AAA"), None);
    }
}
