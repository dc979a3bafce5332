//! A reading out of a grey picture (pure): the expected code where the last one was, then whatever
//! is anywhere; and how well the symbol is printed.
use super::picture::Picture;
use crate::line::{Quality, Reading};
use crate::symbol::grade::{Conditions, Grade, grade};
use crate::symbol::{self, Expected, Grey, Hints, Region, Symbol};
use std::sync::Arc;
use std::time::Duration;

/// A region smaller than this holds no symbol that could be read.
const SMALLEST_SIDE: u32 = 16;
/// This part of the time is kept for the second opinion: at the default of 100 ms it is enough for
/// a place of 400 x 400 pixels.
const FOR_OPINION: u32 = 3;
/// This part at most is spent where symbols usually are: with another label there, all of it is.
const FOR_PLACE: u32 = 4;
/// And this part at most on looking for an expected label beside a symbol that does not decide. A
/// camera that runs freely pays it for every frame that shows again what the one before showed: at
/// 30 frames a second it must be well below 33 ms.
const FOR_BESIDE: u32 = 10;
/// AIM identifier of a GS1 `DataMatrix`: ECC 200 with FNC1 first (ISO/IEC 16022, annex N). All labels
/// of ours are, and those that could be taken for one.
const GS1: &str = "]d2";

/// What is known before a picture is looked at. It makes reading quicker; nothing of it need be
/// true.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Where a symbol was seen last, with its surroundings.
    pub(super) place: Option<Region>,
    /// Side of a module in pixels.
    pub(super) module: Option<f32>,
    /// The codes of which one should be there.
    pub(super) codes: Option<Arc<Expected>>,
    /// The camera runs freely: labels go through its pictures, and their texts say which they are.
    /// Otherwise a picture is of one product, whose label has its usual place.
    pub(super) roams: bool,
}

impl Known {
    /// Whether the next symbol is looked for where this one was. What stands beside the label on
    /// every product must not be taken for the usual place: it would hide the label from then on.
    pub(super) fn makes_usual(&self, reading: &Reading) -> bool {
        let Reading::Symbol { text, .. } = reading else { return false };
        self.roams || self.codes.as_ref().is_some_and(|codes| codes.includes(text))
    }
}

/// What a picture shows.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) reading: Reading,
    /// Where it is.
    pub(super) spot: Spot,
    /// Side of a module in pixels, where our own reader has read it.
    pub(super) module: Option<f32>,
    /// How well it is printed, where that was asked for and our own reader has read it.
    pub(super) grade: Option<Grade>,
}

/// A place in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Spot {
    /// A symbol was read between these corners.
    Read([(f32, f32); 4]),
    /// Nothing was read.
    Unread,
}

impl Spot {
    /// The place of the symbol with its own size around it, because products do not stand exactly
    /// where the last one stood.
    pub(super) fn next(&self) -> Option<Region> {
        let Self::Read(corners) = self else { return None };
        let (x, width) = span(corners.iter().map(|(x, _)| *x))?;
        let (y, height) = span(corners.iter().map(|(_, y)| *y))?;
        Some(Region { x, y, width, height })
    }
}

/// Reads one picture while there is time `left`.
pub(super) fn read(
    picture: &Picture,
    known: &Known,
    conditions: Option<&Conditions>,
    left: &dyn Fn() -> Duration,
) -> Seen {
    let Some(grey) = Grey::new(&picture.luma, picture.width, picture.height) else {
        return nothing(Spot::Unread);
    };
    let all = left();
    let own = || left().saturating_sub(all / FOR_OPINION);
    if let Some(symbol) = find(&grey, known, picture, &own) {
        return seen(&grey, symbol, conditions);
    }
    // The second opinion tells no modules that could be graded.
    if let Some(found) = symbol::opinion(&picture.luma, picture.width, picture.height, None, left) {
        let reading =
            Reading::Symbol { text: found.text, identifier: found.identifier, quality: None };
        return Seen { reading, ..nothing(Spot::Read(found.corners)) };
    }
    nothing(Spot::Unread)
}

fn nothing(spot: Spot) -> Seen {
    Seen { reading: Reading::Nothing, spot, module: None, grade: None }
}

