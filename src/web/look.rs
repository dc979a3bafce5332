//! Everything that the page and the JSON say about a line, in one value: the page draws it, the
//! JSON is it.
use super::devices::{DeviceNow, devices};
use super::offers::Offers;
use super::pulse::Pulse;
use super::words::{self, Advice, Mood};
use crate::line::{
    Cause, DeviceView, LineView, Quality, RejectReason, RejectShare, Scenario, Verdict, VerdictView,
};
use crate::store::ScreenFacts;
use crate::telemetry::clock::Micros;
use serde::Serialize;
use std::time::Duration;

/// Counts from the store are asked for once a second; older than this they are shown as stale.
const COUNTS_STALE_AFTER_SECONDS: u64 = 5;

/// An order of codes takes some minutes to be filled; below this somebody should look.
const CODES_LOW_MINUTES: u64 = 15;

/// How a line stands, for people and for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct LineNow {
    /// The name of the line.
    pub(super) name: String,
    /// What kind of work it does.
    pub(super) scenario: String,
    /// Microseconds since 1970, UTC, when this was put together.
    pub(super) at_micros: i64,
    /// Whether the part of this program that runs the line still lives.
    pub(super) alive: bool,
    /// The state by its standard name.
    pub(super) state: &'static str,
    pub(super) state_number: u8,
    pub(super) state_means: &'static str,
    /// What to do where nothing is wrong; else the trouble says it.
    pub(super) hint: &'static str,
    pub(super) mood: Mood,
    pub(super) seconds_in_state: u64,
    /// The first cause why it does not run.
    pub(super) trouble: Option<Advice>,
    /// Causes of the other alarms that stand.
    pub(super) other_alarms: Vec<String>,
    /// Alarms of which nobody has taken notice.
    pub(super) unacknowledged: u64,
    pub(super) job: Option<JobNow>,
    pub(super) done: u64,
    /// 0 = until somebody stops it.
    pub(super) planned: u64,
    pub(super) left: Option<u64>,
    pub(super) per_minute: Option<f64>,
    /// At the present rate.
    pub(super) minutes_left: Option<u64>,
    pub(super) labels_under_way: usize,
    pub(super) products_on_belt: usize,
    pub(super) rejects_in_a_row: u32,
    pub(super) rejects_in_a_row_max: u32,
    /// Rejects among the last products, where a share of them stops the line.
    pub(super) rejects_of_last: Option<String>,
    /// Newest first.
    pub(super) verdicts: Vec<VerdictNow>,
    pub(super) devices: Vec<DeviceNow>,
    /// Another printer than the known one answers, and a person may say that it is the new one.
    pub(super) new_printer: Option<NewPrinter>,
    pub(super) counts: Option<CountsNow>,
    /// What can be asked of it.
    #[serde(flatten)]
    pub(super) offers: Offers,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct JobNow {
    pub(super) id: i64,
    pub(super) gtin: String,
    pub(super) name: String,
    pub(super) state: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct VerdictNow {
    pub(super) tag: u32,
    pub(super) good: bool,
    /// Why not, as a word and in words.
    pub(super) reason: Option<&'static str>,
    pub(super) words: Option<String>,
    /// Its print grade, such as 3.4 (tenths of a grade), where it was graded.
    pub(super) grade: Option<String>,
    /// Where the picture of a reject is.
    pub(super) picture: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct NewPrinter {
    /// Empty for a printer that has no number.
    pub(super) unique_id: String,
}

/// What the store counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct CountsNow {
    pub(super) age_seconds: u64,
    pub(super) stale: bool,
    pub(super) codes_stored: u64,
    /// At the rate at which the line runs or last ran.
    pub(super) codes_last_minutes: Option<u64>,
    /// Somebody should think of ordering.
    pub(super) codes_low: bool,
    pub(super) codes_doubtful: u64,
    pub(super) unreported: u64,
    /// There are more than `unreported`.
    pub(super) unreported_more: bool,
    pub(super) unreported_oldest_seconds: Option<u64>,
    /// Why codes do not come.
    pub(super) order_trouble: Option<String>,
    /// Why reports do not get through.
    pub(super) report_trouble: Option<String>,
}

/// What a look is made from.
pub(super) struct Seen<'a> {
    pub(super) name: &'a str,
    pub(super) scenario: Scenario,
    pub(super) at: Micros,
    pub(super) alive: bool,
    pub(super) view: &'a LineView,
    pub(super) pulse: &'a Pulse,
    /// Who answers instead of the known printer; empty for one that has no number.
    pub(super) stranger: Option<String>,
    /// What the store said last, and when.
    pub(super) facts: Option<&'a (Micros, ScreenFacts)>,
    /// Silence of printer, PLC and camera; nothing if not measured or never heard.
    pub(super) ages: [Option<Duration>; 3],
}

