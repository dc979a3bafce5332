//! Numbers of logistic units: boxes and pallets (SSCC).
use super::check_digit::check_digit;
use std::fmt;
use std::str::FromStr;

/// A serial shipping container code. It always has a right check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sscc([u8; 18]);

/// Why a text is not an SSCC.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SsccProblem {
    /// Eighteen digits, or twenty with the identifier `00`.
    #[error("an SSCC has 18 digits, or 20 with 00 before them; found {0} characters")]
    Length(usize),
    /// Something that is not a digit.
    #[error("an SSCC has digits only; found '{0}'")]
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

impl Sscc {
    /// The eighteen digits as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits only, checked when made")
    }

    /// As its symbol carries it, and as aggregation reports name it: `00` and the digits.
    pub fn element_string(&self) -> String {
        format!("00{self}")
    }

    /// The SSCC for the seventeen digits before the check digit; nothing where they are no digits.
    pub fn of_seventeen(digits: &str) -> Option<Self> {
        let head: [u8; 17] = digits.as_bytes().try_into().ok()?;
        head.iter().all(u8::is_ascii_digit).then_some(())?;
        let mut all = [0; 18];
        all[..17].copy_from_slice(&head);
        all[17] = b'0' + check_digit(&head);
        Some(Self(all))
    }
}

impl FromStr for Sscc {
    type Err = SsccProblem;

    fn from_str(text: &str) -> Result<Self, SsccProblem> {
        if let Some(other) = text.chars().find(|c| !c.is_ascii_digit()) {
            return Err(SsccProblem::NotADigit(other));
        }
        let digits = match text.len() {
            18 => text,
            20 if text.starts_with("00") => &text[2..],
            other => return Err(SsccProblem::Length(other)),
        };
        let digits: [u8; 18] = digits.as_bytes().try_into().expect("eighteen, see above");
        let (wanted, found) = (check_digit(&digits[..17]), digits[17] - b'0');
        if wanted != found {
            return Err(SsccProblem::CheckDigit { found, wanted });
        }
        Ok(Self(digits))
    }
}

impl fmt::Display for Sscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_with_and_without_their_identifier() {
        // The example of the manual's aggregation report, with its check digit set right.
        let unit = Sscc::of_seventeen("04600000000000001").unwrap();
        assert_eq!(unit.as_str().parse(), Ok(unit));
        assert_eq!(unit.element_string().parse(), Ok(unit));
        // GS1 General Specifications: the digits of their example of an SSCC.
        assert_eq!("106141412345678908".parse::<Sscc>().unwrap().to_string(), "106141412345678908");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = "106141412345678907".parse::<Sscc>();
        assert_eq!(wrong, Err(SsccProblem::CheckDigit { found: 7, wanted: 8 }));
        assert_eq!("1061414".parse::<Sscc>(), Err(SsccProblem::Length(7)));
        assert_eq!("10614141234567890A".parse::<Sscc>(), Err(SsccProblem::NotADigit('A')));
        assert_eq!(Sscc::of_seventeen("1"), None);
    }
}