/// Our own reader: where symbols usually are first, for a part of the time; then everywhere.
///
/// The label that stands at the usual place is what is told, whatever was expected: a foreign one or
/// a duplicate must not be hidden by a neighbour that is still in the picture. An expected label that
/// is elsewhere is told only where nothing can be read at the usual place. Where labels roam, none
/// hides another one: the first that is read at the last place ends the search there, because it is
/// mostly the one just read, and an expected one may come into the picture beside it.
fn find(
    grey: &Grey<'_>,
    known: &Known,
    picture: &Picture,
    left: &dyn Fn() -> Duration,
) -> Option<Symbol> {
    let codes = known.codes.as_deref();
    let is_expected = |symbol: &Symbol| codes.is_none_or(|codes| codes.includes(&symbol.text));
    let all = left();
    let look = |hints: Hints, codes: Option<&Expected>, part: u32| {
        let until = left().saturating_sub(all / part);
        symbol::find_within(grey, &hints, codes, &|| left().saturating_sub(until))
    };
    let everywhere = Hints::default();
    let place = known.place.and_then(|place| within(place, picture));
    let there = Hints { region: place, module: known.module, ..everywhere };
    let at_place = place.and_then(|_| look(there, codes.filter(|_| !known.roams), FOR_PLACE));
    match (at_place, place) {
        (Some(symbol), _) if is_expected(&symbol) => Some(symbol),
        (Some(label), _) if label.identifier == GS1 && !known.roams => Some(label),
        (Some(other), _) => look(everywhere, codes, FOR_BESIDE).filter(is_expected).or(Some(other)),
        (None, Some(place)) if !known.roams => {
            let found = look(everywhere, codes, 1)?;
            // A label of another size may stand there.
            let hidden = !overlaps(&found, place) && is_expected(&found);
            let stands = || look(Hints { region: Some(place), ..everywhere }, None, FOR_PLACE);
            let label = hidden.then(stands).flatten().filter(|label| label.identifier == GS1);
            label.or(Some(found))
        }
        (None, _) => look(everywhere, codes, 1),
    }
}

/// Whether a part of this symbol may be in this region.
fn overlaps(symbol: &Symbol, place: Region) -> bool {
    let meets = |values: [f32; 4], start: u32, length: u32| {
        #[expect(clippy::cast_precision_loss, reason = "pictures are far smaller than 2^24")]
        let (start, end) = (start as f32, (start + length) as f32);
        values.iter().any(|value| *value > start) && values.iter().any(|value| *value < end)
    };
    meets(symbol.corners.map(|(x, _)| x), place.x, place.width)
        && meets(symbol.corners.map(|(_, y)| y), place.y, place.height)
}

fn seen(grey: &Grey<'_>, symbol: Symbol, conditions: Option<&Conditions>) -> Seen {
    let grade = conditions.map(|conditions| grade(grey, &symbol, conditions));
    let (spot, module) = (Spot::Read(symbol.corners), module_of(&symbol));
    let Symbol { text, identifier, .. } = symbol;
    let quality = grade.as_ref().map(quality);
    let reading = Reading::Symbol { text, identifier: identifier.to_owned(), quality };
    Seen { reading, spot, module: Some(module), grade }
}

