//! Formats: from the commands between `^XA` and `^XZ` to the fields of a label.
use super::super::canvas::{Bitmap, Turn};
use super::super::label::{Echo, Field, LARGEST_GRAPHIC, Label, Shape};
use super::super::matrix::MatrixWish;
use super::super::memory::Memory;
use super::graphic;
use super::stream::Command;
use std::sync::Arc;

/// The last place that a field can have, in dots (`^FO`, ZPL II Programming Guide).
pub(in super::super) const FARTHEST: i64 = 32_000;

/// Longer field data is cut (`^BX`, ZPL II Programming Guide: 3072 bytes).
const LONGEST_DATA: usize = 3_072;

/// A format that is being received.
#[derive(Debug)]
pub(super) struct Builder {
    fields: Vec<Field>,
    open: Option<Field>,
    hex: Option<u8>,
    storing: Option<(Vec<u8>, Vec<Command>)>,
    recalled: bool,
    copies: u32,
    echoes: Vec<Echo>,
    /// Commands that the printer did not understand.
    pub(super) errors: u64,
}

impl Builder {
    /// A format of which only `^XA` was seen.
    pub(super) fn new() -> Self {
        Self {
            fields: Vec::new(),
            open: None,
            hex: None,
            storing: None,
            recalled: false,
            copies: 1,
            echoes: Vec::new(),
            errors: 0,
        }
    }

    /// Takes the next command.
    pub(super) fn take(&mut self, c: &Command, memory: &mut Memory) {
        if let Some((_, kept)) = &mut self.storing {
            kept.push(c.clone());
            return;
        }
        match &c.name {
            b"DF" => self.storing = Some((c.arg(0).to_vec(), Vec::new())),
            b"XF" => self.recall(c.arg(0), memory),
            b"PQ" => self.copies = c.number(0).unwrap_or(1).max(1),
            b"HV" => self.echo(c),
            b"FS" => self.close(),
            _ => {
                if !memory.set_up(c) && !self.take_field(c, memory) {
                    self.errors += 1;
                }
            }
        }
    }

    /// What `^XZ` makes of it: a label, or nothing to print.
    pub(super) fn finish(mut self, memory: &mut Memory) -> Option<Label> {
        if let Some((name, commands)) = self.storing.take() {
            memory.store_format(&name, commands);
            return None;
        }
        self.close();
        if self.fields.is_empty() && !self.recalled {
            return None;
        }
        Some(Label {
            fields: self.fields,
            copies: self.copies,
            validate: memory.setup.validate,
            utf8: memory.setup.utf8,
            echoes: self.echoes,
            ..Label::blank(memory)
        })
    }

    /// A format that is not there prints a blank label, as on printers in the field.
    fn recall(&mut self, name: &[u8], memory: &mut Memory) {
        self.recalled = true;
        match memory.format(name) {
            Some(commands) => {
                for command in commands.iter().filter(|c| &c.name != b"XF") {
                    self.take(command, memory);
                }
            }
            None => self.errors += 1,
        }
    }

    fn echo(&mut self, c: &Command) {
        self.echoes.push(Echo {
            number: c.number(0).unwrap_or(0),
            most: c.number(1).unwrap_or(64),
            header: self.plain(c.arg(2)),
            terminator: self.plain(c.arg(3)),
            each_label: c.letter(4) == Some(b'L'),
        });
    }

    /// Takes a command that belongs to a field. False when it is none.
    fn take_field(&mut self, c: &Command, memory: &Memory) -> bool {
        match &c.name {
            b"FO" => self.place(c, memory, false),
            b"FT" => self.place(c, memory, true),
            b"FN" => self.field(memory).number = c.number(0),
            b"FH" => self.hex = Some(c.args.first().copied().unwrap_or(b'_')),
            b"FD" | b"FV" => {
                let data = self.plain(&c.args);
                self.field(memory).data = Some(data);
            }
            b"BX" => self.field(memory).shape = matrix(c, memory),
            b"BC" | b"BE" | b"B2" | b"BI" => self.field(memory).shape = bars(c, memory),
            b"GB" => self.field(memory).shape = frame(c),
            [b'A', b'0'..=b'9' | b'A'..=b'Z' | b'@'] => self.field(memory).shape = text(c, memory),
            b"GF" => return self.picture(memory, inline_graphic(c), (1, 1)),
            b"XG" => {
                let magnify = (c.number(1).unwrap_or(1), c.number(2).unwrap_or(1));
                return self.picture(memory, memory.graphic(c.arg(0)), magnify);
            }
            _ => return false,
        }
        true
    }

    fn field(&mut self, memory: &Memory) -> &mut Field {
        let (setup, turn) = (&memory.setup, memory.setup.turn);
        let (height, width) = setup.font;
        let at = (setup.home.0 - setup.shift, setup.home.1 + setup.top);
        let shape = Shape::Default { height, width, turn };
        self.open.get_or_insert(Field { at, typeset: false, shape, data: None, number: None })
    }

