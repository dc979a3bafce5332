//! Documents with a layout on A4: passports of rolls, reports. By printpdf.
mod chart;
mod tiles;

pub use chart::MapCell;
pub use tiles::Tile;

use super::leaf::Leaf;
use super::{Area, Pen, letters};
use crate::label::{DesignProblem, face};
use printpdf::{
    ParsedFont, PdfDocument, PdfFontHandle, PdfPage, PdfParseErrorSeverity, PdfSaveOptions,
};

/// A4 (ISO 216).
const PAGE: (f32, f32) = (210.0, 297.0);
/// Room for a punch on the left.
const LEFT: f32 = 22.0;
const RIGHT: f32 = PAGE.0 - 16.0;
const TOP: f32 = 20.0;
/// Nothing of the layout stands below; the foot does.
const BOTTOM: f32 = 274.0;
/// The rule above the foot.
const FOOT: f32 = 280.0;

/// Sizes of letters, in millimetres of the em: 20, 13, 10 and 8 points.
const TITLE: f32 = 7.0;
const HEADING: f32 = 4.6;
const TEXT: f32 = 3.6;
const SMALL: f32 = 2.9;
/// From one line to the next, in ems.
const LEADING: f32 = 1.35;
/// Thickness of a rule, and of a fine one.
const RULE: f32 = 0.3;
const FINE: f32 = 0.1;
/// White between the columns of a table.
const GUTTER: f32 = 4.0;

/// Greys: 0 is black, 1 is white.
const BLACK: f32 = 0.0;
const GREY: f32 = 0.4;
const PALE: f32 = 0.7;

/// A document that grows from top to bottom, page after page.
#[derive(Debug)]
pub struct Document {
    title: String,
    pdf: PdfDocument,
    font: PdfFontHandle,
    pages: Vec<Leaf>,
    /// Where the next thing begins.
    y: f32,
}

/// The text in lines of this width.
fn lines(text: &str, em: f32, width: f32) -> Vec<String> {
    letters::broken(&letters::spelled(text), em, width)
}

/// A column of a table on the page.
struct Column<'a> {
    title: &'a str,
    x: f32,
    width: f32,
    /// Numbers stand below one another.
    to_the_right: bool,
}

impl Document {
    /// Begins a document. The title stands at its head and at the foot of each page.
    pub fn new(title: &str) -> Self {
        let mut pdf = PdfDocument::new(title);
        let font = ParsedFont::from_bytes(face::TTF, 0, &mut Vec::new());
        let font = font.expect("a test writes with the shipped font");
        let font = PdfFontHandle::External(pdf.add_font(&font));
        let pages = vec![Leaf::new(PAGE, font.clone())];
        let title = letters::spelled(title);
        let mut document = Self { title, pdf, font, pages, y: TOP };
        let title = lines(&document.title.clone(), TITLE, RIGHT - LEFT);
        document.block(&title, TITLE, BLACK);
        document.rule(RULE, 1.0, BLACK);
        document.y += 3.0;
        document
    }

    /// What follows stands on a page of its own.
    pub fn next_page(&mut self) {
        if self.y > TOP {
            self.pages.push(Leaf::new(PAGE, self.font.clone()));
            self.y = TOP;
        }
    }

    /// What follows, so many millimetres high, stands on one page.
    pub fn keep(&mut self, height: f32) {
        self.breaks(height);
    }

    /// The head of a part. It stays on one page with the beginning of what follows.
    pub fn heading(&mut self, text: &str) {
        if !self.breaks(32.0) {
            self.y += 3.0;
        }
        let lines = lines(text, HEADING, RIGHT - LEFT);
        self.block(&lines, HEADING, BLACK);
        self.rule(FINE, 0.4, BLACK);
        self.y += 2.0;
    }

    /// Facts, one a line: what it is, and its value.
    pub fn facts(&mut self, facts: &[(&str, String)]) {
        let longest = facts.iter().map(|(name, _)| letters::width(name, TEXT)).fold(0.0, f32::max);
        let at = LEFT + (longest + 6.0).clamp(44.0, 80.0);
        for (name, value) in facts {
            let names = lines(name, TEXT, at - LEFT - GUTTER);
            let values = lines(value, TEXT, RIGHT - at);
            for row in 0..names.len().max(values.len()) {
                self.breaks(TEXT * LEADING);
                self.words(names.get(row), LEFT, TEXT, GREY);
                self.words(values.get(row), at, TEXT, BLACK);
                self.y += TEXT * LEADING;
            }
            self.y += 0.6;
        }
        self.y += 1.5;
    }

    /// A table: titles and widths in millimetres of its columns, then its rows. Columns that are
    /// together wider than the page are narrowed; the head is repeated on each page. Columns of
    /// numbers stand to the right.
    pub fn table(&mut self, columns: &[(&str, f32)], rows: &[Vec<String>]) {
        self.shaded_table(columns, rows, |_, _| None);
    }

