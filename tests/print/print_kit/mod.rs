//! A small scripted ZPL printer, and a bench with the driver on it.

pub(crate) mod learner;

use markwright::code::{Code, CodeId, CodeText};
use markwright::line::{Event, PrinterCommand, PrinterEvent, RollMark};
use markwright::print::{LabelFormat, PrinterSettings, keep};
use markwright::telemetry::{Identity, LastWord};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// What the scripted printer is like at the moment; tests change it while it runs.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Script {
    pub(crate) count: u64,
    pub(crate) unique_id: &'static str,
    pub(crate) languages: &'static str,
    pub(crate) model: &'static str,
    pub(crate) prints: bool,
    pub(crate) paper_out: bool,
    pub(crate) paused: bool,
    pub(crate) too_hot: bool,
    pub(crate) full: bool,
    /// Formats of somebody else.
    pub(crate) foreign: usize,
    /// Labels that come out beside those that were sent, before them.
    pub(crate) fed: u64,
    /// What `ezpl.reprint_mode` answers.
    pub(crate) reprint: &'static str,
    /// What is set does not change that.
    pub(crate) stubborn: bool,
    /// Group 1 of the errors, in hex.
    pub(crate) errors: &'static str,
    pub(crate) no_status_in_trouble: bool,
    pub(crate) silent: bool,
    /// So many questions for its status are not answered.
    pub(crate) skips_status: usize,
    pub(crate) garbage: bool,
    pub(crate) loses_labels: bool,
    pub(crate) hangs_up_at_label: bool,
    pub(crate) waiting: usize,
    /// Labels under the head: not among those that wait.
    pub(crate) printing: usize,
    pub(crate) labels: Vec<String>,
    pub(crate) heard: Vec<String>,
    pub(crate) connections: usize,
    pub(crate) json_asked: usize,
}

type Shared = Arc<Mutex<Script>>;

impl Script {
    fn status(&self) -> String {
        let [paper, paused, full, hot] =
            [self.paper_out, self.paused, self.full, self.too_hot].map(u8::from);
        let (waiting, printing) = (self.waiting + self.foreign, self.printing);
        format!(
            "\x02030,{paper},{paused},0308,{waiting:03},{full},0,0,000,0,0,{hot}\x03\r\n\
             \x02001,0,0,0,1,2,6,0,{printing:08},1,000\x03\r\n\x020000,0\x03\r\n"
        )
    }

    /// Does what one command asks and gives the answer; nothing means that it hangs up.
    fn obey(&mut self, command: &str) -> Option<String> {
        self.heard.push(command.to_owned());
        if command.starts_with("^XA^FD") {
            if self.hangs_up_at_label {
                return None;
            }
            self.labels.push(command.to_owned());
            if !self.loses_labels {
                self.waiting += 1;
            }
        }
        if command == "~HS" && self.skips_status > 0 {
            self.skips_status -= 1;
            return Some(String::new());
        }
        if command == "~JA" {
            self.waiting = 0;
        }
        let stands = self.paper_out || self.paused || self.too_hot || self.errors != "00000000";
        if self.prints && !stands {
            self.count += self.waiting as u64;
            self.waiting = 0;
        }
        if self.silent {
            return Some(String::new());
        }
        if self.garbage && command == "~HS" {
            return Some("\x02not,a,status\x03\x02at\x03\x02all\x03".into());
        }
        Some(match command {
            "~HS" if (self.paper_out || self.errors != "00000000") && self.no_status_in_trouble => {
                String::new()
            }
            "~HS" => self.status(),
            "~HQES" => {
                let bits = if self.paper_out { "00000001" } else { self.errors };
                let any = u8::from(bits != "00000000");
                format!("\x02\r\nPRINTER STATUS\r\nERRORS: {any} 00000000 {bits}\r\n\x03\r\n")
            }
            "~HI" => format!("\x02{},V92.21.39Z,12,65536KB\x03\r\n", self.model),
            c if c.contains("device.unique_id") => format!("\"{}\"\r\n", self.unique_id),
            c if c.contains("device.languages") => format!("\"{}\"\r\n", self.languages),
            c if c.contains("odometer.total_label_count") => {
                format!("\"{}\"\r\n", self.count + self.fed)
            }
            c if c.contains("setvar \"ezpl.reprint_mode\"") => {
                if !self.stubborn {
                    self.reprint = "off";
                }
                String::new()
            }
            c if c.contains("ezpl.reprint_mode") => format!("\"{}\"\r\n", self.reprint),
            c if c.contains("getvar") => "\"?\"\r\n".into(),
            _ => String::new(),
        })
    }
}