    fn place(&mut self, c: &Command, memory: &Memory, typeset: bool) {
        let dots = |place| c.number(place).unwrap_or(0_i64).clamp(0, FARTHEST);
        let (x, y) = (dots(0), dots(1));
        let field = self.field(memory);
        field.at = (field.at.0 + x, field.at.1 + y);
        field.typeset = typeset;
    }

    fn picture(
        &mut self,
        memory: &Memory,
        bitmap: Option<Arc<Bitmap>>,
        magnify: (usize, usize),
    ) -> bool {
        let Some(bitmap) = bitmap else { return false };
        let magnify = (magnify.0.clamp(1, 10), magnify.1.clamp(1, 10));
        if bitmap.width * bitmap.height * magnify.0 * magnify.1 > LARGEST_GRAPHIC * 8 {
            return false;
        }
        self.field(memory).shape = Shape::Picture { bitmap, magnify };
        true
    }

    /// Takes `^FH` out of field data: the indicator and two hexadecimal digits.
    fn plain(&self, data: &[u8]) -> Vec<u8> {
        let data = &data[..data.len().min(LONGEST_DATA)];
        let Some(indicator) = self.hex else { return data.to_vec() };
        let mut plain = Vec::with_capacity(data.len());
        let mut rest = data;
        while let [first, tail @ ..] = rest {
            let digits = tail.get(..2).and_then(|d| std::str::from_utf8(d).ok());
            let byte = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
            let escaped = byte.filter(|_| *first == indicator);
            plain.push(escaped.unwrap_or(*first));
            rest = if escaped.is_some() { &tail[2..] } else { tail };
        }
        plain
    }

    /// `^FS`: the open field is done, or gives its data to the stored fields of its number.
    fn close(&mut self) {
        self.hex = None;
        let Some(field) = self.open.take() else { return };
        let bare = matches!(field.shape, Shape::Default { .. });
        match (field.number, &field.data) {
            (Some(number), Some(data)) if bare => {
                let same = self.fields.iter_mut().filter(|f| f.number == Some(number));
                same.for_each(|f| f.data = Some(data.clone()));
            }
            (None, None) if bare => {}
            _ => self.fields.push(field),
        }
    }
}

fn turn(c: &Command, memory: &Memory) -> Turn {
    c.letter(0).and_then(Turn::from_letter).unwrap_or(memory.setup.turn)
}

fn text(c: &Command, memory: &Memory) -> Shape {
    let (height, width) = memory.setup.font;
    let (height, width) = (c.number(1).unwrap_or(height), c.number(2).unwrap_or(width));
    let (height, width) = (height.min(1_000), width.min(1_000));
    Shape::Text { height, width, turn: turn(c, memory) }
}

/// `^BXo,h,s,c,r,f,g,a`. The escape is `~` where it is not given (measured on a ZD621).
fn matrix(c: &Command, memory: &Memory) -> Shape {
    let wish = MatrixWish {
        module: c.number(1).unwrap_or(0).min(30),
        quality: c.number(2).unwrap_or(0),
        columns: c.number(3).unwrap_or(0),
        rows: c.number(4).unwrap_or(0),
        escape: Some(c.arg(6).first().copied().unwrap_or(b'~')),
        rectangle: c.number(7) == Some(2),
    };
    Shape::Matrix { wish, bar_height: memory.setup.bar_height, turn: turn(c, memory) }
}

/// `^BCo,h,…`, `^BEo,h,…`, `^B2o,h,…`.
fn bars(c: &Command, memory: &Memory) -> Shape {
    let height: usize = c.number(1).unwrap_or(memory.setup.bar_height);
    let narrow = memory.setup.bar_width;
    Shape::Bars { height: height.min(2_000), narrow, turn: turn(c, memory) }
}

/// `^GBw,h,t,c`.
fn frame(c: &Command) -> Shape {
    let thick: i64 = c.number(2).unwrap_or(1).clamp(1, 32_000);
    let side = |place| c.number(place).unwrap_or(thick).clamp(thick, 32_000);
    let grey = if c.letter(3) == Some(b'W') { 255 } else { 0 };
    Shape::Frame { width: side(0), height: side(1), thick, grey }
}

/// `^GFa,b,c,d,data`; the vendor's own compression (C) is not known here.
fn inline_graphic(c: &Command) -> Option<Arc<Bitmap>> {
    let (total, row): (usize, usize) = (c.number(2)?, c.number(3)?);
    if !(1..=LARGEST_GRAPHIC).contains(&row) || total > LARGEST_GRAPHIC {
        return None;
    }
    let bytes = match c.letter(0)? {
        b'A' => graphic::decode(c.after(4), total, row).ok()?,
        b'B' => c.after(4).to_vec(),
        _ => return None,
    };
    Some(Arc::new(Bitmap::from_rows(&bytes, row)))
}
