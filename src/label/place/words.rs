//! Words in an area: broken at spaces, as large as they can be.
use super::super::design::{Align, CodeElement, LINE_LEAST_MM, TextElement};
use super::super::wording::SERIAL;
use super::super::{DesignProblem, face};
use super::{Dots, Item, Table, Takes};

/// Width that is kept for a character of a serial number, as a part of the line: a `W` of the
/// shipped font. It also holds the `W` of a printer's font 0 at the height that we ask for.
const SERIAL_LETTER: f32 = 0.52;

/// What a text and a code have in common.
pub(super) struct Wording {
    x_mm: f32,
    y_mm: f32,
    width_mm: f32,
    line_mm: f32,
    least_line_mm: Option<f32>,
    lines: usize,
    align: Align,
}

impl Wording {
    pub(super) fn of_text(text: &TextElement) -> Self {
        let TextElement { x_mm, y_mm, width_mm, line_mm, least_line_mm, lines, align, .. } = *text;
        Self { x_mm, y_mm, width_mm, line_mm, least_line_mm, lines, align }
    }

    pub(super) fn of_code(code: &CodeElement) -> Self {
        let CodeElement { x_mm, y_mm, width_mm, line_mm, least_line_mm, lines, align, .. } = *code;
        Self { x_mm, y_mm, width_mm, line_mm, least_line_mm, lines, align }
    }
}

impl Table<'_> {
    /// Breaks and shrinks words until they fit. Where nothing is said, the area stays free.
    pub(super) fn words(
        &self,
        wanted: &Wording,
        said: Option<&str>,
        name: &str,
    ) -> Result<(Vec<Item>, Takes), DesignProblem> {
        #[expect(clippy::cast_precision_loss, reason = "a label has some lines")]
        let height_mm = wanted.line_mm * wanted.lines as f32;
        let area = self.scale.area(wanted.x_mm, wanted.y_mm, wanted.width_mm, height_mm);
        let takes = Takes::Area { area, shrinks: true };
        let Some(said) = said else { return Ok((Vec::new(), takes)) };
        if let Some(found) = said.chars().find(|c| !matches!(*c, SERIAL | '\n') && !face::has(*c)) {
            return Err(DesignProblem::NoLetter { element: name.to_owned(), found });
        }
        let line_of = |mm| self.scale.whole_dots(mm).clamp(1, self.label.height);
        let most = line_of(wanted.line_mm);
        let least = wanted.least_line_mm.map_or(most, line_of).min(most);
        let fit = Fit { width: area.width, lines: wanted.lines, serial: self.code.serial.len() };
        let line = fit.largest(said, most).filter(|line| *line >= least);
        let Some((line, lines)) = line.and_then(|line| Some((line, fit.lines(said, line)?))) else {
            return Err(self.too_long(wanted, said, least, &fit, name));
        };
        let mut items = Vec::new();
        for (y, words) in (area.y..).step_by(line as usize).zip(lines) {
            let x = area.x + fit.indent(&words, line, wanted.align);
            items.extend(line_of_items(&words, x, y, line, name)?);
        }
        Ok((items, takes))
    }

    fn too_long(
        &self,
        wanted: &Wording,
        said: &str,
        least: u32,
        fit: &Fit,
        name: &str,
    ) -> DesignProblem {
        let letters: Vec<char> = said.chars().collect();
        let fits = |count: usize| {
            let start = letters[..count].iter().collect::<String>();
            fit.lines(&start, least).is_some()
        };
        let (mut fits_letters, mut too_many) = (0, letters.len());
        while too_many - fits_letters > 1 {
            let middle = usize::midpoint(fits_letters, too_many);
            *(if fits(middle) { &mut fits_letters } else { &mut too_many }) = middle;
        }
        DesignProblem::TextTooLong {
            element: name.to_owned(),
            text: said.replace(SERIAL, self.code.serial),
            lines: wanted.lines,
            width_mm: wanted.width_mm,
            least_mm: wanted.least_line_mm.unwrap_or(wanted.line_mm),
            fits_mm: self.advise.and(fit.largest(said, least)).and_then(|line| {
                // Lower lines are no letters any more.
                Some(self.scale.mm(line)).filter(|mm| *mm >= LINE_LEAST_MM)
            }),
            fits_letters,
        }
    }
}

