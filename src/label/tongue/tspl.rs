//! TSPL and TSPL2: every row travels whole; only what is the same on every label is stored.
use super::still;
use super::{LabelFormat, Lane, Still, graphic};
use crate::code::{CodeText, GS};
use crate::label::DesignProblem;
use crate::label::place::{Dots, Item, Picture, Placed};
use crate::symbol::Separator;

/// The fonts of fixed width that every TSPL printer has, from large to small: name, width and
/// height of a letter in dots (TSPL/TSPL2 Programming Manual, TEXT).
const FONTS: [(&str, u32, u32); 5] =
    [("5", 32, 48), ("4", 24, 32), ("3", 16, 24), ("2", 12, 20), ("1", 8, 12)];

/// Width of a letter of such a font, as a part of the line: what is kept free for a letter of a
/// serial number and, because it mostly ends before anything else begins, a tenth more.
const LETTER: f32 = 0.57;

/// Forgets what was drawn before. Every row begins with it.
const CLEAR: &[u8] = b"CLS\r\n";
/// One set, one copy.
const ONCE: &[u8] = b"PRINT 1,1\r\n";

/// Size of the paper, then the picture that all labels have in common; prints nothing.
pub(super) fn setup(format: &LabelFormat) -> Vec<u8> {
    let mut tspl = paper(format).into_bytes();
    if let Some(picture) = &format.still {
        let (name, file) = (&format.name, graphic::bmp(picture));
        tspl.extend(format!("DOWNLOAD \"{name}.BMP\",{},", file.len()).into_bytes());
        tspl.extend(file);
        tspl.extend(b"\r\n");
    }
    tspl
}

/// Bytes of that picture in the printer's memory.
pub(super) fn memory(format: &LabelFormat) -> usize {
    format.still.as_ref().map_or(0, |picture| graphic::bmp_size(picture) as usize)
}

/// Size of the paper, which way is up, where the corner is, which letters.
pub(super) fn paper(format: &LabelFormat) -> String {
    let (row, gap) = (&format.row, hundredths(format.head.gap_mm.max(0.0)));
    let (width, height) = (hundredths(row.width_mm), hundredths(row.height_mm));
    format!(
        "SIZE {width} mm,{height} mm\r\nGAP {gap} mm,0 mm\r\nDIRECTION 1\r\nREFERENCE 0,0\r\n\
         CODEPAGE UTF-8\r\n"
    )
}

/// A row of labels.
pub(super) fn whole(format: &LabelFormat, lanes: &[Lane<'_>]) -> Result<Vec<u8>, DesignProblem> {
    let mut tspl = CLEAR.to_vec();
    for lane in lanes {
        match &lane.still {
            Still::Nothing => {}
            Still::InLine(picture) => graphic::bitmap(picture, lane.x, &mut tspl),
            Still::Stored(picture) => {
                let (x, y, name) = (lane.x + picture.at.x, picture.at.y, &format.name);
                tspl.extend(format!("PUTBMP {x},{y},\"{name}.BMP\"\r\n").into_bytes());
            }
        }
        symbol(&lane.placed, lane, format.head.separator, &mut tspl);
        let serial = lane.placed.serial_of(lane.code)?;
        for item in &lane.placed.items {
            if let Item::Serial { x, y, line, after } = item {
                let said = &[serial, after].concat();
                let changing = Changing { said, x: *x, y: *y, line: *line };
                changing.draw(lane, &mut tspl);
            }
        }
    }
    tspl.extend(ONCE);
    Ok(tspl)
}

/// A row that is one picture.
pub(super) fn picture_only(picture: &Picture) -> Vec<u8> {
    let mut tspl = CLEAR.to_vec();
    graphic::bitmap(picture, 0, &mut tspl);
    tspl.extend(ONCE);
    tspl
}

fn symbol(placed: &Placed, lane: &Lane<'_>, separator: Separator, tspl: &mut Vec<u8>) {
    let symbol = &placed.symbol;
    let (x, y, module, side) = (lane.x + symbol.x, symbol.y, symbol.module, symbol.side);
    let dots = module * side;
    let command = format!("DMATRIX {x},{y},{dots},{dots},c126,x{module},r0,a0,{side},{side},\"");
    tspl.extend(command.into_bytes());
    symbol_data(lane.code, separator, tspl);
    tspl.extend(b"\"\r\n");
}

/// The code with `~` as escape character: FNC1 first, separators as configured. A quote would end
/// the data, a backslash could begin an escape of another kind.
fn symbol_data(code: &CodeText, separator: Separator, tspl: &mut Vec<u8>) {
    tspl.extend(b"~1");
    for byte in code.as_str().bytes() {
        match (char::from(byte), separator) {
            (GS, Separator::Fnc1) => tspl.extend(b"~1"),
            (GS, Separator::Gs) => tspl.extend(b"~d029"),
            ('~', _) => tspl.extend(b"~~"),
            ('"', _) => tspl.extend(b"~d034"),
            ('\\', _) => tspl.extend(b"~d092"),
            _ => tspl.push(byte),
        }
    }
}

/// What changes from label to label.
struct Changing<'a> {
    said: &'a str,
    x: f32,
    y: u32,
    line: u32,
}

