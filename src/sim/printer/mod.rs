//! A fake label printer: it speaks ZPL over TCP, really draws what it is told, takes the time that
//! a label takes, and can go wrong in every way that printers go wrong.
mod burn;
mod canvas;
mod device;
mod engine;
mod font;
mod format;
mod graphic;
mod matrix;
mod memory;
mod server;
mod status;
mod stream;

use super::PrintedLabel;
use device::Device;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Which printer stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The number that no other printer has (`device.unique_id`).
    pub unique_id: String,
    /// The model that `~HI` names.
    pub model: String,
    /// The firmware (`appl.name`).
    pub firmware: String,
    /// Dots of the head a millimetre.
    pub dots_per_mm: f32,
}

/// What a fake printer is like.
#[derive(Debug, Clone)]
pub struct PrinterSettings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which printer it is.
    pub identity: Identity,
    /// How fast the web moves. `^PR` is understood but does not change it: how fast the bench is
    /// belongs to the test.
    pub inches_per_second: f32,
    /// Dots of the head.
    pub width: u32,
    /// Dots of a label's length while no `^LL` was sent.
    pub label_length: u32,
    /// Bytes of waiting formats from which on the printer stops reading.
    pub receive_buffer: usize,
    /// The odometer to begin with.
    pub odometer: u64,
    /// No answer to `~HS` while a fault stands, as the manual has it.
    pub silent_in_fault: bool,
    /// The odometer also counts labels that were printed in part (printers differ).
    pub odometer_counts_partial: bool,
    /// How probable it is that something goes wrong by itself.
    pub chances: Chances,
    /// The seed of that.
    pub seed: u64,
}

impl Default for PrinterSettings {
    /// A printer of 203 dpi and 104 mm, six inches a second, nothing goes wrong by itself.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            identity: Identity {
                unique_id: "FAKE0000001".to_owned(),
                model: "FAKE-203dpi".to_owned(),
                firmware: "V93.21.33Z".to_owned(),
                dots_per_mm: 8.0,
            },
            inches_per_second: 6.0,
            width: 832,
            label_length: 320,
            receive_buffer: 16 * 1024,
            odometer: 0,
            silent_in_fault: true,
            odometer_counts_partial: false,
            chances: Chances::default(),
            seed: 1,
        }
    }
}

/// How probable it is that something goes wrong by itself, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chances {
    /// A fault at some point of a label.
    pub fault: f64,
    /// The connection breaks inside a format.
    pub reset_in_format: f64,
    /// An answer is garbage.
    pub garbled_answer: f64,
}

/// A fault that stops the printer until somebody mends it. After that it is still paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The labels are used up.
    MediaOut,
    /// The ribbon is used up.
    RibbonOut,
    /// The head is open.
    HeadOpen,
}

/// A fault that waits for its label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedFault {
    /// The label that it stops, counted from one over the life of the printer.
    pub sheet: u64,
    /// The part of that label that is printed before it, from 0 to 1.
    pub after: f64,
    /// The fault.
    pub fault: Fault,
}

/// Why a label came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A format asked for it.
    Format,
    /// It is the second try of a label that a fault stopped (`^JZY`).
    AfterFault,
    /// Somebody pressed FEED.
    Feed,
    /// Somebody pressed REPRINT.
    Reprint,
}

/// A label that came out, as the printer's ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetOut {
    /// Counted from one over the life of the printer.
    pub number: u64,
    /// What each whole symbol on it carries.
    pub codes: Vec<String>,
    /// Only a part of it was printed.
    pub partial: bool,
    /// Why it was printed.
    pub why: Why,
}

/// How the printer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Labels that are out and counted.
    pub odometer: u64,
    /// Labels that came out, parts included.
    pub sheets: u64,
    /// Formats that wait.
    pub waiting: usize,
    /// Labels of the running batch that are not out.
    pub unfinished: u32,
    /// It is paused.
    pub paused: bool,
    /// What stops it.
    pub faults: Vec<Fault>,
    /// Connections that were served or are.
    pub connections_served: u64,
    /// Commands it did not understand, and symbols it could not draw.
    pub errors: u64,
    /// A format was begun and not ended.
    pub partial_format: bool,
}

/// The printer and those who look at it or change it.
#[derive(Debug)]
struct Bench {
    device: watch::Sender<Device>,
    /// One connection is served at a time.
    seat: Semaphore,
}

impl Bench {
    fn change<T>(&self, how: impl FnOnce(&mut Device) -> T) -> T {
        let mut gives = None;
        self.device.send_modify(|device| gives = Some(how(device)));
        gives.expect("send_modify always calls")
    }

    fn look<T>(&self, at: impl FnOnce(&Device) -> T) -> T {
        at(&self.device.borrow())
    }

    async fn until(&self, ready: impl FnMut(&Device) -> bool) {
        let mut changes = self.device.subscribe();
        // The sender lives in this bench, so that waiting cannot fail.
        let _ = changes.wait_for(ready).await.map(drop);
    }
}

/// The hands of whoever stands at the printer: tests, scenarios.
#[derive(Debug, Clone)]
pub struct Controls(Arc<Bench>);

impl Controls {
    /// Lets a fault begin now.
    pub fn raise(&self, fault: Fault) {
        self.0.change(|d| d.raise(fault));
    }

