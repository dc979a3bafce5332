//! A block as it came, sifted: codes that can be taken, and lines that are set aside.
use crate::code::{ArrayLine, CodeText, Gtin, ProductGroup, Refusal, SetAside, parse_as};
use std::collections::HashMap;

/// Sifts one block, part by part.
pub(super) struct Sieve<'a> {
    wanted: Gtin,
    group: ProductGroup,
    /// Serial numbers that were seen, with their line.
    first_at: HashMap<&'a str, usize>,
    line: usize,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(wanted: Gtin, group: ProductGroup, codes: usize) -> Self {
        Self { wanted, group, first_at: HashMap::with_capacity(codes), line: 0 }
    }

    /// Checks the next codes of the block: well formed, of the trade item and the group that were
    /// ordered, and not twice in the block. Lines are counted from one. A station's separators are
    /// never put back: what lost them may have lost more.
    pub(super) fn sift(
        &mut self,
        codes: impl Iterator<Item = &'a str>,
    ) -> (Vec<ArrayLine>, Vec<SetAside>) {
        let (mut taken, mut aside) = (Vec::new(), Vec::new());
        for text in codes {
            self.line += 1;
            match check(self.line, text, (self.wanted, self.group), &self.first_at) {
                Ok((serial, code)) => {
                    self.first_at.insert(serial, self.line);
                    taken.push(code);
                }
                Err(refusal) => aside.push(SetAside { line: self.line, refusal }),
            }
        }
        (taken, aside)
    }

    /// How many codes were looked at.
    pub(super) fn seen(&self) -> usize {
        self.line
    }
}

fn check<'a>(
    line: usize,
    text: &'a str,
    (wanted, group): (Gtin, ProductGroup),
    first_at: &HashMap<&str, usize>,
) -> Result<(&'a str, ArrayLine), Refusal> {
    let parts = parse_as(text, group)?;
    if parts.gtin != wanted {
        return Err(Refusal::Foreign { found: parts.gtin, wanted });
    }
    if let Some(&first) = first_at.get(parts.serial) {
        return Err(Refusal::Duplicate { first });
    }
    let (gtin, serial, group) = (parts.gtin, parts.serial.to_owned(), parts.group());
    let code = ArrayLine { line, text: CodeText::new(text), gtin, serial, group };
    Ok((parts.serial, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_codes_are_named_by_line_and_the_rest_is_taken() {
        let texts = [
            "0104810093011694212k6rsrti\u{1d}93#SzU",
            "",
            "0104600000000008212k6rsrti\u{1d}93#SzU",
            "0104810093011694212k6rsrti\u{1d}93#SzU",
            "0104810093011694212k6rsrtj93#SzU",
            "0104810093011694212k6rsrtj\u{1d}93#SzU",
        ];
        let mut sieve = Sieve::new("04810093011694".parse().unwrap(), ProductGroup::MILK, 6);
        let (mut taken, mut aside) = sieve.sift(texts[..3].iter().copied());
        let (more, more_aside) = sieve.sift(texts[3..].iter().copied());
        taken.extend(more);
        aside.extend(more_aside);
        assert_eq!(taken.iter().map(|code| code.line).collect::<Vec<_>>(), [1, 6]);
        let why: Vec<_> = aside.iter().map(|a| (a.line, a.refusal.to_string())).collect();
        assert_eq!(why[0], (2, "empty".to_owned()));
        assert_eq!(why[1].0, 3);
        assert!(why[1].1.starts_with("foreign GTIN 04600000000008") || why[1].1.contains("GTIN"));
        assert_eq!(why[2], (4, "the same code stands on line 1".to_owned()));
        assert!(why[3].1.contains("GS separator"), "{:?}", why[3]);
    }
}
