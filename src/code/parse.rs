//! Element strings: from text to parts, or the reason why not.
use super::{GS, Gtin, GtinProblem, ProductGroup, TEMPLATES, Tail, Template};

/// One application identifier and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier, such as `21`.
    pub ai: &'a str,
    /// Its value.
    pub value: &'a str,
}

/// The parts of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The trade item.
    pub gtin: Gtin,
    /// The serial number within the trade item.
    pub serial: &'a str,
    /// What follows the serial number, in order.
    pub tail: Vec<Element<'a>>,
    /// The form that it has.
    pub template: &'static Template,
}

impl Parts<'_> {
    /// The group whose form the code has.
    pub fn group(&self) -> ProductGroup {
        self.template.group
    }

    /// The text as people read it: identifiers in brackets.
    pub fn human_readable(&self) -> String {
        let head = format!("(01){}(21){}", self.gtin, self.serial);
        self.tail.iter().fold(head, |text, e| format!("{text}({}){}", e.ai, e.value))
    }
}

/// Why a text is not a code, in words that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing there.
    #[error("empty")]
    Empty,
    /// A code starts with `01`.
    #[error("a code starts with 01 and a GTIN; found '{0}'")]
    NoGtin(String),
    /// The GTIN is wrong.
    #[error("GTIN: {0}")]
    Gtin(#[from] GtinProblem),
    /// `21` must follow the GTIN.
    #[error("after the GTIN comes 21 and the serial number; found '{0}'")]
    NoSerial(String),
    /// The separator between serial and check part is missing.
    #[error("the GS separator (character 29) before the check part was lost on the way")]
    GsLost,
    /// The serial has a length that no known group uses.
    #[error("serial number of {found} characters with this check part fits no product group")]
    Serial {
        /// Its length.
        found: usize,
    },
    /// The check part is missing.
    #[error("the check part (91 and 92, or 93) is missing")]
    NoCheckPart,
    /// The check part is not what the group uses.
    #[error("check part: found '{found}', wanted 93 + 4, or 91 + 4 and 92 + 44 or 88 characters")]
    CheckPart {
        /// Identifiers and lengths as found.
        found: String,
    },
    /// A character that no code can contain.
    #[error("character {found:?} at place {place} cannot be part of a code")]
    Character {
        /// The character.
        found: char,
        /// Counted from one.
        place: usize,
    },
}

/// Characters of GS1 AI encodable set 82 (GS1 General Specifications, figure 7.11-1). Check
/// parts of Belarusian codes go beyond it (`#` in the operator's own example), so that the tail
/// is held to printable ASCII only.
fn in_set_82(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!\"%&'()*+,-./_:;=<>?".contains(c)
}

/// Reads one code. The text has `GS` as character 29 and no symbology prefix.
pub fn parse(text: &str) -> Result<Parts<'_>, Malformed> {
    if text.is_empty() {
        return Err(Malformed::Empty);
    }
    refuse_characters(text)?;
    let rest = text.strip_prefix("01").ok_or_else(|| Malformed::NoGtin(start(text)))?;
    let digits = rest.get(..14).ok_or_else(|| Malformed::NoGtin(start(text)))?;
    let gtin = digits.parse::<Gtin>()?;
    let rest = &rest[14..];
    let rest = rest.strip_prefix("21").ok_or_else(|| Malformed::NoSerial(start(rest)))?;
    let Some((serial, rest)) = rest.split_once(GS) else {
        return Err(if gs_was_lost(rest) { Malformed::GsLost } else { Malformed::NoCheckPart });
    };
    refuse_serial(text, serial)?;
    let tail = split_tail(rest)?;
    let shape = shape(&tail).ok_or_else(|| Malformed::CheckPart { found: describe(&tail) })?;
    let template = TEMPLATES
        .iter()
        .find(|t| t.serial_len == serial.chars().count() && t.tail == shape)
        .ok_or(Malformed::Serial { found: serial.chars().count() })?;
    Ok(Parts { gtin, serial, tail, template })
}

/// What a text begins with: enough to see what it is, and not the whole code.
fn start(text: &str) -> String {
    const SHOWN: usize = 6;
    let start: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() { start + "…" } else { start }
}

fn refuse_characters(text: &str) -> Result<(), Malformed> {
    match text.char_indices().find(|(_, c)| *c != GS && !matches!(c, '!'..='~')) {
        Some((at, found)) => {
            Err(Malformed::Character { found, place: text[..at].chars().count() + 1 })
        }
        None => Ok(()),
    }
}

