//! The font of labels in millimetres: widths, breaking of lines, and outlines.
use super::super::face;
use crate::code::GS;
use std::fmt::Write as _;
use std::sync::LazyLock;
use ttf_parser::{Face, GlyphId};

pub(super) static LETTERS: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(face::TTF, 0).expect("a test writes with the shipped font"));

/// The letter of a character; 0 where the font has none.
pub(super) fn glyph(letter: char) -> GlyphId {
    LETTERS.glyph_index(letter).unwrap_or_default()
}

/// How far a letter moves on, in ems.
pub(super) fn advance(letter: GlyphId) -> f32 {
    let units = LETTERS.glyph_hor_advance(letter).unwrap_or_default();
    f32::from(units) / f32::from(LETTERS.units_per_em())
}

/// Width of the words, in the unit of the em.
pub(super) fn width(words: &str, em: f32) -> f32 {
    words.chars().map(|letter| advance(glyph(letter))).sum::<f32>() * em
}

/// The text in lines no wider than `width`: broken at spaces, and inside of words that are wider.
pub(super) fn broken(text: &str, em: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for forced in text.lines() {
        let mut line = String::new();
        for word in forced.split_whitespace() {
            let space = if line.is_empty() { "" } else { " " };
            let longer = format!("{line}{space}{word}");
            if self::width(&longer, em) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = cut(word, em, width, &mut lines);
        }
        lines.push(line);
    }
    lines
}

/// Cuts a word into full lines; gives what is left of it.
fn cut(word: &str, em: f32, width: f32, lines: &mut Vec<String>) -> String {
    let mut line = String::new();
    for letter in word.chars() {
        line.push(letter);
        if self::width(&line, em) > width && line.chars().count() > 1 {
            line.pop();
            lines.push(std::mem::replace(&mut line, letter.to_string()));
        }
    }
    line
}

/// The text as it can be written: a separator of a code in words, tabs as spaces.
pub(super) fn writable(text: &str) -> String {
    text.replace(GS, "<GS>").replace('\t', " ")
}

/// The same, and characters that the font has not by their numbers: what people say of a thing must
/// not keep a report from being made.
pub(super) fn spelled(text: &str) -> String {
    let mut spelled = String::new();
    for letter in writable(text).chars() {
        if missing(letter.encode_utf8(&mut [0; 4])).is_none() {
            spelled.push(letter);
        } else {
            let _ = write!(spelled, "[U+{:04X}]", u32::from(letter));
        }
    }
    spelled
}

/// The first character that the font cannot write.
pub(super) fn missing(text: &str) -> Option<char> {
    text.chars().find(|letter| *letter != '\n' && !face::has(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_long_codes_inside() {
        assert_eq!(broken("Кефир и сыр", 1.0, width("Кефир и", 1.0)), ["Кефир и", "сыр"]);
        let code = "0104810093011694212k6rsrti";
        let lines = broken(&format!("a {code}"), 1.0, 5.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| width(line, 1.0) <= 5.0), "{lines:?}");
        assert_eq!(lines[1..].concat(), code);
    }

    #[test]
    fn a_separator_is_written_in_words() {
        assert_eq!(writable("a\u{1d}b"), "a<GS>b");
        assert_eq!(missing("Ў\nі №"), None);
        assert_eq!(missing("a\u{1F600}"), Some('\u{1F600}'));
    }

    #[test]
    fn what_the_font_has_not_is_written_by_its_number() {
        assert_eq!(spelled("Ў → 批\u{1d}"), "Ў [U+2192] [U+6279]<GS>");
    }
}
