//! A fake printer, a host that talks to it over a raw socket, and the pad where its labels come out.
#![allow(missing_docs, unreachable_pub, reason = "a test")]

use image::GrayImage;
use markwright::sim::PrintedLabel;
use markwright::sim::printer::{Printer, PrinterSettings, SheetOut, Snapshot};
use std::future::Future;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

pub const MILK: &str = "0104600000000008215JDYQZ\u{1d}93dGVz";
pub const WATER: &str = "0104600000000008215aB3dE5fG7hJ9\u{1d}93dGVz";
pub const WITHIN: Duration = Duration::from_secs(20);

/// A printer, a host that talks to it, and the pad where its labels come out.
pub struct Scene {
    pub printer: Printer,
    pub host: TcpStream,
    pub pad: mpsc::Receiver<PrintedLabel>,
}

pub async fn scene() -> Scene {
    scene_with(PrinterSettings { inches_per_second: 1_000.0, ..PrinterSettings::default() }).await
}

pub async fn scene_with(settings: PrinterSettings) -> Scene {
    let (out, pad) = mpsc::channel(16);
    let printer = Printer::start(settings, out).await.unwrap();
    let host = TcpStream::connect(printer.addr).await.unwrap();
    Scene { printer, host, pad }
}

pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(WITHIN, what).await.expect("this did not happen in time")
}

impl Scene {
    pub async fn send(&mut self, zpl: &str) {
        self.host.write_all(zpl.as_bytes()).await.unwrap();
    }

    /// Connects anew; the old connection is dropped.
    pub async fn reconnect(&mut self) {
        let again = async {
            loop {
                match TcpStream::connect(self.printer.addr).await {
                    Ok(host) => return host,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        self.host = soon(again).await;
    }

    /// Waits until the printer has ended the connection.
    pub async fn ended(&mut self) {
        let mut rest = [0; 256];
        let read = async { while let Ok(1..) = self.host.read(&mut rest).await {} };
        soon(read).await;
    }

    pub async fn label(&mut self) -> PrintedLabel {
        soon(self.pad.recv()).await.unwrap()
    }

    pub async fn answer(&mut self, ends: &[u8]) -> String {
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(ends) {
            assert_eq!(soon(self.host.read(&mut byte)).await.unwrap(), 1, "closed after {seen:?}");
            seen.push(byte[0]);
        }
        String::from_utf8(seen).unwrap()
    }

    pub async fn getvar(&mut self, name: &str) -> String {
        self.send(&format!("! U1 getvar \"{name}\"\r\n")).await;
        let mut first = [0];
        soon(self.host.read_exact(&mut first)).await.unwrap();
        assert_eq!(first, *b"\"");
        let rest = self.answer(b"\"").await;
        rest.trim_end_matches('"').to_owned()
    }

    pub async fn until(&self, so: impl FnMut(&Snapshot) -> bool) {
        soon(self.printer.controls.until(so)).await;
    }

    /// Everything that came out, once so many sheets are out and the printer rests.
    pub async fn all_out(&self, sheets: u64) -> Vec<SheetOut> {
        self.until(|s| s.sheets == sheets && s.printing.is_none()).await;
        self.printer.controls.ledger()
    }
}

/// The text of the symbol, and whether it is a GS1 `DataMatrix`.
pub fn decode(raster: &GrayImage) -> Option<(String, bool)> {
    let mut hints = rxing::DecodeHints { TryHarder: Some(true), ..Default::default() };
    let read = rxing::helpers::detect_in_luma_with_hints(
        raster.as_raw().clone(),
        raster.width(),
        raster.height(),
        Some(rxing::BarcodeFormat::DATA_MATRIX),
        &mut hints,
    )
    .ok()?;
    let kind = rxing::RXingResultMetadataType::SYMBOLOGY_IDENTIFIER;
    let gs1 = match read.getRXingResultMetadata().get(&kind) {
        Some(rxing::RXingResultMetadataValue::SymbologyIdentifier(id)) => id == "]d2",
        _ => false,
    };
    Some((read.getText().to_owned(), gs1))
}

pub fn format(code: &str, side: u32) -> String {
    let data = code.replace('\u{1d}', "|1");
    format!("^XA^CI28^PW464^LL320^FO40,40^BXN,4,200,{side},{side},,|^FD|1{data}^FS^XZ")
}

pub fn nth_code(n: u32) -> String {
    format!("0104600000000008215{n:05}\u{1d}93dGVz")
}
