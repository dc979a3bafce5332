//! The image buffer of a TSPL printer: commands put fields into it, `PRINT` makes a label of it.
use super::super::canvas::{Bitmap, Turn};
use super::super::device::{Device, Reply};
use super::super::label::{Field, Label, Shape};
use super::super::matrix::MatrixWish;
use super::picture;
use super::words::Words;
use std::sync::Arc;

/// Fields beyond this many are dropped: no label has as many.
const MOST_FIELDS: usize = 4_096;
/// The last place that a field can have, in dots.
const FARTHEST: i64 = 32_000;
/// The resident fonts "1" to "8": dots across and along (TSPL2 Programming Manual, `TEXT`).
const FONTS: [(usize, usize); 8] =
    [(8, 12), (12, 20), (16, 24), (24, 32), (32, 48), (14, 19), (21, 27), (14, 25)];

/// What the host hears after a label (`SET RESPONSE`; the wording is from one source only).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Response {
    #[default]
    Never,
    EachLabel,
    EachBatch,
}

/// What the printer keeps between the commands of a host. It outlives the connection.
#[derive(Debug, Default)]
pub(in super::super) struct Desk {
    fields: Vec<Field>,
    reference: (i64, i64),
    response: Response,
    /// The lines of a program are being taken (`DOWNLOAD "X.BAS"` … `EOP`).
    in_program: bool,
}

impl Desk {
    /// What the host hears after a label.
    pub(in super::super) fn response(&self, ends_batch: bool) -> Option<Vec<u8>> {
        let says = match self.response {
            Response::Never => false,
            Response::EachLabel => true,
            Response::EachBatch => ends_batch,
        };
        says.then(|| b"OK\r\n".to_vec())
    }
}

/// Does one command; `bytes` came since the last label. Gives its answer.
pub(super) fn command(
    device: &mut Device,
    words: &Words,
    data: &[u8],
    bytes: usize,
    reply: &Reply,
) -> Option<Vec<u8>> {
    if device.desk.in_program {
        device.desk.in_program = words.name != "EOP";
        return None;
    }
    match words.name.as_str() {
        "CLS" => device.desk.fields.clear(),
        "PRINT" => print(device, words, bytes, reply),
        "OUT" => return words.content().map(|text| [&text[..], b"\r\n"].concat()),
        "DOWNLOAD" => download(device, words, data),
        "KILL" => kill(device, words),
        "FORMFEED" | "HOME" | "SELFTEST" => device.feed(),
        _ => {
            if !set_up(device, words) && !draw(device, words, data) {
                device.errors += 1;
            }
        }
    }
    None
}

/// `PRINT sets,copies`; `PRINT -1` prints the last label again.
fn print(device: &mut Device, words: &Words, bytes: usize, reply: &Reply) {
    let sets: i64 = words.number(0).unwrap_or(1);
    if sets == -1 {
        device.last_again();
        return;
    }
    let copies = sets.saturating_mul(words.number(1).unwrap_or(1));
    let Some(copies) = u32::try_from(copies).ok().filter(|copies| *copies > 0) else { return };
    let utf8 = device.memory.setup.utf8;
    let fields = device.desk.fields.clone();
    let label = Label { fields, copies, utf8, ..Label::blank(&device.memory) };
    device.receive(label, bytes, reply);
}

/// `DOWNLOAD [n,]"NAME",size,data`; without a size the lines of a program follow.
fn download(device: &mut Device, words: &Words, data: &[u8]) {
    let (device_letter, name_at) =
        if words.quoted(0).is_some() { ("R".to_owned(), 0) } else { (words.word(0), 1) };
    let Some(name) = words.quoted(name_at) else {
        device.errors += 1;
        return;
    };
    if data.is_empty() {
        device.desk.in_program = true;
        return;
    }
    let name = format!("{device_letter}:{}", String::from_utf8_lossy(&name));
    device.memory.store_raw(&name, data.to_vec());
}

fn kill(device: &mut Device, words: &Words) {
    let Some(name) = words.content() else { return };
    let (name, on) = (String::from_utf8_lossy(&name).into_owned(), words.word(0));
    let on = if words.len() > 1 { on } else { "R".to_owned() };
    device.memory.remove(&format!("{on}:{name}"));
}

