//! Scripts as people write them: TOML, one `[[event]]` table an incident.
use super::{Fault, Incident, Mood, Script};
use crate::sim::script::{self, ScriptError, Wrong};
use serde::Deserialize;
use std::time::Duration;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    label: Spanned<u64>,
    mood: Spanned<Name>,
    after: Option<Spanned<f64>>,
    lasts_ms: Option<Spanned<u64>>,
    resumes: Option<Spanned<bool>>,
    fault: Option<Spanned<FaultName>>,
    answers: Option<Spanned<u32>>,
    by: Option<Spanned<u64>>,
    inches_per_second: Option<Spanned<f32>>,
    labels: Option<Spanned<u64>>,
    unique_id: Option<Spanned<String>>,
    column: Option<Spanned<u32>>,
    columns: Option<Spanned<u32>>,
    counted: Option<Spanned<bool>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    MediaOut,
    RibbonOut,
    HeadOpen,
    TooHot,
    Paused,
    BufferFull,
    PowerCycle,
    ResetConnection,
    HalfOpen,
    SilentInFault,
    Silent,
    GarbledAnswers,
    SplitAnswers,
    MergedAnswers,
    SecondTalker,
    FeedPressed,
    ReprintPressed,
    CounterBackwards,
    Slow,
    Swapped,
    DeadDots,
    LostLabel,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultName {
    MediaOut,
    RibbonOut,
    HeadOpen,
}

impl Script {
    /// Reads a script (`docs/sim-printer.md`). An error names the line and what may stand there.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        Ok(Self { incidents: script::read(text, incident)? })
    }
}

fn incident(event: &Event) -> Result<Incident, Wrong> {
    if *event.label.as_ref() == 0 {
        return Err((Some(event.label.span()), "labels are counted from 1".to_owned()));
    }
    let after = event.after.as_ref().map_or(0.0, |after| *after.as_ref());
    if !(0.0..=1.0).contains(&after) {
        let span = event.after.as_ref().map(Spanned::span);
        return Err((span, "`after` is a part of the label: 0.0 to 1.0".to_owned()));
    }
    only_what_belongs(event)?;
    Ok(Incident {
        label: *event.label.as_ref(),
        after,
        mood: mood(event)?,
        lasts: event.lasts_ms.as_ref().map(|ms| Duration::from_millis(*ms.as_ref())),
        resumes: event.resumes.as_ref().is_none_or(|resumes| *resumes.as_ref()),
    })
}

fn only_what_belongs(event: &Event) -> Result<(), Wrong> {
    let given = [
        ("lasts_ms", event.lasts_ms.as_ref().map(Spanned::span)),
        ("resumes", event.resumes.as_ref().map(Spanned::span)),
        ("fault", event.fault.as_ref().map(Spanned::span)),
        ("answers", event.answers.as_ref().map(Spanned::span)),
        ("by", event.by.as_ref().map(Spanned::span)),
        ("inches_per_second", event.inches_per_second.as_ref().map(Spanned::span)),
        ("labels", event.labels.as_ref().map(Spanned::span)),
        ("unique_id", event.unique_id.as_ref().map(Spanned::span)),
        ("column", event.column.as_ref().map(Spanned::span)),
        ("columns", event.columns.as_ref().map(Spanned::span)),
        ("counted", event.counted.as_ref().map(Spanned::span)),
    ];
    let usual = ["label", "mood", "after"];
    script::only_what_belongs(given, &usual, keys(*event.mood.as_ref()))
}

/// The keys that may stand beside `label`, `mood` and `after`.
fn keys(name: Name) -> &'static [&'static str] {
    match name {
        Name::MediaOut | Name::RibbonOut | Name::HeadOpen | Name::Paused => {
            &["lasts_ms", "resumes"]
        }
        Name::SilentInFault => &["lasts_ms", "resumes", "fault"],
        Name::TooHot
        | Name::BufferFull
        | Name::PowerCycle
        | Name::HalfOpen
        | Name::Silent
        | Name::SplitAnswers
        | Name::MergedAnswers => &["lasts_ms"],
        Name::ResetConnection | Name::SecondTalker | Name::FeedPressed | Name::ReprintPressed => {
            &[]
        }
        Name::GarbledAnswers => &["answers"],
        Name::CounterBackwards => &["by"],
        Name::Slow => &["inches_per_second", "labels", "lasts_ms"],
        Name::Swapped => &["unique_id", "lasts_ms"],
        Name::DeadDots => &["column", "columns", "lasts_ms"],
        Name::LostLabel => &["counted"],
    }
}

