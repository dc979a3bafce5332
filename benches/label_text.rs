//! Labels as text: how many a second, and how many bytes each, beside whole labels as pictures.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use markwright::code::CodeText;
use markwright::label::{Design, Goods, Head, LabelFormat, Language, design, place, raster};
use std::io::Write;

fn main() {
    table();
    divan::main();
}

/// Groups and their codes: dairy 31, clothing 85, footwear 129 characters.
fn code(group: &str, number: u32) -> CodeText {
    let start = "010481009301169421";
    let text = match group {
        "dairy" => format!("{start}{number:06}\u{1d}93#SzU"),
        "clothing" => {
            format!("{start}5Ab{number:010}\u{1d}91EE11\u{1d}92{}", "aZ/+".repeat(11))
        }
        _ => format!("{start}5Ab{number:010}\u{1d}91EE11\u{1d}92{}", "aZ/+".repeat(22)),
    };
    CodeText::new(text)
}

const GROUPS: [&str; 3] = ["dairy", "clothing", "footwear"];

fn goods() -> Goods {
    Goods {
        name: "Кефир «Утренний», 3,2 %".into(),
        article: "К-17".into(),
        size: "42".into(),
        colour: "чёрный".into(),
        composition: "хлопок 95 %, эластан 5 %".into(),
        ..Goods::default()
    }
}

fn format(group: &str, head: &Head) -> LabelFormat {
    LabelFormat::new(universal(), &goods(), &code(group, 1), head).unwrap()
}

fn universal() -> &'static Design {
    design("58x40").unwrap()
}

/// From code to the bytes that go to the printer, one label a row.
#[divan::bench(args = GROUPS, consts = [true, false])]
fn labels<const ZPL: bool>(bencher: divan::Bencher, group: &str) {
    let language = if ZPL { Language::Zpl } else { Language::Tspl };
    let format = format(group, &Head::new(language, 12.0));
    let codes: Vec<CodeText> = (0..1000).map(|number| code(group, number)).collect();
    bencher.counter(divan::counter::ItemsCount::new(codes.len())).bench(|| {
        codes
            .iter()
            .map(|c| format.row_bytes(std::slice::from_ref(c)).unwrap().len())
            .sum::<usize>()
    });
}

/// Bytes of a label 58 x 40 mm.
fn table() {
    println!(
        "| dots/mm | code | ZPL row | ZPL whole row | TSPL row | setup ZPL, TSPL | memory ZPL, TSPL | ^GFA hex | ^GFA ACS | ^GFA Z64 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for dots_per_mm in [8.0, 12.0] {
        for group in GROUPS {
            let one = std::slice::from_ref(&code(group, 1)).to_vec();
            let [zpl, tspl] = [Language::Zpl, Language::Tspl]
                .map(|language| format(group, &Head::new(language, dots_per_mm)));
            // A short row of two: the picture was stored before, the format not.
            let two = Head { across: 2, pitch_mm: 60.0, ..Head::new(Language::Zpl, dots_per_mm) };
            let bytes = |format: &LabelFormat| format.row_bytes(&one).unwrap().len();
            let (hex, acs, z64) = pictures(&one[0], dots_per_mm);
            println!(
                "| {dots_per_mm} | {group}, {} | {} | {} | {} | {}, {} | {}, {} | {hex} | {acs} | {z64} |",
                one[0].as_str().len(),
                bytes(&zpl),
                bytes(&format(group, &two)),
                bytes(&tspl),
                zpl.setup_bytes().len(),
                tspl.setup_bytes().len(),
                zpl.memory_bytes(),
                tspl.memory_bytes(),
            );
        }
    }
}

/// Bytes of the whole label as a picture: plain, run lengths, zlib with Base64.
fn pictures(code: &CodeText, dots_per_mm: f32) -> (usize, usize, usize) {
    let placed = place(universal(), &goods(), code, dots_per_mm).unwrap();
    let drawn = raster(&placed, code).unwrap();
    let rows: Vec<Vec<u8>> = drawn
        .rows()
        .map(|row| {
            let dots: Vec<bool> = row.map(|dot| dot.0[0] < 153).collect();
            let byte = |eight: &[bool]| {
                (0..8).fold(0, |bits, at| bits << 1 | u8::from(eight.get(at) == Some(&true)))
            };
            dots.chunks(8).map(byte).collect()
        })
        .collect();
    let total: usize = rows.iter().map(Vec::len).sum();
    let frame = format!("^XA^FO0,0^GFA,{total},{total},{},^FS^XZ", rows[0].len()).len();
    let packed = {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&rows.concat()).unwrap();
        BASE64_STANDARD.encode(zlib.finish().unwrap()).len()
    };
    let runs: usize = (0..rows.len())
        .map(|at| if at > 0 && rows[at] == rows[at - 1] { 1 } else { packed_row(&rows[at]) })
        .sum();
    (frame + 2 * total, frame + runs, frame + packed + ":Z64::0000".len())
}

/// Length of a row in run lengths: a letter for 1 to 19, one for twenties up to 400, the digit.
fn packed_row(row: &[u8]) -> usize {
    let digits: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    let mut runs: Vec<(u8, usize)> =
        digits.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
    let rest = matches!(runs.last(), Some((0 | 15, _)));
    if rest {
        runs.pop();
    }
    let letters = |n: usize| usize::from(n > 19) + usize::from(n > 1 && !n.is_multiple_of(20));
    usize::from(rest) + runs.iter().map(|(_, n)| 1 + letters(*n)).sum::<usize>()
}
