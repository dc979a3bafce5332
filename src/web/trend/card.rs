//! By which card the camera of a line is calibrated, how old that is, and what to do about it.
use crate::calibration::{Calibration, FRESH_FOR};
use crate::store::GradeStretch;
use crate::telemetry::clock::Micros;
use serde_json::{Value, json};

/// The calibration of a line's camera, and whether the newest grades were made with it.
#[derive(Debug)]
pub(super) struct Card {
    /// What is kept for this line.
    pub(super) kept: Option<Calibration>,
    /// Whether the newest symbols were graded with a calibration; nothing where none was graded.
    in_use: Option<bool>,
    at: Micros,
}

impl Card {
    pub(super) fn new(
        kept: Option<Calibration>,
        recent: Option<&GradeStretch>,
        at: Micros,
    ) -> Self {
        Self { kept, in_use: recent.map(|now| now.calibrated == now.n), at }
    }

    /// Whether somebody should do something: grades are not of light, or perhaps no longer.
    pub(super) fn warns(&self) -> bool {
        let stale = self.kept.as_ref().is_none_or(|card| card.is_stale(self.at));
        stale || self.in_use == Some(false)
    }

    /// By which card and how old that is, or that there is none.
    pub(super) fn words(&self) -> String {
        let Some(card) = &self.kept else { return "Uncalibrated".to_owned() };
        let which = card.card.as_ref().map_or_else(String::new, |card| format!(" {card}"));
        format!("Calibrated with card{which}: {}", card.age(self.at))
    }

    /// What that means and what to do; empty where all is well.
    pub(super) fn advice(&self) -> String {
        let days = FRESH_FOR.as_secs() / 86_400;
        match &self.kept {
            None => "Grades are of grey values, not of reflectances: they cannot be compared with \
                     another camera's. Measure a card: markwright calibrate."
                .to_owned(),
            Some(card) if card.is_stale(self.at) => format!(
                "A card is to be measured again after {days} days. Measure it: markwright calibrate."
            ),
            Some(_) if self.in_use == Some(false) => {
                "The newest symbols were graded without it: a camera takes its calibration when \
                 Markwright starts."
                    .to_owned()
            }
            Some(_) => String::new(),
        }
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "calibrated": self.in_use,
            "card": self.kept.as_ref().and_then(|card| card.card.as_deref()),
            "taken": self.kept.as_ref().map(|card| card.taken.0),
            "age_seconds": self.kept.as_ref().map(|card| (self.at.0 - card.taken.0) / 1_000_000),
            "stale": self.kept.as_ref().map(|card| card.is_stale(self.at)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::Patch;

    const DAY: i64 = 86_400_000_000;

    fn card(days: i64, calibrated: i64) -> Card {
        let kept = Calibration {
            camera: "one".into(),
            taken: Micros(0),
            dark: Patch { grey: 10.0, reflectance: 0.03 },
            light: Patch { grey: 230.0, reflectance: 0.86 },
            px_per_mm: None,
            card: Some("No. 7".into()),
        };
        let recent = GradeStretch { n: 9, calibrated, ..GradeStretch::default() };
        Card::new(Some(kept), Some(&recent), Micros(days * DAY))
    }

    #[test]
    fn a_fresh_card_is_named_with_its_age_and_a_stale_one_warns() {
        let fresh = card(3, 9);
        assert_eq!(fresh.words(), "Calibrated with card No. 7: 3 days old");
        assert_eq!((fresh.warns(), fresh.advice().as_str()), (false, ""));
        let stale = card(31, 9);
        assert!(stale.warns() && stale.advice().contains("after 30 days"), "{stale:?}");
    }

    #[test]
    fn grades_without_a_card_are_said_to_be_uncalibrated() {
        let none = Card::new(None, None, Micros(0));
        assert_eq!(none.words(), "Uncalibrated");
        assert!(none.warns() && none.advice().contains("grey values"));
        let unused = card(3, 0);
        assert!(unused.warns() && unused.advice().contains("when Markwright starts"));
    }
}
