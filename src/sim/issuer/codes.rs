//! The issuer's own idea of codes: made from a seed and a number, so that none must be kept, and found
//! again from their serial number; check digits; arrays of codes as people keep them.
use super::groups::{Group, Tail, Template};
use crate::sim::dice::Dice;
use std::fmt::Write as _;

/// The group separator.
pub(super) const GS: char = '\u{1d}';

/// GS1 AI encodable character set 82 (GS1 General Specifications, figure 7.11-1).
const SET_82: &[u8; 82] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// Base64 without padding, for signatures.
const BASE_64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// What keys are made of.
const DIGITS_AND_CAPITALS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Digits of a price on a pack of tobacco, in their order (CRPT "API СУЗ 3.0", page 387).
const PRICE_DIGITS: &[u8; 80] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"%&'*+-./_,:;=<>?";
/// Characters of a serial number that carry its number: 82 to the ninth fits 58 bits.
const NUMBERED: usize = 9;

/// How codes of one GTIN with serial numbers of one length are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mould {
    gtin: String,
    /// Before the serial number, where the operator puts one.
    digit: Option<char>,
    /// Characters of the serial number behind the digit.
    free: usize,
    key: u64,
}

impl Mould {
    pub(super) fn new(seed: u64, gtin: &str, serial: usize, digit: Option<char>) -> Self {
        let name = gtin.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        let free = serial - usize::from(digit.is_some());
        let key = Dice::of(seed ^ name, serial as u64).bits();
        Self { gtin: gtin.to_owned(), digit, free, key }
    }

    /// How many different serial numbers there are, up to 82 to the ninth.
    fn space(&self) -> u64 {
        82_u64.pow(u32::try_from(self.free.min(NUMBERED)).unwrap_or(0))
    }

    /// The n-th serial number.
    pub(super) fn serial(&self, number: u64) -> String {
        let mut text = String::with_capacity(self.free + 1);
        text.extend(self.digit);
        let numbered = self.free.min(NUMBERED);
        draw(SET_82, self.free - numbered, &mut Dice::of(self.key, number), &mut text);
        let mut rest = shuffle(number, self.space(), self.key);
        for _ in 0..numbered {
            text.push(char::from(SET_82[usize::try_from(rest % 82).unwrap_or(0)]));
            rest /= 82;
        }
        text
    }

    /// Which one it is, if it is one of ours.
    pub(super) fn number(&self, serial: &str) -> Option<u64> {
        let places = serial.bytes().rev().take(self.free.min(NUMBERED));
        let place = |byte: u8| SET_82.iter().position(|c| *c == byte).map(|at| at as u64);
        let mixed = places.map(place).try_fold(0, |sum, at| at.map(|at| sum * 82 + at))?;
        let number = unshuffle(mixed, self.space(), self.key);
        (self.serial(number) == serial).then_some(number)
    }

    /// A whole code. The same serial number always gets the same check part.
    pub(super) fn code(&self, template: Template, serial: &str, price: u32, out: &mut String) {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        let mut dice = Dice::of(self.key, serial.bytes().fold(0x5EED, hash));
        if template.tail == Tail::Pack {
            out.extend([self.gtin.as_str(), serial]);
            out.push_str(&price_of_pack(price));
            return draw(SET_82, 4, &mut dice, out);
        }
        out.extend(["01", &self.gtin, "21", serial]);
        out.push(GS);
        match template.tail {
            Tail::Short | Tail::Pack => {
                out.push_str("93");
                draw(SET_82, 4, &mut dice, out);
            }
            Tail::Block => {
                let written = write!(out, "8005{price:06}{GS}93");
                written.expect("a text takes everything");
                draw(SET_82, 4, &mut dice, out);
            }
            Tail::Long(length) => {
                out.push_str("91");
                draw(DIGITS_AND_CAPITALS, 4, &mut dice, out);
                out.push(GS);
                out.push_str("92");
                draw(BASE_64, length - 1, &mut dice, out);
                out.push('=');
            }
        }
    }
}