impl LineNow {
    pub(super) fn of(seen: &Seen<'_>) -> Self {
        let view = seen.view;
        let planned = view.planned;
        let left = (planned > 0).then(|| planned.saturating_sub(view.done));
        let per_minute = seen.pulse.per_minute();
        Self {
            name: seen.name.to_owned(),
            scenario: seen.scenario.words().to_owned(),
            at_micros: seen.at.0,
            alive: seen.alive,
            state: view.state.name(),
            state_number: view.state.number(),
            state_means: words::meaning(view.state),
            hint: if view.why.is_some() { "" } else { words::hint(view.state) },
            mood: words::mood(view.state),
            seconds_in_state: seconds_between(seen.pulse.since(), seen.at),
            trouble: view.why.map(|why| words::advice(why, view.state, seen.scenario)),
            other_alarms: other_alarms(view, seen.facts.map(|(_, facts)| facts)),
            unacknowledged: seen.facts.map_or(0, |(_, facts)| facts.alarms.unacknowledged),
            job: seen.facts.and_then(|(_, facts)| job(facts)),
            done: view.done,
            planned,
            left,
            per_minute,
            minutes_left: left.and_then(|left| minutes(left, per_minute)),
            labels_under_way: view.labels_under_way,
            products_on_belt: view.products_on_belt,
            rejects_in_a_row: view.rejects_in_a_row,
            rejects_in_a_row_max: view.rejects_in_a_row_max,
            rejects_of_last: rejects_of_last(view),
            verdicts: view
                .verdicts
                .iter()
                .map(|one| verdict(seen.name, one, view.least_grade))
                .collect(),
            devices: devices(view, seen.ages),
            new_printer: new_printer(seen),
            counts: seen.facts.map(|(at, facts)| counts(seen, *at, facts)),
            offers: Offers::of(seen.name, view),
        }
    }

    /// For the pages: the rate as people read it.
    pub(super) fn rate_words(&self) -> String {
        self.per_minute.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.0}"))
    }

    /// For the pages: how many are still to be made.
    pub(super) fn left_words(&self) -> String {
        self.left.as_ref().map(words::grouped).unwrap_or_default()
    }

    /// For the pages: `12 s`, `4 min 05 s`.
    pub(super) fn time_in_state(&self) -> String {
        words::span(&self.seconds_in_state)
    }

    /// For the pages: when this was put together, on the clock of this machine, as `hh:mm:ss`.
    pub(super) fn clock(&self) -> String {
        let at = jiff::Timestamp::from_microsecond(self.at_micros).unwrap_or_default();
        at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string()
    }

    /// For the pages: what was not good among the last verdicts.
    /// The grade of the last symbol that was graded.
    pub(super) fn last_grade(&self) -> Option<&str> {
        self.verdicts.iter().find_map(|verdict| verdict.grade.as_deref())
    }

    pub(super) fn rejects(&self) -> impl Iterator<Item = &VerdictNow> {
        self.verdicts.iter().filter(|verdict| !verdict.good)
    }
}

impl LineNow {
    /// For the pages: whether the guard against rejects in a row is half way to stopping the line.
    pub(super) fn is_near_reject_limit(&self) -> bool {
        self.rejects_in_a_row > 0 && self.rejects_in_a_row * 2 >= self.rejects_in_a_row_max
    }
}

fn rejects_of_last(view: &LineView) -> Option<String> {
    let RejectShare { most, of } = view.rejects_of_last_max;
    let words = || format!("{} of the last {of}, {most} stop the line", view.rejects_of_last);
    (of > 0).then(words)
}

