//! From text to modules: ASCII encodation with digit pairs, as the marking rules ask for.
use super::sizes::{SQUARES, Shape};
use super::{Modules, correction, placement};
use crate::code::GS;

/// FNC1: first it says "GS1", later it separates.
const FNC1: u8 = 232;
/// The end of the data; what follows is padding.
const PAD: u8 = 129;

/// Which codeword stands between two fields. Readers transmit both as character 29.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// FNC1, codeword 232.
    #[default]
    Fnc1,
    /// The character `GS` itself, codeword 30.
    Gs,
}

/// How large the symbol is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    /// The smallest square that holds the text.
    #[default]
    Smallest,
    /// A square of so many modules a side, so that every symbol of a job has the same size.
    Side(u32),
}

/// Why a text has no symbol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SymbolProblem {
    /// Nothing to encode.
    #[error("a symbol needs at least one character")]
    Empty,
    /// A character outside of ASCII.
    #[error("character {found:?} at place {place} is not ASCII and cannot stand in a GS1 symbol")]
    NotAscii {
        /// The character.
        found: char,
        /// Counted from one.
        place: usize,
    },
    /// No square has such a side.
    #[error("no square symbol has {0} modules a side; see ISO/IEC 16022, table 7")]
    NoSuchSide(u32),
    /// It does not fit.
    #[error("the text needs {needed} codewords, {side} x {side} modules hold {room}")]
    TooLong {
        /// Codewords that the text needs.
        needed: usize,
        /// Side of the symbol that was asked for, or of the largest.
        side: u32,
        /// Codewords that it holds.
        room: usize,
    },
}

/// Makes the GS1 `DataMatrix` of an element string (`GS` as character 29, no leading FNC1).
pub fn encode_gs1(text: &str, size: Size, separator: Separator) -> Result<Modules, SymbolProblem> {
    let (square, words) = encode_words(text, size, separator)?;
    let inner = placement::place(&words, square.inner());
    Ok(Modules::framed(square, &inner))
}

/// The words of the symbol, correction included.
pub(super) fn encode_words(
    text: &str,
    size: Size,
    separator: Separator,
) -> Result<(&'static Shape, Vec<u8>), SymbolProblem> {
    let mut words = codewords(text, separator)?;
    let square = choose(words.len(), size)?;
    pad(&mut words, square.data);
    correction::append(&mut words, square);
    Ok((square, words))
}

fn codewords(text: &str, separator: Separator) -> Result<Vec<u8>, SymbolProblem> {
    if text.is_empty() {
        return Err(SymbolProblem::Empty);
    }
    if let Some((at, found)) = text.chars().enumerate().find(|(_, c)| !c.is_ascii()) {
        return Err(SymbolProblem::NotAscii { found, place: at + 1 });
    }
    let mut words = vec![FNC1];
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        words.push(match (first, after) {
            (tens @ b'0'..=b'9', [ones @ b'0'..=b'9', after @ ..]) => {
                rest = after;
                130 + (tens - b'0') * 10 + (ones - b'0')
            }
            (byte, _) if char::from(*byte) == GS && separator == Separator::Fnc1 => FNC1,
            (byte, _) => byte + 1,
        });
    }
    Ok(words)
}

fn choose(needed: usize, size: Size) -> Result<&'static Shape, SymbolProblem> {
    let square = match size {
        Size::Smallest => SQUARES.iter().find(|s| s.data >= needed).unwrap_or(&SQUARES[23]),
        Size::Side(wanted) => {
            let square = SQUARES.iter().find(|s| s.rows == wanted);
            square.ok_or(SymbolProblem::NoSuchSide(wanted))?
        }
    };
    if needed > square.data {
        return Err(SymbolProblem::TooLong { needed, side: square.rows, room: square.data });
    }
    Ok(square)
}

/// Fills up to `room` codewords: one pad as it is, the others scrambled by their place so that
/// they make no pattern (ISO/IEC 16022, annex B.1).
fn pad(words: &mut Vec<u8>, room: usize) {
    if words.len() < room {
        words.push(PAD);
    }
    while words.len() < room {
        let place = words.len() + 1;
        let scrambled = usize::from(PAD) + (149 * place) % 253 + 1;
        let word = if scrambled > 254 { scrambled - 254 } else { scrambled };
        words.push(u8::try_from(word).expect("at most 254"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_go_in_pairs_and_separators_as_asked() {
        let words = |separator| codewords("0110\u{1d}9a", separator).unwrap();
        assert_eq!(words(Separator::Fnc1), [232, 131, 140, 232, b'9' + 1, b'a' + 1]);
        assert_eq!(words(Separator::Gs), [232, 131, 140, 30, b'9' + 1, b'a' + 1]);
    }

    #[test]
    fn what_cannot_be_a_symbol_says_why() {
        let encode = |text, size| encode_gs1(text, size, Separator::Fnc1).unwrap_err();
        assert_eq!(encode("", Size::Smallest), SymbolProblem::Empty);
        let cyrillic = encode("01ж", Size::Smallest);
        assert_eq!(cyrillic, SymbolProblem::NotAscii { found: 'ж', place: 3 });
        assert_eq!(encode("1", Size::Side(11)), SymbolProblem::NoSuchSide(11));
        let long = encode("abcdef", Size::Side(10));
        assert_eq!(long, SymbolProblem::TooLong { needed: 7, side: 10, room: 3 });
        let huge = encode(&"a".repeat(1558), Size::Smallest);
        assert_eq!(huge, SymbolProblem::TooLong { needed: 1559, side: 144, room: 1558 });
    }
}
