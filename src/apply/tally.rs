//! From counters to products (pure): the n-th product at one eye is the n-th at the next. Whatever
//! does not fit ends the connection, because from then on nobody knows which product is where.
use super::counts::{Counts, Travel};
use crate::line::{PlcEvent, Tag};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// More products than this between two readings are a counter that was set anew.
const STEP_MAX: u32 = 16;

/// Why counters and products do not belong together any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Drift {
    #[error("a counter of the PLC jumped")]
    Jump,
    #[error("more products were counted here than at the eye before it: {0}")]
    TooMany(&'static str),
    #[error("a label applied and one missed between two readings: nobody knows which was first")]
    Order,
    #[error("two products at the gate between two readings")]
    TwoAtGate,
    #[error("product {0} was at the gate at a time when it cannot be there")]
    GateTime(Tag),
    #[error("product {0} did not reach the gate")]
    NotAtGate(Tag),
    #[error("product {0} was let pass and did not leave before the next one came")]
    NotPassed(Tag),
}

/// What is known of the products on the belt.
#[derive(Debug)]
pub(super) struct Tally {
    travel: Travel,
    last: Counts,
    /// The last tag at each eye.
    infeed: u32,
    labelled: u32,
    gate: u32,
    /// Products between camera and gate.
    due: VecDeque<Due>,
    triggered: u32,
    granted: BTreeSet<Tag>,
    /// Products behind the gate's eye, by what the gate was told.
    passing: VecDeque<Tag>,
    rejecting: VecDeque<Tag>,
    /// Whom the coil lets pass at this moment.
    pass: Option<Tag>,
    /// The belt's time when the last reading was asked for.
    asked: Duration,
    /// The belt's time when the last product was seen at the gate.
    at_gate: Option<Duration>,
}

/// A product between camera and gate.
#[derive(Debug, Clone, Copy)]
struct Due {
    tag: Tag,
    /// Between these times of the belt it was triggered: the reading before was asked for, and this
    /// one was answered.
    triggered: (Duration, Duration),
}

impl Tally {
    /// Begins with an empty belt. Tags go on after `last_tag`.
    pub(super) fn new(travel: Travel, counts: Counts, last_tag: u32) -> Self {
        Self {
            travel,
            last: counts,
            infeed: last_tag,
            labelled: last_tag,
            triggered: last_tag,
            gate: last_tag,
            due: VecDeque::new(),
            granted: BTreeSet::new(),
            passing: VecDeque::new(),
            rejecting: VecDeque::new(),
            pass: None,
            asked: Duration::ZERO,
            at_gate: None,
        }
    }

    /// The tag that was given last.
    pub(super) fn last_tag(&self) -> u32 {
        self.infeed
    }

