//! The printer driver against a small scripted printer.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "a test")]

use markwright::code::{Code, CodeId, CodeText};
use markwright::line::{Cause, Event, PrinterCommand, PrinterEvent, RollMark};
use markwright::print::{LabelFormat, PrinterSettings, keep};
use markwright::telemetry::LastWord;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

const DEADLINE: Duration = Duration::from_secs(10);

/// What the scripted printer is like at the moment; tests change it while it runs.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
struct Script {
    count: u64,
    unique_id: &'static str,
    languages: &'static str,
    model: &'static str,
    prints: bool,
    paper_out: bool,
    no_status_in_trouble: bool,
    silent: bool,
    garbage: bool,
    loses_labels: bool,
    hangs_up_at_label: bool,
    waiting: usize,
    labels: Vec<String>,
    heard: Vec<String>,
    connections: usize,
}

type Shared = Arc<Mutex<Script>>;

impl Script {
    fn status(&self) -> String {
        let paper = u8::from(self.paper_out);
        let waiting = self.waiting;
        format!(
            "\x02030,{paper},0,0308,{waiting:03},0,0,0,000,0,0,0\x03\r\n\
             \x02001,0,0,0,1,2,6,0,00000000,1,000\x03\r\n\x020000,0\x03\r\n"
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
        if command == "~JA" {
            self.waiting = 0;
        }
        if self.prints && !self.paper_out {
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
            "~HS" if self.paper_out && self.no_status_in_trouble => String::new(),
            "~HS" => self.status(),
            "~HQES" => format!(
                "\x02\r\nPRINTER STATUS\r\nERRORS: {0} 00000000 0000000{0}\r\n\x03\r\n",
                u8::from(self.paper_out)
            ),
            "~HI" => format!("\x02{},V92.21.39Z,12,65536KB\x03\r\n", self.model),
            c if c.contains("device.unique_id") => format!("\"{}\"\r\n", self.unique_id),
            c if c.contains("device.languages") => format!("\"{}\"\r\n", self.languages),
            c if c.contains("odometer.total_label_count") => format!("\"{}\"\r\n", self.count),
            c if c.contains("getvar") => "\"?\"\r\n".into(),
            _ => String::new(),
        })
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

struct Bench {
    script: Shared,
    jobs: mpsc::Sender<PrinterCommand>,
    facts: mpsc::Receiver<Event>,
    last_word: LastWord,
    _stop: DropGuard,
}

async fn bench(change: impl FnOnce(&mut Script, &mut PrinterSettings)) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
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
        no_status_in_trouble: false,
        silent: false,
        garbage: false,
        loses_labels: false,
        hangs_up_at_label: false,
        waiting: 0,
        labels: Vec::new(),
        heard: Vec::new(),
        connections: 0,
    };
    change(&mut script, &mut settings);
    let script = Arc::new(Mutex::new(script));
    let shared = Arc::clone(&script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            shared.lock().unwrap().connections += 1;
            serve(stream, Arc::clone(&shared)).await;
        }
    });
    let (jobs, job_inbox) = mpsc::channel(16);
    let (fact_outbox, facts) = mpsc::channel(64);
    let (last_word, stop) = (LastWord::default(), CancellationToken::new());
    let format = LabelFormat {
        setup: b"^XA^DFE:M.ZPL^FS^XZ\r\n".to_vec(),
        row: Arc::new(|codes: &[Code]| {
            let texts: Vec<_> = codes.iter().map(|code| code.text.as_str()).collect();
            format!("^XA^FD{}^XZ", texts.join("+")).into_bytes()
        }),
        mark: Arc::new(|mark: &RollMark| format!("^XA^FD{mark:?}^XZ").into_bytes()),
    };
    tokio::spawn(keep(settings, format, job_inbox, fact_outbox, last_word.clone(), stop.clone()));
    Bench { script, jobs, facts, last_word, _stop: stop.drop_guard() }
}

impl Bench {
    async fn fact(&mut self) -> PrinterEvent {
        let fact = tokio::time::timeout(DEADLINE, self.facts.recv()).await.expect("a fact in time");
        let fact = fact.unwrap();
        let Event::Printer(event) = fact else { panic!("{fact:?} from a printer") };
        event
    }

    async fn print(&self, codes: impl IntoIterator<Item = i64>) {
        for id in codes {
            let code = Code { id: CodeId(id), text: CodeText::new(format!("code{id}")) };
            self.jobs.send(PrinterCommand::Row(vec![code])).await.unwrap();
        }
    }

    fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    /// Waits until the script looks like that.
    async fn until(&self, looks: impl Fn(&Script) -> bool) {
        let wait = async {
            while !looks(&self.script.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("in time");
    }
}

#[tokio::test]
async fn a_printer_is_emptied_identified_and_set_up_before_it_is_up() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    let heard = bench.script.lock().unwrap().heard.clone();
    let place = |what: &str| heard.iter().position(|c| c.contains(what)).expect(what);
    assert_eq!(place("~JA"), 0);
    assert!(place("odometer") < place("^JZN"), "{heard:?}");
    assert!(place("^JZN") < place("^DFE:M.ZPL"), "{heard:?}");
    assert!(bench.last_word.age().is_some());
}

#[tokio::test]
async fn every_label_is_written_once_and_told_in_order() {
    let mut bench = bench(|_, settings| settings.window = 3).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=12).await;
    for id in 1..=12 {
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
    }
    let wanted: Vec<_> = (1..=12).map(|id| format!("^XA^FDcode{id}^XZ")).collect();
    assert_eq!(bench.script.lock().unwrap().labels, wanted);
}

