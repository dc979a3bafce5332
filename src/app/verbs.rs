//! What people asked of the job on a line becomes requests to the line.
use crate::line::{Event, LineState, LineView, Mode, Request};
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

    fn step(&self, verb: JobVerb) -> Step {
        let view = self.view.borrow();
        step(verb, view.mode, view.state)
    }

    async fn look(&self) -> Result<(), StoreError> {
        let Some(verb) = self.store.asked_of(self.job.id).await? else { return Ok(()) };
        let Step { requests, is_heard } = self.step(verb);
        for request in requests {
            // The line's inbox is closed: it has ended, and the verb waits for the next one.
            if self.facts.send(Event::Operator(*request)).await.is_err() {
                return Ok(());
            }
        }
        if !is_heard {
            return Ok(());
        }
        tracing::info!(job = self.job.id, verb = verb.word(), "the line has heard of its job");
        self.store.job_heard(self.job.id, verb).await?;
        if matches!(verb, JobVerb::Stop | JobVerb::Abort) {
            self.ends.cancel();
        }
        Ok(())
    }
}

/// What a verb comes to as the line stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// What the line is asked.
    requests: &'static [Request],
    /// Whether that is all. Otherwise the verb is kept, and it is looked again.
    is_heard: bool,
}

impl Step {
    /// The line cannot be asked yet: it is on its way to a state that takes it.
    const WAIT: Self = Self { requests: &[], is_heard: false };
    /// The line does so already.
    const DONE: Self = Self { requests: &[], is_heard: true };

    const fn say(requests: &'static [Request]) -> Self {
        Self { requests, is_heard: true }
    }
}

/// The table of docs/jobs.md.
const fn step(verb: JobVerb, mode: Mode, state: LineState) -> Step {
    match verb {
        JobVerb::Pause => pause(mode, state),
        JobVerb::Resume => resume(state),
        JobVerb::Stop => Step::say(&[Request::Stop]),
        JobVerb::Abort => Step::say(&[Request::Abort]),
        JobVerb::Start | JobVerb::RevokeStart | JobVerb::Cancel | JobVerb::Clear => Step::DONE,
    }
}

/// Kept until the line is held: it may have left Execute when it hears of it, and what waits for a
/// neighbour goes on by itself.
const fn pause(mode: Mode, state: LineState) -> Step {
    use LineState as S;
    match state {
        S::Execute if mode.has(S::Holding) => Step { requests: &[Request::Hold], is_heard: false },
        S::Holding
        | S::Held
        | S::Stopping
        | S::Stopped
        | S::Idle
        | S::Aborting
        | S::Aborted
        | S::Clearing
        | S::Complete => Step::DONE,
        S::Execute
        | S::Resetting
        | S::Starting
        | S::Unholding
        | S::Suspending
        | S::Suspended
        | S::Unsuspending
        | S::Completing => Step::WAIT,
    }
}

/// Said once: what keeps the line from running is shown at the line.
const fn resume(state: LineState) -> Step {
    use LineState as S;
    match state {
        S::Stopped => Step::say(&[Request::Reset, Request::Start]),
        S::Idle => Step::say(&[Request::Start]),
        S::Held => Step::say(&[Request::Unhold]),
        S::Suspended => Step::say(&[Request::Unsuspend]),
        S::Holding | S::Suspending | S::Stopping | S::Clearing | S::Resetting => Step::WAIT,
        S::Starting
        | S::Unholding
        | S::Unsuspending
        | S::Execute
        | S::Completing
        | S::Complete
        // Somebody must see first that it is safe.
        | S::Aborting
        | S::Aborted => Step::DONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the verb asks of a line that stands so, and whether it is heard by that.
    fn said(verb: JobVerb, state: LineState) -> (&'static [Request], bool) {
        let Step { requests, is_heard } = step(verb, Mode::Production, state);
        (requests, is_heard)
    }

    #[test]
    fn a_verb_is_heard_only_when_the_line_takes_what_it_asks_or_does_so_already() {
        for state in LineState::ALL {
            for verb in [JobVerb::Pause, JobVerb::Resume] {
                let (requests, is_heard) = said(verb, state);
                let mut stands = state;
                for request in requests {
                    let way = stands.way_at_rest(*request);
                    assert!(!way.is_empty(), "{verb:?} in {state}: {request:?} is not taken");
                    stands = way.last().copied().unwrap_or(stands);
                }
                let waits = !is_heard && requests.is_empty();
                // The states in which a line can stand for long and the job does not do so already.
                let stays = verb == JobVerb::Resume
                    && matches!(state, LineState::Held | LineState::Suspended | LineState::Stopped);
                assert!(!(waits && stays), "{verb:?} in {state} waits for ever");
            }
        }
    }

    #[test]
    fn a_pause_said_while_the_line_gets_ready_is_kept_until_it_can_be_held() {
        use LineState as S;
        for state in [S::Starting, S::Unholding, S::Completing, S::Suspended] {
            assert_eq!(said(JobVerb::Pause, state), (&[][..], false), "{state}");
        }
        assert_eq!(said(JobVerb::Pause, S::Execute), (&[Request::Hold][..], false));
        assert_eq!(said(JobVerb::Pause, S::Held), (&[][..], true));
        let manual = step(JobVerb::Pause, Mode::Manual, S::Execute);
        assert_eq!(manual, Step::WAIT, "there is nothing to hold in Manual");
    }

    #[test]
    fn a_resume_unholds_unsuspends_or_starts() {
        use LineState as S;
        for (state, requests) in [
            (S::Held, &[Request::Unhold][..]),
            (S::Suspended, &[Request::Unsuspend]),
            (S::Idle, &[Request::Start]),
            (S::Stopped, &[Request::Reset, Request::Start]),
        ] {
            assert_eq!(said(JobVerb::Resume, state), (requests, true), "{state}");
        }
        assert_eq!(said(JobVerb::Resume, S::Suspending), (&[][..], false), "kept");
        assert_eq!(said(JobVerb::Resume, S::Aborted), (&[][..], true), "somebody must look first");
    }

    #[test]
    fn every_verb_of_a_running_job_gives_its_line_a_command_and_no_other_does() {
        for verb in JobVerb::ALL {
            let state = if verb == JobVerb::Resume { LineState::Held } else { LineState::Execute };
            let gives = !said(verb, state).0.is_empty();
            let of_running =
                [JobVerb::Pause, JobVerb::Resume, JobVerb::Stop, JobVerb::Abort].contains(&verb);
            assert_eq!(gives, of_running, "{verb:?}");
        }
    }
}
