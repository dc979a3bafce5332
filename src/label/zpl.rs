//! A label in ZPL: what stays is stored in the printer once, what changes is sent for each label.
use super::place::{Dots, Item, Placed, place};
use super::{Design, DesignProblem, Goods, graphic};
use crate::code::{CodeText, GS};
use crate::symbol::Separator;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Escape characters of `^BX` in the order of preference. None of them is in GS1 set 82, `^` and
/// `~` are the printer's own; the first that a code does not contain is taken.
const ESCAPES: [char; 8] = ['|', '@', '$', '[', ']', '{', '}', '`'];

/// A label format in the printer, and the way to print a code with it.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelFormat {
    placed: Placed,
    separator: Separator,
    escape: char,
    name: String,
    setup: Vec<u8>,
}

/// What stands in the fields of a format.
#[derive(Clone, Copy)]
enum Fields<'a> {
    /// Numbers, to be filled when the format is recalled.
    Open,
    /// The code itself: nothing is stored.
    Filled { symbol: &'a str, serial: &'a str },
}

impl LabelFormat {
    /// Makes the format for all codes of the sample's trade item and form.
    pub fn new(
        design: &Design,
        goods: &Goods,
        sample: &CodeText,
        dots_per_mm: f32,
        separator: Separator,
    ) -> Result<Self, DesignProblem> {
        let placed = place(design, goods, sample, dots_per_mm)?;
        let escape = escape_for(sample.as_str());
        let body = body(&placed, escape, Fields::Open);
        let hash = Sha256::digest(&body);
        let name = format!("M{:02X}{:02X}", hash[0], hash[1]);
        let setup = format!("^XA^DFR:{name}.ZPL^FS{body}^XZ").into_bytes();
        Ok(Self { placed, separator, escape, name, setup })
    }

    /// The name under which the printer keeps it in its memory (lost with the power). It carries
    /// a hash, so that a format left over from another design is not recalled by mistake. Four
    /// digits are enough, because the format is always stored again before it is used; every
    /// further one would be sent with each label.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Stores the format; prints nothing. Send it after each connection and each power-on.
    pub fn setup_bytes(&self) -> &[u8] {
        &self.setup
    }

    /// Prints one label of this code: one whole format, quantity one.
    pub fn label_bytes(&self, code: &CodeText) -> Result<Vec<u8>, DesignProblem> {
        let serial = self.placed.serial_of(code)?;
        if code.as_str().contains(self.escape) {
            return Ok(self.whole(code, serial));
        }
        let mut zpl = format!("^XA^XFR:{}.ZPL^FS", self.name);
        let symbol = symbol_data(code, self.escape, self.separator);
        // Writing to a string cannot fail.
        let _ = write!(zpl, "^FN1{}^FS", field(&symbol));
        for (at, (before, after)) in changing(&self.placed).into_iter().enumerate() {
            let said = format!("{before}{serial}{after}");
            let _ = write!(zpl, "^FN{}{}^FS", at + 2, field(&said));
        }
        zpl.push_str("^XZ");
        Ok(zpl.into_bytes())
    }

    /// One label of a code as one whole format that needs nothing stored: for a code of another form
    /// than the others of its job, such as a longer serial number.
    pub fn alone(
        design: &Design,
        goods: &Goods,
        code: &CodeText,
        dots_per_mm: f32,
        separator: Separator,
    ) -> Result<Vec<u8>, DesignProblem> {
        let format = Self::new(design, goods, code, dots_per_mm, separator)?;
        let serial = format.placed.serial_of(code)?;
        Ok(format.whole(code, serial))
    }

    /// The label without the stored format, for a code that contains its escape character.
    fn whole(&self, code: &CodeText, serial: &str) -> Vec<u8> {
        let escape = escape_for(code.as_str());
        let symbol = &symbol_data(code, escape, self.separator);
        let body = body(&self.placed, escape, Fields::Filled { symbol, serial });
        format!("^XA{body}^XZ").into_bytes()
    }
}

