//! Serial numbers that a participant makes himself: unique, and not to be guessed.
use super::{Day, ProductGroup, Template};
use std::collections::HashSet;

/// A country of the customs union, by the digit that its operator puts in front of serial numbers
/// (CRPT "API СУЗ 3.0", 5.3.1.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Country {
    /// Armenia, 1.
    Armenia,
    /// Belarus, 2.
    Belarus,
    /// Kazakhstan, 3.
    Kazakhstan,
    /// Kyrgyzstan, 4.
    Kyrgyzstan,
    /// Russia, 5.
    Russia,
}

impl Country {
    /// Every one, in the order of their digits.
    pub const ALL: [Self; 5] =
        [Self::Armenia, Self::Belarus, Self::Kazakhstan, Self::Kyrgyzstan, Self::Russia];

    /// Its digit.
    pub const fn digit(self) -> char {
        match self {
            Self::Armenia => '1',
            Self::Belarus => '2',
            Self::Kazakhstan => '3',
            Self::Kyrgyzstan => '4',
            Self::Russia => '5',
        }
    }

    /// Its two letters (ISO 3166-1).
    pub const fn letters(self) -> &'static str {
        match self {
            Self::Armenia => "AM",
            Self::Belarus => "BY",
            Self::Kazakhstan => "KZ",
            Self::Kyrgyzstan => "KG",
            Self::Russia => "RU",
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Armenia => "Armenia",
            Self::Belarus => "Belarus",
            Self::Kazakhstan => "Kazakhstan",
            Self::Kyrgyzstan => "Kyrgyzstan",
            Self::Russia => "Russia",
        }
    }

    /// The country of these two letters.
    pub fn from_letters(letters: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|country| country.letters().eq_ignore_ascii_case(letters))
    }

    /// The country that the first character of a serial number names.
    pub fn of_serial(serial: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|country| serial.starts_with(country.digit()))
    }
}

impl Template {
    /// Length of a serial number that the participant makes himself: the operator puts the digit of
    /// his country in front, but for tobacco and medicines (CRPT "API СУЗ 3.0", products of an
    /// order).
    pub fn own_serial_len(&self) -> usize {
        const WHOLE: [ProductGroup; 4] =
            [ProductGroup::TOBACCO, ProductGroup::OTP, ProductGroup::NCP, ProductGroup::PHARMA];
        let adds = !WHOLE.contains(&self.group);
        self.serial_len - usize::from(adds)
    }

    /// The most serial numbers of this length that one trade item may ever have, so that a guess
    /// hits with a chance of at most [`GUESS`].
    pub fn own_serials_max(&self) -> u64 {
        let each = LETTERS.len() as u64;
        let length = u32::try_from(self.own_serial_len()).unwrap_or(u32::MAX);
        each.checked_pow(length).unwrap_or(u64::MAX) / GUESS
    }
}

/// One guess in so many may hit a serial number that was given out: the bound of the marking rules
/// ("less than one in ten thousand", from memory; the reference of this project does not have it).
pub const GUESS: u64 = 10_000;

/// Letters and digits, both cases: of the 82 characters that a serial number may have, those that
/// survive every file and keyboard.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Why serial numbers are not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SerialProblem {
    /// The group has no form on that day.
    #[error("{0} has no form of codes on {1}")]
    NoForm(ProductGroup, Day),
    /// One guess in less than [`GUESS`] would hit.
    #[error(
        "{wanted} serial numbers of {length} characters for one trade item: at most {most} may \
         ever be made, or one guess in less than {GUESS} hits; let the operator make them"
    )]
    TooMany {
        /// Given out before, and wanted now.
        wanted: u64,
        /// Their length.
        length: usize,
        /// How many there may be.
        most: u64,
    },
}

/// Makes serial numbers for an order of this day, for one trade item: as many as asked for, none of
/// them in `taken`, none twice; they are added to it. `chance` gives 64 bits that nobody can
/// foresee: the operating system's, not a counter's.
///
/// Each is drawn from all 62ⁿ texts of its length with the same chance, so that who knows all others
/// knows nothing of it. A guess hits with a chance of (numbers given out) ÷ 62ⁿ: for thirteen
/// characters, of which the operator adds one, and two million codes 6·10⁻¹⁶; for six, where five
/// are ours, 62⁵ = 916,132,832, so that more than 91,613 for one trade item are refused.
#[expect(clippy::implicit_hasher, reason = "one kind of set is enough")]
pub fn own_serials(
    group: ProductGroup,
    day: Day,
    count: usize,
    taken: &mut HashSet<String>,
    chance: &mut dyn FnMut() -> u64,
) -> Result<Vec<String>, SerialProblem> {
    let form = group.form_on(day).ok_or(SerialProblem::NoForm(group, day))?;
    let (length, most) = (form.own_serial_len(), form.own_serials_max());
    let wanted = (taken.len() + count) as u64;
    if wanted > most {
        return Err(SerialProblem::TooMany { wanted, length, most });
    }
    let mut made = Vec::with_capacity(count);
    while made.len() < count {
        let serial = drawn(length, chance);
        if taken.insert(serial.clone()) {
            made.push(serial);
        }
    }
    Ok(made)
}

