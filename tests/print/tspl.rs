//! The printer driver against a small scripted TSPL printer: no counter, one label at a time.
use crate::print_kit::learner;
use markwright::code::{Code, CodeId, CodeText};
use markwright::label::Language;
use markwright::line::{Cause, Event, PrinterCommand, PrinterEvent, RollMark};
use markwright::print::{Evidence, LabelFormat, PrinterSettings, keep};
use markwright::telemetry::LastWord;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

const DEADLINE: Duration = Duration::from_secs(10);

/// What the scripted printer is like at the moment.
struct Script {
    /// The four letters of `<ESC>!S`; nothing: a clone that knows only `<ESC>!?`.
    letters: Option<[u8; 4]>,
    /// The answer to `<ESC>!?`.
    byte: u8,
    model: &'static str,
    /// The next label makes it busy for so many questions; then it is at rest.
    busy_for: usize,
    busy: usize,
    silent: bool,
    speaks_zpl: bool,
    labels: Vec<String>,
    heard: Vec<String>,
    connections: usize,
}

type Shared = Arc<Mutex<Script>>;

impl Script {
    fn status(&mut self) -> Vec<u8> {
        let Some(mut letters) = self.letters else { return Vec::new() };
        if self.busy > 0 && letters == *b"@@@@" {
            self.busy -= 1;
            letters[0] = b'P';
        }
        [&[2][..], &letters, b"\x03\r\n"].concat()
    }

    fn obey(&mut self, command: &str) -> Vec<u8> {
        self.heard.push(command.to_owned());
        if command.contains("PRINT 1") {
            self.labels.push(command.to_owned());
            self.busy = self.busy_for;
        }
        match command {
            _ if self.silent => Vec::new(),
            "~HI" if self.speaks_zpl => b"\x02ZT411-300dpi,V92,12,65536KB\x03\r\n".to_vec(),
            _ if self.speaks_zpl => Vec::new(),
            "\x1b!S" => self.status(),
            "\x1b!?" => {
                let printing = if self.busy > 0 { 0x20 } else { 0 };
                self.busy = self.busy.saturating_sub(1);
                vec![self.byte | printing]
            }
            "~!T" => format!("{}\r\n", self.model).into_bytes(),
            _ => Vec::new(),
        }
    }
}

/// Takes the first whole command off the front; those with ESC have no line end.
fn command(buffer: &mut String) -> Option<String> {
    if buffer.starts_with('\x1b') {
        return (buffer.len() >= 3).then(|| buffer.drain(..3).collect());
    }
    let end = buffer.find("\r\n")?;
    let command = buffer.drain(..end + 2).collect::<String>();
    Some(command.trim_end().to_owned())
}

