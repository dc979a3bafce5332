//! How many symbols are read, and how fast: our own reader without knowledge, in a region, with
//! size and pitch known, and rxing, over the same pictures in one run.
//!
//! `cargo bench --bench symbol_read [-- pictures a cell] [--write FOLDER]`
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measurement"
)]
#[path = "../tests/symbol_kit/mod.rs"]
mod symbol_kit;

use markwright::symbol::{Grey, Hints, Region, Symbol, find};
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::{BinaryBitmap, DecodeHints, ImmutableReader, Luma8Source};
use std::path::Path;
use std::time::Instant;
use symbol_kit::{Fault, MORE, Scene, TEN, scene};

/// Pixels around the symbol in a region.
const AROUND: f32 = 16.0;
/// Each picture is read so often; the fastest counts, because other programs run, too.
const TURNS: usize = 3;
const FRAMES: [(usize, usize); 2] = [(640, 480), (1280, 1024)];

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Alone,
    Region,
    Known,
    Rxing,
}

const WAYS: [(Way, &str); 4] = [
    (Way::Alone, "own, nothing known"),
    (Way::Region, "own, region"),
    (Way::Known, "own, region, size, pitch"),
    (Way::Rxing, "rxing, try harder"),
];

/// What came of one way over all pictures.
#[derive(Default)]
struct Sum {
    read: Vec<(Fault, bool)>,
    wrong: usize,
    ms: [Vec<f64>; 2],
    off: Vec<f32>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let each = arguments.iter().find_map(|word| word.parse().ok()).unwrap_or(6);
    let folder = arguments.iter().position(|word| word == "--write").map(|at| &arguments[at + 1]);
    let mut sums: Vec<Sum> = WAYS.iter().map(|_| Sum::default()).collect();
    let mut truth = String::new();
    for fault in TEN.into_iter().chain(MORE) {
        for length in [31, 85, 129] {
            for (frame, size) in FRAMES.into_iter().enumerate() {
                for seed in 0..each {
                    let scene = scene(fault, length, size, seed);
                    let name = format!("{fault:?}_{length}_{}_{seed:02}.png", size.0);
                    if let Some(folder) = folder {
                        truth += &write(Path::new(folder), &name, &scene);
                    }
                    for (sum, (way, _)) in sums.iter_mut().zip(WAYS) {
                        measure(sum, way, fault, &scene, frame, &name);
                    }
                }
            }
        }
    }
    if let Some(folder) = folder {
        std::fs::write(Path::new(folder).join("truth.tsv"), truth).unwrap();
    }
    table(&sums);
    empty();
}

fn measure(sum: &mut Sum, way: Way, fault: Fault, scene: &Scene, frame: usize, name: &str) {
    let mut best = f64::MAX;
    let mut found = Seen::Nothing;
    for _ in 0..if way == Way::Rxing { 1 } else { TURNS } {
        let begun = Instant::now();
        found = look(way, scene);
        best = best.min(begun.elapsed().as_secs_f64() * 1000.0);
    }
    sum.ms[frame].push(best);
    let text = match &found {
        Seen::Own(symbol) => Some(symbol.text.as_str()),
        Seen::Other(text) => Some(text.as_str()),
        Seen::Nothing => None,
    };
    sum.read.push((fault, text == Some(&scene.text)));
    if text.is_some_and(|text| text != scene.text) {
        sum.wrong += 1;
        println!("WRONG {name}: {text:?}");
    }
    if let Seen::Own(symbol) = &found {
        let pairs = symbol.corners.iter().zip(&scene.corners);
        // In a mirrored or turned picture the corners come in the symbol's order.
        let off = pairs.map(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1)).fold(0.0, f32::max);
        sum.off.push(off);
    }
    if std::env::var_os("MISSES").is_some() && way == Way::Alone && text.is_none() {
        println!("not read: {name}, {} x {}, {} px", scene.rows, scene.cols, scene.module);
    }
}

enum Seen {
    Own(Box<Symbol>),
    Other(String),
    Nothing,
}

fn look(way: Way, scene: &Scene) -> Seen {
    let (width, height) = (scene.width as u32, scene.height as u32);
    let mut hints = Hints::default();
    if matches!(way, Way::Region | Way::Known) {
        hints.region = Some(around(scene));
    }
    if way == Way::Known {
        hints.size = Some((scene.rows as u32, scene.cols as u32));
        hints.module = Some(scene.module);
    }
    if way != Way::Rxing {
        let grey = Grey::new(&scene.luma, width, height).unwrap();
        return find(&grey, &hints).map_or(Seen::Nothing, |symbol| Seen::Own(Box::new(symbol)));
    }
    let source = Luma8Source::new_with_slice(&scene.luma, width, height).unwrap();
    let mut picture = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let result = DataMatrixReader.immutable_decode_with_hints(&mut picture, &hints);
    result.map_or(Seen::Nothing, |result| Seen::Other(result.getText().to_owned()))
}