/// A text of so many letters. Six bits a letter, and those that name none are thrown away, so that
/// each letter has the same chance.
fn drawn(length: usize, chance: &mut dyn FnMut() -> u64) -> String {
    const AT_ONCE: usize = 10;
    let mut text = String::with_capacity(length);
    loop {
        let mut bits = chance();
        for _ in 0..AT_ONCE {
            if text.len() == length {
                return text;
            }
            if let Some(letter) = LETTERS.get((bits & 63) as usize) {
                text.push(char::from(*letter));
            }
            bits >>= 6;
        }
    }
}

/// The serial number as it comes back in the code: with the digit of the country, where the operator
/// adds one.
pub fn as_issued(form: &Template, country: Country, own: &str) -> String {
    if form.own_serial_len() == form.serial_len {
        return own.to_owned();
    }
    format!("{}{own}", country.digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that are the same in every run (splitmix64).
    fn chance() -> impl FnMut() -> u64 {
        let mut state = 1_u64;
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    fn today() -> Day {
        "2026-11-22".parse().unwrap()
    }

    #[test]
    fn the_operator_adds_the_country_but_for_tobacco_and_medicines() {
        let own = |group: ProductGroup| group.form_on(today()).unwrap().own_serial_len();
        assert_eq!(own(ProductGroup::SHOES), 12);
        assert_eq!(own(ProductGroup::MILK), 5);
        assert_eq!(own(ProductGroup::BEER), 6);
        assert_eq!(own(ProductGroup::GADGETS), 19);
        assert_eq!([ProductGroup::TOBACCO, ProductGroup::OTP, ProductGroup::NCP].map(own), [7; 3]);
        assert_eq!(own(ProductGroup::PHARMA), 13);
        let shoes = ProductGroup::SHOES.form_on(today()).unwrap();
        assert_eq!(as_issued(shoes, Country::Russia, "AbCdEfGhIjKl"), "5AbCdEfGhIjKl");
        let pharma = ProductGroup::PHARMA.form_on(today()).unwrap();
        assert_eq!(as_issued(pharma, Country::Russia, "0123456789abc"), "0123456789abc");
    }

    #[test]
    fn a_hundred_thousand_serial_numbers_are_all_different_and_of_the_right_length() {
        let mut taken = HashSet::new();
        let group = ProductGroup::SHOES;
        let made = own_serials(group, today(), 100_000, &mut taken, &mut chance()).unwrap();
        assert_eq!(made.iter().collect::<HashSet<_>>().len(), 100_000);
        assert!(made.iter().all(|s| s.len() == 12 && s.bytes().all(|b| LETTERS.contains(&b))));
        // The same chance again: all of them are taken, and others come.
        let more = own_serials(group, today(), 1_000, &mut taken, &mut chance()).unwrap();
        assert!(more.iter().all(|serial| !made.contains(serial)));
    }

    #[test]
    fn every_letter_has_the_same_chance_at_every_place() {
        let mut taken = HashSet::new();
        let made = own_serials(ProductGroup::MILK, today(), 62_000, &mut taken, &mut chance());
        for place in 0..5 {
            let mut met = [0_i32; 256];
            for serial in made.as_ref().unwrap() {
                met[usize::from(serial.as_bytes()[place])] += 1;
            }
            // A thousand each; six times the standard deviation (32).
            let odd = LETTERS.iter().find(|b| (met[usize::from(**b)] - 1_000).abs() > 190);
            assert_eq!(odd, None, "place {place}");
        }
    }

    #[test]
    fn so_many_that_a_guess_could_hit_are_refused() {
        let mut taken = HashSet::new();
        let refused = own_serials(ProductGroup::MILK, today(), 91_614, &mut taken, &mut chance());
        let most = 91_613;
        assert_eq!(refused, Err(SerialProblem::TooMany { wanted: 91_614, length: 5, most }));
        assert!(taken.is_empty());
    }

    #[test]
    fn the_first_digit_says_the_country() {
        assert_eq!(Country::of_serial("5AbCd"), Some(Country::Russia));
        assert_eq!(Country::of_serial("2k6rsrti"), Some(Country::Belarus));
        assert_eq!(Country::of_serial("xk6rsrti"), None);
        assert_eq!(Country::from_letters("by"), Some(Country::Belarus));
    }
}