#[tokio::test]
async fn never_more_labels_are_out_than_the_window_holds() {
    let mut bench = bench(|script, settings| {
        script.prints = false;
        settings.window = 2;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=5).await;
    bench.until(|s| s.labels.len() == 2).await;
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 20).await;
    assert_eq!(bench.script.lock().unwrap().labels.len(), 2);
    bench.set(|s| s.prints = true);
    for id in 1..=5 {
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
    }
}

#[tokio::test]
async fn without_paper_it_is_blocked_and_goes_on_with_the_labels_it_has() {
    let mut bench = bench(|script, settings| {
        script.paper_out = true;
        settings.window = 1;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::OutOfLabels));
    bench.print([1, 2]).await;
    bench.set(|s| s.paper_out = false);
    assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(1)));
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(2)));
}

#[tokio::test]
async fn a_fault_puts_the_label_at_its_border_in_doubt_and_no_label_before_it() {
    for (counted, printed) in [(0, vec![]), (1, vec![]), (2, vec![1]), (3, vec![1, 2])] {
        let mut bench = bench(|script, settings| {
            script.prints = false;
            settings.window = 3;
        })
        .await;
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.print(1..=4).await;
        bench.until(|s| s.labels.len() == 3).await;
        bench.set(|s| {
            s.count += counted;
            s.waiting -= usize::try_from(counted).unwrap();
            s.paper_out = true;
        });
        for id in printed {
            assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
        }
        assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::OutOfLabels), "{counted}");
        // What was left in it is thrown away, and nothing of it is told later.
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::OutOfLabels));
        bench.set(|s| (s.paper_out, s.prints) = (false, true));
        assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
        bench.print([9]).await;
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(9)));
        let labels = bench.script.lock().unwrap().labels.len();
        assert_eq!(labels, 4, "the fourth label never left");
    }
}

#[tokio::test]
async fn a_printer_that_gives_no_status_in_trouble_is_asked_for_the_trouble() {
    let mut bench = bench(|script, _| script.no_status_in_trouble = true).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.paper_out = true);
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::OutOfLabels));
    bench.set(|s| s.paper_out = false);
    assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
    bench.print([1]).await;
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(1)));
    assert_eq!(bench.script.lock().unwrap().connections, 1);
}

#[tokio::test]
async fn a_silent_printer_is_down_and_comes_back_when_it_speaks() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.silent = true);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
    bench.until(|s| s.connections >= 3).await;
    bench.set(|s| s.silent = false);
    assert_eq!(bench.fact().await, PrinterEvent::Up, "Down is said once, not at every attempt");
}

#[tokio::test]
async fn nonsense_is_garbled() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.garbage = true);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Garbled));
}

#[tokio::test]
async fn after_a_cut_connection_no_queued_label_is_ever_printed() {
    let mut bench = bench(|script, settings| {
        script.hangs_up_at_label = true;
        settings.window = 1;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=6).await;
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Unreachable));
    bench.set(|s| s.hangs_up_at_label = false);
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([7]).await;
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(7)));
    assert_eq!(bench.script.lock().unwrap().labels, ["^XA^FDcode7^XZ"]);
}

#[tokio::test]
async fn a_counter_that_jumps_or_falls_back_is_not_believed() {
    for jump in [1003, 999] {
        let mut bench = bench(|_, _| {}).await;
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.set(|s| s.count = jump);
        assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
        assert_eq!(bench.fact().await, PrinterEvent::Up);
    }
}

#[tokio::test]
async fn a_label_that_vanished_in_the_printer_is_not_waited_for_for_ever() {
    let mut bench = bench(|script, _| script.loses_labels = true).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1]).await;
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

#[tokio::test]
async fn another_printer_at_the_same_address_is_refused() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| {
        s.unique_id = "ANOTHER";
        s.silent = true;
    });
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
    bench.set(|s| s.silent = false);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Swapped));
}

#[tokio::test]
async fn a_printer_of_another_language_resolution_or_number_gets_no_label() {
    let mut other_language = bench(|script, _| script.languages = "epl").await;
    assert_eq!(other_language.fact().await, PrinterEvent::Down(Cause::WrongDevice));
    let mut other_dots = bench(|_, settings| settings.dots_per_mm = Some(8)).await;
    assert_eq!(other_dots.fact().await, PrinterEvent::Down(Cause::WrongDevice));
    let mut other_number = bench(|_, settings| settings.unique_id = Some("MINE".into())).await;
    assert_eq!(other_number.fact().await, PrinterEvent::Down(Cause::Swapped));
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut bench = bench(|_, settings| settings.addr = free.to_string()).await;
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Unreachable));
}
