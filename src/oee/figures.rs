//! Availability, performance, quality, and the causes of stops by their weight.
use super::{Account, Counts, Plan, Stop, StopCause};
use std::collections::BTreeMap;

/// The figures of a stretch of time; each from 0 to 1 (performance may be more), and nothing where
/// there is nothing to divide by.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Run time in planned time (ISO 22400-2: availability, APT / PBT).
    pub availability: Option<f64>,
    /// Products in the run time, in what the line is designed for (effectiveness, PRI · PQ / APT).
    pub performance: Option<f64>,
    /// Good products in products (quality ratio, GQ / PQ).
    pub quality: Option<f64>,
    /// The three multiplied (overall equipment effectiveness index).
    pub oee: Option<f64>,
}

/// Stops of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The cause; nothing for all stops that nobody is asked about because they are short.
    pub cause: Option<StopCause>,
    /// How many.
    pub stops: u64,
    /// Planned time that they took, microseconds.
    pub time: i64,
}

impl Bar {
    /// For a person.
    pub fn words(&self) -> String {
        self.cause.map_or_else(|| "Micro-stops".to_owned(), StopCause::words)
    }

    /// For programs.
    pub fn kind(&self) -> String {
        self.cause.map_or_else(|| "micro_stops".to_owned(), |cause| cause.kind().into_owned())
    }
}

impl Figures {
    /// The figures. Products that are still on the belt count neither as made nor as good.
    pub fn of(account: &Account, counts: &Counts, plan: &Plan) -> Self {
        let run_minutes = as_f64(account.run) / 60_000_000.0;
        let made = whole(counts.settled());
        let availability = ratio(as_f64(account.run), as_f64(account.planned));
        let design = plan.design_per_minute.map(f64::from);
        let performance = design.and_then(|design| ratio(made, design * run_minutes));
        let quality = ratio(whole(counts.good), made);
        let oee = availability.zip(performance).zip(quality).map(|((a, p), q)| a * p * q);
        Self { availability, performance, quality, oee }
    }
}

impl Plan {
    /// Whether nobody is asked about this stop.
    pub fn is_micro(&self, stop: &Stop) -> bool {
        let limit = i64::try_from(self.micro_stop.as_micros()).unwrap_or(i64::MAX);
        stop.length() < limit
    }
}

/// Causes by the planned time that they took, the heaviest first. `said` is what a person says a
/// stop was, if anybody did.
pub fn pareto(stops: &[Stop], plan: &Plan, said: impl Fn(&Stop) -> Option<StopCause>) -> Vec<Bar> {
    let mut bars: BTreeMap<Option<StopCause>, (u64, i64)> = BTreeMap::new();
    for stop in stops {
        let own = said(stop).unwrap_or(stop.proposed);
        let is_asked = !plan.is_micro(stop) || own == StopCause::NotKnown;
        let bar = bars.entry(is_asked.then_some(own)).or_default();
        *bar = (bar.0 + 1, bar.1 + stop.planned);
    }
    let bar = |(cause, (stops, time))| Bar { cause, stops, time };
    let mut bars: Vec<_> = bars.into_iter().map(bar).collect();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.time));
    bars
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
const fn as_f64(micros: i64) -> f64 {
    micros as f64
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
const fn whole(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::clock::Micros;
    use proptest::prelude::*;
    use std::time::Duration;

    fn stop(from: i64, seconds: i64, proposed: StopCause) -> Stop {
        let (from, to) = (Micros(from), Micros(from + seconds * 1_000_000));
        Stop { span: 1, from, to, ended: true, proposed, planned: to.0 - from.0 }
    }

    #[test]
    fn a_shift_by_hand() {
        // 480 min planned, 400 min run, 60 a minute by design, 21 600 made, 21 060 good.
        let account =
            Account { planned: 480 * 60_000_000, run: 400 * 60_000_000, ..Account::default() };
        let mut counts = Counts::default();
        for (what, n) in [("seen", 21_610), ("verified", 21_060), ("rejected.no_read", 540)] {
            counts.add(what, n);
        }
        let plan = Plan { design_per_minute: Some(60.0), ..Plan::default() };
        let figures = Figures::of(&account, &counts, &plan);
        assert!((figures.availability.unwrap() - 0.833_333).abs() < 1e-6);
        assert!((figures.performance.unwrap() - 0.9).abs() < 1e-9);
        assert!((figures.quality.unwrap() - 0.975).abs() < 1e-9);
        // Good products by what could have been made: 21 060 of 28 800.
        assert!((figures.oee.unwrap() - 21_060.0 / 28_800.0).abs() < 1e-9);
        assert_eq!(Figures::of(&account, &counts, &Plan::default()).oee, None);
        assert_eq!(Figures::of(&Account::default(), &Counts::default(), &plan), Figures::default());
    }

    #[test]
    fn short_stops_are_one_bar_and_what_is_said_counts() {
        let plan = Plan { micro_stop: Duration::from_mins(2), ..Plan::default() };
        let (asked, jam) = (StopCause::Asked, StopCause::People(super::super::PeopleCause::Jam));
        let stops =
            [stop(0, 119, asked), stop(1, 119, asked), stop(2, 120, asked), stop(3, 500, asked)];
        let bars = pareto(&stops, &plan, |stop| (stop.from.0 == 2).then_some(jam));
        let told: Vec<_> =
            bars.iter().map(|bar| (bar.words(), bar.stops, bar.time / 1_000_000)).collect();
        let wanted =
            [(asked.words(), 1, 500), ("Micro-stops".to_owned(), 2, 238), (jam.words(), 1, 120)];
        assert_eq!(told, wanted);
    }

    proptest! {
        #[test]
        fn the_bars_are_all_of_the_stops(lengths in prop::collection::vec((0..1_000_i64, 0..4_usize), 0..40)) {
            let causes = [
                StopCause::Asked,
                StopCause::NotKnown,
                StopCause::JobDone,
                StopCause::Trouble(crate::line::StopReason::BinFull),
            ];
            let stops: Vec<_> = lengths.iter().map(|(s, c)| stop(0, *s, causes[*c])).collect();
            let bars = pareto(&stops, &Plan::default(), |_| None);
            prop_assert_eq!(bars.iter().map(|bar| bar.time).sum::<i64>(), stops.iter().map(|s| s.planned).sum::<i64>());
            prop_assert_eq!(bars.iter().map(|bar| bar.stops).sum::<u64>(), stops.len() as u64);
        }

        #[test]
        fn oee_is_good_products_by_what_could_have_been_made(
            planned in 1..1_000_i64, run in 1..1_000_i64, good in 0..1_000_u64, bad in 1..1_000_u64,
        ) {
            let account = Account { planned: planned * 60_000_000, run: run * 60_000_000, ..Account::default() };
            let mut counts = Counts::default();
            counts.add("seen", good + bad + 7);
            counts.add("verified", good);
            counts.add("unaccounted", bad);
            prop_assert_eq!(counts.processed(), counts.good + counts.defective() + counts.open());
            let plan = Plan { design_per_minute: Some(50.0), ..Plan::default() };
            let oee = Figures::of(&account, &counts, &plan).oee.unwrap();
            prop_assert!((oee - whole(good) / (50.0 * as_f64(planned))).abs() < 1e-9);
        }
    }
}
