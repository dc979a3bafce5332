//! What the makers of readers agreed on: ports, frames, commands, answers (pure). Numbers and
//! texts: `docs/cameras.md` says where each comes from.
use super::frame::Framing;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Whose reader it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Cognex `DataMan`.
    DataMan,
    /// Cognex `In-Sight`, native mode.
    InSight,
    /// Keyence SR.
    KeyenceSr,
    /// SICK Lector, `CoLa` A.
    SickLector,
    /// Hikrobot ID.
    HikrobotId,
    /// Datalogic Matrix.
    Datalogic,
    /// Any other: a text with a terminator.
    Plain,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// What was read.
    Result(Vec<u8>),
    /// A command of ours was understood.
    Done,
    /// A command of ours was refused.
    Refused,
}

const STX: &[u8] = b"\x02";
const ETX: &[u8] = b"\x03";

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::DataMan,
        Self::InSight,
        Self::KeyenceSr,
        Self::SickLector,
        Self::HikrobotId,
        Self::Datalogic,
        Self::Plain,
    ];

    /// The word in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::DataMan => "dataman",
            Self::InSight => "in-sight",
            Self::KeyenceSr => "keyence-sr",
            Self::SickLector => "sick-lector",
            Self::HikrobotId => "hikrobot-id",
            Self::Datalogic => "datalogic",
            Self::Plain => "plain",
        }
    }

    /// What stands around its messages as it leaves the factory.
    pub fn framing(self) -> Framing {
        let (start, end): (&[u8], &[u8]) = match self {
            Self::DataMan | Self::InSight | Self::HikrobotId | Self::Plain => (b"", b"\r\n"),
            Self::KeyenceSr => (b"", b"\r"),
            Self::SickLector => (STX, ETX),
            Self::Datalogic => (STX, b"\r\n"),
        };
        Framing { start: start.to_vec(), end: end.to_vec() }
    }

    /// What makes it read, and what makes it give up; empty: there is no such command, or it is
    /// whatever was agreed on.
    pub const fn trigger(self) -> (&'static str, &'static str) {
        match self {
            Self::DataMan => ("||>TRIGGER ON\r\n", ""),
            Self::InSight => ("SE8\r\n", ""),
            Self::KeyenceSr => ("LON\r", "LOFF\r"),
            Self::SickLector => ("\x02sMN mTCgateon\x03", "\x02sMN mTCgateoff\x03"),
            Self::HikrobotId => ("start", "stop"),
            Self::Datalogic | Self::Plain => ("", ""),
        }
    }

    /// What it says when it read nothing.
    pub const fn no_read(self) -> &'static [&'static str] {
        match self {
            Self::DataMan | Self::InSight => &["NO-READ", "NO READ", "NOREAD"],
            Self::KeyenceSr => &["ERROR"],
            Self::SickLector | Self::HikrobotId => &["NoRead"],
            Self::Datalogic => &["\x18", "NOREAD"],
            Self::Plain => &["NoRead", "NOREAD", "NO-READ", "ERROR"],
        }
    }

    /// What a message is: an answer to a command, or a result.
    pub(super) fn understand(self, message: &[u8]) -> Said {
        let text = std::str::from_utf8(message).unwrap_or_default();
        let answer = match self {
            Self::DataMan => return dmcc(message),
            Self::InSight => match text {
                "1" => Some(Said::Done),
                "0" | "-1" | "-2" | "-3" | "-4" | "-5" | "-6" => Some(Said::Refused),
                _ => None,
            },
            Self::KeyenceSr => match text.split_once(',') {
                Some(("OK", "LON" | "LOFF")) => Some(Said::Done),
                Some(("ER", _)) => Some(Said::Refused),
                _ => None,
            },
            Self::SickLector => match text {
                "sAN mTCgateon 1" | "sAN mTCgateoff 1" | "sAN mTCgateoff 0" => Some(Said::Done),
                "sAN mTCgateon 0" => Some(Said::Refused),
                text if text.starts_with("sFA") => Some(Said::Refused),
                _ => None,
            },
            Self::HikrobotId | Self::Datalogic | Self::Plain => None,
        };
        answer.unwrap_or_else(|| Said::Result(message.to_vec()))
    }
}

/// `||checksum:id[status]answer`, if the device was told to answer; what it read comes so, too, in
/// base 64 and with status 1.
fn dmcc(message: &[u8]) -> Said {
    let result = || Said::Result(message.to_vec());
    let Some(header) = message.strip_prefix(b"||") else { return result() };
    let Some(end) = header.iter().position(|byte| *byte == b']') else { return result() };
    let (head, answer) = (&header[..end], &header[end + 1..]);
    let Some(start) = head.iter().position(|byte| *byte == b'[') else { return result() };
    match &head[start + 1..] {
        b"0" => Said::Done,
        b"1" => Said::Result(STANDARD.decode(answer).unwrap_or_else(|_| answer.to_vec())),
        status if !status.is_empty() && status.iter().all(u8::is_ascii_digit) => Said::Refused,
        _ => result(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_results() {
        let result = |text: &str| Said::Result(text.as_bytes().to_vec());
        let code = "]d20104810093011694212k6rsrti\u{1d}93#SzU";
        let cases = [
            (Kind::DataMan, code, result(code)),
            (Kind::DataMan, "||1:4711[0]", Said::Done),
            (Kind::DataMan, "||1:4711[104]", Said::Refused),
            (Kind::DataMan, "||0:0[1]XWQyMDE=", result("]d201")),
            (Kind::DataMan, "||what", result("||what")),
            (Kind::InSight, "1", Said::Done),
            (Kind::InSight, "-2", Said::Refused),
            (Kind::InSight, "01", result("01")),
            (Kind::KeyenceSr, "OK,LON", Said::Done),
            (Kind::KeyenceSr, "ER,LON,02", Said::Refused),
            (Kind::KeyenceSr, "ERROR", result("ERROR")),
            (Kind::SickLector, "sAN mTCgateon 1", Said::Done),
            (Kind::SickLector, "sFA 3", Said::Refused),
            (Kind::SickLector, code, result(code)),
            (Kind::Plain, "OK,LON", result("OK,LON")),
        ];
        for (kind, message, wanted) in cases {
            assert_eq!(kind.understand(message.as_bytes()), wanted, "{kind:?} {message}");
        }
    }
}