fn new_printer(seen: &Seen<'_>) -> Option<NewPrinter> {
    let swapped = seen.view.printer == Some(DeviceView::Down(Cause::Swapped));
    seen.stranger.clone().filter(|_| swapped).map(|unique_id| NewPrinter { unique_id })
}

impl CountsNow {
    /// For the pages: since when the oldest code waits to be reported.
    pub(super) fn oldest_words(&self) -> String {
        let at_least = if self.unreported_more { "at least " } else { "" };
        let words = |age: &u64| format!(", oldest {at_least}{}", words::span(age));
        self.unreported_oldest_seconds.as_ref().map(words).unwrap_or_default()
    }
}

fn seconds_between(from: Micros, to: Micros) -> u64 {
    u64::try_from((to.0 - from.0) / 1_000_000).unwrap_or_default()
}

/// How many whole minutes `n` products take; nothing when the line stands.
fn minutes(n: u64, per_minute: Option<f64>) -> Option<u64> {
    let rate = per_minute.filter(|rate| *rate > 0.0)?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a forecast in whole minutes"
    )]
    let minutes = (n as f64 / rate) as u64;
    Some(minutes)
}

/// What else stands. What somebody put aside stands on the page of alarms.
fn other_alarms(view: &LineView, facts: Option<&ScreenFacts>) -> Vec<String> {
    let hidden = |kind: &str| facts.is_some_and(|f| f.alarms.hidden.iter().any(|h| h == kind));
    let others = view.alarms.iter().filter(|alarm| Some(**alarm) != view.why);
    let others = others.filter(|alarm| !hidden(&alarm.kind()));
    others.map(|alarm| alarm.words().cause).collect()
}

fn job(facts: &ScreenFacts) -> Option<JobNow> {
    facts.job.as_ref().map(|job| JobNow {
        id: job.id,
        gtin: job.gtin.clone(),
        name: job.name.clone(),
        state: job.state.clone(),
    })
}

fn verdict(line: &str, one: &VerdictView, least: Option<u8>) -> VerdictNow {
    let reason = match one.verdict {
        Verdict::Good => None,
        Verdict::Bad(reason) => Some(reason),
    };
    let picture = one.picture.filter(|_| reason.is_some());
    VerdictNow {
        tag: one.tag.0,
        good: reason.is_none(),
        reason: reason.map(RejectReason::word),
        words: reason.map(|reason| reason_words(reason, one.quality, least)),
        grade: one.quality.map(|quality| quality.figure()),
        picture: picture.map(|id| format!("/lines/{line}/pictures/{}.png", id.0)),
    }
}

fn reason_words(reason: RejectReason, quality: Option<Quality>, least: Option<u8>) -> String {
    match (reason, quality, least) {
        (RejectReason::LowGrade, Some(quality), Some(least)) => quality.below(least),
        _ => reason.words().to_owned(),
    }
}