/// The room that words have.
struct Fit {
    /// Dots.
    width: u32,
    /// Lines.
    lines: usize,
    /// Characters of a serial number.
    serial: usize,
}

impl Fit {
    /// The largest line of at most so many dots in which the words have room. What fits into a line
    /// fits into every lower one.
    fn largest(&self, said: &str, most: u32) -> Option<u32> {
        let (mut fits, mut too_large) = (0, most + 1);
        while too_large - fits > 1 {
            let middle = u32::midpoint(fits, too_large);
            *(if self.lines(said, middle).is_some() { &mut fits } else { &mut too_large }) = middle;
        }
        (fits > 0).then_some(fits)
    }

    /// The lines of the words, if there are not too many.
    fn lines(&self, said: &str, line: u32) -> Option<Vec<String>> {
        self.broken(said, line).filter(|lines| lines.len() <= self.lines)
    }

    /// The text in lines no wider than the area, broken at spaces; `None` where a word is too wide.
    fn broken(&self, text: &str, line: u32) -> Option<Vec<String>> {
        let mut lines = Vec::new();
        for forced in text.lines() {
            let mut current = String::new();
            for word in forced.split(' ').filter(|word| !word.is_empty()) {
                let longer =
                    if current.is_empty() { word.to_owned() } else { format!("{current} {word}") };
                if self.widest(&longer, line) <= self.width {
                    current = longer;
                } else if current.is_empty() || self.widest(word, line) > self.width {
                    return None;
                } else {
                    lines.push(std::mem::replace(&mut current, word.to_owned()));
                }
            }
            lines.push(current);
        }
        Some(lines)
    }

    /// Dots that the words need, whatever the serial number is.
    fn widest(&self, words: &str, line: u32) -> u32 {
        self.width_with(words, line, SERIAL_LETTER)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "some thousand dots"
    )]
    fn width_with(&self, words: &str, line: u32, serial_letter: f32) -> u32 {
        let fixed: String = words.chars().filter(|c| *c != SERIAL).collect();
        let serials = words.chars().filter(|c| *c == SERIAL).count() * self.serial;
        let open = serials as f32 * serial_letter * line as f32;
        (face::advance(&fixed, line) + open).ceil() as u32
    }

    /// Dots that a line starts to the right of its area. A serial number is taken to be as wide as
    /// its digits would be; even the widest one stays inside.
    fn indent(&self, words: &str, line: u32, align: Align) -> u32 {
        #[expect(clippy::cast_precision_loss, reason = "some hundred dots")]
        let digit = face::advance("0", line) / line as f32;
        let free = self.width.saturating_sub(self.width_with(words, line, digit));
        align.indent(free).min(self.width.saturating_sub(self.widest(words, line)))
    }
}

/// One line: words that stay, or the serial number with what must be drawn along with it.
fn line_of_items(
    words: &str,
    x: u32,
    y: u32,
    line: u32,
    name: &str,
) -> Result<Vec<Item>, DesignProblem> {
    #[expect(clippy::cast_precision_loss, reason = "some thousand dots")]
    let x = x as f32;
    let Some((before, after)) = words.split_once(SERIAL) else {
        let text = words.to_owned();
        return Ok(if text.is_empty() { vec![] } else { vec![Item::Words { x, y, line, text }] });
    };
    if !after.chars().all(|c| matches!(c, ' '..='~')) {
        return Err(DesignProblem::NotAscii { element: name.to_owned() });
    }
    // What stands before stays on every label, so that only the number is sent, and what follows it:
    // that moves with the width of the number.
    let serial =
        Item::Serial { x: x + face::advance(before, line), y, line, after: after.to_owned() };
    let text = before.to_owned();
    let words = (!before.is_empty()).then_some(Item::Words { x, y, line, text });
    Ok(words.into_iter().chain([serial]).collect())
}

/// Words in one line within an area, in its middle; lower than wanted where they are too wide.
pub(super) fn centred(text: &str, area: Dots, line: u32) -> Item {
    let fit = Fit { width: area.width, lines: 1, serial: 0 };
    let said = text.replace(' ', "\u{a0}");
    let line = fit.largest(&said, line).unwrap_or(1);
    #[expect(clippy::cast_precision_loss, reason = "some thousand dots")]
    let x = (area.x + fit.indent(&said, line, Align::Centre)) as f32;
    Item::Words { x, y: area.y, line, text: text.to_owned() }
}
