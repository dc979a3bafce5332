//! Label files: Markwright's stream beside what `printpdf` makes of the same labels.
//!
//! `cargo bench --bench label_pdf`
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]
use divan::Bencher;
use divan::counter::ItemsCount;
use markwright::code::CodeText;
use markwright::label::{Dots, Form, Goods, Item, Placed, design, pdf_of, place};
use markwright::symbol::{Separator, Size, encode_gs1};
use printpdf::{
    Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFontHandle, PdfPage, PdfSaveOptions, Point, Pt,
    Rect, TextItem, WindingOrder,
};

const FONT: &[u8] = include_bytes!("../templates/fonts/PTSansNarrow-Regular.ttf");
/// Dots of a 300 dpi head a millimetre, and points a dot.
const DOTS_PER_MM: f32 = 300.0 / 25.4;
const POINTS: f32 = 72.0 / 300.0;

fn main() {
    divan::main();
}

fn goods() -> Goods {
    Goods {
        name: "Сыр полутвёрдый «Белый», массовая доля жира 45 %".into(),
        article: "А-17".into(),
        batch: "12".into(),
        date: "20.11.2026".into(),
        ..Goods::default()
    }
}

fn codes(count: usize) -> Vec<CodeText> {
    (0..count).map(|n| CodeText::new(format!("010481009301169421{n:08}\u{1d}93#SzU"))).collect()
}

/// Labels 58x40 of dairy, with Cyrillic words.
#[divan::bench(args = [1_000, 10_000], sample_count = 5, sample_size = 1)]
fn markwright(bencher: Bencher<'_, '_>, count: usize) {
    let (design, goods) = (design("58x40").unwrap(), goods());
    bencher
        .with_inputs(|| codes(count))
        .input_counter(|codes| ItemsCount::new(codes.len()))
        .bench_refs(|codes| pdf_of(design, &goods, codes).unwrap());
}

/// The same labels as a user of printpdf would write them: page after page, then saved.
#[divan::bench(args = [1_000, 10_000], sample_count = 5, sample_size = 1)]
fn printpdf(bencher: Bencher<'_, '_>, count: usize) {
    let design = design("58x40").unwrap();
    let placed = place(design, &goods(), &codes(1)[0], DOTS_PER_MM).unwrap();
    bencher
        .with_inputs(|| codes(count))
        .input_counter(|codes| ItemsCount::new(codes.len()))
        .bench_refs(|codes| with_printpdf(&placed, codes, (design.width_mm, design.height_mm)));
}

fn with_printpdf(label: &Placed, codes: &[CodeText], (width, height): (f32, f32)) -> Vec<u8> {
    let mut document = PdfDocument::new("labels");
    let font = ParsedFont::from_bytes(FONT, 0, &mut Vec::new()).unwrap();
    let font = PdfFontHandle::External(document.add_font(&font));
    let pages = codes
        .iter()
        .map(|code| {
            assert_eq!(Form::of(code).unwrap(), label.form);
            PdfPage::new(Mm(width), Mm(height), page(label, code, &font, Pt::from(Mm(height)).0))
        })
        .collect();
    document.with_pages(pages).save(&PdfSaveOptions::default(), &mut Vec::new())
}

#[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
fn page(label: &Placed, code: &CodeText, font: &PdfFontHandle, height: f32) -> Vec<Op> {
    let bar = |at: Dots| Op::DrawRectangle {
        rectangle: Rect {
            x: Pt(at.x as f32 * POINTS),
            y: Pt(height - (at.y + at.height) as f32 * POINTS),
            width: Pt(at.width as f32 * POINTS),
            height: Pt(at.height as f32 * POINTS),
            mode: Some(PaintMode::Fill),
            winding_order: Some(WindingOrder::NonZero),
        },
    };
    let words = |text: &str, x: f32, y: u32, line: u32| {
        let base = height - (y + line * 4 / 5) as f32 * POINTS;
        [
            Op::StartTextSection,
            Op::SetFont { font: font.clone(), size: Pt(line as f32 * 0.77 * POINTS) },
            Op::SetTextCursor { pos: Point { x: Pt(x * POINTS), y: Pt(base) } },
            Op::ShowText { items: vec![TextItem::Text(text.to_owned())] },
            Op::EndTextSection,
        ]
    };
    let symbol = label.symbol;
    let modules = encode_gs1(code.as_str(), Size::Side(symbol.side), Separator::Fnc1).unwrap();
    let mut ops: Vec<Op> = modules
        .runs()
        .into_iter()
        .map(|run| {
            let (x, y) = (symbol.x + run.x * symbol.module, symbol.y + run.y * symbol.module);
            bar(Dots { x, y, width: run.length * symbol.module, height: symbol.module })
        })
        .collect();
    for item in &label.items {
        match item {
            Item::Words { x, y, line, text } => ops.extend(words(text, *x, *y, *line)),
            Item::Serial { x, y, line, after } => {
                let serial = &code.as_str()[18..26];
                ops.extend(words(&format!("{serial}{after}"), *x, *y, *line));
            }
            Item::Bar(dots) => ops.push(bar(*dots)),
            Item::Picture(picture) => ops.extend(picture.runs().map(bar)),
        }
    }
    ops
}
