//! `sim`: fake devices alone, or a whole fake site.
mod issuer;
mod printer;

use super::demo::VerdictTimes;
use super::number::{rate, seed};
use super::{asked_to_end, say};
use crate::sim;
use crate::sim::faults::Faults;
use crate::sim::ledger::Books;
use crate::sim::packs::PackSettings;
use crate::sim::stage::{Stage, StageSettings};
use anyhow::Context;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Products that come with labels before the array is used up: more than a demo looks at.
const PACKS: usize = 20_000;

/// Which fake. Each runs until Ctrl-C.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Sim {
    /// A label printer over TCP: ZPL or TSPL. It draws what it is told, takes the time that a
    /// label takes, and goes wrong as its script says (docs/sim-printer.md).
    #[command(after_help = "Examples:
  markwright sim printer --listen 127.0.0.1:9100 --last-label label.png
  markwright sim printer --listen 127.0.0.1:9100 --language tspl --dots-per-mm 12
  markwright sim printer --listen 127.0.0.1:9100 --json-port 9200 --inches-per-second 12
  markwright sim printer --listen 127.0.0.1:9100 --script bad-day.toml --ledger sheets.jsonl

A script is a list of events. The ribbon ends after 40 % of the third label, for two seconds:
  [[event]]
  label = 3
  after = 0.4
  mood = \"ribbon_out\"
  lasts_ms = 2000")]
    Printer(printer::FakePrinter),
    /// A PLC with a conveyor, over Modbus TCP.
    #[command(after_help = "Examples:
  markwright sim plc --listen 127.0.0.1:5020")]
    Plc {
        /// Where it listens; a PLC listens at port 502.
        #[arg(long)]
        listen: SocketAddr,
    },
    /// A camera before which labels come by, over HTTP.
    #[command(after_help = "Examples:
  markwright sim camera --listen 127.0.0.1:8090")]
    Camera {
        /// Where it listens.
        #[arg(long)]
        listen: SocketAddr,
    },
    /// A state system over HTTP: order-management stations (version 3 and 2), True API, Electronic
    /// Mark, on one address, with a memory of every code (docs/sim-issuer.md).
    #[command(after_help = "Examples:
  markwright sim issuer --listen 127.0.0.1:8091
  markwright sim issuer --listen 127.0.0.1:8091 --strict --memory issuer.jsonl --ledger codes.jsonl
  markwright sim issuer --listen 127.0.0.1:8091 --order-takes 5 1800 --speed 60
  markwright sim issuer --listen 127.0.0.1:8091 --strict --trust cert.pem --script bad-day.toml

A script is a list of events. The third block of codes is given out, but its answer is lost:
  [[event]]
  path = \"/codes\"
  after = 2
  trouble = \"lost_answer\"")]
    Issuer(issuer::FakeIssuer),
    /// A whole site: issuer, printers, PLC, camera. Prints where the configuration for
    /// `markwright run` is that belongs to it; at the end, how long verdicts took, by the plant's
    /// clock.
    #[command(after_help = "Examples:
  markwright sim site --dir site
  markwright run --config site/markwright.toml

Products that come with labels; the array of their codes is imported first:
  markwright sim site --dir site --scenario preprinted
  markwright codes import site/labels.txt --config site/markwright.toml --line line-1
  markwright run --config site/markwright.toml

How fast a line is, for ten minutes (docs/performance.md):
  timeout -s INT 610 markwright sim site --dir site --calm --rate 1200 &
  sleep 2; timeout -s INT 600 markwright run --config site/markwright.toml")]
    Site {
        /// Where its ledgers and the configuration are written.
        #[arg(long)]
        dir: PathBuf,
        /// Products a minute.
        #[arg(long, default_value_t = 120.0, value_parser = rate)]
        rate: f64,
        /// Nothing goes wrong by chance.
        #[arg(long)]
        calm: bool,
        /// How the products of the line get their labels: `print_apply`, or `preprinted`: they come with
        /// them, and the array of their codes is `labels.txt` in the folder.
        #[arg(long, default_value = "print_apply", value_parser = ["print_apply", "preprinted"])]
        scenario: String,
        /// All chance comes from it.
        #[arg(long, default_value_t = 1, value_parser = seed)]
        seed: u64,
        /// Where the pages of the daemon shall be.
        #[arg(long, default_value = "127.0.0.1:8080")]
        pages: SocketAddr,
    },
}

impl Sim {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let listens = |addr: SocketAddr| say(&json!({ "listens": addr.to_string() }).to_string());
        let work = async {
            match self {
                Self::Printer(printer) => printer.run().await?,
                Self::Plc { listen } => sim::alone::run_plc(*listen, listens, stop).await?,
                Self::Camera { listen } => sim::alone::run_camera(*listen, listens, stop).await?,
                Self::Issuer(issuer) => issuer.run().await?,
                Self::Site { dir, rate, calm, scenario, seed, pages } => {
                    let faults = if *calm { Faults::default() } else { Faults::demo() };
                    let packs = (scenario == "preprinted").then(|| {
                        let codes = PACKS;
                        let usual = PackSettings { codes, ..PackSettings::default() };
                        if *calm { usual } else { PackSettings::demo(codes) }
                    });
                    site(dir, (*rate, faults, packs), *seed, *pages, stop).await?;
                }
            }
            anyhow::Ok(())
        };
        let ends_by_itself =
            matches!(self, Self::Plc { .. } | Self::Camera { .. } | Self::Site { .. });
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => done?,
            () = asked_to_end() => {
                asked.cancel();
                if ends_by_itself {
                    work.await?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn site(
    dir: &PathBuf,
    (rate, faults, packs): (f64, Faults, Option<PackSettings>),
    seed: u64,
    pages: SocketAddr,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("make {}", dir.display()))?;
    let stage = Stage::start(&StageSettings {
        products_per_minute: rate,
        seed,
        faults,
        pages,
        dir: dir.clone(),
        orders_codes: true,
        codes_in_order: codes_in_order(rate),
        packs,
    })
    .await?;
    let started = json!({
        "config": stage.config.display().to_string(),
        "issuer": stage.issuer.addr.to_string(),
        "printer": stage.printer.addr.to_string(),
        "plc": stage.plant.plc_addr.to_string(),
        "camera": stage.plant.camera_addr.to_string(),
        "desk_printer": stage.desk.addr.to_string(),
    });
    say(&started.to_string());
    stop.cancelled().await;
    let (ledger, _) = stage.stop().await;
    say(&serde_json::to_string(&ledger.ask(PlantSums::of))?);
    Ok(())
}

/// Two minutes' stock: an order takes its time.
fn codes_in_order(products_per_minute: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the rate is bounded")]
    #[expect(clippy::cast_sign_loss, reason = "the rate is bounded")]
    let two_minutes = (2.0 * products_per_minute) as u32;
    two_minutes.max(500)
}

/// What the plant says of a run.
#[derive(serde::Serialize)]
struct PlantSums {
    products: usize,
    good: usize,
    rejected: usize,
    /// From the frame to the pass in the register.
    verdicts: usize,
    verdict_ms: VerdictTimes,
    physical_duplicates: usize,
}

impl PlantSums {
    fn of(truth: &Books) -> Self {
        let times = truth.verdict_latencies_us();
        Self {
            products: truth.products_seen(),
            good: truth.good().count(),
            rejected: truth.rejected().count(),
            verdicts: times.len(),
            verdict_ms: VerdictTimes::of(&times),
            physical_duplicates: truth.physical_duplicates().len(),
        }
    }
}