    /// The same with a ground of colour behind some cells, by row and column.
    pub fn shaded_table(
        &mut self,
        columns: &[(&str, f32)],
        rows: &[Vec<String>],
        ground: impl Fn(usize, usize) -> Option<[u8; 3]>,
    ) {
        let columns = columns_on_the_page(columns, rows);
        self.breaks(20.0);
        self.table_head(&columns);
        for (at, row) in rows.iter().enumerate() {
            let cells: Vec<Vec<String>> = row
                .iter()
                .zip(&columns)
                .map(|(text, column)| lines(text, TEXT, column.width))
                .collect();
            let most = cells.iter().map(Vec::len).max().unwrap_or(0);
            // A row is kept whole; one that is higher than a page cannot be.
            for line in 0..most {
                let left = if line == 0 { most.min(40) } else { 1 };
                if self.breaks(height(left, TEXT) + 1.0) {
                    self.table_head(&columns);
                }
                for (n, (column, text)) in columns.iter().zip(&cells).enumerate() {
                    let ground = if line == 0 { ground(at, n) } else { None };
                    self.shade(ground, column);
                    let ink = ground.map_or(BLACK, chart::ink_on);
                    self.cell(text.get(line), column, TEXT, ink);
                }
                self.y += TEXT * LEADING;
            }
            self.rule(FINE, 0.5, PALE);
            self.y += 0.9;
        }
        self.y += 3.0;
    }

    /// A chart of bars that lie, such as a histogram: names, and values from zero up.
    pub fn bars(&mut self, bars: &[(&str, f64)]) {
        let most = bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let longest = bars.iter().map(|(name, _)| letters::width(name, TEXT)).fold(0.0, f32::max);
        let at = LEFT + (longest + 4.0).clamp(12.0, 60.0);
        // On the right is room for the longest value.
        let full = RIGHT - 24.0 - at;
        for (name, value) in bars {
            let names = lines(name, TEXT, at - LEFT - 2.0);
            self.breaks(height(names.len().max(1), TEXT) + 0.8);
            let width = if most > 0.0 { full * part(*value / most) } else { 0.0 };
            let bar = Area { x: at, y: self.y + 0.7, width, height: TEXT };
            self.ink(PALE);
            self.leaf().bar(bar);
            self.ink(BLACK);
            self.leaf().bar(Area { x: at, width: RULE, ..bar });
            self.words(Some(&number(*value)), at + width + 1.5, TEXT, BLACK);
            self.block(&names, TEXT, BLACK);
            self.y += 0.8;
        }
        self.y += 3.0;
    }

    /// Some sentences.
    pub fn paragraph(&mut self, text: &str) {
        let lines = lines(text, TEXT, RIGHT - LEFT);
        self.block(&lines, TEXT, BLACK);
        self.y += 2.0;
    }

    /// Lines to sign on, one for each of these people; they stay together.
    pub fn signatures(&mut self, people: &[&str]) {
        #[expect(clippy::cast_precision_loss, reason = "a few people")]
        self.breaks(people.len() as f32 * 16.0);
        for who in people {
            self.y += 10.0;
            self.words(Some(&letters::spelled(who)), LEFT, TEXT, BLACK);
            for (x, width, what) in
                [(62.0, 46.0, "name"), (112.0, 46.0, "signature"), (162.0, 32.0, "date")]
            {
                let line = Area { x, y: self.y + TEXT + 0.9, width, height: FINE };
                self.leaf().bar(line);
                let y = self.y;
                self.y = line.y + 0.2;
                self.words(Some(&what.to_owned()), x, SMALL, GREY);
                self.y = y;
            }
            self.y += 6.0;
        }
    }

    /// Writes the document.
    pub fn finish(mut self) -> Result<Vec<u8>, DesignProblem> {
        let count = self.pages.len();
        for (at, leaf) in self.pages.iter_mut().enumerate() {
            foot(leaf, &self.title, at + 1, count);
        }
        let pages: Vec<PdfPage> = self.pages.into_iter().map(Leaf::into_page).collect();
        let mut warnings = Vec::new();
        let bytes = self.pdf.with_pages(pages).save(&PdfSaveOptions::default(), &mut warnings);
        // A warning means that something would be missing on a page.
        match warnings.into_iter().find(|w| w.severity != PdfParseErrorSeverity::Info) {
            Some(warning) => Err(DesignProblem::NotWritten { what: "document", why: warning.msg }),
            None => Ok(bytes),
        }
    }

    fn leaf(&mut self) -> &mut Leaf {
        self.pages.last_mut().expect("a document begins with a page")
    }

    fn ink(&mut self, grey: f32) {
        self.leaf().ink(grey);
    }

    /// Begins a new page if less than this is left of this one; says so.
    fn breaks(&mut self, room: f32) -> bool {
        let full = self.y > TOP && self.y + room > BOTTOM;
        if full {
            self.pages.push(Leaf::new(PAGE, self.font.clone()));
            self.y = TOP;
        }
        full
    }

    /// Lines one below the other, and on to the next page.
    fn block(&mut self, lines: &[String], em: f32, grey: f32) {
        for line in lines {
            self.breaks(em * LEADING);
            self.words(Some(line), LEFT, em, grey);
            self.y += em * LEADING;
        }
    }