async fn serve(mut stream: TcpStream, script: Shared) {
    let mut buffer = String::new();
    let mut bytes = [0; 1024];
    while let Ok(n @ 1..) = stream.read(&mut bytes).await {
        buffer.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
        while let Some(command) = command(&mut buffer) {
            let answer = script.lock().unwrap().obey(&command);
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }
}

struct Bench {
    script: Shared,
    jobs: mpsc::Sender<PrinterCommand>,
    facts: mpsc::Receiver<Event>,
    _stop: DropGuard,
}

async fn bench(change: impl FnOnce(&mut Script, &mut PrinterSettings)) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = PrinterSettings {
        language: Language::Tspl,
        evidence: Evidence::BatchDrain,
        window: 1,
        ask_every: Duration::from_millis(5),
        ask_idle_every: Duration::from_millis(10),
        answer_within: Duration::from_millis(200),
        still_for: Duration::from_millis(40),
        rest_within: Duration::from_millis(500),
        retry: (Duration::from_millis(20), Duration::from_millis(50)),
        ..PrinterSettings::new(listener.local_addr().unwrap().to_string())
    };
    let mut script = Script {
        letters: Some(*b"@@@@"),
        byte: 0,
        model: "MX241P",
        busy_for: 3,
        busy: 0,
        silent: false,
        speaks_zpl: false,
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
    let stop = CancellationToken::new();
    let format = LabelFormat {
        setup: b"SIZE 58 mm,40 mm\r\n".to_vec(),
        row: Arc::new(|codes: &[Code]| {
            format!("CLS;{};PRINT 1\r\n", codes[0].text.as_str()).into_bytes()
        }),
        mark: Arc::new(|mark: &RollMark| format!("CLS;{mark:?};PRINT 1\r\n").into_bytes()),
    };
    let (identity, word) = (learner::identity(settings.unique_id.clone()), LastWord::default());
    tokio::spawn(keep(settings, format, identity, job_inbox, fact_outbox, word, stop.clone()));
    Bench { script, jobs, facts, _stop: stop.drop_guard() }
}

impl Bench {
    async fn fact(&mut self) -> PrinterEvent {
        let fact = tokio::time::timeout(DEADLINE, self.facts.recv()).await.expect("a fact in time");
        let Some(Event::Printer(event)) = fact else { panic!("{fact:?} from a printer") };
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

    async fn until(&self, looks: impl Fn(&Script) -> bool) {
        let wait = async {
            while !looks(&self.script.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("in time");
    }
}

fn printed(id: i64) -> PrinterEvent {
    PrinterEvent::Printed(CodeId(id))
}

#[tokio::test]
async fn a_printer_is_emptied_waited_for_named_and_set_up_before_it_is_up() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    let heard = bench.script.lock().unwrap().heard.clone();
    let place = |what: &str| heard.iter().position(|c| c == what).expect(what);
    assert_eq!(place("\x1b!."), 0);
    assert!(place("\x1b!S") < place("~!T"), "{heard:?}");
    assert!(place("~!T") < place("SET REPRINT OFF"), "{heard:?}");
    assert!(place("SET PRINTKEY OFF") < place("SIZE 58 mm,40 mm"), "{heard:?}");
    assert!(!heard.contains(&"SET PEEL OFF".to_owned()), "it has no peeler: {heard:?}");
}

#[tokio::test]
async fn a_printer_that_may_have_a_peeler_is_told_not_to_wait_at_it() {
    let mut bench = bench(|_, settings| settings.sets_peel_off = true).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    assert!(bench.script.lock().unwrap().heard.contains(&"SET PEEL OFF".to_owned()));
}

#[tokio::test]
async fn labels_are_printed_one_at_a_time_and_each_is_told_when_the_printer_rests_again() {
    for busy_for in [1, 3, 8] {
        let mut bench = bench(|script, _| script.busy_for = busy_for).await;
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.print(1..=4).await;
        for id in 1..=4 {
            assert_eq!(bench.fact().await, printed(id));
            assert!(bench.script.lock().unwrap().busy == 0 || id < 4);
        }
        let labels = bench.script.lock().unwrap().labels.clone();
        assert_eq!(labels, [1, 2, 3, 4].map(|id| format!("CLS;code{id};PRINT 1")));
    }
}

#[tokio::test]
async fn no_second_label_is_sent_while_the_first_is_being_printed() {
    let mut bench = bench(|script, _| script.busy_for = 1_000_000).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=3).await;
    bench.until(|s| s.busy > 0 && s.busy < 999_950).await;
    assert_eq!(bench.script.lock().unwrap().labels.len(), 1);
    bench.set(|s| (s.busy, s.busy_for) = (0, 1));
    for id in 1..=3 {
        assert_eq!(bench.fact().await, printed(id));
    }
}

#[tokio::test]
async fn a_label_that_came_out_between_two_questions_is_told_after_the_time_of_a_label() {
    let mut bench = bench(|script, _| script.busy_for = 0).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    let sent = tokio::time::Instant::now();
    bench.print([1]).await;
    assert_eq!(bench.fact().await, printed(1));
    assert!(sent.elapsed() >= Duration::from_millis(40), "{:?}", sent.elapsed());
}

#[tokio::test]
async fn every_fault_with_a_label_in_the_printer_puts_that_label_in_doubt() {
    let cases = [
        (b"E@@A", Cause::OutOfLabels),
        (b"E@@D", Cause::OutOfRibbon),
        (b"E@@`", Cause::HeadOpen),
        (b"E@@B", Cause::Faulty),
        (b"E@H@", Cause::Faulty),
    ];
    for (letters, cause) in cases {
        let mut bench = bench(|script, _| script.busy_for = 1_000_000).await;
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.print([1, 2]).await;
        bench.until(|s| s.busy > 0).await;
        bench.set(|s| s.letters = Some(*letters));
        assert_eq!(bench.fact().await, PrinterEvent::NotWritten(CodeId(2)));
        assert_eq!(bench.fact().await, PrinterEvent::Down(cause));
        // Not up before it is well and at rest: what a clone kept comes out when it is mended.
        bench.until(|s| s.connections >= 3).await;
        bench.set(|s| (s.letters, s.busy, s.busy_for) = (Some(*b"@@@@"), 0, 3));
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.print([9]).await;
        assert_eq!(bench.fact().await, printed(9));
        assert_eq!(bench.script.lock().unwrap().labels.len(), 2, "the second label never left");
    }
}

#[tokio::test]
async fn a_paused_or_hot_printer_is_waited_for() {
    for (letters, cause) in [(b"`@@@", Cause::Paused), (b"E@A@", Cause::TooHot)] {
        let mut bench = bench(|script, _| script.busy_for = 1_000_000).await;
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.print([1]).await;
        bench.until(|s| s.busy > 0).await;
        bench.set(|s| s.letters = Some(*letters));
        assert_eq!(bench.fact().await, PrinterEvent::Blocked(cause));
        bench.set(|s| (s.letters, s.busy) = (Some(*b"@@@@"), 2));
        assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
        assert_eq!(bench.fact().await, printed(1));
    }
}

#[tokio::test]
async fn a_label_that_is_fed_by_hand_puts_the_one_in_the_printer_in_doubt() {
    let mut bench = bench(|script, _| script.busy_for = 1_000_000).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1]).await;
    bench.until(|s| s.busy > 0).await;
    bench.set(|s| s.letters = Some(*b"F@@@"));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

#[tokio::test]
async fn a_full_buffer_gets_no_label_until_it_has_room() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.letters = Some(*b"@H@@"));
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 3).await;
    bench.print([1]).await;
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 3).await;
    assert!(bench.script.lock().unwrap().labels.is_empty());
    bench.set(|s| s.letters = Some(*b"@@@@"));
    assert_eq!(bench.fact().await, printed(1));
}

