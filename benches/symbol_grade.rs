//! What a full grade adds to reading: `cargo bench --bench symbol_grade`. Figures:
//! docs/performance.md.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]
#[path = "../tests/grade_kit/mod.rs"]
mod grade_kit;

use datamatrix::SymbolSize;
use divan::Bencher;
use grade_kit::{Chance, Picture, Print};
use markwright::symbol::grade::{Conditions, Edition, grade};
use markwright::symbol::{Hints, Symbol, find};

fn main() {
    divan::main();
}

/// A slightly turned, slightly noisy picture and what was read from it.
fn read(size: SymbolSize, pixels: u8) -> (Picture, Symbol) {
    let mut print = Print::new(size);
    print.module = (f64::from(pixels) + 0.13, f64::from(pixels) + 0.09);
    print.degrees = 1.3;
    let picture = print.noisy(&print.reflectance(), 3.0, &mut Chance::new(5));
    let symbol = find(&picture.grey(), &Hints::default()).unwrap();
    (picture, symbol)
}

#[divan::bench(args = [4, 6, 8])]
fn grade_44_x_44(bencher: Bencher<'_, '_>, pixels: u8) {
    let (picture, symbol) = read(SymbolSize::Square44, pixels);
    bencher.bench_local(|| grade(&picture.grey(), &symbol, &Conditions::default()));
}

#[divan::bench(args = [4, 6, 8])]
fn grade_44_x_44_to_tenths(bencher: Bencher<'_, '_>, pixels: u8) {
    let (picture, symbol) = read(SymbolSize::Square44, pixels);
    let conditions = Conditions { edition: Edition::Y2024, ..Conditions::default() };
    bencher.bench_local(|| grade(&picture.grey(), &symbol, &conditions));
}

#[divan::bench(args = [4, 6, 8])]
fn grade_20_x_20(bencher: Bencher<'_, '_>, pixels: u8) {
    let (picture, symbol) = read(SymbolSize::Square20, pixels);
    bencher.bench_local(|| grade(&picture.grey(), &symbol, &Conditions::default()));
}