fn counts(seen: &Seen<'_>, at: Micros, facts: &ScreenFacts) -> CountsNow {
    let age_seconds = seconds_between(at, seen.at);
    let last_minutes = minutes(facts.stored, seen.pulse.per_minute_running());
    let few = facts.stored == 0 || last_minutes.is_some_and(|left| left < CODES_LOW_MINUTES);
    CountsNow {
        age_seconds,
        stale: age_seconds > COUNTS_STALE_AFTER_SECONDS,
        codes_stored: facts.stored,
        codes_last_minutes: last_minutes,
        // A line that prints nothing needs none.
        codes_low: few && seen.scenario.prints(),
        codes_doubtful: facts.doubtful,
        unreported: facts.unreported.count,
        unreported_more: facts.unreported.more,
        unreported_oldest_seconds: facts
            .unreported
            .oldest_at
            .map(|oldest| seconds_between(oldest, seen.at)),
        order_trouble: facts.order_trouble.clone(),
        report_trouble: facts.report_trouble.clone(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::devices::Standing;
    use super::*;
    use crate::line::{Cause, LineState, Mode, OnceView, PictureId, Run, StopReason, Tag};

    /// A view with nothing in it.
    pub(in super::super) fn view(state: LineState) -> LineView {
        LineView {
            mode: Mode::Production,
            by_hand: Run { belt: false, infeed: false },
            once: OnceView::default(),
            state,
            has_job: true,
            heard: 0,
            why: None,
            alarms: Vec::new(),
            done: 0,
            planned: 0,
            labels_under_way: 0,
            products_on_belt: 0,
            rejects_in_a_row: 0,
            rejects_in_a_row_max: 3,
            rejects_of_last: 0,
            rejects_of_last_max: RejectShare::default(),
            least_grade: None,
            verdicts: [].into(),
            printer: Some(DeviceView::Up),
            plc: None,
            pad_clear: None,
            camera: None,
        }
    }

    fn look(view: &LineView, ages: [Option<Duration>; 3]) -> LineNow {
        let pulse = Pulse::new(Micros(0), view);
        let at = Micros(65_000_000);
        LineNow::of(&Seen {
            name: "one",
            scenario: Scenario::PrintApply,
            at,
            alive: true,
            view,
            pulse: &pulse,
            stranger: None,
            facts: None,
            ages,
        })
    }

    #[test]
    fn a_device_that_is_silent_for_more_than_two_seconds_is_stale_although_it_was_up() {
        let view = view(LineState::Execute);
        let standing = |millis| {
            look(&view, [Some(Duration::from_millis(millis)), None, None]).devices[0].standing
        };
        assert_eq!(standing(2_000), Standing::Up);
        assert_eq!(standing(2_001), Standing::Stale);
        let unheard = look(&view, [None, None, None]);
        assert_eq!(unheard.devices[0].standing, Standing::Stale);
        assert_eq!(unheard.devices[0].age_words(), "not heard yet");
    }

    #[test]
    fn a_device_that_is_down_says_why_whatever_its_age() {
        let mut view = view(LineState::Held);
        view.printer = Some(DeviceView::Down(Cause::OutOfLabels));
        let now = look(&view, [Some(Duration::ZERO), None, None]);
        assert_eq!(now.devices[0].standing, Standing::Down);
        assert!(now.devices[0].words.contains("load a new roll"));
        assert_eq!(now.devices.len(), 1, "what the scenario has not is not shown");
    }

    #[test]
    fn only_a_reject_shows_its_picture() {
        let mut view = view(LineState::Execute);
        for verdict in [Verdict::Good, Verdict::Bad(RejectReason::NoRead)] {
            view.verdicts.push_front(VerdictView {
                tag: Tag(7),
                verdict,
                picture: Some(PictureId(42)),
                quality: None,
            });
        }
        let now = look(&view, [None; 3]);
        assert_eq!(now.verdicts[0].picture.as_deref(), Some("/lines/one/pictures/42.png"));
        assert_eq!(now.verdicts[1].picture, None);
        assert_eq!(now.rejects().count(), 1);
    }

    #[test]
    fn the_first_cause_is_told_once_and_the_others_beside_it() {
        let mut view = view(LineState::Held);
        view.why = Some(StopReason::BinFull);
        view.alarms = vec![StopReason::BinFull, StopReason::AirLow];
        let now = look(&view, [None; 3]);
        assert_eq!(now.trouble.unwrap().cause, "The reject bin is full");
        assert_eq!(now.other_alarms, ["Air pressure is too low"]);
        assert_eq!(now.seconds_in_state, 65);
    }

    #[test]
    fn left_is_planned_less_done_and_never_below_nothing() {
        let mut view = view(LineState::Execute);
        assert_eq!(look(&view, [None; 3]).left, None, "no end was planned");
        (view.planned, view.done) = (10, 4);
        assert_eq!(look(&view, [None; 3]).left, Some(6));
        view.done = 11;
        assert_eq!(look(&view, [None; 3]).left, Some(0));
    }

    #[test]
    fn codes_last_as_long_as_the_rate_says() {
        assert_eq!(minutes(600, Some(60.0)), Some(10));
        assert_eq!(minutes(600, Some(0.0)), None);
        assert_eq!(minutes(600, None), None);
    }
}
