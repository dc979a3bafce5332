//! Linear barcodes of the goods, as bars of whole dots with their quiet zones.
use super::super::design::{BarcodeElement, Symbology};
use super::super::{DesignProblem, wording};
use super::{Dots, Item, Table, Takes, words};
use barcoders::sym::{code128::Code128, ean13::EAN13, tf::TF};
use std::ops::RangeInclusive;

/// Characters that a Code 128 barcode may have (GS1 General Specifications, 5.4.4.3).
const CODE128_MAX: usize = 48;

impl Symbology {
    fn name(self) -> &'static str {
        match self {
            Self::Ean13 => "EAN-13",
            Self::Itf14 => "ITF-14",
            Self::Code128 => "Code 128",
        }
    }

    /// Modules from the narrowest to the widest (GS1 General Specifications, 5.12.3: tables 1, 2
    /// and 4; ITF-14 and GS1-128 on cartons for general distribution want 0.495 mm at least).
    fn module_mm(self) -> RangeInclusive<f32> {
        match self {
            Self::Ean13 => 0.264..=0.660,
            Self::Itf14 | Self::Code128 => 0.250..=1.016,
        }
    }

    /// White modules left and right of the bars (GS1 General Specifications, 5.2.3.4, 5.3.2.2,
    /// 5.4.4.2).
    fn quiet(self) -> (u32, u32) {
        match self {
            Self::Ean13 => (11, 7),
            Self::Itf14 | Self::Code128 => (10, 10),
        }
    }

    /// The modules of a text, 1 is black, or what to do about it.
    fn modules(self, data: &str) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Ean13 => {
                let digits = data.strip_prefix('0').filter(|_| data.len() == 14).unwrap_or(data);
                let found = EAN13::new(digits).ok().filter(|_| digits.len() == 13);
                found.map(|code| code.encode()).ok_or(
                    "it carries 13 digits with a right check digit, or a GTIN that begins with 0; \
                     for other GTINs take symbology = \"itf14\"",
                )
            }
            Self::Itf14 => {
                let gtin = data.parse::<crate::code::Gtin>().ok();
                let found = gtin.and_then(|gtin| TF::interleaved(gtin.as_str()).ok());
                found
                    .map(|code| with_itf_stop(code.encode()))
                    .ok_or("it carries a GTIN of 8 to 14 digits with a right check digit")
            }
            Self::Code128 => {
                let taken =
                    data.len() <= CODE128_MAX && data.chars().all(|c| matches!(c, ' '..='~'));
                let found = Code128::new(with_sets(data)).ok().filter(|_| taken);
                found.map(|code| code.encode()).ok_or("it carries up to 48 characters of ASCII")
            }
        }
    }

    /// How the text is written below the bars.
    fn below(self, data: &str) -> String {
        let digits = data.strip_prefix('0').filter(|_| data.len() == 14).unwrap_or(data);
        match (self, data.len()) {
            (Self::Ean13, _) if digits.len() == 13 => {
                format!("{} {} {}", &digits[..1], &digits[1..7], &digits[7..])
            }
            (Self::Itf14, 14) => {
                format!("{} {} {} {}", &data[..1], &data[1..3], &data[3..8], &data[8..])
            }
            _ => data.to_owned(),
        }
    }
}

/// The text with the marks of `barcoders` for its character sets: pairs of digits are half as wide
/// in set C, which pays from four digits on.
fn with_sets(data: &str) -> String {
    const SET_B: char = '\u{181}';
    const SET_C: char = '\u{106}';
    let mut marked = String::new();
    let mut set = None;
    let mut rest = data;
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count() & !1;
        let (wanted, length) =
            if digits >= 4 { (SET_C, digits) } else { (SET_B, first.len_utf8()) };
        if set != Some(wanted) {
            marked.push(wanted);
            set = Some(wanted);
        }
        let (now, later) = rest.split_at(length);
        marked.push_str(now);
        rest = later;
    }
    marked
}

/// The last character of an ITF: a wide bar, a narrow space, a narrow bar. The wide bar of
/// `barcoders` 2.0.0 has two modules there, and three everywhere else.
fn with_itf_stop(mut modules: Vec<u8>) -> Vec<u8> {
    modules.truncate(modules.len() - 4);
    modules.extend([1, 1, 1, 0, 1]);
    modules
}

