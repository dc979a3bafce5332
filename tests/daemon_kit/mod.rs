//! The daemon as a process of its own, that can be killed, and a person at its pages.
#![allow(dead_code, unused_imports, reason = "each test program needs a part of it")]
pub(crate) mod campaign;
mod person;

pub(crate) use person::Person;

use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// Longer than anything takes on a machine that has other work to do.
const SOON: Duration = Duration::from_mins(2);
/// The last lines of a log that a failure shows.
const LOG_KEPT: usize = 80;

/// The daemon: the one that was built for the test, or another one that `CAMPAIGN_DAEMON` names.
pub(crate) fn program() -> String {
    let built = env!("CARGO_BIN_EXE_markwright");
    std::env::var("CAMPAIGN_DAEMON").unwrap_or_else(|_| built.to_owned())
}

/// A running daemon.
pub(crate) struct Daemon {
    process: Child,
    url: String,
    /// From the start of the process to the pages being there.
    pub(crate) ready_after: Duration,
    _reader: JoinSet<()>,
}

impl Daemon {
    /// Starts it and waits until its pages are there. `hear` gets every line that it says.
    pub(crate) async fn start(config: &Path, hear: impl FnMut(String) + Send + 'static) -> Self {
        Self::start_planted(config, "", hear).await
    }

    /// The same, with this error planted in it (feature `planted`).
    pub(crate) async fn start_planted(
        config: &Path,
        error: &str,
        hear: impl FnMut(String) + Send + 'static,
    ) -> Self {
        let started = Self::try_start_planted(config, error, hear).await;
        started.unwrap_or_else(|said| panic!("the daemon ended: {said}"))
    }

    /// The daemon; what it said, if it ended instead.
    pub(crate) async fn try_start(
        config: &Path,
        hear: impl FnMut(String) + Send + 'static,
    ) -> Result<Self, String> {
        Self::try_start_planted(config, "", hear).await
    }

    async fn try_start_planted(
        config: &Path,
        error: &str,
        mut hear: impl FnMut(String) + Send + 'static,
    ) -> Result<Self, String> {
        let begun = Instant::now();
        // A process that writes beyond a limit is killed, unless it was told to ignore that.
        let mut process = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", program().as_str(), "run", "--config"])
            .arg(config)
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))
            .env("NO_COLOR", "1")
            .env("MARKWRIGHT_PLANTED", error)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let ready = timeout(SOON, async {
            let mut said = String::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                let url = line.split_once("ready pages=").map(|(_, url)| url.trim().to_owned());
                said = said + &line + "\n";
                hear(line);
                if let Some(url) = url {
                    return Ok(url.trim_end_matches('/').to_owned());
                }
            }
            Err(said)
        });
        let url = ready.await.expect("the daemon starts")?;
        let ready_after = begun.elapsed();
        let mut reader = JoinSet::new();
        // Read on, so that it is never held up by its own words.
        reader.spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                hear(line);
            }
        });
        Ok(Self { process, url, ready_after, _reader: reader })
    }

    /// From now on nothing more can be written to files, or all can again.
    pub(crate) async fn disk_is_full(&self, is_full: bool) {
        let id = self.process.id().unwrap().to_string();
        let limit = if is_full { "--fsize=0:" } else { "--fsize=unlimited:" };
        let set = Command::new("prlimit").args(["--pid", &id, limit]).status().await.unwrap();
        assert!(set.success(), "prlimit is in the package util-linux");
    }

    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// SIGTERM, and waits for the orderly end.
    pub(crate) async fn end(mut self) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let ended = timeout(SOON, self.process.wait()).await;
        assert!(ended.expect("it ends in order").unwrap().success());
    }
}

/// The last words of daemons that come one after the other.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    /// What hears a daemon.
    pub(crate) fn ear(&self) -> impl FnMut(String) + Send + use<> {
        let Self(kept) = self.clone();
        move |line| {
            let mut kept = kept.lock().unwrap();
            if kept.len() == LOG_KEPT {
                kept.pop_front();
            }
            kept.push_back(line);
        }
    }

    /// As the end of a report.
    pub(crate) fn told(&self) -> String {
        let kept = self.0.lock().unwrap();
        let lines = kept.iter().map(|line| format!("  {line}\n"));
        std::iter::once("the last words of the daemon:\n".to_owned()).chain(lines).collect()
    }
}
