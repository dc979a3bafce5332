//! From millimetres to the dots of one print head: everything gets its place, or the reason why not.
use super::design::{Bar, SymbolElement, TextElement, called};
use super::wording::{self, SERIAL};
use super::{Design, DesignProblem, Element, Goods, Module, face};
use crate::code::{CodeText, Gtin, Template, parse};

/// Module sizes that the marking rules recommend (Russian government decree 887, item 40).
const MODULE_MM: std::ops::RangeInclusive<f32> = 0.255..=0.680;

/// Width that is kept for a character of a serial number, as a part of the line: a `W` of the
/// shipped font. It also holds the `W` of a printer's font 0 at the height that we ask for.
const SERIAL_LETTER: f32 = 0.52;

/// What all codes of one format have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Their trade item, which is printed as it is.
    pub gtin: Gtin,
    /// Their form, which says how large the symbol is.
    pub template: &'static Template,
}

/// A label on the dots of a print head, for all codes of one form.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Width of the label in dots.
    pub width: u32,
    /// Height of the label in dots.
    pub height: u32,
    /// Dots of the head a millimetre.
    pub dots_per_mm: f32,
    /// For which codes it is.
    pub form: Form,
    /// The symbol.
    pub symbol: SymbolPlace,
    /// Everything else.
    pub items: Vec<Item>,
}

/// Where the symbol is, in dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolPlace {
    /// Left edge of the first module; the quiet zone lies outside.
    pub x: u32,
    /// Upper edge of the first module.
    pub y: u32,
    /// Side of a module.
    pub module: u32,
    /// Modules along one side.
    pub side: u32,
    /// Width of the quiet zone in dots.
    pub quiet: u32,
}

/// Something on the label that is not the symbol, in dots.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// One line of words that is the same on every label.
    Words {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: u32,
        /// Height of the line.
        line: u32,
        /// What it says.
        text: String,
    },
    /// The serial number, with what stands around it.
    Serial {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: u32,
        /// Height of the line.
        line: u32,
        /// What stands before it.
        before: String,
        /// What stands behind it.
        after: String,
    },
    /// A filled rectangle.
    Bar(Dots),
    /// A picture of black dots.
    Picture(Picture),
}

/// Black dots on white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Where it stands, and its size.
    pub at: Dots,
    /// Row after row, eight dots a byte, the leftmost dot highest; 1 is black. A row begins with a
    /// new byte.
    pub bits: Vec<u8>,
}

impl Picture {
    /// Whether the dot in this column and row of the picture is black.
    pub fn is_black(&self, column: u32, row: u32) -> bool {
        let row_bytes = self.at.width.div_ceil(8) as usize;
        let byte = self.bits.get(row as usize * row_bytes + column as usize / 8);
        byte.is_some_and(|byte| byte >> (7 - column % 8) & 1 == 1)
    }

    /// Its black dots as horizontal runs: the first dot's place on the label, and how many.
    pub fn runs(&self) -> impl Iterator<Item = Dots> + '_ {
        (0..self.at.height).flat_map(move |row| {
            let mut column = 0;
            std::iter::from_fn(move || {
                let black = |column: &u32| self.is_black(*column, row);
                let first = (column..self.at.width).find(black)?;
                let end = (first..self.at.width).find(|c| !black(c)).unwrap_or(self.at.width);
                column = end;
                let (x, y) = (self.at.x + first, self.at.y + row);
                Some(Dots { x, y, width: end - first, height: 1 })
            })
        })
    }
}

/// A rectangle of whole dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dots {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Dots {
    pub(super) fn meets(self, other: Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}

impl Form {
    /// The form of a code.
    pub fn of(code: &CodeText) -> Result<Self, DesignProblem> {
        let parts = parse(code.as_str())?;
        Ok(Self { gtin: parts.gtin, template: parts.template })
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Template { group, serial_len, .. } = self.template;
        write!(f, "{} ({group}, serial number of {serial_len})", self.gtin)
    }
}

impl Placed {
    /// Refuses a code that this label was not placed for; otherwise gives its serial number.
    pub(super) fn serial_of<'a>(&self, code: &'a CodeText) -> Result<&'a str, DesignProblem> {
        let parts = parse(code.as_str())?;
        let found = Form { gtin: parts.gtin, template: parts.template };
        if found != self.form {
            let (found, wanted) = (found.to_string(), self.form.to_string());
            return Err(DesignProblem::OtherForm { found, wanted });
        }
        Ok(parts.serial)
    }
}

