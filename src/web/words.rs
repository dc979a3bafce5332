//! The line in words for the person in front of it: what stands, why, and what to do.
use crate::line::{AlarmWords, Cause, Hand, LineState, Request, Scenario, StopReason};
use serde::Serialize;

/// What is wrong, what follows from it, and what to do (ISA-18.2: an alarm without an action is no
/// alarm).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What is wrong.
    pub cause: String,
    /// What follows from it.
    pub consequence: &'static str,
    /// What to do.
    pub action: String,
}

/// The reason why a line does not run, in words. The last part of the action depends on the state
/// that the line is in.
pub fn advice(why: StopReason, state: LineState, scenario: Scenario) -> Advice {
    let knows_none = why == StopReason::NoCodes && !scenario.prints();
    let words = if knows_none { none_known() } else { why.words() };
    let AlarmWords { cause, consequence, action } = words;
    // What to do about a full roll names its button already: it is always told of a held line.
    let cools = why == StopReason::Printer(Cause::TooHot) && state == LineState::Held;
    let way_on = if why == StopReason::RollFull {
        ""
    } else if cools {
        GOES_ON
    } else {
        way_on(state)
    };
    Advice { cause, consequence, action: format!("{action} {way_on}").trim().to_owned() }
}

/// Where labels come printed, nobody waits for codes to print.
fn none_known() -> AlarmWords {
    AlarmWords {
        cause: "No codes of these labels are known".to_owned(),
        consequence: "Every label would be refused as foreign.",
        action: "Import the codes of the printed labels (markwright codes import), or choose a job \
                 whose labels are printed.",
    }
}

const GOES_ON: &str = "Then it goes on by itself.";

/// Which buttons lead on from a state, once the cause is gone.
const fn way_on(state: LineState) -> &'static str {
    match state {
        LineState::Held | LineState::Idle => "Then press Start.",
        LineState::Stopped | LineState::Complete | LineState::Aborted => {
            "Then press Reset, then Start."
        }
        LineState::Suspended | LineState::Stopping | LineState::Completing => GOES_ON,
        LineState::Clearing
        | LineState::Starting
        | LineState::Execute
        | LineState::Aborting
        | LineState::Holding
        | LineState::Unholding
        | LineState::Suspending
        | LineState::Unsuspending
        | LineState::Resetting => "",
    }
}

/// What a state means, in one short sentence.
pub(super) const fn meaning(state: LineState) -> &'static str {
    match state {
        LineState::Clearing => "Recovering after an abort.",
        LineState::Stopped => "At rest.",
        LineState::Starting => "Getting ready to run.",
        LineState::Idle => "Ready.",
        LineState::Suspended => "Waiting for a neighbour machine.",
        LineState::Execute => "Running.",
        LineState::Stopping => "Finishing what is on the belt, then rest.",
        LineState::Aborting => "Stopping at once.",
        LineState::Aborted => "Stopped at once.",
        LineState::Holding => "Coming to a hold.",
        LineState::Held => "Standing still, can go on.",
        LineState::Unholding => "Going on after a hold.",
        LineState::Suspending => "Coming to a wait.",
        LineState::Unsuspending => "Going on after a wait.",
        LineState::Resetting => "Getting ready.",
        LineState::Completing => "Job done, finishing what is on the belt.",
        LineState::Complete => "Job done.",
    }
}

/// What to do in a state in which nothing is wrong; nothing where the line goes on by itself.
pub(super) const fn hint(state: LineState) -> &'static str {
    match state {
        LineState::Idle | LineState::Held => "Press Start.",
        LineState::Stopped => "Press Reset to get ready.",
        LineState::Complete => "Press Reset for the next one.",
        LineState::Aborted => "Press Reset when it is safe.",
        LineState::Suspended => "Somebody asked it to wait: press Unsuspend.",
        LineState::Clearing
        | LineState::Starting
        | LineState::Execute
        | LineState::Stopping
        | LineState::Aborting
        | LineState::Holding
        | LineState::Unholding
        | LineState::Suspending
        | LineState::Unsuspending
        | LineState::Resetting
        | LineState::Completing => "",
    }
}

/// How much a state asks of a person: the shape and the ground of the big word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mood {
    /// It runs, nothing is wanted.
    Runs,
    /// It rests and waits for a person.
    Rests,
    /// It changes by itself.
    Changes,
    /// It waits, for a reason.
    Waits,
    /// Somebody must come.
    Alarm,
}

