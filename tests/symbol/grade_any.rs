//! Whatever the picture, the symbol and the conditions are: a grade, all numbers finite, no panic.
use crate::grade_kit::{Chance, Picture, Print};
use datamatrix::{SymbolList, SymbolSize};
use markwright::symbol::grade::{
    Aperture, Calibration, Conditions, Edition, Grade, Kind, Standard, grade,
};
use markwright::symbol::{Grey, Hints, Symbol, find};

/// All numbers of a grade are finite, grades are grades.
fn check(grade: &Grade, what: &str) {
    let mut numbers = vec![
        grade.overall,
        grade.growth.0,
        grade.growth.1,
        grade.aperture_px,
        grade.threshold,
        grade.brightest,
        grade.darkest,
        grade.x_dimension_px,
        grade.contrast_uniformity.0,
        grade.mrd(),
    ];
    numbers.extend(grade.aperture_mm.into_iter().chain(grade.x_dimension_mm));
    numbers.extend(grade.parameters.iter().flat_map(|p| [p.value, p.grade]));
    numbers.extend(grade.minimum_reflectance.iter().flat_map(|p| [p.value, p.grade]));
    numbers.extend(grade.segments.iter().flat_map(|s| [s.value, s.grade]));
    numbers.extend(grade.corners.iter().flat_map(|c| [c.0, c.1]));
    numbers.extend(grade.reflectance.values().iter().chain(grade.modulation.values()));
    numbers.extend(grade.columns_light.iter().chain(&grade.rows_light));
    assert!(numbers.iter().all(|number| number.is_finite()), "{what}: {grade:?}");
    let grades = grade.parameters.iter().map(|p| p.grade).chain([grade.overall]);
    assert!(grades.into_iter().all(|grade| (0.0..=4.0).contains(&grade)), "{what}");
    assert!(grade.parameters.iter().all(|p| grade.overall <= p.grade), "{what}");
    assert!("ABCDF".contains(grade.letter()) && grade.notation().len() >= 9, "{what}");
    for kind in Kind::ALL {
        assert_eq!(grade.advice(kind).is_none(), grade.of(kind).grade > 3.95, "{what}");
    }
}

fn conditions() -> Vec<Conditions> {
    let usual = Conditions::default();
    let card = |light| Some(Calibration { dark: (10.0, 0.02), light });
    vec![
        usual,
        Conditions { edition: Edition::Y2024, px_per_mm: Some(15.0), ..usual },
        Conditions { standard: Standard::Iso29158, ..usual },
        Conditions { standard: Standard::Iso29158, edition: Edition::Y2024, ..usual },
        Conditions { aperture: Aperture::OfX(1e9), px_per_mm: Some(-1.0), ..usual },
        Conditions { aperture: Aperture::Millimetres(1e-9), px_per_mm: Some(1e9), ..usual },
        Conditions { aperture: Aperture::OfX(f32::NAN), px_per_mm: Some(f32::NAN), ..usual },
        Conditions { aperture: Aperture::OfX(4.0), calibration: card((10.0, 0.9)), ..usual },
        Conditions { calibration: card((10.001, 1e9)), ..usual },
        Conditions { calibration: card((f32::NAN, 0.9)), ..usual },
    ]
}

fn read(picture: &Picture) -> Option<Symbol> {
    find(&picture.grey(), &Hints::default())
}

#[test]
fn every_size_is_graded_and_perfect() {
    let mut seen = 0;
    for size in SymbolList::default() {
        let mut print = Print::new(size);
        let length = print.rows.max(print.cols);
        // The crate deals the correction words of 144 x 144 in another turn than everybody else.
        if length == 144 {
            continue;
        }
        let pixels = if length > 60 { 4.0 } else { 6.0 };
        print.module = (pixels, pixels);
        print.frame = (length * 6 + 60, length * 6 + 60);
        print.degrees = 5.0;
        let grade = print.grade();
        assert!(grade.parameters.iter().all(|p| p.grade == 4.0), "{size:?}: {grade:?}");
        assert_eq!((grade.rows as usize, grade.cols as usize), (print.rows, print.cols));
        let cells = (print.rows + 2, print.cols + 2);
        assert_eq!((grade.reflectance.rows(), grade.reflectance.cols()), cells);
        check(&grade, &format!("{size:?}"));
        seen += 1;
    }
    assert_eq!(seen, 29);
}

#[test]
fn symbols_that_the_frame_cuts_are_graded() {
    let mut read_ones = 0;
    for (right, below) in
        [(0.0, 0.0), (3.0, 0.0), (6.0, 6.0), (8.0, -3.0), (-9.0, 7.0), (11.0, 0.0)]
    {
        let mut print = Print::new(SymbolSize::Square20);
        // No quiet zone is left: the symbol is 120 pixels wide.
        print.frame = (122, 122);
        print.beside = (right, below);
        let picture = print.picture();
        let Some(symbol) = read(&picture) else { continue };
        read_ones += 1;
        for conditions in conditions() {
            check(&grade(&picture.grey(), &symbol, &conditions), &format!("{right} {below}"));
        }
    }
    assert!(read_ones >= 3, "{read_ones}");
}

#[test]
fn a_symbol_is_graded_in_any_picture() {
    let mut chance = Chance::new(7);
    let prints = [SymbolSize::Square10, SymbolSize::Square32, SymbolSize::Rect8x18];
    for print in prints.map(Print::new) {
        let picture = print.picture();
        let symbol = read(&picture).unwrap();
        for (width, height) in [(1, 1), (2, 3), (40, 7), (150, 150)] {
            for kind in 0..4 {
                let pixel = |_| match kind {
                    0 => 0,
                    1 => 255,
                    2 => 128 + (chance.bits() & 1) as u8,
                    _ => chance.bits() as u8,
                };
                let luma: Vec<u8> = (0..width * height).map(pixel).collect();
                let grey = Grey::new(&luma, width, height).unwrap();
                for conditions in conditions() {
                    let what = format!("{width} x {height}, {kind}, {conditions:?}");
                    check(&grade(&grey, &symbol, &conditions), &what);
                }
            }
        }
        let flat = vec![90; picture.luma.len()];
        let grey = Grey::new(&flat, picture.width as u32, picture.height as u32).unwrap();
        assert_eq!(grade(&grey, &symbol, &Conditions::default()).letter(), 'F');
    }
}

#[test]
fn a_symbol_that_does_not_fit_together_is_graded() {
    let print = Print::new(SymbolSize::Square20);
    let picture = print.picture();
    let symbol = read(&picture).unwrap();
    let change = |change: fn(&mut Symbol)| {
        let mut other = symbol.clone();
        change(&mut other);
        for conditions in conditions() {
            check(&grade(&picture.grey(), &other, &conditions), "changed");
        }
        grade(&picture.grey(), &other, &Conditions::default())
    };
    // Other words than those that stand there: nothing is right any more.
    let other = change(|symbol| symbol.words.iter_mut().for_each(|word| *word = !*word));
    assert_eq!((other.of(Kind::Decode).grade, other.letter()), (0.0, 'F'));
    change(|symbol| symbol.words.clear());
    change(|symbol| (symbol.rows, symbol.cols) = (144, 144));
    change(|symbol| symbol.inverted = true);
    change(|symbol| symbol.mirrored = true);
    let unknown = change(|symbol| symbol.rows = 7);
    assert_eq!((unknown.overall, unknown.segments.len()), (0.0, 0));
}