    /// What happened since the last reading; how long the belt had run when this one was asked for,
    /// and when it was answered.
    pub(super) fn see(
        &mut self,
        counts: Counts,
        (asked, answered): (Duration, Duration),
    ) -> Result<Vec<PlcEvent>, Drift> {
        let mut more = [0; 7];
        for ((more, now), last) in more.iter_mut().zip(counts).zip(self.last) {
            *more = now.zip(last).map_or(0, |(now, last)| now.since(last));
            if *more > STEP_MAX {
                return Err(Drift::Jump);
            }
        }
        self.last = counts;
        let triggered_after = std::mem::replace(&mut self.asked, asked);
        let [infeed, applied, not_applied, triggered, gate, mut passed, mut binned] = more;
        let mut events = Vec::new();
        for _ in 0..infeed {
            self.infeed += 1;
            events.push(PlcEvent::ProductArrived(Tag(self.infeed)));
        }
        if applied > 0 && not_applied > 0 {
            return Err(Drift::Order);
        }
        for n in 0..applied + not_applied {
            let tag = next(&mut self.labelled, self.infeed, "applicator")?;
            let label = n < applied;
            events.push(if label { PlcEvent::Applied(tag) } else { PlcEvent::NotApplied(tag) });
        }
        for _ in 0..triggered {
            let tag = next(&mut self.triggered, self.labelled, "camera")?;
            let before = self.due.back().map(|due| due.triggered.0);
            self.due.push_back(Due { tag, triggered: (triggered_after, answered) });
            events.push(PlcEvent::Triggered(tag));
            // Neither would get its pass at the gate: see `has_company`.
            let close = |from: Duration| answered.saturating_sub(from) < self.travel.apart / 2;
            if before.is_some_and(close) {
                events.push(PlcEvent::Touching(tag));
            }
        }
        // One that was behind the gate already may have left before the next one came to it.
        while passed > 0
            && let Some(tag) = self.passing.pop_front()
        {
            passed -= 1;
            events.push(PlcEvent::Passed(tag));
        }
        while binned > 0
            && let Some(tag) = self.rejecting.pop_front()
        {
            binned -= 1;
            events.push(PlcEvent::RejectConfirmed(tag));
        }
        self.see_gate(gate, answered)?;
        for _ in 0..passed {
            let tag = self.passing.pop_front().or_else(|| self.rejecting.pop_front());
            events.push(PlcEvent::Passed(tag.ok_or(Drift::TooMany("good side"))?));
        }
        for _ in 0..binned {
            let tag = self.rejecting.pop_front().or_else(|| self.passing.pop_front());
            events.push(PlcEvent::RejectConfirmed(tag.ok_or(Drift::TooMany("bin"))?));
        }
        Ok(events)
    }

    fn see_gate(&mut self, more: u32, belt_time: Duration) -> Result<(), Drift> {
        if more > 1 {
            return Err(Drift::TwoAtGate);
        }
        if more == 1 {
            let Due { tag, triggered } = self.due.pop_front().ok_or(Drift::TooMany("gate"))?;
            let took = belt_time.saturating_sub(triggered.1);
            if !(self.travel.gate_after..=self.travel.gate_within).contains(&took) {
                return Err(Drift::GateTime(tag));
            }
            if let Some(tag) = self.passing.front() {
                return Err(Drift::NotPassed(*tag));
            }
            self.gate = tag.0;
            self.at_gate = Some(belt_time);
            let passes = self.pass.take() == Some(tag);
            if passes { &mut self.passing } else { &mut self.rejecting }.push_back(tag);
            self.granted = self.granted.split_off(&Tag(self.gate + 1));
        }
        let late = |due: &&Due| belt_time.saturating_sub(due.triggered.1) > self.travel.gate_within;
        self.due.front().filter(late).map_or(Ok(()), |due| Err(Drift::NotAtGate(due.tag)))
    }

    /// This product may pass. One that was at the gate already was rejected.
    pub(super) fn grant(&mut self, tag: Tag) {
        if tag.0 > self.gate && tag.0 <= self.triggered {
            self.granted.insert(tag);
        }
    }

    /// Whether the gate is to let the next product pass: only in the time in which it is that
    /// product and no other that comes to the gate.
    pub(super) fn pass(&mut self, belt_time: Duration) -> bool {
        let Travel { apart, gate_after, gate_within } = self.travel;
        // The coil must be on before the product comes.
        let from = gate_after.saturating_sub(apart / 4);
        self.pass = self.due.front().and_then(|due| {
            let (earliest, latest) = due.triggered;
            let now = belt_time.saturating_sub(earliest) >= from
                && belt_time.saturating_sub(latest) <= gate_within;
            (now && self.granted.contains(&due.tag)).then_some(due.tag)
        });
        if self.has_company(belt_time) {
            self.pass = None;
        }
        self.pass.is_some()
    }

    /// The coil is off: nobody passes.
    pub(super) fn no_pass(&mut self) {
        self.pass = None;
    }

