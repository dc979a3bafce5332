//! A block as it came, sifted: codes that can be taken, and lines that are set aside.
use crate::code::{ArrayLine, CodeText, Gtin, ProductGroup, Refusal, SetAside, parse_as};
use std::collections::HashMap;

/// What was ordered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ordered {
    pub(super) gtin: Gtin,
    pub(super) group: ProductGroup,
    /// The number of the form; nothing where it is not known any more.
    pub(super) template: Option<u32>,
}

/// Sifts one block, part by part.
pub(super) struct Sieve<'a> {
    ordered: Ordered,
    /// Serial numbers that were seen, with their line.
    first_at: HashMap<&'a str, usize>,
    line: usize,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(ordered: Ordered, codes: usize) -> Self {
        Self { ordered, first_at: HashMap::with_capacity(codes), line: 0 }
    }

    /// Checks the next codes of the block: well formed, of the trade item, the group and the form
    /// that were ordered, and not twice in the block. Lines are counted from one. A station's separators are
    /// never put back: what lost them may have lost more.
    pub(super) fn sift(
        &mut self,
        codes: impl Iterator<Item = &'a str>,
    ) -> (Vec<ArrayLine>, Vec<SetAside>) {
        let (mut taken, mut aside) = (Vec::new(), Vec::new());
        for text in codes {
            self.line += 1;
            match check(self.line, text, self.ordered, &self.first_at) {
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
    ordered: Ordered,
    first_at: &HashMap<&str, usize>,
) -> Result<(&'a str, ArrayLine), Refusal> {
    let parts = parse_as(text, ordered.group)?;
    let parts = match ordered.template {
        Some(template) => parts.of_template(template)?,
        None => parts,
    };
    if parts.gtin != ordered.gtin {
        return Err(Refusal::Foreign { found: parts.gtin, wanted: ordered.gtin });
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

    fn ordered(group: ProductGroup, template: Option<u32>) -> Ordered {
        Ordered { gtin: "04810093011694".parse().unwrap(), group, template }
    }

    #[test]
    fn codes_of_another_form_than_the_ordered_one_are_set_aside() {
        let block = "0104810093011694212k6rsrt\u{1d}8005014000\u{1d}93dGVz";
        let pack = "048100930116942k6rsrtAC42dGVz";
        let sifted = |template| {
            let mut sieve = Sieve::new(ordered(ProductGroup::TOBACCO, template), 2);
            let (taken, aside) = sieve.sift([block, pack].into_iter());
            let why = aside.iter().map(|aside| aside.refusal.to_string()).collect::<Vec<_>>();
            (taken.iter().map(|code| code.line).collect::<Vec<_>>(), why)
        };
        let refused = |found, wanted| {
            format!("it has the form of template {found}; template {wanted} was ordered")
        };
        assert_eq!(sifted(Some(3)), (vec![1], vec![refused(4, 3)]));
        assert_eq!(sifted(Some(4)), (vec![2], vec![refused(3, 4)]));
        let (taken, aside) = sifted(None);
        assert!(taken == [1] && aside[0].contains("line 1"), "{aside:?}");
    }

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
        let mut sieve = Sieve::new(ordered(ProductGroup::MILK, Some(20)), 6);
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
