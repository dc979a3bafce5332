//! What a look at the print says: how it stands, each parameter, shares of the letters.
use super::draw::{self, Line, Scale};
use crate::line::letter;
use crate::store::GradeStretch;
use crate::symbol::grade::Kind;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Where nothing is asked of a line: C, which customers and state systems ask of a code at least.
const USUAL_LEAST: u8 = 15;
/// So close to the least grade, or so far below what it was, in tenths: it gets worse.
const CLOSE: f64 = 5.0;
/// Below the least grade are more than so many of the newest symbols in a hundred: it is bad.
const LOW_SHARE: f64 = 5.0;

/// How the print stands: what a look of three seconds must tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    Good,
    Worse,
    Bad,
    NotKnown,
}

impl Standing {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Worse => "Getting worse",
            Self::Bad => "Bad",
            Self::NotKnown => "Not graded",
        }
    }

    pub(super) const fn shape(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Worse => "▲",
            Self::Bad => "✕",
            Self::NotKnown => "○",
        }
    }

    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Good => "runs",
            Self::Worse => "waits",
            Self::Bad => "alarm",
            Self::NotKnown => "changes",
        }
    }
}

/// A parameter now and over time.
#[derive(Debug, Clone)]
pub(super) struct OneParameter {
    pub(super) kind: Kind,
    /// The mean of the newest symbols, in tenths of a grade.
    pub(super) now: f64,
    pub(super) is_worst: bool,
    over_time: Vec<(i64, f64)>,
}

/// Everything that the page shows.
#[derive(Debug)]
pub(super) struct Quality {
    span: (i64, i64),
    stretch: i64,
    stretches: Vec<GradeStretch>,
    pub(super) recent: Option<GradeStretch>,
    pub(super) least: Option<u8>,
    pub(super) standing: Standing,
    pub(super) parameters: Vec<OneParameter>,
}

impl Quality {
    /// `warned`: alarms about the print stand.
    pub(super) fn new(
        span: (i64, i64),
        stretch: i64,
        stretches: Vec<GradeStretch>,
        recent: Option<GradeStretch>,
        least: Option<u8>,
        warned: bool,
    ) -> Self {
        let standing = standing(recent.as_ref(), &stretches, least, warned);
        let parameters = recent.as_ref().map(|now| parameters(now, &stretches)).unwrap_or_default();
        Self { span, stretch, stretches, recent, least, standing, parameters }
    }

    fn scale(&self) -> Scale {
        Scale { from: self.span.0, to: self.span.1, gap: self.stretch * 5 / 2 }
    }

    fn points(&self, of: impl Fn(&GradeStretch) -> Option<f64>) -> Vec<(i64, f64)> {
        let middle = |stretch: &GradeStretch| (stretch.at + self.stretch / 2).min(self.span.1);
        self.stretches.iter().filter_map(|one| Some((middle(one), of(one)?))).collect()
    }

    /// The overall grade over time.
    #[expect(clippy::cast_precision_loss, reason = "a grade")]
    pub(super) fn overall_chart(&self) -> String {
        let mean = self.points(|one| Some(one.overall));
        let lowest = self.points(|one| Some(one.lowest as f64));
        let lines =
            [Line { class: "lowest", points: &lowest }, Line { class: "mean", points: &mean }];
        draw::grades(self.scale(), &lines, self.least)
    }

    /// Print growth over time.
    pub(super) fn growth_chart(&self) -> String {
        let (x, y) = (self.points(|one| one.growth_x), self.points(|one| one.growth_y));
        let lines = [Line { class: "mean", points: &x }, Line { class: "second", points: &y }];
        draw::growth(self.scale(), &lines)
    }

    pub(super) fn parameter_chart(&self, one: &OneParameter) -> String {
        draw::spark(self.scale(), &one.over_time)
    }

    pub(super) fn has_growth(&self) -> bool {
        self.stretches.iter().any(|one| one.growth_x.is_some())
    }

    /// The worst parameter, if one is worth a word.
    pub(super) fn worst(&self) -> Option<&OneParameter> {
        self.parameters.iter().find(|one| one.is_worst)
    }

