//! A real broker, Mosquitto, and somebody who listens to it.
#![allow(dead_code, reason = "each test program needs a part of it")]

use serde_json::Value;
use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// For anything that should happen at once.
pub(crate) const SOON: Duration = Duration::from_secs(30);

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/bin".into()])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| {
            panic!("{name} is not installed: apt-get install mosquitto mosquitto-clients")
        })
}

pub(crate) async fn soon<F: Future>(what: &str, happens: F) -> F::Output {
    let happened = tokio::time::timeout(SOON, happens).await;
    happened.unwrap_or_else(|_| panic!("within {SOON:?}: {what}"))
}

async fn line_with<R: AsyncRead + Unpin>(lines: &mut Lines<BufReader<R>>, part: &str) -> String {
    let found = async {
        loop {
            let line = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("ended: {part}"));
            if line.contains(part) {
                return line;
            }
        }
    };
    soon(part, found).await
}

/// A broker that keeps what it took over when it is told to end.
pub(crate) struct Broker {
    dir: TempDir,
    pub(crate) port: u16,
    process: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let kept = dir.path().display();
        let config = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\n\
             persistence true\npersistence_location {kept}/\n"
        );
        std::fs::write(dir.path().join("broker.conf"), config).unwrap();
        let (process, log) = Self::run(dir.path()).await;
        Self { dir, port, process, log }
    }

    async fn run(dir: &Path) -> (Child, Lines<BufReader<ChildStderr>>) {
        let mut process = Command::new(program("mosquitto"))
            .arg("-c")
            .arg(dir.join("broker.conf"))
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        line_with(&mut log, "running").await;
        (process, log)
    }

    pub(crate) async fn end(&mut self) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        soon("the broker ends", self.process.wait()).await.unwrap();
    }

    pub(crate) async fn start_again(&mut self) {
        (self.process, self.log) = Self::run(self.dir.path()).await;
    }

    pub(crate) async fn watch(&self, topic: &str) -> Watcher {
        let mut process = Command::new("stdbuf")
            .arg("-oL")
            .arg(program("mosquitto_sub"))
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-q", "1", "-d"])
            // A session that the broker keeps: what comes while one of them is away waits there.
            .args(["-i", "watcher", "-c", "-t", topic, "-F", "GOT %r %t %p"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        line_with(&mut lines, "Subscribed").await;
        Watcher { lines, seen: HashSet::new(), _process: process }
    }
}

/// Hears what the broker passes on.
pub(crate) struct Watcher {
    lines: Lines<BufReader<ChildStdout>>,
    seen: HashSet<String>,
    _process: Child,
}

/// A message that was heard.
pub(crate) struct Heard {
    pub(crate) retained: bool,
    pub(crate) topic: String,
    pub(crate) body: Value,
}

impl Watcher {
    /// The next message that was not heard before: MQTT may say the same thing twice.
    pub(crate) async fn next(&mut self) -> Heard {
        loop {
            let line = line_with(&mut self.lines, "GOT ").await;
            let line = &line[line.find("GOT ").unwrap()..];
            let mut parts = line.splitn(4, ' ').skip(1);
            let retained = parts.next().unwrap() == "1";
            let topic = parts.next().unwrap().to_owned();
            let body = serde_json::from_str(parts.next().unwrap()).unwrap();
            if self.seen.insert(line.to_owned()) {
                return Heard { retained, topic, body };
            }
        }
    }
}
