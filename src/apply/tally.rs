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
    /// Products between camera and gate, and the belt's time at their trigger.
    due: VecDeque<(Tag, Duration)>,
    triggered: u32,
    granted: BTreeSet<Tag>,
    /// Products behind the gate's eye, by what the gate was told.
    passing: VecDeque<Tag>,
    rejecting: VecDeque<Tag>,
    /// Whom the coil lets pass at this moment.
    pass: Option<Tag>,
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
        }
    }

    /// The tag that was given last.
    pub(super) fn last_tag(&self) -> u32 {
        self.infeed
    }

    /// What happened since the last reading; `belt_time` is how long the belt has run.
    pub(super) fn see(
        &mut self,
        counts: Counts,
        belt_time: Duration,
    ) -> Result<Vec<PlcEvent>, Drift> {
        let mut more = [0; 7];
        for ((more, now), last) in more.iter_mut().zip(counts).zip(self.last) {
            *more = now.zip(last).map_or(0, |(now, last)| now.since(last));
            if *more > STEP_MAX {
                return Err(Drift::Jump);
            }
        }
        self.last = counts;
        let [infeed, applied, not_applied, triggered, gate, passed, binned] = more;
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
            self.due.push_back((tag, belt_time));
            events.push(PlcEvent::Triggered(tag));
        }
        self.see_gate(gate, belt_time)?;
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
            let (tag, since) = self.due.pop_front().ok_or(Drift::TooMany("gate"))?;
            let took = belt_time.saturating_sub(since);
            if !(self.travel.gate_after..=self.travel.gate_within).contains(&took) {
                return Err(Drift::GateTime(tag));
            }
            if let Some(tag) = self.passing.front() {
                return Err(Drift::NotPassed(*tag));
            }
            self.gate = tag.0;
            let passes = self.pass.take() == Some(tag);
            if passes { &mut self.passing } else { &mut self.rejecting }.push_back(tag);
            self.granted = self.granted.split_off(&Tag(self.gate + 1));
        }
        match self.due.front() {
            Some((tag, since)) if belt_time.saturating_sub(*since) > self.travel.gate_within => {
                Err(Drift::NotAtGate(*tag))
            }
            _ => Ok(()),
        }
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
        // The coil must be on before the product comes, and the one before it is gone by then.
        let from = self.travel.gate_after.saturating_sub(self.travel.apart / 4);
        self.pass = self.due.front().and_then(|(tag, since)| {
            let took = belt_time.saturating_sub(*since);
            let now = took >= from && took <= self.travel.gate_within;
            (now && self.granted.contains(tag)).then_some(*tag)
        });
        self.pass.is_some()
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

    /// One product from the infeed to the camera, at belt time 0.
    fn triggered() -> Tally {
        let mut tally = tally();
        let tag = Tag(1);
        let wanted =
            vec![PlcEvent::ProductArrived(tag), PlcEvent::Applied(tag), PlcEvent::Triggered(tag)];
        assert_eq!(tally.see(counts([1, 1, 0, 1, 0, 0, 0]), Duration::ZERO), Ok(wanted));
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
        assert_eq!(tally.see(counts([1, 1, 0, 1, 1, 0, 0]), 1000 * MS), Ok(vec![]));
        assert!(!tally.pass(1000 * MS), "it is over with its product");
        let left = tally.see(counts([1, 1, 0, 1, 1, 1, 0]), 1100 * MS);
        assert_eq!(left, Ok(vec![PlcEvent::Passed(Tag(1))]));
    }

    #[test]
    fn a_verdict_for_a_product_at_the_gate_is_too_late_for_it_and_for_the_next() {
        let mut tally = triggered();
        tally.see(counts([2, 2, 0, 2, 1, 0, 0]), 1000 * MS).unwrap();
        tally.grant(Tag(1));
        assert!((0..1000).all(|more| !tally.pass((1000 + more) * MS)));
        let left = tally.see(counts([2, 2, 0, 2, 1, 0, 1]), 1100 * MS);
        assert_eq!(left, Ok(vec![PlcEvent::RejectConfirmed(Tag(1))]));
    }

    #[test]
    fn what_does_not_fit_is_drift() {
        let at = |values, time: u32| triggered().see(counts(values), time * MS);
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
        tally.see(counts([1, 1, 0, 1, 1, 0, 0]), 1000 * MS).unwrap();
        let left = tally.see(counts([1, 1, 0, 1, 1, 1, 0]), 1100 * MS);
        assert_eq!(left, Ok(vec![PlcEvent::Passed(Tag(1))]));
    }

    proptest! {
        #[test]
        fn no_counters_let_a_product_pass_that_was_not_granted(
            steps in proptest::collection::vec((proptest::array::uniform7(0..3_u32), 0..400_u32), 1..60),
        ) {
            let (mut tally, mut sums, mut time) = (tally(), [0; 7], Duration::ZERO);
            for (more, ms) in steps {
                for (sum, more) in sums.iter_mut().zip(more) {
                    *sum += more;
                }
                time += ms * MS;
                if tally.see(counts(sums), time).is_err() {
                    break;
                }
                prop_assert!(!tally.pass(time));
            }
        }
    }
}
