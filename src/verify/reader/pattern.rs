//! The text of a result by a configured pattern: `{tag};{code};{grade}` (pure).
//!
//! A code may contain every character that could stand between two parts. So what stands before
//! the code is read from the left, what stands behind it from the right, and the code is the rest.
//! A pattern that could be read in two ways is refused.

/// A pattern, such as `{tag};{code};{grade}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    before: Vec<Item>,
    after: Vec<Item>,
}

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Text(Vec<u8>),
    Part(Part, Option<usize>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Grade,
    Tag,
    Count,
    Skip,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternProblem {
    /// A brace that is not closed.
    #[error("a brace is not closed")]
    Unclosed,
    /// A part that nobody knows.
    #[error("{{{0}}} is not known; there are {{code}}, {{grade}}, {{tag}}, {{count}}, {{skip}}")]
    Unknown(String),
    /// A width that is no number from 1 to 9, or stands where none may.
    #[error("{{{0}}}: a width is 1 to 9, and a code has none")]
    Width(String),
    /// No code.
    #[error("{{code}} is missing")]
    NoCode,
    /// A part that stands there twice.
    #[error("{{{0}}} stands there twice")]
    Twice(&'static str),
    /// Two parts with nothing between them.
    #[error("nothing stands between {{{0}}} and {{{1}}}: give a width, such as {{tag:6}}")]
    Beside(&'static str, &'static str),
    /// The text beside a part can be part of it.
    #[error("where {{{0}}} ends cannot be told: the text beside it can be a piece of it")]
    Blurred(&'static str),
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed {
    /// Empty: no code.
    pub(super) code: Vec<u8>,
    /// In tenths, 40 is A.
    pub(super) grade: Option<u8>,
    pub(super) tag: Option<u32>,
    pub(super) count: Option<u32>,
}

impl Part {
    fn of(name: &str) -> Option<Self> {
        [Self::Code, Self::Grade, Self::Tag, Self::Count, Self::Skip]
            .into_iter()
            .find(|part| part.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Grade => "grade",
            Self::Tag => "tag",
            Self::Count => "count",
            Self::Skip => "skip",
        }
    }

    /// Whether this byte can be a piece of it. What is skipped ends where the next text begins.
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Tag | Self::Count => byte.is_ascii_digit(),
            Self::Grade => {
                matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'A'..=b'F' | b'a'..=b'f')
            }
            Self::Code | Self::Skip => false,
        }
    }
}

impl Pattern {
    /// Reads a pattern. `{{` and `}}` are braces.
    pub fn new(text: &str) -> Result<Self, PatternProblem> {
        let items = items(text)?;
        for part in [Part::Code, Part::Grade, Part::Tag, Part::Count] {
            let is = |item: &&Item| matches!(item, Item::Part(found, _) if *found == part);
            if items.iter().filter(is).count() > 1 {
                return Err(PatternProblem::Twice(part.name()));
            }
        }
        for pair in items.windows(2) {
            can_be_told(&pair[0], &pair[1])?;
        }
        let code = items.iter().position(|item| matches!(item, Item::Part(Part::Code, _)));
        let code = code.ok_or(PatternProblem::NoCode)?;
        let after = items[code + 1..].iter().rev().cloned().collect();
        Ok(Self { before: items[..code].to_vec(), after })
    }

    /// Whether a message says which product it is of.
    pub(in crate::verify) fn has_tag(&self) -> bool {
        self.widths_of(Part::Tag).next().is_some()
    }

    /// Digits of the reader's counter, if it has one of fixed width.
    pub(super) fn count_digits(&self) -> Option<u32> {
        self.widths_of(Part::Count).flatten().find_map(|width| u32::try_from(width).ok())
    }

    /// Of each such part its width, where that is fixed.
    fn widths_of(&self, wanted: Part) -> impl Iterator<Item = Option<usize>> {
        self.before.iter().chain(&self.after).filter_map(move |item| match item {
            Item::Part(part, width) if *part == wanted => Some(*width),
            Item::Part(..) | Item::Text(_) => None,
        })
    }

    /// What a message says; nothing if it does not look like this.
    pub(super) fn parse(&self, message: &[u8]) -> Option<Parsed> {
        let mut parsed = Parsed::default();
        let mut rest = message;
        for (at, item) in self.before.iter().enumerate() {
            rest = match item {
                Item::Text(text) => rest.strip_prefix(text.as_slice())?,
                Item::Part(part, width) => {
                    let len = match (width, self.before.get(at + 1)) {
                        (Some(width), _) => *width,
                        (None, Some(Item::Text(text))) => find(rest, text)?,
                        (None, _) => return None,
                    };
                    let (value, after) = rest.split_at_checked(len)?;
                    parsed.take(*part, value)?;
                    after
                }
            };
        }
        for (at, item) in self.after.iter().enumerate() {
            rest = match item {
                Item::Text(text) => rest.strip_suffix(text.as_slice())?,
                Item::Part(part, width) => {
                    let start = match (width, self.after.get(at + 1)) {
                        (Some(width), _) => rest.len().checked_sub(*width)?,
                        (None, Some(Item::Text(text))) => find_last(rest, text)? + text.len(),
                        (None, _) => return None,
                    };
                    let (before, value) = rest.split_at_checked(start)?;
                    parsed.take(*part, value)?;
                    before
                }
            };
        }
        parsed.code = rest.to_vec();
        Some(parsed)
    }
}

impl Parsed {
    fn take(&mut self, part: Part, value: &[u8]) -> Option<()> {
        let text = std::str::from_utf8(value).ok();
        match part {
            Part::Tag => self.tag = Some(number(text?)?),
            Part::Count => self.count = Some(number(text?)?),
            Part::Grade => self.grade = grade(text?)?,
            Part::Code | Part::Skip => {}
        }
        Some(())
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A letter (A is 4.0), or a number from 0 to 4.0; nothing at all, or a dash, is no grade.
#[expect(clippy::option_option, reason = "not understood, or no grade")]
fn grade(text: &str) -> Option<Option<u8>> {
    let tenths = match text.as_bytes() {
        [] | [b'-'] => return Some(None),
        [b'A' | b'a'] => 40,
        [b'B' | b'b'] => 30,
        [b'C' | b'c'] => 20,
        [b'D' | b'd'] => 10,
        [b'F' | b'f'] => 0,
        [whole @ b'0'..=b'4'] => (whole - b'0') * 10,
        // Some readers give hundredths; they are cut off, as a grade is never rounded up.
        [whole @ b'0'..=b'4', b'.', tenth @ b'0'..=b'9', rest @ ..]
            if rest.iter().all(u8::is_ascii_digit) =>
        {
            (whole - b'0') * 10 + (tenth - b'0')
        }
        _ => return None,
    };
    (tenths <= 40).then_some(Some(tenths))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|w| w == wanted)
}

fn find_last(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).rposition(|w| w == wanted)
}

/// Splits a pattern into texts and parts.
fn items(pattern: &str) -> Result<Vec<Item>, PatternProblem> {
    let mut items = Vec::new();
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            text.push(letter);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or(PatternProblem::Unclosed)?;
            if !text.is_empty() {
                items.push(Item::Text(std::mem::take(&mut text).into_bytes()));
            }
            items.push(part(name)?);
            rest = after;
        } else if letter == '}' {
            return Err(PatternProblem::Unclosed);
        } else {
            text.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    if !text.is_empty() {
        items.push(Item::Text(text.into_bytes()));
    }
    Ok(items)
}

fn part(text: &str) -> Result<Item, PatternProblem> {
    let (name, width) = match text.split_once(':') {
        Some((name, width)) => (name, Some(width)),
        None => (text, None),
    };
    let part = Part::of(name).ok_or_else(|| PatternProblem::Unknown(text.to_owned()))?;
    let Some(width) = width else { return Ok(Item::Part(part, None)) };
    let digits = width.parse().ok().filter(|width| (1..=9).contains(width));
    match digits {
        Some(digits) if part != Part::Code => Ok(Item::Part(part, Some(digits))),
        Some(_) | None => Err(PatternProblem::Width(text.to_owned())),
    }
}

/// Whether it can be told where the first of two neighbours ends and the second begins.
fn can_be_told(left: &Item, right: &Item) -> Result<(), PatternProblem> {
    let blurred = |part: &Part, width: &Option<usize>, byte: Option<&u8>| {
        width.is_none() && byte.is_some_and(|byte| part.holds(*byte))
    };
    match (left, right) {
        (Item::Part(a, wide), Item::Part(b, wide_too)) => {
            let told = match (a, b) {
                (Part::Code, _) => wide_too.is_some(),
                (_, Part::Code) => wide.is_some(),
                // One of them and the code's side give the other.
                _ => wide.is_some() && wide_too.is_some(),
            };
            if told { Ok(()) } else { Err(PatternProblem::Beside(a.name(), b.name())) }
        }
        (Item::Part(part, width), Item::Text(text)) if blurred(part, width, text.first()) => {
            Err(PatternProblem::Blurred(part.name()))
        }
        (Item::Text(text), Item::Part(part, width)) if blurred(part, width, text.last()) => {
            Err(PatternProblem::Blurred(part.name()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code, grade, tag, count.
    type Said = (String, Option<u8>, Option<u32>, Option<u32>);
    use proptest::prelude::*;

    /// The 82 characters that a serial number may have (GS1, table 7.11-1), and the separator.
    const CHARACTERS: &str = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_\
                              abcdefghijklmnopqrstuvwxyz\u{1d}";

    fn parse(pattern: &str, message: &str) -> Option<Said> {
        let Parsed { code, grade, tag, count } =
            Pattern::new(pattern).unwrap().parse(message.as_bytes())?;
        Some((String::from_utf8(code).unwrap(), grade, tag, count))
    }

    #[test]
    fn a_result_is_read_by_its_pattern() {
        let all = CHARACTERS;
        let cases = [
            ("{code}", all.to_owned(), Some((all, None, None, None))),
            ("{tag};{code};{grade}", format!("17;{all};B"), Some((all, Some(30), Some(17), None))),
            ("{count:4}{code},3.7", format!("0099{all},3.7"), Some((all, None, None, Some(99)))),
            ("{code}{grade:1}", format!("{all}4"), Some((all, Some(40), None, None))),
            (
                "#{skip}#{code};{grade};{tag}",
                format!("#x y#{all};3.79;5"),
                Some((all, Some(37), Some(5), None)),
            ),
            ("{code};{grade}", format!("{all};"), Some((all, None, None, None))),
            ("{{{code}}}", format!("{{{all}}}"), Some((all, None, None, None))),
            ("{code};{skip}", format!("{all};whatever"), Some((all, None, None, None))),
        ];
        for (pattern, message, wanted) in cases {
            let wanted =
                wanted.map(|(code, grade, tag, count)| (code.to_owned(), grade, tag, count));
            assert_eq!(parse(pattern, &message), wanted, "{pattern} of {message}");
        }
    }

    #[test]
    fn a_message_that_does_not_look_like_the_pattern_is_not_read() {
        let cases = [
            ("{tag};{code}", "x17;01"),
            ("{tag};{code}", "01"),
            ("{tag};{code}", ";01"),
            ("{tag};{code}", "99999999999;01"),
            ("{tag:4}{code}", "123"),
            ("{code};{grade}", "01;E"),
            ("{code};{grade}", "01;4.1"),
            ("{code};{grade}", "01;4.0x"),
            ("{code};{grade}", "01"),
            ("STX{code}", "01"),
        ];
        for (pattern, message) in cases {
            assert_eq!(parse(pattern, message), None, "{pattern} of {message}");
        }
    }

    #[test]
    fn a_pattern_that_can_be_read_in_two_ways_is_refused() {
        use PatternProblem::{Beside, Blurred, NoCode, Twice, Unclosed, Unknown, Width};
        let cases = [
            ("", NoCode),
            ("{tag}", NoCode),
            ("{code", Unclosed),
            ("code}", Unclosed),
            ("{text}", Unknown("text".to_owned())),
            ("{code:31}", Width("code:31".to_owned())),
            ("{tag:0}{code}", Width("tag:0".to_owned())),
            ("{code};{code}", Twice("code")),
            ("{tag}{code}", Beside("tag", "code")),
            ("{code}{grade}", Beside("code", "grade")),
            ("{tag:3}{count};{code}", Beside("tag", "count")),
            ("{tag}0{code}", Blurred("tag")),
            ("{code}A{grade}", Blurred("grade")),
            ("{grade}.{code}", Blurred("grade")),
        ];
        for (pattern, problem) in cases {
            assert_eq!(Pattern::new(pattern), Err(problem), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_code_comes_back(
            code in "[ -~\u{1d}]{0,60}", tag in any::<u32>(), count in 0..1000_u32,
            grade in 0..=40_u8,
        ) {
            let grade_text = format!("{}.{}", grade / 10, grade % 10);
            let message = format!("{tag};{code};{grade_text};{count:03}");
            let wanted = Some((code, Some(grade), Some(tag), Some(count)));
            prop_assert_eq!(parse("{tag};{code};{grade};{count:3}", &message), wanted);
        }

        #[test]
        fn no_pattern_and_no_message_make_it_panic(
            pattern in "[{}a-z:;0-9]{0,20}", message in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            if let Ok(pattern) = Pattern::new(&pattern) {
                let _ = pattern.parse(&message);
            }
        }
    }
}
