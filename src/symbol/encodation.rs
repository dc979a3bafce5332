//! What the codewords of a symbol say, part by part: what a verifier's report calls encodation
//! analysis.
use super::sizes::SHAPES;
use super::text;
use std::ops::Range;

/// Some codewords that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// Their places, counted from zero.
    pub words: Range<usize>,
    /// How they are encoded, such as `ASCII`, `C40` or `FNC1`.
    pub encodation: &'static str,
    /// The characters that they stand for, separators as character 29.
    pub says: String,
}

/// What a size has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Codewords of data.
    pub data: usize,
    /// Codewords of error correction, over all blocks.
    pub correction: usize,
    /// Blocks that the codewords are dealt to in turn.
    pub blocks: usize,
    /// Rows and columns of the data alone, without finders.
    pub inner: (u32, u32),
    /// Data regions from top to bottom and from left to right, each with a finder of its own.
    pub regions: (u32, u32),
}

/// The capacity of a size of ECC 200. `None` where there is no such size.
pub fn capacity(rows: u32, cols: u32) -> Option<Capacity> {
    let shape = SHAPES.iter().find(|shape| (shape.rows, shape.cols) == (rows, cols))?;
    let (data, correction, blocks) = (shape.data, shape.correction, shape.blocks);
    let (inner, regions) = (shape.inner(), (shape.down, shape.across));
    Some(Capacity { data, correction, blocks, inner, regions })
}

/// Takes data codewords apart. Every word is in exactly one part; the characters of all parts
/// together are the text of the symbol.
pub fn explain(words: &[u8]) -> Vec<Meaning> {
    let mut meanings = Vec::new();
    let mut at = 0;
    let mut said = 0;
    while at < words.len() {
        let (encodation, end) = part(words, at);
        // What more of the text there is with these words than without them.
        let text = text_of(&words[..end]);
        let more = text.get(said.min(text.len())..).unwrap_or_default();
        let says: String = more.iter().collect();
        said = said.max(text.len());
        meanings.push(Meaning { words: at..end, encodation, says });
        at = end;
    }
    meanings
}

fn text_of(words: &[u8]) -> Vec<char> {
    text::say(words).map_or_else(Vec::new, |said| {
        let whole: Vec<char> = said.text.chars().collect();
        // A macro's end comes with every beginning.
        let macro_tail = if matches!(words[0], 236 | 237) { 2 } else { 0 };
        whole[..whole.len() - macro_tail.min(whole.len())].to_vec()
    })
}

/// The part that begins at a word: how it is encoded, and where it ends.
fn part(words: &[u8], at: usize) -> (&'static str, usize) {
    let end = |length: usize| (at + length).min(words.len());
    match words[at] {
        1..=128 | 130..=229 | 235 => {
            let is_ascii = |word: &&u8| matches!(**word, 1..=128 | 130..=229 | 235);
            ("ASCII", at + words[at..].iter().take_while(is_ascii).count())
        }
        129 => ("padding", words.len()),
        230 => ("C40", triplets(words, at + 1)),
        231 => ("Base 256", base256(words, at + 1)),
        232 if at == 0 => ("FNC1, GS1 DataMatrix", end(1)),
        232 => ("FNC1, separator", end(1)),
        233 if at == 0 => ("structured append", end(4)),
        236 if at == 0 => ("macro 05", end(1)),
        237 if at == 0 => ("macro 06", end(1)),
        238 => ("X12", triplets(words, at + 1)),
        239 => ("Text", triplets(words, at + 1)),
        240 => ("EDIFACT", edifact(words, at + 1)),
        241 => {
            let first = words.get(at + 1).copied().unwrap_or_default();
            ("ECI", end(if first <= 127 { 2 } else { 3 + usize::from(first >= 192) }))
        }
        _ => ("not known", words.len()),
    }
}

/// Pairs of words until an unlatch, or until fewer than two are left.
fn triplets(words: &[u8], mut at: usize) -> usize {
    const UNLATCH: u8 = 254;
    while at + 1 < words.len() && words[at] != UNLATCH {
        at += 2;
    }
    if words.get(at) == Some(&UNLATCH) { at + 1 } else { at.min(words.len()) }
}

/// Three words at a time, until one of their four values is the unlatch.
fn edifact(words: &[u8], mut at: usize) -> usize {
    while at + 2 < words.len() {
        let bits = words[at..at + 3].iter().fold(0_u32, |sum, word| sum << 8 | u32::from(*word));
        if let Some(turn) = (0..4).position(|turn| bits >> (18 - 6 * turn) & 0x3f == 31) {
            return at + [1, 2, 3, 3][turn];
        }
        at += 3;
    }
    at
}

