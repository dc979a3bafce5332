//! What the printer remembers: its settings, its stored formats and its stored graphics.
use super::canvas::{Bitmap, Turn};
use super::label::LARGEST_GRAPHIC;
use super::settings::Language;
use super::zpl::{Command, FARTHEST, graphic};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest label that ZPL knows, in dots (`^LL`, ZPL II Programming Guide).
const LONGEST_LABEL: u32 = 32_000;

/// Settings that the set-get-do channel knows and that change nothing here, as they leave the
/// factory (Zebra, applicator interface and `ezpl` commands).
const FACTORY: [(&str, &str); 10] = [
    ("device.applicator.end_print", "off"),
    ("device.applicator.start_print_mode", "pulse"),
    ("device.applicator.data_ready_activation", "print"),
    ("device.applicator.error_on_pause", "enabled"),
    ("device.applicator.feed", "enabled"),
    ("device.applicator.media_out", "high"),
    ("device.applicator.voltage", "24"),
    ("ezpl.reprint_void", "off"),
    ("ezpl.reprint_void_length", "203"),
    ("ezpl.reprint_void_pattern", "1"),
];

/// Settings that formats make and that stay until they are changed or the power goes.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    /// `^PW`, in dots.
    pub(super) width: u32,
    /// `^LL`, in dots.
    pub(super) length: u32,
    /// `^LH`.
    pub(super) home: (i64, i64),
    /// `^LS`: to the left.
    pub(super) shift: i64,
    /// `^LT`: downwards.
    pub(super) top: i64,
    /// `^FW`.
    pub(super) turn: Turn,
    /// First parameter of `^BY`.
    pub(super) bar_width: usize,
    /// Third parameter of `^BY`.
    pub(super) bar_height: usize,
    /// `^CF`: height and width.
    pub(super) font: (usize, usize),
    /// `^CV`.
    pub(super) validate: bool,
    /// `^CI28`.
    pub(super) utf8: bool,
    /// `^MM`.
    pub(super) mode: u8,
}

/// Something stored.
#[derive(Debug, Clone)]
pub(super) enum File {
    /// `^DF`.
    Format(Arc<Vec<Command>>),
    /// `~DG`, `~DY`.
    Graphic(Arc<Bitmap>),
    /// `~DY` with a font: taken, but texts stay in the resident font.
    Font,
    /// `DOWNLOAD`: as it came.
    Raw(Arc<Vec<u8>>),
}

/// The memory.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) setup: Setup,
    /// `^JZ`, `SET REPRINT`: print the label again after an error.
    pub(super) reprint_after_error: bool,
    /// Fifth parameter of `^JJ`, `SET PRINTKEY`: the key that prints the last label again works.
    pub(super) reprint_input: bool,
    /// `ezpl.reprint_void` and `device.applicator.*`, as they were set.
    kept: BTreeMap<String, String>,
    files: BTreeMap<String, File>,
    factory: Setup,
    saved: Option<Setup>,
}

impl Memory {
    /// A printer as it leaves the factory: head and label size in dots.
    pub(super) fn new(width: u32, length: u32) -> Self {
        let factory = Setup {
            width,
            length,
            home: (0, 0),
            shift: 0,
            top: 0,
            turn: Turn::None,
            bar_width: 2,
            bar_height: 10,
            font: (9, 5),
            validate: false,
            utf8: false,
            mode: b'T',
        };
        Self {
            setup: factory.clone(),
            reprint_after_error: true,
            reprint_input: true,
            kept: BTreeMap::new(),
            files: BTreeMap::new(),
            factory,
            saved: None,
        }
    }

    /// Dots of the head.
    pub(super) fn head_width(&self) -> u32 {
        self.factory.width
    }

    /// What a power cycle leaves: files in the flash memory, settings that `^JUS` saved and what
    /// `setvar` set. `^JZ` is Y again; TSPL's `SET` values stay (TSPL2 Programming Manual, `SET`).
    pub(super) fn lose_power(&mut self, language: Language) {
        self.setup = self.saved.clone().unwrap_or_else(|| self.factory.clone());
        if language == Language::Zpl {
            self.reprint_after_error = true;
            self.reprint_input = true;
        }
        self.files.retain(|name, _| !name.starts_with("R:"));
    }

    /// A setting of the set-get-do channel that does nothing but be there.
    pub(super) fn kept(&self, name: &str) -> Option<&str> {
        let factory = FACTORY.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        self.kept.get(name).map(String::as_str).or(factory)
    }

    /// Keeps such a setting. False when the printer has none of this name.
    pub(super) fn keep(&mut self, name: &str, value: &str) -> bool {
        let known = FACTORY.iter().any(|(known, _)| *known == name);
        if known {
            self.kept.insert(name.to_owned(), value.to_owned());
        }
        known
    }

    /// A label that a fault stopped is overprinted (`ezpl.reprint_void`).
    pub(super) fn voids_partial(&self) -> bool {
        self.kept("ezpl.reprint_void").is_some_and(|value| value != "off")
    }

    /// Stores a file as it came (`DOWNLOAD`). The full name has the device before it.
    pub(super) fn store_raw(&mut self, full_name: &str, bytes: Vec<u8>) {
        self.files.insert(full_name.to_owned(), File::Raw(Arc::new(bytes)));
    }

    /// A file as it came.
    pub(super) fn raw(&self, full_name: &str) -> Option<Arc<Vec<u8>>> {
        match self.files.get(full_name) {
            Some(File::Raw(bytes)) => Some(Arc::clone(bytes)),
            Some(File::Format(_) | File::Graphic(_) | File::Font) | None => None,
        }
    }

