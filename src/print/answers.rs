//! What a ZPL printer is asked and what it answers, read tolerantly (pure).
//!
//! Sources: Zebra ZPL programming guide, `~HS`, `~HI`; SGD `getvar`. Field places are counted as
//! there; values beyond `0` and `1` occur in other firmware and are read as "set".
use crate::line::Cause;

/// Asks for the three status strings.
pub(super) const ASK_STATUS: &[u8] = b"~HS\r\n";
/// Asks for errors: answered by printers, too, that do not answer [`ASK_STATUS`] in trouble.
pub(super) const ASK_ERRORS: &[u8] = b"~HQES\r\n";
/// Asks for model, firmware and dots per millimetre.
pub(super) const ASK_MODEL: &[u8] = b"~HI\r\n";
/// Asks for the number that no other printer has.
pub(super) const ASK_UNIQUE_ID: &[u8] = b"! U1 getvar \"device.unique_id\"\r\n";
/// Asks for the languages that it speaks.
pub(super) const ASK_LANGUAGES: &[u8] = b"! U1 getvar \"device.languages\"\r\n";
/// Asks how many labels it printed in its life.
pub(super) const ASK_COUNT: &[u8] = b"! U1 getvar \"odometer.total_label_count\"\r\n";

/// No answer to any of these questions is longer; more is nonsense.
pub(super) const LONGEST_ANSWER: usize = 4096;

const STX: u8 = 2;
const ETX: u8 = 3;

/// What the bytes so far amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply<T> {
    /// More must come.
    NotYet,
    /// The whole answer.
    Is(T),
    /// This can never become an answer.
    Nonsense,
}

/// What `~HS` tells, as far as a line needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "these are the printer's own flags")]
pub(super) struct HostStatus {
    /// No labels.
    pub(super) paper_out: bool,
    /// Paused by a person or after a fault.
    pub(super) paused: bool,
    /// Formats in its receive buffer.
    pub(super) formats: u32,
    /// A format has begun and not ended.
    pub(super) partial_format: bool,
    /// Print head too hot.
    pub(super) too_hot: bool,
    /// Print head open.
    pub(super) head_open: bool,
    /// No ribbon.
    pub(super) ribbon_out: bool,
    /// A printed label waits to be taken.
    pub(super) label_waiting: bool,
    /// Labels of the running batch that are still to come.
    pub(super) remaining: u32,
}

impl HostStatus {
    /// What keeps it from printing. A fault pauses the printer, too, and is the better word.
    pub(super) fn trouble(&self) -> Option<Cause> {
        let causes = [
            (self.head_open, Cause::HeadOpen),
            (self.paper_out, Cause::OutOfLabels),
            (self.ribbon_out, Cause::OutOfRibbon),
            (self.too_hot, Cause::TooHot),
            (self.paused, Cause::Paused),
        ];
        causes.into_iter().find_map(|(stands, cause)| stands.then_some(cause))
    }

    /// Whether nothing is left in it that it could print.
    pub(super) fn is_empty(&self) -> bool {
        self.formats == 0 && self.remaining == 0 && !self.partial_format
    }
}

/// What `~HI` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Model {
    /// Model, such as `ZT411-300dpi`.
    pub(super) name: String,
    /// Firmware, such as `V92.21.39Z`.
    pub(super) firmware: String,
    /// Dots per millimetre, if it says so.
    pub(super) dots_per_mm: Option<u32>,
}

/// Reads the answer to [`ASK_STATUS`].
pub(super) fn status(bytes: &[u8]) -> Reply<HostStatus> {
    let strings = framed(bytes);
    let [first, second, _password, ..] = strings.as_slice() else { return Reply::NotYet };
    let first: Vec<_> = first.split(',').map(str::trim).collect();
    let second: Vec<_> = second.split(',').map(str::trim).collect();
    read_status(&first, &second).map_or(Reply::Nonsense, Reply::Is)
}

fn read_status(first: &[&str], second: &[&str]) -> Option<HostStatus> {
    Some(HostStatus {
        paper_out: flag(first, 1)?,
        paused: flag(first, 2)?,
        formats: first.get(4)?.parse().ok()?,
        partial_format: flag(first, 7)?,
        too_hot: flag(first, 11)?,
        head_open: flag(second, 2)?,
        ribbon_out: flag(second, 3)?,
        label_waiting: flag(second, 7)?,
        remaining: second.get(8)?.parse().ok()?,
    })
}

fn flag(fields: &[&str], place: usize) -> Option<bool> {
    let field = fields.get(place)?;
    (!field.is_empty()).then(|| field.chars().any(|c| c != '0'))
}

