//! ZPL II: a stored picture, a stored format, and rows that recall them with their fields only.
use super::{LabelFormat, Lane, RowSize, Still, graphic};
use crate::code::{CodeText, GS};
use crate::label::DesignProblem;
use crate::label::place::{Item, Picture, Placed};
use crate::symbol::Separator;
use std::fmt::Write;

/// Escape characters of `^BX` in the order of preference. None of them is in GS1 set 82, `^` and
/// `~` are the printer's own, and `]` is the letter that stands for GS behind an escape; the first
/// that a code does not contain is taken.
const ESCAPES: [char; 7] = ['|', '@', '$', '[', '{', '}', '`'];

/// Ends a format: one label, no pause, no copies.
const ONCE: &str = "^PQ1,0,1,N^XZ";

/// Most bytes that `^HV` says back (ZPL II Programming Guide).
const ECHO_BYTES: u32 = 256;

/// What stands in the fields of a label.
#[derive(Clone, Copy)]
enum Fields<'a> {
    /// Numbers, to be filled when the format is recalled.
    Open,
    /// The code itself: nothing is stored.
    Filled { symbol: &'a str, serial: &'a str },
}

/// Where a label stands in its row, and how its fields are numbered and escaped.
#[derive(Clone, Copy)]
struct Spot<'a> {
    x: u32,
    /// Number of the symbol's field; those of the serial number follow.
    number: usize,
    escape: char,
    fields: Fields<'a>,
}

pub(super) fn escape_for(code: &str) -> char {
    ESCAPES.into_iter().find(|escape| !code.contains(*escape)).unwrap_or(ESCAPES[0])
}

/// Stores the picture and the format; prints nothing.
pub(super) fn setup(format: &LabelFormat) -> String {
    let picture = format.still.as_ref().map(|still| graphic::download(still, &format.name));
    picture.unwrap_or_default() + &stored_format(format)
}

/// Bytes of both in the printer's memory.
pub(super) fn memory(format: &LabelFormat) -> usize {
    format.still.as_ref().map_or(0, |still| still.bits.len()) + stored_format(format).len()
}

/// A whole row from the stored format. None where it would not be right: fewer labels, a code of
/// another form, a code that contains the format's escape character.
pub(super) fn recall(format: &LabelFormat, codes: &[CodeText]) -> Option<String> {
    if codes.len() != format.head.across as usize {
        return None;
    }
    let mut zpl = String::with_capacity(256 * codes.len());
    zpl.extend(["^XA^XFR:", &format.name, "^FS"]);
    let changing = changing(&format.placed);
    let mut number = 1;
    for code in codes {
        let serial = format.placed.serial_of(code).ok()?;
        if code.as_str().contains(format.escape) {
            return None;
        }
        let _ = write!(zpl, "^FN{number}");
        field(&symbol_data(code, format.escape, format.head.separator), &mut zpl);
        for after in &changing {
            number += 1;
            let _ = write!(zpl, "^FS^FN{number}");
            field_before(serial, after, &mut zpl);
        }
        zpl.push_str("^FS");
        number += 1;
    }
    zpl.push_str("^XZ");
    Some(zpl)
}

