//! What a result means (pure).
use super::ReaderSettings;
use super::pattern::Parsed;
use crate::line::{Quality, Reading, Tag};

/// A result that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) reading: Reading,
    pub(super) tag: Option<Tag>,
    pub(super) count: Option<u32>,
    /// Results say which product they are of, but this one does not.
    pub(super) numbered: bool,
}

/// Understands a result; nothing if it does not look as was agreed.
pub(super) fn read(reader: &ReaderSettings, message: &[u8]) -> Option<Read> {
    let is_no_read = |text: &[u8]| reader.no_read.iter().any(|known| known.as_bytes() == text);
    if is_no_read(message) {
        let numbered = reader.pattern.has_tag();
        return Some(Read { reading: Reading::Nothing, tag: None, count: None, numbered });
    }
    let Parsed { code, grade, tag, count } = reader.pattern.parse(message)?;
    let reading = if code.is_empty() || is_no_read(&code) {
        Reading::Nothing
    } else {
        let (text, identifier) = text_of(reader, &code);
        Reading::Symbol { text, identifier, quality: grade.map(overall) }
    };
    Some(Read { reading, tag: tag.map(Tag), count, numbered: false })
}

/// Text and identifier. Bytes are taken for characters one by one: what is no code of ours must
/// still be shown to be none.
fn text_of(reader: &ReaderSettings, code: &[u8]) -> (String, String) {
    let text: String = code.iter().map(|byte| char::from(*byte)).collect();
    let sent = match text.as_bytes() {
        [b']', kind, digit, ..] if kind.is_ascii_alphabetic() && digit.is_ascii_alphanumeric() => {
            Some(text[..3].to_owned())
        }
        _ => None,
    };
    let rest = &text[sent.as_ref().map_or(0, String::len)..];
    let rest = match &reader.separator {
        Some(separator) => rest.replace(separator.as_str(), "\u{1d}"),
        None => rest.to_owned(),
    };
    // The FNC1 at the beginning is no part of the text.
    let rest = rest.strip_prefix('\u{1d}').unwrap_or(&rest).to_owned();
    (rest, sent.or_else(|| reader.identifier.clone()).unwrap_or_default())
}

/// What a reader says of the print: one grade, and nobody knows what its camera was calibrated with.
const fn overall(overall: u8) -> Quality {
    Quality { overall, parameters: [None; 8], growth: None, calibrated: false }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Pattern};
    use super::*;

    fn reader(pattern: &str) -> ReaderSettings {
        ReaderSettings::new(Kind::Plain, "", Pattern::new(pattern).unwrap())
    }

    fn symbol(text: &str, identifier: &str) -> Reading {
        Reading::Symbol { text: text.to_owned(), identifier: identifier.to_owned(), quality: None }
    }

    fn reading(reader: &ReaderSettings, message: &str) -> Reading {
        read(reader, message.as_bytes()).unwrap().reading
    }

    #[test]
    fn the_identifier_is_what_was_sent_or_agreed_on() {
        let mut reader = reader("{code}");
        assert_eq!(reading(&reader, "]d20104\u{1d}93"), symbol("0104\u{1d}93", "]d2"));
        assert_eq!(reading(&reader, "]Q3\u{1d}0104"), symbol("0104", "]Q3"));
        assert_eq!(reading(&reader, "0104"), symbol("0104", ""));
        reader.identifier = Some("]d2".to_owned());
        assert_eq!(reading(&reader, "0104"), symbol("0104", "]d2"));
        assert_eq!(reading(&reader, "]d10104"), symbol("0104", "]d1"), "what was sent is right");
    }

    #[test]
    fn the_separator_may_have_another_name() {
        let mut reader = reader("{code}");
        reader.separator = Some("<GS>".to_owned());
        assert_eq!(reading(&reader, "]d2<GS>0104<GS>93"), symbol("0104\u{1d}93", "]d2"));
    }

    #[test]
    fn nothing_read_is_nothing_whether_alone_or_in_the_place_of_the_code() {
        let reader = reader("{tag};{code};{grade}");
        for (message, tag, numbered) in [
            ("NoRead", None, true),
            ("7;NoRead;-", Some(Tag(7)), false),
            ("7;;", Some(Tag(7)), false),
        ] {
            let wanted = Read { reading: Reading::Nothing, tag, count: None, numbered };
            assert_eq!(read(&reader, message.as_bytes()), Some(wanted), "{message}");
        }
        assert_eq!(read(&reader, b"hello"), None);
    }

    #[test]
    fn a_grade_is_the_quality_as_far_as_it_is_known() {
        let read = read(&reader("{code};{grade}"), b"]d201;2.9").unwrap();
        let Reading::Symbol { quality: Some(quality), .. } = read.reading else { panic!() };
        assert_eq!((quality.overall, quality.calibrated), (29, false));
    }
}