    /// Symbols of each letter in the whole time, and their share in percent.
    pub(super) fn letters(&self) -> Vec<(char, i64, i64)> {
        let of_each = |one: &GradeStretch| [one.a, one.b, one.c, one.d, one.f];
        let mut sums = [0; 5];
        for counts in self.stretches.iter().map(of_each) {
            sums.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        }
        let all = self.graded().max(1);
        let letters = ['A', 'B', 'C', 'D', 'F'].into_iter().zip(sums);
        letters.map(|(letter, n)| (letter, n, n * 100 / all)).collect()
    }

    pub(super) fn letters_chart(&self) -> String {
        draw::shares(&self.letters().iter().map(|(letter, n, _)| (*letter, *n)).collect::<Vec<_>>())
    }

    /// How many symbols were graded.
    pub(super) fn graded(&self) -> i64 {
        self.stretches.iter().map(|one| one.n).sum()
    }

    /// In one sentence, why it stands as it does.
    pub(super) fn why(&self) -> String {
        let Some(now) = &self.recent else {
            return "No symbol was graded in the last hour.".to_owned();
        };
        let least = self.least.unwrap_or(USUAL_LEAST);
        let asked = if self.least.is_some() { "the least grade" } else { "grade C" };
        let limit = format!("{asked}, {}", tenths(f64::from(least)));
        let worst = self.worst().map_or("", |one| one.kind.name());
        match self.standing {
            Standing::Bad if now.low > 0 => {
                format!(
                    "{} of the last {} symbols are below {limit}. Worst: {worst}.",
                    now.low, now.n
                )
            }
            Standing::Bad => format!("The print is below {limit}. Worst: {worst}."),
            Standing::Worse => format!("Still above {limit}. Worst: {worst}."),
            Standing::Good | Standing::NotKnown => format!("Above {limit}."),
        }
    }

