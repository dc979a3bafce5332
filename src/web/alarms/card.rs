//! One alarm as it is shown, and all of them.
use super::super::orders::at;
use super::super::words;
use crate::alarm::{Alarm, Flood, Priority, Shown, State};
use crate::line::StopReason;
use crate::store::{AlarmNow, AlarmStep};
use crate::telemetry::clock::Micros;
use serde::Serialize;

/// The alarms of a line, for people and for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Board {
    /// Alarms that came within the last ten minutes.
    pub(super) lately: usize,
    /// Whether there are too many to look at one by one.
    pub(super) flood: bool,
    /// One by one, the most urgent first.
    pub(super) top: Vec<Card>,
    /// In a flood: the others, by where they come from.
    pub(super) held: Vec<HeldGroup>,
    /// Shelved, suppressed by design, out of service.
    pub(super) aside: Vec<Card>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct HeldGroup {
    pub(super) name: &'static str,
    pub(super) alarms: Vec<Card>,
}

/// One alarm.
#[expect(clippy::struct_excessive_bools, reason = "each is a mark or a button of the page")]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Card {
    pub(super) kind: String,
    pub(super) state: &'static str,
    #[serde(skip)]
    pub(super) state_words: &'static str,
    pub(super) priority: &'static str,
    #[serde(skip)]
    pub(super) shape: &'static str,
    pub(super) cause: String,
    pub(super) consequence: &'static str,
    pub(super) action: &'static str,
    pub(super) active: bool,
    pub(super) first_out: bool,
    /// How often it came back at once.
    pub(super) repeats: u32,
    pub(super) raised_at_micros: Option<i64>,
    /// How long ago it came, for the page.
    #[serde(skip)]
    pub(super) age: String,
    pub(super) respond_within_seconds: u64,
    #[serde(skip)]
    pub(super) respond_within: String,
    /// Nobody took notice within the time to respond.
    pub(super) overdue: bool,
    pub(super) until_micros: Option<i64>,
    #[serde(skip)]
    pub(super) until: String,
    /// Who put it aside, and why.
    pub(super) person: String,
    pub(super) note: String,
    /// What can be answered.
    pub(super) can_acknowledge: bool,
    pub(super) can_reset: bool,
}

impl Board {
    pub(super) fn of(shown: &Shown, flood: Flood, known: &[AlarmNow], now: Micros) -> Self {
        let card = |alarm: &Alarm| {
            let of = known.iter().find(|known| known.alarm.reason == alarm.reason);
            Card::of(alarm, of, now)
        };
        let held = shown.held.iter().map(|group| HeldGroup {
            name: group.name,
            alarms: group.alarms.iter().map(card).collect(),
        });
        Self {
            lately: flood.count,
            flood: flood.is_flood,
            top: shown.top.iter().map(card).collect(),
            held: held.collect(),
            aside: shown.aside.iter().map(card).collect(),
        }
    }

    fn standing(&self) -> impl Iterator<Item = &Card> {
        self.top.iter().chain(self.held.iter().flat_map(|group| &group.alarms))
    }

    /// For the page: alarms that are not put aside.
    pub(super) fn count(&self) -> usize {
        self.standing().count()
    }

    /// For the page: those of which nobody has taken notice.
    pub(super) fn unacknowledged(&self) -> usize {
        self.standing().filter(|card| card.can_acknowledge).count()
    }

    /// For the page: the big words.
    pub(super) fn headline(&self) -> String {
        match (self.flood, self.count()) {
            (true, n) => format!("Flood: {n} alarms"),
            (false, 0) => "No alarms".to_owned(),
            (false, 1) => "1 alarm".to_owned(),
            (false, n) => format!("{n} alarms"),
        }
    }