/// The status channel of the same printer: one question, one answer.
async fn serve_json(mut stream: TcpStream, script: Shared) {
    let mut bytes = [0; 1024];
    while let Ok(1..) = stream.read(&mut bytes).await {
        let answer = {
            let mut script = script.lock().unwrap();
            script.json_asked += 1;
            let errors = script.errors;
            let paused = u8::from(script.paused);
            let any = u8::from(errors != "00000000");
            let values = [
                ("odometer.total_label_count", script.count.to_string()),
                (
                    "zpl.system_status",
                    format!("{paused},{any},00000000,{errors},0,00000000,00000000"),
                ),
                ("device.host_status", script.status().replace(['\x02', '\x03'], "")),
                ("ezpl.reprint_mode", script.reprint.to_owned()),
                ("device.unique_id", script.unique_id.to_owned()),
            ];
            let pairs = values.map(|(name, value)| {
                format!("\"{name}\":\"{}\"", value.replace('\r', "\\r").replace('\n', "\\n"))
            });
            format!("{{{}}}", pairs.join(","))
        };
        // In two pieces, as a busy network delivers it.
        let (first, second) = answer.split_at(answer.len() / 2);
        for piece in [first, second] {
            if stream.write_all(piece.as_bytes()).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Takes the first whole command off the front.
fn command(buffer: &mut String) -> Option<String> {
    let end =
        if buffer.starts_with("^XA") { buffer.find("^XZ")? + 3 } else { buffer.find("\r\n")? };
    let command: String = buffer.drain(..end).collect();
    *buffer = buffer.trim_start_matches(['\r', '\n']).to_owned();
    Some(command)
}

async fn serve(mut stream: TcpStream, script: Shared) {
    let mut buffer = String::new();
    let mut bytes = [0; 1024];
    while let Ok(n @ 1..) = stream.read(&mut bytes).await {
        buffer.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
        while let Some(command) = command(&mut buffer) {
            let Some(answer) = script.lock().unwrap().obey(&command) else { return };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

pub(crate) struct Bench {
    pub(crate) script: Shared,
    pub(crate) jobs: mpsc::Sender<PrinterCommand>,
    pub(crate) facts: mpsc::Receiver<Event>,
    pub(crate) last_word: LastWord,
    pub(crate) identity: Identity,
    _stop: DropGuard,
}

pub(crate) async fn bench(change: impl FnOnce(&mut Script, &mut PrinterSettings)) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let json = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let json_port = json.local_addr().unwrap().port();
    let mut settings = PrinterSettings {
        ask_every: Duration::from_millis(5),
        ask_idle_every: Duration::from_millis(10),
        answer_within: Duration::from_millis(300),
        still_for: Duration::from_millis(20),
        count_within: Duration::from_millis(200),
        retry: (Duration::from_millis(20), Duration::from_millis(50)),
        ..PrinterSettings::new(listener.local_addr().unwrap().to_string())
    };
    let mut script = Script {
        count: 1000,
        unique_id: "XXRAJ180702803",
        languages: "hybrid_xml_zpl",
        model: "ZT411-300dpi",
        prints: true,
        paper_out: false,
        paused: false,
        too_hot: false,
        full: false,
        foreign: 0,
        fed: 0,
        reprint: "?",
        stubborn: false,
        errors: "00000000",
        no_status_in_trouble: false,
        silent: false,
        garbage: false,
        loses_labels: false,
        hangs_up_at_label: false,
        waiting: 0,
        printing: 0,
        skips_status: 0,
        labels: Vec::new(),
        heard: Vec::new(),
        connections: 0,
        json_asked: 0,
    };
    change(&mut script, &mut settings);
    // Any port means: the one of this printer.
    settings.status_port =
        settings.status_port.map(|port| if port == 9200 { json_port } else { port });
    let script = Arc::new(Mutex::new(script));
    let shared = Arc::clone(&script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            shared.lock().unwrap().connections += 1;
            serve(stream, Arc::clone(&shared)).await;
        }
    });
    let shared = Arc::clone(&script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = json.accept().await {
            tokio::spawn(serve_json(stream, Arc::clone(&shared)));
        }
    });
    let (jobs, job_inbox) = mpsc::channel(16);
    let (fact_outbox, facts) = mpsc::channel(64);
    let (last_word, stop) = (LastWord::default(), CancellationToken::new());
    let identity = learner::identity(settings.unique_id.clone());
    let (who, word, ends) = (identity.clone(), last_word.clone(), stop.clone());
    tokio::spawn(keep(settings, format(), who, job_inbox, fact_outbox, word, ends));
    Bench { script, jobs, facts, last_word, identity, _stop: stop.drop_guard() }
}

fn format() -> LabelFormat {
    LabelFormat {
        setup: b"^XA^DFE:M.ZPL^FS^XZ\r\n".to_vec(),
        row: Arc::new(|codes: &[Code]| {
            let texts: Vec<_> = codes.iter().map(|code| code.text.as_str()).collect();
            format!("^XA^FD{}^XZ", texts.join("+")).into_bytes()
        }),
        mark: Arc::new(|mark: &RollMark| format!("^XA^FD{mark:?}^XZ").into_bytes()),
    }
}

impl Bench {
    pub(crate) async fn fact(&mut self) -> PrinterEvent {
        let fact = tokio::time::timeout(DEADLINE, self.facts.recv()).await.expect("a fact in time");
        let fact = fact.unwrap();
        let Event::Printer(event) = fact else { panic!("{fact:?} from a printer") };
        event
    }

    pub(crate) async fn print(&self, codes: impl IntoIterator<Item = i64>) {
        for id in codes {
            let code = Code { id: CodeId(id), text: CodeText::new(format!("code{id}")) };
            self.jobs.send(PrinterCommand::Row(vec![code])).await.unwrap();
        }
    }

    pub(crate) async fn cancel(&self) {
        self.jobs.send(PrinterCommand::Cancel).await.unwrap();
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    /// Waits until it was asked so many times how it stands, from question to question.
    pub(crate) async fn looks(&self, times: usize) {
        let count = |s: &Script| s.heard.iter().filter(|c| *c == "~HS" || *c == "~HQES").count();
        let before = count(&self.script.lock().unwrap());
        self.until(|s| count(s) > before + times).await;
    }

    /// Waits until the script looks like that.
    pub(crate) async fn until(&self, looks: impl Fn(&Script) -> bool) {
        let wait = async {
            while !looks(&self.script.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("in time");
    }
}
