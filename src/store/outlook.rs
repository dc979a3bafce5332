//! Whether the codes of a pool last until an order made now has come.
use super::{Demand, Stock, Store, StoreError};
use crate::telemetry::clock::Micros;
use std::time::Duration;

/// The time over which a line's use of codes is looked at.
const LOOK_BACK: Duration = Duration::from_mins(30);

/// A line that began a moment ago is looked at for so long at least: its first labels come in a heap.
const LOOKED_AT_LEAST: Duration = Duration::from_mins(2);

/// How long an order is taken to last where none was made yet.
const ORDER_TAKES: Duration = Duration::from_mins(10);

/// How the codes of a pool last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Codes that can be printed.
    pub in_hand: u64,
    /// Codes on order.
    pub coming: u64,
    /// Codes that the line uses in an hour now.
    pub per_hour: f64,
    /// Minutes until the codes in hand are used up; nothing if nobody uses any, or if the jobs end
    /// before that.
    pub minutes_left: Option<u64>,
    /// Minutes until those on order are used up, too.
    pub minutes_with_coming: Option<u64>,
    /// How long an order takes.
    pub order_takes: Duration,
    /// When a want for it last failed.
    pub failed_at: Option<Micros>,
}

impl Store {
    /// How the codes of a pool last.
    pub async fn outlook(&self, pool: &str) -> Result<Outlook, StoreError> {
        let stock = self.stock_of(pool).await?;
        let demand = self.demand_of(pool, Micros::now(), LOOK_BACK).await?;
        Ok(Outlook::of(&stock, &demand, self.orders_take(pool).await?))
    }
}

impl Outlook {
    /// Puts together what is known.
    pub fn of(stock: &Stock, demand: &Demand, order_took: Option<Duration>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let per_hour = demand.used as f64 * 3600.0
            / demand.over.clamp(LOOKED_AT_LEAST, LOOK_BACK).as_secs_f64();
        let lasts = |codes: u64| {
            let ends_before = !demand.endless && demand.left <= codes;
            (per_hour > 0.0 && !ends_before).then(|| minutes(codes, per_hour))
        };
        Self {
            in_hand: stock.stored,
            coming: stock.coming,
            per_hour,
            minutes_left: lasts(stock.stored),
            minutes_with_coming: lasts(stock.stored + stock.coming),
            order_takes: order_took.unwrap_or(ORDER_TAKES),
            failed_at: stock.failed_at,
        }
    }

    /// Minutes before the end of the codes at which an order must be made: half as long again as
    /// orders took, and ten minutes.
    fn order_before(&self) -> u64 {
        self.order_takes.as_secs() * 3 / 2 / 60 + 10
    }

    /// Whether more must be ordered now, so that the line does not wait.
    pub fn order_now(&self) -> bool {
        self.minutes_with_coming.is_some_and(|left| left < self.order_before())
    }

    /// Whether a person should know: the line will stand before the next codes come.
    pub fn is_short(&self) -> bool {
        self.lasts_less_than(5)
    }

    /// Whether it is so close to that, that an alarm which stands is not over yet.
    pub fn is_nearly_short(&self) -> bool {
        self.lasts_less_than(10)
    }

    /// Whether the line stands before an order made now is here and so many minutes are over.
    fn lasts_less_than(&self, minutes: u64) -> bool {
        self.minutes_left.is_some_and(|left| left < self.order_takes.as_secs() / 60 + minutes)
    }

    /// How many codes to order: as the rule says, or as many as the line uses in twice the time
    /// that an order takes.
    pub fn quantity(&self, rule: u32) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded, and never negative"
        )]
        let used = (self.per_hour * self.order_takes.as_secs_f64() * 2.0 / 3600.0) as u32;
        rule.max(used)
    }
}

fn minutes(codes: u64, per_hour: f64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "minutes of a stock"
    )]
    let minutes = (codes as f64 * 60.0 / per_hour) as u64;
    minutes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook(stored: u64, coming: u64, used: u64, left: u64, took: u64) -> Outlook {
        let stock = Stock { stored, coming, failed_at: None };
        let demand = Demand { used, over: LOOK_BACK, left, endless: left == 0 };
        Outlook::of(&stock, &demand, Some(Duration::from_mins(took)))
    }

    #[test]
    fn more_is_ordered_before_the_line_would_wait() {
        // 100 a minute; an order takes 20 minutes.
        let enough = outlook(10_000, 0, 3_000, 0, 20);
        assert_eq!((enough.minutes_left, enough.order_now()), (Some(100), false));
        let low = outlook(3_000, 0, 3_000, 0, 20);
        assert_eq!((low.minutes_left, low.order_now(), low.is_short()), (Some(30), true, false));
        let on_order = outlook(3_000, 7_000, 3_000, 0, 20);
        assert!(!on_order.order_now());
        let short = outlook(2_000, 7_000, 3_000, 0, 20);
        assert!(short.is_short() && !short.order_now());
        assert_eq!(low.quantity(1_000), 4_000, "as much as is used in forty minutes");
    }

    #[test]
    fn a_line_that_began_a_while_ago_is_as_fast_as_it_is() {
        let stock = Stock { stored: 1_000, coming: 0, failed_at: None };
        let after = |over| {
            let demand = Demand { used: 500, over, left: 0, endless: true };
            Outlook::of(&stock, &demand, None).minutes_left
        };
        assert_eq!(after(Duration::from_mins(5)), Some(10), "100 a minute");
        assert_eq!(after(Duration::from_secs(1)), Some(4), "not 30,000 a minute");
    }

    #[test]
    fn jobs_that_end_before_the_codes_order_nothing() {
        let ends = outlook(3_000, 0, 3_000, 2_500, 20);
        assert_eq!((ends.minutes_left, ends.order_now(), ends.is_short()), (None, false, false));
    }

    #[test]
    fn a_line_that_stands_needs_nothing() {
        let stands = outlook(5, 0, 0, 0, 20);
        assert_eq!((stands.minutes_left, stands.order_now()), (None, false));
    }
}