fn refuse_serial(text: &str, serial: &str) -> Result<(), Malformed> {
    match serial.chars().position(|c| !in_set_82(c)) {
        Some(at) => {
            let found = serial.chars().nth(at).unwrap_or_default();
            let before = text.find(serial).unwrap_or(18);
            Err(Malformed::Character { found, place: before + at + 1 })
        }
        None => Ok(()),
    }
}

/// Whether the rest after `21` has a length that serial and check part without `GS` would have.
fn gs_was_lost(rest: &str) -> bool {
    TEMPLATES.iter().any(|t| {
        let Some(tail) = rest.get(t.serial_len..) else { return false };
        match t.tail {
            Tail::Short => tail.starts_with("93") && tail.len() == 6,
            Tail::Long(signature) => {
                tail.starts_with("91")
                    && tail.get(6..).is_some_and(|t| t.trim_start_matches(GS).starts_with("92"))
                    && tail.trim_end_matches(GS).len() == 8 + signature
            }
        }
    })
}

fn split_tail(rest: &str) -> Result<Vec<Element<'_>>, Malformed> {
    let mut tail = Vec::new();
    for field in rest.split(GS) {
        let known = ["91", "92", "93"].into_iter().any(|ai| field.starts_with(ai));
        if !known {
            return Err(Malformed::CheckPart { found: start(field) });
        }
        tail.push(Element { ai: &field[..2], value: &field[2..] });
    }
    Ok(tail)
}

fn shape(tail: &[Element<'_>]) -> Option<Tail> {
    match tail {
        [Element { ai: "93", value }] if value.len() == 4 => Some(Tail::Short),
        [Element { ai: "91", value: key }, Element { ai: "92", value: signature }]
            if key.len() == 4 =>
        {
            matches!(signature.len(), 44 | 88).then_some(Tail::Long(signature.len()))
        }
        _ => None,
    }
}

fn describe(tail: &[Element<'_>]) -> String {
    let parts: Vec<_> = tail.iter().map(|e| format!("{} + {}", e.ai, e.value.len())).collect();
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dairy_example_of_the_operator_is_read() {
        let parts = parse("0104810093011694212k6rsrti\u{1d}93#SzU").unwrap();
        assert_eq!(parts.gtin.as_str(), "04810093011694");
        assert_eq!(parts.serial, "2k6rsrti");
        assert_eq!(parts.group(), ProductGroup::MILK);
        assert_eq!(parts.human_readable(), "(01)04810093011694(21)2k6rsrti(93)#SzU");
    }

    #[test]
    fn a_footwear_code_is_read() {
        let text = format!("0104810093011694215AbCdEfGhIjKl\u{1d}91EE11\u{1d}92{}", "a".repeat(88));
        assert_eq!(parse(&text).unwrap().group(), ProductGroup::SHOES);
    }

    #[test]
    fn a_lost_separator_is_named() {
        assert_eq!(parse("0104810093011694212k6rsrti93#SzU"), Err(Malformed::GsLost));
        let text = format!("0104810093011694215AbCdEfGhIjKl91EE1192{}", "a".repeat(88));
        assert_eq!(parse(&text), Err(Malformed::GsLost));
    }

    #[test]
    fn bad_parts_are_named() {
        assert_eq!(parse(""), Err(Malformed::Empty));
        assert_eq!(parse("hello"), Err(Malformed::NoGtin("hello".into())));
        let wrong = parse("0104810093011695212k6rsrti\u{1d}93#SzU");
        assert!(matches!(wrong, Err(Malformed::Gtin(GtinProblem::CheckDigit { .. }))));
        let long = parse("0104810093011694212k6rsrti9\u{1d}93#SzU");
        assert_eq!(long, Err(Malformed::Serial { found: 9 }));
        let cut = parse("0104810093011694212k6rsrti");
        assert_eq!(cut, Err(Malformed::NoCheckPart));
        let cyrillic = parse("0104810093011694212k6rsrtж\u{1d}93#SzU");
        assert_eq!(cyrillic, Err(Malformed::Character { found: 'ж', place: 26 }));
        let hash = parse("0104810093011694212k#rsrti\u{1d}93#SzU");
        assert_eq!(hash, Err(Malformed::Character { found: '#', place: 21 }));
    }
}