/// Puts a design on the dots of a head. The code is a sample: the result holds for every code of
/// the same trade item and form.
pub fn place(
    design: &Design,
    goods: &Goods,
    code: &CodeText,
    dots_per_mm: f32,
) -> Result<Placed, DesignProblem> {
    if !(5.0..=50.0).contains(&dots_per_mm) {
        return Err(DesignProblem::DotsPerMm(dots_per_mm));
    }
    let scale = Scale(dots_per_mm);
    let (width, height) = (scale.dots(design.width_mm), scale.dots(design.height_mm));
    let table = Table { scale, goods, code, width, height };
    let mut symbol = None;
    for (at, element) in design.elements.iter().enumerate() {
        if let Element::Datamatrix(wanted) = element {
            symbol = Some(table.symbol(wanted, &called(at, element))?);
        }
    }
    let symbol = symbol.ok_or(DesignProblem::Symbols(0))?;
    let mut items = Vec::new();
    for (at, element) in design.elements.iter().enumerate() {
        let name = called(at, element);
        let (new, taken) = table.element(element, &name)?;
        for dots in taken {
            table.refuse_outside(dots, &name)?;
            if dots.meets(symbol.with_quiet_zone()) {
                return Err(DesignProblem::OnSymbol { element: name });
            }
        }
        items.extend(new);
    }
    let form = Form::of(code)?;
    Ok(Placed { width, height, dots_per_mm, form, symbol, items })
}

/// Dots a millimetre, with the two roundings that placing needs.
#[derive(Debug, Clone, Copy)]
struct Scale(f32);

impl Scale {
    /// The nearest whole dot; nothing is left of the label, above it, or farther than it can be.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn dots(self, mm: f32) -> u32 {
        (mm * self.0).round().clamp(0.0, 99_999.0) as u32
    }

    #[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
    fn mm(self, dots: u32) -> f32 {
        dots as f32 / self.0
    }
}

impl SymbolPlace {
    /// The symbol and the white around it.
    pub fn with_quiet_zone(&self) -> Dots {
        let side = self.module * self.side + 2 * self.quiet;
        Dots { x: self.x - self.quiet, y: self.y - self.quiet, width: side, height: side }
    }
}

/// What placing needs to know about a label.
struct Table<'a> {
    scale: Scale,
    goods: &'a Goods,
    code: &'a CodeText,
    width: u32,
    height: u32,
}

