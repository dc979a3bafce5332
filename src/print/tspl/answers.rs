//! What a TSPL printer answers (pure).
//!
//! Sources: TSC TSPL/TSPL2 programming manual and Brother FBPL command reference, `<ESC>!?` and
//! `<ESC>!S`; `~!T`.
use crate::line::Cause;
use crate::print::health::{Health, worst};
use crate::print::reply::Reply;

const STX: u8 = 2;
const ETX: u8 = 3;

/// Every byte of the long status is a letter: this bit is set and the others tell.
const LETTER: u8 = 0x40;

/// What the printer does, as the first byte of `<ESC>!S` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// `@`
    Nothing,
    /// `` ` ``
    Paused,
    /// `P`, `W`, `C`, `B`: prints, makes the picture, cuts, winds the label to be taken.
    Label,
    /// `L`: waits until the label is taken, in peel mode.
    LabelWaits,
    /// `K`: waits for the print key.
    KeyWaits,
    /// `F`: feeds a label that nobody sent.
    Feeds,
    /// `E`, or a letter that is not known.
    Error,
}

/// The answer to `<ESC>!S`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) doing: Doing,
    /// 1 labels low, 2 ribbon low, 8 receive buffer full.
    pub(super) warnings: u8,
    /// 1 head too hot, 2 motor too hot, 4 head, 8 cutter, 16 memory.
    pub(super) errors: u8,
    /// 1 no labels, 2 labels jammed, 4 no ribbon, 8 ribbon jammed, 32 head open.
    pub(super) media: u8,
}

impl Status {
    pub(super) fn health(self) -> Health {
        let media = |bit: u8| self.media & bit != 0;
        let trouble = worst([
            (media(0x20), Cause::HeadOpen),
            (media(0x01), Cause::OutOfLabels),
            (media(0x04), Cause::OutOfRibbon),
            (self.media & 0x1a != 0 || self.errors & 0x3c != 0, Cause::Faulty),
            (self.errors & 0x03 != 0, Cause::TooHot),
            (self.doing == Doing::Error, Cause::Faulty),
            (matches!(self.doing, Doing::Paused | Doing::KeyWaits), Cause::Paused),
        ]);
        Health {
            trouble,
            empty: self.doing == Doing::Nothing,
            held: 0,
            full: self.warnings & 0x08 != 0,
            partial_format: false,
            label_waits: self.doing == Doing::LabelWaits,
            feeds: self.doing == Doing::Feeds,
        }
    }
}

/// Reads the answer to `<ESC>!S`: STX, four letters, ETX, CR, LF.
pub(super) fn status(bytes: &[u8]) -> Reply<Status> {
    let Some(start) = bytes.iter().position(|b| *b == STX) else { return Reply::NotYet };
    let frame = &bytes[start..];
    let Some([_, doing, warnings, errors, media, end]) = frame.first_chunk() else {
        return Reply::NotYet;
    };
    let letters = [doing, warnings, errors, media].map(|letter| letter & 0xc0);
    if *end != ETX || letters != [LETTER; 4] {
        return Reply::Nonsense;
    }
    let bits = |letter: &u8| letter & !LETTER;
    Reply::Is(Status {
        doing: doing_of(*doing),
        warnings: bits(warnings),
        errors: bits(errors),
        media: bits(media),
    })
}

fn doing_of(letter: u8) -> Doing {
    match letter {
        b'@' => Doing::Nothing,
        b'`' => Doing::Paused,
        b'P' | b'W' | b'C' | b'B' => Doing::Label,
        b'L' => Doing::LabelWaits,
        b'K' => Doing::KeyWaits,
        b'F' => Doing::Feeds,
        _ => Doing::Error,
    }
}

/// Reads the answer to `<ESC>!?`: one byte. Clones that do not know `<ESC>!S` know this one.
pub(super) fn byte(bytes: &[u8]) -> Reply<Health> {
    let Some(byte) = bytes.first() else { return Reply::NotYet };
    let set = |bit: u8| byte & bit != 0;
    let trouble = worst([
        // Bit 6 is an open cover where it is used.
        (set(0x41), Cause::HeadOpen),
        (set(0x04), Cause::OutOfLabels),
        (set(0x08), Cause::OutOfRibbon),
        (set(0x02), Cause::Faulty),
        // Bit 7 is "another error"; where it stands for heat, it does not go away either.
        (set(0x80), Cause::Faulty),
        (set(0x10), Cause::Paused),
    ]);
    Reply::Is(Health { trouble, empty: *byte == 0, ..Health::default() })
}

