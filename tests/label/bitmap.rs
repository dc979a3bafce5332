//! Labels as pictures: what is cached is what would be drawn anew, and readers that are not ours
//! read every code and every barcode.
use crate::label_kit::{HEADS, codes, goods, with};
use crate::label_oracle::{as_read, python};
use image::GrayImage;
use markwright::code::CodeText;
use markwright::label::{Raster, design, place, raster};
use markwright::symbol::{Region, read};
use std::path::Path;

/// Prints, for every picture, each barcode as its format, identifier and bytes in hex.
const READ: &str = r"
import sys, pathlib, zxingcpp
from PIL import Image
for name in sorted(pathlib.Path(sys.argv[1]).glob('*.png')):
    found = zxingcpp.read_barcodes(Image.open(name).convert('L'))
    print(' '.join(f'{r.symbology_identifier.encode().hex()}{r.bytes.hex()}' for r in found))
";

const SET_82: &[u8] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// A small generator, so that every failure can be run again.
struct Chance(u64);

impl Chance {
    fn text(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| {
                self.0 ^= self.0 << 13;
                self.0 ^= self.0 >> 7;
                self.0 ^= self.0 << 17;
                char::from(SET_82[usize::try_from(self.0 >> 16).unwrap() % SET_82.len()])
            })
            .collect()
    }

    /// A code of one of the six forms.
    fn code(&mut self, form: usize) -> CodeText {
        let serial = self.text([6, 8, 13, 7, 13, 13][form]);
        let tail = match form {
            0..=3 => format!("93{}", self.text(4)),
            4 => format!("91{}\u{1d}92{}", self.text(4), self.text(44)),
            _ => format!("91{}\u{1d}92{}", self.text(4), self.text(88)),
        };
        CodeText::new(format!("010481009301169421{serial}\u{1d}{tail}"))
    }
}

/// What zxing-cpp reads on the pictures of a folder, in the order of their names.
fn read_by_zxing(dir: &Path) -> Vec<Vec<String>> {
    let said = python(READ, &[dir.to_str().unwrap()]);
    said.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

#[test]
fn a_thousand_random_codes_are_read_back_exactly_from_their_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut wanted = Vec::new();
    for form in 0..6 {
        let sample = chance.code(form);
        let placed = place(design("58x40").unwrap(), &goods(), &sample, 11.811).unwrap();
        let symbol = placed.symbol.with_quiet_zone();
        let region =
            Region { x: symbol.x, y: symbol.y, width: symbol.width, height: symbol.height };
        let mut raster = Raster::new(placed);
        for _ in 0..167 {
            let code = chance.code(form);
            let picture = raster.of(&code).unwrap();
            let found = read(picture.as_raw(), picture.width(), picture.height(), Some(region));
            let found = found.unwrap_or_else(|| panic!("not read: {code:?}"));
            assert_eq!((found.text.as_str(), found.identifier.as_str()), (code.as_str(), "]d2"));
            let name = format!("{:04}.png", wanted.len());
            // The symbol alone, or the reader would look for barcodes of all kinds everywhere.
            let part = image::imageops::crop_imm(
                &picture,
                symbol.x,
                symbol.y,
                symbol.width,
                symbol.height,
            );
            part.to_image().save(dir.path().join(name)).unwrap();
            wanted.push(vec![as_read(code.as_str())]);
        }
    }
    assert_eq!(wanted.len(), 1002);
    assert!(read_by_zxing(dir.path()) == wanted, "zxing-cpp reads something else");
}

#[test]
fn barcodes_and_the_symbol_on_one_label_are_read_by_others() {
    let barcode = |symbology: &str, y: f32, module: &str, data: &str| {
        format!(
            "[[element]]\nkind='barcode'\nsymbology='{symbology}'\nx_mm=0\ny_mm={y}\nheight_mm=6\n\
             module={module}\ndigits_mm=2.4\ndata='{data}'\n"
        )
    };
    let dir = tempfile::tempdir().unwrap();
    for (at, dots) in HEADS.into_iter().enumerate() {
        let elements = barcode("ean13", 12.0, "{mm=0.36}", "{gtin}")
            + &barcode("itf14", 21.0, "{fit_mm=58}", "14810093011691")
            + &barcode("code128", 30.0, "{mm=0.26}", "AB-447123/2 x");
        let code = &codes()[1];
        let placed = place(&with(&elements), &goods(), code, dots).unwrap();
        let picture = raster(&placed, code).unwrap();
        picture.save(dir.path().join(format!("{at}.png"))).unwrap();
    }
    let hex = |text: &str| text.bytes().fold(String::new(), |hex, b| hex + &format!("{b:02x}"));
    let mut wanted = vec![
        as_read(codes()[1].as_str()),
        hex("]E04810093011694"),
        hex("]I114810093011691"),
        hex("]C0AB-447123/2 x"),
    ];
    wanted.sort_unstable();
    for mut found in read_by_zxing(dir.path()) {
        found.sort_unstable();
        assert_eq!(found, wanted);
    }
}

#[test]
fn a_kept_raster_draws_what_a_fresh_one_draws() {
    let mut chance = Chance(7);
    for name in ["58x40", "footwear", "30x20"] {
        let placed = place(design(name).unwrap(), &goods(), &chance.code(5), 11.811).unwrap();
        let mut kept = Raster::new(placed.clone());
        for _ in 0..20 {
            let code = chance.code(5);
            assert!(kept.of(&code).unwrap() == raster(&placed, &code).unwrap(), "{code:?}");
        }
    }
}

#[test]
fn nothing_is_left_of_the_label_before() {
    let placed = place(design("footwear").unwrap(), &goods(), &codes()[5], 8.0).unwrap();
    let mut kept = Raster::new(placed);
    let first = kept.of(&codes()[5]).unwrap();
    let other = CodeText::new(codes()[5].as_str().replace("5AbCdEfGhIjKl", "WWWWWWWWWWWWW"));
    let second = kept.of(&other).unwrap();
    assert!(first != second, "the serial number is drawn");
    assert!(kept.of(&codes()[5]).unwrap() == first);
}

#[test]
fn a_png_has_the_dots_of_its_picture() {
    let placed = place(design("43x25").unwrap(), &goods(), &codes()[1], 8.0).unwrap();
    let mut kept = Raster::new(placed);
    let png = kept.png_of(&codes()[1]).unwrap();
    let read: GrayImage = image::load_from_memory(&png).unwrap().into_luma8();
    assert!(read == kept.of(&codes()[1]).unwrap());
}

#[test]
fn the_pictures_of_a_design_are_drawn_in_its_place() {
    let element =
        "[[element]]\nkind='picture'\nname='conformity'\nx_mm=30\ny_mm=10\nwidth_mm=8\nheight_mm=8";
    let placed = place(&with(element), &goods(), &codes()[1], 8.0).unwrap();
    let picture = raster(&placed, &codes()[1]).unwrap();
    let black = |x: u32, y: u32| picture.get_pixel(x, y).0[0] == 0;
    // The frame of the mark: its corners are black, what is beside it is white.
    assert!(black(240, 80) && black(303, 143) && !black(239, 80) && !black(304, 143));
}
