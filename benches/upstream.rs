//! How long codes take from the station into the store, and a report from the store to the station:
//! `cargo bench --bench upstream`. Figures: docs/performance.md.
//!
//! The station is a process of its own that answers from bodies which it made before: its time is in
//! the wall time (writing them into a socket), not in the processor time, and its memory is its own.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
#![allow(clippy::cast_precision_loss, missing_docs, reason = "figures for people")]
use markwright::code::ProductGroup;
use markwright::store::{Store, WantState};
use markwright::upstream::{ClientToken, Oms, OmsSettings, SignSettings, Signer};
use markwright::{pull, report};
use sqlx::SqlitePool;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const GTIN: &str = "04810093011694";
/// Codes of an order, and their group.
const SCENES: [(u32, &str); 3] = [(150_000, "milk"), (150_000, "shoes"), (2_000_000, "shoes")];
const IN_A_REPORT: u32 = 30_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize| arguments[at].parse().unwrap();
    match arguments.get(1).map(String::as_str) {
        Some("station") => station(number(2), &arguments[3]),
        Some("fetch") => on_a_runtime(fetch(number(2), &arguments[3], &arguments[4])),
        Some("tell") => on_a_runtime(tell(number(2), &arguments[3], &arguments[4])),
        _ => all(),
    }
}

/// Every scene in a process of its own, so that memory and processor time are those of one.
fn all() {
    for (codes, group) in SCENES {
        scene("fetch", codes, group);
    }
    for group in ["milk", "shoes"] {
        scene("tell", IN_A_REPORT, group);
    }
}

fn scene(what: &str, codes: u32, group: &str) {
    let me = std::env::current_exe().unwrap();
    let codes = codes.to_string();
    let mut station = Command::new(&me);
    let station = station.args(["station", &codes, group]).stdout(Stdio::piped());
    let mut station = Ended(station.spawn().unwrap());
    let mut address = String::new();
    BufReader::new(station.0.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let done = Command::new(&me).args([what, &codes, group, address.trim()]).status().unwrap();
    assert!(done.success());
}

/// A process that does not outlive this one's interest.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn on_a_runtime(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work);
}

/// Codes of an order are fetched, parsed, checked and durable.
async fn fetch(codes: u32, group: &str, station: &str) {
    let bench = Bench::new(station).await;
    let (begun, before) = (Instant::now(), processor_time());
    bench.pull(codes, group).await;
    let (wall, processor) = (begun.elapsed(), processor_time() - before);
    println!(
        "{codes:>9} codes ({group}) fetched and durable: {:.2} s by the clock, {processor:.2} s of the processor, {} MB at most",
        wall.as_secs_f64(),
        most_memory_mb(),
    );
}