impl Table<'_> {
    pub(super) fn barcode(
        &self,
        wanted: &BarcodeElement,
        name: &str,
    ) -> Result<(Vec<Item>, Takes), DesignProblem> {
        let Some(data) = wording::fill(&wanted.data, self.goods, self.code) else {
            return Ok((Vec::new(), Takes::Nothing));
        };
        let kind = wanted.symbology;
        let modules = kind.modules(&data).map_err(|why| DesignProblem::BarcodeData {
            element: name.to_owned(),
            symbology: kind.name(),
            data: data.clone(),
            why,
        })?;
        let (x, y) = (self.scale.dots(wanted.x_mm), self.scale.dots(wanted.y_mm));
        let (left, right) = kind.quiet();
        // No text is longer than 48 characters, no character wider than 18 modules.
        let count = u32::try_from(modules.len()).expect("some hundred modules");
        let module = self.bar_module(wanted, left + count + right, name)?;
        let width = (left + count + right) * module;
        let height = self.scale.dots(wanted.height_mm).max(1);
        let mut items: Vec<Item> = runs(&modules)
            .map(|(first, length)| {
                let (x, width) = (x + (left + first) * module, length * module);
                Item::Bar(Dots { x, y, width, height })
            })
            .collect();
        if kind == Symbology::Itf14 {
            items.extend(bearers(Dots { x, y, width, height }, module).map(Item::Bar));
        }
        let digits = wanted.digits_mm.map_or(0, |mm| self.scale.whole_dots(mm).clamp(1, 9_999));
        if digits > 0 {
            let bars =
                Dots { x: x + left * module, y: y + height, width: count * module, height: digits };
            items.push(words::centred(&kind.below(&data), bars, digits));
        }
        let area = Dots { x, y, width, height: height + digits };
        Ok((items, Takes::Area { area, shrinks: false }))
    }

    fn bar_module(
        &self,
        wanted: &BarcodeElement,
        count: u32,
        name: &str,
    ) -> Result<u32, DesignProblem> {
        let range = wanted.symbology.module_mm();
        self.scale.module(wanted.module, count, &range).map_err(|dots| {
            DesignProblem::BarcodeModule {
                element: name.to_owned(),
                symbology: wanted.symbology.name(),
                dots,
                mm: self.scale.mm(dots),
                least_mm: *range.start(),
                most_mm: *range.end(),
                advice: self.bars_advice(wanted, dots, &range),
            }
        })
    }
}

/// Bars above and below an ITF-14, so that a slanted beam never reads a part of it; twice the
/// module, the least for labels that are not printed from plates (GS1 General Specifications,
/// 5.3.2.4).
fn bearers(bars: Dots, module: u32) -> [Dots; 2] {
    let height = (2 * module).min(bars.height);
    [Dots { height, ..bars }, Dots { height, y: bars.y + bars.height - height, ..bars }]
}

/// Black modules side by side: the first, and how many.
fn runs(modules: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let mut at = 0;
    modules.chunk_by(|a, b| a == b).filter_map(move |same| {
        let (first, length) = (at, u32::try_from(same.len()).expect("some hundred modules"));
        at += length;
        (same[0] == 1).then_some((first, length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_go_in_pairs_from_four_on() {
        assert_eq!(with_sets("12ab"), "\u{181}12ab");
        assert_eq!(with_sets("1234"), "\u{106}1234");
        assert_eq!(with_sets("A12345-7"), "\u{181}A\u{106}1234\u{181}5-7");
    }

    #[test]
    fn an_ean_is_95_modules_wide_and_an_itf_135() {
        assert_eq!(Symbology::Ean13.modules("04810093011694").unwrap().len(), 95);
        assert_eq!(Symbology::Ean13.modules("4810093011694").unwrap().len(), 95);
        // Start 4, seven pairs of 18, stop 5.
        assert_eq!(Symbology::Itf14.modules("04810093011694").unwrap().len(), 135);
        assert!(Symbology::Ean13.modules("14810093011691").is_err());
        assert!(Symbology::Ean13.modules("4810093011695").is_err());
        assert!(Symbology::Code128.modules("Ж").is_err());
        assert!(Symbology::Code128.modules("").is_err());
    }

    #[test]
    fn digits_are_grouped_as_people_know_them() {
        assert_eq!(Symbology::Ean13.below("04810093011694"), "4 810093 011694");
        assert_eq!(Symbology::Itf14.below("04810093011694"), "0 48 10093 011694");
        assert_eq!(Symbology::Code128.below("AB-1"), "AB-1");
    }
}
