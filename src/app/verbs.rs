//! What people asked of the job on a line becomes requests to the line.
use crate::line::{Event, LineState, LineView, Request};
use crate::store::{Job, JobVerb, Store, StoreError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How often the store is asked. A person with a finger on a page does not wait for longer.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Carries the verbs of one job to its line.
pub(super) struct Verbs {
    pub(super) store: Store,
    pub(super) job: Job,
    pub(super) view: watch::Receiver<LineView>,
    pub(super) facts: mpsc::Sender<Event>,
    /// Cancelled when the job ends as soon as its line rests.
    pub(super) ends: CancellationToken,
}

impl Verbs {
    /// Works until told to stop.
    pub(super) async fn keep(self, stop: CancellationToken) {
        let work = async {
            loop {
                if let Err(error) = self.look().await {
                    tracing::warn!(%error, job = self.job.id, "what is asked of a job is not known");
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        stop.run_until_cancelled(work).await;
    }

    async fn look(&self) -> Result<(), StoreError> {
        let Some(verb) = self.store.asked_of(self.job.id).await? else { return Ok(()) };
        let state = self.view.borrow().state;
        for request in requests(verb, state) {
            // The line's inbox is closed: it has ended, and the verb waits for the next one.
            if self.facts.send(Event::Operator(*request)).await.is_err() {
                return Ok(());
            }
        }
        tracing::info!(
            job = self.job.id,
            verb = verb.word(),
            "the line hears what is asked of its job"
        );
        self.store.job_heard(self.job.id, verb).await?;
        if matches!(verb, JobVerb::Stop | JobVerb::Abort) {
            self.ends.cancel();
        }
        Ok(())
    }
}

/// Which requests of the line a verb gives. The table of docs/jobs.md.
pub(super) const fn requests(verb: JobVerb, state: LineState) -> &'static [Request] {
    match (verb, state) {
        (JobVerb::Pause, _) => &[Request::Hold],
        (JobVerb::Resume, LineState::Stopped) => &[Request::Reset, Request::Start],
        (JobVerb::Resume, _) => &[Request::Start],
        (JobVerb::Stop, _) => &[Request::Stop],
        (JobVerb::Abort, _) => &[Request::Abort],
        (JobVerb::Start | JobVerb::RevokeStart | JobVerb::Cancel | JobVerb::Clear, _) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_of_a_running_job_gives_its_line_a_command_and_no_other_does() {
        for verb in JobVerb::ALL {
            let gives = !requests(verb, LineState::Execute).is_empty();
            let of_running =
                [JobVerb::Pause, JobVerb::Resume, JobVerb::Stop, JobVerb::Abort].contains(&verb);
            assert_eq!(gives, of_running, "{verb:?}");
        }
        assert_eq!(
            requests(JobVerb::Resume, LineState::Stopped),
            [Request::Reset, Request::Start],
            "a line at rest needs a reset before"
        );
    }
}
