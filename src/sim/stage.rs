//! A whole fake site: issuer, line printer with plant, desk printer. Writes the configuration that
//! a daemon needs to work with it, as a person would write it.
use super::PrintedLabel;
use super::alone::feed;
use super::belt::BeltSettings;
use super::faults::Faults;
use super::floor::FloorSettings;
use super::issuer::{Issuer, IssuerSettings};
use super::ledger::Ledger;
use super::packs::{PackSettings, Packs};
use super::plant::{Plant, PlantError, PlantSettings};
use super::printer::{Identity, Printer, PrinterSettings};
use image::ImageError;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// What is printed and asked for in the demo: a Belarusian dairy product.
const GOODS: &str = r#"gtin = "04810093011694"
group = "milk"
name = "Кефир «Раница» 2,5 %"
hs_code = "0403"
"#;
/// The label of the demo's line, millimetres: design `43x25` and the gap behind it.
const LABEL_MM: f64 = 25.0;
/// The array of the labels that products come with.
pub const PACKS_ARRAY: &str = "labels.txt";
/// The printer is this much faster than the belt.
const PRINTER_AHEAD: f64 = 1.6;
/// As slow as label printers print, inches a second.
const SLOWEST: f64 = 6.0;

/// How the site is built.
#[derive(Debug, Clone)]
pub struct StageSettings {
    /// Products a minute.
    pub products_per_minute: f64,
    /// All chance comes from it.
    pub seed: u64,
    /// What goes wrong by itself.
    pub faults: Faults,
    /// Where the pages of the daemon shall be.
    pub pages: SocketAddr,
    /// Files for ledgers and configuration.
    pub dir: PathBuf,
    /// Codes are ordered from the issuer; otherwise they come from a file.
    pub orders_codes: bool,
    /// How many codes an order brings.
    pub codes_in_order: u32,
    /// Products come with labels: the line has no printer, and nothing is ordered for it.
    pub packs: Option<PackSettings>,
}

/// Why a site cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A device cannot be started.
    #[error("start the fake {device}")]
    Device {
        /// Which.
        device: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The plant cannot be started.
    #[error("start the fake plant")]
    Plant(#[from] PlantError),
    /// A file cannot be written.
    #[error("write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A running site. Dropping it stops it at once.
#[derive(Debug)]
pub struct Stage {
    /// The state system.
    pub issuer: Issuer,
    /// The printer of the line.
    pub printer: Printer,
    /// Belt, PLC and camera.
    pub plant: Plant,
    /// The printer of the desk.
    pub desk: Printer,
    /// The daemon's configuration.
    pub config: PathBuf,
    /// Where the labels of the desk lie: a picture of each, and the text of all in `codes.txt`.
    pub labels: PathBuf,
    heap: JoinSet<()>,
}

impl Stage {
    /// Starts every device and writes the configuration.
    pub async fn start(settings: &StageSettings) -> Result<Self, StageError> {
        let failed = |device| move |source| StageError::Device { device, source };
        let issuer = Issuer::start(IssuerSettings {
            seed: settings.seed,
            ledger_file: Some(settings.dir.join("issuer.jsonl")),
            ..IssuerSettings::default()
        });
        let issuer = issuer.await.map_err(failed("issuer"))?;
        // One place: every further one would be a label that nobody sees.
        let (web, mut labels) = mpsc::channel(1);
        let printer = Printer::start(line_printer(settings), web).await;
        let printer = printer.map_err(failed("line printer"))?;
        let mut heap = JoinSet::new();
        if let Some(packs) = settings.packs.clone() {
            let mut packs = Packs::new(packs, settings.seed);
            let array = packs.array();
            write(&settings.dir.join(PACKS_ARRAY), &array, 0o644)?;
            issuer.controls.know(array.as_bytes());
            let (factory, products) = mpsc::channel(1);
            // What the printer of the line prints goes nowhere: nobody has one.
            labels = products;
            heap.spawn(feed(factory, move |number| packs.next(number)));
        }
        let plant = Plant::start(plant(settings), labels).await?;
        let (out, labels) = mpsc::channel(1);
        let desk = Printer::start(desk_printer(settings), out).await;
        let desk = desk.map_err(failed("desk printer"))?;
        let heap_dir = settings.dir.join("desk-labels");
        heap.spawn(take_off(labels, open_heap(&heap_dir)?, heap_dir.clone()));
        let config = settings.dir.join("markwright.toml");
        let stage = Self { issuer, printer, plant, desk, config, labels: heap_dir, heap };
        stage.write_config(settings)?;
        Ok(stage)
    }

    /// What is true of labels and products.
    pub fn ledger(&self) -> &Ledger {
        &self.plant.ledger
    }

    /// Stops everything; first the printers, so that no label is lost on its way to the pad.
    pub async fn stop(mut self) -> (Ledger, Issuer) {
        self.printer.stop().await;
        self.desk.stop().await;
        self.heap.shutdown().await;
        (self.plant.stop().await, self.issuer)
    }

    fn write_config(&self, settings: &StageSettings) -> Result<(), StageError> {
        let token = settings.dir.join("client-token");
        write(&token, &IssuerSettings::default().client_token, 0o600)?;
        let text = self.config_text(settings, &token);
        write(&self.config, &text, 0o644)
    }

    fn config_text(&self, settings: &StageSettings, token: &Path) -> String {
        let line = if settings.packs.is_some() {
            format!("scenario = \"preprinted\"\n[line.goods]\n{GOODS}")
        } else {
            self.printing(settings)
        };
        self.with_line(settings, token, &line)
    }

    /// A line that prints its labels.
    fn printing(&self, settings: &StageSettings) -> String {
        let stock = format!(
            "[line.stock]\nlow = {}\norder = {}\n",
            settings.codes_in_order.div_ceil(2),
            settings.codes_in_order
        );
        let made = format!("design = \"43x25\"\n[line.goods]\n{GOODS}{stock}");
        let made = if settings.orders_codes { made } else { String::new() };
        let printer = self.printer.addr;
        format!(
            "scenario = \"print_apply\"\n\
             printer = {{ profile = \"zebra-ze511-300\", address = \"{printer}\" }}\n\
             limits = {{ labels_ahead = 4, clear_within = \"3s\" }}\n{made}"
        )
    }

    fn with_line(&self, settings: &StageSettings, token: &Path, line: &str) -> String {
        format!(
            r#"# The daemon of the fake site.
data_dir = "{dir}"

[web]
listen = "{pages}"

[issuer]
url = "http://{issuer}"
oms_id = "{oms_id}"
token_file = "{token}"
report_every = "1s"

[centre]
desk_line = "desk"

[[line]]
name = "line-1"
by_itself = true
design_per_minute = {rate:.1}
plc = {{ address = "{plc}", cycle = "10ms" }}
camera = {{ url = "http://{camera}/stream" }}
{line}
[[line]]
name = "desk"
scenario = "roll"
printer = {{ profile = "desk-zpl-203", address = "{desk}" }}
"#,
            dir = settings.dir.join("data").display(),
            rate = settings.products_per_minute,
            pages = settings.pages,
            issuer = self.issuer.addr,
            oms_id = IssuerSettings::default().oms_id,
            token = token.display(),
            plc = self.plant.plc_addr,
            camera = self.plant.camera_addr,
            desk = self.desk.addr,
        )
    }
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), StageError> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| StageError::Write { path: path.to_owned(), source })
}

