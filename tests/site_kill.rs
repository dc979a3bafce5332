//! `kill -9` at any moment, start again: the daemon as a process of its own against the fake site.
//!
//! Twelve kills by default; `KILLS=300` makes a campaign of it, `SEED` another one. In every fourth
//! life the disk gets full before the kill, and in half of these there is room again.
//!
//! A full disk is a limit on the size of files that is set from outside (`prlimit`), which needs no
//! rights; a read-only one is mounted, where that is allowed.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod site_kit;

use markwright::access::Role;
use markwright::line::{LineState, Request};
use markwright::sim::dice::Dice;
use markwright::sim::ledger::Books;
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
        Self::try_start(site).await.unwrap_or_else(|said| panic!("the daemon ended: {said}"))
    }

    /// What it said if it ended instead.
    async fn try_start(site: &Site) -> Result<Self, String> {
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
    async fn disk_is_full(&self, is_full: bool) {
        let id = self.process.id().unwrap().to_string();
        let limit = if is_full { "--fsize=0:" } else { "--fsize=unlimited:" };
        let set = Command::new("prlimit").args(["--pid", &id, limit]).status().await.unwrap();
        assert!(set.success(), "prlimit is in the package util-linux");
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
        // The line may have gone on since it was looked at, and then takes this no more; or what was
        // asked cannot be written down yet, because the disk was full. Then it is asked again.
        let again = status == reqwest::StatusCode::CONFLICT || status.is_server_error();
        assert!(again || status.is_redirection() || status.is_success(), "{status}");
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
        let back = back.await.is_ok();
        assert!(back, "no good products within {SOON:?}: {}", self.line().await);
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
        let rest = dice.below(LIFE_MAX_MS) as u64;
        let full_for = if life % 4 == 3 { dice.below(LIFE_MAX_MS) as u64 } else { 0 };
        sleep(Duration::from_millis(rest)).await;
        if full_for > 0 {
            daemon.disk_is_full(true).await;
            sleep(Duration::from_millis(full_for)).await;
            daemon.disk_is_full(life % 8 == 3).await;
        }
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

#[tokio::test]
async fn a_full_disk_stops_the_line_which_says_why_and_prints_nothing_until_there_is_room_again() {
    let site = Site::build(240.0, 200).await;
    Operator::add(&site).await;
    let daemon = Daemon::start(&site).await;
    let operator = Operator::sign_in(&daemon).await;
    operator.bring_back(&site).await;

    daemon.disk_is_full(true).await;
    let mut line = Value::Null;
    let stands = timeout(SOON, async {
        while line["state"] != "Aborted" {
            sleep(LOOK_EVERY).await;
            line = operator.line().await;
        }
    });
    assert!(stands.await.is_ok(), "it runs on: {line}");
    let why = line["trouble"]["action"].as_str().unwrap_or_default();
    assert!(why.contains("Look at the disk"), "it does not say why: {line}");
    let out = || site.stage.ledger().ask(Books::physical_labels);
    let before = out();
    // Longer than the daemon waits before it tries again.
    sleep(Duration::from_secs(7)).await;
    assert_eq!(out(), before, "it prints what it cannot remember");

    daemon.disk_is_full(false).await;
    operator.bring_back(&site).await;
    end_and_account(site, daemon).await;
}

/// A small file system of its own, where mounting is allowed.
struct Mount(std::path::PathBuf);

impl Mount {
    fn over(folder: std::path::PathBuf) -> Option<Self> {
        let mount = Self(folder);
        mount.with(&["-t", "tmpfs", "-o", "size=64m", "none"]).then_some(mount)
    }

    fn with(&self, arguments: &[&str]) -> bool {
        let done = std::process::Command::new("mount").args(arguments).arg(&self.0).output();
        done.is_ok_and(|done| done.status.success())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn on_a_read_only_disk_the_daemon_says_why_it_does_not_start_and_prints_nothing() {
    let site = Site::build(240.0, 200).await;
    let Some(disk) = Mount::over(site.dir.path().join("data")) else {
        println!("not tested: mounting is not allowed here");
        return;
    };
    Operator::add(&site).await;
    let daemon = Daemon::start(&site).await;
    Operator::sign_in(&daemon).await.bring_back(&site).await;
    daemon.kill().await;

    assert!(disk.with(&["-o", "remount,ro"]));
    let out = || site.stage.ledger().ask(Books::physical_labels);
    let before = out();
    let said = Daemon::try_start(&site).await.err().expect("it starts on a read-only disk");
    assert!(said.to_lowercase().contains("read"), "{said}");
    assert_eq!(out(), before);

    assert!(disk.with(&["-o", "remount,rw"]));
    let daemon = Daemon::start(&site).await;
    Operator::sign_in(&daemon).await.bring_back(&site).await;
    end_and_account(site, daemon).await;
}
