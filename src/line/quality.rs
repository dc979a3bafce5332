//! How well symbols are printed, as the line sees it: grades, and where they are heading.
use super::{Along, StopReason};

/// The grades of one symbol, in tenths of a grade: 40 is A, 0 is F (ISO/IEC 15415).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Quality {
    /// The overall grade.
    pub overall: u8,
    /// The grade of each parameter that was measured, in the order of [`Quality::KEYS`].
    pub parameters: [Option<u8>; 8],
    /// Print growth across and along the rows, in hundredths: 0 is as it should be, ±100 is the
    /// limit.
    pub growth: Option<(i16, i16)>,
    /// Whether the camera was calibrated with a card of known reflectance.
    pub calibrated: bool,
}

impl Quality {
    /// The overall grade as people write it: 3.4.
    pub fn figure(&self) -> String {
        format!("{}.{}", self.overall / 10, self.overall % 10)
    }

    /// The parameters by their short names.
    pub const KEYS: [&'static str; 8] = ["decode", "sc", "mod", "rm", "anu", "gnu", "fpd", "uec"];
    /// The same for people.
    pub const NAMES: [&'static str; 8] = [
        "decode",
        "symbol contrast",
        "modulation",
        "reflectance margin",
        "axial non-uniformity",
        "grid non-uniformity",
        "fixed pattern damage",
        "unused error correction",
    ];

    /// The parameter with the lowest grade: its place in [`Quality::KEYS`], and the grade.
    pub fn worst(&self) -> Option<(usize, u8)> {
        let graded = self.parameters.iter().enumerate();
        graded.filter_map(|(at, grade)| Some((at, (*grade)?))).min_by_key(|(_, grade)| *grade)
    }

    /// Why it is worse than `least`, such as `below grade C: 1.2 (modulation 1.2)`.
    pub fn below(&self, least: u8) -> String {
        let worst = self
            .worst()
            .map(|(at, grade)| format!("{} {}.{}", Self::NAMES[at], grade / 10, grade % 10));
        let growth = self.growth.filter(|(x, y)| x.abs().max(y.abs()) > GROWTH_LIMIT);
        let growth = growth.map(|(x, y)| {
            format!("print growth {:+.2}, {:+.2}", f32::from(x) / 100.0, f32::from(y) / 100.0)
        });
        let why: Vec<_> = worst.into_iter().chain(growth).collect();
        let (whole, tenth) = (self.overall / 10, self.overall % 10);
        format!("below grade {}: {whole}.{tenth} ({})", name_of(least), why.join(", "))
    }
}

/// The letter of a grade in tenths (ISO/IEC 15415, table 1).
pub const fn letter(tenths: u8) -> char {
    match tenths {
        35.. => 'A',
        25.. => 'B',
        15.. => 'C',
        5.. => 'D',
        _ => 'F',
    }
}

/// A limit as it was most likely asked for: by its letter, or by its number.
fn name_of(least: u8) -> String {
    if [35, 25, 15, 5].contains(&least) {
        letter(least).to_string()
    } else {
        format!("{}.{}", least / 10, least % 10)
    }
}

/// What is asked of the print, and what is kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QualitySettings {
    /// A symbol whose overall grade, in tenths, is below this is a reject.
    pub least_grade: Option<u8>,
    /// One picture in so many of good symbols is kept; 0 = only those of rejects.
    pub keep_one_in: u32,
}

impl Default for QualitySettings {
    fn default() -> Self {
        Self { least_grade: None, keep_one_in: 100 }
    }
}

/// A place across the symbol in which dark modules are printed too light.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Wear {
    /// Whether it is a column or a row.
    pub along: Along,
    /// Its number in the symbol, from one.
    pub column: u32,
    /// In how many of a hundred of the last labels; 0 where that is not told any more.
    pub share: u8,
}

/// Places that are remembered at a time; a head that is worn in more of them says nothing new.
const WEARS_MAX: usize = 8;

/// Beyond this, in hundredths of the limit, print growth is worth a word.
const GROWTH_LIMIT: i16 = 75;
/// Back below this, it is not any more.
const GROWTH_WELL: i32 = 60;
/// Means are kept in this part of a tenth (or of a hundredth, for growth).
const PART: i32 = 256;
/// The short mean forgets with 1/16 a label, the long one with 1/256.
const SHORT: i32 = 16;
const LONG: i32 = 256;
/// Nothing is said before so many labels.
const SEEN_LEAST: u32 = 32;
/// Tenths of a grade above the least grade at which it gets close, and at which it is far again.
const CLOSE: i32 = 5;
const FAR: i32 = 7;
/// Tenths of a grade that the last labels are below those before them, for a warning and for its end.
const FALLEN: i32 = 5;
const LEVEL: i32 = 2;

/// Where the print quality is heading.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Trend {
    wears: Vec<Wear>,
    seen: u32,
    /// Means of the overall grade.
    short: i32,
    long: i32,
    /// Means of print growth.
    growth: (i32, i32),
    falls: bool,
    drifts: bool,
}

impl Trend {
    pub(super) fn note_wear(&mut self, wear: Wear) {
        let same = |known: &Wear| (known.along, known.column) == (wear.along, wear.column);
        if wear.share == 0 {
            self.wears.retain(|known| !same(known));
        } else if !self.wears.iter().any(same) && self.wears.len() < WEARS_MAX {
            self.wears.push(wear);
        }
    }