fn mood(event: &Event) -> Result<Mood, Wrong> {
    let name = *event.mood.as_ref();
    Ok(match name {
        Name::MediaOut => Mood::Fault(Fault::MediaOut),
        Name::RibbonOut => Mood::Fault(Fault::RibbonOut),
        Name::HeadOpen => Mood::Fault(Fault::HeadOpen),
        Name::TooHot => Mood::Fault(Fault::TooHot),
        Name::Paused => Mood::Paused,
        Name::BufferFull => Mood::BufferFull,
        Name::PowerCycle => Mood::PowerCycle,
        Name::ResetConnection => Mood::ResetConnection,
        Name::HalfOpen => Mood::HalfOpen,
        Name::SilentInFault => Mood::SilentInFault(fault(event)),
        Name::Silent => Mood::Silent,
        Name::GarbledAnswers => Mood::GarbledAnswers(or(event.answers.as_ref(), 1)),
        Name::SplitAnswers => Mood::SplitAnswers,
        Name::MergedAnswers => Mood::MergedAnswers,
        Name::SecondTalker => Mood::SecondTalker,
        Name::FeedPressed => Mood::FeedPressed,
        Name::ReprintPressed => Mood::ReprintPressed,
        Name::CounterBackwards => Mood::CounterBackwards(or(event.by.as_ref(), 1)),
        Name::Slow => Mood::Slow {
            inches_per_second: speed(event)?,
            labels: event.labels.as_ref().map(|labels| *labels.as_ref()),
        },
        Name::Swapped => Mood::Swapped {
            unique_id: event
                .unique_id
                .as_ref()
                .ok_or_else(|| wants("unique_id", "text"))?
                .as_ref()
                .clone(),
        },
        Name::DeadDots => Mood::DeadDots {
            column: *event.column.as_ref().ok_or_else(|| wants("column", "a dot from 0"))?.as_ref(),
            columns: or(event.columns.as_ref(), 1),
        },
        Name::LostLabel => Mood::LostLabel { counted: or(event.counted.as_ref(), true) },
    })
}

fn or<T: Copy>(given: Option<&Spanned<T>>, otherwise: T) -> T {
    given.map_or(otherwise, |given| *given.as_ref())
}

fn wants(key: &str, what: &str) -> Wrong {
    (None, format!("this mood wants `{key}`: {what}"))
}

fn fault(event: &Event) -> Fault {
    match event.fault.as_ref().map(|fault| *fault.as_ref()) {
        Some(FaultName::MediaOut) | None => Fault::MediaOut,
        Some(FaultName::RibbonOut) => Fault::RibbonOut,
        Some(FaultName::HeadOpen) => Fault::HeadOpen,
    }
}

fn speed(event: &Event) -> Result<f32, Wrong> {
    let what = "inches a second, more than 0";
    let given = event.inches_per_second.as_ref().ok_or_else(|| wants("inches_per_second", what))?;
    let speed = *given.as_ref();
    if speed > 0.0 && speed.is_finite() {
        return Ok(speed);
    }
    Err((Some(given.span()), format!("`inches_per_second` wants {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_script_is_read() {
        let text = r#"
[[event]]
label = 3
after = 0.4
mood = "ribbon_out"
lasts_ms = 500
resumes = false

[[event]]
label = 9
mood = "slow"
inches_per_second = 2
labels = 4
"#;
        let first = Incident::new(3, Mood::Fault(Fault::RibbonOut)).after(0.4);
        let first = Incident { resumes: false, ..first.lasts(Duration::from_millis(500)) };
        let slow = Mood::Slow { inches_per_second: 2.0, labels: Some(4) };
        let wanted = vec![first, Incident::new(9, slow)];
        assert_eq!(Script::parse(text), Ok(Script { incidents: wanted }));
    }

    fn refused(text: &str) -> (usize, String) {
        let error = Script::parse(text).unwrap_err();
        (error.line, error.problem)
    }

    #[test]
    fn an_error_names_the_line_and_what_may_stand_there() {
        let (line, says) = refused("[[event]]\nlabel = 1\nmood = \"media_in\"\n");
        assert!(line == 3 && says.contains("`media_out`") && says.contains("lost_label"), "{says}");
        let (line, says) = refused("[[event]]\nlabel = 1\nmood = \"paused\"\nby = 3\n");
        assert!(line == 4 && says.contains("lasts_ms, resumes"), "{says}");
        let (line, says) = refused("\n[[event]]\nlabel = 1\nafter = 1.5\nmood = \"paused\"\n");
        assert!(line == 4 && says.contains("0.0 to 1.0"), "{says}");
        let (line, says) = refused("[[event]]\nlabel = 1\nmood = \"swapped\"\n");
        assert!(line == 1 && says.contains("unique_id"), "{line} {says}");
        let (line, says) = refused("[[event]]\nlabel = 0\nmood = \"silent\"\n");
        assert!(line == 2 && says.contains("from 1"), "{says}");
        let (line, says) = refused("[[event]]\nlabel = 1\nmood = \"paused\"\nwhen = 3\n");
        assert!(line == 4 && says.contains("lasts_ms"), "{says}");
        let (line, says) = refused("[[events]]\n");
        assert!(line == 1 && says.contains("event"), "{says}");
    }
}
