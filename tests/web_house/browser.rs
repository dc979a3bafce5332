//! A real browser, driven over its debugging pipe: go somewhere, evaluate a script, wait until
//! something is true.
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Names of the same browser in different distributions.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// A browser on two busy cores.
const ANSWERS_WITHIN: Duration = Duration::from_mins(1);

/// One page in one browser with a profile of its own.
pub(crate) struct Browser {
    to: pipe::Sender,
    from: BufReader<pipe::Receiver>,
    session: Option<String>,
    last_id: u64,
    _process: Child,
    _folder: TempDir,
}

impl Browser {
    /// Starts a browser; fails with what to install where there is none.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (in_path, out_path) = (folder.path().join("in"), folder.path().join("out"));
        let made = Command::new("mkfifo").args([&in_path, &out_path]).status().await.unwrap();
        assert!(made.success(), "mkfifo");
        // Opened for both ways, so that nobody waits for the other end.
        let mut both = pipe::OpenOptions::new();
        let both = both.read_write(true);
        let (to, from) =
            (both.open_sender(&in_path).unwrap(), both.open_receiver(&out_path).unwrap());
        let process = start(folder.path());
        let (session, from) = (None, BufReader::new(from));
        let mut browser =
            Self { to, from, session, last_id: 0, _process: process, _folder: folder };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        browser
    }

    /// Goes to an address; [`Browser::wait_for`] waits until it is there.
    pub(crate) async fn go(&mut self, url: &str) {
        let went = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(went.get("errorText").is_none(), "{url}: {went}");
    }

    /// The value of a JavaScript expression in the page; null where it throws, and where the page
    /// goes away meanwhile, as after a click on a link.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let ask = json!({ "expression": expression, "returnByValue": true });
        let answer = self.try_call("Runtime.evaluate", ask).await;
        answer.map_or(Value::Null, |mut answer| answer["result"]["value"].take())
    }

    /// Waits until an expression is true in the page.
    pub(crate) async fn wait_for(&mut self, expression: &str) {
        let becomes_true = async { while self.value(expression).await != Value::Bool(true) {} };
        if timeout(ANSWERS_WITHIN, becomes_true).await.is_err() {
            let page = self.value("document.documentElement.outerHTML").await;
            panic!("never true: {expression}\n{page}");
        }
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.try_call(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn try_call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).await.unwrap();
        timeout(ANSWERS_WITHIN, self.answer()).await.unwrap_or_else(|_| {
            panic!(
                "the browser does not answer {method}; is one installed? apt-get install chromium"
            )
        })
    }

    async fn answer(&mut self) -> Result<Value, Value> {
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).await.unwrap();
            bytes.pop();
            let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
            if answer["id"] == json!(self.last_id) {
                let error = answer["error"].take();
                return if error.is_null() { Ok(answer["result"].take()) } else { Err(error) };
            }
        }
    }
}

/// A command for the browser with a fresh profile, that talks to nobody but the pages it is sent to.
pub(crate) fn command(profile: &Path, more: &[&str]) -> Vec<String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let is_there = |name: &&str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    let name = NAMES.into_iter().find(is_there);
    let name = name.expect("this test needs a browser; install one: apt-get install chromium");
    let fixed = [
        name,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
    ];
    let mut words: Vec<_> = fixed.iter().chain(more).map(ToString::to_string).collect();
    words.push(format!("--user-data-dir={}", profile.join("profile").display()));
    words
}

/// The browser speaks on its file descriptors 3 and 4; only a shell can put pipes there.
fn start(folder: &Path) -> Child {
    let words = command(folder, &["--remote-debugging-pipe"]);
    Command::new("sh")
        .args(["-c", r#"exec "$@" 3<in 4>out 2>log"#, "sh"])
        .args(words)
        .current_dir(folder)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