    /// Takes the next grade.
    pub(super) fn see(&mut self, quality: &Quality, least: Option<u8>) {
        let overall = i32::from(quality.overall) * PART;
        let growth = quality.growth.map(|(x, y)| (i32::from(x) * PART, i32::from(y) * PART));
        if self.seen == 0 {
            (self.short, self.long) = (overall, overall);
            self.growth = growth.unwrap_or_default();
        }
        self.seen = self.seen.saturating_add(1);
        self.short += (overall - self.short) / SHORT;
        self.long += (overall - self.long) / LONG;
        if let Some((x, y)) = growth {
            self.growth.0 += (x - self.growth.0) / SHORT;
            self.growth.1 += (y - self.growth.1) / SHORT;
        }
        if self.seen >= SEEN_LEAST {
            self.judge(least.map(i32::from));
        }
    }

    fn judge(&mut self, least: Option<i32>) {
        let within = |tenths: i32| least.is_some_and(|least| self.short < (least + tenths) * PART);
        let below = |tenths: i32| self.long - self.short >= tenths * PART;
        self.falls =
            if self.falls { within(FAR) || below(LEVEL) } else { within(CLOSE) || below(FALLEN) };
        let growth = self.growth.0.abs().max(self.growth.1.abs());
        let limit = if self.drifts { GROWTH_WELL } else { i32::from(GROWTH_LIMIT) };
        self.drifts = growth > limit * PART;
    }

    /// What stands, as alarms that stop nothing.
    pub(super) fn warnings(&self) -> impl Iterator<Item = StopReason> + '_ {
        let wears = self.wears.iter().copied().map(StopReason::HeadWears);
        let falls = self.falls.then_some(StopReason::QualityFalls);
        wears.chain(falls).chain(self.drifts.then_some(StopReason::GrowthDrifts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quality(overall: u8) -> Quality {
        let mut parameters = [Some(40); 8];
        parameters[2] = Some(overall);
        Quality { overall, parameters, growth: Some((10, -5)), calibrated: true }
    }

    fn after(grades: impl IntoIterator<Item = u8>, least: Option<u8>) -> Trend {
        let mut trend = Trend::default();
        grades.into_iter().for_each(|grade| trend.see(&quality(grade), least));
        trend
    }

    #[test]
    fn a_low_grade_says_what_pulled_it_down() {
        let mut low = quality(12);
        assert_eq!(low.below(15), "below grade C: 1.2 (modulation 1.2)");
        low.growth = Some((92, 0));
        assert_eq!(
            low.below(18),
            "below grade 1.8: 1.2 (modulation 1.2, print growth +0.92, +0.00)"
        );
        assert_eq!([40, 35, 34, 15, 14, 5, 4].map(letter), ['A', 'A', 'B', 'C', 'D', 'D', 'F']);
    }

    #[test]
    fn a_falling_grade_is_told_before_the_first_reject() {
        let mut trend = after([36; 100], Some(15));
        assert_eq!(trend.warnings().count(), 0);
        let mut grades = (15..=36).rev().flat_map(|grade| [grade; 20]);
        let warned = grades.find(|grade| {
            trend.see(&quality(*grade), Some(15));
            trend.warnings().next() == Some(StopReason::QualityFalls)
        });
        assert!(warned.is_some_and(|grade| grade > 25), "{warned:?}");
        (0..2_000).for_each(|_| trend.see(&quality(36), Some(15)));
        assert_eq!(trend.warnings().count(), 0, "it does not end");
    }

    #[test]
    fn a_steady_grade_close_to_the_least_one_is_told() {
        assert_eq!(after([19; 40], Some(15)).warnings().next(), Some(StopReason::QualityFalls));
        assert_eq!(after([20; 40], Some(15)).warnings().count(), 0);
        assert_eq!(after([5; 40], None).warnings().count(), 0, "nothing is asked of it");
    }

    #[test]
    fn grades_that_only_scatter_are_no_news() {
        let scattered = (0..5_000_u32).map(|n| 28 + u8::try_from(n * 7919 % 9).unwrap());
        let mut trend = Trend::default();
        for grade in scattered {
            trend.see(&quality(grade), Some(15));
            assert_eq!(trend.warnings().count(), 0);
        }
    }

    #[test]
    fn growth_and_worn_dots_come_and_go() {
        let mut trend = Trend::default();
        let wide = Quality { growth: Some((5, 90)), ..quality(40) };
        (0..40).for_each(|_| trend.see(&wide, None));
        assert!(trend.warnings().eq([StopReason::GrowthDrifts]));
        (0..40).for_each(|_| trend.see(&quality(40), None));
        assert_eq!(trend.warnings().count(), 0);
        let wear = Wear { along: Along::Column, column: 7, share: 94 };
        trend.note_wear(wear);
        trend.note_wear(Wear { share: 96, ..wear });
        assert!(trend.warnings().eq([StopReason::HeadWears(wear)]));
        trend.note_wear(Wear { share: 0, ..wear });
        assert_eq!(trend.warnings().count(), 0);
    }
}
