//! `scan-test`: listens to a hand scanner at a serial port or in the network, and says what is
//! wrong with each scan.
use super::number::whole;
use super::{asked_to_end, say, say_to_person};
use crate::code::GS;
use crate::dial;
use crate::order::{Diagnosis, Trouble, diagnose, test_code};
use anyhow::Context;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::unix::pipe;
use tokio::time::timeout;

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A scanner that has been silent for so long has sent everything, also where no end came.
const SILENT_FOR: Duration = Duration::from_millis(500);
/// Bytes of a scan; the longest code has 129. What is beyond is left out.
const SCAN_BYTES_MAX: usize = 1_000;

/// Says what a hand scanner sends, and which of its settings are wrong.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("scanner").required(true).args(["tcp", "serial"])))]
#[command(after_help = "Examples:
  markwright scan-test --tcp 192.168.1.40:2001
  stty -F /dev/ttyUSB0 9600 raw -echo && markwright scan-test --serial /dev/ttyUSB0

Scan the symbol of the page /scanner, or any label. A scanner that plays keyboard is tested on that page.")]
pub(super) struct ScanTest {
    /// Host and port of the scanner or its base.
    #[arg(long)]
    tcp: Option<String>,
    /// The device file of its serial port, as the system has set it.
    #[arg(long)]
    serial: Option<PathBuf>,
    /// One JSON object a scan.
    #[arg(long)]
    json: bool,
    /// Ends after so many scans; without it, when the scanner is gone or at Ctrl-C.
    #[arg(long, value_parser = whole::<u64>(1..=1_000_000, "scans"))]
    scans: Option<u64>,
}

impl ScanTest {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let mut scanner = self.open().await?;
        tokio::select! {
            ended = self.listen(&mut scanner) => ended,
            () = asked_to_end() => Ok(ExitCode::SUCCESS),
        }
    }

    async fn open(&self) -> anyhow::Result<Box<dyn AsyncRead + Send + Unpin>> {
        if let Some(file) = &self.serial {
            // Opened for both ways, so that it does not end when nobody is at the other side.
            let port =
                pipe::OpenOptions::new().read_write(true).unchecked(true).open_receiver(file);
            return Ok(Box::new(port.with_context(|| format!("open {}", file.display()))?));
        }
        let addr = self.tcp.as_deref().unwrap_or_default();
        let stream = dial::connect(addr, CONNECT_WITHIN).await;
        Ok(Box::new(stream.with_context(|| format!("connect to {addr}"))?))
    }

    async fn listen(
        &self,
        scanner: &mut (dyn AsyncRead + Send + Unpin),
    ) -> anyhow::Result<ExitCode> {
        let (mut frames, mut told, mut bytes) = (Frames::default(), 0, [0; 256]);
        loop {
            let read = scanner.read(&mut bytes);
            let got = if frames.held.is_empty() {
                Ok(read.await)
            } else {
                timeout(SILENT_FOR, read).await
            };
            let (scans, ended) = match got {
                Ok(Ok(count)) if count > 0 => (frames.take(&bytes[..count]), false),
                Ok(Ok(_)) => (frames.rest(), true),
                Ok(Err(problem)) => return Err(problem).context("read from the scanner"),
                Err(_silent) => (frames.rest(), false),
            };
            for scan in scans {
                self.tell(&scan);
                told += 1;
                if self.scans.is_some_and(|most| told >= most) {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            if ended {
                say_to_person("the scanner has closed the connection");
                return Ok(ExitCode::SUCCESS);
            }
        }
    }

    fn tell(&self, scan: &str) {
        let found = diagnose(scan, Some(&test_code()));
        say(&if self.json { as_json(scan, &found) } else { in_words(scan, &found) });
    }
}

/// Cuts what comes into scans. A scan ends with CR, LF or both; one read may bring a part of a
/// scan or several.
#[derive(Default)]
struct Frames {
    held: Vec<u8>,
}

impl Frames {
    fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut scans = Vec::new();
        for byte in bytes {
            if matches!(byte, b'\r' | b'\n') {
                // The LF after a CR ends nothing.
                scans.extend(self.rest().into_iter().map(|scan| scan + "\r"));
            } else if self.held.len() < SCAN_BYTES_MAX {
                self.held.push(*byte);
            }
        }
        scans
    }

    /// What has no end.
    fn rest(&mut self) -> Vec<String> {
        let held = std::mem::take(&mut self.held);
        let scan = String::from_utf8_lossy(&held).into_owned();
        if scan.is_empty() { Vec::new() } else { vec![scan] }
    }
}

fn word(found: &Diagnosis) -> &'static str {
    match (&found.code, found.is_right()) {
        (_, true) => "right",
        (Some(_), false) => "wrong settings",
        (None, false) => "not a code",
    }
}

fn in_words(scan: &str, found: &Diagnosis) -> String {
    let shown = scan.replace(GS, "<GS>").replace('\r', "<CR>").replace('\t', "<TAB>");
    let why = found.unread.iter().map(|why| format!("\n  {why}"));
    let said = found.troubles.iter().map(|trouble| {
        let sign = if trouble.spoils() { '!' } else { '-' };
        format!("\n  {sign} {} {}", trouble.words(), trouble.cure())
    });
    let more: String = why.chain(said).collect();
    format!("{}: {shown}{more}", word(found).to_uppercase())
}

fn as_json(scan: &str, found: &Diagnosis) -> String {
    let trouble = |trouble: &Trouble| json!({ "words": trouble.words(), "cure": trouble.cure(), "spoils": trouble.spoils() });
    let troubles: Vec<_> = found.troubles.iter().map(trouble).collect();
    let code = found.code.as_ref().map(crate::code::CodeText::as_str);
    let unread = &found.unread;
    json!({ "verdict": word(found), "came": scan, "code": code, "troubles": troubles, "unread": unread })
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_are_cut_wherever_the_reads_fall() {
        let sent = b"]d2one\x1dx\r\n]d2two\r]d2three\n\nrest";
        for cut in 0..sent.len() {
            let mut frames = Frames::default();
            let (first, second) = sent.split_at(cut);
            let scans = [frames.take(first), frames.take(second)].concat();
            assert_eq!(scans, ["]d2one\u{1d}x\r", "]d2two\r", "]d2three\r"], "{cut}");
            assert_eq!(frames.rest(), ["rest"]);
        }
    }

    #[test]
    fn a_scan_without_end_does_not_fill_the_memory() {
        let mut frames = Frames::default();
        for _ in 0..100 {
            assert!(frames.take(&[b'x'; 256]).is_empty());
        }
        assert_eq!(frames.take(b"\r")[0].len(), SCAN_BYTES_MAX + 1);
    }
}