fn escape_for(code: &str) -> char {
    ESCAPES.into_iter().find(|escape| !code.contains(*escape)).unwrap_or(ESCAPES[0])
}

/// What changes from label to label beside the symbol, each once; its place in the list gives its
/// field number.
fn changing(placed: &Placed) -> Vec<(&str, &str)> {
    let mut fields = Vec::new();
    for item in &placed.items {
        if let Item::Serial { before, after, .. } = item {
            let field = (before.as_str(), after.as_str());
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    fields
}

/// Everything between the frame of a format: UTF-8, sizes, say INVALID rather than print nothing,
/// the elements, quantity one.
fn body(placed: &Placed, escape: char, fields: Fields<'_>) -> String {
    let Placed { width, height, symbol, .. } = placed;
    let mut zpl = format!("^CI28^PW{width}^LL{height}^LH0,0^CVY");
    let (x, y, module, side) = (symbol.x, symbol.y, symbol.module, symbol.side);
    let data = match fields {
        Fields::Open => "^FN1".to_owned(),
        Fields::Filled { symbol, .. } => field(symbol),
    };
    let _ = write!(zpl, "^FO{x},{y}^BXN,{module},200,{side},{side},,{escape}{data}^FS");
    let changing = changing(placed);
    for item in &placed.items {
        match item {
            Item::Words { x, y, line, text } => {
                let _ = write!(zpl, "^FO{x:.0},{y}{}^FS", graphic::words(text, *line));
            }
            Item::Serial { x, y, line, before, after } => {
                let number = 2 + changing
                    .iter()
                    .position(|field| *field == (before.as_str(), after.as_str()))
                    .unwrap_or_default();
                let data = match fields {
                    Fields::Open => format!("^FN{number}"),
                    Fields::Filled { serial, .. } => field(&format!("{before}{serial}{after}")),
                };
                // Font 0 has no room for tails below its height and ours has: three quarters of
                // the line give letters of the same size, a fifth down they stand on one line.
                let (letter, down) = (line * 3 / 4, line / 5);
                let _ = write!(zpl, "^FO{x:.0},{}^A0N,{letter},{letter}{data}^FS", y + down);
            }
            Item::Picture(picture) => {
                let Dots { x, y, .. } = picture.at;
                let _ = write!(zpl, "^FO{x},{y}{}^FS", graphic::picture(picture));
            }
            Item::Bar(Dots { x, y, width, height }) => {
                let thick = width.min(height);
                let _ = write!(zpl, "^FO{x},{y}^GB{width},{height},{thick}^FS");
            }
        }
    }
    zpl + "^PQ1,0,1,N"
}

/// The code as `^BX` wants it: FNC1 first, separators as configured, the escape character doubled
/// where it could not be avoided.
fn symbol_data(code: &CodeText, escape: char, separator: Separator) -> String {
    let separator = match separator {
        Separator::Fnc1 => format!("{escape}1"),
        Separator::Gs => format!("{escape}d029"),
    };
    let mut data = format!("{escape}1");
    for letter in code.as_str().chars() {
        match letter {
            GS => data.push_str(&separator),
            letter if letter == escape => data.extend([escape, escape]),
            letter => data.push(letter),
        }
    }
    data
}

/// Field data that the printer cannot take for a command: where it has characters that begin one,
/// they are written in hex (`^FH`, with an indicator that is written in hex too).
fn field(data: &str) -> String {
    if !data.contains(['^', '~']) {
        return format!("^FD{data}");
    }
    let mut field = "^FH\\^FD".to_owned();
    for letter in data.chars() {
        match letter {
            '^' | '~' | '\\' => {
                let _ = write!(field, "\\{:02X}", u32::from(letter));
            }
            letter => field.push(letter),
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_of_the_printer_comes_out_of_data() {
        assert_eq!(field("a_b|1"), "^FDa_b|1");
        assert_eq!(field("a^XZ~JA\\"), "^FH\\^FDa\\5EXZ\\7EJA\\5C");
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
        assert_eq!(symbol_data(&code, '|', Separator::Gs), "|1a|d029c");
    }
}
