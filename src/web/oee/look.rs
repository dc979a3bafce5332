//! The time of a line as it is shown: figures, counts, stops.
use super::draw;
use super::words::{grouped, span};
use crate::line::RejectReason;
use crate::oee::{Account, Bar, Counts, Figures, Plan, Stop, StopCause, Window, choices, pareto};
use crate::store::StopSaid;
use crate::telemetry::clock::Micros;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Stops that are asked about on one page, the newest; and those that are answered.
const STOPS_SHOWN: usize = 10;

/// What is known.
pub(super) struct Looked<'a> {
    pub(super) now: Micros,
    pub(super) plan: &'a Plan,
    pub(super) window: Window,
    pub(super) planned: Vec<Window>,
    pub(super) account: Account,
    pub(super) counts: Counts,
    pub(super) said: BTreeMap<i64, StopSaid>,
}

/// What is shown.
pub(super) struct Look {
    /// The shift, day or job, with its day and times.
    pub(super) title: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) figures: Figures,
    pub(super) counts: Counts,
    pub(super) design_per_minute: Option<f32>,
    pub(super) planned: String,
    pub(super) run: String,
    pub(super) stopped: String,
    /// The picture of the states.
    pub(super) bar: String,
    pub(super) pareto: Vec<BarView>,
    /// Stops that nobody has said anything about, the newest first.
    pub(super) asked: Vec<StopView>,
    pub(super) asked_all: usize,
    /// Stops that somebody has said something about, the newest first.
    pub(super) answered: Vec<StopView>,
    json: Value,
}

pub(super) struct BarView {
    pub(super) words: String,
    pub(super) stops: u64,
    pub(super) time: String,
    pub(super) share: u32,
    pub(super) picture: String,
}

pub(super) struct StopView {
    pub(super) span: i64,
    pub(super) when: String,
    pub(super) length: String,
    /// What is proposed, or what was said.
    pub(super) words: String,
    pub(super) note: String,
    pub(super) person: String,
    pub(super) choices: Vec<(String, String)>,
}

impl Look {
    pub(super) fn of(looked: &Looked<'_>) -> Self {
        let Looked { plan, window, account, counts, said, .. } = looked;
        let figures = Figures::of(account, counts, plan);
        let cause = |stop: &Stop| said.get(&stop.span).map(|said| said.reason);
        let bars = pareto(&account.stops, plan, cause);
        let (from, to) = (local(plan, window.from), local(plan, window.to));
        let wants_answer =
            |stop: &&Stop| stop.span > 0 && !plan.is_micro(stop) && !said.contains_key(&stop.span);
        let asked: Vec<_> = account.stops.iter().rev().filter(wants_answer).collect();
        let answered = account.stops.iter().rev().filter(|stop| said.contains_key(&stop.span));
        let view = |stop: &Stop| StopView::of(stop, said.get(&stop.span), plan);
        Self {
            title: format!("{}, {}", window.name, from.day),
            from: from.time,
            to: if window.to > looked.now { "now".to_owned() } else { to.time },
            figures,
            counts: counts.clone(),
            design_per_minute: plan.design_per_minute,
            planned: long(account.planned),
            run: long(account.run),
            stopped: long(account.stopped()),
            bar: draw::states(account, &looked.planned, (window.from, window.to.min(looked.now))),
            pareto: bar_views(&bars, account.stopped()),
            asked: asked.iter().take(STOPS_SHOWN).map(|stop| view(stop)).collect(),
            asked_all: asked.len(),
            answered: answered.take(STOPS_SHOWN).map(view).collect(),
            json: as_json(looked, &figures, &bars),
        }
    }

    pub(super) fn as_json(&self, line: &str, over: &str) -> Value {
        let mut body = self.json.clone();
        body["line"] = line.into();
        body["over"] = over.into();
        body
    }

    /// For the page: the big words.
    pub(super) fn headline(&self) -> String {
        self.figures
            .oee
            .map_or_else(|| "No OEE yet".to_owned(), |oee| format!("OEE {}", percent(oee)))
    }

    /// For the page: what is missing for a figure, or what it means.
    pub(super) fn sentence(&self) -> &'static str {
        if self.design_per_minute.is_none() {
            "Nobody said how fast the line is: set design_per_minute in the configuration."
        } else if self.figures.availability.is_none() {
            "No time was planned here yet."
        } else if self.figures.quality.is_none() {
            "Nothing was made yet."
        } else {
            "Good products, of all that could have been made in the planned time."
        }
    }

    /// For the page: products that were made.
    pub(super) fn processed_words(&self) -> String {
        grouped(&self.counts.processed())
    }

    /// For the page: products on the belt.
    pub(super) fn open_words(&self) -> String {
        grouped(&self.counts.open())
    }

    /// For the page: name, figure, bar, and what it is made of.
    pub(super) fn factors(&self) -> [(&'static str, String, String, String); 3] {
        let shown = |figure: Option<f64>| figure.map_or_else(|| "–".to_owned(), percent);
        let Figures { availability, performance, quality, .. } = self.figures;
        let counts = &self.counts;
        let speed = self.design_per_minute.map_or_else(
            || "design_per_minute is not set".to_owned(),
            |design| format!("{} products in {} at {design} a minute", counts.settled(), self.run),
        );
        let good = format!("{} good of {}", counts.good, counts.settled());
        let ran = format!("ran {} of {} planned", self.run, self.planned);
        [
            ("Availability", shown(availability), draw::share(availability), ran),
            ("Performance", shown(performance), draw::share(performance), speed),
            ("Quality", shown(quality), draw::share(quality), good),
        ]
    }
}