/// One or two words of length, then so many bytes.
fn base256(words: &[u8], at: usize) -> usize {
    let plain = |at: usize| {
        let mask = (149 * (at + 1) % 255 + 1).to_le_bytes()[0];
        words.get(at).map_or(0, |word| usize::from(word.wrapping_sub(mask)))
    };
    let end = match plain(at) {
        0 => words.len(),
        short @ 1..=249 => at + 1 + short,
        long => at + 2 + 250 * (long - 249) + plain(at + 1),
    };
    end.min(words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, gs1: bool) -> Vec<u8> {
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let sizes = datamatrix::SymbolList::default();
        let made = if gs1 {
            datamatrix::DataMatrix::encode_gs1(&bytes, sizes)
        } else {
            datamatrix::DataMatrix::encode(&bytes, sizes)
        };
        made.unwrap().data_codewords().to_vec()
    }

    #[test]
    fn the_parts_together_are_the_text_and_every_word_is_in_one_of_them() {
        let texts = [
            "ABCDEFGHIJKLMNOP 0123",
            "abcdefghijklmnop 0123",
            "ABC*DEF>123\rXYZ ABC*DEF>123",
            ".A.B.C.1.2.3.D.E.F.",
            "caf\u{e9} \u{fc}ber \u{df}\u{ff}",
            "\u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}",
            "a1b22c333d4444",
        ];
        let mut seen = std::collections::BTreeSet::new();
        for text in texts {
            let words = encoded(text, false);
            let parts = explain(&words);
            assert_eq!(parts.iter().map(|part| part.says.as_str()).collect::<String>(), text);
            let places: Vec<usize> = parts.iter().flat_map(|part| part.words.clone()).collect();
            assert_eq!(places, (0..words.len()).collect::<Vec<_>>());
            seen.extend(parts.iter().map(|part| part.encodation));
        }
        for encodation in ["ASCII", "Base 256", "EDIFACT", "Text", "X12", "padding"] {
            assert!(seen.contains(encodation), "{encodation} is not among {seen:?}");
        }
    }

    #[test]
    fn a_marking_code_begins_with_fnc1_and_has_one_as_separator() {
        let words = encoded("0104810093011694212k6rsrti\u{1d}93#SzU", true);
        let parts = explain(&words);
        assert_eq!(parts[0].encodation, "FNC1, GS1 DataMatrix");
        assert_eq!((parts[1].encodation, parts[1].words.start), ("ASCII", 1));
        let text: String = parts.iter().map(|part| part.says.as_str()).collect();
        assert_eq!(text, "0104810093011694212k6rsrti\u{1d}93#SzU");
    }

    #[test]
    fn x12_edifact_and_a_macro_end_where_they_end() {
        let part = |words: &[u8]| -> Vec<(&'static str, usize)> {
            explain(words).iter().map(|part| (part.encodation, part.words.end)).collect()
        };
        assert_eq!(part(&[230, 91, 11, 254, 66]), [("C40", 4), ("ASCII", 5)]);
        assert_eq!(part(&[238, 91, 11, 66]), [("X12", 3), ("ASCII", 4)]);
        // "ABC" and the unlatch in EDIFACT.
        assert_eq!(part(&[240, 0x04, 0x20, 0xdf, 66]), [("EDIFACT", 4), ("ASCII", 5)]);
        let found = explain(&[236, 66, 67]);
        assert_eq!((found[0].says.as_str(), found[1].says.as_str()), ("[)>\u{1e}05\u{1d}", "AB"));
    }

    #[test]
    fn any_words_end_without_a_panic() {
        let mut state = 7_u32;
        for turn in 0..20_000_usize {
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state.to_be_bytes()[1]
            };
            let words: Vec<u8> = (0..turn % 30).map(|_| next()).collect();
            let places: Vec<usize> =
                explain(&words).into_iter().flat_map(|part| part.words).collect();
            assert_eq!(places, (0..words.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_size_has_its_capacity() {
        let found = capacity(16, 36).unwrap();
        assert_eq!((found.data, found.correction, found.inner), (32, 24, (14, 32)));
        assert_eq!(capacity(52, 52).unwrap().blocks, 2);
        assert_eq!(capacity(11, 11), None);
    }
}