impl Changing<'_> {
    fn draw(&self, lane: &Lane<'_>, tspl: &mut Vec<u8>) {
        let plain = self.said.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\');
        if let Some((name, at)) = self.font(lane).filter(|_| plain) {
            return self.text(name, at, lane.x, tspl);
        }
        // Our own letters always fit, and cost some hundred bytes.
        let size = (lane.placed.width, lane.placed.height);
        if let Some(picture) = still::words(self.said, self.x, self.y, self.line, size) {
            graphic::bitmap(&picture, lane.x, tspl);
        }
    }

    fn text(&self, name: &str, at: Dots, lane: u32, tspl: &mut Vec<u8>) {
        let (x, y) = (lane + at.x, at.y);
        tspl.extend(format!("TEXT {x},{y},\"{name}\",0,1,1,\"").into_bytes());
        for byte in self.said.bytes() {
            match byte {
                b'"' => tspl.extend(b"\\[\"]"),
                byte => tspl.push(byte),
            }
        }
        tspl.extend(b"\"\r\n");
    }

    /// The largest font of the printer that keeps to the line, to the label, off the symbol and off
    /// everything else.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a label has some thousand dots"
    )]
    fn font(&self, lane: &Lane<'_>) -> Option<(&'static str, Dots)> {
        let letters = u32::try_from(self.said.len()).ok()?;
        let (x, placed) = (self.x.round() as u32, &lane.placed);
        FONTS.into_iter().find_map(|(name, width, height)| {
            let narrow = width as f32 <= LETTER * self.line as f32;
            let y = self.y + self.line.checked_sub(height)? / 2;
            let at = Dots { x, y, width: width * letters, height };
            let inside = x + at.width <= placed.width;
            let free = !at.meets(placed.symbol.with_quiet_zone());
            (narrow && inside && free && lane.still.is_white(at)).then_some((name, at))
        })
    }
}

/// Millimetres with two digits behind the point, which is less than a dot.
fn hundredths(mm: f32) -> f32 {
    (mm * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(code: &str, separator: Separator) -> String {
        let mut tspl = Vec::new();
        symbol_data(&CodeText::new(code), separator, &mut tspl);
        String::from_utf8(tspl).unwrap()
    }

    #[test]
    fn a_code_neither_ends_its_data_nor_escapes_by_itself() {
        assert_eq!(data("a\"b~1\\[R]\u{1d}c", Separator::Fnc1), "~1a~d034b~~1~d092[R]~1c");
        assert_eq!(data("a\u{1d}c", Separator::Gs), "~1a~d029c");
    }
}