/// Ten characters from every 64 bits.
fn draw(from: &[u8], count: usize, dice: &mut Dice, out: &mut String) {
    let sides = from.len() as u64;
    let (mut bits, mut left) = (0, 0);
    for _ in 0..count {
        if left == 0 {
            (bits, left) = (dice.bits(), 8);
        }
        out.push(char::from(from[usize::try_from(bits % sides).unwrap_or(0)]));
        bits /= sides;
        left -= 1;
    }
}

/// A place for every number below `space`, each taken once: a Feistel network of four rounds, walked
/// until it is back inside.
fn shuffle(number: u64, space: u64, key: u64) -> u64 {
    let half = half_bits(space);
    let mut mixed = number;
    loop {
        let (mut left, mut right) = (mixed >> half, mixed & ((1 << half) - 1));
        for round in 0..4 {
            (left, right) = (right, left ^ (round_of(right, key, round) & ((1 << half) - 1)));
        }
        mixed = left << half | right;
        if mixed < space {
            return mixed;
        }
    }
}

fn unshuffle(mixed: u64, space: u64, key: u64) -> u64 {
    let half = half_bits(space);
    let mut number = mixed;
    loop {
        let (mut left, mut right) = (number >> half, number & ((1 << half) - 1));
        for round in (0..4).rev() {
            (left, right) = (right ^ (round_of(left, key, round) & ((1 << half) - 1)), left);
        }
        number = left << half | right;
        if number < space {
            return number;
        }
    }
}

fn half_bits(space: u64) -> u32 {
    (u64::BITS - (space - 1).leading_zeros()).div_ceil(2)
}

fn round_of(half: u64, key: u64, round: u64) -> u64 {
    Dice::of(key ^ half, round).bits()
}

/// A price in kopecks as four characters; no price is `AAAA`.
fn price_of_pack(kopecks: u32) -> String {
    let digit = |place: u32| {
        let value = kopecks / 80_u32.pow(place) % 80;
        char::from(PRICE_DIGITS[usize::try_from(value).unwrap_or(0)])
    };
    (0..4).rev().map(digit).collect()
}

/// Whether a serial number that a participant chose can be one.
pub(super) fn is_serial(serial: &str, length: usize) -> bool {
    serial.len() == length && serial.bytes().all(|b| SET_82.contains(&b))
}

/// Whether these are fourteen digits with a right check digit.
pub(super) fn is_gtin(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let weighted = |(place, digit): (usize, &u32)| if place % 2 == 0 { digit * 3 } else { *digit };
    text.len() == 14
        && digits.len() == 14
        && digits.iter().enumerate().map(weighted).sum::<u32>().is_multiple_of(10)
}

/// The code without its check part: what the state system names it by. A pack of tobacco has no
/// separators: its GTIN, serial number and price (CRPT "API СУЗ 3.0", page 428).
pub(super) fn identification(code: &str) -> &str {
    let first = code.split(GS).next().unwrap_or_default();
    if first.len() == 29 && first.is_ascii() && !has_identifiers(first) {
        &first[..25]
    } else {
        first
    }
}

fn has_identifiers(first: &str) -> bool {
    first.get(..2) == Some("01") && first.get(16..18) == Some("21")
}

/// GTIN and serial number of a code or of its identification.
pub(super) fn gtin_and_serial(code: &str) -> Option<(&str, &str)> {
    let first = code.split(GS).next().unwrap_or_default();
    if has_identifiers(first) {
        return Some((first.get(2..16)?, first.get(18..)?));
    }
    Some((first.get(..14)?, first.get(14..21)?))
}

/// The digit that the operator of a country puts before serial numbers (CRPT "API СУЗ 3.0",
/// 5.3.1.11). Uzbek examples have none.
pub(super) fn country_digit(country: super::Country, group: &Group) -> Option<char> {
    use super::Country::{Kg, Kz, Ru, Uz};
    let digit = match country {
        Ru => Some('5'),
        Kz => Some('3'),
        Kg => Some('4'),
        Uz => None,
    };
    digit.filter(|_| !group.without_country_digit())
}