impl Table<'_> {
    fn symbol(&self, wanted: &SymbolElement, name: &str) -> Result<SymbolPlace, DesignProblem> {
        let side = Form::of(self.code)?.template.modules;
        let module = self.module(wanted)?;
        let quiet = wanted.quiet_modules.clamp(1, 99) * module;
        let (x, y) = (self.scale.dots(wanted.x_mm) + quiet, self.scale.dots(wanted.y_mm) + quiet);
        let place = SymbolPlace { x, y, module, side, quiet };
        self.refuse_outside(place.with_quiet_zone(), name)?;
        Ok(place)
    }

    /// Whole dots a module, inside of the range.
    fn module(&self, wanted: &SymbolElement) -> Result<u32, DesignProblem> {
        let dots = match wanted.module {
            Module::Mm(mm) => self.scale.dots(mm),
            Module::Dots(dots) => dots,
        };
        let mm = self.scale.mm(dots);
        if MODULE_MM.contains(&mm) {
            return Ok(dots);
        }
        let holds = |dots: &u32| MODULE_MM.contains(&self.scale.mm(*dots));
        // 0.680 mm are 34 dots of the finest head.
        let nearest = (1..=34).filter(holds).min_by_key(|other| other.abs_diff(dots));
        let nearest_dots = nearest.expect("from 5 dots a millimetre on, some number holds");
        let nearest_mm = self.scale.mm(nearest_dots);
        Err(DesignProblem::Module { dots, mm, nearest_dots, nearest_mm })
    }

    fn refuse_outside(&self, dots: Dots, element: &str) -> Result<(), DesignProblem> {
        let right = (dots.x + dots.width).saturating_sub(self.width);
        let lower = (dots.y + dots.height).saturating_sub(self.height);
        let (edge, by) = if right > 0 { ("right", right) } else { ("lower", lower) };
        if by == 0 {
            return Ok(());
        }
        let by_mm = self.scale.mm(by);
        Err(DesignProblem::Outside { element: element.to_owned(), edge, by_mm })
    }

    /// What is drawn for an element, and the dots that it takes.
    fn element(
        &self,
        element: &Element,
        name: &str,
    ) -> Result<(Vec<Item>, Vec<Dots>), DesignProblem> {
        let bars = match element {
            Element::Datamatrix(_) => return Ok((Vec::new(), Vec::new())),
            Element::Text(text) => return self.text(text, name),
            Element::Line(bar) => vec![self.bar(bar)],
            Element::Box(bar) => self.outline(bar),
        };
        Ok((bars.iter().copied().map(Item::Bar).collect(), bars))
    }

    fn bar(&self, bar: &Bar) -> Dots {
        let (x, y) = (self.scale.dots(bar.x_mm), self.scale.dots(bar.y_mm));
        let (width, height) = (self.scale.dots(bar.width_mm), self.scale.dots(bar.height_mm));
        Dots { x, y, width: width.max(1), height: height.max(1) }
    }

    /// The four sides of a rectangle.
    fn outline(&self, bar: &Bar) -> Vec<Dots> {
        let whole = self.bar(bar);
        let thin = self.scale.dots(bar.thickness_mm).clamp(1, whole.width.min(whole.height));
        let (right, lower) = (whole.x + whole.width - thin, whole.y + whole.height - thin);
        vec![
            Dots { height: thin, ..whole },
            Dots { height: thin, y: lower, ..whole },
            Dots { width: thin, ..whole },
            Dots { width: thin, x: right, ..whole },
        ]
    }

    /// Breaks and shrinks a text until it fits.
    fn text(
        &self,
        text: &TextElement,
        name: &str,
    ) -> Result<(Vec<Item>, Vec<Dots>), DesignProblem> {
        let code = parse(self.code.as_str())?;
        let Some(said) = wording::fill(&text.text, self.goods, &code) else {
            return Ok((Vec::new(), Vec::new()));
        };
        if let Some(found) = said.chars().find(|c| !matches!(*c, SERIAL | '\n') && !face::has(*c)) {
            return Err(DesignProblem::NoLetter { element: name.to_owned(), found });
        }
        let width = self.scale.dots(text.width_mm);
        let most = self.scale.dots(text.line_mm).max(1);
        let least = text.least_line_mm.map_or(most, |mm| self.scale.dots(mm).clamp(1, most));
        let serial_len = code.serial.chars().count();
        let fitting = (least..=most).rev().find_map(|line| {
            let lines = broken(&said, width, line, serial_len)?;
            (lines.len() <= text.lines).then_some((line, lines))
        });
        let (line, lines) = fitting.ok_or_else(|| DesignProblem::TextTooLong {
            element: name.to_owned(),
            text: said.replace(SERIAL, code.serial),
            lines: text.lines,
            width_mm: text.width_mm,
            least_mm: text.least_line_mm.unwrap_or(text.line_mm),
        })?;
        let (x, mut y) = (self.scale.dots(text.x_mm), self.scale.dots(text.y_mm));
        let (mut items, mut taken) = (Vec::new(), Vec::new());
        for words in lines {
            items.extend(line_of_items(&words, x, y, line, name)?);
            taken.push(Dots { x, y, width, height: line });
            y += line;
        }
        Ok((items, taken))
    }
}

/// The text in lines no wider than `width`, broken at spaces; `None` where a word is too wide.
fn broken(text: &str, width: u32, line: u32, serial_len: usize) -> Option<Vec<String>> {
    let fits = |words: &str| widest(words, line, serial_len) <= width;
    let mut lines = Vec::new();
    for forced in text.lines() {
        let mut current = String::new();
        for word in forced.split(' ').filter(|word| !word.is_empty()) {
            let longer =
                if current.is_empty() { word.to_owned() } else { format!("{current} {word}") };
            if fits(&longer) {
                current = longer;
            } else if current.is_empty() || !fits(word) {
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
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "some thousand dots"
)]
fn widest(words: &str, line: u32, serial_len: usize) -> u32 {
    let fixed: String = words.chars().filter(|c| *c != SERIAL).collect();
    let serials = words.chars().filter(|c| *c == SERIAL).count() * serial_len;
    let open = serials as f32 * SERIAL_LETTER * line as f32;
    (face::advance(&fixed, line) + open).ceil() as u32
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
    if after.is_empty() {
        // What stands before stays on every label, so that only the number itself is sent.
        let x_serial = x + face::advance(before, line);
        let serial =
            Item::Serial { x: x_serial, y, line, before: String::new(), after: String::new() };
        let mut items = line_of_items(before, 0, y, line, name)?;
        if let Some(Item::Words { x: at, .. }) = items.first_mut() {
            *at = x;
        }
        items.push(serial);
        return Ok(items);
    }
    if !words.chars().all(|c| c == SERIAL || matches!(c, ' '..='~')) {
        return Err(DesignProblem::NotAscii { element: name.to_owned() });
    }
    let (before, after) = (before.to_owned(), after.to_owned());
    Ok(vec![Item::Serial { x, y, line, before, after }])
}
