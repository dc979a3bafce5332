//! Who a ZPL printer is and what its variables say (pure).
//!
//! Sources: Zebra ZPL programming guide, `~HI`; SGD `getvar`.
use super::framed;
use crate::print::reply::Reply;

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

/// Reads the answer to `~HI`.
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

/// Reads a variable that is a number; nothing where the printer has no such variable.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