/// Commands that set the printer up. False where it is none.
fn set_up(device: &mut Device, words: &Words) -> bool {
    let dots_per_mm = device.identity.dots_per_mm;
    let head = device.memory.head_width();
    let setup = &mut device.memory.setup;
    match words.name.as_str() {
        "SIZE" => {
            if let Some(width) = dots(words.arg(0), dots_per_mm) {
                setup.width = width.clamp(1, head);
            }
            if let Some(length) = dots(words.arg(1), dots_per_mm) {
                setup.length = length.clamp(1, 32_000);
            }
        }
        "REFERENCE" => {
            let place = |at| words.number(at).unwrap_or(0_i64).clamp(-FARTHEST, FARTHEST);
            device.desk.reference = (place(0), place(1));
        }
        "CODEPAGE" => setup.utf8 = words.word(0) == "UTF-8",
        "SET" => set(device, &words.first_words()),
        // Media, speed, darkness and direction change nothing that is seen here.
        "GAP" | "BLINE" | "SPEED" | "DENSITY" | "DIRECTION" | "OFFSET" | "SHIFT" | "COUNTRY"
        | "LIMITFEED" | "FEED" | "BACKFEED" | "BACKUP" | "SOUND" => {}
        _ => return false,
    }
    true
}

fn set(device: &mut Device, words: &[String]) {
    let [what, value, ..] = words else {
        device.errors += 1;
        return;
    };
    let on = value != "OFF";
    match what.as_str() {
        "REPRINT" => device.memory.reprint_after_error = on,
        "PRINTKEY" => device.memory.reprint_input = on,
        "PEEL" => device.memory.setup.mode = if on { b'P' } else { b'T' },
        "RESPONSE" => {
            device.desk.response = match value.as_str() {
                "ON" => Response::EachLabel,
                "BATCH" => Response::EachBatch,
                _ => Response::Never,
            }
        }
        "CUTTER" | "PARTIAL_CUTTER" | "BACK" | "TEAR" | "HEAD" | "RIBBON" | "COUNTER" | "COM1"
        | "KEY1" | "KEY2" | "KEY3" | "GAP" | "BLINE" => {}
        _ => device.errors += 1,
    }
}

/// A length: millimetres, dots, or inches where nothing else is said.
fn dots(written: &[u8], dots_per_mm: f32) -> Option<u32> {
    let text = String::from_utf8_lossy(written).to_ascii_lowercase();
    let (number, dots_per_unit) = match text.trim() {
        text if text.ends_with("mm") => (text.trim_end_matches("mm"), dots_per_mm),
        text if text.ends_with("dot") => (text.trim_end_matches("dot"), 1.0),
        text => (text, dots_per_mm * 25.4),
    };
    let number: f32 = number.trim().parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped after")]
    (number > 0.0).then_some((number * dots_per_unit).round() as u32)
}

/// Commands that draw. False where it is none, or wrong.
fn draw(device: &mut Device, words: &Words, data: &[u8]) -> bool {
    let drawn = match words.name.as_str() {
        "TEXT" => text(words, device.identity.dots_per_mm),
        "DMATRIX" => matrix(words),
        "BARCODE" => bars(words),
        "BITMAP" => bitmap(words, data),
        "PUTBMP" => stored(device, words, picture::bmp),
        "PUTPCX" => stored(device, words, picture::pcx),
        "BOX" => frame(words),
        "BAR" => block(words, 0),
        "ERASE" => block(words, 255),
        _ => None,
    };
    let (Some(x), Some(y)) = (words.number::<i64>(0), words.number::<i64>(1)) else { return false };
    let Some((shape, content)) = drawn else { return false };
    let (left, top) = device.desk.reference;
    let at = (left + x.clamp(-FARTHEST, FARTHEST), top + y.clamp(-FARTHEST, FARTHEST));
    if device.desk.fields.len() < MOST_FIELDS {
        let field = Field { at, typeset: false, shape, data: Some(content), number: None };
        device.desk.fields.push(field);
    }
    true
}

type Drawn = Option<(Shape, Vec<u8>)>;

fn turn(words: &Words, place: usize) -> Option<Turn> {
    Turn::from_degrees(words.number(place)?)
}

