//! Makes the printer of a line known: in the store first, then to its driver.
use crate::store::{Store, StoreError};
use crate::telemetry::Identity;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long after a store that did not answer it is asked again. The driver waits meanwhile.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What is kept up for as long as a job runs.
pub(super) struct Learner {
    pub(super) store: Store,
    pub(super) line: String,
    pub(super) job: i64,
    pub(super) profile: String,
    pub(super) identity: Identity,
}

impl Learner {
    /// Notes which printer the job is made on.
    pub(super) async fn note(&self) -> Result<(), StoreError> {
        let known = self.identity.known();
        self.store.note_printer(self.job, &self.profile, known.as_deref()).await
    }

    /// Learns who answers first, and notes every printer that becomes known, until told to stop.
    pub(super) async fn keep(self, stop: CancellationToken) {
        let work = async {
            let mut changes = self.identity.changes();
            loop {
                match self.learn().await {
                    Ok(()) => changes.next().await,
                    Err(problem) => {
                        tracing::warn!(line = self.line, %problem, "the printer is not learnt");
                        tokio::time::sleep(AGAIN_AFTER).await;
                    }
                }
            }
        };
        stop.run_until_cancelled(work).await;
    }

    async fn learn(&self) -> Result<(), StoreError> {
        if let Some(found) = self.identity.to_learn() {
            let known = self.store.learn_printer(&self.line, &found).await?;
            tracing::info!(line = self.line, unique_id = known, "printer learnt");
            self.identity.settle(Some(known));
        }
        self.note().await
    }
}