impl StopView {
    fn of(stop: &Stop, said: Option<&StopSaid>, plan: &Plan) -> Self {
        let (from, to) = (local(plan, stop.from), local(plan, stop.to));
        let until = if stop.ended { to.time } else { "now".to_owned() };
        let cause = said.map_or(stop.proposed, |said| said.reason);
        let choice = |cause: StopCause| (cause.kind().into_owned(), cause.words());
        Self {
            span: stop.span,
            when: format!("{} – {until}", from.time),
            length: long(stop.length()),
            words: cause.words(),
            note: said.map(|said| said.note.clone()).unwrap_or_default(),
            person: said.map(|said| said.person.clone()).unwrap_or_default(),
            choices: choices(stop.proposed).into_iter().map(choice).collect(),
        }
    }
}

fn bar_views(bars: &[Bar], stopped: i64) -> Vec<BarView> {
    let heaviest = bars.first().map_or(1, |bar| bar.time.max(1));
    let view = |bar: &Bar| BarView {
        words: bar.words(),
        stops: bar.stops,
        time: long(bar.time),
        share: u32::try_from(bar.time * 100 / stopped.max(1)).unwrap_or_default(),
        picture: draw::length(bar.time, heaviest, bar.cause.is_none()),
    };
    bars.iter().map(view).collect()
}

fn as_json(looked: &Looked<'_>, figures: &Figures, bars: &[Bar]) -> Value {
    let Looked { plan, window, account, counts, said, .. } = looked;
    let stop = |stop: &Stop| {
        let said = said.get(&stop.span);
        json!({
            "stop": stop.span, "from_micros": stop.from.0, "to_micros": stop.to.0,
            "ended": stop.ended, "planned_seconds": seconds(stop.planned),
            "micro_stop": plan.is_micro(stop), "proposed": stop.proposed.kind(),
            "cause": said.map(|said| said.reason.kind()), "note": said.map(|said| &said.note),
            "person": said.map(|said| &said.person),
        })
    };
    let bar = |bar: &Bar| {
        json!({ "cause": bar.kind(), "words": bar.words(), "stops": bar.stops,
                "seconds": seconds(bar.time) })
    };
    let planned = looked.planned.iter().map(|planned| {
        json!({ "shift": planned.name, "from_micros": planned.from.0, "to_micros": planned.to.0 })
    });
    json!({
        "window": { "name": window.name, "from_micros": window.from.0, "to_micros": window.to.0 },
        "planned": planned.collect::<Vec<_>>(),
        "planned_seconds": seconds(account.planned), "run_seconds": seconds(account.run),
        "stopped_seconds": seconds(account.stopped()),
        "availability": figures.availability, "performance": figures.performance,
        "quality": figures.quality, "oee": figures.oee,
        "design_per_minute": plan.design_per_minute,
        "counts": {
            "consumed": { "codes": counts.codes, "labels": counts.labels },
            "processed": counts.processed(), "good": counts.good,
            "defective": counts.defective(), "rejected": counts.rejected,
            "sampled": counts.sampled, "unaccounted": counts.unaccounted,
            "open": counts.open(), "tests": counts.tests(),
        },
        // ISO 22400-2: times in seconds, quantities, ratios.
        "iso22400": {
            "PBT": seconds(account.planned), "APT": seconds(account.run),
            "ADOT": seconds(account.stopped()), "PQ": counts.settled(), "GQ": counts.good,
            "SQ": counts.defective(), "availability": figures.availability,
            "effectiveness": figures.performance, "quality_ratio": figures.quality,
            "first_pass_yield": figures.quality,
            "scrap_ratio": figures.quality.map(|quality| 1.0 - quality),
            "oee_index": figures.oee,
        },
        "stops": account.stops.iter().map(stop).collect::<Vec<_>>(),
        "pareto": bars.iter().map(bar).collect::<Vec<_>>(),
    })
}

/// For the page: a reason of rejects.
pub(super) fn reason_words(word: &str) -> String {
    let known = RejectReason::ALL.into_iter().find(|reason| reason.word() == word);
    known.map_or_else(|| word.replace('_', " "), |reason| reason.words().to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "seconds for programs")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

fn long(micros: i64) -> String {
    span(&u64::try_from(micros / 1_000_000).unwrap_or_default())
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A moment by the clock on the wall.
struct Local {
    day: String,
    time: String,
}

fn local(plan: &Plan, at: Micros) -> Local {
    let ahead = plan.shifts.ahead_minutes * 60_000_000;
    let moved = jiff::Timestamp::from_microsecond(at.0.saturating_add(ahead)).unwrap_or_default();
    let moved = moved.to_zoned(jiff::tz::TimeZone::UTC);
    Local { day: moved.strftime("%d.%m.%Y").to_string(), time: moved.strftime("%H:%M").to_string() }
}
