//! A line that makes rolls, whole: a fake printer, a camera behind its head where one is wanted,
//! the daemon as a process of its own, and a person at its pages.
mod person;

use crate::daemon_kit::{Daemon, program};
use markwright::code::CodeState;
use markwright::sim::PrintedLabel;
use markwright::sim::camera::{Camera, Shot};
use markwright::sim::dice::Dice;
use markwright::sim::labels::random_dairy_code;
use markwright::sim::ledger::Ledger;
use markwright::sim::printer::{
    Identity, Language, Printer, PrinterSettings, Script, SheetOut, duplicates,
};
use markwright::sim::scene::{Look, SceneSettings};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Everything that a test waits for comes within this, or the test fails.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// The only line.
pub(crate) const LINE: &str = "roll-1";
/// The goods of every roll here.
pub(crate) const GTIN: &str = "04810093011694";
/// As fast as label printers are.
const INCHES_PER_SECOND: f32 = 14.0;
/// Frames that wait for the camera.
const SHOTS_WAITING: usize = 16;

/// What is made, and on what.
pub(crate) struct Plan {
    pub(crate) language: Language,
    /// Labels that the line's own configuration asks for.
    pub(crate) planned: u64,
    /// Codes that are imported.
    pub(crate) codes: usize,
    /// Lines of the table `[line.roll]`.
    pub(crate) roll: &'static str,
    /// Rows that may be out and not confirmed.
    pub(crate) window: usize,
    pub(crate) inches_per_second: f32,
    pub(crate) script: Script,
    pub(crate) camera: bool,
    pub(crate) design: &'static str,
    /// More lines of the table `[line.goods]`.
    pub(crate) goods: &'static str,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            language: Language::Zpl,
            planned: 10,
            codes: 40,
            roll: "leader = true\ntrailer = true\n",
            window: 2,
            inches_per_second: INCHES_PER_SECOND,
            script: Script::default(),
            camera: false,
            design: "30x20",
            goods: "",
        }
    }
}

/// The devices, and the folder of configuration and store.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) config: PathBuf,
    pub(crate) printer: Printer,
    /// The codes that were imported.
    pub(crate) codes: BTreeSet<String>,
    /// The labels that came out, where no camera looks at them.
    pub(crate) heap: Arc<Mutex<Vec<PrintedLabel>>>,
    crew: JoinSet<()>,
    stop: CancellationToken,
}

impl Site {
    /// Starts the devices, writes the configuration, imports the codes.
    pub(crate) async fn build(plan: Plan) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = PrinterSettings {
            language: plan.language,
            identity: Identity { dots_per_mm: 12.0, ..PrinterSettings::default().identity },
            inches_per_second: plan.inches_per_second,
            width: 1248,
            script: plan.script.clone(),
            ..PrinterSettings::default()
        };
        let (out, labels) = mpsc::channel(1);
        let printer = Printer::start(settings, out).await.unwrap();
        let (mut crew, stop) = (JoinSet::new(), CancellationToken::new());
        let heap = Arc::default();
        let camera = if plan.camera {
            Some(watch(labels, &mut crew, &stop).await)
        } else {
            crew.spawn(lie_on(Arc::clone(&heap), labels));
            None
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let config = folder.path().join("markwright.toml");
        let profile = folder.path().join("printer.toml");
        std::fs::write(&profile, profile_text(&plan)).unwrap();
        std::fs::write(&config, config_text(&plan, &folder, printer.addr, camera)).unwrap();
        let (mut codes, mut dice) = (BTreeSet::new(), Dice::new(3));
        while codes.len() < plan.codes {
            codes.insert(random_dairy_code(&mut dice));
        }
        let site = Self { folder, config, printer, codes, heap, crew, stop };
        site.import().await;
        site
    }

    async fn import(&self) {
        let array = self.folder.path().join("array.txt");
        let lines: Vec<_> = self.codes.iter().map(String::as_str).collect();
        std::fs::write(&array, lines.join("\n")).unwrap();
        let array = array.display().to_string();
        self.markwright(&["codes", "import", "--line", LINE, &array]).await;
    }

    /// The daemon. A test that fails shows what it said.
    pub(crate) async fn start(&self) -> Daemon {
        Daemon::start(&self.config, |line| println!("{line}")).await
    }