/// Reads the answer to `~!T`: the model, and a line end.
pub(super) fn model(bytes: &[u8]) -> Reply<String> {
    let line_end = |b: &u8| matches!(*b, b'\r' | b'\n' | 0);
    let start = bytes.iter().position(|b| !line_end(b)).unwrap_or(bytes.len());
    let Some(len) = bytes[start..].iter().position(line_end) else { return Reply::NotYet };
    match std::str::from_utf8(&bytes[start..start + len]) {
        Ok(name) if name.chars().all(|c| c.is_ascii_graphic() || c == ' ') => {
            Reply::Is(name.trim().to_owned())
        }
        _ => Reply::Nonsense,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(letters: [u8; 4]) -> Health {
        let mut frame = vec![STX];
        frame.extend(letters);
        frame.extend([ETX, b'\r', b'\n']);
        for cut in 0..6 {
            assert_eq!(status(&frame[..cut]), Reply::NotYet, "{cut}");
        }
        let Reply::Is(status) = status(&frame) else { panic!("{letters:?}") };
        status.health()
    }

    #[test]
    fn a_printer_at_rest_is_empty_and_a_printing_one_is_not() {
        assert_eq!(health(*b"@@@@"), Health { empty: true, ..Health::default() });
        for busy in [b"P@@@", b"W@@@", b"C@@@", b"B@@@"] {
            assert_eq!(health(*busy), Health::default());
        }
        assert!(health(*b"L@@@").label_waits);
        assert!(health(*b"F@@@").feeds);
        assert!(health(*b"PH@@").full);
    }

    #[test]
    fn every_trouble_has_its_letter() {
        let cases = [
            (b"`@@@", Cause::Paused),
            (b"K@@@", Cause::Paused),
            (b"E@A@", Cause::TooHot),
            (b"E@B@", Cause::TooHot),
            (b"E@D@", Cause::Faulty),
            (b"E@H@", Cause::Faulty),
            (b"E@P@", Cause::Faulty),
            (b"E@@A", Cause::OutOfLabels),
            (b"E@@B", Cause::Faulty),
            (b"E@@D", Cause::OutOfRibbon),
            (b"E@@H", Cause::Faulty),
            (b"E@@`", Cause::HeadOpen),
            (b"E@@@", Cause::Faulty),
            (b"z@@@", Cause::Faulty),
        ];
        for (letters, cause) in cases {
            assert_eq!(health(*letters).trouble, Some(cause), "{letters:?}");
        }
        assert_eq!(health(*b"@A@@").trouble, None, "labels that run low are no trouble");
    }

    #[test]
    fn what_is_no_status_is_nonsense() {
        assert_eq!(status(b"\x02@@@@@\r\n"), Reply::Nonsense);
        assert_eq!(status(b"\x02030,0,0"), Reply::Nonsense);
        assert_eq!(status(b"\x06\x02@@@@\x03\r\n").map(|s| s.doing), Reply::Is(Doing::Nothing));
    }

    #[test]
    fn one_byte_tells_a_clone() {
        let of = |b: u8| {
            let Reply::Is(health) = byte(&[b]) else { panic!("{b}") };
            (health.trouble, health.empty)
        };
        assert_eq!(of(0x00), (None, true));
        assert_eq!(of(0x20), (None, false));
        assert_eq!(of(0x01), (Some(Cause::HeadOpen), false));
        assert_eq!(of(0x05), (Some(Cause::HeadOpen), false));
        assert_eq!(of(0x04), (Some(Cause::OutOfLabels), false));
        assert_eq!(of(0x0c), (Some(Cause::OutOfLabels), false));
        assert_eq!(of(0x08), (Some(Cause::OutOfRibbon), false));
        assert_eq!(of(0x02), (Some(Cause::Faulty), false));
        assert_eq!(of(0x10), (Some(Cause::Paused), false));
        assert_eq!(of(0x80), (Some(Cause::Faulty), false));
        assert_eq!(byte(b""), Reply::NotYet);
    }

    #[test]
    fn the_model_is_the_first_line() {
        assert_eq!(model(b"MX241P\r\n"), Reply::Is("MX241P".to_owned()));
        assert_eq!(model(b"\r\nTTP-244 Pro\r"), Reply::Is("TTP-244 Pro".to_owned()));
        assert_eq!(model(b"MX241P"), Reply::NotYet);
        assert_eq!(model(b"\x02A\r"), Reply::Nonsense);
    }
}