    /// Words in the current line.
    fn words(&mut self, words: Option<&String>, x: f32, em: f32, grey: f32) {
        let Some(words) = words.filter(|words| !words.is_empty()) else { return };
        let base = self.y + em;
        self.ink(grey);
        self.leaf().words(words, x, base, em);
        self.ink(BLACK);
    }

    fn cell(&mut self, words: Option<&String>, column: &Column<'_>, em: f32, grey: f32) {
        let Some(text) = words else { return };
        let rest = (column.width - letters::width(text, em)).max(0.0);
        let x = if column.to_the_right { column.x + rest } else { column.x };
        self.words(words, x, em, grey);
    }

    /// Colour behind a cell of the current line.
    fn shade(&mut self, ground: Option<[u8; 3]>, column: &Column<'_>) {
        let Some(ground) = ground else { return };
        let (x, width) = (column.x - 1.0, column.width + 2.0);
        let area = Area { x, y: self.y + 0.2, width, height: TEXT * LEADING - 0.2 };
        self.leaf().colour(ground);
        self.leaf().bar(area);
        self.ink(BLACK);
    }

    fn table_head(&mut self, columns: &[Column<'_>]) {
        let titles: Vec<Vec<String>> =
            columns.iter().map(|column| lines(column.title, SMALL, column.width)).collect();
        for line in 0..titles.iter().map(Vec::len).max().unwrap_or(0) {
            for (column, title) in columns.iter().zip(&titles) {
                self.cell(title.get(line), column, SMALL, GREY);
            }
            self.y += SMALL * LEADING;
        }
        self.rule(RULE, 0.4, BLACK);
        self.y += 1.0;
    }

    /// A line across the page, so far below.
    fn rule(&mut self, height: f32, below: f32, grey: f32) {
        self.y += below;
        let rule = Area { x: LEFT, y: self.y, width: RIGHT - LEFT, height };
        self.ink(grey);
        self.leaf().bar(rule);
        self.ink(BLACK);
    }
}

fn columns_on_the_page<'a>(columns: &[(&'a str, f32)], rows: &[Vec<String>]) -> Vec<Column<'a>> {
    let wanted: f32 = columns.iter().map(|(_, width)| width).sum();
    let scale = ((RIGHT - LEFT) / wanted.max(1.0)).min(1.0);
    let mut x = LEFT;
    let place = |(at, (title, width)): (usize, &(&'a str, f32))| {
        let width = width * scale;
        let number = |row: &Vec<String>| row.get(at).is_some_and(|text| is_number(text));
        let to_the_right = !rows.is_empty() && rows.iter().all(number);
        let column = Column { title, x, width: (width - GUTTER).max(1.0), to_the_right };
        x += width;
        column
    };
    columns.iter().enumerate().map(place).collect()
}

/// Short numbers; GTINs and codes are names, not numbers.
fn is_number(text: &str) -> bool {
    let digits = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | ',' | '%');
    text.starts_with(|c: char| c.is_ascii_digit()) && text.len() <= 9 && text.chars().all(digits)
}

#[expect(clippy::cast_precision_loss, reason = "some lines")]
fn height(lines: usize, em: f32) -> f32 {
    lines as f32 * em * LEADING
}

#[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
fn part(of_one: f64) -> f32 {
    of_one.clamp(0.0, 1.0) as f32
}

/// Whole where it is whole.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn foot(leaf: &mut Leaf, title: &str, page: usize, pages: usize) {
    leaf.bar(Area { x: LEFT, y: FOOT, width: RIGHT - LEFT, height: FINE });
    let base = FOOT + 4.0;
    let number = format!("page {page} of {pages}");
    let at = RIGHT - letters::width(&number, SMALL);
    leaf.ink(GREY);
    let title = letters::broken(title, SMALL, at - LEFT - GUTTER).into_iter().next();
    leaf.words(&title.unwrap_or_default(), LEFT, base, SMALL);
    leaf.words(&number, at, base, SMALL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_say_in_letters_that_the_font_has_not_keeps_no_document_from_being_made() {
        let mut document = Document::new("Roll passport");
        document.paragraph("Сыр \u{1F9C0}");
        document.facts(&[("Reason", "→ 批".to_owned())]);
        assert!(document.finish().is_ok());
    }

    #[test]
    fn numbers_are_told_from_names() {
        assert!(is_number("1 200") && is_number("99.8 %") && !is_number("04810093011694"));
        assert!(!is_number("A") && !is_number(""));
        assert_eq!((number(12.0).as_str(), number(0.333).as_str()), ("12", "0.33"));
    }

    #[test]
    fn a_long_table_goes_on_with_its_head_on_the_next_page() {
        let mut document = Document::new("Report");
        let rows: Vec<Vec<String>> = (0..120).map(|n| vec![n.to_string(), "x".into()]).collect();
        document.table(&[("No.", 20.0), ("What", 60.0)], &rows);
        assert_eq!(document.pages.len(), 4);
        assert!(document.y < BOTTOM);
    }
}
