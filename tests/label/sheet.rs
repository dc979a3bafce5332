//! Labels for paper before readers that are not ours: sheets, tables, artwork.
use crate::label_oracle::codes::{Chance, forms};
use crate::label_oracle::{as_read, output, python};
use image::GrayImage;
use markwright::code::CodeText;
use markwright::label::{
    Design, Goods, Grid, Paper, SheetSettings, design, eps_of, preview_png, stream_csv,
    stream_sheets,
};
use std::path::Path;
use std::process::Command;

/// Cuts labels out of sheets (pixels: left, top, width, height) and prints what is on each.
const CUT_AND_READ: &str = r"
import sys, zxingcpp
from PIL import Image
Image.MAX_IMAGE_PIXELS = None
cuts = [tuple(map(int, cut.split(','))) for cut in sys.argv[1].split()]
for name in sys.argv[2:]:
    sheet = Image.open(name).convert('L')
    for x, y, w, h in cuts:
        found = zxingcpp.read_barcodes(sheet.crop((x, y, x + w, y + h)), formats=zxingcpp.BarcodeFormat.DataMatrix)
        print(' '.join(r.symbology_identifier.encode().hex() + r.bytes.hex() for r in found))
";

/// Prints the column `code` of a table, as Python's own reader takes it apart, in hex.
const READ_TABLE: &str = r"
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True):
    code = row['code'].replace('\\u001d', '\x1d')
    assert code.startswith('01' + row['gtin'] + '21' + row['serial']), row
    print(row['number'], code.encode('ascii').hex())
";

/// Pixels a millimetre when a page is drawn at 254 dpi.
const PIXELS: f32 = 10.0;

fn goods() -> Goods {
    Goods { name: "Кефір «Ранішні», 3,2 %".into(), ..Goods::default() }
}

/// Codes of all forms in turn, over every character that they may have.
fn random_codes(count: usize) -> Vec<CodeText> {
    let mut chance = Chance::new(17);
    forms().into_iter().cycle().take(count).map(|form| CodeText::new(chance.code(form))).collect()
}

fn dairy(count: usize) -> Vec<CodeText> {
    (0..count).map(|n| CodeText::new(format!("010481009301169421{n:08}\u{1d}93#SzU"))).collect()
}

fn all_as_read(codes: &[CodeText]) -> Vec<String> {
    codes.iter().map(|code| as_read(code.as_str())).collect()
}

fn sheets(design: &Design, settings: &SheetSettings, codes: &[CodeText]) -> Vec<u8> {
    let mut pdf = Vec::new();
    let made = stream_sheets(&mut pdf, design, &goods(), settings, codes).unwrap();
    let grid = Grid::new(design, settings).unwrap();
    assert_eq!(made, codes.len().div_ceil(grid.labels()));
    pdf
}

/// The pages of a PDF as files of pictures, in their order.
fn drawn(pdf: &[u8], dir: &Path, dpi: &str) -> Vec<String> {
    let file = dir.join("sheets.pdf");
    std::fs::write(&file, pdf).unwrap();
    let prefix = dir.join("sheet");
    output(Command::new("pdftoppm").args(["-r", dpi, "-gray", "-png"]).arg(&file).arg(prefix));
    pictures(dir)
}

fn pictures(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = names
        .filter(|name| name.extension().is_some_and(|ending| ending == "png"))
        .map(|name| name.to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "some labels")]
fn a_thousand_codes_survive_sheets() {
    let dir = tempfile::tempdir().unwrap();
    let (codes, design) = (random_codes(1_000), design("30x20").unwrap());
    let settings = SheetSettings { gap_mm: 0.0, margin_mm: 5.0, ..SheetSettings::default() };
    let grid = Grid::new(design, &settings).unwrap();
    let cuts = (0..grid.labels()).map(|n| {
        let (column, row) = (n % grid.columns as usize, n / grid.columns as usize);
        let dots = |mm: f32| (mm * 300.0 / 25.4).round().to_string();
        let x = grid.first.0 + column as f32 * grid.step.0;
        let y = grid.first.1 + row as f32 * grid.step.1;
        [x, y, grid.label.0, grid.label.1].map(dots).join(",")
    });
    let cuts = cuts.collect::<Vec<_>>().join(" ");
    let names = drawn(&sheets(design, &settings, &codes), dir.path(), "300");
    let mut arguments = vec![cuts.as_str()];
    arguments.extend(names.iter().map(String::as_str));
    let read = python(CUT_AND_READ, &arguments);
    let read: Vec<&str> = read.lines().collect();
    assert_eq!(read[..1_000], all_as_read(&codes)[..]);
    assert!(read[1_000..].iter().all(|empty| empty.is_empty()), "the last sheet is partly empty");
    assert_eq!(read.len(), names.len() * grid.labels());
}

