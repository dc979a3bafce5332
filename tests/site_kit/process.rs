//! The daemon as a process of its own, that can be killed, and an operator at its pages.
#![allow(dead_code, reason = "each test program needs a part of it")]

use super::{LINE, LOOK_EVERY, SOON, Site, what_a_person_asks};
use markwright::access::Role;
use markwright::line::{LineState, Request};
use markwright::store::Store;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const PASSWORD: &str = "correct horse";

/// The daemon as a process.
pub(crate) struct Daemon {
    process: Child,
    url: String,
    /// From the start of the process to the pages being there.
    pub(crate) ready_after: Duration,
    _log: JoinSet<()>,
}

impl Daemon {
    pub(crate) async fn start(site: &Site) -> Self {
        Self::try_start(site).await.unwrap_or_else(|said| panic!("the daemon ended: {said}"))
    }

    /// What it said if it ended instead.
    pub(crate) async fn try_start(site: &Site) -> Result<Self, String> {
        let begun = Instant::now();
        // A process that writes beyond a limit is killed, unless it was told to ignore that.
        let mut process = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_markwright"))
            .arg("run")
            .arg("--config")
            .arg(&site.stage.config)
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let found = timeout(SOON, async {
            let mut said = String::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("ready pages=") {
                    return Ok(url.trim().trim_end_matches('/').to_owned());
                }
                said = said + &line + "\n";
            }
            Err(said)
        });
        let url = found.await.expect("the daemon starts")?;
        let ready_after = begun.elapsed();
        let mut log = JoinSet::new();
        // Read on, so that it is never held up by its own words.
        log.spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { process, url, ready_after, _log: log })
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

/// An operator who signs in at the daemon's pages and presses what is to be pressed.
pub(crate) struct Operator {
    client: reqwest::Client,
    url: String,
    cookie: String,
}

impl Operator {
    pub(crate) async fn add(site: &Site) {
        let store = Store::open(&site.store_file()).await.unwrap();
        store.add_person("anna", PASSWORD, Role::Operator).await.unwrap();
    }

    pub(crate) async fn sign_in(daemon: &Daemon) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirect).timeout(SOON).build().unwrap();
        let url = daemon.url.clone();
        let form = format!("name=anna&password={}", PASSWORD.replace(' ', "+"));
        let answer = client
            .post(format!("{url}/sign-in"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let answer = answer.send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { client, url, cookie }
    }

    pub(crate) async fn line(&self) -> Value {
        let answer = self.client.get(format!("{}/api/lines/{LINE}", self.url));
        let answer = answer.header(COOKIE, &self.cookie).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    pub(crate) async fn state(&self) -> LineState {
        self.line().await["state"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn ask(&self, request: Request) {
        let word = if request == Request::Reset { "reset" } else { "start" };
        let answer = self
            .client
            .post(format!("{}/lines/{LINE}/requests", self.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, &self.cookie)
            .body(format!("request={word}"));
        let status = answer.send().await.unwrap().status();
        // The line may have gone on since it was looked at, and then takes this no more; or what was
        // asked cannot be written down yet, because the disk was full. Then it is asked again.
        let again = status == reqwest::StatusCode::CONFLICT || status.is_server_error();
        assert!(again || status.is_redirection() || status.is_success(), "{status}");
    }

    /// Looks, and presses what leads on, until the line runs and has made good products again.
    pub(crate) async fn bring_back(&self, site: &Site) {
        let good = || site.stage.ledger().ask(|truth| truth.good().count());
        let wanted = good() + 3;
        let back = timeout(SOON, async {
            while good() < wanted {
                if let Some(request) = what_a_person_asks(self.state().await) {
                    self.ask(request).await;
                }
                sleep(10 * LOOK_EVERY).await;
            }
        });
        let back = back.await.is_ok();
        assert!(back, "no good products within {SOON:?}: {}", self.line().await);
    }
}