/// Reads an array of codes, whatever program wrote it: byte order mark or not, any line ends,
/// quoted or not, GS as itself, as `\u001d` or as `<GS>`. Lines that hold no code are left out.
pub(super) fn read_array(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let code = |line: &str| {
        let line = line.trim_matches(['\u{feff}', ' ', '\t']);
        let inner = line.strip_prefix('"').and_then(|l| l.strip_suffix('"'));
        let plain = inner.map_or_else(|| line.to_owned(), |l| l.replace("\"\"", "\""));
        let gs = GS.to_string();
        plain.replace("\\u001d", &gs).replace("\\u001D", &gs).replace("<GS>", &gs)
    };
    let looks_right =
        |code: &String| code.starts_with("01") && code.get(2..16).is_some_and(is_gtin);
    text.split(['\r', '\n']).map(code).filter(looks_right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const GTIN: &str = "04600000000008";

    fn code(group: &str, template: u32) -> String {
        let group = Group::named(group).unwrap();
        let template = group.template(template, 0).unwrap();
        let digit = country_digit(crate::sim::issuer::Country::Ru, group);
        let mould = Mould::new(7, GTIN, template.serial, digit);
        let mut code = String::new();
        mould.code(template, &mould.serial(3), 12_345, &mut code);
        code
    }

    #[test]
    fn what_is_no_code_has_no_part_cut_off() {
        let rubbish = format!("{}¾{}", "x".repeat(24), "y".repeat(3));
        assert_eq!((rubbish.len(), identification(&rubbish)), (29, rubbish.as_str()));
    }

    #[test]
    fn new_codes_have_the_form_of_their_group() {
        for (group, template, length) in [
            ("milk", 20, 31),
            ("shoes", 1, 129),
            ("lp", 10, 85),
            ("water", 16, 38),
            ("electronics", 8, 92),
            ("tobacco", 3, 43),
        ] {
            let code = code(group, template);
            assert_eq!(code.len(), length, "{group}: {code:?}");
            assert!(code.starts_with("010460000000000821"));
            let (gtin, serial) = gtin_and_serial(&code).unwrap();
            assert_eq!(gtin, GTIN);
            assert_eq!(identification(&code).len(), 18 + serial.len());
        }
        let pack = code("tobacco", 4);
        assert_eq!((pack.len(), &pack[..14]), (29, GTIN));
        // 12,345 = 1 × 6,400 + 74 × 80 + 25.
        assert_eq!(&pack[21..25], "AB:Z");
        assert_eq!(identification(&pack).len(), 25);
    }

    #[test]
    fn every_number_has_a_serial_of_its_own_and_is_found_again() {
        for serial in [6, 7, 13, 20] {
            let mould = Mould::new(1, GTIN, serial, Some('5'));
            let mut seen = HashSet::new();
            for number in (0..20_000).chain(mould.space() - 50..mould.space()) {
                let text = mould.serial(number);
                assert_eq!(text.len(), serial);
                assert_eq!(mould.number(&text), Some(number));
                assert!(seen.insert(text));
            }
        }
    }

    #[test]
    fn no_price_is_four_times_a() {
        assert_eq!(price_of_pack(0), "AAAA");
        assert_eq!(price_of_pack(80), "AABA");
    }

    #[test]
    fn check_digits_are_checked() {
        assert!(is_gtin("04810093011694"));
        assert!(!is_gtin("04810093011695"));
        assert!(!is_gtin("4810093011694"));
        assert!(!is_gtin("0481009301169O"));
    }

    #[test]
    fn arrays_are_read_in_every_dialect() {
        let wanted = ["0104810093011694212k\"srti\u{1d}93#SzU"];
        for file in [
            "\u{feff}0104810093011694212k\"srti\u{1d}93#SzU\r\n",
            "\"0104810093011694212k\"\"srti\\u001d93#SzU\"\n\n",
            "code\n0104810093011694212k\"srti<GS>93#SzU",
        ] {
            assert_eq!(read_array(file.as_bytes()), wanted, "{file:?}");
        }
    }
}
