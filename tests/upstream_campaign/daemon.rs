//! The daemon as a process of its own.
use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Longer than anything takes on a machine that has other work to do.
const SOON: Duration = Duration::from_mins(2);
/// The last lines of a daemon's log that a failure shows.
const LOG_KEPT: usize = 80;

/// The last words of a run's daemons.
pub(crate) type Log = Arc<Mutex<VecDeque<String>>>;

/// A running daemon.
pub(crate) struct Daemon {
    process: Child,
    _reader: JoinSet<()>,
}

impl Daemon {
    /// Starts it and waits until its pages are there.
    pub(crate) async fn start(config: &Path, log: &Log, error: &str) -> Self {
        let mut process = Command::new(program())
            .args(["run", "--config"])
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
            while let Some(line) = lines.next_line().await.unwrap() {
                let is_ready = line.contains("ready pages=");
                keep(log, line);
                if is_ready {
                    return;
                }
            }
            panic!("the daemon ended: {:?}", log.lock().unwrap());
        });
        ready.await.expect("the daemon starts");
        let mut reader = JoinSet::new();
        let log = Arc::clone(log);
        reader.spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                keep(&log, line);
            }
        });
        Self { process, _reader: reader }
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

/// The daemon: the one that was built for the test, or another one that `CAMPAIGN_DAEMON` names.
fn program() -> String {
    let built = env!("CARGO_BIN_EXE_markwright");
    std::env::var("CAMPAIGN_DAEMON").unwrap_or_else(|_| built.to_owned())
}

fn keep(log: &Log, line: String) {
    let mut log = log.lock().unwrap();
    if log.len() == LOG_KEPT {
        log.pop_front();
    }
    log.push_back(line);
}