#[test]
fn a_thousand_codes_survive_artwork() {
    let dir = tempfile::tempdir().unwrap();
    let codes = random_codes(1_000);
    let mut all = String::new();
    for code in &codes {
        let eps = eps_of(design("30x20").unwrap(), &goods(), code).unwrap();
        // As a program does into which it is set: what it leaves behind is taken back.
        all.push_str("save\n");
        all.push_str(&String::from_utf8(eps).unwrap());
        all.push_str("\nrestore showpage\n");
    }
    let file = dir.path().join("all.ps");
    std::fs::write(&file, all).unwrap();
    // 30 x 20 mm, at 300 dpi.
    let mut gs = Command::new("gs");
    gs.args(["-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pnggray", "-r300", "-g354x236"]);
    gs.args(["-dGraphicsAlphaBits=4"]);
    gs.arg(format!("-sOutputFile={}/eps%04d.png", dir.path().display()));
    output(gs.arg(&file));
    let names = pictures(dir.path());
    let mut arguments = vec!["0,0,354,236"];
    arguments.extend(names.iter().map(String::as_str));
    let read = python(CUT_AND_READ, &arguments);
    assert_eq!(read.lines().collect::<Vec<_>>(), all_as_read(&codes));
}

#[test]
fn artwork_says_how_large_it_is_and_needs_no_font() {
    let code = &dairy(1)[0];
    let eps = eps_of(design("58x40").unwrap(), &goods(), code).unwrap();
    let eps = String::from_utf8(eps).unwrap();
    assert!(eps.is_ascii() && eps.starts_with("%!PS-Adobe-3.0 EPSF-3.0\n"));
    // 58 x 40 mm in points, rounded up.
    assert!(eps.contains("%%BoundingBox: 0 0 165 114\n"), "{}", &eps[..200]);
    assert!(eps.contains("%%HiResBoundingBox: 0 0 164.4094 113.3858\n"), "{}", &eps[..200]);
    assert!(eps.ends_with("%%Trailer\n%%EOF\n"));
    assert!(eps.lines().all(|line| line.len() <= 255), "DSC 3.0 allows 255 characters");
    for forbidden in ["showpage", "findfont", "setpagedevice", "copypage"] {
        assert!(!eps.contains(forbidden), "{forbidden}");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("label.eps");
    std::fs::write(&file, &eps).unwrap();
    let mut gs = Command::new("gs");
    gs.args(["-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=bbox"]).arg(&file);
    let said = String::from_utf8(gs.output().unwrap().stderr).unwrap();
    let drawn = said.lines().find_map(|line| line.strip_prefix("%%BoundingBox: ")).unwrap();
    let drawn: Vec<i32> = drawn.split(' ').map(|n| n.parse().unwrap()).collect();
    // The ink lies inside, and fills most of the label.
    assert!(drawn[0] >= 0 && drawn[1] >= 0 && drawn[2] <= 165 && drawn[3] <= 114, "{drawn:?}");
    assert!(drawn[2] - drawn[0] > 100 && drawn[3] - drawn[1] > 80, "{drawn:?}");
}

#[test]
fn a_thousand_codes_survive_a_table() {
    let dir = tempfile::tempdir().unwrap();
    let codes = random_codes(1_000);
    let file = dir.path().join("codes.csv");
    let table = std::fs::File::create(&file).unwrap();
    stream_csv(table, design("30x20").unwrap(), &goods(), &codes).unwrap();
    let read = python(READ_TABLE, &[file.to_str().unwrap()]);
    let wanted = codes.iter().enumerate().map(|(at, code)| {
        let hex = code.as_str().bytes().fold(String::new(), |hex, b| hex + &format!("{b:02x}"));
        format!("{} {hex}", at + 1)
    });
    assert_eq!(read.lines().map(str::to_owned).collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.lines().count() == 1_001 && text.matches("\r\n").count() == 1_001);
}

#[test]
fn a_thousand_codes_survive_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let codes = random_codes(1_000);
    for (at, code) in codes.iter().enumerate() {
        let png = preview_png(design("30x20").unwrap(), &goods(), code, 300.0 / 25.4).unwrap();
        std::fs::write(dir.path().join(format!("label{at:04}.png")), png).unwrap();
    }
    let names = pictures(dir.path());
    let mut arguments = vec!["0,0,354,236"];
    arguments.extend(names.iter().map(String::as_str));
    let read = python(CUT_AND_READ, &arguments);
    assert_eq!(read.lines().collect::<Vec<_>>(), all_as_read(&codes));
}

