//! Symbols of our own encoder, read back by two decoders that share no code with it.
use markwright::symbol::{Modules, Region, SIDES, Separator, Size, encode_gs1, read};
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::{BinaryBitmap, DecodeHints, ImmutableReader, Luma8Source};

const SET_82_AND_HASH: &[u8] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz#";

/// A small generator, so that every failure can be run again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound
    }

    /// Fields of set 82 with separators in between.
    fn code(&mut self, length: usize) -> String {
        let mut text: Vec<u8> =
            (0..length).map(|_| SET_82_AND_HASH[self.below(SET_82_AND_HASH.len())]).collect();
        if length > 20 {
            for at in [18 + self.below(length - 20), 18 + self.below(length - 20)] {
                text[at] = 29;
            }
        }
        String::from_utf8(text).unwrap()
    }
}

/// A picture with `pixels` a module and a quiet zone of four modules.
fn picture(modules: &Modules, pixels: u32) -> (Vec<u8>, u32) {
    let side = (modules.side() + 8) * pixels;
    let grey = |x: u32, y: u32| match ((x / pixels).checked_sub(4), (y / pixels).checked_sub(4)) {
        (Some(x), Some(y)) if modules.get(x, y) => 0,
        _ => 255,
    };
    ((0..side * side).map(|at| grey(at % side, at / side)).collect(), side)
}

/// What the crate `datamatrix` reads, as bytes.
fn by_datamatrix(modules: &Modules) -> Result<Vec<u8>, datamatrix::DecodingError> {
    let side = modules.side();
    let bits: Vec<bool> = (0..side * side).map(|at| modules.get(at % side, at / side)).collect();
    datamatrix::DataMatrix::decode(&bits, side as usize)
}

/// What rxing reads: quickly, or thoroughly where that finds nothing.
fn by_rxing(grey: &[u8], side: u32) -> String {
    let look = |thorough| {
        let source = Luma8Source::new_with_slice(grey, side, side).unwrap();
        let mut picture = BinaryBitmap::new(HybridBinarizer::new(source));
        let hints = DecodeHints { TryHarder: Some(thorough), ..DecodeHints::default() };
        DataMatrixReader.immutable_decode_with_hints(&mut picture, &hints)
    };
    look(false).or_else(|_| look(true)).unwrap().getText().to_owned()
}

/// By rxing, and where asked for by our own reader, which knows the same tables as the encoder.
fn assert_read_back(text: &str, modules: &Modules, also_by_us: bool) {
    let (grey, side) = picture(modules, 4);
    assert_eq!(by_rxing(&grey, side), text);
    if also_by_us {
        let found = read(&grey, side, side, None).unwrap_or_else(|| panic!("not read: {text:?}"));
        assert_eq!((found.text.as_str(), found.identifier.as_str()), (text, "]d2"));
    }
}

#[test]
fn hundreds_of_codes_are_read_back_exactly_by_rxing() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for at in 0..600 {
        let text = chance.code(31 + at % 107);
        let separator = [Separator::Fnc1, Separator::Gs][at % 2];
        let modules = encode_gs1(&text, Size::Smallest, separator).unwrap();
        assert_read_back(&text, &modules, at % 20 == 0);
    }
}

#[test]
fn hundreds_of_codes_are_read_back_exactly_by_datamatrix() {
    let mut chance = Chance(7);
    for at in 0..600 {
        let text = chance.code(31 + at % 107);
        let modules = encode_gs1(&text, Size::Smallest, Separator::Gs).unwrap();
        assert_eq!(by_datamatrix(&modules).unwrap(), text.as_bytes());
    }
}

#[test]
fn every_size_is_read_back_by_both_decoders() {
    let mut chance = Chance(42);
    for side in SIDES {
        let mut held = 0;
        for length in [1, 2, 5, 22, 60, 137, 400, 1000, 1500] {
            let text = chance.code(length);
            let Ok(modules) = encode_gs1(&text, Size::Side(side), Separator::Gs) else { continue };
            held += 1;
            assert_eq!(modules.side(), side);
            assert_read_back(&text, &modules, held == 1 && [10, 32, 64, 144].contains(&side));
            // At 144 the crate deals the correction words in another turn than zint, libdmtx and
            // zxing do; rxing is a port of the last.
            if side != 144 {
                assert_eq!(by_datamatrix(&modules).unwrap(), text.as_bytes(), "{side}");
            }
        }
        assert!(held >= 2, "{side}");
    }
}

#[test]
fn a_symbol_without_fnc1_first_is_not_gs1() {
    let text = "0104810093011694212k6rsrti\u{1d}93#SzU";
    let squares = datamatrix::SymbolList::default().enforce_square();
    let plain = datamatrix::DataMatrix::encode(text.as_bytes(), squares).unwrap().bitmap();
    let (pixels, quiet) = (5, 4);
    let width = (plain.width() + 2 * quiet) * pixels;
    let mut grey = vec![255; width * width];
    for (x, y) in plain.pixels() {
        for at in 0..pixels * pixels {
            let row = (y + quiet) * pixels + at / pixels;
            grey[row * width + (x + quiet) * pixels + at % pixels] = 0;
        }
    }
    let side = u32::try_from(width).unwrap();
    let found = read(&grey, side, side, None).unwrap();
    assert_eq!(found.identifier, "]d1");
    assert_eq!(found.text, text);
}

#[test]
fn a_symbol_is_found_in_its_region_and_not_outside_of_it() {
    let modules = encode_gs1("0104810093011694212k6rsrti", Size::Smallest, Separator::Fnc1);
    let (small, side) = picture(&modules.unwrap(), 5);
    let (width, height, left, top) = (640, 480, 300, 200);
    let mut grey = vec![200; width * height];
    for (row, line) in small.chunks(side as usize).enumerate() {
        let start = (top + row) * width + left;
        grey[start..start + line.len()].copy_from_slice(line);
    }
    let at = |x, y, width, height| Some(Region { x, y, width, height });
    let whole = read(&grey, 640, 480, None).unwrap();
    let found = read(&grey, 640, 480, at(280, 180, 240, 240)).unwrap();
    assert_eq!(found.text, whole.text);
    // Quiet zone of 4 modules with 5 pixels: the first module starts at 320, 220.
    for (x, y) in &found.corners {
        assert!((318.0..430.0).contains(x) && (218.0..330.0).contains(y), "{found:?}");
    }
    assert_eq!(found.corners.len(), 4);
    assert_eq!(read(&grey, 640, 480, at(0, 0, 280, 180)), None);
    assert_eq!(read(&grey, 640, 480, at(600, 0, 41, 10)), None);
    assert_eq!(read(&grey, 640, 481, None), None);
    assert_eq!(read(&[], 0, 0, None), None);
}

#[test]
fn pictures_of_noise_give_no_marking_code() {
    let mut chance = Chance(99);
    for at in 0..120 {
        let (width, height) = (1 + chance.below(160), 1 + chance.below(160));
        let grain = 1 + chance.below(6);
        let blocks: Vec<u8> = (0..width * height).map(|_| [0, 255][chance.below(2)]).collect();
        let grey: Vec<u8> = (0..width * height)
            .map(|p| blocks[p / width / grain * width + p % width / grain])
            .collect();
        let (w, h) = (u32::try_from(width).unwrap(), u32::try_from(height).unwrap());
        if let Some(found) = read(&grey, w, h, None) {
            assert_ne!(found.identifier, "]d2", "picture {at}: {found:?}");
        }
    }
}
