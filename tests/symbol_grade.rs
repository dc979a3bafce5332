//! Grades against the truth that is built into the picture: reflectance, geometry, damage.
//! The tolerances are those that docs/grading.md names.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    missing_docs,
    reason = "a test"
)]
mod grade_kit;

use datamatrix::SymbolSize;
use grade_kit::{Chance, Print};
use markwright::symbol::grade::{Conditions, Edition, Grade, Kind};

const REFLECTANCE: f32 = 0.02;
const AXIAL: f32 = 0.02;
const GRID: f32 = 0.06;
const MODULATION: f32 = 0.08;
const GROWTH: f32 = 0.15;

fn near(found: f32, wanted: f64, within: f32, what: &str) {
    assert!(
        (f64::from(found) - wanted).abs() <= f64::from(within),
        "{what}: {found}, not {wanted}"
    );
}

fn value(grade: &Grade, kind: Kind) -> f32 {
    grade.of(kind).value
}

fn whole(grade: &Grade) -> Vec<f32> {
    grade.parameters.iter().map(|parameter| parameter.grade).collect()
}

/// Pixels between the true corners and those of the grade.
fn off(grade: &Grade, print: &Print) -> f64 {
    let pairs = grade.corners.iter().zip(print.corners());
    pairs.map(|(a, b)| (f64::from(a.0) - b.0).hypot(f64::from(a.1) - b.1)).fold(0.0, f64::max)
}

#[test]
fn a_perfect_symbol_is_perfect_at_every_turn_and_scale() {
    for (at, scale) in [4.0, 4.6, 5.0, 5.7, 6.3, 7.1, 8.0, 9.4, 12.0].into_iter().enumerate() {
        for turn in [0.0, 90.0, 180.0, 270.0, 7.0 + 31.0 * at as f64] {
            let mut print = Print::new(SymbolSize::Square32);
            print.module = (scale, scale);
            print.degrees = turn;
            print.frame = (560, 560);
            let grade = print.grade();
            let what = format!("{scale} px, {turn} degrees");
            assert_eq!(whole(&grade), [4.0; 8], "{what}: {grade:?}");
            assert_eq!((grade.letter(), grade.notation().as_str()), ('A', "4.0/0.8X/660"));
            near(value(&grade, Kind::SymbolContrast), 0.80, REFLECTANCE, &what);
            near(grade.brightest, 0.86, REFLECTANCE, &what);
            near(grade.darkest, 0.06, REFLECTANCE, &what);
            near(value(&grade, Kind::AxialNonUniformity), 0.0, AXIAL, &what);
            near(value(&grade, Kind::GridNonUniformity), 0.0, GRID, &what);
            near(grade.growth.0, 0.0, GROWTH, &what);
            near(grade.growth.1, 0.0, GROWTH, &what);
            near(grade.x_dimension_px, scale, 0.02, &what);
            assert!(off(&grade, &print) < 0.1, "{what}: {} px", off(&grade, &print));
            println!(
                "{what}: off {:.3} anu {:.4} gnu {:.4} growth {:.3?} mod {:.2}",
                off(&grade, &print),
                value(&grade, Kind::AxialNonUniformity),
                value(&grade, Kind::GridNonUniformity),
                grade.growth,
                value(&grade, Kind::Modulation)
            );
        }
    }
}