    pub(super) fn as_json(&self, line: &str, over: &str, warnings: &[Cow<'_, str>]) -> Value {
        let letters =
            self.letters().into_iter().map(|(letter, n, _)| (letter.to_string(), n.into()));
        json!({
            "line": line, "over": over,
            "from": self.span.0, "to": self.span.1, "stretch_seconds": self.stretch / 1_000_000,
            "least_grade": self.least.map(|least| f64::from(least) / 10.0),
            "standing": self.standing, "warnings": warnings,
            "now": self.recent.as_ref().map(stretch_json),
            "letters": letters.collect::<serde_json::Map<_, Value>>(),
            "stretches": self.stretches.iter().map(stretch_json).collect::<Vec<_>>(),
        })
    }
}

/// Grades as numbers from 4.0 to 0.0, growth in shares of its limit.
fn stretch_json(one: &GradeStretch) -> Value {
    let keys = Kind::ALL.map(Kind::key).into_iter().zip(one.parameters());
    let parameters = keys.map(|(key, grade)| (key.to_owned(), grade.map(|g| g / 10.0).into()));
    json!({
        "at": one.at, "n": one.n, "overall": one.overall / 10.0, "lowest": one.lowest,
        "low": one.low, "calibrated": one.calibrated == one.n,
        "parameters": parameters.collect::<serde_json::Map<_, Value>>(),
        "growth": { "x": one.growth_x.map(|g| g / 100.0), "y": one.growth_y.map(|g| g / 100.0) },
    })
}

#[expect(clippy::cast_precision_loss, reason = "numbers of symbols")]
fn standing(
    recent: Option<&GradeStretch>,
    stretches: &[GradeStretch],
    least: Option<u8>,
    warned: bool,
) -> Standing {
    let Some(now) = recent else { return Standing::NotKnown };
    let limit = f64::from(least.unwrap_or(USUAL_LEAST));
    if now.overall < limit || now.low as f64 * 100.0 > LOW_SHARE * now.n as f64 {
        return Standing::Bad;
    }
    let all: i64 = stretches.iter().map(|one| one.n).sum();
    let sum: f64 = stretches.iter().map(|one| one.overall * one.n as f64).sum();
    let usual = if all > 0 { sum / all as f64 } else { now.overall };
    if warned || now.overall < limit + CLOSE || now.overall <= usual - CLOSE {
        return Standing::Worse;
    }
    Standing::Good
}

fn parameters(now: &GradeStretch, stretches: &[GradeStretch]) -> Vec<OneParameter> {
    let grades = now.parameters();
    let worst = grades.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let of = |(at, grade): (usize, Option<f64>)| {
        let over_time = stretches.iter().filter_map(|one| Some((one.at, one.parameters()[at]?)));
        Some(OneParameter {
            kind: Kind::ALL[at],
            now: grade?,
            is_worst: false,
            over_time: over_time.collect(),
        })
    };
    let mut found: Vec<_> = grades.into_iter().enumerate().filter_map(of).collect();
    // Decode is 4 or 0 by definition: where something else is as bad, that says more. Of two that
    // are as bad as each other the first says more: reflectance margin counts modulation, too.
    let is_worst = |one: &OneParameter| one.now <= worst + 0.5 && one.now < 39.5;
    let says_more = |one: &OneParameter| is_worst(one) && one.kind != Kind::Decode;
    let at = found.iter().position(says_more).or_else(|| found.iter().position(is_worst));
    if let Some(at) = at {
        found[at].is_worst = true;
    }
    found
}

/// A grade in tenths, for a person: `3.4 B`.
pub(super) fn tenths(grade: f64) -> String {
    format!("{:.1} {}", grade / 10.0, letter_of(grade))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 40")]
pub(super) fn letter_of(grade: f64) -> char {
    letter(grade.round().clamp(0.0, 40.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(at: i64, overall: f64) -> GradeStretch {
        let lowest = 20;
        let (sc, fpd) = (Some(overall), Some(40.0));
        GradeStretch { at, n: 50, overall, lowest, a: 50, sc, fpd, ..GradeStretch::default() }
    }

    fn quality(now: f64, before: f64, least: Option<u8>, warned: bool) -> Quality {
        let stretches = (0..10).map(|n| stretch(n * 60, before)).collect();
        Quality::new((0, 600), 60, stretches, Some(stretch(0, now)), least, warned)
    }

    #[test]
    fn a_look_tells_good_from_getting_worse_from_bad() {
        let standing = |now, before, least, warned| quality(now, before, least, warned).standing;
        assert_eq!(standing(36.0, 36.0, Some(15), false), Standing::Good);
        assert_eq!(standing(30.0, 36.0, Some(15), false), Standing::Worse, "it was better");
        assert_eq!(standing(19.0, 19.0, Some(15), false), Standing::Worse, "close to the limit");
        assert_eq!(standing(36.0, 36.0, Some(15), true), Standing::Worse, "warned");
        assert_eq!(standing(14.0, 14.0, Some(15), false), Standing::Bad);
        assert_eq!(standing(14.0, 14.0, None, false), Standing::Bad);
        let nothing = Quality::new((0, 600), 60, Vec::new(), None, None, false);
        assert_eq!(nothing.standing, Standing::NotKnown);
    }

    #[test]
    fn single_labels_below_the_limit_are_bad_whatever_the_mean_is() {
        let low = GradeStretch { low: 5, ..stretch(0, 38.0) };
        let quality = Quality::new((0, 600), 60, vec![low.clone()], Some(low), Some(15), false);
        assert_eq!(quality.standing, Standing::Bad);
        assert!(
            quality.why().starts_with("5 of the last 50 symbols are below the least grade, 1.5 C.")
        );
    }

    #[test]
    fn the_worst_parameter_is_named_and_a_perfect_print_has_none() {
        assert_eq!(quality(30.0, 36.0, None, false).worst().unwrap().kind, Kind::SymbolContrast);
        assert!(quality(40.0, 40.0, None, false).worst().is_none());
    }

    #[test]
    fn programs_get_grades_from_four_to_nought() {
        let body = quality(36.0, 36.0, Some(15), false).as_json("one", "hour", &["x".into()]);
        assert_eq!(body["now"]["overall"], 3.6);
        assert_eq!(body["now"]["parameters"]["sc"], 3.6);
        assert_eq!(body["least_grade"], 1.5);
        assert_eq!(body["letters"]["A"], 500);
        assert_eq!(body["standing"], "good");
    }
}