/// Reads the answer to [`ASK_ERRORS`]: what is known of a printer that says no more than that it
/// is in trouble. Nothing if it is not, or in one that has no name here.
pub(super) fn errors(bytes: &[u8]) -> Reply<Option<HostStatus>> {
    let strings = framed(bytes);
    let Some(line) = strings.iter().flat_map(|text| text.lines()).find_map(errors_of) else {
        return Reply::NotYet;
    };
    let mut fields = line.split_whitespace().skip(2);
    let Some(bits) = fields.next().and_then(|bits| u32::from_str_radix(bits, 16).ok()) else {
        return Reply::Nonsense;
    };
    let status = HostStatus {
        paper_out: bits & 0x01 != 0,
        ribbon_out: bits & 0x02 != 0,
        head_open: bits & 0x04 != 0,
        too_hot: bits & 0x30 != 0,
        // What is left in it, it does not say.
        remaining: 1,
        ..HostStatus::default()
    };
    Reply::Is(status.trouble().map(|_| status))
}

fn errors_of(line: &str) -> Option<&str> {
    line.trim().strip_prefix("ERRORS:")
}

/// Reads the answer to [`ASK_MODEL`].
pub(super) fn model(bytes: &[u8]) -> Reply<Model> {
    let strings = framed(bytes);
    let Some(string) = strings.first() else { return Reply::NotYet };
    let mut fields = string.split(',').map(str::trim);
    match (fields.next(), fields.next()) {
        (Some(name), Some(firmware)) if !name.is_empty() => Reply::Is(Model {
            name: name.to_owned(),
            firmware: firmware.to_owned(),
            dots_per_mm: fields.next().and_then(|dots| dots.parse().ok()),
        }),
        _ => Reply::Nonsense,
    }
}

/// Reads the answer to a `getvar`: quoted; nothing where the printer does not know the name.
pub(super) fn variable(bytes: &[u8]) -> Reply<Option<String>> {
    let mut quoted = bytes.split(|b| *b == b'"');
    match (quoted.next(), quoted.next(), quoted.next()) {
        (Some(_), Some(value), Some(_)) => match std::str::from_utf8(value) {
            Ok("?" | "") => Reply::Is(None),
            Ok(value) => Reply::Is(Some(value.trim().to_owned())),
            Err(_) => Reply::Nonsense,
        },
        _ => Reply::NotYet,
    }
}

/// Reads the answer to [`ASK_COUNT`]; nothing where the printer has no such counter.
pub(super) fn count(bytes: &[u8]) -> Reply<Option<u64>> {
    match variable(bytes) {
        Reply::Is(Some(value)) => {
            value.parse().map_or(Reply::Nonsense, |count| Reply::Is(Some(count)))
        }
        Reply::Is(None) => Reply::Is(None),
        Reply::NotYet => Reply::NotYet,
        Reply::Nonsense => Reply::Nonsense,
    }
}

