//! How urgent every alarm is: its priority, the time to respond, whether it latches.
use crate::line::{Cause, StopReason};
use std::time::Duration;

/// How urgent an alarm is (ISA-18.2 and EEMUA 191 recommend three, most of them low).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// The line waits or warns; nothing is lost.
    Low,
    /// Codes or products are in doubt, or will be if nobody comes.
    Medium,
    /// A product that must not be shipped may be on the good side, or a person may be in danger.
    High,
}

/// What is known of every alarm of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rating {
    /// How urgent it is.
    pub priority: Priority,
    /// So long an operator has before more is lost.
    pub respond_within: Duration,
    /// Whether it stays until a person resets it, after its cause is gone.
    pub latches: bool,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// The word in topics and on pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// How urgent an alarm is. Without a wildcard: a new reason must get its place here.
pub const fn rate(reason: StopReason) -> Rating {
    use StopReason as R;
    match reason {
        R::BadProductPassed | R::RejectUnconfirmed | R::ChallengeFailed => latched(high(1)),
        R::DuplicateSeen => latched(high(2)),
        R::EmergencyStop => high(1),
        R::ForeignSeen | R::FalseEject | R::BinNotOrdered => latched(medium(5)),
        R::ProductMissing
        | R::GuardOpen
        | R::MachineFault
        | R::NotReady
        | R::NotDriven
        | R::LabelsOutOfStep
        | R::FramesOutOfStep => medium(5),
        R::Printer(cause) => of_printer(cause),
        R::Plc(cause) => of_plc(cause),
        R::Camera(_)
        | R::PrintLate
        | R::TooManyRejects
        | R::TooManyOfLast
        | R::BinFull
        | R::AirLow
        | R::BeltStands => low(5),
        R::NoCodes | R::CodesShort(_) | R::RollFull | R::ChallengeDue | R::Blocked | R::Starved => {
            low(10)
        }
        R::QualityFalls | R::GrowthDrifts => low(30),
        R::HeadWears(_) | R::CodesExpire(_) => low(8 * 60),
    }
}

/// Whether an alarm stays until a person resets it.
pub const fn latches(reason: StopReason) -> bool {
    rate(reason).latches
}

/// Alarms that bring this one about: while one of them stands, this one is suppressed by design.
/// An emergency stop and an open guard let the air out of the gate.
pub const fn suppressed_by(reason: StopReason) -> &'static [StopReason] {
    if matches!(reason, StopReason::AirLow) {
        &[StopReason::EmergencyStop, StopReason::GuardOpen]
    } else {
        &[]
    }
}

/// Labels that nobody sent or another printer put between them may carry a second print.
const fn of_printer(cause: Cause) -> Rating {
    match cause {
        Cause::Swapped | Cause::CounterOff => latched(medium(5)),
        Cause::TooHot => low(10),
        Cause::Unreachable
        | Cause::Silent
        | Cause::Garbled
        | Cause::WrongDevice
        | Cause::OutOfLabels
        | Cause::OutOfRibbon
        | Cause::HeadOpen
        | Cause::Paused
        | Cause::Faulty
        | Cause::HeartbeatLost
        | Cause::Miscounted => low(5),
    }
}

/// Without a heartbeat or a count that fits, products on the belt are lost from sight.
const fn of_plc(cause: Cause) -> Rating {
    match cause {
        Cause::HeartbeatLost | Cause::Miscounted => medium(2),
        Cause::Unreachable
        | Cause::Silent
        | Cause::Garbled
        | Cause::WrongDevice
        | Cause::Swapped
        | Cause::CounterOff
        | Cause::OutOfLabels
        | Cause::OutOfRibbon
        | Cause::HeadOpen
        | Cause::Paused
        | Cause::TooHot
        | Cause::Faulty => low(5),
    }
}

const fn high(minutes: u64) -> Rating {
    rated(Priority::High, minutes)
}

const fn medium(minutes: u64) -> Rating {
    rated(Priority::Medium, minutes)
}

const fn low(minutes: u64) -> Rating {
    rated(Priority::Low, minutes)
}

const fn rated(priority: Priority, minutes: u64) -> Rating {
    Rating { priority, respond_within: Duration::from_mins(minutes), latches: false }
}

const fn latched(rating: Rating) -> Rating {
    Rating { latches: true, ..rating }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// Alarms of this priority, and how many in a hundred that is.
    fn share(priority: Priority) -> (usize, usize) {
        let all = StopReason::every().count();
        let n = StopReason::every().filter(|r| rate(*r).priority == priority).count();
        (n, (n * 200 + all) / (2 * all))
    }

    #[test]
    fn the_split_is_near_eighty_fifteen_five() {
        for (priority, wanted) in Priority::ALL.into_iter().zip([5_usize, 15, 80]) {
            let (_, share) = share(priority);
            assert!(share.abs_diff(wanted) <= 7, "{priority:?}: {share} %");
        }
    }

    #[test]
    fn every_alarm_says_what_to_do_and_how_soon() {
        for reason in StopReason::every() {
            let words = reason.words();
            assert!(words.action.ends_with(['.', '?']) && words.consequence.ends_with('.'));
            assert!(rate(reason).respond_within >= Duration::from_mins(1), "{reason:?}");
        }
    }

    #[test]
    fn what_is_urgent_leaves_less_time() {
        let longest = |priority| {
            let of = StopReason::every().filter(|reason| rate(*reason).priority == priority);
            of.map(|reason| rate(reason).respond_within).max().unwrap()
        };
        assert!(longest(Priority::High) < longest(Priority::Medium));
        assert!(longest(Priority::Medium) < longest(Priority::Low));
    }

    #[test]
    fn the_document_has_every_alarm_with_its_rating() {
        let mut table =
            String::from("| Alarm | Priority | Minutes to respond | Latches |\n|---|---|---|---|");
        for priority in Priority::ALL {
            for reason in StopReason::every().filter(|r| rate(*r).priority == priority) {
                let Rating { respond_within, latches, .. } = rate(reason);
                let (minutes, latches) =
                    (respond_within.as_secs() / 60, if latches { "yes" } else { "" });
                let _ = write!(
                    table,
                    "\n| `{}` | {} | {minutes} | {latches} |",
                    reason.kind(),
                    priority.word()
                );
            }
        }
        let split: Vec<_> = Priority::ALL
            .into_iter()
            .map(|p| format!("{} {} ({} %)", p.word(), share(p).0, share(p).1))
            .collect();
        let document = include_str!("../../docs/alarms.md");
        let split = split.join(", ");
        assert!(document.contains(&table) && document.contains(&split), "{split}\n{table}");
    }
}
