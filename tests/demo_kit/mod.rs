//! The demo as a person starts it: a process of its own, read from what it prints.
use crate::orders_walk::{SOON, SignIn};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A running demo. Dropping it ends it at once.
pub(crate) struct Demo {
    /// Where its pages are.
    pub(crate) url: String,
    sign_ins: HashMap<String, String>,
    kept: TempDir,
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    /// Starts it and reads what it says until it says how to stop it.
    pub(crate) async fn start(rate: &str) -> Self {
        let kept = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_markwright"))
            .args(["demo", "--listen", "127.0.0.1:0", "--rate", rate, "--json", "--keep"])
            .arg(kept.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        let (url, sign_ins) = (String::new(), HashMap::new());
        let mut demo = Self { url, sign_ins, kept, process, said };
        timeout(SOON, demo.listen()).await.expect("the demo says its addresses");
        demo
    }

    async fn listen(&mut self) {
        while let Some(line) = self.said.next_line().await.unwrap() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["The", "line:", url] => url.trim_end_matches('/').clone_into(&mut self.url),
                ["Sign", "in", "as", name, "password", password, ..] => {
                    self.sign_ins.insert(name.to_owned(), password.to_owned());
                }
                ["Ctrl-C", ..] => return,
                _ => {}
            }
        }
        panic!("the demo ended before it said how to stop it");
    }

    /// The ready-made sign-in of this name.
    pub(crate) fn sign_in(&self, name: &str) -> SignIn {
        SignIn { name: name.to_owned(), password: self.sign_ins[name].clone() }
    }

    /// What lies on the heap of the desk printer: the code of each label.
    pub(crate) fn labels_of_the_desk(&self) -> Vec<String> {
        let list = std::fs::read_to_string(self.folder().join("desk-labels/codes.txt")).unwrap();
        list.lines().map(|line| line.replace("<GS>", "\u{1d}")).collect()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.kept.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder().join("data/markwright.db")
    }

    /// Presses Ctrl-C; gives the last line that it printed, and how it ended.
    pub(crate) async fn stop(mut self) -> (String, ExitStatus) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
        let ended = async {
            let mut last = String::new();
            while let Some(line) = self.said.next_line().await.unwrap() {
                last = line;
            }
            (last, self.process.wait().await.unwrap())
        };
        timeout(SOON, ended).await.expect("the demo stops")
    }
}