fn line_printer(settings: &StageSettings) -> PrinterSettings {
    let needed = LABEL_MM / 25.4 * settings.products_per_minute / 60.0 * PRINTER_AHEAD;
    #[expect(clippy::cast_possible_truncation, reason = "a speed needs no more digits")]
    let inches_per_second = needed.max(SLOWEST) as f32;
    let gap = Duration::from_secs_f64(60.0 / settings.products_per_minute);
    PrinterSettings {
        identity: Identity {
            unique_id: "FAKE-LINE-0001".to_owned(),
            model: "FAKE-300dpi".to_owned(),
            firmware: "V93.21.33Z".to_owned(),
            dots_per_mm: 300.0 / 25.4,
        },
        inches_per_second,
        formats_in: PrinterSettings::default().formats_in.min(gap / 2),
        width: 1248,
        seed: settings.seed,
        ..PrinterSettings::default()
    }
}

fn desk_printer(settings: &StageSettings) -> PrinterSettings {
    let identity =
        Identity { unique_id: "FAKE-DESK-0001".to_owned(), ..PrinterSettings::default().identity };
    PrinterSettings { identity, seed: settings.seed, ..PrinterSettings::default() }
}

fn plant(settings: &StageSettings) -> PlantSettings {
    let belt = BeltSettings {
        products_per_minute: settings.products_per_minute,
        ..BeltSettings::default()
    };
    PlantSettings {
        seed: settings.seed,
        floor: FloorSettings {
            belt,
            carried: settings.packs.is_some(),
            ..FloorSettings::default()
        },
        faults: settings.faults.clone(),
        ledger_file: Some(settings.dir.join("plant.jsonl")),
        ..PlantSettings::default()
    }
}

/// The place where the desk's labels are put, and the list of their codes.
fn open_heap(dir: &Path) -> Result<File, StageError> {
    let failed = |source| StageError::Write { path: dir.to_owned(), source };
    std::fs::create_dir_all(dir).map_err(failed)?;
    File::create(dir.join("codes.txt")).map_err(failed)
}

/// Takes finished labels off the desk printer and puts them where a person can scan them.
async fn take_off(mut labels: mpsc::Receiver<PrintedLabel>, mut codes: File, dir: PathBuf) {
    while let Some(label) = labels.recv().await {
        let put = put_down(&label, &mut codes, &dir);
        if let Err(error) = put {
            tracing::warn!(number = label.number, %error, "a label of the desk is lost");
        }
    }
}

fn put_down(label: &PrintedLabel, codes: &mut File, dir: &Path) -> Result<(), ImageError> {
    for code in &label.codes {
        writeln!(codes, "{}", code.replace('\u{1d}', "<GS>"))?;
    }
    label.raster.save(dir.join(format!("{:06}.png", label.number)))
}
