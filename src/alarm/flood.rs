//! Too many alarms to look at one by one: what counts as a flood, and what is held then.
use super::Alarm;
use super::standing::micros;
use super::{Priority, State};
use crate::line::StopReason;
use crate::telemetry::clock::Micros;
use std::cmp::Reverse;
use std::time::Duration;

/// More alarms than this within [`OVER`] are a flood (ISA-18.2, EEMUA 191: ten in ten minutes).
const FLOOD_MORE_THAN: usize = 10;
/// With fewer than this within [`OVER`] it is over (ISA-18.2).
const FLOOD_ENDS_BELOW: usize = 5;
/// The time over which alarms are counted.
const OVER: Duration = Duration::from_mins(10);
/// Alarms beside the first-out and the urgent ones that stay on top in a flood.
const KEPT_ON_TOP: usize = 3;

/// How many alarms came lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flood {
    /// Within the last ten minutes.
    pub count: usize,
    /// Whether that is too many, or was and is not over yet.
    pub is_flood: bool,
}

/// Whether there is a flood now. `raised`: when alarms came, the oldest first; those of the last
/// hours are enough.
pub fn flood(raised: &[Micros], now: Micros) -> Flood {
    let over = micros(OVER);
    let old = |at: &Micros| at.0.saturating_add(over);
    // The number changes when an alarm comes and when one grows old.
    let changes = raised.iter().flat_map(|at| [at.0, old(at)]);
    let mut changes: Vec<_> = changes.filter(|at| *at <= now.0).collect();
    changes.sort_unstable();
    let (mut first, mut last, mut is_flood) = (0, 0, false);
    for at in changes {
        last += raised[last..].iter().take_while(|raised| raised.0 <= at).count();
        first += raised[first..last].iter().take_while(|raised| old(raised) <= at).count();
        let enough = if is_flood { FLOOD_ENDS_BELOW } else { FLOOD_MORE_THAN + 1 };
        is_flood = last - first >= enough;
    }
    Flood { count: last - first, is_flood }
}

/// What a person is shown, the most urgent first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// One by one.
    pub top: Vec<Alarm>,
    /// In a flood: the others, grouped by where they come from.
    pub held: Vec<Group>,
    /// Shelved, suppressed by design, out of service.
    pub aside: Vec<Alarm>,
}

/// Alarms that are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Where they come from.
    pub name: &'static str,
    /// They.
    pub alarms: Vec<Alarm>,
}

/// Sorts alarms for a person. Whatever is not normal is in exactly one of the three places.
pub fn shown(alarms: Vec<Alarm>, is_flood: bool) -> Shown {
    let known = alarms.into_iter().filter(|alarm| alarm.state() != State::Normal);
    let (mut aside, mut standing): (Vec<_>, Vec<_>) =
        known.partition(|alarm| alarm.state().is_hidden());
    let order = |a: &Alarm| (Reverse(a.priority()), !a.first_out, a.since.raised, a.reason);
    standing.sort_by_key(order);
    aside.sort_by_key(order);
    if !is_flood {
        return Shown { top: standing, held: Vec::new(), aside };
    }
    let stays = |alarm: &Alarm| alarm.first_out || alarm.priority() == Priority::High;
    let (mut top, mut rest): (Vec<_>, Vec<_>) = standing.into_iter().partition(stays);
    top.extend(rest.drain(..rest.len().min(KEPT_ON_TOP)));
    top.sort_by_key(order);
    Shown { top, held: grouped(rest), aside }
}

fn grouped(alarms: Vec<Alarm>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for alarm in alarms {
        let name = group_of(alarm.reason);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.alarms.push(alarm),
            None => groups.push(Group { name, alarms: vec![alarm] }),
        }
    }
    groups
}

