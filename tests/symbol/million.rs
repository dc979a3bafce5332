//! No wrong text, however bad the picture is: very many small pictures, most of them beyond what
//! correction can bear. In full:
//!
//! `PICTURES=1000000 cargo test --release --test symbol million:: -- --ignored --nocapture`
use crate::symbol_kit::{Chance, code, encoded};
use datamatrix::{SymbolList, SymbolSize};
use markwright::symbol::{Expected, Grey, Hints, find, find_within};
use std::time::Duration;

/// What came of the pictures.
#[derive(Debug, Default)]
struct Sum {
    pictures: usize,
    read: usize,
    nothing: usize,
    wrong: Vec<String>,
}

/// Sizes of symbols: the smallest ones are led astray first.
const SIZES: [SymbolSize; 8] = [
    SymbolSize::Square10,
    SymbolSize::Square12,
    SymbolSize::Square14,
    SymbolSize::Square16,
    SymbolSize::Square20,
    SymbolSize::Square22,
    SymbolSize::Rect8x18,
    SymbolSize::Rect8x32,
];

/// Draws modules as they are, with these pixels a module, and spoils the picture.
fn picture(dark: &[bool], cols: usize, chance: &mut Chance) -> (Vec<u8>, usize, usize) {
    let rows = dark.len() / cols;
    let module = chance.within(3.0, 4.6);
    let margin = 2.0 * module;
    let [width, height] =
        [cols, rows].map(|count| (count as f32 * module + 2.0 * margin).ceil() as usize);
    let (dark_ink, light) = (chance.within(10.0, 90.0), chance.within(120.0, 240.0));
    let (angle, noise) = (chance.within(-0.08, 0.08), chance.within(0.0, 45.0));
    let (s, c) = angle.sin_cos();
    let at = |x: f32, y: f32| {
        let (dx, dy) = (x - width as f32 / 2.0, y - height as f32 / 2.0);
        let u = (dx * c + dy * s) / module + cols as f32 / 2.0;
        let v = (dy * c - dx * s) / module + rows as f32 / 2.0;
        let inside = u >= 0.0 && v >= 0.0 && u < cols as f32 && v < rows as f32;
        if inside && dark[v as usize * cols + u as usize] { dark_ink } else { light }
    };
    let mut luma = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (x as f32, y as f32);
            let mean = f32::midpoint(at(x - 0.25, y - 0.25), at(x + 0.25, y + 0.25));
            luma.push((mean + noise * chance.within(-1.0, 1.0)) as u8);
        }
    }
    (luma, width, height)
}

/// One picture: a symbol with flipped modules, or modules by chance inside a whole finder.
fn one(sum: &mut Sum, seed: u64) {
    let mut chance = Chance::new(seed);
    let size = SIZES[chance.below(SIZES.len())];
    let sizes = SymbolList::with_whitelist([size]);
    let made = [31, 20, 8, 4, 2].into_iter().find_map(|length| {
        let text = code(length, &mut chance);
        encoded(&text, sizes.clone()).map(|(dark, cols)| (text, dark, cols))
    });
    let Some((text, mut dark, cols)) = made else { return };
    let rows = dark.len() / cols;
    let kind = chance.below(4);
    // A whole finder around modules by chance: no text is right there.
    let random = kind == 0;
    let share = [1.0, 0.03, 0.08, 0.2][kind];
    for row in 1..rows - 1 {
        for col in 1..cols - 1 {
            let fixed = cols == 32 && (col == 15 || col == 16);
            if !fixed && chance.within(0.0, 1.0) < share {
                dark[row * cols + col] ^= kind != 0 || chance.below(2) == 0;
            }
        }
    }
    let (luma, width, height) = picture(&dark, cols, &mut chance);
    let grey = Grey::new(&luma, width as u32, height as u32).unwrap();
    let found = if seed.is_multiple_of(2) {
        find(&grey, &Hints::default())
    } else {
        let other = Expected::new(&format!("{}7", &text[..text.len() - 1]));
        find_within(&grey, &Hints::default(), Some(&other), &|| Duration::MAX)
    };
    sum.pictures += 1;
    match found {
        None => sum.nothing += 1,
        Some(found) if found.text == text && !random => sum.read += 1,
        Some(found) => sum.wrong.push(format!(
            "seed {seed}: {rows} x {cols}, read {} x {} {:?} instead of {text:?} (chance {random}), {} words corrected",
            found.rows, found.cols, found.text, found.wrong.len()
        )),
    }
}

fn run(count: u64, first: u64) -> Sum {
    let mut sum = Sum::default();
    for seed in first..first + count {
        one(&mut sum, seed);
        if seed % 50_000 == 49_999 {
            println!("{} pictures, {} read, {} wrong", sum.pictures, sum.read, sum.wrong.len());
        }
    }
    sum
}

#[test]
fn no_picture_of_hundreds_says_anything_wrong() {
    let sum = run(300, 1);
    assert!(sum.wrong.is_empty(), "{:#?}", sum.wrong);
    assert!(sum.read > 30 && sum.nothing > 100, "{sum:?}");
}

/// `PICTURES` says how many, `SEED` with which one it begins.
#[test]
#[ignore = "it takes an hour; docs/performance.md says how to run it"]
fn no_picture_of_a_million_says_anything_wrong() {
    let number =
        |name: &str, usual| std::env::var(name).ok().map_or(usual, |word| word.parse().unwrap());
    let sum = run(number("PICTURES", 1_000_000), number("SEED", 1));
    println!("{} pictures, {} read, {} not", sum.pictures, sum.read, sum.nothing);
    assert!(sum.wrong.is_empty(), "{:#?}", sum.wrong);
}
