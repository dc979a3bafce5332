//! From measured values to grades: the thresholds of the standards, and how editions differ.
//!
//! Grades are tenths here, 40 is the best: so they can be counted and compared without rounding.
use super::conditions::Edition;

/// Values at which the grades 4, 3, 2 and 1 begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    ends: [f32; 4],
    /// More is better.
    rising: bool,
    /// The end itself does not belong to the grade.
    strict: bool,
}

const fn rising(ends: [f32; 4]) -> Table {
    Table { ends, rising: true, strict: false }
}

const fn falling(ends: [f32; 4], strict: bool) -> Table {
    Table { ends, rising: false, strict }
}

impl Table {
    /// Values at which the grades 4, 3, 2 and 1 begin, and whether more is better.
    pub(super) fn thresholds(self) -> ([f32; 4], bool) {
        (self.ends, self.rising)
    }
}

/// Symbol contrast (ISO/IEC 15415:2011, table 7).
pub(super) const CONTRAST: Table = rising([0.70, 0.55, 0.40, 0.20]);
/// Modulation of one module (ISO/IEC 15415:2011, table 8).
pub(super) const MODULATION: Table = rising([0.50, 0.40, 0.30, 0.20]);
/// Unused error correction (ISO/IEC 15415:2011, table 12).
pub(super) const UNUSED: Table = rising([0.62, 0.50, 0.37, 0.25]);
/// Axial non-uniformity (ISO/IEC 15415:2011, table 10).
pub(super) const AXIAL: Table = falling([0.06, 0.08, 0.10, 0.12], false);
/// Grid non-uniformity (ISO/IEC 15415:2011, table 11).
pub(super) const GRID: Table = falling([0.38, 0.50, 0.63, 0.75], false);
/// Damage of a solid side or its quiet zone (ISO/IEC 16022:2006, table M.1).
pub(super) const LEG: Table = falling([0.0, 0.09, 0.13, 0.17], false);
/// Damage of a clock track or of the solid area beside it (ISO/IEC 16022:2006, M.1.3).
pub(super) const CLOCK: Table = falling([0.10, 0.15, 0.20, 0.25], true);
/// Transitions along the solid area to those along the clock track (the same place).
pub(super) const TRANSITIONS: Table = falling([0.06, 0.08, 0.10, 0.12], true);
/// Mean grade of the segments, in grades (ISO/IEC 16022:2006, M.1.4).
pub(super) const AVERAGE: Table = rising([4.0, 3.5, 3.0, 2.5]);
/// Cell contrast (ISO/IEC 29158).
pub(super) const CELL_CONTRAST: Table = rising([0.30, 0.25, 0.20, 0.15]);

/// Values that differ by less are equal: so thirds of a percent of rounding do not cost a grade.
const EQUAL: f32 = 1e-5;

/// Best grade.
pub(super) const BEST: u8 = 40;

/// The grade of a value in tenths.
pub(super) fn tenths(edition: Edition, table: Table, value: f32) -> u8 {
    let turn = |number: f32| if table.rising { number } else { -number };
    let ends = table.ends.map(turn);
    let value = turn(value) + if table.strict { -EQUAL } else { EQUAL };
    match edition {
        Edition::Y2011 => {
            let reached = ends.iter().filter(|end| value >= **end).count();
            [0, 10, 20, 30, BEST][reached]
        }
        Edition::Y2024 => between(ends, value),
    }
}

/// Straight lines through the ends, the last one going on downwards, cut off to tenths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0 … 40; what is no number becomes zero"
)]
fn between(ends: [f32; 4], value: f32) -> u8 {
    let best = f32::from(BEST);
    let step = |at: usize| 10.0 * (value - ends[at]) / (ends[at - 1] - ends[at]);
    let grade = match ends.iter().position(|end| value >= *end) {
        Some(0) => best,
        Some(1) => 30.0 + step(1),
        Some(2) => 20.0 + step(2),
        Some(_) | None => 10.0 + step(3),
    };
    (grade + 1e-3).clamp(0.0, best) as u8
}

/// The grades that this edition knows, from the best down.
pub(super) fn levels(edition: Edition) -> impl Iterator<Item = u8> {
    let step = match edition {
        Edition::Y2011 => 10,
        Edition::Y2024 => 1,
    };
    (0..=BEST).rev().step_by(step)
}

/// The highest level that is reached: at each one what falls short of it counts as damage, and the
/// grade of that damage is a bound as well (ISO/IEC 15415, 7.8.4: "parameter grade overlay").
pub(super) fn overlay(edition: Edition, grade_at: impl Fn(u8) -> u8) -> u8 {
    let mut best = 0;
    for level in levels(edition) {
        if level <= best {
            break;
        }
        best = best.max(level.min(grade_at(level)));
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_grades_change_at_the_thresholds() {
        let grade = |table, value| tenths(Edition::Y2011, table, value);
        assert_eq!([0.70, 0.699, 0.40, 0.199].map(|v| grade(CONTRAST, v)), [40, 30, 20, 0]);
        assert_eq!([0.06, 0.0601, 0.12, 0.13].map(|v| grade(AXIAL, v)), [40, 30, 10, 0]);
        assert_eq!([0.0, 0.001, 0.09, 0.18].map(|v| grade(LEG, v)), [40, 30, 30, 0]);
        assert_eq!([0.0, 0.0999, 0.1, 0.25].map(|v| grade(CLOCK, v)), [40, 40, 30, 0]);
    }

    #[test]
    fn tenths_lie_on_straight_lines_between_the_thresholds() {
        let grade = |table, value| tenths(Edition::Y2024, table, value);
        // 3.666 is cut off to 3.6.
        assert_eq!(
            [0.70, 0.65, 0.55, 0.30, 0.10, 0.0].map(|v| grade(CONTRAST, v)),
            [40, 36, 30, 15, 5, 0]
        );
        assert_eq!([0.06, 0.07, 0.14, 0.2].map(|v| grade(AXIAL, v)), [40, 35, 0, 0]);
        assert_eq!([0.0, 0.045, 0.09].map(|v| grade(LEG, v)), [40, 35, 30]);
        assert_eq!(grade(CONTRAST, f32::NAN), 0);
    }

    #[test]
    fn the_overlay_takes_the_level_that_pays_best() {
        // Damage is none at level 2, some at 3, a lot at 4.
        let at = |level: u8| {
            if level > 30 {
                10
            } else if level > 20 {
                25
            } else {
                BEST
            }
        };
        assert_eq!(overlay(Edition::Y2011, at), 25);
        assert_eq!(overlay(Edition::Y2024, |level| if level > 33 { 0 } else { BEST }), 33);
    }
}