    /// Whether another product is so near that it may have the pass of the next one: the one before
    /// it may still be at the gate, or the one after it may be there before the coil is off again.
    fn has_company(&self, belt_time: Duration) -> bool {
        let Travel { apart, gate_after, .. } = self.travel;
        let before = self.at_gate.is_some_and(|at| belt_time.saturating_sub(at) < apart / 4);
        let from = gate_after.saturating_sub(apart / 2);
        let after =
            self.due.get(1).is_some_and(|due| belt_time.saturating_sub(due.triggered.0) >= from);
        before || after
    }
}

fn next(at: &mut u32, before: u32, eye: &'static str) -> Result<Tag, Drift> {
    if *at >= before {
        return Err(Drift::TooMany(eye));
    }
    *at += 1;
    Ok(Tag(*at))
}

#[cfg(test)]
mod tests {
    use super::super::counts::Count;
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn counts(values: [u32; 7]) -> Counts {
        values.map(|value| Some(Count::wide(value)))
    }

    fn tally() -> Tally {
        let travel = Travel { apart: 800 * MS, gate_after: 900 * MS, gate_within: 1200 * MS };
        Tally::new(travel, counts([0; 7]), 0)
    }

    /// A reading that is answered at once.
    fn see(
        tally: &mut Tally,
        values: [u32; 7],
        belt_time: Duration,
    ) -> Result<Vec<PlcEvent>, Drift> {
        tally.see(counts(values), (belt_time, belt_time))
    }

    /// One product from the infeed to the camera, at belt time 0.
    fn triggered() -> Tally {
        let mut tally = tally();
        let tag = Tag(1);
        let wanted =
            vec![PlcEvent::ProductArrived(tag), PlcEvent::Applied(tag), PlcEvent::Triggered(tag)];
        assert_eq!(see(&mut tally, [1, 1, 0, 1, 0, 0, 0], Duration::ZERO), Ok(wanted));
        tally
    }

    #[test]
    fn a_pass_is_on_only_while_its_product_can_be_the_next_at_the_gate() {
        let mut tally = triggered();
        assert!(!tally.pass(1000 * MS), "nothing was granted");
        tally.grant(Tag(1));
        tally.grant(Tag(2));
        assert!(!tally.pass(699 * MS));
        assert!(tally.pass(700 * MS));
        assert_eq!(see(&mut tally, [1, 1, 0, 1, 1, 0, 0], 1000 * MS), Ok(vec![]));
        assert!(!tally.pass(1000 * MS), "it is over with its product");
        let left = see(&mut tally, [1, 1, 0, 1, 1, 1, 0], 1100 * MS);
        assert_eq!(left, Ok(vec![PlcEvent::Passed(Tag(1))]));
    }

    #[test]
    fn of_two_products_close_together_none_passes_on_the_verdict_of_the_first() {
        let mut together = tally();
        see(&mut together, [2, 2, 0, 2, 0, 0, 0], Duration::ZERO).unwrap();
        together.grant(Tag(1));
        assert!((0..=1200).all(|time| !together.pass(time * MS)), "both in one reading");
        let mut behind = triggered();
        see(&mut behind, [2, 2, 0, 2, 0, 0, 0], 50 * MS).unwrap();
        behind.grant(Tag(1));
        assert!((50..=1200).all(|time| !behind.pass(time * MS)), "50 ms behind");
        let mut far = triggered();
        far.grant(Tag(1));
        see(&mut far, [1, 1, 0, 1, 0, 0, 0], 790 * MS).unwrap();
        see(&mut far, [2, 2, 0, 2, 0, 0, 0], 810 * MS).unwrap();
        assert!((810..=1200).all(|time| far.pass(time * MS)), "800 ms behind");
    }

    #[test]
    fn a_product_close_behind_a_reject_does_not_open_the_gate_for_it() {
        let mut tally = triggered();
        see(&mut tally, [2, 2, 0, 2, 0, 0, 0], 50 * MS).unwrap();
        tally.grant(Tag(2));
        see(&mut tally, [2, 2, 0, 2, 1, 0, 0], 1000 * MS).unwrap();
        assert!((1000..1200).all(|time| !tally.pass(time * MS)));
    }

