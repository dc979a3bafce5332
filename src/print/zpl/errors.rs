//! The flags of `~HQES` and of `zpl.system_status`: what is wrong with a printer, also where it
//! does not answer `~HS` (pure).
//!
//! Source: Zebra ZPL programming guide, `~HQ` and `zpl.system_status`, tables of error and warning
//! flags. Group 1 holds all that has a name; a set bit without a name is a fault nevertheless.
use super::framed;
use crate::line::Cause;
use crate::print::health::{Health, worst};
use crate::print::reply::Reply;

const MEDIA_OUT: u32 = 0x1;
const RIBBON_OUT: u32 = 0x2;
const HEAD_OPEN: u32 = 0x4;
/// Head or motor.
const TOO_HOT: u32 = 0x30;
/// Nibble 5. Only a KR403 says it so; others say it in `~HS`.
const PAUSED: u32 = 0x1_0000;
/// All bits that are no fault of the machine. What has a name beyond them: 8 cutter, 40 bad head
/// element, 80 head not detected, 100 firmware, 200 thermistor, 1000 to 8000 paper path, 20000
/// retract, 40000 and 80000 black mark.
const NAMED: u32 = MEDIA_OUT | RIBBON_OUT | HEAD_OPEN | TOO_HOT | PAUSED;

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Errors {
    /// Something is wrong.
    pub(super) any: bool,
    /// Group 2: no bit of it has a name.
    pub(super) unnamed: u32,
    /// Group 1.
    pub(super) bits: u32,
    /// Something needs care soon.
    pub(super) warns: bool,
    /// Group 1 of the warnings: 1 calibrate, 2 clean the head, 4 replace the head, 8 labels low.
    pub(super) warning_bits: u32,
    /// Paused, where it is said beside the errors.
    pub(super) paused: bool,
}

impl Errors {
    pub(super) fn trouble(&self) -> Option<Cause> {
        let set = |bits: u32| self.bits & bits != 0;
        let nothing_said = self.any && self.bits == 0;
        worst([
            (set(HEAD_OPEN), Cause::HeadOpen),
            (set(MEDIA_OUT), Cause::OutOfLabels),
            (set(RIBBON_OUT), Cause::OutOfRibbon),
            (set(!NAMED) || self.unnamed != 0 || nothing_said, Cause::Faulty),
            (set(TOO_HOT), Cause::TooHot),
            (set(PAUSED) || self.paused, Cause::Paused),
        ])
    }

    /// How a printer stands that says no more than this; nothing if it is not in trouble. What is
    /// left in it, it does not say: it is not taken for empty.
    pub(super) fn health(&self) -> Option<Health> {
        let trouble = Some(self.trouble()?);
        Some(Health { trouble, ..Health::default() })
    }
}

/// Reads the answer to `~HQES`.
pub(super) fn errors(bytes: &[u8]) -> Reply<Errors> {
    let strings = framed(bytes);
    let line = |head: &str| {
        let mut lines = strings.iter().flat_map(|text| text.lines());
        lines.find_map(|line| line.trim().strip_prefix(head).map(str::to_owned))
    };
    let Some(wrong) = line("ERRORS:") else { return Reply::NotYet };
    let Some((any, unnamed, bits)) = groups(&wrong) else { return Reply::Nonsense };
    let warnings = line("WARNINGS:").and_then(|line| groups(&line));
    let (warns, _, warning_bits) = warnings.unwrap_or_default();
    Reply::Is(Errors { any, unnamed, bits, warns, warning_bits, paused: false })
}

fn groups(line: &str) -> Option<(bool, u32, u32)> {
    let mut fields = line.split_whitespace();
    let flag = fields.next()?;
    let mut hex = || u32::from_str_radix(fields.next()?, 16).ok();
    let (second, first) = (hex()?, hex()?);
    Some((flag != "0", second, first))
}

/// Reads `zpl.system_status`: paused, error flag, group 2, group 1, warning flag, group 2, group 1.
pub(super) fn system_status(text: &str) -> Option<Errors> {
    let fields: Vec<_> = text.split(',').map(|field| field.trim().trim_matches('"')).collect();
    let [paused, any, unnamed, bits, warns, _, warnings] = fields[..] else { return None };
    let hex = |field| u32::from_str_radix(field, 16).ok();
    Some(Errors {
        any: any != "0",
        unnamed: hex(unnamed)?,
        bits: hex(bits)?,
        warns: warns != "0",
        warning_bits: hex(warnings)?,
        paused: paused != "0",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(errors: &str) -> Errors {
        let text = format!(
            "\x02\r\n  PRINTER STATUS\r\n  ERRORS:         {errors}\r\n  WARNINGS:       1 00000000 00000002\r\n\x03\r\n"
        );
        let Reply::Is(errors) = super::errors(text.as_bytes()) else { panic!("{text}") };
        errors
    }

    #[test]
    fn errors_name_the_trouble_of_a_printer_that_gives_no_status() {
        let cases = [
            ("0 00000000 00000000", None),
            ("1 00000000 00000001", Some(Cause::OutOfLabels)),
            ("1 00000000 00000002", Some(Cause::OutOfRibbon)),
            ("1 00000000 00000005", Some(Cause::HeadOpen)),
            ("1 00000000 00000010", Some(Cause::TooHot)),
            ("1 00000000 00000020", Some(Cause::TooHot)),
            ("1 00000000 00010000", Some(Cause::Paused)),
        ];
        for (text, cause) in cases {
            assert_eq!(answer(text).trouble(), cause, "{text}");
        }
        assert_eq!(answer("0 00000000 00000000").health(), None);
        assert!(answer("1 00000000 00000001").health().is_some_and(|health| !health.empty));
    }

    #[test]
    fn a_set_bit_without_a_name_is_a_fault() {
        for text in ["1 00000000 00000008", "1 00000000 80000000", "1 00000001 00000000"] {
            assert_eq!(answer(text).trouble(), Some(Cause::Faulty), "{text}");
        }
        assert_eq!(answer("1 00000000 00000000").trouble(), Some(Cause::Faulty));
    }

    #[test]
    fn warnings_are_told_and_are_no_trouble() {
        let calm = answer("0 00000000 00000000");
        assert!(calm.warns);
        assert_eq!(calm.warning_bits, 2);
        assert_eq!(calm.trouble(), None);
    }

    #[test]
    fn what_is_no_answer_to_this_question_is_waited_out_or_refused() {
        let status = b"\x02030,0\x03\r\n\x02001\x03\r\n\x020000,0\x03\r\n";
        assert_eq!(super::errors(status), Reply::NotYet, "a late status is not the answer");
        assert_eq!(super::errors(b"\x02ERRORS: 1\x03"), Reply::Nonsense);
    }

    #[test]
    fn the_same_flags_come_as_a_variable() {
        let open = system_status("1,1,00000000,00000004,0,00000000,00000000").unwrap();
        assert_eq!(open.trouble(), Some(Cause::HeadOpen));
        let quoted = "\"1\",\"0\",\"00000000\",\"00000000\",\"0\",\"00000000\",\"00000000\"";
        assert_eq!(system_status(quoted).unwrap().trouble(), Some(Cause::Paused));
        assert_eq!(system_status("0,0,00000000"), None);
        assert_eq!(system_status("?"), None);
    }
}
