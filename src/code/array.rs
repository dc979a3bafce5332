//! Arrays of codes as people download them: one code a line, in many dialects.
use super::parse::take_apart;
use super::{CodeText, Gtin, Malformed, ProductGroup, parse, restore, restore_as};
use std::borrow::Cow;
use std::collections::HashMap;

/// A code of an array that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrayLine {
    /// Its line in the file, counted from one.
    pub line: usize,
    /// The code.
    pub text: CodeText,
    /// Its trade item.
    pub gtin: Gtin,
    /// Its serial number.
    pub serial: String,
    /// Its product group.
    pub group: ProductGroup,
}

/// Why a line of an array is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a code.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// More than stands on a label.
    #[error(
        "{0} stands after the check part: that is said in reports only, and printed on no label"
    )]
    Extra(String),
    /// What stands there is no text.
    #[error("{0}")]
    Unreadable(String),
    /// A code of another trade item than the one asked for.
    #[error("foreign GTIN {found}, wanted {wanted}")]
    Foreign {
        /// Its GTIN.
        found: Gtin,
        /// The GTIN that the array is for.
        wanted: Gtin,
    },
    /// The same code stands further up.
    #[error("the same code stands on line {first}")]
    Duplicate {
        /// Where it stands first.
        first: usize,
    },
}

/// A line that was set aside: it is counted and named, and never printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its line in the file, counted from one.
    pub line: usize,
    /// Why.
    pub refusal: Refusal,
}

/// Reads a whole array: one code a line; LF or CRLF; with or without a byte order mark; quoted
/// (doubled quotes inside) or not; `GS` as character 29, as `\u001d` or as `<GS>`, or lost where only
/// one reading is possible ([`restore`]). Blank lines are passed over. With `only`, codes of other
/// trade items are set aside.
///
/// A code whose form several groups have is taken for one of the first of them: whoever knows the
/// group asks [`read_array_of`].
pub fn read_array(file: &str, only: Option<Gtin>) -> (Vec<ArrayLine>, Vec<SetAside>) {
    read_lines(file, only, None)
}

/// As [`read_array`], for codes of one group: those that do not have its form are set aside.
pub fn read_array_of(
    file: &str,
    only: Option<Gtin>,
    group: ProductGroup,
) -> (Vec<ArrayLine>, Vec<SetAside>) {
    read_lines(file, only, Some(group))
}

fn read_lines(
    file: &str,
    only: Option<Gtin>,
    group: Option<ProductGroup>,
) -> (Vec<ArrayLine>, Vec<SetAside>) {
    let mut taken = Vec::new();
    let mut aside = Vec::new();
    let mut first_at: HashMap<(Gtin, String), usize> = HashMap::new();
    let file = file.strip_prefix('\u{feff}').unwrap_or(file);
    for (at, raw) in file.split('\n').enumerate() {
        let line = at + 1;
        let Some(read) = read_raw_line(line, raw, only, group) else { continue };
        let read =
            read.and_then(|code| match first_at.insert((code.gtin, code.serial.clone()), line) {
                Some(first) => {
                    first_at.insert((code.gtin, code.serial.clone()), first);
                    Err(Refusal::Duplicate { first })
                }
                None => Ok(code),
            });
        match read {
            Ok(code) => taken.push(code),
            Err(refusal) => aside.push(SetAside { line, refusal }),
        }
    }
    (taken, aside)
}

/// Reads one line of an array, without looking at the others; nothing for a blank one. The byte
/// order mark of the first line must be gone.
pub fn read_array_line(
    line: usize,
    raw: &str,
    only: Option<Gtin>,
) -> Option<Result<ArrayLine, Refusal>> {
    read_raw_line(line, raw, only, None)
}

/// As [`read_array_line`], for a code whose group is known.
pub fn read_array_line_of(
    line: usize,
    raw: &str,
    only: Option<Gtin>,
    group: ProductGroup,
) -> Option<Result<ArrayLine, Refusal>> {
    read_raw_line(line, raw, only, Some(group))
}