/// Codes with a fate are put into a report, signed and sent.
async fn tell(codes: u32, group: &str, station: &str) {
    let bench = Bench::new(station).await;
    bench.pull(codes, group).await;
    bench.verify_all().await;
    let (begun, before) = (Instant::now(), processor_time());
    let settings = report::Settings {
        at_most: codes,
        look_every: Duration::from_millis(5),
        // Footwear is told by the Russian station itself: there would be no report of it.
        duties: report::Duties::EVERYTHING,
        ..report::Settings::default()
    };
    let (store, oms, stop) = (bench.store.clone(), bench.oms.clone(), CancellationToken::new());
    let mut task = JoinSet::new();
    let told = stop.clone();
    task.spawn(report::keep(settings, store, oms, report::Flush::default(), told));
    let sent = loop {
        let reports = bench.store.reports(1).await.unwrap();
        if let Some(report) = reports.into_iter().find(|r| r.upstream_id.is_some()) {
            break report.codes;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let (wall, processor) = (begun.elapsed(), processor_time() - before);
    stop.cancel();
    while task.join_next().await.is_some() {}
    println!(
        "{sent:>9} codes ({group}) in a report, signed and sent: {:.2} s by the clock, {processor:.2} s of the processor",
        wall.as_secs_f64(),
    );
}

struct Bench {
    store: Store,
    oms: Oms,
    dir: tempfile::TempDir,
}

impl Bench {
    async fn new(station: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("markwright.db")).await.unwrap();
        let url = format!("http://{station}");
        let mut settings = OmsSettings::new(&url, ClientToken::new("token"), "oms");
        settings.signer = Some(Signer::new(SignSettings::Test, &[&url]).unwrap());
        Self { store, oms: Oms::new(settings).unwrap(), dir }
    }

    /// Orders and fetches codes as the daemon does, with its usual settings.
    async fn pull(&self, codes: u32, group: &str) {
        let group = ProductGroup::from_alias(group).unwrap();
        let gtin = GTIN.parse().unwrap();
        let want = self.store.want_codes("line:one", gtin, group, codes).await.unwrap();
        let (store, oms, stop) = (self.store.clone(), self.oms.clone(), CancellationToken::new());
        let mut task = JoinSet::new();
        task.spawn(pull::keep(pull::Settings::default(), store, oms, stop.clone()));
        let done = loop {
            let want = self.store.want(want).await.unwrap().unwrap();
            if matches!(want.state, WantState::Done | WantState::Failed) {
                break want;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!((done.state, done.taken, &done.problem), (WantState::Done, codes, &None));
        stop.cancel();
        while task.join_next().await.is_some() {}
    }

    async fn verify_all(&self) {
        let file = self.dir.path().join("markwright.db");
        let db = SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        for state in ["sent", "printed", "verified"] {
            let sql = "update code set state = $1, settled = ($1 = 'verified')";
            sqlx::query(sql).bind(state).execute(&db).await.unwrap();
        }
        db.close().await;
    }
}

/// Seconds that this process has kept a processor busy. A tick of Linux is a hundredth of a second.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn most_memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

/// What the station gives out: all codes of one order as JSON strings, and where each one ends.
struct Shelf {
    text: String,
    ends: Vec<usize>,
    given: Mutex<usize>,
}

impl Shelf {
    fn filled(codes: usize, group: &str) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(codes));
        for n in 0..codes {
            // Like real ones, they do not follow one another.
            let mixed = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) & 0xFFFF_FFFF_FFFF;
            let _ = if group == "shoes" {
                write!(text, "\"01{GTIN}215{mixed:012X}\\u001d91EE11\\u001d92{mixed:087X}=\",")
            } else {
                // Six characters: one digit of the country and five of thirty-six.
                write!(text, "\"01{GTIN}215{}\\u001d93dGVz\",", in_base_36(n))
            };
            ends.push(text.len());
        }
        Self { text, ends, given: Mutex::new(0) }
    }

    fn left(&self) -> usize {
        self.ends.len() - *self.given.lock().unwrap()
    }

    /// The next codes, without the comma behind the last one.
    fn give(&self, quantity: usize) -> &str {
        let mut given = self.given.lock().unwrap();
        let begin = given.checked_sub(1).map_or(0, |last| self.ends[last]);
        *given += quantity;
        &self.text[begin..self.ends[*given - 1] - 1]
    }
}

fn in_base_36(n: usize) -> String {
    let digit = |place: u32| {
        let digit = u32::try_from(n / 36_usize.pow(place) % 36).unwrap();
        char::from_digit(digit, 36).unwrap()
    };
    (0..5).map(digit).collect()
}

fn station(codes: u32, group: &str) {
    let shelf = Shelf::filled(codes as usize, group);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    std::thread::scope(|scope| {
        for stream in listener.incoming() {
            let (stream, shelf) = (stream.unwrap(), &shelf);
            scope.spawn(move || serve(stream, shelf));
        }
    });
}

fn serve(mut stream: TcpStream, shelf: &Shelf) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some((path, query)) = request(&mut reader) {
        let body = answer(&path, &query, shelf);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.iter().map(|part| part.len()).sum::<usize>()
        );
        stream.write_all(head.as_bytes()).unwrap();
        for part in &body {
            stream.write_all(part.as_bytes()).unwrap();
        }
    }
}

/// Path and query of the next request; its body is read and forgotten.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|length| *length > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    let target = first.split_whitespace().nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some((path.trim_start_matches("/api/v3/").to_owned(), query.to_owned()))
}

fn answer<'a>(path: &str, query: &str, shelf: &'a Shelf) -> Vec<std::borrow::Cow<'a, str>> {
    let own = |text: String| vec![text.into()];
    match path {
        "order" => own(r#"{"omsId":"oms","orderId":"o","expectedCompleteTimestamp":0}"#.to_owned()),
        "order/status" => {
            let (all, left) = (shelf.ends.len(), shelf.left());
            let word = if left == 0 { "CLOSED" } else { "ACTIVE" };
            own(format!(
                r#"[{{"gtin":"{GTIN}","bufferStatus":"{word}","availableCodes":{left},"totalCodes":{all},"totalPassed":{},"expiredDate":0}}]"#,
                all - left
            ))
        }
        "order/codes/blocks" => own(r#"{"blocks":[]}"#.to_owned()),
        "codes" => {
            let quantity = query.split('&').find_map(|pair| pair.strip_prefix("quantity="));
            let codes = shelf.give(quantity.unwrap().parse().unwrap());
            let block = format!(r#"],"blockId":"b{}"}}"#, shelf.left());
            vec![r#"{"omsId":"oms","codes":["#.into(), codes.into(), block.into()]
        }
        "utilisation" => own(r#"{"omsId":"oms","reportId":"r"}"#.to_owned()),
        "report/info" => own(r#"{"reportId":"r","reportStatus":"SUCCESS"}"#.to_owned()),
        _ => own("{}".to_owned()),
    }
}
