//! What a person at the page of a roll does.
use super::{LINE, SOON};
use crate::daemon_kit::Person;
use markwright::line::LineState;
use reqwest::StatusCode;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks at a page.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Person {
    /// The passport of a job, as a program reads it.
    async fn passport(&self, job: i64) -> Value {
        let path = format!("/lines/{LINE}/jobs/{job}/passport.json");
        serde_json::from_slice(&self.get(&path).await).unwrap()
    }

    /// The passport of a job that is done: the devices are sent home between the last label and that.
    pub(crate) async fn passport_when_done(&self, job: i64) -> Value {
        let end = Instant::now() + SOON;
        loop {
            let sheet = self.passport(job).await;
            if sheet["state"] == "done" {
                return sheet;
            }
            assert!(Instant::now() < end, "not done within {SOON:?}: {sheet}");
            sleep(LOOK_EVERY).await;
        }
    }

    /// Looks until the line stands so.
    pub(crate) async fn until(&self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + SOON;
        loop {
            let line = self.line().await;
            if so(&line) {
                return line;
            }
            assert!(Instant::now() < end, "within {SOON:?}: {what}; {line}");
            sleep(LOOK_EVERY).await;
        }
    }

    pub(crate) async fn until_state(&self, state: LineState) -> Value {
        self.until(state.name(), |line| line["state"] == state.name()).await
    }

    /// Brings a line that rests into work.
    pub(crate) async fn start(&self) {
        self.until_state(LineState::Stopped).await;
        self.press("reset").await;
        self.until_state(LineState::Idle).await;
        self.press("start").await;
    }

    /// Presses what leads on until the line is done.
    pub(crate) async fn bring_to_the_end(&self) {
        let end = Instant::now() + SOON;
        loop {
            let line = self.line().await;
            let button = match line["state"].as_str().unwrap() {
                "Complete" => return,
                "Held" | "Idle" => Some("start"),
                "Stopped" => Some("reset"),
                _ => None,
            };
            if let Some(button) = button {
                let status = self.try_press(button).await;
                // The line may have gone on since the look.
                let fine = status.is_redirection() || status == StatusCode::CONFLICT;
                assert!(fine, "{button}: {status}");
            }
            assert!(Instant::now() < end, "not done within {SOON:?}: {line}");
            sleep(4 * LOOK_EVERY).await;
        }
    }
}
