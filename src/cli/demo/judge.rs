//! What the demo ends with: what Markwright believes, held against what is physically true.
use crate::sim::issuer::Issuer;
use crate::sim::judge::Beliefs;
use crate::sim::ledger::Ledger;
use crate::store::{Reconciliation, Store, StoreError};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// The sums of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Summary {
    taken: u64,
    stored: u64,
    scrapped: u64,
    sampled: u64,
    rejected: u64,
    verified: u64,
    doubtful: u64,
    /// Codes whose fate the state system knows.
    reported: u64,
    products_seen: u64,
    unaccounted: u64,
    physical_labels: u64,
    physical_duplicates: u64,
    ledger_agrees: bool,
    verdict_ms: VerdictTimes,
    products_per_minute: f64,
    /// Lines of arrays that were not taken.
    set_aside: u64,
    /// Everything that does not agree, in words; empty if all is well.
    disagreements: Vec<String>,
}

/// From the frame being handed to the camera's socket to the pass being in the PLC's register,
/// milliseconds, by the plant's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(in crate::cli) struct VerdictTimes {
    p50: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl VerdictTimes {
    /// `sorted` is in microseconds, shortest first.
    pub(in crate::cli) fn of(sorted: &[u64]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "times of a demo are small numbers")]
        let at = |per_mille: usize| {
            let place = (sorted.len() * per_mille).div_ceil(1000).saturating_sub(1);
            sorted.get(place).map_or(0.0, |us| *us as f64 / 1000.0)
        };
        Self { p50: at(500), p99: at(990), p999: at(999), max: at(1000) }
    }
}

impl Summary {
    pub(super) async fn judge(
        store: &Store,
        line: &str,
        pool: &str,
        ledger: &Ledger,
        issuer: &Issuer,
        ran: Duration,
    ) -> Result<Self, StoreError> {
        let sums = store.reconcile(line, pool).await?;
        let beliefs = Beliefs {
            codes: store.codes_handed_over(pool).await?.into_iter().collect(),
            products: (sums.products.seen, sums.products.rejected),
            ..Beliefs::default()
        };
        let mut disagreements = books_disagree(&sums);
        disagreements.extend(ledger.ask(|truth| beliefs.against_plant(truth)));
        disagreements.extend(issuer.controls.ledger(|office| beliefs.against_issuer(office)));
        let minutes = (ran.as_secs_f64() / 60.0).max(f64::EPSILON);
        let (labels, duplicates, seen, times) = ledger.ask(|truth| {
            let times = VerdictTimes::of(&truth.verdict_latencies_us());
            let duplicates = truth.physical_duplicates().len();
            (truth.physical_labels(), duplicates, truth.products_seen(), times)
        });
        #[expect(clippy::cast_precision_loss, reason = "products of a demo are few")]
        let products_per_minute = (seen as f64 / minutes * 10.0).round() / 10.0;
        Ok(Self {
            taken: sums.taken,
            stored: sums.codes.stored,
            scrapped: sums.codes.scrapped,
            sampled: sums.codes.sampled,
            rejected: sums.codes.rejected,
            verified: sums.codes.verified,
            doubtful: sums.codes.doubtful,
            reported: sums.reported,
            products_seen: sums.products.seen,
            unaccounted: sums.products.unaccounted + sums.on_belt,
            physical_labels: labels as u64,
            physical_duplicates: duplicates as u64,
            ledger_agrees: disagreements.is_empty(),
            verdict_ms: times,
            products_per_minute,
            set_aside: sums.set_aside,
            disagreements,
        })
    }

    pub(super) fn is_right(&self) -> bool {
        self.disagreements.is_empty()
    }
}

/// Both sums, with nothing under way.
fn books_disagree(sums: &Reconciliation) -> Vec<String> {
    let mut wrong = Vec::new();
    if !sums.closes() {
        wrong.push(format!("the sums do not close: {sums:?}"));
    }
    if sums.codes.under_way() > 0 || sums.on_belt > 0 {
        let (codes, products) = (sums.codes.under_way(), sums.on_belt);
        wrong.push(format!("still under way: {codes} codes, {products} products"));
    }
    wrong
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, stored, scrapped, sampled, rejected, verified, doubtful, .. } = self;
        writeln!(
            f,
            "codes     {taken} taken = {stored} stored + {scrapped} scrapped + {sampled} sampled \
             + {rejected} rejected + {verified} verified + {doubtful} doubtful"
        )?;
        let (seen, lost) = (self.products_seen, self.unaccounted);
        let bin = seen.saturating_sub(*verified + *sampled + lost);
        writeln!(
            f,
            "products  {seen} seen = {verified} verified + {bin} rejected + {sampled} sampled \
             + {lost} unaccounted, {} a minute",
            self.products_per_minute
        )?;
        writeln!(f, "reported  {} codes", self.reported)?;
        writeln!(
            f,
            "plant     {} labels came out, {} codes on two of them",
            self.physical_labels, self.physical_duplicates
        )?;
        let VerdictTimes { p50, p99, p999, max } = self.verdict_ms;
        writeln!(f, "verdict   p50 {p50} ms, p99 {p99} ms, p99.9 {p999} ms, max {max} ms")?;
        if self.disagreements.is_empty() {
            return write!(f, "Both sums close, and the plant's ledger agrees.");
        }
        write!(f, "NOT RIGHT:")?;
        self.disagreements.iter().try_for_each(|wrong| write!(f, "\n  {wrong}"))
    }
}
