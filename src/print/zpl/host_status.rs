//! The answer to `~HS`: three strings of fields that are counted by their place (pure).
//!
//! Source: Zebra ZPL programming guide, `~HS`, and a capture of a ZT411 with firmware V92.21.39Z.
//! Values beyond `0` and `1` occur in other firmware and are read as "set"; longer strings, too.
use super::framed;
use crate::line::Cause;
use crate::print::health::{Health, worst};
use crate::print::reply::Reply;

/// Everything that `~HS` tells. The first two strings are fully named here; of the third, the
/// password is of no use to anybody and is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "these are the printer's own flags")]
pub(super) struct HostStatus {
    /// `aaa`: settings of the serial port.
    pub(super) communication: String,
    /// `b`: no labels.
    pub(super) paper_out: bool,
    /// `c`: paused by a person or after a fault.
    pub(super) paused: bool,
    /// `dddd`: length of a label in dots, where it is a number.
    pub(super) label_length_dots: Option<u32>,
    /// `eee`: formats in its receive buffer.
    pub(super) formats: u32,
    /// `f`: the receive buffer is full.
    pub(super) buffer_full: bool,
    /// `g`: it prints what it receives as a hex dump.
    pub(super) dumps: bool,
    /// `h`: a format has begun and not ended.
    pub(super) partial_format: bool,
    /// `j`: what it keeps in memory (formats, settings) is lost.
    pub(super) memory_corrupt: bool,
    /// `k`: print head too cold.
    pub(super) too_cold: bool,
    /// `l`: print head too hot.
    pub(super) too_hot: bool,
    /// `mmm`: settings of media and sensors.
    pub(super) function: String,
    /// `o`: print head open.
    pub(super) head_open: bool,
    /// `p`: no ribbon.
    pub(super) ribbon_out: bool,
    /// `q`: prints with ribbon.
    pub(super) thermal_transfer: bool,
    /// `r`: 0 rewind, 1 peel, 2 tear off, 3 cutter, 4 applicator; letters in newer firmware.
    pub(super) print_mode: String,
    /// `s`: how it takes its print width.
    pub(super) width_mode: String,
    /// `t`: a printed label waits to be taken.
    pub(super) label_waiting: bool,
    /// `uuuuuuuu`: labels of the running batch that are still to come.
    pub(super) remaining: u32,
    /// `v`: makes the next label ready while it prints.
    pub(super) format_while_printing: bool,
    /// `www`: pictures in its memory, where it is a number.
    pub(super) pictures: Option<u32>,
    /// `y`: static memory is built in.
    pub(super) static_memory: bool,
}

impl HostStatus {
    /// What keeps it from printing. A fault pauses the printer, too, and is the better word.
    pub(super) fn trouble(&self) -> Option<Cause> {
        worst([
            (self.head_open, Cause::HeadOpen),
            (self.paper_out, Cause::OutOfLabels),
            (self.ribbon_out, Cause::OutOfRibbon),
            (self.memory_corrupt || self.dumps, Cause::Faulty),
            (self.too_hot, Cause::TooHot),
            (self.paused, Cause::Paused),
        ])
    }

    pub(super) fn health(&self) -> Health {
        // A label that is being printed may be counted as a format, as a remaining label, or as
        // both: the greater number is certainly in the printer.
        let held = self.formats.max(self.remaining);
        Health {
            trouble: self.trouble(),
            empty: held == 0 && !self.partial_format,
            held: usize::try_from(held).unwrap_or(usize::MAX),
            full: self.buffer_full,
            partial_format: self.partial_format,
            label_waits: self.label_waiting,
            feeds: false,
        }
    }
}

/// Reads the answer to `~HS`.
pub(super) fn host_status(bytes: &[u8]) -> Reply<HostStatus> {
    let strings = framed(bytes);
    let [first, second, third, ..] = strings.as_slice() else { return Reply::NotYet };
    of_strings(first, second, third).map_or(Reply::Nonsense, Reply::Is)
}

/// Reads the same three strings without their frames, a line each: SGD `device.host_status`.
pub(super) fn of_lines(text: &str) -> Option<HostStatus> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    of_strings(lines.next()?, lines.next()?, lines.next().unwrap_or_default())
}

fn of_strings(first: &str, second: &str, third: &str) -> Option<HostStatus> {
    let [first, second, third] =
        [first, second, third].map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    Some(HostStatus {
        communication: word(&first, 0),
        paper_out: flag(&first, 1)?,
        paused: flag(&first, 2)?,
        label_length_dots: number(&first, 3),
        formats: number(&first, 4)?,
        buffer_full: flag(&first, 5)?,
        dumps: flag(&first, 6)?,
        partial_format: flag(&first, 7)?,
        memory_corrupt: flag(&first, 9)?,
        too_cold: flag(&first, 10)?,
        too_hot: flag(&first, 11)?,
        function: word(&second, 0),
        head_open: flag(&second, 2)?,
        ribbon_out: flag(&second, 3)?,
        thermal_transfer: flag(&second, 4).unwrap_or_default(),
        print_mode: word(&second, 5),
        width_mode: word(&second, 6),
        label_waiting: flag(&second, 7)?,
        remaining: number(&second, 8)?,
        format_while_printing: flag(&second, 9).unwrap_or_default(),
        pictures: number(&second, 10),
        static_memory: flag(&third, 1).unwrap_or_default(),
    })
}

fn word(fields: &[&str], place: usize) -> String {
    fields.get(place).copied().unwrap_or_default().to_owned()
}

