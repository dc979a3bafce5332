//! A reading out of a grey picture (pure): first where the last symbol was, then everywhere; and
//! how well the symbol is printed.
use super::picture::Picture;
use crate::line::{Quality, Reading};
use crate::symbol::grade::{Conditions, Grade, grade};
use crate::symbol::{self, Grey, Hints, Region, Symbol};

/// A region smaller than this holds no symbol that could be read.
const SMALLEST_SIDE: u32 = 16;

/// What a picture shows.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) reading: Reading,
    /// Where to look for the next one.
    pub(super) next: Option<Region>,
    /// How well it is printed, where that was asked for and our own reader has read it.
    pub(super) grade: Option<Grade>,
}

/// Reads one picture. `near` is where a symbol was seen last.
pub(super) fn read(
    picture: &Picture,
    near: Option<Region>,
    conditions: Option<&Conditions>,
) -> Seen {
    let nothing = Seen { reading: Reading::Nothing, next: None, grade: None };
    let Some(grey) = Grey::new(&picture.luma, picture.width, picture.height) else {
        return nothing;
    };
    let find = |region| symbol::find(&grey, &Hints { region, ..Hints::default() });
    let near = near.and_then(|near| within(near, picture));
    let found = near.and_then(|near| find(Some(near))).or_else(|| find(None));
    if let Some(symbol) = found {
        return seen(&grey, symbol, conditions);
    }
    // The second opinion tells no modules that could be graded.
    let found = symbol::read(&picture.luma, picture.width, picture.height, None);
    found.map_or(nothing, |found| {
        let reading =
            Reading::Symbol { text: found.text, identifier: found.identifier, quality: None };
        Seen { reading, next: around(&found.corners), grade: None }
    })
}

fn seen(grey: &Grey<'_>, symbol: Symbol, conditions: Option<&Conditions>) -> Seen {
    let grade = conditions.map(|conditions| grade(grey, &symbol, conditions));
    let next = around(&symbol.corners);
    let Symbol { text, identifier, .. } = symbol;
    let quality = grade.as_ref().map(quality);
    let reading = Reading::Symbol { text, identifier: identifier.to_owned(), quality };
    Seen { reading, next, grade }
}

/// A grade as the line remembers it.
fn quality(grade: &Grade) -> Quality {
    Quality {
        overall: tenths(grade.overall),
        parameters: grade.parameters.map(|parameter| Some(tenths(parameter.grade))),
        growth: Some((hundredths(grade.growth.0), hundredths(grade.growth.1))),
        calibrated: grade.calibrated,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
fn tenths(grade: f32) -> u8 {
    (grade * 10.0).round().clamp(0.0, 40.0) as u8
}

#[expect(clippy::cast_possible_truncation, reason = "clamped first")]
fn hundredths(growth: f32) -> i16 {
    (growth * 100.0).round().clamp(-1000.0, 1000.0) as i16
}

/// The part of a region that lies within a picture, if looking there first saves time.
fn within(region: Region, picture: &Picture) -> Option<Region> {
    let (x, y) = (region.x.min(picture.width), region.y.min(picture.height));
    let width = region.width.min(picture.width - x);
    let height = region.height.min(picture.height - y);
    let area = |width, height| u64::from(width) * u64::from(height);
    let small = area(width, height) * 2 < area(picture.width, picture.height);
    (small && width.min(height) >= SMALLEST_SIDE).then_some(Region { x, y, width, height })
}

/// The place of this symbol with its own size around it, because products do not stand exactly
/// where the last one stood.
fn around(corners: &[(f32, f32); 4]) -> Option<Region> {
    let (x, width) = span(corners.iter().map(|(x, _)| *x))?;
    let (y, height) = span(corners.iter().map(|(_, y)| *y))?;
    Some(Region { x, y, width, height })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
fn span(values: impl Iterator<Item = f32> + Clone) -> Option<(u32, u32)> {
    let low = values.clone().reduce(f32::min)?;
    let high = values.reduce(f32::max)?;
    let pixels = |value: f32| value.clamp(0.0, 1e6) as u32;
    let start = pixels(low - (high - low));
    Some((start, pixels(high + (high - low)) - start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datamatrix::{DataMatrix, SymbolList};

    const TEXT: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";

    fn symbol(text: &str, gs1: bool) -> DataMatrix {
        let sizes = || SymbolList::default().enforce_square();
        let made = if gs1 {
            DataMatrix::encode_gs1(text.as_bytes(), sizes())
        } else {
            DataMatrix::encode(text.as_bytes(), sizes())
        };
        made.unwrap()
    }

    fn picture_of(symbol: &DataMatrix, left: usize, top: usize) -> Picture {
        let (width, height, module) = (480, 360, 5);
        let mut luma = vec![220; width * height];
        for (x, y) in symbol.bitmap().pixels() {
            let (x, y) = (left + x * module, top + y * module);
            for (x, y) in (0..module * module).map(|n| (x + n % module, y + n / module)) {
                luma[y * width + x] = 30;
            }
        }
        Picture { width: 480, height: 360, luma }
    }

    fn is_gs1(text: &str) -> Reading {
        Reading::Symbol { text: text.to_owned(), identifier: "]d2".to_owned(), quality: None }
    }

    #[test]
    fn a_gs1_symbol_is_read_with_its_separator() {
        let seen = read(&picture_of(&symbol(TEXT, true), 200, 100), None, None);
        assert_eq!(seen.reading, is_gs1(TEXT));
        let place = seen.next.unwrap();
        assert!(place.x < 200 && place.x + place.width > 310, "{place:?}");
        assert!(place.y < 100 && place.y + place.height > 210, "{place:?}");
    }

    #[test]
    fn a_symbol_without_leading_fnc1_is_not_gs1() {
        for text in [TEXT, "0104", "abcd\u{1d}ef"] {
            let reading = read(&picture_of(&symbol(text, false), 40, 40), None, None).reading;
            let wanted =
                Reading::Symbol { text: text.into(), identifier: "]d1".into(), quality: None };
            assert_eq!(reading, wanted);
        }
    }

    #[test]
    fn it_is_found_where_the_last_one_was_and_elsewhere() {
        let first = picture_of(&symbol(TEXT, true), 60, 60);
        let near = read(&first, None, None).next;
        assert_eq!(read(&first, near, None).reading, is_gs1(TEXT));
        let elsewhere = picture_of(&symbol(TEXT, true), 340, 220);
        assert_eq!(read(&elsewhere, near, None).reading, is_gs1(TEXT));
    }

    #[test]
    fn an_empty_or_tiny_picture_has_nothing_to_read() {
        for (width, height) in [(320, 240), (1, 1), (7, 3)] {
            let picture = Picture { width, height, luma: vec![200; (width * height) as usize] };
            let near = Region { x: 300, y: 200, width: 100, height: 100 };
            let nothing = Seen { reading: Reading::Nothing, next: None, grade: None };
            assert_eq!(read(&picture, Some(near), Some(&Conditions::default())), nothing);
        }
    }

    #[test]
    fn a_clean_symbol_has_the_best_grade() {
        let clean =
            read(&picture_of(&symbol(TEXT, true), 60, 60), None, Some(&Conditions::default()));
        let Reading::Symbol { quality: Some(quality), .. } = clean.reading else { panic!() };
        assert_eq!((quality.overall, quality.calibrated), (40, false));
        assert_eq!(quality.parameters, [Some(40); 8]);
        let (across, along) = quality.growth.unwrap();
        assert!(across.abs() < 20 && along.abs() < 20, "{across} {along}");
        assert_eq!(clean.grade.unwrap().letter(), 'A');
    }
}
