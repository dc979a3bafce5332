//! Labels that the world makes for itself where no fake printer is joined: for the fakes that run alone, and for tests.
use super::PrintedLabel;
use super::dice::Dice;
use datamatrix::{DataMatrix, SymbolList};
use image::{GrayImage, Luma};

/// Dots a millimetre of a common desk and line print head (203 dpi).
pub const DOTS_PER_MM: f32 = 8.0;
/// A label of 58 × 40 mm in dots.
const LABEL_DOTS: (u32, u32) = (464, 320);
/// Half a millimetre: a usual module of a marking code.
const DOTS_PER_MODULE: u32 = 4;
/// Where the symbol's corner lies on the label, in dots.
const SYMBOL_AT: (u32, u32) = (60, 60);

/// A blank label, as a feed without a format gives.
pub fn blank_label(number: u64) -> PrintedLabel {
    let raster = GrayImage::from_pixel(LABEL_DOTS.0, LABEL_DOTS.1, Luma([255]));
    PrintedLabel { number, raster, dots_per_mm: DOTS_PER_MM, codes: Vec::new(), partial: false }
}

/// A label with this code as GS1 `DataMatrix` and a few bars where text would stand. A text that
/// no symbol can hold gives a blank label.
pub fn draw_label(number: u64, code: &str) -> PrintedLabel {
    let mut label = blank_label(number);
    let squares = SymbolList::default().enforce_square();
    let Ok(symbol) = DataMatrix::encode_gs1(code.as_bytes(), squares) else { return label };
    for (x, y) in symbol.bitmap().pixels() {
        let at =
            |place: usize, corner| corner + u32::try_from(place).unwrap_or(0) * DOTS_PER_MODULE;
        let corner = (at(x, SYMBOL_AT.0), at(y, SYMBOL_AT.1));
        blacken(&mut label.raster, corner, (DOTS_PER_MODULE, DOTS_PER_MODULE));
    }
    draw_text_bars(&mut label.raster);
    label.codes.push(code.to_owned());
    label
}

/// A code of the dairy form (`01` + 14, `21` + 8, GS, `93` + 4; the Belarusian operator's page on
/// dairy marking) with a random serial number and check part.
pub fn random_dairy_code(dice: &mut Dice) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut some = |count: usize| -> String {
        (0..count).map(|_| char::from(SIGNS[dice.below(SIGNS.len())])).collect()
    };
    let (serial, check) = (some(8), some(4));
    format!("010481009301169421{serial}\u{1d}93{check}")
}

fn draw_text_bars(raster: &mut GrayImage) {
    for line in 0..4 {
        for word in 0..6 {
            blacken(raster, (220 + word * 36, 70 + line * 30), (24, 12));
        }
    }
}

fn blacken(raster: &mut GrayImage, (x, y): (u32, u32), (width, height): (u32, u32)) {
    for y in y..(y + height).min(raster.height()) {
        for x in x..(x + width).min(raster.width()) {
            raster.put_pixel(x, y, Luma([0]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_label_carries_the_code_that_it_says() {
        let code = random_dairy_code(&mut Dice::new(1));
        assert_eq!(code.len(), 16 + 2 + 8 + 1 + 2 + 4);
        assert_eq!(draw_label(1, &code).codes, [code]);
    }

    #[test]
    fn a_text_that_no_symbol_holds_gives_a_blank_label() {
        let label = draw_label(1, &"x".repeat(4_000));
        assert!(label.codes.is_empty() && label.raster.pixels().all(|p| p.0 == [255]));
    }
}
