//! The ZPL front end: a stream of bytes becomes formats for the queue and answers for the host.
mod format;
pub(super) mod graphic;
mod status;
mod stream;

pub(super) use format::FARTHEST;
pub(super) use status::{get, set};
pub(super) use stream::Command;

use super::device::{Device, Reply};
use format::Builder;
use stream::{Piece, Stream};

/// What is known of the host while its connection lasts.
#[derive(Debug)]
pub(super) struct Session {
    stream: Stream,
    builder: Option<Builder>,
    /// Bytes of the format that is being received.
    bytes: usize,
    /// The connection will break inside this format.
    doomed: bool,
    reply: Reply,
}

impl Session {
    /// A host that has said nothing yet.
    pub(super) fn new(reply: Reply) -> Self {
        Self { stream: Stream::default(), builder: None, bytes: 0, doomed: false, reply }
    }

    /// Takes one byte; gives the answer to what it completes. Bytes that complete nothing do not
    /// touch the printer.
    pub(super) fn push(
        &mut self,
        byte: u8,
        change: impl FnOnce(&mut dyn FnMut(&mut Device)),
    ) -> Option<Vec<u8>> {
        let piece = self.stream.push(byte)?;
        let mut answer = None;
        let mut piece = Some(piece);
        change(&mut |device| {
            if let Some(piece) = piece.take() {
                answer = self.take(device, piece);
            }
        });
        answer
    }

    /// The connection breaks here.
    pub(super) fn breaks(&self) -> bool {
        self.doomed && self.stream.in_format() && self.bytes > 2
    }

    fn take(&mut self, device: &mut Device, piece: Piece) -> Option<Vec<u8>> {
        match piece {
            Piece::Line(line) => status::line(device, &line),
            Piece::Tilde(command) => {
                if matches!(&command.name, b"JA" | b"JX" | b"JP") {
                    self.stream.drop_format();
                    self.builder = None;
                    device.partial_format = false;
                }
                status::tilde(device, &command)
            }
            Piece::Caret(command) => {
                self.bytes += command.args.len() + 3;
                match (&command.name, &mut self.builder) {
                    (b"XA", _) => self.begin(device),
                    (b"XZ", _) => self.end(device),
                    (b"PP", _) => device.paused = true,
                    (_, Some(builder)) => builder.take(&command, &mut device.memory),
                    (_, None) => device.errors += 1,
                }
                None
            }
        }
    }

    fn begin(&mut self, device: &mut Device) {
        self.bytes = 0;
        self.builder = Some(Builder::new());
        device.partial_format = true;
        let by_chance = device.dice.chance(device.chances.reset_in_format);
        self.doomed = std::mem::take(&mut device.reset_armed) || by_chance;
    }

    fn end(&mut self, device: &mut Device) {
        device.partial_format = false;
        let Some(builder) = self.builder.take() else { return };
        device.errors += builder.errors;
        if let Some(label) = builder.finish(&mut device.memory) {
            device.receive(label, self.bytes, &self.reply);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::burn::Burnt;
    use super::super::settings::PrinterSettings;
    use super::*;
    use proptest::prelude::*;
    use tokio::sync::mpsc;

    /// Sends a stream to a printer and burns whatever comes of it.
    fn burn(sent: &[u8]) -> usize {
        let mut device = Device::new(&PrinterSettings::default());
        let (reply, _answers) = mpsc::channel(1);
        let mut session = Session::new(reply);
        for byte in sent {
            session.push(*byte, |take| take(&mut device));
        }
        let labels = std::iter::from_fn(|| device.begin()).take(4);
        labels.map(|printing| Burnt::new(&printing.label).codes().len()).sum()
    }

    #[tokio::test]
    async fn a_format_is_burnt() {
        assert_eq!(burn(b"^XA^FO9,9^BXN,4,200,,,,|^FD|10104^FS^XZ"), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn no_stream_brings_the_printer_down(
            parts in proptest::collection::vec((
                prop::sample::select(vec![
                    "^XA", "^XZ", "^FS", "^FO", "^FT", "^BXN,", "^FD", "^FH", "^FN1", "^DFR:A", "^XFR:A",
                    "^GB", "^GFA,", "^GFB,", "~DGR:G,", "^XGR:G,", "~DYR:G,B,G,", "^A0", "^LL", "^PW",
                    "^LH", "^LS", "^BY", "^PQ", "^HV1,", "^CVY", "^CI28", "~HS", "~JA", "~HQES", "! U1 ",
                ]),
                "[0-9]{0,3}|[0-9]{9,20}|[ -~]{0,8}",
                prop::sample::select(vec!["", ",", ",,", "\r\n", "|1", "_1D", ",9,9,2,"]),
                "[0-9A-Fg-z,:!]{0,12}",
            ), 0..24)
        ) {
            let sent: String = parts.iter().flat_map(|(a, b, c, d)| [*a, b.as_str(), *c, d.as_str()]).collect();
            burn(sent.as_bytes());
        }
    }
}