/// `TEXT x,y,"font",rotation,x,y,[alignment,]"content"`: resident fonts are multiplied, others
/// have their size in points.
fn text(words: &Words, dots_per_mm: f32) -> Drawn {
    let font = words.quoted(2)?;
    let times = |place| words.number::<u16>(place).unwrap_or(1).clamp(1, 100);
    let resident = std::str::from_utf8(&font).ok()?.parse::<usize>().ok();
    let resident = resident.and_then(|font| FONTS.get(font.checked_sub(1)?));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 10,000")]
    let points = |place| (f32::from(times(place)) * dots_per_mm * 25.4 / 72.0).round() as usize;
    let (x, y) = (usize::from(times(4)), usize::from(times(5)));
    let (width, height) = match resident {
        // The font draws a cell of three fifths of the width that it is given.
        Some((width, height)) => ((width * x).div_ceil(3) * 5, height * y),
        None => (points(4), points(5)),
    };
    Some((Shape::Text { height, width, turn: turn(words, 3)? }, words.content()?))
}

/// `DMATRIX x,y,width,height,[c#,x#,r#,a#,row,col,]"content"`: the letters may be left out, in
/// this order. Without `c` no character is an escape.
fn matrix(words: &Words) -> Drawn {
    let lettered = |letter: u8| {
        (4..words.len()).map(|place| words.arg(place)).find_map(|arg| {
            let (first, rest) = arg.split_first()?;
            let number = std::str::from_utf8(rest).ok()?.parse::<usize>().ok()?;
            first.eq_ignore_ascii_case(&letter).then_some(number)
        })
    };
    let plain: Vec<usize> = (4..words.len()).filter_map(|place| words.number(place)).collect();
    let (rows, columns) = match plain.as_slice() {
        [rows, columns, ..] => (*rows, *columns),
        _ => (0, 0),
    };
    let turn = Turn::from_degrees(u32::try_from(lettered(b'r').unwrap_or(0)).ok()?)?;
    let expected: usize = words.number(2).unwrap_or(0);
    let wish = MatrixWish {
        module: lettered(b'x').unwrap_or(0).min(30),
        quality: 200,
        columns,
        rows,
        escape: lettered(b'c').and_then(|sign| u8::try_from(sign).ok()),
        rectangle: lettered(b'a') == Some(1),
    };
    let bar_height = expected.min(FARTHEST.unsigned_abs().try_into().ok()?);
    Some((Shape::Matrix { wish, bar_height, turn }, words.content()?))
}

/// `BARCODE x,y,"type",height,human,rotation,narrow,wide,[alignment,]"content"`.
fn bars(words: &Words) -> Drawn {
    let (height, narrow) = (words.number::<usize>(3)?, words.number::<usize>(6)?);
    let shape = Shape::Bars {
        height: height.min(2_000),
        narrow: narrow.clamp(1, 20),
        turn: turn(words, 5)?,
    };
    Some((shape, words.content()?))
}

/// `BITMAP x,y,width,height,mode,data`: width in bytes; a bit of 0 is black.
fn bitmap(words: &Words, data: &[u8]) -> Drawn {
    let per_row: usize = words.number(2)?;
    let black: Vec<u8> = data.iter().map(|byte| !byte).collect();
    let bitmap = Arc::new(Bitmap::from_rows(&black, per_row));
    Some((Shape::Picture { bitmap, magnify: (1, 1) }, Vec::new()))
}

/// `PUTBMP x,y,"NAME"`, `PUTPCX x,y,"NAME"`: from the working memory, else from the flash.
fn stored(device: &Device, words: &Words, read: fn(&[u8]) -> Option<Bitmap>) -> Drawn {
    let name = words.quoted(2)?;
    let name = String::from_utf8_lossy(&name);
    let file = ["R", "F", "E"].iter().find_map(|on| device.memory.raw(&format!("{on}:{name}")))?;
    let bitmap = Arc::new(read(&file)?);
    Some((Shape::Picture { bitmap, magnify: (1, 1) }, Vec::new()))
}

/// `BOX x,y,x_end,y_end,thickness`.
fn frame(words: &Words) -> Drawn {
    let number = |place| words.number::<i64>(place).map(|n| n.clamp(0, FARTHEST));
    let (x, y, right, end) = (number(0)?, number(1)?, number(2)?, number(3)?);
    let thick = number(4)?.max(1);
    let (width, height) = ((right - x).max(thick), (end - y).max(thick));
    Some((Shape::Frame { width, height, thick, grey: 0 }, Vec::new()))
}

/// `BAR x,y,width,height`, `ERASE x,y,width,height`.
fn block(words: &Words, grey: u8) -> Drawn {
    let side = |place| words.number::<i64>(place).map(|n| n.clamp(1, FARTHEST));
    let (width, height) = (side(2)?, side(3)?);
    Some((Shape::Frame { width, height, thick: width.min(height), grey }, Vec::new()))
}
