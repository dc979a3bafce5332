//! Global trade item numbers and their check digit.
use super::check_digit::check_digit;
use std::fmt;
use std::str::FromStr;

/// A GTIN in its 14-digit form. It always has a right check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin([u8; 14]);

/// Why a text is not a GTIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GtinProblem {
    /// A GTIN has 8, 12, 13 or 14 digits.
    #[error("a GTIN has 8, 12, 13 or 14 digits; found {0} characters")]
    Length(usize),
    /// Something that is not a digit.
    #[error("a GTIN has digits only; found '{0}'")]
    NotADigit(char),
    /// The last digit does not follow from the others.
    #[error("wrong check digit: found {found}, wanted {wanted}")]
    CheckDigit {
        /// The digit in the text.
        found: u8,
        /// The digit that the others ask for.
        wanted: u8,
    },
}

impl Gtin {
    /// The fourteen digits as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits only, checked when made")
    }

    /// Fourteen ASCII digits with a right check digit.
    pub(super) fn of_digits(digits: [u8; 14]) -> Result<Self, GtinProblem> {
        if let Some(other) = digits.iter().find(|b| !b.is_ascii_digit()) {
            return Err(GtinProblem::NotADigit(char::from(*other)));
        }
        let (wanted, found) = (check_digit(&digits[..13]), digits[13] - b'0');
        if wanted != found {
            return Err(GtinProblem::CheckDigit { found, wanted });
        }
        Ok(Self(digits))
    }
}

impl FromStr for Gtin {
    type Err = GtinProblem;

    /// Reads 8, 12, 13 or 14 digits; the shorter forms are filled with zeros on the left.
    fn from_str(text: &str) -> Result<Self, GtinProblem> {
        if let Some(other) = text.chars().find(|c| !c.is_ascii_digit()) {
            return Err(GtinProblem::NotADigit(other));
        }
        if !matches!(text.len(), 8 | 12 | 13 | 14) {
            return Err(GtinProblem::Length(text.len()));
        }
        let mut digits = [b'0'; 14];
        digits[14 - text.len()..].copy_from_slice(text.as_bytes());
        Self::of_digits(digits)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_numbers_are_taken_and_filled_up() {
        assert_eq!("04810093011694".parse::<Gtin>().unwrap().as_str(), "04810093011694");
        assert_eq!("4810093011694".parse::<Gtin>().unwrap().as_str(), "04810093011694");
    }

    #[test]
    fn a_wrong_check_digit_says_which_is_right() {
        let wrong = "04810093011695".parse::<Gtin>();
        assert_eq!(wrong, Err(GtinProblem::CheckDigit { found: 5, wanted: 4 }));
    }

    #[test]
    fn letters_and_lengths_are_refused() {
        assert_eq!("0481009301169O".parse::<Gtin>(), Err(GtinProblem::NotADigit('O')));
        assert_eq!("123".parse::<Gtin>(), Err(GtinProblem::Length(3)));
    }
}