/// The texts between STX and ETX; whatever stands outside is passed over.
fn framed(bytes: &[u8]) -> Vec<String> {
    let mut strings = Vec::new();
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|b| *b == STX) {
        let Some(len) = rest[start + 1..].iter().position(|b| *b == ETX) else { break };
        let text = &rest[start + 1..start + 1 + len];
        strings.push(String::from_utf8_lossy(text).into_owned());
        rest = &rest[start + 2 + len..];
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A ZT411, firmware V92.21.39Z, at rest.
    const IDLE: &[u8] = b"\x02030,0,0,0308,000,0,0,0,000,0,0,0\x03\r\n\
        \x02001,0,0,0,1,2,6,0,00000000,1,000\x03\r\n\x020000,0\x03\r\n";

    fn status_with(first: &str, second: &str) -> Reply<HostStatus> {
        status(format!("\x02{first}\x03\r\n\x02{second}\x03\r\n\x020000,0\x03\r\n").as_bytes())
    }

    #[test]
    fn a_printer_at_rest_is_empty_and_without_trouble() {
        let Reply::Is(status) = status(IDLE) else { panic!("not read") };
        assert_eq!(status, HostStatus::default());
        assert!(status.is_empty());
        assert_eq!(status.trouble(), None);
    }

    #[test]
    fn an_answer_is_read_only_when_it_is_whole() {
        let whole = IDLE.iter().rposition(|b| *b == ETX).unwrap() + 1;
        for cut in 0..whole {
            assert_eq!(status(&IDLE[..cut]), Reply::NotYet, "{cut}");
        }
        assert!(matches!(status(&IDLE[..whole]), Reply::Is(_)));
    }

    #[test]
    fn every_trouble_has_its_field() {
        let fine = "001,0,0,0,1,2,6,0,00000000,1,000";
        let calm = "030,0,0,0308,000,0,0,0,000,0,0,0";
        let cases = [
            ("030,1,1,0308,000,0,0,0,000,0,0,0", fine, Cause::OutOfLabels),
            ("030,0,1,0308,000,0,0,0,000,0,0,0", fine, Cause::Paused),
            ("030,0,0,0308,000,0,0,0,000,0,0,1", fine, Cause::TooHot),
            (calm, "001,0,1,0,1,2,6,0,00000000,1,000", Cause::HeadOpen),
            (calm, "001,0,0,1,1,2,6,0,00000000,1,000", Cause::OutOfRibbon),
        ];
        for (first, second, cause) in cases {
            let Reply::Is(status) = status_with(first, second) else { panic!("{cause:?}") };
            assert_eq!(status.trouble(), Some(cause));
        }
    }

    #[test]
    fn formats_batch_and_half_formats_keep_it_from_being_empty() {
        let busy = [
            ("030,0,0,0308,002,0,0,0,000,0,0,0", "001,0,0,0,1,2,6,0,00000000,1,000"),
            ("030,0,0,0308,000,0,0,1,000,0,0,0", "001,0,0,0,1,2,6,0,00000000,1,000"),
            ("030,0,0,0308,000,0,0,0,000,0,0,0", "001,0,0,0,1,2,6,1,00000003,1,000"),
        ];
        for (first, second) in busy {
            let Reply::Is(status) = status_with(first, second) else { panic!("{first}") };
            assert!(!status.is_empty(), "{first} {second}");
        }
    }

    #[test]
    fn longer_numbers_and_letters_of_other_firmware_are_read() {
        let first = "A30, 0,0,00308,00001,0,0,0,000,0,0,0,7,8";
        let Reply::Is(status) = status_with(first, "001,0,0,0,Y,K,6,0,00000000,1,000,zz") else {
            panic!("not read")
        };
        assert_eq!(status.formats, 1);
    }

    #[test]
    fn a_status_without_its_fields_is_nonsense() {
        assert_eq!(status_with("030,0", "001"), Reply::Nonsense);
        assert_eq!(status_with("", ""), Reply::Nonsense);
    }

    #[test]
    fn errors_name_the_trouble_of_a_printer_that_gives_no_status() {
        let answer = |errors: &str| {
            let text = format!(
                "\x02\r\n  PRINTER STATUS\r\n  ERRORS:         {errors}\r\n  WARNINGS:       0 00000000 00000000\r\n\x03\r\n"
            );
            let reply = super::errors(text.as_bytes());
            let Reply::Is(status) = reply else { panic!("{reply:?}") };
            status.and_then(|status| status.trouble())
        };
        assert_eq!(answer("0 00000000 00000000"), None);
        assert_eq!(answer("1 00000000 00000001"), Some(Cause::OutOfLabels));
        assert_eq!(answer("1 00000000 00000002"), Some(Cause::OutOfRibbon));
        assert_eq!(answer("1 00000000 00000005"), Some(Cause::HeadOpen));
        assert_eq!(answer("1 00000000 00000010"), Some(Cause::TooHot));
        assert_eq!(answer("1 00000000 00010000"), None);
        assert_eq!(super::errors(IDLE), Reply::NotYet, "a late status is not the answer");
        assert_eq!(super::errors(b"\x02ERRORS: 1\x03"), Reply::Nonsense);
    }

    #[test]
    fn model_and_resolution_are_read() {
        let Reply::Is(found) = model(b"\x02ZT411-300dpi,V92.21.39Z,12,65536KB\x03\r\n") else {
            panic!("not read")
        };
        assert_eq!(found.name, "ZT411-300dpi");
        assert_eq!(found.dots_per_mm, Some(12));
        assert_eq!(model(b"\x02\x03"), Reply::Nonsense);
        assert_eq!(model(b"\x02ZT411-300dpi,V92"), Reply::NotYet);
    }

    #[test]
    fn variables_are_quoted_and_a_question_mark_means_unknown() {
        assert_eq!(count(b"\r\n\"123\"\r\n"), Reply::Is(Some(123)));
        assert_eq!(count(b"\"12"), Reply::NotYet);
        assert_eq!(count(b"\"?\""), Reply::Is(None));
        assert_eq!(count(b"\"12 labels\""), Reply::Nonsense);
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (status(&bytes), errors(&bytes), model(&bytes), variable(&bytes), count(&bytes));
        }

        #[test]
        fn fields_of_any_kind_make_no_reader_panic(fields in "[\x02\x03,\"0-9A-Z\r\n]{0,120}") {
            let bytes = fields.as_bytes();
            let _ = (status(bytes), errors(bytes), model(bytes), count(bytes));
        }
    }
}