/// How much a state asks of a person.
pub(super) const fn mood(state: LineState) -> Mood {
    match state {
        LineState::Execute => Mood::Runs,
        LineState::Stopped | LineState::Idle | LineState::Complete => Mood::Rests,
        LineState::Held | LineState::Holding | LineState::Suspended | LineState::Suspending => {
            Mood::Waits
        }
        LineState::Aborted | LineState::Aborting => Mood::Alarm,
        LineState::Clearing
        | LineState::Starting
        | LineState::Stopping
        | LineState::Unholding
        | LineState::Unsuspending
        | LineState::Resetting
        | LineState::Completing => Mood::Changes,
    }
}

impl Mood {
    /// A shape, so that colour is never the only sign. With the text variation selector where a
    /// phone would draw a coloured picture.
    pub(super) const fn shape(self) -> &'static str {
        match self {
            Self::Runs => "▶\u{fe0e}",
            Self::Rests => "■",
            Self::Changes => "◐",
            Self::Waits => "▲",
            Self::Alarm => "✕",
        }
    }

    /// The name of the class in the style sheet.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Rests => "rests",
            Self::Changes => "changes",
            Self::Waits => "waits",
            Self::Alarm => "alarm",
        }
    }
}

/// What the page always shows, in the order of the buttons.
pub(super) const BUTTONS: [Request; 4] =
    [Request::Start, Request::Hold, Request::Stop, Request::Reset];

/// What the page shows only where the line takes it, and what it does. Start of a held line is
/// Unhold, Reset of an aborted one is Clear: the other names of the same are for programs.
pub(super) const MORE: [(Request, &str); 4] = [
    (Request::Suspend, "Wait with everything, until Unsuspend"),
    (Request::Unsuspend, "Go on"),
    (Request::Complete, "End this job with what is made"),
    (Request::Abort, "Stop at once; labels on their way are set aside"),
];

/// What a setter may move by hand, with the word for programs and the one for people.
pub(super) const HANDS: [(Hand, &str, &str); 6] = [
    (Hand::Stand, "stand", "Belt off"),
    (Hand::Belt, "belt", "Belt on"),
    (Hand::BeltAndInfeed, "belt-and-infeed", "Belt and infeed on"),
    (Hand::ClearPad, "clear-pad", "Clear the pad"),
    (Hand::TakePicture, "take-picture", "Take one picture"),
    (Hand::MoveGate, "move-gate", "Move the gate once"),
];

/// The one button to press next, where nothing else is more likely.
pub(super) const fn is_primary(state: LineState, request: Request) -> bool {
    matches!(
        (state, request),
        (LineState::Idle | LineState::Held, Request::Start)
            | (LineState::Stopped | LineState::Complete | LineState::Aborted, Request::Reset)
    )
}

/// A length of time for a person: `12 s`, `4 min 05 s`, `3 h 20 min`, `2 d 4 h`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass by reference")]
pub(super) fn span(seconds: &u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match *seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {:02} s", seconds % 60),
        3600..86_400 => format!("{hours} h {:02} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A number with thin spaces between thousands: `1 234 567`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass by reference")]
pub(super) fn grouped(n: &u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Cause;

    #[test]
    fn every_state_leads_on_by_a_button_or_by_itself() {
        for state in LineState::ALL {
            let buttons = BUTTONS.into_iter().filter(|b| state.after(*b).is_some()).count();
            let by_itself = matches!(mood(state), Mood::Changes) || state == LineState::Aborting;
            assert!(buttons > 0 || by_itself, "{state}");
        }
    }

    #[test]
    fn the_primary_button_can_be_pressed() {
        for state in LineState::ALL {
            let primary: Vec<_> =
                BUTTONS.into_iter().filter(|request| is_primary(state, *request)).collect();
            assert!(primary.len() <= 1, "{state}");
            assert!(primary.iter().all(|request| state.after(*request).is_some()), "{state}");
        }
    }

    #[test]
    fn out_of_labels_on_a_held_line_says_what_to_load_and_what_to_press() {
        let cause = StopReason::Printer(Cause::OutOfLabels);
        let advice = advice(cause, LineState::Held, Scenario::PrintApply);
        assert_eq!(advice.cause, "The printer is out of labels");
        assert_eq!(advice.action, "Load a new roll of labels. Then press Start.");
    }

    #[test]
    fn a_line_that_prints_nothing_is_not_told_that_no_codes_are_left_to_print() {
        for scenario in Scenario::ALL {
            let said = advice(StopReason::NoCodes, LineState::Stopped, scenario);
            let of_print = said.cause.contains("to print") && said.action.contains("Order codes");
            assert_eq!(of_print, scenario.prints(), "{scenario:?}: {said:?}");
        }
    }

    #[test]
    fn spans_and_numbers_read_well() {
        assert_eq!(span(&59), "59 s");
        assert_eq!(span(&65), "1 min 05 s");
        assert_eq!(span(&3720), "1 h 02 min");
        assert_eq!(span(&180_000), "2 d 2 h");
        assert_eq!(grouped(&1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(&12), "12");
    }
}
