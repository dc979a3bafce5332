//! Codes taken apart: how many a second on one core, and what of it needs memory of its own.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use markwright::code::{ProductGroup, parse, parse_as, read_array_line, restore};

#[global_allocator]
static MEMORY: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const KINDS: [&str; 5] = ["dairy", "clothing", "footwear", "block", "pack"];
const CODES: u32 = 1_000;

/// Codes of a kind, each with its own serial number.
fn codes(kind: &str) -> Vec<String> {
    let head = "010481009301169421";
    let one = |n: u32| match kind {
        "dairy" => format!("{head}{n:06}\u{1d}93#SzU"),
        "clothing" => format!("{head}5Ab{n:010}\u{1d}91EE11\u{1d}92{}", "aZ/+".repeat(11)),
        "footwear" => format!("{head}5Ab{n:010}\u{1d}91EE11\u{1d}92{}", "aZ/+".repeat(22)),
        "block" => format!("{head}{n:07}\u{1d}8005123456\u{1d}93wxyz"),
        _ => format!("04810093011694{n:07}AB3Awxyz"),
    };
    (0..CODES).map(one).collect()
}

/// The parser: 2,000,000 codes a second are promised.
#[divan::bench(args = KINDS)]
fn parses(bencher: Bencher<'_, '_>, kind: &str) {
    let codes = codes(kind);
    bencher.counter(ItemsCount::new(CODES)).bench(|| {
        for code in &codes {
            divan::black_box(parse(divan::black_box(code)).unwrap());
        }
    });
}

/// The same where the group is known.
#[divan::bench]
fn parses_as_footwear(bencher: Bencher<'_, '_>) {
    let codes = codes("footwear");
    bencher.counter(ItemsCount::new(CODES)).bench(|| {
        for code in &codes {
            divan::black_box(parse_as(divan::black_box(code), ProductGroup::SHOES).unwrap());
        }
    });
}

/// A line of a file: text, serial number and group are kept.
#[divan::bench(args = KINDS)]
fn reads_lines_of_arrays(bencher: Bencher<'_, '_>, kind: &str) {
    let codes = codes(kind);
    bencher.counter(ItemsCount::new(CODES)).bench(|| {
        for (line, code) in codes.iter().enumerate() {
            divan::black_box(read_array_line(line, divan::black_box(code), None));
        }
    });
}

/// A code that lost its separators.
#[divan::bench(args = ["dairy", "footwear"])]
fn restores(bencher: Bencher<'_, '_>, kind: &str) {
    let lost: Vec<_> = codes(kind).iter().map(|code| code.replace('\u{1d}', "")).collect();
    bencher.counter(ItemsCount::new(CODES)).bench(|| {
        for text in &lost {
            divan::black_box(restore(divan::black_box(text)).unwrap());
        }
    });
}
