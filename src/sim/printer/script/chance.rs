//! Scripts by chance: every mood can come, and each ends by itself.
use super::{Fault, Incident, Mood, Script};
use crate::sim::dice::Dice;
use crate::sim::printer::Language;
use std::time::Duration;

/// Kinds of [`Mood`] that chance knows.
const KINDS: u64 = 22;
/// At most so many incidents in one script.
const MOST: u64 = 3;
/// The longest time of one incident.
const LONGEST: u64 = 600;

impl Script {
    /// One to three incidents of any kind among the first `labels` labels, each of which ends by
    /// itself within 0.6 s. The same seed gives the same script. A swap is followed by the
    /// power-up that it waits for.
    ///
    /// The language changes only what the printer does not have: nothing so far.
    pub fn by_chance(seed: u64, labels: u64, language: Language) -> Self {
        let mut dice = Dice::of(seed, language as u64);
        let count = 1 + dice.roll(MOST);
        let mut incidents = Vec::new();
        for _ in 0..count {
            incidents.extend(incident(&mut dice, labels));
        }
        Self { incidents }
    }
}

fn incident(dice: &mut Dice, labels: u64) -> Vec<Incident> {
    let label = 1 + dice.roll(labels);
    let after = dice.unit();
    let lasts = Duration::from_millis(50 + dice.roll(LONGEST - 50));
    let mood = mood(dice);
    let swapped = matches!(mood, Mood::Swapped { .. });
    let first = Incident::new(label, mood).after(after).lasts(lasts);
    let power = swapped.then(|| Incident {
        mood: Mood::PowerCycle,
        lasts: Some(Duration::from_millis(20)),
        ..first.clone()
    });
    [first].into_iter().chain(power).collect()
}

fn mood(dice: &mut Dice) -> Mood {
    let stops = [Fault::MediaOut, Fault::RibbonOut, Fault::HeadOpen];
    match dice.roll(KINDS) {
        0 => Mood::Fault(Fault::MediaOut),
        1 => Mood::Fault(Fault::RibbonOut),
        2 => Mood::Fault(Fault::HeadOpen),
        3 => Mood::Fault(Fault::TooHot),
        4 => Mood::Paused,
        5 => Mood::BufferFull,
        6 => Mood::PowerCycle,
        7 => Mood::ResetConnection,
        8 => Mood::HalfOpen,
        9 => Mood::SilentInFault(stops[dice.below(stops.len())]),
        10 => Mood::Silent,
        11 => Mood::GarbledAnswers(1 + u32::try_from(dice.roll(4)).unwrap_or(0)),
        12 => Mood::SplitAnswers,
        13 => Mood::MergedAnswers,
        14 => Mood::SecondTalker,
        15 => Mood::FeedPressed,
        16 => Mood::ReprintPressed,
        17 => Mood::CounterBackwards(1 + dice.roll(50)),
        18 => Mood::Slow { inches_per_second: 1.0, labels: Some(1 + dice.roll(3)) },
        19 => Mood::Swapped { unique_id: format!("OTHER{:04}", dice.roll(10_000)) },
        20 => Mood::DeadDots {
            column: u32::try_from(dice.roll(600)).unwrap_or(0),
            columns: 1 + u32::try_from(dice.roll(24)).unwrap_or(0),
        },
        _ => Mood::LostLabel { counted: dice.chance(0.5) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_same_seed_gives_the_same_script() {
        let script = |seed| Script::by_chance(seed, 40, Language::Tspl);
        assert_eq!(script(5), script(5));
        assert_ne!(script(5), script(6));
    }

    #[test]
    fn every_mood_comes_and_every_one_ends() {
        let mut seen = BTreeSet::new();
        for seed in 0..1_000 {
            let script = Script::by_chance(seed, 40, Language::Zpl);
            assert!((1..=6).contains(&script.incidents.len()));
            for incident in script.incidents {
                assert!((1..=40).contains(&incident.label) && incident.lasts.is_some());
                let name = format!("{:?}", incident.mood);
                let known = name.split([' ', '(']).next().unwrap_or_default().to_owned();
                seen.insert(if known == "Fault" { name } else { known });
            }
        }
        assert_eq!(seen.len(), usize::try_from(KINDS).unwrap(), "{seen:?}");
    }
}
