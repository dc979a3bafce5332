//! Told upstream: sends what the store says is untold, and follows each report to its end.
//!
//! A code is tied to its report in the store before the first byte is sent, and it is never untied:
//! so no code is in two reports, whatever happens. A report whose answer was lost is the same
//! report sent again. What is refused for good waits for a person.
mod attributes;
mod duties;
mod follow;
pub mod mark;
mod results;
mod step;

use crate::code::Gtin;
use crate::store::{NewReport, Report, Store, StoreError, Telling, Unreported, Untold};
use crate::upstream::{Agenda, OmsError, Station};
pub use attributes::{may_be_appended, spoiled_says_more};
pub use duties::{Duties, Way};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
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
    /// As soon as so many are untold, they are told at once.
    pub at_once: u32,
    /// Codes in one report, 1 to 30,000.
    pub at_most: u32,
    /// Codes that are told by a document are collected for so long, so that documents are few.
    pub write_off_every: Duration,
    /// The wait before the store is looked at again, and the first wait before the station is
    /// asked after a report.
    pub look_every: Duration,
    /// The longest wait before the station is asked again after the same report.
    pub look_at_least_every: Duration,
    /// After the station said how a report ended, what became of its codes is asked for so long.
    pub receipt_within: Duration,
    /// Which fates are told how.
    pub duties: Duties,
    /// What reports of applied codes say besides, by the product group's alias.
    pub attributes: BTreeMap<String, Map<String, Value>>,
    /// What reports of spoiled codes say besides, by the product group's alias.
    pub spoiled: BTreeMap<String, Map<String, Value>>,
    /// What kind of application reports of applied codes tell (`utilisationType`), by the product
    /// group's alias, where it is not the usual one.
    pub utilisation: BTreeMap<String, String>,
    /// What stands behind the check part of the codes of a trade item in reports, and nowhere else.
    pub appended: BTreeMap<Gtin, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(10),
            write_off_every: Duration::from_hours(1),
            at_once: 1_000,
            at_most: CODES_IN_A_REPORT_MAX,
            look_every: Duration::from_secs(1),
            look_at_least_every: Duration::from_mins(1),
            receipt_within: Duration::from_mins(30),
            duties: Duties::RUSSIA,
            attributes: BTreeMap::new(),
            spoiled: BTreeMap::new(),
            utilisation: BTreeMap::new(),
            appended: BTreeMap::new(),
        }
    }
}

/// A way to have everything told now, such as at the end of a shift. Cheap to clone; all clones
/// are one.
#[derive(Debug, Clone, Default)]
pub struct Flush(Arc<Notify>);

impl Flush {
    /// Whether somebody wants everything told before so much time is over.
    async fn rings_within(&self, time: Duration, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = self.0.notified() => true,
            () = tokio::time::sleep(time) => false,
            () = stop.cancelled() => false,
        }
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

/// Keeps telling until it is told to stop. It does not drain by itself: whoever wants everything
/// told before a stop uses [`Flush::and_wait`] first.
pub async fn keep(
    settings: Settings,
    store: Store,
    client: impl Into<Station>,
    flush: Flush,
    stop: CancellationToken,
) {
    let look_every = settings.look_every;
    let mut reporter = Reporter::new(settings, store, client.into());
    let mut all = false;
    while !stop.is_cancelled() {
        if let Err(error) = reporter.look(all, &stop).await {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "report: store");
        }
        all = flush.rings_within(look_every, &stop).await;
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
    client: Station,
    agenda: Agenda,
    /// When everything untold was last put into reports.
    told_all_at: Option<Instant>,
    /// When codes were last collected for documents.
    wrote_off_at: Option<Instant>,
}

impl Reporter {
    fn new(mut settings: Settings, store: Store, client: Station) -> Self {
        let agenda = Agenda::new(settings.look_every, settings.look_at_least_every);
        let at_most = CODES_IN_A_REPORT_MAX.min(client.limits().codes_in_a_report);
        settings.at_most = settings.at_most.clamp(1, at_most);
        settings.at_once = settings.at_once.clamp(1, settings.at_most);
        Self { settings, store, client, agenda, told_all_at: None, wrote_off_at: None }
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
        let write_off_every = self.settings.write_off_every;
        let write_off = all || self.wrote_off_at.is_none_or(|at| at.elapsed() >= write_off_every);
        if write_off {
            self.wrote_off_at = Some(Instant::now());
        }
        let all = all || self.told_all_at.is_none_or(|at| at.elapsed() >= self.settings.every);
        if all {
            self.told_all_at = Some(Instant::now());
        }
        for untold in self.store.untold().await? {
            let new = NewReport {
                group: untold.group,
                telling: untold.telling,
                by_lot: untold.telling == Telling::Applied && attributes::is_by_lot(untold.group),
                at_most: self.settings.at_most,
            };
            match self.settings.duties.way(untold.group, untold.telling) {
                Way::Station => {
                    if !self.tell_station(new, &untold, all, stop).await? {
                        return Ok(());
                    }
                }
                Way::Automatic => while self.store.tell_automatic(new).await? > 0 {},
                Way::WriteOff if write_off || untold.count >= u64::from(self.settings.at_once) => {
                    while self.store.collect_write_offs(new).await? > 0 {}
                }
                Way::WriteOff => {}
            }
        }
        Ok(())
    }

    /// Tells the station; false if it does not take reports now.
    async fn tell_station(
        &mut self,
        new: NewReport,
        untold: &Untold,
        all: bool,
        stop: &CancellationToken,
    ) -> Result<bool, StoreError> {
        let mut left = untold.count;
        while !stop.is_cancelled() && left > 0 && (all || left >= u64::from(self.settings.at_once))
        {
            let Some(id) = self.store.make_report(new).await? else { break };
            let Some(report) = self.report(id).await? else { break };
            self.take_further(&report).await?;
            if self.report(id).await?.is_some_and(|report| report.upstream_id.is_none()) {
                return Ok(false);
            }
            left = left.saturating_sub(report.codes);
        }
        Ok(true)
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