    /// Runs a command of the program with this configuration.
    pub(crate) async fn markwright(&self, words: &[&str]) -> String {
        let run = Command::new(program()).args(words).arg("--config").arg(&self.config).output();
        let done = run.await.unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    pub(crate) fn store_file(&self) -> PathBuf {
        self.folder.path().join("data/markwright.db")
    }

    /// What the store says of every code, without changing anything.
    pub(crate) async fn states(&self) -> BTreeMap<String, CodeState> {
        let options = SqliteConnectOptions::new().filename(self.store_file()).read_only(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let rows = sqlx::query_as("select text, state from code").fetch_all(&pool).await.unwrap();
        pool.close().await;
        let state = |(text, state): (String, String)| (text, state.parse().unwrap());
        rows.into_iter().map(state).collect()
    }

    /// Stops the devices. No code may be on two good labels, and none may be lost or invented.
    pub(crate) async fn close(mut self) -> Vec<SheetOut> {
        let ledger = self.printer.controls.ledger();
        let states = self.states().await;
        assert_eq!(duplicates(&ledger), BTreeMap::new());
        let known: BTreeSet<_> = states.keys().cloned().collect();
        assert_eq!(known, self.codes);
        for sheet in &ledger {
            for code in &sheet.codes {
                assert_ne!(states.get(code).unwrap(), &CodeState::Stored, "printed: {code:?}");
            }
        }
        self.stop.cancel();
        self.printer.stop().await;
        self.crew.shutdown().await;
        ledger
    }
}

/// Codes of the labels that came out, row by row; a mark is an empty row.
pub(crate) fn rows(ledger: &[SheetOut]) -> Vec<usize> {
    ledger.iter().map(|sheet| sheet.codes.len()).collect()
}

/// The serial number of a dairy code: what stands between `21` and the separator.
pub(crate) fn serial(code: &str) -> String {
    markwright::code::parse(code).unwrap().serial.to_owned()
}

async fn lie_on(heap: Arc<Mutex<Vec<PrintedLabel>>>, mut labels: mpsc::Receiver<PrintedLabel>) {
    while let Some(label) = labels.recv().await {
        heap.lock().unwrap().push(label);
    }
}

/// A camera right behind the head: every label that comes out is shot.
async fn watch(
    mut labels: mpsc::Receiver<PrintedLabel>,
    crew: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> SocketAddr {
    let camera = Camera::new(SceneSettings::default(), 5, Ledger::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (shots, waiting) = mpsc::channel(SHOTS_WAITING);
    crew.spawn(camera.clone().serve(listener, stop.clone()));
    crew.spawn(camera.shoot(waiting, stop.clone()));
    crew.spawn(async move {
        while let Some(label) = labels.recv().await {
            let tag = u32::try_from(label.number).unwrap();
            let (product, trigger, label) = (label.number, label.number, Some(Arc::new(label)));
            let shot = Shot { product, tag, trigger, look: Look::Clean, label };
            if shots.send(shot).await.is_err() {
                break;
            }
        }
    });
    at
}

fn profile_text(plan: &Plan) -> String {
    let (language, evidence) = match plan.language {
        Language::Zpl => ("zpl", "counter"),
        Language::Tspl => ("tspl", "batch_drain"),
    };
    format!(
        r#"name = "Fake printer"
language = "{language}"
dots_per_mm = 12
head_width_dots = 1248
memory_kilobytes = 2048
confirms = ["{evidence}"]
status = {{ channel = "same" }}
window = {window}
reprint_on_error = "off"
speed_mm_per_s = 300
label_ms = 400
"#,
        window = plan.window
    )
}

fn config_text(
    plan: &Plan,
    folder: &TempDir,
    printer: SocketAddr,
    camera: Option<SocketAddr>,
) -> String {
    let (data, profile) = (folder.path().join("data"), folder.path().join("printer.toml"));
    let mut text = format!(
        r#"data_dir = "{data}"
[web]
listen = "127.0.0.1:0"
[[line]]
name = "{LINE}"
scenario = "roll"
design = "{design}"
by_itself = false
planned = {planned}
printer = {{ profile = "{profile}", address = "{printer}" }}
limits = {{ labels_ahead = 4, settle_within = "300ms", picture_within = "5s" }}
[line.goods]
gtin = "{GTIN}"
group = "milk"
name = "Кефир «Раница» 2,5 %"
hs_code = "0403"
{goods}
[line.roll]
{roll}"#,
        data = data.display(),
        planned = plan.planned,
        profile = profile.display(),
        roll = plan.roll,
        design = plan.design,
        goods = plan.goods,
    );
    if let Some(camera) = camera {
        let _ = write!(text, "[line.camera]\nurl = \"http://{camera}/stream\"\n");
    }
    text
}
