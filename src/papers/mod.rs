//! Documents on their way to True API: sent once, followed to their end.
//!
//! A document stands in the store, with its bytes and its codes, before the first byte is sent. One
//! whose answer was lost is looked for; it is sent again only if it is known not to be there.
mod step;

use crate::store::{Paper, ReportEnd, ReportState, Store, StoreError, Told};
use crate::telemetry::clock::Micros;
use crate::upstream::{Agenda, TrueApi, TrueApiError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How documents are kept going.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The participant's number, for documents that nobody has to ask for.
    pub participant: String,
    /// The wait before the store is looked at again, and the first wait before True API is asked
    /// after a document.
    pub look_every: Duration,
    /// The longest wait before True API is asked again after the same document.
    pub look_at_least_every: Duration,
    /// A document whose answer was lost, and that is in no list after this long, is not there.
    pub lost_after: Duration,
    /// Spoiled codes wait so long for others, to be written off together.
    pub write_off_every: Duration,
}

impl Settings {
    /// The times are ours; nothing says how soon a document is in the list.
    pub fn new(participant: &str) -> Self {
        Self {
            participant: participant.to_owned(),
            look_every: Duration::from_secs(1),
            look_at_least_every: Duration::from_mins(1),
            lost_after: Duration::from_mins(10),
            write_off_every: Duration::from_hours(24),
        }
    }
}

/// Keeps documents going until it is told to stop.
pub async fn keep(settings: Settings, store: Store, client: TrueApi, stop: CancellationToken) {
    let look_every = settings.look_every;
    let mut clerk = Clerk::new(settings, store, client);
    while !stop.is_cancelled() {
        if let Err(error) = clerk.look(&stop).await {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "papers: store");
        }
        stop.run_until_cancelled(tokio::time::sleep(look_every)).await;
    }
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    TrueApi(#[from] TrueApiError),
}

#[derive(Debug)]
struct Clerk {
    settings: Settings,
    store: Store,
    client: TrueApi,
    agenda: Agenda,
}

impl Clerk {
    fn new(settings: Settings, store: Store, client: TrueApi) -> Self {
        let agenda = Agenda::new(settings.look_every, settings.look_at_least_every);
        Self { settings, store, client, agenda }
    }

    /// Makes what is due, takes every open document one step further, and lets reports know.
    async fn look(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        let Settings { participant, write_off_every, .. } = &self.settings;
        for made in self.store.make_due_papers(participant, &today(), *write_off_every).await? {
            tracing::info!(paper = made.id, codes = made.codes, "a document is made");
        }
        let open = self.store.open_papers().await?;
        self.agenda.keep_only(&open.iter().map(|paper| paper.id).collect());
        for paper in &open {
            if stop.is_cancelled() {
                return Ok(());
            }
            if self.agenda.is_due(paper.id) {
                self.take_further(paper).await?;
            }
        }
        self.settle_reports().await
    }

    async fn take_further(&mut self, paper: &Paper) -> Result<(), StoreError> {
        match self.step(paper).await {
            Ok(()) => Ok(()),
            Err(StepError::Store(error)) => Err(error),
            Err(StepError::TrueApi(error)) => {
                self.agenda.after(paper.id, self.client.again_after(&error));
                self.note_trouble(paper, &error.whole()).await
            }
        }
    }

    /// A document that tells a report came to its end: so does the report.
    async fn settle_reports(&self) -> Result<(), StoreError> {
        for (report, taken, words) in self.store.reports_told_by_papers().await? {
            let (state, told) = if taken {
                (ReportState::Success, Told::All)
            } else {
                (ReportState::Rejected, Told::Only(Vec::new()))
            };
            let problem = (!words.is_empty()).then_some(words);
            self.store
                .report_ended(report, &ReportEnd { state, told, refused: Vec::new(), problem })
                .await?;
        }
        Ok(())
    }

    /// Writes and logs a trouble once, however often it comes back.
    async fn note_trouble(&self, paper: &Paper, problem: &str) -> Result<(), StoreError> {
        if paper.problem.as_deref() == Some(problem) {
            return Ok(());
        }
        tracing::warn!(paper = paper.id, problem, "a document waits");
        self.store.paper_is_troubled(paper.id, problem).await
    }
}

/// Today, as documents write it, where the program runs.
fn today() -> String {
    let zone = jiff::tz::TimeZone::system();
    let at = jiff::Timestamp::from_microsecond(Micros::now().0).unwrap_or_default();
    at.to_zoned(zone).strftime("%Y-%m-%d").to_string()
}