#[test]
fn crop_marks_are_where_the_cuts_are_and_nowhere_else() {
    let design = design("58x40").unwrap();
    let at_254_dpi = |settings: &SheetSettings| {
        let dir = tempfile::tempdir().unwrap();
        let names = drawn(&sheets(design, settings, &dairy(18)), dir.path(), "254");
        image::open(&names[0]).unwrap().into_luma8()
    };
    let settings = SheetSettings::default();
    let grid = Grid::new(design, &settings).unwrap();
    assert_eq!((grid.columns, grid.rows), (3, 6));
    let marked = at_254_dpi(&settings);
    assert!(marked.width().abs_diff(2_100) <= 1 && marked.height().abs_diff(2_970) <= 1, "A4");
    let (left, top) = grid.first;
    // 3 mm above the grid: on the line of each cut there is ink, beside it there is none.
    for column in [0.0, 1.0, 2.0] {
        let x = left + column * grid.step.0;
        for cut in [x, x + 58.0] {
            assert!(darkest(&marked, cut, top - 3.0) < 200, "no mark above {cut}");
            assert!(darkest(&marked, cut, top + 1.0) > 250, "a mark on the label at {cut}");
        }
        assert!(darkest(&marked, x + 29.0, top - 3.0) > 250, "a mark between cuts at {x}");
    }
    for row in [0.0, 5.0] {
        let y = top + row * grid.step.1;
        for cut in [y, y + 40.0] {
            assert!(darkest(&marked, left - 3.0, cut) < 200, "no mark beside {cut}");
        }
    }
    let bare = at_254_dpi(&SheetSettings { crop_marks: false, ..settings });
    assert!(darkest(&bare, left, top - 3.0) > 250, "a mark where none is wanted");
}

/// The darkest of the pixels around a place in millimetres.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "on the page")]
fn darkest(page: &GrayImage, x: f32, y: f32) -> u8 {
    let (x, y) = ((x * PIXELS) as u32, (y * PIXELS) as u32);
    let around = (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| (x, y)));
    around.map(|(x, y)| page.get_pixel(x, y).0[0]).min().unwrap()
}

#[test]
fn each_sheet_says_at_its_foot_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let settings = SheetSettings {
        paper: Paper::A5,
        landscape: true,
        job: "Заказ 17".into(),
        ..SheetSettings::default()
    };
    let design = design("58x40").unwrap();
    let grid = Grid::new(design, &settings).unwrap();
    assert_eq!((grid.columns, grid.rows), (3, 3));
    let file = dir.path().join("sheets.pdf");
    std::fs::write(&file, sheets(design, &settings, &dairy(20))).unwrap();
    let info = output(Command::new("pdfinfo").arg(&file));
    assert!(
        info.contains("595.276 x 419.528 pts") || info.contains("595.28 x 419.53 pts"),
        "{info}"
    );
    let text = output(Command::new("pdftotext").arg("-layout").arg(&file).arg("-"));
    let pages: Vec<&str> = text.split('\x0c').collect();
    assert!(
        pages[0].contains("Заказ 17") && pages[0].contains("labels 1 to 9 of 20, sheet 1 of 3")
    );
    assert!(pages[2].contains("labels 19 to 20 of 20, sheet 3 of 3"), "{}", pages[2]);
    assert!(pages[2].contains("00000019") && !pages[2].contains("00000017"), "{}", pages[2]);
}