    /// Takes a file away (`KILL`).
    pub(super) fn remove(&mut self, full_name: &str) {
        self.files.remove(full_name);
    }

    /// The full names of all files.
    pub(super) fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Stores a format (`^DF`).
    pub(super) fn store_format(&mut self, name: &[u8], commands: Vec<Command>) {
        self.files.insert(path(name, "ZPL"), File::Format(Arc::new(commands)));
    }

    /// A stored format (`^XF`).
    pub(super) fn format(&self, name: &[u8]) -> Option<Arc<Vec<Command>>> {
        match self.files.get(&path(name, "ZPL")) {
            Some(File::Format(commands)) => Some(Arc::clone(commands)),
            Some(File::Graphic(_) | File::Font | File::Raw(_)) | None => None,
        }
    }

    /// A stored graphic (`^XG`).
    pub(super) fn graphic(&self, name: &[u8]) -> Option<Arc<Bitmap>> {
        match self.files.get(&path(name, "GRF")) {
            Some(File::Graphic(bitmap)) => Some(Arc::clone(bitmap)),
            Some(File::Format(_) | File::Font | File::Raw(_)) | None => None,
        }
    }

    /// `~DGd:o.x,t,w,data`. False when it is not taken.
    pub(super) fn store_graphic(&mut self, command: &Command) -> bool {
        let (Some(total), Some(row)) = (command.number(1), command.number(2)) else { return false };
        self.keep_graphic(command.arg(0), total, row, command.after(3))
    }

    /// `~DYd:f,b,x,t,w,data`: graphics in hexadecimal or binary, and fonts. False when it is not
    /// taken.
    pub(super) fn store_object(&mut self, command: &Command) -> bool {
        let (name, data) = (command.arg(0), command.after(5));
        match (command.letter(1), command.letter(2)) {
            (Some(b'A' | b'B'), Some(b'T' | b'E')) => {
                self.files.insert(path(name, "TTF"), File::Font);
                true
            }
            (Some(format @ (b'A' | b'B')), Some(b'G')) => {
                let (Some(total), Some(row)) = (command.number(3), command.number(4)) else {
                    return false;
                };
                if format == b'A' || row > LARGEST_GRAPHIC {
                    return self.keep_graphic(name, total, row, data);
                }
                let bitmap = Bitmap::from_rows(data, row);
                self.files.insert(path(name, "GRF"), File::Graphic(Arc::new(bitmap)));
                true
            }
            _ => false,
        }
    }

    fn keep_graphic(&mut self, name: &[u8], total: usize, row: usize, data: &[u8]) -> bool {
        if !(1..=LARGEST_GRAPHIC).contains(&row) || total > LARGEST_GRAPHIC {
            return false;
        }
        let read = graphic::decode(data, total, row);
        read.is_ok_and(|bytes| {
            let bitmap = Bitmap::from_rows(&bytes, row);
            self.files.insert(path(name, "GRF"), File::Graphic(Arc::new(bitmap)));
            true
        })
    }

    /// Takes a command that sets the printer up. False when it is none.
    pub(super) fn set_up(&mut self, c: &Command) -> bool {
        let (setup, widest) = (&mut self.setup, self.factory.width);
        let dots = |place| c.number(place).map(|d: i64| d.clamp(-FARTHEST, FARTHEST));
        match &c.name {
            b"PW" => set(&mut setup.width, c.number(0).map(|w: u32| w.clamp(1, widest))),
            b"LL" => set(&mut setup.length, c.number(0).map(|l: u32| l.clamp(1, LONGEST_LABEL))),
            b"LH" => setup.home = (dots(0).unwrap_or(0), dots(1).unwrap_or(0)),
            b"LS" => set(&mut setup.shift, dots(0)),
            b"LT" => set(&mut setup.top, dots(0)),
            b"FW" => set(&mut setup.turn, c.letter(0).and_then(Turn::from_letter)),
            b"BY" => {
                set(&mut setup.bar_width, c.number(0).map(|w: usize| w.clamp(1, 10)));
                set(&mut setup.bar_height, c.number(2));
            }
            b"CF" => set_font(&mut setup.font, c.number(1), c.number(2)),
            b"CV" => set(&mut setup.validate, c.letter(0).map(|l| l == b'Y')),
            b"CI" => set(&mut setup.utf8, c.number(0).map(|n: u32| n == 28)),
            b"MM" => set(&mut setup.mode, c.letter(0)),
            b"JZ" => set(&mut self.reprint_after_error, c.letter(0).map(|l| l == b'Y')),
            b"JJ" => set(&mut self.reprint_input, c.letter(4).map(|l| l == b'E')),
            b"JU" => self.update(c.letter(0)),
            // Darkness, media, speed, orientation and comments change nothing that is seen here.
            b"MN" | b"MT" | b"MD" | b"PR" | b"XB" | b"PM" | b"PO" | b"LR" | b"CW" | b"FX"
            | b"SX" | b"MF" => {}
            _ => return false,
        }
        true
    }

    fn update(&mut self, letter: Option<u8>) {
        match letter {
            Some(b'S') => self.saved = Some(self.setup.clone()),
            Some(b'F') => self.setup = self.factory.clone(),
            _ => {}
        }
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn set_font(font: &mut (usize, usize), height: Option<usize>, width: Option<usize>) {
    if let Some(height) = height {
        *font = (height, width.unwrap_or(0));
    }
}

/// The full name of a file: device R: and the usual ending where they are left out.
fn path(name: &[u8], ending: &str) -> String {
    let name = String::from_utf8_lossy(name).trim().to_ascii_uppercase();
    let name = if name.contains(':') { name } else { format!("R:{name}") };
    if name.contains('.') { name } else { format!("{name}.{ending}") }
}
