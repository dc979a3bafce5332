//! `sim printer`: a fake label printer alone.
use crate::cli::number::{some, whole};
use crate::cli::say;
use crate::sim::printer::{Identity, Language, PrinterSettings, Script, run_alone};
use anyhow::{Context, bail};
use serde_json::json;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What the printer understands.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Speaks {
    /// ZPL II.
    Zpl,
    /// TSPL2.
    Tspl,
}

/// A head of 104 mm, as most label printers have.
const HEAD_MM: f32 = 104.0;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct FakePrinter {
    /// Where it listens; a printer listens at port 9100.
    #[arg(long)]
    listen: SocketAddr,
    /// What it understands there.
    #[arg(long, value_enum, default_value = "zpl")]
    language: Speaks,
    /// What will happen to it.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Where every sheet that comes out is written down, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// How fast the web moves.
    #[arg(long, value_name = "V", default_value_t = 6.0, value_parser = some(0.1..=1_000.0, "inches a second"))]
    inches_per_second: f32,
    /// Dots of its head: 8, 12 or 24 are 203, 300 and 600 dpi.
    #[arg(long, value_name = "N", default_value_t = 8.0, value_parser = some(4.0..=48.0, "dots a millimetre"))]
    dots_per_mm: f32,
    /// Where it answers in JSON; 9200 on Link-OS printers. Only a ZPL printer does.
    #[arg(long, value_name = "PORT", value_parser = whole::<u16>(0..=65_535, "as a port"))]
    json_port: Option<u16>,
    /// The number that no other printer has.
    #[arg(long, value_name = "ID", default_value = "FAKE0000001")]
    unique_id: String,
    /// Always holds the last label as a picture.
    #[arg(long, value_name = "PNG")]
    last_label: Option<PathBuf>,
}

impl FakePrinter {
    /// Runs it until it is dropped; says where it listens.
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let settings = self.settings()?;
        let started = |addr: SocketAddr, json_addr: Option<SocketAddr>| {
            let json_addr = json_addr.map(|addr| addr.to_string());
            say(&json!({ "listens": addr.to_string(), "json": json_addr }).to_string());
        };
        Ok(run_alone(settings, self.last_label.clone(), started).await?)
    }

    /// Names the file that cannot be written, before anything listens.
    fn can_write(&self) -> anyhow::Result<()> {
        if let Some(ledger) = &self.ledger {
            let opened = File::options().append(true).create(true).open(ledger);
            opened.with_context(|| format!("write the ledger {}", ledger.display()))?;
        }
        let folder = self.last_label.as_deref().and_then(Path::parent);
        match folder.filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            Some(folder) => bail!("write the last label: there is no folder {}", folder.display()),
            None => Ok(()),
        }
    }

    fn settings(&self) -> anyhow::Result<PrinterSettings> {
        self.can_write()?;
        let language = match self.language {
            Speaks::Zpl => Language::Zpl,
            Speaks::Tspl => Language::Tspl,
        };
        let usual = PrinterSettings::default();
        Ok(PrinterSettings {
            listen: self.listen,
            language,
            json_listen: self.json_port.map(|port| SocketAddr::new(self.listen.ip(), port)),
            identity: Identity {
                unique_id: self.unique_id.clone(),
                model: format!("FAKE-{:.0}dpi", self.dots_per_mm * 25.4),
                dots_per_mm: self.dots_per_mm,
                ..usual.identity.clone()
            },
            inches_per_second: self.inches_per_second,
            width: head_dots(self.dots_per_mm),
            script: self.script.as_deref().map(read_script).transpose()?.unwrap_or_default(),
            ledger_file: self.ledger.clone(),
            ..usual
        })
    }
}

fn read_script(file: &Path) -> anyhow::Result<Script> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("read {name}"))?;
    Script::parse(&text).with_context(|| format!("the script {name}"))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the argument bounds it"
)]
fn head_dots(dots_per_mm: f32) -> u32 {
    (HEAD_MM * dots_per_mm).round() as u32
}
