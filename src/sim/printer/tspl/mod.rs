//! The TSPL front end: lines and immediate bytes become labels for the queue and answers.
mod desk;
mod picture;
mod status;
mod stream;
mod words;

pub(super) use desk::Desk;

use super::device::{Device, Reply};
use stream::{Piece, Stream};
use words::Words;

/// What is known of the host while its connection lasts.
#[derive(Debug)]
pub(super) struct Session {
    stream: Stream,
    /// Bytes since the last label.
    bytes: usize,
    /// The connection breaks now, inside a label.
    doomed: bool,
    reply: Reply,
}

impl Session {
    /// A host that has said nothing yet.
    pub(super) fn new(reply: Reply) -> Self {
        Self { stream: Stream::default(), bytes: 0, doomed: false, reply }
    }

    /// Takes one byte; gives the answer to what it completes. Bytes that complete nothing do not
    /// touch the printer.
    pub(super) fn push(
        &mut self,
        byte: u8,
        change: impl FnOnce(&mut dyn FnMut(&mut Device)),
    ) -> Option<Vec<u8>> {
        self.bytes += 1;
        let mut piece = Some(self.stream.push(byte)?);
        let mut answer = None;
        change(&mut |device| {
            if let Some(piece) = piece.take() {
                answer = self.take(device, piece);
            }
        });
        answer
    }

    /// The connection breaks here.
    pub(super) fn breaks(&self) -> bool {
        self.doomed
    }

    fn take(&mut self, device: &mut Device, piece: Piece) -> Option<Vec<u8>> {
        match piece {
            Piece::AtOnce(command) => status::at_once(device, command),
            Piece::Question(what) => status::question(device, what),
            Piece::Line(line, data) => {
                let words = Words::new(&line);
                let prints = words.name == "PRINT";
                let begins = words.name == "CLS";
                let answer = desk::command(device, &words, &data, self.bytes, &self.reply);
                if prints {
                    self.bytes = 0;
                } else {
                    let by_chance = begins && device.dice.chance(device.chances.reset_in_format);
                    self.doomed = std::mem::take(&mut device.reset_armed) || by_chance;
                }
                answer
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::burn::Burnt;
    use super::super::settings::{Language, PrinterSettings};
    use super::*;
    use proptest::prelude::*;
    use tokio::sync::mpsc;

    /// Sends a stream to a printer and burns whatever comes of it.
    fn burn(sent: &[u8]) -> Vec<String> {
        let settings = PrinterSettings { language: Language::Tspl, ..PrinterSettings::default() };
        let mut device = Device::new(&settings);
        let (reply, _answers) = mpsc::channel(1);
        let mut session = Session::new(reply);
        for byte in sent {
            session.push(*byte, |take| take(&mut device));
        }
        let labels = std::iter::from_fn(|| device.begin()).take(4);
        labels.flat_map(|printing| Burnt::new(&printing.label).codes()).collect()
    }

    #[tokio::test]
    async fn a_symbol_is_burnt_in_its_forced_size() {
        let sent = b"SIZE 58 mm,40 mm\r\nCLS\r\n\
            DMATRIX 24,24,160,160,c126,x4,r0,a0,36,36,\"~10104~1~d034~~\"\r\nPRINT 1,1\r\n";
        assert_eq!(burn(sent), ["0104\u{1d}\"~"]);
    }

    #[tokio::test]
    async fn without_c_an_escape_is_plain_data() {
        assert_eq!(burn(b"CLS\nDMATRIX 9,9,99,99,x3,\"~1a\"\nPRINT 1\n"), ["~1a"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn no_stream_brings_the_printer_down(
            parts in proptest::collection::vec((
                prop::sample::select(vec![
                    "SIZE ", "GAP ", "CLS", "TEXT ", "BARCODE ", "BITMAP 0,0,1,", "DMATRIX ", "BOX ", "BAR ",
                    "DOWNLOAD ", "PUTBMP ", "PRINT ", "SET REPRINT ", "\x1b!", "~!", "REFERENCE ", "ERASE ",
                    "SET ", "KILL ", "OUT ",
                ]),
                "[0-9]{0,4}|[0-9]{9,20}|-?[ -~]{0,8}",
                prop::sample::select(vec!["", ",", "\"", ",\"", " mm,", "\",", ",9,9,", "c126,x4,"]),
                "[ -~]{0,8}",
                prop::sample::select(vec!["\r\n", "\n", "", ","]),
            ), 0..24)
        ) {
            let sent: String =
                parts.iter().flat_map(|(a, b, c, d, e)| [*a, b.as_str(), *c, d.as_str(), *e]).collect();
            burn(sent.as_bytes());
        }
    }
}