    #[test]
    fn a_pass_is_forgotten_when_its_coil_is_taken_back() {
        let mut tally = triggered();
        tally.grant(Tag(1));
        assert!(tally.pass(1000 * MS));
        tally.no_pass();
        see(&mut tally, [1, 1, 0, 1, 1, 0, 0], 1010 * MS).unwrap();
        assert_eq!(tally.rejecting, [Tag(1)]);
    }

    #[test]
    fn a_product_may_leave_in_the_reading_in_which_the_next_comes_to_the_gate() {
        let mut tally = triggered();
        tally.grant(Tag(1));
        see(&mut tally, [1, 1, 0, 1, 0, 0, 0], 890 * MS).unwrap();
        see(&mut tally, [2, 2, 0, 2, 0, 0, 0], 900 * MS).unwrap();
        assert!(tally.pass(900 * MS));
        see(&mut tally, [2, 2, 0, 2, 1, 0, 0], 1100 * MS).unwrap();
        let left = see(&mut tally, [2, 2, 0, 2, 2, 1, 0], 1850 * MS);
        assert_eq!(left, Ok(vec![PlcEvent::Passed(Tag(1))]));
        let left = see(&mut tally, [2, 2, 0, 2, 2, 1, 1], 1900 * MS);
        assert_eq!(left, Ok(vec![PlcEvent::RejectConfirmed(Tag(2))]));
    }

    #[test]
    fn a_verdict_for_a_product_at_the_gate_is_too_late_for_it_and_for_the_next() {
        let mut tally = triggered();
        see(&mut tally, [2, 2, 0, 2, 1, 0, 0], 1000 * MS).unwrap();
        tally.grant(Tag(1));
        assert!((0..1000).all(|more| !tally.pass((1000 + more) * MS)));
        let left = see(&mut tally, [2, 2, 0, 2, 1, 0, 1], 1100 * MS);
        assert_eq!(left, Ok(vec![PlcEvent::RejectConfirmed(Tag(1))]));
    }

    #[test]
    fn what_does_not_fit_is_drift() {
        let at = |values, time: u32| see(&mut triggered(), values, time * MS);
        assert_eq!(at([1, 2, 0, 1, 0, 0, 0], 1), Err(Drift::TooMany("applicator")));
        assert_eq!(at([1, 1, 0, 2, 0, 0, 0], 1), Err(Drift::TooMany("camera")));
        assert_eq!(at([1, 1, 0, 1, 1, 0, 0], 899), Err(Drift::GateTime(Tag(1))));
        assert_eq!(at([1, 1, 0, 1, 1, 0, 0], 1201), Err(Drift::GateTime(Tag(1))));
        assert_eq!(at([1, 1, 0, 1, 0, 0, 0], 1201), Err(Drift::NotAtGate(Tag(1))));
        assert_eq!(at([1, 1, 0, 1, 2, 0, 0], 1000), Err(Drift::TwoAtGate));
        assert_eq!(at([1, 1, 0, 1, 0, 1, 0], 1000), Err(Drift::TooMany("good side")));
        assert_eq!(at([1, 1, 0, 1, 0, 0, 1], 1000), Err(Drift::TooMany("bin")));
        assert_eq!(at([3, 2, 1, 1, 0, 0, 0], 1), Err(Drift::Order));
        assert_eq!(at([0, 0, 0, 0, 0, 0, 0], 1), Err(Drift::Jump), "the module lost its counters");
    }

    #[test]
    fn a_product_that_should_be_in_the_bin_and_is_not_is_told_as_passed() {
        let mut tally = triggered();
        see(&mut tally, [1, 1, 0, 1, 1, 0, 0], 1000 * MS).unwrap();
        let left = see(&mut tally, [1, 1, 0, 1, 1, 1, 0], 1100 * MS);
        assert_eq!(left, Ok(vec![PlcEvent::Passed(Tag(1))]));
    }