fn number(fields: &[&str], place: usize) -> Option<u32> {
    fields.get(place)?.parse().ok()
}

fn flag(fields: &[&str], place: usize) -> Option<bool> {
    let field = fields.get(place)?;
    (!field.is_empty()).then(|| field.chars().any(|c| c != '0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ZT411, firmware V92.21.39Z, at rest.
    const IDLE: &[u8] = b"\x02030,0,0,0308,000,0,0,0,000,0,0,0\x03\r\n\
        \x02001,0,0,0,1,2,6,0,00000000,1,000\x03\r\n\x020000,0\x03\r\n";
    const CALM: &str = "030,0,0,0308,000,0,0,0,000,0,0,0";
    const FINE: &str = "001,0,0,0,1,2,6,0,00000000,1,000";
    const ETX: u8 = 3;

    fn status_with(first: &str, second: &str) -> Reply<HostStatus> {
        let text = format!("\x02{first}\x03\r\n\x02{second}\x03\r\n\x020000,0\x03\r\n");
        host_status(text.as_bytes())
    }

    fn health_with(first: &str, second: &str) -> Health {
        let Reply::Is(status) = status_with(first, second) else { panic!("{first} {second}") };
        status.health()
    }

    #[test]
    fn a_printer_at_rest_is_empty_and_without_trouble() {
        let Reply::Is(status) = host_status(IDLE) else { panic!("not read") };
        assert_eq!(status.label_length_dots, Some(308));
        assert_eq!((status.communication.as_str(), status.function.as_str()), ("030", "001"));
        assert_eq!((status.print_mode.as_str(), status.width_mode.as_str()), ("2", "6"));
        assert!(status.thermal_transfer && status.format_while_printing);
        assert!(!status.static_memory && !status.too_cold);
        assert_eq!(status.pictures, Some(0));
        assert_eq!(status.health(), Health { empty: true, ..Health::default() });
    }

    #[test]
    fn an_answer_is_read_only_when_it_is_whole() {
        let whole = IDLE.iter().rposition(|b| *b == ETX).unwrap() + 1;
        for cut in 0..whole {
            assert_eq!(host_status(&IDLE[..cut]), Reply::NotYet, "{cut}");
        }
        assert!(matches!(host_status(&IDLE[..whole]), Reply::Is(_)));
    }

    #[test]
    fn every_trouble_has_its_field() {
        let cases = [
            ("030,1,1,0308,000,0,0,0,000,0,0,0", FINE, Cause::OutOfLabels),
            ("030,0,1,0308,000,0,0,0,000,0,0,0", FINE, Cause::Paused),
            ("030,0,0,0308,000,0,0,0,000,0,0,1", FINE, Cause::TooHot),
            ("030,0,0,0308,000,0,1,0,000,0,0,0", FINE, Cause::Faulty),
            ("030,0,0,0308,000,0,0,0,000,1,0,0", FINE, Cause::Faulty),
            (CALM, "001,0,1,0,1,2,6,0,00000000,1,000", Cause::HeadOpen),
            (CALM, "001,0,0,1,1,2,6,0,00000000,1,000", Cause::OutOfRibbon),
        ];
        for (first, second, cause) in cases {
            assert_eq!(health_with(first, second).trouble, Some(cause), "{first} {second}");
        }
    }

    #[test]
    fn a_cold_head_is_told_and_is_no_trouble() {
        let Reply::Is(status) = status_with("030,0,0,0308,000,0,0,0,000,0,1,0", FINE) else {
            panic!("not read")
        };
        assert!(status.too_cold);
        assert_eq!(status.trouble(), None);
    }

    #[test]
    fn formats_batch_and_half_formats_keep_it_from_being_empty() {
        let busy = [
            ("030,0,0,0308,002,0,0,0,000,0,0,0", FINE, 2),
            ("030,0,0,0308,000,0,0,1,000,0,0,0", FINE, 0),
            (CALM, "001,0,0,0,1,2,6,1,00000003,1,000", 3),
            ("030,0,0,0308,002,0,0,0,000,0,0,0", "001,0,0,0,1,2,6,0,00000001,1,000", 2),
        ];
        for (first, second, held) in busy {
            let health = health_with(first, second);
            assert!(!health.empty, "{first} {second}");
            assert_eq!(health.held, held, "{first} {second}");
        }
    }

    #[test]
    fn a_full_buffer_and_a_waiting_label_are_told() {
        assert!(health_with("030,0,0,0308,001,1,0,0,000,0,0,0", FINE).full);
        assert!(health_with(CALM, "001,0,0,0,1,1,6,1,00000000,1,000").label_waits);
    }

    #[test]
    fn longer_numbers_and_letters_of_other_firmware_are_read() {
        let first = "A30, 0,0,00308,00001,0,0,0,000,0,0,0,7,8";
        assert_eq!(health_with(first, "001,0,0,0,Y,K,6,0,00000000,1,000,zz").held, 1);
    }

    #[test]
    fn a_status_without_its_fields_is_nonsense() {
        assert_eq!(status_with("030,0", "001"), Reply::Nonsense);
        assert_eq!(status_with("", ""), Reply::Nonsense);
    }

    #[test]
    fn the_same_strings_come_as_lines_of_a_variable() {
        let text = format!("\r\n{CALM}\r\n{FINE}\r\n0000,1\r\n");
        assert!(of_lines(&text).is_some_and(|status| status.static_memory));
        assert_eq!(of_lines("?"), None);
    }
}
