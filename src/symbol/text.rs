//! From the data codewords of a symbol to its text (ISO/IEC 16022, clause 5.2).

/// What the codewords say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// FNC1 as character 29, the leading one left out.
    pub(super) text: String,
    /// AIM identifier: `]d2` where FNC1 stands first, with ECI `]d5` or `]d4`, else `]d1`.
    pub(super) identifier: &'static str,
}

const PAD: u8 = 129;
const LATCH_C40: u8 = 230;
const LATCH_BASE256: u8 = 231;
const FNC1: u8 = 232;
const PART_OF_MESSAGE: u8 = 233;
const UPPER_SHIFT: u8 = 235;
const MACRO_05: u8 = 236;
const MACRO_06: u8 = 237;
const LATCH_X12: u8 = 238;
const LATCH_TEXT: u8 = 239;
const LATCH_EDIFACT: u8 = 240;
const ECI: u8 = 241;
const UNLATCH: u8 = 254;
const GS: u8 = 29;

/// Punctuation of the second shift set.
const SHIFT_2: &[u8; 27] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_";

/// Reads data codewords. `None` for words that mean nothing: they come of a wrong correction, not
/// of a symbol.
pub(super) fn say(words: &[u8]) -> Option<Said> {
    let mut reader = Reader { words, at: 0, out: Vec::new(), upper: false, eci: None, tail: &[] };
    let gs1 = reader.begin()?;
    while let Some(word) = reader.next() {
        match word {
            0 | 234 | 242..=255 | MACRO_05 | MACRO_06 | PART_OF_MESSAGE => return None,
            1..=128 => reader.push(word - 1),
            PAD => {
                reader.padding()?;
                break;
            }
            130..=229 => reader.push_pair(word - 130),
            LATCH_C40 => reader.triplets(Set::C40)?,
            LATCH_TEXT => reader.triplets(Set::Text)?,
            LATCH_X12 => reader.triplets(Set::X12)?,
            LATCH_EDIFACT => reader.edifact(),
            LATCH_BASE256 => reader.base256()?,
            FNC1 => reader.out.push(GS),
            UPPER_SHIFT => reader.upper = true,
            ECI => reader.eci()?,
        }
    }
    let eci = reader.eci;
    let identifier = match (gs1, eci) {
        (true, None) => "]d2",
        (true, Some(_)) => "]d5",
        (false, None) => "]d1",
        (false, Some(_)) => "]d4",
    };
    Some(Said { text: reader.text()?, identifier })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    C40,
    Text,
    X12,
}

struct Reader<'a> {
    words: &'a [u8],
    at: usize,
    out: Vec<u8>,
    /// The next character comes from the upper half.
    upper: bool,
    eci: Option<u32>,
    /// What a macro adds at the end.
    tail: &'static [u8],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let word = *self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    fn left(&self) -> usize {
        self.words.len() - self.at
    }

    /// What may stand only at the start. Says whether FNC1 is first: then it is GS1.
    fn begin(&mut self) -> Option<bool> {
        if self.words.first() == Some(&PART_OF_MESSAGE) {
            self.at = 4;
        }
        match *self.words.get(self.at)? {
            FNC1 => {
                self.at += 1;
                return Some(true);
            }
            word @ (MACRO_05 | MACRO_06) => {
                self.at += 1;
                self.tail = b"\x1e\x04";
                let head = if word == MACRO_05 { b"[)>\x1e05\x1d" } else { b"[)>\x1e06\x1d" };
                self.out.extend(head);
            }
            _ => {}
        }
        Some(false)
    }

    fn push(&mut self, character: u8) {
        self.out.push(if self.upper { character | 0x80 } else { character });
        self.upper = false;
    }

    fn push_pair(&mut self, value: u8) {
        self.push(b'0' + value / 10);
        self.push(b'0' + value % 10);
    }

    /// Padding is scrambled by its place; anything else is no padding. Simple printers leave it
    /// unscrambled.
    fn padding(&self) -> Option<()> {
        let scrambled = |place: usize| {
            let word = usize::from(PAD) + (149 * place) % 253 + 1;
            if word > 254 { word - 254 } else { word }
        };
        let rest = &self.words[self.at..];
        let right = (self.at + 1..).zip(rest).all(|(place, w)| usize::from(*w) == scrambled(place));
        (right || rest.iter().all(|word| *word == PAD)).then_some(())
    }

    /// C40, Text and X12: three characters in two codewords, until an unlatch. A single last
    /// codeword is ASCII.
    fn triplets(&mut self, set: Set) -> Option<()> {
        let mut shift = 0;
        while self.left() >= 2 {
            if self.words[self.at] == UNLATCH {
                self.at += 1;
                return Some(());
            }
            let pair = [self.words[self.at], self.words[self.at + 1]];
            self.at += 2;
            let value = u16::from_be_bytes(pair).checked_sub(1)?;
            for value in [value / 1600, value / 40 % 40, value % 40] {
                let value = u8::try_from(value).ok().filter(|value| *value < 40)?;
                match set {
                    Set::X12 => self.push(x12(value)),
                    Set::C40 | Set::Text => self.shifted(set, &mut shift, value)?,
                }
            }
        }
        if self.left() == 1 && self.words[self.at] == UNLATCH {
            self.at += 1;
        }
        Some(())
    }

    fn shifted(&mut self, set: Set, shift: &mut u8, value: u8) -> Option<()> {
        let letters = if set == Set::Text { b'a' } else { b'A' };
        match (std::mem::take(shift), value) {
            (0, 0..=2) => *shift = value + 1,
            (0, 3) => self.push(b' '),
            (0, 4..=13) => self.push(b'0' + value - 4),
            (0, _) => self.push(letters + value - 14),
            (1, 0..=31) => self.push(value),
            (2, 0..=26) => self.push(SHIFT_2[usize::from(value)]),
            (2, 27) => self.out.push(GS),
            (2, 30) => self.upper = true,
            (3, 1..=26) if set == Set::Text => self.push(b'A' + value - 1),
            (3, 0..=31) => self.push(96 + value),
            _ => return None,
        }
        Some(())
    }

    /// Four characters of six bits in three codewords.
    fn edifact(&mut self) {
        while self.left() >= 3 {
            let bits = self.words[self.at..self.at + 3].iter();
            let bits = bits.fold(0_u32, |sum, word| sum << 8 | u32::from(*word));
            for turn in 0..4 {
                let value = (bits >> (18 - 6 * turn) & 0x3f).to_le_bytes()[0];
                if value == 31 {
                    // The codeword that holds the end of the unlatch is used up.
                    self.at += [1, 2, 3, 3][turn];
                    return;
                }
                self.push(if value & 0x20 == 0 { value | 0x40 } else { value });
            }
            self.at += 3;
        }
    }

    fn base256(&mut self) -> Option<()> {
        let length = match self.unscrambled()? {
            0 => self.left(),
            short @ 1..=249 => usize::from(short),
            long => 250 * (usize::from(long) - 249) + usize::from(self.unscrambled()?),
        };
        for _ in 0..length {
            let byte = self.unscrambled()?;
            self.out.push(byte);
        }
        Some(())
    }

    fn unscrambled(&mut self) -> Option<u8> {
        let word = self.next()?;
        let mask = (149 * self.at % 255 + 1).to_le_bytes()[0];
        Some(word.wrapping_sub(mask))
    }

    fn eci(&mut self) -> Option<()> {
        let mut next = || self.next().filter(|word| *word > 0).map(u32::from);
        let first = next()?;
        self.eci = Some(match first {
            1..=127 => first - 1,
            128..=191 => (first - 128) * 254 + 127 + next()? - 1,
            192..=207 => (first - 192) * 64_516 + 16_383 + (next()? - 1) * 254 + next()? - 1,
            _ => return None,
        });
        Some(())
    }

    /// Bytes are Latin-1, or UTF-8 where ECI 26 says so.
    fn text(mut self) -> Option<String> {
        self.out.extend(self.tail);
        if self.out.is_empty() {
            return None;
        }
        if self.eci == Some(26) {
            return String::from_utf8(self.out).ok();
        }
        Some(self.out.into_iter().map(char::from).collect())
    }
}