/// Where an alarm comes from.
pub const fn group_of(reason: StopReason) -> &'static str {
    use StopReason as R;
    match reason {
        R::Printer(_)
        | R::PrintLate
        | R::RollFull
        | R::NoCodes
        | R::CodesShort(_)
        | R::CodesExpire(_) => "Printer, labels and codes",
        R::Plc(_)
        | R::MachineFault
        | R::NotReady
        | R::BeltStands
        | R::EmergencyStop
        | R::GuardOpen => "PLC and machine",
        R::Camera(_) | R::FramesOutOfStep => "Camera",
        R::BinFull
        | R::AirLow
        | R::RejectUnconfirmed
        | R::BadProductPassed
        | R::FalseEject
        | R::BinNotOrdered
        | R::ChallengeDue
        | R::ChallengeFailed => "Reject gate",
        R::TooManyRejects
        | R::TooManyOfLast
        | R::DuplicateSeen
        | R::ProductMissing
        | R::LabelsOutOfStep
        | R::ForeignSeen => "Products and labels",
        R::Blocked | R::Starved => "Neighbours",
        R::HeadWears(_) | R::QualityFalls | R::GrowthDrifts => "Print quality",
        R::NotDriven => "Program",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Cause;
    use proptest::prelude::*;

    const fn s(seconds: i64) -> Micros {
        Micros(seconds * 1_000_000)
    }

    #[test]
    fn eleven_in_ten_minutes_are_a_flood_and_it_ends_below_five() {
        let raised: Vec<_> = (0..11).map(|n| s(n * 50)).collect();
        assert!(!flood(&raised[..10], s(500)).is_flood);
        assert_eq!(flood(&raised, s(500)), Flood { count: 11, is_flood: true });
        // The eleven grow old one by one; five are left until 900 s.
        assert_eq!(flood(&raised, s(899)), Flood { count: 5, is_flood: true });
        assert_eq!(flood(&raised, s(900)), Flood { count: 4, is_flood: false });
        assert_eq!(flood(&[], s(0)), Flood::default());
    }

    fn alarm(reason: StopReason, at: i64, first_out: bool) -> Alarm {
        let mut alarm = Alarm::new(reason);
        alarm.raise(s(at), first_out);
        alarm
    }

    #[test]
    fn in_a_flood_the_urgent_and_the_first_stay_on_top() {
        let mut alarms: Vec<_> =
            Cause::ALL.map(|cause| alarm(StopReason::Camera(cause), 10, false)).into();
        alarms.push(alarm(StopReason::Printer(Cause::OutOfLabels), 5, true));
        alarms.push(alarm(StopReason::BadProductPassed, 60, false));
        let all = alarms.len();
        let quiet = shown(alarms.clone(), false);
        assert_eq!((quiet.top.len(), quiet.held.len()), (all, 0));
        let flooded = shown(alarms, true);
        assert_eq!(flooded.top[0].reason, StopReason::BadProductPassed);
        assert_eq!(flooded.top[1].reason, StopReason::Printer(Cause::OutOfLabels));
        assert_eq!((flooded.top.len(), flooded.held.len()), (5, 1));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_shown_twice(
            picks in prop::collection::vec((any::<prop::sample::Index>(), 0..6_u8), 0..80),
            is_flood: bool,
        ) {
            let every: Vec<_> = StopReason::every().collect();
            let mut alarms: Vec<Alarm> = Vec::new();
            for (n, (pick, fate)) in picks.into_iter().enumerate() {
                let reason = every[pick.index(every.len())];
                if alarms.iter().any(|known| known.reason == reason) { continue; }
                let mut one = alarm(reason, i64::try_from(n).unwrap(), fate == 0);
                if fate == 1 { one.step(super::super::Step::Shelve, s(99), None).unwrap(); }
                if fate == 2 { one.clear(s(99)); }
                if fate == 3 { one = Alarm::new(reason); }
                alarms.push(one);
            }
            let shown = shown(alarms.clone(), is_flood);
            let held = shown.held.into_iter().flat_map(|group| group.alarms);
            let mut seen: Vec<_> =
                shown.top.into_iter().chain(held).chain(shown.aside).map(|a| a.reason).collect();
            seen.sort();
            let mut wanted: Vec<_> = alarms
                .iter()
                .filter(|alarm| alarm.state() != State::Normal)
                .map(|alarm| alarm.reason)
                .collect();
            wanted.sort();
            prop_assert_eq!(seen, wanted);
        }

        #[test]
        fn a_flood_is_what_counting_every_second_says(
            gaps in prop::collection::vec(0..200_i64, 0..60), wait in 0..1_500_i64,
        ) {
            let mut at = 0;
            let raised: Vec<_> = gaps.iter().map(|gap| { at += gap; s(at) }).collect();
            let now = at + wait;
            let mut slow = false;
            for second in 0..=now {
                let count = raised.iter()
                    .filter(|t| t.0 <= second * 1_000_000 && second * 1_000_000 - t.0 < 600_000_000)
                    .count();
                slow = if slow { count >= FLOOD_ENDS_BELOW } else { count > FLOOD_MORE_THAN };
            }
            prop_assert_eq!(flood(&raised, s(now)).is_flood, slow);
        }
    }
}
