//! Told upstream: sends what the store says is untold, and follows each report to its end.
//!
//! A code is tied to its report in the store before the first byte is sent, and it is never untied:
//! so no code is in two reports, whatever happens. A report whose answer was lost is the same
//! report sent again.
pub mod mark;
mod results;
mod step;

use crate::store::{Report, Store, StoreError, Unreported};
use crate::telemetry::clock::Micros;
use crate::upstream::{Agenda, Oms, OmsError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The most codes that the station takes in one report (manual, p. 17, 176 and 222).
pub const CODES_IN_A_REPORT_MAX: u32 = 30_000;

/// While so many reports cannot be sent, no more are made: the codes wait in the store and go
/// together later. More than one, so that a single report that the station chokes on does not
/// hold up the others.
const UNSENT_MAX: usize = 3;

/// How reports are made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is untold is told after at most this long.
    pub every: Duration,
    /// Codes in one report, 1 to 30,000. As soon as so many are untold, they are told at once.
    pub at_most: u32,
    /// The wait before the store is looked at again, and the first wait before the station is
    /// asked after a report.
    pub look_every: Duration,
    /// The longest wait before the station is asked again after the same report.
    pub look_at_least_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(10),
            at_most: 1_000,
            look_every: Duration::from_secs(1),
            look_at_least_every: Duration::from_mins(1),
        }
    }
}

/// A way to have everything told now, such as at the end of a shift. Cheap to clone; all clones
/// are one.
#[derive(Debug, Clone, Default)]
pub struct Flush(Arc<Notify>);

impl Flush {
    /// Ends when somebody wants everything told.
    async fn rung(&self) {
        self.0.notified().await;
    }

    /// Has everything that is settled by now told at once, in reports as small as need be.
    pub fn now(&self) {
        self.0.notify_one();
    }

    /// Has everything told and waits until the state system took notice, at most for `within`.
    /// What is then still untold is in the answer: nothing waiting means that all is told or ended.
    pub async fn and_wait(
        &self,
        store: &Store,
        within: Duration,
    ) -> Result<Unreported, StoreError> {
        let until = Instant::now() + within;
        loop {
            self.now();
            let unreported = store.unreported().await?;
            if unreported.waiting == 0 || Instant::now() >= until {
                return Ok(unreported);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// How long ago this was.
fn age(at: Micros) -> Duration {
    let age = Micros::now().0.saturating_sub(at.0);
    Duration::from_micros(u64::try_from(age).unwrap_or_default())
}

/// Keeps telling until it is told to stop. It does not drain by itself: whoever wants everything
/// told before a stop uses [`Flush::and_wait`] first.
pub async fn keep(
    settings: Settings,
    store: Store,
    client: Oms,
    flush: Flush,
    stop: CancellationToken,
) {
    let look_every = settings.look_every;
    let mut reporter = Reporter::new(settings, store, client);
    let mut all = false;
    while !stop.is_cancelled() {
        if let Err(error) = reporter.look(all, &stop).await {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "report: store");
        }
        all = tokio::select! {
            () = flush.rung() => true,
            () = tokio::time::sleep(look_every) => false,
            () = stop.cancelled() => false,
        };
    }
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Oms(#[from] OmsError),
}

#[derive(Debug)]
struct Reporter {
    settings: Settings,
    store: Store,
    client: Oms,
    agenda: Agenda,
    /// When everything untold was last put into reports.
    told_all_at: Option<Instant>,
}

impl Reporter {
    fn new(mut settings: Settings, store: Store, client: Oms) -> Self {
        let agenda = Agenda::new(settings.look_every, settings.look_at_least_every);
        settings.at_most = settings.at_most.clamp(1, CODES_IN_A_REPORT_MAX);
        Self { settings, store, client, agenda, told_all_at: None }
    }

    /// Follows the open reports, then makes and sends new ones.
    async fn look(&mut self, all: bool, stop: &CancellationToken) -> Result<(), StoreError> {
        let open = self.store.open_reports().await?;
        self.agenda.keep_only(&open.iter().map(|report| report.id).collect());
        let unsent = open.iter().filter(|report| report.upstream_id.is_none()).count();
        for report in &open {
            if stop.is_cancelled() {
                return Ok(());
            }
            if self.agenda.is_due(report.id) {
                self.take_further(report).await?;
            }
        }
        if unsent < UNSENT_MAX {
            self.tell(all, stop).await?;
        }
        Ok(())
    }

    /// Puts what is untold and due into reports and sends them.
    async fn tell(&mut self, all: bool, stop: &CancellationToken) -> Result<(), StoreError> {
        let all = all || self.told_all_at.is_none_or(|at| at.elapsed() >= self.settings.every);
        if all {
            self.told_all_at = Some(Instant::now());
        }
        let at_most = self.settings.at_most;
        for untold in self.store.untold().await? {
            let mut left = untold.count;
            while !stop.is_cancelled() && left > 0 && (all || left >= u64::from(at_most)) {
                let made = self.store.make_report(untold.group, untold.telling, at_most).await?;
                let Some(id) = made else { break };
                let Some(report) = self.report(id).await? else { break };
                self.take_further(&report).await?;
                if self.report(id).await?.is_some_and(|report| report.upstream_id.is_none()) {
                    return Ok(());
                }
                left = left.saturating_sub(report.codes);
            }
        }
        Ok(())
    }

    /// An open report.
    async fn report(&self, id: i64) -> Result<Option<Report>, StoreError> {
        Ok(self.store.open_reports().await?.into_iter().find(|report| report.id == id))
    }

    async fn take_further(&mut self, report: &Report) -> Result<(), StoreError> {
        match self.step(report).await {
            Ok(()) => {}
            Err(StepError::Store(error)) => return Err(error),
            Err(StepError::Oms(error)) => {
                self.agenda.after(report.id, self.client.again_after(&error));
                self.note_trouble(report, &error.to_string()).await?;
            }
        }
        Ok(())
    }

    /// Writes and logs a trouble once, however often it comes back.
    async fn note_trouble(&self, report: &Report, problem: &str) -> Result<(), StoreError> {
        if report.problem.as_deref() == Some(problem) {
            return Ok(());
        }
        tracing::warn!(report = report.id, problem, "not reported yet");
        self.store.report_is_troubled(report.id, problem).await
    }
}