    /// A product: how long after the one before it it is triggered, how long it travels, whether it
    /// is granted.
    type Product = (u32, u32, bool);

    /// One reading as [`super::super::counted`] does it: how long it takes, how much of that until
    /// the module looks, how long the coil takes, how long everything else takes before the next.
    type Turn = (u32, u32, u32, u32);

    /// Sends products over the belt, with every delay that `counted` allows; gives whether each of them passed.
    fn belt(products: &[Product], turns: &[Turn]) -> Vec<bool> {
        const EIGHTH: u32 = 100;
        let (mut triggers, mut gates) = (Vec::new(), Vec::new());
        for (gap, travel, _) in products {
            triggers.push(triggers.last().unwrap_or(&0) + gap);
            gates.push((triggers[gates.len()] + travel).max(*gates.last().unwrap_or(&0)));
        }
        let so_far = |times: &[u32], now: u32| times.iter().filter(|time| **time <= now).count();
        let (mut tally, mut asked, mut coil) = (tally(), 0, vec![(0, false)]);
        for (read, looks, write, rest) in turns {
            let answered = asked + read;
            let looked = asked + looks.min(read);
            let seen = so_far(&triggers, looked);
            let gone = u32::try_from(so_far(&gates, looked)).unwrap();
            let n = u32::try_from(seen).unwrap();
            let reading = counts([n, n, 0, n, gone, gone, 0]);
            let drift = tally.see(reading, (asked * MS, answered * MS)).is_err();
            for (tag, _) in (1..).zip(products).take(seen).filter(|(_, (.., granted))| *granted) {
                tally.grant(Tag(tag));
            }
            let pass = !drift && tally.pass(answered * MS);
            let done = if coil.last().unwrap().1 == pass { answered } else { answered + write };
            coil.push((done, pass));
            if drift {
                break;
            }
            let most = if pass { done.max(asked + EIGHTH) + EIGHTH } else { u32::MAX };
            asked = (done + rest).min(most);
        }
        // Whatever comes after the last turn is not part of it.
        coil.push((asked, false));
        let is_on = |at: u32| coil.iter().rev().find(|(since, _)| *since < at).is_some_and(|c| c.1);
        gates.into_iter().map(is_on).collect()
    }

    #[test]
    fn a_granted_product_passes_and_the_next_one_at_the_right_distance_does_not() {
        let turns = [(5, 3, 5, 20); 200];
        let products = [(100, 1000, true), (800, 1000, false), (800, 1100, true)];
        assert_eq!(belt(&products, &turns), [true, false, true]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn no_product_passes_that_was_not_granted(
            products in proptest::collection::vec((0..1200_u32, 900..=1200_u32, any::<bool>()), 1..20),
            turns in proptest::collection::vec((0..=100_u32, 0..=100_u32, 0..=100_u32, 0..=300_u32), 200),
            rest_max in 1..=300_u32,
        ) {
            let turns: Vec<_> = turns.into_iter().map(|(a, b, c, d)| (a, b, c, d % rest_max)).collect();
            for (passed, (_, _, granted)) in belt(&products, &turns).into_iter().zip(&products) {
                prop_assert!(!passed || *granted);
            }
        }

        #[test]
        fn no_counters_make_a_tally_panic_or_let_pass_what_was_not_granted(
            steps in proptest::collection::vec((proptest::array::uniform7(0..3_u32), 0..400_u32, 0..60_u32), 1..60),
        ) {
            let (mut tally, mut sums, mut time) = (tally(), [0; 7], Duration::ZERO);
            let mut granted = BTreeSet::new();
            for (more, ms, tag) in steps {
                for (sum, more) in sums.iter_mut().zip(more) {
                    *sum += more;
                }
                time += ms * MS;
                if see(&mut tally, sums, time).is_err() {
                    break;
                }
                tally.grant(Tag(tag));
                granted.insert(Tag(tag));
                prop_assert!(!tally.pass(time) || granted.contains(&tally.pass.unwrap()));
            }
        }
    }
}
