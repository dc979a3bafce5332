//! A fake label printer: it speaks ZPL or TSPL over TCP, really draws what it is told, takes the
//! time that a label takes, and can go wrong in every way that printers go wrong.
//!
//! One engine, one web, one ledger; [`Language`] chooses the front end. What will happen is written
//! in a [`Script`]; what happened stands in the ledger ([`Controls::ledger`], [`SheetOut`]).
//!
//! Stable for those who build on it: [`PrinterSettings`], [`Script`], [`Incident`], [`Mood`],
//! [`SheetOut`], [`Printer::start`], [`Controls`].
mod burn;
mod canvas;
mod controls;
mod device;
mod engine;
mod fate;
mod font;
mod json;
mod label;
mod matrix;
mod memory;
mod server;
mod settings;
mod sheet;
mod script;
mod speak;
mod tspl;
mod zpl;

pub use controls::{Controls, Snapshot};
pub use script::{Fault, Incident, Mood, Script};
pub use settings::{Chances, Habit, Identity, Language, PrinterSettings};
pub use sheet::{SheetOut, Why, duplicates, good_labels, read_ledger, standstill};

use super::PrintedLabel;
use controls::Bench;
use device::Device;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A running fake printer. Dropping it kills it.
#[derive(Debug)]
pub struct Printer {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where it answers in JSON, if it does.
    pub json_addr: Option<SocketAddr>,
    /// What can be done to it and seen of it.
    pub controls: Controls,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Printer {
    /// Starts it. Every label that comes out goes to `out`; while that is full, no further label is
    /// begun, as with a label on the peel bar. Fails when an address cannot be bound or the ledger
    /// file cannot be made.
    pub async fn start(
        settings: PrinterSettings,
        out: mpsc::Sender<PrintedLabel>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let addr = listener.local_addr()?;
        let json = match settings.json_listen.filter(|_| settings.language == Language::Zpl) {
            Some(listen) => Some(TcpListener::bind(listen).await?),
            None => None,
        };
        let json_addr = json.as_ref().map(TcpListener::local_addr).transpose()?;
        let book = settings.ledger_file.as_deref().map(sheet::Book::open).transpose()?;
        let device = watch::Sender::new(Device::new(&settings));
        let bench = Arc::new(Bench { device, seat: Semaphore::new(1) });
        let controls = Controls(Arc::clone(&bench));
        let mut printer = Self {
            addr,
            json_addr,
            controls,
            tasks: JoinSet::new(),
            stop: CancellationToken::new(),
        };
        printer.hire(server::run(Arc::clone(&bench), listener, addr));
        printer.hire(engine::run(Arc::clone(&bench), engine::Web { out, book }));
        printer.hire(fate::run(Arc::clone(&bench)));
        if let Some(listener) = json {
            printer.hire(json::run(bench, listener));
        }
        Ok(printer)
    }

    fn hire(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        let token = self.stop.clone();
        self.tasks.spawn(async move { token.run_until_cancelled(work).await.unwrap_or_default() });
    }

    /// Closes the port and stops the web.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Runs a printer by itself until the caller drops it: its labels fall on a heap and are counted
/// in the log. With `last_label`, that file always holds the last one as PNG.
/// `started` hears where it listens, and where in JSON.
pub async fn run_alone(
    settings: PrinterSettings,
    last_label: Option<PathBuf>,
    started: impl FnOnce(SocketAddr, Option<SocketAddr>),
) -> std::io::Result<()> {
    let (out, mut heap) = mpsc::channel::<PrintedLabel>(1);
    let printer = Printer::start(settings, out).await?;
    started(printer.addr, printer.json_addr);
    while let Some(label) = heap.recv().await {
        tracing::info!(label = label.number, codes = label.codes.len(), "label on the heap");
        if let (Some(path), Some(png)) = (&last_label, printer.controls.last_png()) {
            tokio::fs::write(path, png).await?;
        }
    }
    Ok(())
}