/// The side of a module, from the area of the symbol.
fn module_of(symbol: &Symbol) -> f32 {
    let [a, b, c, d] = symbol.corners;
    let twice = (c.0 - a.0) * (d.1 - b.1) - (d.0 - b.0) * (c.1 - a.1);
    #[expect(clippy::cast_precision_loss, reason = "at most 144 x 144")]
    let modules = (symbol.rows * symbol.cols) as f32;
    (twice.abs() / 2.0 / modules).sqrt()
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

    fn read(picture: &Picture, place: Option<Region>, conditions: Option<&Conditions>) -> Seen {
        let known = Known { place, ..Known::default() };
        super::read(picture, &known, conditions, &|| Duration::MAX)
    }

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
        let mut picture = Picture { width: 480, height: 360, luma: vec![220; 480 * 360] };
        put(&mut picture, symbol, (left, top), 5);
        picture
    }

    /// Draws a symbol with so many pixels a module into a picture.
    fn put(picture: &mut Picture, symbol: &DataMatrix, (left, top): (usize, usize), module: usize) {
        for (x, y) in symbol.bitmap().pixels() {
            let (x, y) = (left + x * module, top + y * module);
            for (x, y) in (0..module * module).map(|n| (x + n % module, y + n / module)) {
                picture.luma[y * picture.width as usize + x] = 30;
            }
        }
    }

    const FOREIGN: &str = "0104810093011694212k6rsrtj\u{1d}93#SzU";

    /// Knows where a label stood at (60, 60), and that this text comes next.
    fn knowing(text: &str, roams: bool) -> Known {
        let first = read(&picture_of(&symbol(TEXT, true), 60, 60), None, None);
        let codes = Some(Arc::new(Expected::new(text)));
        Known { place: first.spot.next(), module: first.module, codes, roams }
    }

    fn look(picture: &Picture, known: &Known) -> Reading {
        super::read(picture, known, None, &|| Duration::MAX).reading
    }

    #[test]
    fn the_label_at_the_usual_place_is_told_whatever_is_expected_beside_it() {
        let known = knowing(TEXT, false);
        // Also where it is larger than ours, and where the expected one is easier to find.
        for module in [5, 8] {
            let mut picture = picture_of(&symbol(TEXT, true), 340, 220);
            put(&mut picture, &symbol(FOREIGN, true), (60, 60), module);
            assert_eq!(look(&picture, &known), is_gs1(FOREIGN), "{module} pixels");
        }
        assert_eq!(look(&picture_of(&symbol(TEXT, true), 340, 220), &known), is_gs1(TEXT));
        let mut picture = picture_of(&symbol(TEXT, true), 60, 60);
        put(&mut picture, &symbol(FOREIGN, true), (200, 60), 5);
        assert_eq!(look(&picture, &known), is_gs1(TEXT), "it stands where it should");
        // What is no label hides none.
        let mut picture = picture_of(&symbol(TEXT, true), 340, 220);
        put(&mut picture, &symbol("A plain symbol of the product", false), (60, 60), 5);
        assert_eq!(look(&picture, &known), is_gs1(TEXT));
    }

    #[test]
    fn only_an_expected_label_makes_a_place_usual() {
        let known = knowing(TEXT, false);
        assert!(known.makes_usual(&is_gs1(TEXT)));
        assert!(!known.makes_usual(&is_gs1(FOREIGN)) && !known.makes_usual(&Reading::Nothing));
        assert!(!Known::default().makes_usual(&is_gs1(TEXT)), "nobody knows whose it is");
        assert!(knowing(TEXT, true).makes_usual(&is_gs1(FOREIGN)));
    }

    #[test]
    fn a_roaming_label_that_was_just_read_costs_little_and_hides_no_other() {
        let shown = symbol(FOREIGN, true);
        let mut spent = Vec::new();
        for roams in [true, false] {
            let known = Known { roams, ..knowing(TEXT, roams) };
            // Every step takes a thousandth of the time.
            let asked = std::cell::Cell::new(1_000_u32);
            let left = || {
                asked.set(asked.get().saturating_sub(1));
                Duration::from_millis(asked.get().into())
            };
            let seen = super::read(&picture_of(&shown, 60, 60), &known, None, &left);
            assert_eq!(seen.reading, is_gs1(FOREIGN));
            spent.push(1_000 - asked.get());
        }
        assert!(spent[0] < 200, "{spent:?}");
        let mut both = picture_of(&shown, 60, 60);
        put(&mut both, &symbol(TEXT, true), (340, 220), 5);
        assert_eq!(look(&both, &knowing(TEXT, true)), is_gs1(TEXT));
    }

    fn is_gs1(text: &str) -> Reading {
        Reading::Symbol { text: text.to_owned(), identifier: "]d2".to_owned(), quality: None }
    }

    #[test]
    fn a_gs1_symbol_is_read_with_its_separator() {
        let seen = read(&picture_of(&symbol(TEXT, true), 200, 100), None, None);
        assert_eq!(seen.reading, is_gs1(TEXT));
        let place = seen.spot.next().unwrap();
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
        let near = read(&first, None, None).spot.next();
        assert_eq!(read(&first, near, None).reading, is_gs1(TEXT));
        let elsewhere = picture_of(&symbol(TEXT, true), 340, 220);
        assert_eq!(read(&elsewhere, near, None).reading, is_gs1(TEXT));
    }

    #[test]
    fn an_empty_or_tiny_picture_has_nothing_to_read() {
        for (width, height) in [(320, 240), (1, 1), (7, 3)] {
            let picture = Picture { width, height, luma: vec![200; (width * height) as usize] };
            let near = Region { x: 300, y: 200, width: 100, height: 100 };
            let seen = read(&picture, Some(near), Some(&Conditions::default()));
            assert_eq!(seen.reading, Reading::Nothing);
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