fn x12(value: u8) -> u8 {
    match value {
        0 => b'\r',
        1 => b'*',
        2 => b'>',
        3 => b' ',
        4..=13 => b'0' + value - 4,
        _ => b'A' + value - 14,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &[u8]) -> Option<String> {
        say(words).map(|said| said.text)
    }

    #[test]
    fn the_worked_examples_of_the_standard_are_read() {
        assert_eq!(text(&[142, 164, 186]).unwrap(), "123456");
        // Clause 5.2.5.3: "AIM" in C40.
        assert_eq!(text(&[230, 91, 11, 254]).unwrap(), "AIM");
        assert_eq!(text(&[239, 91, 11, 254, b'1' + 1]).unwrap(), "aim1");
        assert_eq!(text(&[66, 129, 70]).unwrap(), "A");
        assert_eq!(text(&[66, 129, 71]), None, "padding that is none");
    }

    #[test]
    fn fnc1_first_makes_it_gs1_and_elsewhere_separates() {
        let said = say(&[232, 131, 232, 132]).unwrap();
        assert_eq!((said.text.as_str(), said.identifier), ("01\u{1d}02", "]d2"));
        let said = say(&[131, 232, 132]).unwrap();
        assert_eq!((said.text.as_str(), said.identifier), ("01\u{1d}02", "]d1"));
        // In C40: shift 2, 27.
        let pair = (1600 + 40 * 27 + 14 + 1_u16).to_be_bytes();
        assert_eq!(text(&[230, pair[0], pair[1], 254]).unwrap(), "\u{1d}A");
    }

    #[test]
    fn whatever_the_words_are_nothing_panics() {
        let mut state = 1_u32;
        let mut chance = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        let special = [230, 231, 233, 235, 236, 238, 239, 240, 241, 254, 129];
        let mut read = 0;
        for turn in 0..200_000_usize {
            let length = 1 + chance() as usize % 40;
            let mut words: Vec<u8> = (0..length).map(|_| chance().to_be_bytes()[1]).collect();
            words[0] = special[turn % special.len()];
            read += usize::from(say(&words).is_some());
        }
        assert!(read > 0);
    }

    #[test]
    fn what_another_encoder_writes_is_read_in_every_mode() {
        let texts = [
            "ABCDEFGHIJKLMNOP 0123",
            "abcdefghijklmnop 0123",
            "AbCdE;[]{}~\u{7f}\u{1}x",
            "ABC*DEF>123\rXYZ ABC*DEF>123",
            ".A.B.C.1.2.3.D.E.F.",
            "caf\u{e9} \u{fc}ber \u{df}\u{ff}",
            "\u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}",
            "1",
            "a1b22c333d4444",
            "[)>\u{1e}05\u{1d}abc123\u{1e}\u{4}",
        ];
        for text in texts {
            let bytes: Vec<u8> =
                text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
            let made = datamatrix::DataMatrix::encode(&bytes, datamatrix::SymbolList::default());
            let said = say(made.unwrap().data_codewords()).unwrap();
            assert_eq!((said.text.as_str(), said.identifier), (text, "]d1"));
        }
    }
}