fn around(scene: &Scene) -> Region {
    let ends = |of: fn(&(f32, f32)) -> f32, end: usize| {
        let low = scene.corners.iter().map(of).fold(f32::MAX, f32::min) - AROUND;
        let high = scene.corners.iter().map(of).fold(f32::MIN, f32::max) + AROUND;
        let low = low.max(0.0) as u32;
        (low, (high.ceil() as u32).min(end as u32) - low)
    };
    let ((x, width), (y, height)) = (ends(|c| c.0, scene.width), ends(|c| c.1, scene.height));
    Region { x, y, width, height }
}

fn table(sums: &[Sum]) {
    println!("\n| % read | {} |", WAYS.map(|(_, name)| name).join(" | "));
    println!("|---|{}", "---|".repeat(WAYS.len()));
    for fault in TEN.into_iter().chain(MORE) {
        let cells = sums.iter().map(|sum| rate(sum, &|f| f == fault));
        println!("| {fault:?} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    let rows: [(&str, &dyn Fn(Fault) -> bool); 2] =
        [("the ten", &|f| TEN.contains(&f)), ("all", &|_| true)];
    for (name, which) in rows {
        let cells = sums.iter().map(|sum| rate(sum, which));
        println!("| **{name}** | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    let wrong: Vec<String> = sums.iter().map(|sum| sum.wrong.to_string()).collect();
    println!("| wrong content | {} |", wrong.join(" | "));
    for (frame, size) in FRAMES.iter().enumerate() {
        let cells: Vec<String> = sums.iter().map(|sum| times(&sum.ms[frame])).collect();
        println!(
            "| ms at {} x {}, median / p95 / p99 / max | {} |",
            size.0,
            size.1,
            cells.join(" | ")
        );
    }
    let off: Vec<String> = sums.iter().map(|sum| offs(&sum.off)).collect();
    println!("| worst corner off by px, median / p95 / max | {} |", off.join(" | "));
}

fn rate(sum: &Sum, which: &dyn Fn(Fault) -> bool) -> String {
    let of: Vec<bool> = sum.read.iter().filter(|(f, _)| which(*f)).map(|(_, read)| *read).collect();
    let read = of.iter().filter(|read| **read).count();
    format!("{:.1} ({read}/{})", 100.0 * read as f64 / of.len() as f64, of.len())
}

fn times(ms: &[f64]) -> String {
    let mut sorted = ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part) as usize];
    format!("{:.2} / {:.2} / {:.2} / {:.2}", at(0.5), at(0.95), at(0.99), at(1.0))
}

fn offs(off: &[f32]) -> String {
    let mut sorted = off.to_vec();
    sorted.sort_by(f32::total_cmp);
    let Some(most) = sorted.last() else { return "–".to_owned() };
    let at = |part: f32| sorted[((sorted.len() - 1) as f32 * part) as usize];
    format!("{:.2} / {:.2} / {most:.2}", at(0.5), at(0.95))
}

/// Pictures without a symbol: a label with words on it.
fn empty() {
    for size in FRAMES {
        let mut ms = Vec::new();
        for seed in 0..8 {
            let mut scene = scene(Fault::Clean, 31, size, seed);
            let Region { x, y, width, height } = around(&scene);
            for row in y as usize..(y + height) as usize {
                scene.luma[row * size.0 + x as usize..][..width as usize].fill(205);
            }
            let mut best = f64::MAX;
            for _ in 0..TURNS {
                let begun = Instant::now();
                assert!(matches!(look(Way::Alone, &scene), Seen::Nothing));
                best = best.min(begun.elapsed().as_secs_f64() * 1000.0);
            }
            ms.push(best);
        }
        println!("no symbol, {} x {}, ms: {}", size.0, size.1, times(&ms));
    }
}

/// Writes the picture for other readers, and returns its line of the table of truth.
fn write(folder: &Path, name: &str, scene: &Scene) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let (width, height) = (scene.width as u32, scene.height as u32);
    let picture = image::GrayImage::from_raw(width, height, scene.luma.clone()).unwrap();
    picture.save(folder.join(name)).unwrap();
    let parts: Vec<&str> = name.split('_').collect();
    let corners = scene.corners.map(|(x, y)| format!("{x:.3}\t{y:.3}")).join("\t");
    let text = scene.text.replace('\u{1d}', "~");
    let (n, px) = (scene.rows, scene.module);
    let [fault, length] = [parts[0], parts[1]];
    format!("{name}\t{length}\t{width}\t{height}\t{fault}\t{px}\t{n}\t{text}\t{corners}\n")
}
