//! What is missing for the next better grade.
use super::conditions::Standard;
use super::scale::{self, Table};
use super::{Grade, Kind};

/// A threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Next {
    /// The whole grade that begins there.
    pub grade: f32,
    /// The value that must be reached.
    pub value: f32,
    /// More is better; else the value must fall to it.
    pub rising: bool,
}

impl Grade {
    /// Where the next whole grade of a parameter begins. Of modulation and reflectance margin: the
    /// modulation that enough codewords must have; of fixed pattern damage: what the segment with
    /// the lowest grade must reach. `None` for decode, and where the grade is 4.
    pub fn next(&self, kind: Kind) -> Option<Next> {
        let table = match kind {
            Kind::Decode => return None,
            Kind::SymbolContrast if self.standard == Standard::Iso29158 => scale::CELL_CONTRAST,
            Kind::SymbolContrast => scale::CONTRAST,
            Kind::Modulation | Kind::ReflectanceMargin => scale::MODULATION,
            Kind::AxialNonUniformity => scale::AXIAL,
            Kind::GridNonUniformity => scale::GRID,
            Kind::FixedPatternDamage => self.worst_segment()?,
            Kind::UnusedErrorCorrection => scale::UNUSED,
        };
        table.above(self.of(kind).grade)
    }

    /// The table of the segment with the lowest grade that has one.
    fn worst_segment(&self) -> Option<Table> {
        let worst = self.segments.iter().min_by(|a, b| a.grade.total_cmp(&b.grade))?;
        match worst.name {
            "L1" | "L2" | "QZL1" | "QZL2" => Some(scale::LEG),
            "TTR" | "RTR" => Some(scale::TRANSITIONS),
            "TCT" | "TQZ" | "TSA" | "RCT" | "RQZ" | "RSA" => Some(scale::CLOCK),
            "AG" | "DD" => Some(scale::AVERAGE),
            _ => None,
        }
    }
}

impl Table {
    /// Where the whole grade above this one begins.
    fn above(self, grade: f32) -> Option<Next> {
        let (ends, rising) = self.thresholds();
        let wholes = [4.0, 3.0, 2.0, 1.0_f32];
        let at = wholes.iter().rposition(|whole| *whole > grade + 1e-3)?;
        Some(Next { grade: wholes[at], value: ends[at], rising })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_whole_grade_is_named_with_its_threshold() {
        let next = |table: Table, grade| table.above(grade).map(|n| (n.grade, n.value));
        assert_eq!(next(scale::CONTRAST, 0.0), Some((1.0, 0.20)));
        assert_eq!(next(scale::CONTRAST, 2.3), Some((3.0, 0.55)));
        assert_eq!(next(scale::AXIAL, 3.0), Some((4.0, 0.06)));
        assert_eq!(next(scale::GRID, 4.0), None);
    }
}