#[tokio::test]
async fn a_clone_with_a_status_of_one_byte_is_understood() {
    let mut bench = bench(|script, _| script.letters = None).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1]).await;
    assert_eq!(bench.fact().await, printed(1));
    bench.set(|s| s.byte = 0x04);
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::OutOfLabels));
}

#[tokio::test]
async fn a_printer_without_a_word_is_silent_and_not_well() {
    let mut bench = bench(|script, _| script.busy_for = 1_000_000).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1]).await;
    bench.until(|s| s.busy > 0).await;
    bench.set(|s| s.silent = true);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
    bench.set(|s| (s.silent, s.busy) = (false, 0));
    assert_eq!(bench.fact().await, PrinterEvent::Up);
}

#[tokio::test]
async fn a_printer_of_another_language_or_model_gets_no_label() {
    let mut zpl = bench(|script, _| script.speaks_zpl = true).await;
    assert_eq!(zpl.fact().await, PrinterEvent::Down(Cause::WrongDevice));
    let mut tspl = bench(|_, settings| settings.language = Language::Zpl).await;
    assert_eq!(tspl.fact().await, PrinterEvent::Down(Cause::WrongDevice));
    let mut swapped = bench(|_, settings| settings.unique_id = Some("PEX-1121".into())).await;
    assert_eq!(swapped.fact().await, PrinterEvent::Down(Cause::Swapped));
    for bench in [zpl, tspl, swapped] {
        assert!(bench.script.lock().unwrap().labels.is_empty());
    }
}

#[tokio::test]
async fn cancelled_labels_are_not_told_and_what_comes_after_is_printed() {
    let mut bench = bench(|script, _| script.busy_for = 1_000_000).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1, 2]).await;
    bench.until(|s| s.busy > 0).await;
    bench.jobs.send(PrinterCommand::Cancel).await.unwrap();
    bench.until(|s| s.heard.iter().filter(|c| *c == "\x1b!.").count() == 2).await;
    bench.set(|s| (s.busy, s.busy_for) = (0, 3));
    bench.print([3]).await;
    assert_eq!(bench.fact().await, printed(3));
    let labels = bench.script.lock().unwrap().labels.clone();
    assert_eq!(labels, ["CLS;code1;PRINT 1", "CLS;code3;PRINT 1"]);
}
