//! The daemon as a process of its own, and the person who presses its buttons.
use markwright::line::LineState;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;
use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The only line.
pub(crate) const LINE: &str = "roll-1";
/// Longer than anything takes on a machine that has other work to do.
const SOON: Duration = Duration::from_mins(1);
/// The last lines of a daemon's log that a failure shows.
const LOG_KEPT: usize = 60;
const PERSON: &str = "anna";
const PASSWORD: &str = "correct horse";

/// The last words of a script's daemons.
pub(crate) type Log = Arc<Mutex<VecDeque<String>>>;

/// A running daemon.
pub(crate) struct Daemon {
    process: Child,
    url: String,
    _reader: JoinSet<()>,
}

impl Daemon {
    /// Starts it and waits until its pages are there.
    pub(crate) async fn start(config: &Path, log: &Log) -> Self {
        let mut process = Command::new(program())
            .args(["run", "--config"])
            .arg(config)
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let ready = timeout(SOON, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                let url = line.split_once("ready pages=").map(|(_, url)| url.trim().to_owned());
                keep(log, line);
                if let Some(url) = url {
                    return url.trim_end_matches('/').to_owned();
                }
            }
            panic!("the daemon ended: {:?}", log.lock().unwrap());
        });
        let url = ready.await.expect("the daemon starts");
        let mut reader = JoinSet::new();
        let log = Arc::clone(log);
        reader.spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                keep(&log, line);
            }
        });
        Self { process, url, _reader: reader }
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
pub(crate) fn program() -> String {
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

/// Somebody with the right to press buttons. The sign-in is in the store, so that it outlives a
/// daemon, and holds in every copy of the store.
#[derive(Clone)]
pub(crate) struct Person {
    client: reqwest::Client,
    cookie: String,
}

impl Person {
    /// Adds the person to a store whose daemon runs, and signs in.
    pub(crate) async fn sign_in(daemon: &Daemon, store_file: &Path) -> Self {
        let store = markwright::store::Store::open(store_file).await.unwrap();
        store.add_person(PERSON, PASSWORD, markwright::access::Role::Operator).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirect).timeout(SOON).build().unwrap();
        let form = format!("name={PERSON}&password={}", PASSWORD.replace(' ', "+"));
        let answer = client
            .post(format!("{}/sign-in", daemon.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let answer = answer.send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { client, cookie }
    }

    /// How the line stands, as its page tells it.
    pub(crate) async fn look(&self, daemon: &Daemon) -> Value {
        let answer = self.client.get(format!("{}/api/lines/{LINE}", daemon.url));
        let answer = answer.header(COOKIE, &self.cookie).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// Presses what leads on from this state.
    pub(crate) async fn press(&self, daemon: &Daemon, state: LineState) {
        let button = if state == LineState::Aborted { "reset" } else { "start" };
        let answer = self
            .client
            .post(format!("{}/lines/{LINE}/requests", daemon.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, &self.cookie)
            .body(format!("request={button}"));
        let answer = answer.send().await.unwrap();
        let to = answer.headers().get(LOCATION).map_or("", |to| to.to_str().unwrap());
        // The line may have gone on meanwhile: then it does not take it, and says so.
        let taken = answer.status().is_redirection() && !to.contains("sign-in");
        assert!(taken || answer.status() == StatusCode::CONFLICT, "{answer:?}");
    }
}

/// Whether the line goes on only when somebody presses a button.
pub(crate) fn waits_for_a_person(state: LineState) -> bool {
    matches!(state, LineState::Held | LineState::Aborted)
}
