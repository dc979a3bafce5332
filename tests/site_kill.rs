//! `kill -9` at any moment, start again: the daemon as a process of its own against the fake site.
//!
//! Twelve kills by default; `KILLS=300` makes a campaign of it, `SEED` another one.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod site_kit;

use markwright::access::Role;
use markwright::line::{LineState, Request};
use markwright::sim::dice::Dice;
use markwright::store::Store;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use serde_json::Value;
use site_kit::{Account, LINE, LOOK_EVERY, SOON, Site, Troubled, what_a_person_asks};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const PASSWORD: &str = "correct horse";
/// The longest life of a daemon that will be killed.
const LIFE_MAX_MS: usize = 5_000;

/// The daemon as a process.
struct Daemon {
    process: Child,
    url: String,
    /// From the start of the process to the pages being there.
    ready_after: Duration,
    _log: JoinSet<()>,
}

impl Daemon {
    async fn start(site: &Site) -> Self {
        let begun = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_markwright"))
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
                    return url.trim().trim_end_matches('/').to_owned();
                }
                said = said + &line + "\n";
            }
            panic!("the daemon ended: {said}");
        });
        let url = found.await.expect("the daemon starts");
        let ready_after = begun.elapsed();
        let mut log = JoinSet::new();
        // Read on, so that it is never held up by its own words.
        log.spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { process, url, ready_after, _log: log }
    }

    /// `kill -9`.
    async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// SIGTERM, and waits for the orderly end.
    async fn end(mut self) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let ended = timeout(SOON, self.process.wait()).await;
        assert!(ended.expect("it ends in order").unwrap().success());
    }
}

/// An operator who signs in at the daemon's pages and presses what is to be pressed.
struct Operator {
    client: reqwest::Client,
    url: String,
    cookie: String,
}

impl Operator {
    async fn add(site: &Site) {
        let store = Store::open(&site.store_file()).await.unwrap();
        store.add_person("anna", PASSWORD, Role::Operator).await.unwrap();
    }

    async fn sign_in(daemon: &Daemon) -> Self {
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

    async fn line(&self) -> Value {
        let answer = self.client.get(format!("{}/api/lines/{LINE}", self.url));
        let answer = answer.header(COOKIE, &self.cookie).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn state(&self) -> LineState {
        self.line().await["state"].as_str().unwrap().parse().unwrap()
    }

    async fn ask(&self, request: Request) {
        let word = if request == Request::Reset { "reset" } else { "start" };
        let answer = self
            .client
            .post(format!("{}/lines/{LINE}/requests", self.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, &self.cookie)
            .body(format!("request={word}"));
        let status = answer.send().await.unwrap().status();
        assert!(status.is_redirection() || status.is_success(), "{status}");
    }

    /// Looks, and presses what leads on, until the line runs and has made good products again.
    async fn bring_back(&self, site: &Site) {
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
        if back.await.is_err() {
            panic!("no good products within {SOON:?}: {}", self.line().await);
        }
    }
}

/// Every order and every report has come to its end, so that the issuer owes nothing.
async fn settled(site: &Site) {
    let store = Store::open(&site.store_file()).await.unwrap();
    let settled = timeout(SOON, async {
        while !store.open_wants().await.unwrap().is_empty() {
            sleep(LOOK_EVERY).await;
        }
    });
    settled.await.expect("orders come to their end");
}

fn number_from(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

async fn end_and_account(site: Site, daemon: Daemon) -> Account {
    settled(&site).await;
    daemon.end().await;
    let account = site.close(Troubled::Yes).await;
    account.assert_right();
    account
}

#[tokio::test]
async fn a_daemon_killed_at_any_moment_prints_no_code_twice_and_loses_none() {
    let (kills, seed) = (number_from("KILLS", 12), number_from("SEED", 1));
    let mut dice = Dice::new(seed);
    let site = Site::build(240.0, 100).await;
    site.edit("[centre]", "lost_order_after = \"1s\"\n[centre]");
    Operator::add(&site).await;
    let mut ready = Vec::new();
    for life in 0..kills {
        let daemon = Daemon::start(&site).await;
        ready.push(daemon.ready_after);
        if life == 0 {
            Operator::sign_in(&daemon).await.bring_back(&site).await;
        }
        sleep(Duration::from_millis(dice.below(LIFE_MAX_MS) as u64)).await;
        daemon.kill().await;
    }
    let daemon = Daemon::start(&site).await;
    let operator = Operator::sign_in(&daemon).await;
    operator.bring_back(&site).await;
    ready.sort_unstable();
    let account = end_and_account(site, daemon).await;
    println!("killed {kills} times, seed {seed}: {:?}", account.sums);
    println!("ready after {:?}, at most {:?}", ready[ready.len() / 2], ready[ready.len() - 1]);
    // A life leaves in doubt at most what was between printer and camera.
    let doubtful = account.sums.codes.doubtful;
    assert!(doubtful <= 10 * kills, "{doubtful} doubtful after {kills} kills");
    assert!(account.sums.codes.verified >= 3, "{:?}", account.sums);
}

#[tokio::test]
async fn after_a_kill_in_full_run_the_line_comes_back_by_itself_and_catches_up() {
    let site = Site::build(240.0, 200).await;
    Operator::add(&site).await;
    for _ in 0..2 {
        let daemon = Daemon::start(&site).await;
        let good = || site.stage.ledger().ask(|truth| truth.good().count());
        let wanted = good() + 4;
        if !site_kit::happens(|| good() >= wanted, SOON).await {
            let line = Operator::sign_in(&daemon).await.line().await;
            panic!("without anybody's help, no good products within {SOON:?}: {line}");
        }
        daemon.kill().await;
    }
    let daemon = Daemon::start(&site).await;
    let operator = Operator::sign_in(&daemon).await;
    operator.bring_back(&site).await;
    let account = end_and_account(site, daemon).await;
    // The belt stops a second after the daemon died: the PLC remembers what happened until then.
    assert_eq!(account.sums.products.unaccounted, 0, "{:?}", account.sums);
}

#[tokio::test]
async fn where_a_person_must_start_the_line_it_waits_for_the_person_after_a_kill() {
    let site = Site::build(240.0, 200).await;
    site.edit("by_itself = true", "by_itself = false");
    Operator::add(&site).await;
    let daemon = Daemon::start(&site).await;
    Operator::sign_in(&daemon).await.bring_back(&site).await;
    daemon.kill().await;

    let daemon = Daemon::start(&site).await;
    let operator = Operator::sign_in(&daemon).await;
    assert_eq!(operator.state().await, LineState::Stopped);
    operator.bring_back(&site).await;
    end_and_account(site, daemon).await;
}
