//! Labels as a PDF: one label a page at its own size, the symbol as vectors, the words searchable.
use super::place::{Dots, Item, Placed, place};
use super::{Design, DesignProblem, Form, Goods, face};
use crate::code::CodeText;
use crate::symbol::{Separator, Size, encode_gs1};
use printpdf::{
    Color, Greyscale, Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFontHandle, PdfPage,
    PdfParseErrorSeverity, PdfSaveOptions, Point, Pt, Rect, TextItem, WindingOrder,
};

/// Labels that go into one file: printpdf keeps the whole document in memory, some 40 kB a page.
pub const MOST_PAGES: usize = 5_000;

/// The grid of the page is that of a 300 dpi printer, so that modules are whole dots there and on
/// every multiple of it.
const DOTS_PER_MM: f32 = 300.0 / 25.4;

/// Points a dot: 72 points an inch.
const POINTS: f32 = 72.0 / 300.0;

/// Makes the PDF of these codes, one label a page, in their order. Codes of different forms may be
/// mixed; each gets the place that its form needs.
pub fn pdf_of(
    design: &Design,
    goods: &Goods,
    codes: &[CodeText],
) -> Result<Vec<u8>, DesignProblem> {
    if codes.len() > MOST_PAGES {
        return Err(DesignProblem::TooManyPages { found: codes.len(), most: MOST_PAGES });
    }
    let mut document = PdfDocument::new(&design.title);
    let parsed = ParsedFont::from_bytes(face::TTF, 0, &mut Vec::new());
    let font = document.add_font(&parsed.ok_or_else(|| not_written("the font was not read"))?);
    let font = PdfFontHandle::External(font);
    let mut placed: Option<Placed> = None;
    let mut pages = Vec::with_capacity(codes.len());
    for code in codes {
        let form = Form::of(code)?;
        let label = match placed.take().filter(|label| label.form == form) {
            Some(label) => label,
            None => place(design, goods, code, DOTS_PER_MM)?,
        };
        let ops = page(&label, code, &font, design.height_mm)?;
        pages.push(PdfPage::new(Mm(design.width_mm), Mm(design.height_mm), ops));
        placed = Some(label);
    }
    let mut warnings = Vec::new();
    let bytes = document.with_pages(pages).save(&PdfSaveOptions::default(), &mut warnings);
    // A warning means that something would be missing on the page.
    match warnings.into_iter().find(|w| w.severity != PdfParseErrorSeverity::Info) {
        Some(warning) => Err(not_written(&warning.msg)),
        None => Ok(bytes),
    }
}

fn not_written(why: &str) -> DesignProblem {
    DesignProblem::NotWritten { what: "PDF", why: why.to_owned() }
}

fn page(
    label: &Placed,
    code: &CodeText,
    font: &PdfFontHandle,
    height_mm: f32,
) -> Result<Vec<Op>, DesignProblem> {
    let serial = label.serial_of(code)?;
    let paper = Paper { height: Pt::from(Mm(height_mm)).0 };
    let symbol = &label.symbol;
    let modules = encode_gs1(code.as_str(), Size::Side(symbol.side), Separator::Fnc1)?;
    let black = Color::Greyscale(Greyscale::new(0.0, None));
    let mut ops = vec![Op::SetFillColor { col: black }];
    ops.extend(modules.runs().into_iter().map(|run| {
        let (x, y) = (symbol.x + run.x * symbol.module, symbol.y + run.y * symbol.module);
        paper.bar(Dots { x, y, width: run.length * symbol.module, height: symbol.module })
    }));
    for item in &label.items {
        match item {
            Item::Words { x, y, line, text } => {
                ops.extend(paper.words(text, *x, *y, *line, font));
            }
            Item::Serial { x, y, line, before, after } => {
                let text = format!("{before}{serial}{after}");
                ops.extend(paper.words(&text, *x, *y, *line, font));
            }
            Item::Bar(dots) => ops.push(paper.bar(*dots)),
            Item::Picture(picture) => ops.extend(picture.runs().map(|dots| paper.bar(dots))),
        }
    }
    Ok(ops)
}

/// A page, which measures from its lower left corner.
struct Paper {
    /// In points.
    height: f32,
}

#[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
impl Paper {
    fn bar(&self, at: Dots) -> Op {
        let lower = self.height - (at.y + at.height) as f32 * POINTS;
        Op::DrawRectangle {
            rectangle: Rect {
                x: Pt(at.x as f32 * POINTS),
                y: Pt(lower),
                width: Pt(at.width as f32 * POINTS),
                height: Pt(at.height as f32 * POINTS),
                mode: Some(PaintMode::Fill),
                winding_order: Some(WindingOrder::NonZero),
            },
        }
    }

    fn words(&self, text: &str, x: f32, y: u32, line: u32, font: &PdfFontHandle) -> [Op; 5] {
        let base = self.height - (y as f32 + face::baseline(line)) * POINTS;
        [
            Op::StartTextSection,
            Op::SetFont { font: font.clone(), size: Pt(face::em(line) * POINTS) },
            Op::SetTextCursor { pos: Point { x: Pt(x * POINTS), y: Pt(base) } },
            Op::ShowText { items: vec![TextItem::Text(text.to_owned())] },
            Op::EndTextSection,
        ]
    }
}
