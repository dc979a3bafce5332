//! What a fake printer is like: its language, its head, its speed, and what will happen to it.
use super::script::Script;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The language that a printer understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Language {
    /// ZPL II, with the set-get-do channel beside it.
    #[default]
    Zpl,
    /// TSPL2.
    Tspl,
}

/// Which printer stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The number that no other printer has (`device.unique_id`).
    pub unique_id: String,
    /// The model that `~HI` and `~!T` name.
    pub model: String,
    /// The firmware (`appl.name`).
    pub firmware: String,
    /// Dots of the head a millimetre.
    pub dots_per_mm: f32,
}

/// How the numbers that a printer tells of itself fit to its labels at every moment (printers may
/// differ). At rest they always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Habit {
    /// The odometer moves when the label is out, and then the label is in the printer no more.
    #[default]
    Exact,
    /// The odometer moves when the label comes under the head.
    CountsEarly,
    /// The odometer moves 40 ms after the label is out.
    CountsLate,
    /// `~HS` counts the label under the head among the formats, too.
    HoldsTwice,
}

/// What a fake printer is like. Stable: tests name what they change and take the rest from
/// [`PrinterSettings::default`].
#[derive(Debug, Clone)]
pub struct PrinterSettings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What it understands there.
    pub language: Language,
    /// Where it answers set-get-do questions in JSON (port 9200 on Link-OS printers); port 0
    /// takes a free one. Only a ZPL printer does.
    pub json_listen: Option<SocketAddr>,
    /// Which printer it is.
    pub identity: Identity,
    /// How fast the web moves. `^PR` and `SPEED` are understood but do not change it: how fast
    /// the bench is belongs to the test.
    pub inches_per_second: f32,
    /// How long a label is formatted. It happens while the label before it is printed, if the
    /// format came in time; otherwise the web stops.
    pub formats_in: Duration,
    /// Dots of the head.
    pub width: u32,
    /// Dots of a label's length while no `^LL` or `SIZE` was sent.
    pub label_length: u32,
    /// Bytes of waiting formats from which on the printer stops reading.
    pub receive_buffer: usize,
    /// The odometer to begin with.
    pub odometer: u64,
    /// No answer to `~HS` while a fault stands, as the manual has it.
    pub silent_in_fault: bool,
    /// The odometer also counts labels that were printed in part (printers differ).
    pub odometer_counts_partial: bool,
    /// How its numbers fit to its labels.
    pub habit: Habit,
    /// What will happen, by the number of the label.
    pub script: Script,
    /// Where every sheet is written down as it comes out, one JSON object a line.
    pub ledger_file: Option<PathBuf>,
    /// How probable it is that something goes wrong by itself.
    pub chances: Chances,
    /// The seed of that.
    pub seed: u64,
}

impl Default for PrinterSettings {
    /// A ZPL printer of 203 dpi and 104 mm, six inches a second, nothing goes wrong by itself.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            language: Language::Zpl,
            json_listen: None,
            identity: Identity {
                unique_id: "FAKE0000001".to_owned(),
                model: "FAKE-203dpi".to_owned(),
                firmware: "V93.21.33Z".to_owned(),
                dots_per_mm: 8.0,
            },
            inches_per_second: 6.0,
            formats_in: Duration::from_millis(20),
            width: 832,
            label_length: 320,
            receive_buffer: 16 * 1024,
            odometer: 0,
            silent_in_fault: true,
            odometer_counts_partial: false,
            habit: Habit::default(),
            script: Script::default(),
            ledger_file: None,
            chances: Chances::default(),
            seed: 1,
        }
    }
}

/// How probable it is that something goes wrong by itself, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chances {
    /// A fault at some point of a label.
    pub fault: f64,
    /// The connection breaks inside a format.
    pub reset_in_format: f64,
    /// An answer is garbage.
    pub garbled_answer: f64,
}
