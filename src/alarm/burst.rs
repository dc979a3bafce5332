//! First-out: which alarm of a burst came first.
use crate::line::StopReason;
use crate::telemetry::clock::Micros;
use std::time::Duration;

/// Alarms that come within this time after the one before are of one burst.
pub const BURST_GAP: Duration = Duration::from_mins(1);

/// Whether an alarm that comes now is the first of a burst. `last` is when the alarm before it
/// came. Warnings, with which the line runs on, begin no burst.
pub fn begins_burst(reason: StopReason, at: Micros, last: Option<Micros>) -> bool {
    let gap = i64::try_from(BURST_GAP.as_micros()).unwrap_or(i64::MAX);
    // A clock that was set back must not make everything first.
    let is_alone = last.is_none_or(|last| (at.0 - last.0).abs() > gap);
    is_alone && !is_warning(reason)
}

/// Whether the line runs on with it.
pub const fn is_warning(reason: StopReason) -> bool {
    use StopReason as R;
    matches!(reason, R::QualityFalls | R::GrowthDrifts | R::HeadWears(_)) || reason.is_of_stock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_after_a_quiet_minute_begins_a_burst() {
        let at = |seconds: i64| Micros(seconds * 1_000_000);
        let bin = StopReason::BinFull;
        assert!(begins_burst(bin, at(0), None));
        assert!(!begins_burst(bin, at(60), Some(at(0))));
        assert!(begins_burst(bin, at(61), Some(at(0))));
        assert!(!begins_burst(StopReason::QualityFalls, at(61), None));
    }
}
