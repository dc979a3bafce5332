//! The daemon as a process, and the person who looks at its pages and presses its buttons.
use super::{PROGRAM, SOON, Site};
use markwright::access::Role;
use markwright::line::LineState;
use markwright::store::Store;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// The only line.
pub(crate) const LINE: &str = "roll-1";
const NAME: &str = "anna";
const PASSWORD: &str = "correct horse";
/// Between two looks at a page.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A running daemon.
pub(crate) struct Daemon {
    process: Child,
    url: String,
    _log: JoinSet<()>,
}

impl Daemon {
    /// Starts it and waits until its pages are there.
    pub(crate) async fn start(site: &Site) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["run", "--config"])
            .arg(&site.config)
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let ready = timeout(SOON, async {
            let mut said = String::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("ready pages=") {
                    return url.trim().trim_end_matches('/').to_owned();
                }
                said = said + &line + "\n";
            }
            panic!("the daemon ended: {said}");
        });
        let url = ready.await.expect("the daemon starts");
        let mut log = JoinSet::new();
        // A test that fails shows what the daemon said.
        log.spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                println!("{line}");
            }
        });
        Self { process, url, _log: log }
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

/// An operator who is signed in.
pub(crate) struct Person {
    client: reqwest::Client,
    url: String,
    cookie: String,
}

impl Person {
    /// Adds the operator to the store, once.
    pub(crate) async fn add(site: &Site) {
        let store = Store::open(&site.store_file()).await.unwrap();
        store.add_person(NAME, PASSWORD, Role::Operator).await.unwrap();
    }

    pub(crate) async fn sign_in(daemon: &Daemon) -> Self {
        let redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirect).timeout(SOON).build().unwrap();
        let url = daemon.url.clone();
        let form = format!("name={NAME}&password={}", PASSWORD.replace(' ', "+"));
        let answer = client
            .post(format!("{url}/sign-in"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let answer = answer.send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { client, url, cookie }
    }

    /// Opens a page or a file.
    pub(crate) async fn get(&self, path: &str) -> Vec<u8> {
        let answer = self.client.get(format!("{}{path}", self.url)).header(COOKIE, &self.cookie);
        let answer = answer.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

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

    /// How the line stands, as its page tells it.
    pub(crate) async fn line(&self) -> Value {
        serde_json::from_slice(&self.get(&format!("/api/lines/{LINE}")).await).unwrap()
    }

    /// Presses a button that may be pressed now.
    pub(crate) async fn press(&self, button: &str) {
        let status = self.try_press(button).await;
        assert!(status.is_redirection(), "{button}: {status}");
    }

    async fn try_press(&self, button: &str) -> StatusCode {
        self.post("requests", &format!("request={button}")).await
    }

    /// Sends a form of the line's page.
    pub(crate) async fn post(&self, form: &str, body: &str) -> StatusCode {
        let answer = self
            .client
            .post(format!("{}/lines/{LINE}/{form}", self.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, &self.cookie)
            .body(body.to_owned());
        let answer = answer.send().await.unwrap();
        let to = answer.headers().get(LOCATION).map_or("", |to| to.to_str().unwrap());
        assert!(!to.contains("sign-in"), "{answer:?}");
        answer.status()
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