    /// Lets a fault begin at a certain place of a certain label.
    pub fn plan(&self, fault: PlannedFault) {
        self.0.change(|d| d.plan(fault));
    }

    /// Mends a fault. The printer stays paused.
    pub fn mend(&self, fault: Fault) {
        self.0.change(|d| d.faults.remove(&fault));
    }

    /// The PAUSE key: pauses, or resumes where no fault stands.
    pub fn press_pause(&self) {
        self.0.change(|d| d.paused = !d.paused || !d.faults.is_empty());
    }

    /// The FEED key: a blank label comes out and is counted.
    pub fn press_feed(&self) {
        self.0.change(Device::feed);
    }

    /// The REPRINT input: the last label comes out again. False when it is switched off (`^JJ`)
    /// or there is none.
    pub fn press_reprint(&self) -> bool {
        self.0.change(Device::reprint)
    }

    /// Takes the power away: connections are reset, everything volatile is lost.
    pub fn power_off(&self) {
        self.0.change(Device::lose_power);
    }

    /// Gives the power back.
    pub fn power_on(&self) {
        self.0.change(|d| d.on = true);
    }

    /// Power off and on in one moment.
    pub fn power_cycle(&self) {
        self.0.change(|d| {
            d.lose_power();
            d.on = true;
        });
    }

    /// Resets the connection in the middle of the next format.
    pub fn reset_in_next_format(&self) {
        self.0.change(|d| d.reset_armed = true);
    }

    /// Makes garbage of the next answers.
    pub fn garble_answers(&self, count: u32) {
        self.0.change(|d| d.answers.garbled = count);
    }

    /// Makes every answer late.
    pub fn answer_after(&self, delay: Duration) {
        self.0.change(|d| d.answers.after = delay);
    }

    /// Stops or starts answering at all; labels are printed all the same.
    pub fn mute(&self, mute: bool) {
        self.0.change(|d| d.answers.mute = mute);
    }

    /// Closes or opens the port for new connections.
    pub fn refuse_connections(&self, refuse: bool) {
        self.0.change(|d| d.refuses = refuse);
    }

    /// Puts another printer in its place: other identity, other odometer, empty memory.
    pub fn swap(&self, identity: Identity, odometer: u64) {
        self.0.change(|d| {
            d.lose_power();
            (d.on, d.identity, d.odometer) = (true, identity, odometer);
        });
    }

    /// Sets what goes wrong by itself from now on.
    pub fn set_chances(&self, chances: Chances) {
        self.0.change(|d| d.chances = chances);
    }

    /// How the printer stands.
    pub fn look(&self) -> Snapshot {
        self.0.look(Device::snapshot)
    }

    /// Waits until the printer stands so.
    pub async fn until(&self, mut so: impl FnMut(&Snapshot) -> bool) {
        self.0.until(|d| so(&d.snapshot())).await;
    }

    /// Every label that came out, oldest first.
    pub fn ledger(&self) -> Vec<SheetOut> {
        self.0.look(Device::ledger)
    }

    /// The last label as PNG.
    pub fn last_png(&self) -> Option<Vec<u8>> {
        let raster = self.0.look(|d| d.last_out.clone())?;
        let mut png = std::io::Cursor::new(Vec::new());
        raster.write_to(&mut png, image::ImageFormat::Png).ok()?;
        Some(png.into_inner())
    }
}

/// A running fake printer. Dropping it kills it.
#[derive(Debug)]
pub struct Printer {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What can be done to it and seen of it.
    pub controls: Controls,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Printer {
    /// Starts it. Every label that comes out goes to `out`; while that is full, no further label is
    /// begun, as with a label on the peel bar. Fails when the address cannot be bound.
    pub async fn start(
        settings: PrinterSettings,
        out: mpsc::Sender<PrintedLabel>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let addr = listener.local_addr()?;
        let device = watch::Sender::new(Device::new(&settings));
        let bench = Arc::new(Bench { device, seat: Semaphore::new(1) });
        let stop = CancellationToken::new();
        let web = engine::Web { inches_per_second: settings.inches_per_second, out };
        let mut tasks = JoinSet::new();
        let (token, served) = (stop.clone(), server::run(Arc::clone(&bench), listener, addr));
        tasks.spawn(async move { token.run_until_cancelled(served).await.unwrap_or_default() });
        let (token, printed) = (stop.clone(), engine::run(Arc::clone(&bench), web));
        tasks.spawn(async move { token.run_until_cancelled(printed).await.unwrap_or_default() });
        Ok(Self { addr, controls: Controls(bench), tasks, stop })
    }

    /// Closes the port and stops the web.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Runs a printer by itself until the caller drops it: its labels fall on a heap and are counted
/// in the log. With `last_label`, that file always holds the last one as PNG.
/// `started` hears where it listens.
pub async fn run_alone(
    listen: SocketAddr,
    last_label: Option<PathBuf>,
    started: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    let (out, mut heap) = mpsc::channel::<PrintedLabel>(1);
    let settings = PrinterSettings { listen, ..PrinterSettings::default() };
    let printer = Printer::start(settings, out).await?;
    started(printer.addr);
    while let Some(label) = heap.recv().await {
        tracing::info!(label = label.number, codes = label.codes.len(), "label on the heap");
        if let (Some(path), Some(png)) = (&last_label, printer.controls.last_png()) {
            tokio::fs::write(path, png).await?;
        }
    }
    Ok(())
}
