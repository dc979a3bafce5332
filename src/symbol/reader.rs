//! Our own reader: place, lattice, finder, modules, words, text.
use super::cells::Cells;
use super::expected::Expected;
use super::grey::{Grey, Region};
use super::search::{LEVELS, Task, search};
use super::warp::Warp;
use std::time::Duration;

/// What is known before a picture is looked at. Nothing of it is needed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hints {
    /// Only this part of the picture.
    pub region: Option<Region>,
    /// Rows and columns of modules, finder included.
    pub size: Option<(u32, u32)>,
    /// Side of a module in pixels, within a third.
    pub module: Option<f32>,
    /// Places that are looked at, and finders that are looked into, before giving up: the bound of
    /// the work, since a clock is not for this room.
    pub places: usize,
    /// See there.
    pub finders: usize,
}

impl Default for Hints {
    fn default() -> Self {
        Self { region: None, size: None, module: None, places: 16, finders: 36 }
    }
}

/// A symbol that our own reader has read: all that a grader needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// Its text: separators as character 29, no leading FNC1.
    pub text: String,
    /// AIM identifier; `]d2` where FNC1 is the first codeword.
    pub identifier: &'static str,
    /// Rows of modules, finder included.
    pub rows: u32,
    /// Columns of modules, finder included.
    pub cols: u32,
    /// From modules to pixels: (0, 0) is the upper left corner of the symbol as it should be seen,
    /// (`cols`, `rows`) its lower right, the middle of the first module is at (0.5, 0.5). Of a
    /// mirrored symbol: as it is seen, the solid sides at the left and at the bottom.
    pub grid: Warp,
    /// Upper left, upper right, lower right, lower left in pixels of the whole picture; the solid
    /// sides meet at the last.
    pub corners: [(f32, f32); 4],
    /// Mean brightness of the modules and of one module of quiet zone around them.
    pub samples: Cells,
    /// Codewords of data, then of correction, put right.
    pub words: Vec<u8>,
    /// Places of the codewords that had to be put right.
    pub wrong: Vec<usize>,
    /// Unused error correction of the worst block, 0 to 1 (ISO/IEC 15415).
    pub unused: f32,
    /// Seen from behind.
    pub mirrored: bool,
    /// Light modules on dark ground.
    pub inverted: bool,
}

/// Pictures of more pixels are not looked at: cut the part with the symbol out of them.
pub const MOST_PIXELS: usize = 1 << 26;

/// Reads the first symbol that is found.
pub fn find(grey: &Grey<'_>, hints: &Hints) -> Option<Symbol> {
    find_within(grey, hints, None, &|| Duration::MAX)
}

/// Reads the first symbol that is found while there is time `left`, which the caller's clock says.
/// It is asked before every step; the longest step takes about a nanosecond a pixel. Where a code
/// is expected, its size is looked for first; whatever is there is read as what it is.
pub fn find_within(
    grey: &Grey<'_>,
    hints: &Hints,
    expected: Option<&Expected>,
    left: &dyn Fn() -> Duration,
) -> Option<Symbol> {
    let mut found = None;
    let is_wanted = |symbol: &Symbol| expected.is_none_or(|codes| codes.includes(&symbol.text));
    let sized = hints.size.is_some();
    let mut look = |hints: &Hints, levels| {
        // A neighbour does not hide the label that should be there: on until that is found.
        let mut take = |symbol: Symbol| {
            let wanted = is_wanted(&symbol);
            if wanted || found.is_none() {
                found = Some(symbol);
            }
            !wanted
        };
        let task = Task { hints, expected, sized, left, levels, beside: BESIDE };
        let spent = search(grey, &task, &mut take);
        (found.as_ref().map(is_wanted), spent)
    };
    let size = expected.and_then(Expected::size).filter(|_| hints.size.is_none());
    if size.is_some() {
        let (wanted, _) = look(&Hints { size, places: FIRST_PLACES, ..*hints }, 1);
        if wanted == Some(true) {
            return found;
        }
    }
    let (read, spent) = look(hints, LEVELS);
    // So much looks like a symbol that not all of it was looked at: on, as long as there is time.
    if read.is_none() && spent && left() < Duration::MAX {
        look(&Hints { finders: hints.finders.saturating_mul(DEEPER), ..*hints }, LEVELS);
    }
    found
}

/// Reads every symbol that is found, each place once.
pub fn find_all(grey: &Grey<'_>, hints: &Hints) -> Vec<Symbol> {
    let mut found: Vec<Symbol> = Vec::new();
    let left = &|| Duration::MAX;
    let sized = hints.size.is_some();
    let task = Task { hints, expected: None, sized, left, levels: LEVELS, beside: usize::MAX };
    search(grey, &task, &mut |symbol| {
        let again = found.iter().any(|other| covers(&other.corners, symbol.middle()));
        if !again {
            found.push(symbol);
        }
        true
    });
    found
}

impl Symbol {
    fn middle(&self) -> (f32, f32) {
        let sum = self.corners.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
        (sum.0 / 4.0, sum.1 / 4.0)
    }
}

/// Whether a pixel is between these corners.
pub(super) fn covers(corners: &[(f32, f32); 4], (x, y): (f32, f32)) -> bool {
    let side = |at: usize| {
        let ((ax, ay), (bx, by)) = (corners[at], corners[(at + 1) % 4]);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0
    };
    let first = side(0);
    (1..4).all(|at| side(at) == first)
}

/// How many times as many finders are looked into where there is time for it.
const DEEPER: usize = 8;
/// Places at which the size of the expected code is looked for first.
const FIRST_PLACES: usize = 2;
/// Places at which an expected code is still looked for beside another one.
const BESIDE: usize = 8;
