//! Labels as pictures: `cargo bench --bench label_bitmap`. Figures: docs/performance.md.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use markwright::code::CodeText;
use markwright::label::{Goods, Placed, Raster, design, place, raster};
use markwright::symbol::{Separator, Size, encode_gs1};
use rxing::{BarcodeFormat, EncodeHints, Writer};

fn main() {
    divan::main();
}

/// A footwear code, 129 characters; no two are the same.
fn code(at: u32) -> CodeText {
    let signature = "aZ/+".repeat(22);
    let head = "010481009301169421";
    CodeText::new(format!("{head}5AbCd{at:08}\u{1d}91EE11\u{1d}92{signature}"))
}

/// 58 x 40 mm at 300 dpi, with everything that such a label says.
fn placed() -> Placed {
    let goods = Goods {
        name: "Сапожкі зімовыя «Мроя», скура, №7".into(),
        article: "АБ-4471/2".into(),
        size: "42".into(),
        colour: "чёрны".into(),
        composition: "верх: натуральная кожа; подкладка: шерсть; подошва: ТПУ".into(),
        batch: "П-17".into(),
        date: "21.11.2026".into(),
        ..Goods::default()
    };
    place(design("58x40").unwrap(), &goods, &code(0), 300.0 / 25.4).unwrap()
}

fn codes() -> impl FnMut() -> CodeText {
    let mut at = 0;
    move || {
        at += 1;
        code(at)
    }
}

/// The label of each code, what stays drawn once.
#[divan::bench]
fn picture_from_a_kept_raster(bencher: Bencher<'_, '_>) {
    let mut kept = Raster::new(placed());
    let bencher = bencher.counter(ItemsCount::new(1_u32)).with_inputs(codes());
    bencher.bench_local_values(|code| kept.of(&code).unwrap());
}

/// The same and packed as PNG.
#[divan::bench]
fn png_from_a_kept_raster(bencher: Bencher<'_, '_>) {
    let mut kept = Raster::new(placed());
    let bencher = bencher.counter(ItemsCount::new(1_u32)).with_inputs(codes());
    bencher.bench_local_values(|code| kept.png_of(&code).unwrap());
}

/// Everything drawn anew for each code.
#[divan::bench]
fn picture_drawn_anew(bencher: Bencher<'_, '_>) {
    let placed = placed();
    let bencher = bencher.counter(ItemsCount::new(1_u32)).with_inputs(codes());
    bencher.bench_local_values(|code| raster(&placed, &code).unwrap());
}

/// The modules of the symbol alone.
#[divan::bench]
fn symbol_alone(bencher: Bencher<'_, '_>) {
    let bencher = bencher.counter(ItemsCount::new(1_u32)).with_inputs(codes());
    let separator = Separator::Fnc1;
    bencher
        .bench_local_values(|code| encode_gs1(code.as_str(), Size::Side(44), separator).unwrap());
}

/// The modules of the symbol alone by the writer of `rxing`, asked for GS1.
#[divan::bench]
fn symbol_alone_by_rxing(bencher: Bencher<'_, '_>) {
    let bencher = bencher.counter(ItemsCount::new(1_u32)).with_inputs(codes());
    let hints = EncodeHints { Gs1Format: Some(true), ..EncodeHints::default() };
    let writer = rxing::datamatrix::DataMatrixWriter;
    bencher.bench_local_values(|code| {
        let text = black_box(code.as_str());
        writer.encode_with_hints(text, &BarcodeFormat::DATA_MATRIX, 0, 0, &hints).unwrap()
    });
}
