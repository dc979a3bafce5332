//! What the tests of the PLC driver share: the driver with its facts, and PLCs that are not ours.
#![allow(clippy::assigning_clones, reason = "a test")]
#![allow(missing_docs, unreachable_pub, reason = "a test")]

use markwright::apply::{PlcSettings, keep};
use markwright::line::{Event, PlcCommand, PlcEvent};
use markwright::telemetry::LastWord;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub const DEADLINE: Duration = Duration::from_secs(20);

/// The driver at work.
pub struct Driver {
    pub commands: mpsc::Sender<PlcCommand>,
    pub facts: mpsc::Receiver<Event>,
    _task: JoinSet<()>,
}

impl Driver {
    pub fn start(settings: PlcSettings) -> Self {
        let (commands, inbox) = mpsc::channel(128);
        let (outbox, facts) = mpsc::channel(1024);
        let mut task = JoinSet::new();
        let stop = CancellationToken::new();
        task.spawn(keep(settings, None, inbox, outbox, LastWord::default(), stop));
        Self { commands, facts, _task: task }
    }

    pub async fn tell(&self, command: PlcCommand) {
        self.commands.send(command).await.unwrap();
    }

    pub async fn fact(&mut self) -> PlcEvent {
        let fact = timeout(DEADLINE, self.facts.recv()).await.expect("a fact in time").unwrap();
        let Event::Plc(event) = fact else { panic!("{fact:?} from a PLC") };
        event
    }

    /// Waits for this fact; gives those before it.
    pub async fn until(&mut self, wanted: impl Fn(&PlcEvent) -> bool) -> Vec<PlcEvent> {
        let mut before = Vec::new();
        let wait = async {
            loop {
                let fact = self.fact().await;
                if wanted(&fact) {
                    return;
                }
                before.push(fact);
            }
        };
        let came = timeout(DEADLINE, wait).await;
        assert!(came.is_ok(), "the fact did not come; there were {before:?}");
        before
    }

    pub async fn until_up(&mut self) {
        self.until(|fact| matches!(fact, PlcEvent::Up(_))).await;
    }
}

/// A program in Python that plays a PLC on a Modbus server that is not ours.
pub struct Judge {
    pub address: String,
    said: Lines<BufReader<ChildStdout>>,
    told: ChildStdin,
    _child: Child,
}

impl Judge {
    pub async fn start(script: &str, arguments: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/test-venv/bin/python");
        let mut child = Command::new(&python)
            .arg(root.join("tests/judges").join(script))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}; `tests/run` makes it", python.display()));
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = child.stdin.take().unwrap();
        let mut judge = Self { address: String::new(), said, told, _child: child };
        let listening = judge.said().await;
        judge.address = listening.strip_prefix("listening ").expect(&listening).to_owned();
        judge
    }

    /// The next thing that it says.
    pub async fn said(&mut self) -> String {
        let line = timeout(DEADLINE, self.said.next_line()).await.expect("a line in time");
        line.unwrap().expect("`tests/run` installs pymodbus and pyModbusTCP into target/test-venv")
    }

    /// What it says until this.
    pub async fn until(&mut self, wanted: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            let said = self.said().await;
            if said == wanted {
                return before;
            }
            before.push(said);
        }
    }

    pub async fn tell(&mut self, line: &str) {
        self.told.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        self.told.flush().await.unwrap();
    }
}

/// Settings that suit a test: everything ten times faster.
pub fn quick(settings: PlcSettings) -> PlcSettings {
    PlcSettings {
        cycle: Duration::from_millis(10),
        answer_within: Duration::from_millis(200),
        heartbeat_within: Duration::from_millis(400),
        retry: (Duration::from_millis(20), Duration::from_millis(50)),
        ..settings
    }
}