fn read_raw_line(
    line: usize,
    raw: &str,
    only: Option<Gtin>,
    group: Option<ProductGroup>,
) -> Option<Result<ArrayLine, Refusal>> {
    let text = plain(raw);
    (!text.is_empty()).then(|| read_line(line, &text, only, group))
}

fn read_line(
    line: usize,
    text: &str,
    only: Option<Gtin>,
    group: Option<ProductGroup>,
) -> Result<ArrayLine, Refusal> {
    let text = match group {
        Some(group) => restore_as(text, group)?,
        None => restore(text)?,
    };
    let mut parts = parse(&text)?;
    if let Some(group) = group {
        parts = parts.of_group(group)?;
    }
    match only {
        Some(wanted) if wanted != parts.gtin => {
            return Err(Refusal::Foreign { found: parts.gtin, wanted });
        }
        Some(_) | None => {}
    }
    if let Some(extra) = parts.extras().first() {
        return Err(Refusal::Extra(extra.ai.to_owned()));
    }
    Ok(ArrayLine {
        line,
        text: CodeText::new(&*text),
        gtin: parts.gtin,
        serial: parts.serial.to_owned(),
        group: parts.group(),
    })
}

/// Takes the dialect off a line. Quotes go only where they enclose the whole line: `"` is also a
/// character that codes contain.
fn plain(raw: &str) -> Cow<'_, str> {
    let line = raw.trim_matches(|c: char| c == '\r' || c == ' ' || c == '\t');
    let quoted = line.len() >= 2 && line.starts_with('"') && line.ends_with('"');
    let mut line = Cow::Borrowed(line);
    if quoted {
        line = Cow::Owned(line[1..line.len() - 1].replace("\"\"", "\""));
    }
    for spelled in ["\\u001d", "\\u001D", "<GS>"] {
        // What is a code as it stands has nothing spelled in it: a pack of tobacco has no separator.
        // Where the separator itself stands, what looks like a name of it is text: `<GS>` is four
        // characters that a serial number or a check part may have.
        if line.contains(spelled) && !line.contains('\u{1d}') && take_apart(&line).is_err() {
            line = Cow::Owned(line.replace(spelled, "\u{1d}"));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";
    const B: &str = "0104810093011694212\"6rsrti\u{1d}93#SzU";

    #[test]
    fn every_dialect_gives_the_same_code() {
        let dialects = [
            A.to_owned(),
            format!("\u{feff}{A}\r\n"),
            format!("\"{A}\"\n"),
            A.replace('\u{1d}', "\\u001d"),
            A.replace('\u{1d}', "<GS>"),
        ];
        for file in dialects {
            let (taken, aside) = read_array(&file, None);
            assert_eq!(taken[0].text.as_str(), A, "{file:?} {aside:?}");
        }
    }

    #[test]
    fn what_looks_like_a_separator_is_text_where_there_are_real_ones() {
        let code = "0104810093011694212k<GS>ti\u{1d}93#SzU";
        let (taken, aside) = read_array(code, None);
        assert_eq!(taken[0].text.as_str(), code, "{aside:?}");
    }

    #[test]
    fn quotes_inside_a_code_survive() {
        let quoted = format!("\"{}\"", B.replace('"', "\"\""));
        assert_eq!(read_array(&quoted, None).0[0].text.as_str(), B);
        assert_eq!(read_array(B, None).0[0].text.as_str(), B);
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_is_taken() {
        let other = "0104600000000008212k6rsrti\u{1d}93#SzU";
        let file = format!("{A}\nrubbish\n\n{A}\n{other}\n{B}\n");
        let only = "04810093011694".parse().ok();
        let (taken, aside) = read_array(&file, only);
        assert_eq!(taken.iter().map(|c| c.line).collect::<Vec<_>>(), [1, 6]);
        let lines: Vec<_> = aside.iter().map(|a| a.line).collect();
        assert_eq!(lines, [2, 4, 5]);
        assert_eq!(aside[1].refusal, Refusal::Duplicate { first: 1 });
        assert!(matches!(aside[2].refusal, Refusal::Foreign { .. }));
    }
}