/// A row that recalls no format.
pub(super) fn whole(format: &LabelFormat, lanes: &[Lane<'_>]) -> Result<String, DesignProblem> {
    let mut zpl = String::from("^XA");
    paper(&format.row, &mut zpl);
    let mut number = 1;
    for lane in lanes {
        let serial = lane.placed.serial_of(lane.code)?;
        let escape = escape_for(lane.code.as_str());
        let symbol = &symbol_data(lane.code, escape, format.head.separator);
        let fields = Fields::Filled { symbol, serial };
        let spot = Spot { x: lane.x, number, escape, fields };
        draw(format, &lane.placed, &lane.still, spot, &mut zpl);
        number += 1 + changing(&lane.placed).len();
    }
    Ok(zpl + ONCE)
}

/// A row that is one picture.
pub(super) fn picture_only(row: &RowSize, picture: &Picture) -> String {
    let mut zpl = String::from("^XA");
    paper(row, &mut zpl);
    graphic::fields(picture, 0, &mut zpl);
    zpl + ONCE
}

fn stored_format(format: &LabelFormat) -> String {
    let mut zpl = format!("^XA^DFR:{}^FS", format.name);
    paper(&format.row, &mut zpl);
    let still = format.still.as_ref().map_or(Still::Nothing, Still::Stored);
    let fields_a_label = 1 + changing(&format.placed).len();
    for (lane, x) in format.lefts().enumerate() {
        let number = 1 + lane * fields_a_label;
        let spot = Spot { x, number, escape: format.escape, fields: Fields::Open };
        draw(format, &format.placed, &still, spot, &mut zpl);
    }
    zpl + ONCE
}

/// UTF-8, sizes, and say INVALID rather than print nothing.
fn paper(row: &RowSize, zpl: &mut String) {
    // Writing to a string cannot fail, here and below.
    let _ = write!(zpl, "^CI28^PW{}^LL{}^LH0,0^CVY", row.width, row.height);
}

/// What changes from label to label beside the symbol, each once; its place in the list gives its
/// field number.
fn changing(placed: &Placed) -> Vec<&str> {
    let mut fields = Vec::new();
    for item in &placed.items {
        if let Item::Serial { after, .. } = item
            && !fields.contains(&after.as_str())
        {
            fields.push(after.as_str());
        }
    }
    fields
}

/// One label of a row: what stays, the symbol, what changes.
fn draw(
    format: &LabelFormat,
    placed: &Placed,
    still: &Still<'_>,
    spot: Spot<'_>,
    zpl: &mut String,
) {
    match still {
        Still::Nothing => {}
        Still::InLine(picture) => graphic::fields(picture, spot.x, zpl),
        Still::Stored(picture) => {
            for (name, band) in graphic::bands(picture, &format.name) {
                let (x, y) = (spot.x + band.at.x, band.at.y);
                let _ = write!(zpl, "^FO{x},{y}^XGR:{name}.GRF,1,1^FS");
            }
        }
    }
    symbol(placed, spot, format.head.echo, zpl);
    let changing = changing(placed);
    for item in &placed.items {
        if let Item::Serial { x, y, line, after } = item {
            // Font 0 has no room for tails below its height and ours has: three quarters of the
            // line give letters of the same size, a fifth down they stand on one line.
            let (letter, down) = (line * 3 / 4, line / 5);
            let left = x + whole_dots(spot.x);
            let _ = write!(zpl, "^FO{left:.0},{}^A0N,{letter},{letter}", y + down);
            match spot.fields {
                Fields::Filled { serial, .. } => field_before(serial, after, zpl),
                Fields::Open => {
                    let at = changing.iter().position(|other| other == after);
                    let _ = write!(zpl, "^FN{}", spot.number + 1 + at.unwrap_or_default());
                }
            }
            zpl.push_str("^FS");
        }
    }
}

fn symbol(placed: &Placed, spot: Spot<'_>, echo: bool, zpl: &mut String) {
    let (x, y) = (spot.x + placed.symbol.x, placed.symbol.y);
    let (module, side, escape) = (placed.symbol.module, placed.symbol.side, spot.escape);
    let _ = write!(zpl, "^FO{x},{y}^BXN,{module},200,{side},{side},,{escape}");
    let number = spot.number;
    if echo || matches!(spot.fields, Fields::Open) {
        let _ = write!(zpl, "^FN{number}");
    }
    if let Fields::Filled { symbol, .. } = spot.fields {
        field(symbol, zpl);
    }
    zpl.push_str("^FS");
    if echo {
        let _ = write!(zpl, "^FH_^HV{number},{ECHO_BYTES},MW:,_0D_0A,L^FS");
    }
}

#[expect(clippy::cast_precision_loss, reason = "a row has some thousand dots")]
fn whole_dots(x: u32) -> f32 {
    x as f32
}

/// The code as `^BX` wants it: FNC1 first, separators as configured, the escape character doubled
/// where it could not be avoided.
fn symbol_data(code: &CodeText, escape: char, separator: Separator) -> String {
    let separator = match separator {
        Separator::Fnc1 => '1',
        // Control characters are shifted by 64, and GS is 29.
        Separator::Gs => ']',
    };
    let mut data = String::with_capacity(code.as_str().len() + 16);
    data.extend([escape, '1']);
    for letter in code.as_str().chars() {
        match letter {
            GS => data.extend([escape, separator]),
            letter if letter == escape => data.extend([escape, escape]),
            letter => data.push(letter),
        }
    }
    data
}

fn field_before(serial: &str, after: &str, zpl: &mut String) {
    if after.is_empty() {
        field(serial, zpl);
    } else {
        field(&[serial, after].concat(), zpl);
    }
}

/// Field data that the printer cannot take for a command: where it has characters that begin one,
/// they are written in hex (`^FH`, with an indicator that is written in hex too).
fn field(data: &str, zpl: &mut String) {
    if !data.contains(['^', '~']) {
        zpl.extend(["^FD", data]);
        return;
    }
    zpl.push_str("^FH\\^FD");
    for letter in data.chars() {
        match letter {
            '^' | '~' | '\\' => {
                let _ = write!(zpl, "\\{:02X}", u32::from(letter));
            }
            letter => zpl.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fielded(data: &str) -> String {
        let mut zpl = String::new();
        field(data, &mut zpl);
        zpl
    }

    #[test]
    fn no_command_of_the_printer_comes_out_of_data() {
        assert_eq!(fielded("a_b|1"), "^FDa_b|1");
        assert_eq!(fielded("a^XZ~JA\\"), "^FH\\^FDa\\5EXZ\\7EJA\\5C");
    }

    #[test]
    fn the_escape_is_one_that_the_code_does_not_contain() {
        assert_eq!(escape_for("abc"), '|');
        assert_eq!(escape_for("a|b@c"), '$');
        let all: String = ESCAPES.iter().collect();
        assert_eq!(escape_for(&all), '|');
        let data = symbol_data(&CodeText::new("a|b\u{1d}c"), '|', Separator::Fnc1);
        assert_eq!(data, "|1a||b|1c");
    }

    #[test]
    fn the_separator_is_as_configured() {
        let code = CodeText::new("a\u{1d}c");
        assert_eq!(symbol_data(&code, '|', Separator::Gs), "|1a|]c");
    }
}