    /// For the page: shape and class of the ground.
    pub(super) fn mood(&self) -> words::Mood {
        let urgent = |card: &Card| card.priority == Priority::High.word() && card.can_acknowledge;
        if self.standing().any(urgent) {
            words::Mood::Alarm
        } else if self.unacknowledged() > 0 {
            words::Mood::Waits
        } else {
            words::Mood::Rests
        }
    }
}

impl Card {
    fn of(alarm: &Alarm, known: Option<&AlarmNow>, now: Micros) -> Self {
        let words = alarm.reason.words();
        let rating = alarm.rating();
        let state = alarm.state();
        let (person, note) =
            known.map_or_else(Default::default, |known| (known.person.clone(), known.note.clone()));
        Self {
            kind: alarm.reason.kind().into_owned(),
            state: state.word(),
            state_words: state.words(),
            priority: rating.priority.word(),
            shape: shape(rating.priority),
            cause: words.cause,
            consequence: words.consequence,
            action: words.action,
            active: alarm.condition.active,
            first_out: alarm.first_out,
            repeats: alarm.repeats,
            raised_at_micros: alarm.since.raised.map(|at| at.0),
            age: alarm.since.raised.map(|raised| age(raised, now)).unwrap_or_default(),
            respond_within_seconds: rating.respond_within.as_secs(),
            respond_within: short(rating.respond_within.as_secs()),
            overdue: alarm.is_overdue(now),
            until_micros: alarm.since.until.map(|at| at.0),
            until: alarm.since.until.map(at).unwrap_or_default(),
            person,
            note,
            can_acknowledge: state.is_unacknowledged(),
            can_reset: matches!(state, State::LatchedUnacknowledged | State::LatchedAcknowledged),
        }
    }

    /// For the page: whether it is on the shelf (else it is out of service, or suppressed).
    pub(super) fn is_shelved(&self) -> bool {
        self.state == State::Shelved.word()
    }

    pub(super) fn is_out(&self) -> bool {
        self.state == State::OutOfService.word()
    }
}

/// A step of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct StepView {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) at_micros: i64,
    #[serde(skip)]
    pub(super) at: String,
    /// What it is about, for the page.
    #[serde(skip)]
    pub(super) cause: String,
    pub(super) step: String,
    pub(super) was: String,
    pub(super) is_now: String,
    #[serde(skip)]
    pub(super) state_words: String,
    pub(super) person: String,
    pub(super) detail: String,
}

impl StepView {
    pub(super) fn of(step: &AlarmStep) -> Self {
        let reason: Option<StopReason> = step.kind.parse().ok();
        let state: Option<State> = step.is_now.parse().ok();
        Self {
            id: step.id,
            kind: step.kind.clone(),
            at_micros: step.at.0,
            at: at(step.at),
            cause: reason.map_or_else(|| step.kind.clone(), |reason| reason.words().cause),
            step: step.step.clone(),
            was: step.was.clone(),
            is_now: step.is_now.clone(),
            state_words: state.map_or_else(|| step.is_now.clone(), |s| s.words().to_owned()),
            person: step.person.clone(),
            detail: step.detail.clone(),
        }
    }

    /// For the page: the step in words.
    pub(super) fn words(&self) -> &str {
        match self.step.as_str() {
            "raise" => "came",
            "repeat" => "came again at once",
            "clear" => "cause is gone",
            "acknowledge" => "acknowledged",
            "reset" => "reset",
            "shelve" => "shelved",
            "unshelve" => "back from the shelf",
            "suppress" => "suppressed by design",
            "unsuppress" => "no longer suppressed",
            "take_out" => "taken out of service",
            "put_back" => "back in service",
            other => other,
        }
    }
}

/// So that colour is never the only sign.
const fn shape(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "✕",
        Priority::Medium => "▲",
        Priority::Low => "●",
    }
}

fn age(from: Micros, now: Micros) -> String {
    let seconds = u64::try_from((now.0 - from.0) / 1_000_000).unwrap_or_default();
    words::span(&seconds)
}

/// A whole time: `5 min`, `8 h`.
pub(super) fn short(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
