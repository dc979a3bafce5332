//! Our own reader: place, lattice, finder, modules, words, text.
use super::cells::Cells;
use super::decode::{Decoded, Seen};
use super::expected::Expected;
use super::finder::{self, Frame};
use super::grey::{Grey, Owned, Region};
use super::lattice::{self, Care, Lattice, Start, View, WINDOWS};
use super::locate::{Map, Place};
use super::sharpen;
use super::sizes::Shape;
use super::tone;
use super::warp::{Sight, Warp};
use std::cell::Cell;
use std::ops::Range;
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
    let is_wanted = |symbol: &Symbol| expected.is_none_or(|code| code.text() == symbol.text);
    let mut look = |hints: &Hints, levels| {
        // A neighbour does not hide the label that should be there: on until that is found.
        let mut take = |symbol: Symbol| {
            let wanted = is_wanted(&symbol);
            if wanted || found.is_none() {
                found = Some(symbol);
            }
            !wanted
        };
        let spent = search(grey, &Task { hints, expected, left, levels }, &mut take);
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
    let bounded = left() < Duration::MAX;
    if read.is_none() && spent && bounded {
        look(&Hints { finders: hints.finders.saturating_mul(DEEPER), ..*hints }, LEVELS);
    }
    found
}

/// Reads every symbol that is found, each place once.
pub fn find_all(grey: &Grey<'_>, hints: &Hints) -> Vec<Symbol> {
    let mut found: Vec<Symbol> = Vec::new();
    let task = Task { hints, expected: None, left: &|| Duration::MAX, levels: LEVELS };
    search(grey, &task, &mut |symbol| {
        let again = found.iter().any(|other| other.covers(symbol.middle()));
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

    /// Whether a pixel is inside of it.
    fn covers(&self, (x, y): (f32, f32)) -> bool {
        let side = |at: usize| {
            let ((ax, ay), (bx, by)) = (self.corners[at], self.corners[(at + 1) % 4]);
            (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0
        };
        let first = side(0);
        (1..4).all(|at| side(at) == first)
    }
}

/// Copies of the picture that are looked at, each half as large as the one before.
const LEVELS: usize = 4;
/// How many times as many finders are looked into where there is time for it.
const DEEPER: usize = 8;
/// Places at which the size of the expected code is looked for first.
const FIRST_PLACES: usize = 2;

/// What is to be done.
#[derive(Clone, Copy)]
struct Task<'a> {
    hints: &'a Hints,
    expected: Option<&'a Expected>,
    /// How much time there still is.
    left: &'a dyn Fn() -> Duration,
    levels: usize,
}

impl Task<'_> {
    fn over(&self) -> bool {
        (self.left)().is_zero()
    }
}

/// Tries place after place, in smaller and smaller copies of the picture; `take` says whether to
/// go on. Whether there were more finders in a copy than might be looked into.
fn search(grey: &Grey<'_>, task: &Task<'_>, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
    let part = match task.hints.region {
        Some(region) => grey.part(region),
        None => Some(*grey),
    };
    let Some(part) = part.filter(|part| part.width() * part.height() <= MOST_PIXELS) else {
        return false;
    };
    let mut search =
        Search { part, task, copies: Vec::new(), maps: Vec::new(), deep: DEEP, spent: false };
    // A glance at every copy first: large modules look like many small ones in the finer copies,
    // and it takes long to see that they are not.
    let Hints { places, finders, .. } = *task.hints;
    let mut round = |search: &mut Search<'_>, places: Range<usize>, finders| {
        (0..task.levels).all(|level| search.level(level, places.clone(), finders, take))
    };
    let going_on = round(&mut search, 0..GLANCES, GLANCED.min(finders)) && {
        let from = if search.spent { 0 } else { GLANCES };
        (search.spent, search.deep) = (false, DEEP);
        round(&mut search, from..places, finders)
    };
    if going_on && task.levels == LEVELS {
        search.once_more(take);
    }
    search.spent
}

/// Places of each copy that are glanced at, and finders that are looked into there.
const GLANCES: usize = 2;
const GLANCED: usize = 8;

/// A picture while it is searched.
struct Search<'a> {
    part: Grey<'a>,
    task: &'a Task<'a>,
    /// Copies of half the size, of half of that, …
    copies: Vec<Owned>,
    /// Busy places of the picture and of its copies.
    maps: Vec<Map>,
    /// How many more places may be sharpened.
    deep: usize,
    spent: bool,
}

impl Search<'_> {
    /// Looks at some places of one copy; says whether to go on.
    fn level(
        &mut self,
        level: usize,
        places: Range<usize>,
        finders: usize,
        take: &mut dyn FnMut(Symbol) -> bool,
    ) -> bool {
        if !self.reach(level) || !self.may_be_at(level) {
            return true;
        }
        let finders = Cell::new(finders);
        let here = self.copy(level);
        let look = self.look(&here, level, &finders);
        let (map, mut deep) = (&self.maps[level], self.deep);
        let places = map.places.iter().take(places.end).skip(places.start);
        let mut going_on = true;
        for place in places {
            if self.task.over() || finders.get() == 0 {
                break;
            }
            let view = lattice::view(&here, (place.x, place.y), WINDOWS[0]);
            let found = look.through(&view, USUAL);
            let glimmer = view.starts.first().is_some_and(|start| start.clear > GLIMMER);
            let found = found.or_else(|| {
                if glimmer { look.sharper(map, place, view.blur, &mut deep) } else { None }
            });
            going_on = found.is_none_or(&mut *take);
            if !going_on {
                break;
            }
        }
        self.deep = deep;
        self.spent |= finders.get() == 0;
        going_on && !self.task.over()
    }

    /// The busiest places of the finest copy, in other ways.
    fn once_more(&mut self, take: &mut dyn FnMut(Symbol) -> bool) {
        let finders = Cell::new(self.task.hints.finders);
        let Some(map) = self.maps.first() else { return };
        let look = self.look(&self.part, 0, &finders);
        let again = map.places.iter().take(AGAIN);
        for (place, (window, care)) in again.flat_map(|place| CARES.map(|care| (place, care))) {
            if self.task.over() {
                return;
            }
            let view = lattice::view(&self.part, (place.x, place.y), window);
            if look.through(&view, care).is_some_and(|symbol| !take(symbol)) {
                return;
            }
        }
    }

    /// Makes the copy of this level, if there can be one.
    fn reach(&mut self, level: usize) -> bool {
        while self.maps.len() <= level {
            let next = self.maps.len();
            if next > self.copies.len() {
                let Some(copy) = self.copy(next - 1).halved() else { return false };
                self.copies.push(copy);
            }
            let here = self.copy(next);
            if here.width().min(here.height()) < 16 {
                return false;
            }
            let map = Map::new(&here, (self.task.hints.places >> next).max(1));
            self.maps.push(map);
        }
        true
    }

    fn copy(&self, level: usize) -> Grey<'_> {
        if level == 0 { self.part } else { self.copies[level - 1].grey() }
    }

    /// What the windows can show, and a little more.
    fn may_be_at(&self, level: usize) -> bool {
        let pitches = 1.5 * scale(level)..=14.0 * scale(level);
        self.task.hints.module.is_none_or(|module| pitches.contains(&module))
    }

    fn look<'a>(&'a self, here: &'a Grey<'a>, level: usize, finders: &'a Cell<usize>) -> Look<'a> {
        let part = &self.part;
        Look { task: self.task, part, here, fine: part, level, sharpened: None, finders }
    }
}

/// Places that are looked at once more, in other ways.
const AGAIN: usize = 3;
/// The usual way to follow a lattice, that for sharpened pictures, and the other ways.
const USUAL: Care = Care { patience: 1, few: 6, many: 20 };
const SHARPENED: Care = Care { patience: 1, few: 4, many: 40 };
const CARES: [(usize, Care); 2] =
    [(WINDOWS[0], SHARPENED), (WINDOWS[1], Care { patience: 2, few: 6, many: 40 })];
/// Frames that are tried for each way to look at the cells of a lattice.
const FRAMES: usize = 3;
/// Lattices that are tried at one place.
const LATTICES: usize = 2;
/// How well the finder must fit before modules are measured.
const FITS: f32 = 0.5;
/// Frames that are less sure than this are chance: of the read symbols of the development set none
/// was below 2.1, of the frames in pictures without a symbol nine of ten are.
const LEAST: f32 = 1.8;
/// Behind a blur a lattice beats at least so clearly: all read ones above 0.085, grounds without
/// a symbol below 0.045.
const GLIMMER: f32 = 0.06;
/// A lattice whose beat is fainter is none.
const FAINTEST: f32 = 0.12;

/// Pixels of blur, as sigma, from which on it is worth while to undo it.
const BLURRED: f32 = 1.3;
/// Undoing a little more than there seems to be.
const SHARPER: f32 = 1.0;
/// So few correction words are led astray by chance in one of a million pictures (14 x 14).
const FEW: usize = 11;
/// Pixels that are sharpened at most: about ten milliseconds.
const SHARPENED_MOST: u64 = 400_000;
/// Places of a picture that are sharpened at most.
const DEEP: usize = 3;

/// The picture while one place of it is looked at.
#[derive(Clone, Copy)]
struct Look<'a> {
    task: &'a Task<'a>,
    /// The part of the picture that is asked for.
    part: &'a Grey<'a>,
    /// What is looked at, and what modules are measured in: a copy of the former's double size, so
    /// many times.
    here: &'a Grey<'a>,
    fine: &'a Grey<'a>,
    level: usize,
    /// Where the fine one lies in a copy of the part that was halved so often.
    sharpened: Option<((u32, u32), usize)>,
    /// How many more finders may be looked into.
    finders: &'a Cell<usize>,
}

impl Look<'_> {
    /// Tries the lattices that a view shows.
    fn through(&self, view: &View, care: Care) -> Option<Symbol> {
        let times = scale(self.sharpened.map_or(self.level, |(_, level)| level));
        let fits = |start: &&Start| {
            let pitch = start.pitch() * times;
            let known =
                self.task.hints.module.is_none_or(|module| (pitch / module - 1.0).abs() < 0.34);
            start.clear > FAINTEST && known
        };
        let starts = view.starts.iter().filter(fits);
        let mut starts = starts.take(LATTICES).take_while(|_| !self.task.over());
        starts.find_map(|start| self.from(start, care))
    }

    /// Undoes the blur of a busy part of the picture, if it is blurred, and looks again.
    fn sharper(&self, map: &Map, place: &Place, blur: f32, deep: &mut usize) -> Option<Symbol> {
        if !(BLURRED..4.0 * BLURRED).contains(&blur) || *deep == 0 || self.task.over() {
            return None;
        }
        *deep -= 1;
        let [left, top, right, bottom] = map.around(place);
        let part = Region {
            x: u32::try_from(left).ok()?,
            y: u32::try_from(top).ok()?,
            width: u32::try_from(right.min(self.here.width()) - left).ok()?,
            height: u32::try_from(bottom.min(self.here.height()) - top).ok()?,
        };
        if u64::from(part.width) * u64::from(part.height) > SHARPENED_MOST {
            return None;
        }
        let sharp = sharpen::sharpened(&self.here.part(part)?, blur * SHARPER);
        let sharp = sharp.grey();
        let look = Look {
            here: &sharp,
            fine: &sharp,
            level: 0,
            sharpened: Some(((part.x, part.y), self.level)),
            ..*self
        };
        let view = lattice::view(&sharp, (place.x - left, place.y - top), WINDOWS[0]);
        look.through(&view, SHARPENED)
    }

    fn from(&self, start: &Start, care: Care) -> Option<Symbol> {
        let lattice = start.follow(self.here, care)?;
        let (left, top) = (lattice.cols.0, lattice.rows.0);
        let size = (
            usize::try_from(lattice.cols.1 - left).ok()?,
            usize::try_from(lattice.rows.1 - top).ok()?,
        );
        let cells = Cells::glance(self.here, &lattice.warp, (left, top), size);
        let near = |from: i32, length: usize| {
            let middle = usize::try_from(-from).unwrap_or(0).min(length);
            (middle.saturating_sub(8), (middle + 8).min(length))
        };
        let mut seen = Vec::new();
        let darkness = cells.darkness();
        self.among(&lattice, &darkness, false, &mut seen)
            .or_else(|| {
                let (cols, rows) = (near(left, size.0), near(top, size.1));
                self.among(&lattice, &cells.darkness_as_in(cols, rows), false, &mut seen)
            })
            .or_else(|| self.among(&lattice, &darkness, true, &mut seen))
    }

    /// Tries the likeliest frames among the cells that were not tried before.
    fn among(
        &self,
        lattice: &Lattice,
        cells: &Cells,
        lost: bool,
        seen: &mut Vec<Frame>,
    ) -> Option<Symbol> {
        let wanted = |shape: &Shape| {
            let size = self.task.hints.size;
            size.is_none_or(|(rows, cols)| (shape.rows, shape.cols) == (rows, cols))
        };
        let frames = finder::frames(cells, lost, wanted);
        let least = if self.task.hints.size.is_some() { LEAST / 2.0 } else { LEAST };
        for frame in frames.iter().take_while(|frame| frame.rank() > least).take(FRAMES) {
            if seen.iter().any(|other| other.same(frame)) {
                continue;
            }
            seen.push(*frame);
            self.finders.set(self.finders.get().checked_sub(1).filter(|_| !self.task.over())?);
            let found = self.read(lattice, frame);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn read(&self, lattice: &Lattice, frame: &Frame) -> Option<Symbol> {
        let (rows, cols) = frame.seen();
        #[expect(clippy::cast_precision_loss, reason = "at most 144")]
        let (wide, high) = (cols as f32, rows as f32);
        #[expect(clippy::cast_precision_loss, reason = "at most some hundred")]
        let (left, top) = (lattice.cols.0 as f32, lattice.rows.0 as f32);
        let warp = lattice.warp.seen_from((wide, high), |x, y| {
            let (u, v) = frame.place(x, y);
            (left + u, top + v)
        })?;
        let growth = lattice.growth;
        let growth = if frame.turned.is_multiple_of(2) { growth } else { (growth.1, growth.0) };
        let warp = refine(self.here, warp, (wide, high), growth);
        let cells = Cells::glance(self.here, &warp, (-1, -1), (cols + 2, rows + 2));
        let fits = |darkness: &Cells| finder::refit(darkness, frame) >= FITS;
        if !fits(&cells.darkness()) && !fits(&cells.darkness_of_all()) {
            return None;
        }
        let warp = warp.doubled(self.level);
        self.decode(&warp, frame)
    }

    fn decode(&self, warp: &Warp, frame: &Frame) -> Option<Symbol> {
        let (rows, cols) = frame.seen();
        let samples = Cells::measure(self.fine, warp, (-1, -1), (cols + 2, rows + 2), 0.5);
        let square = frame.shape.rows == frame.shape.cols;
        let ways: &[bool] = if square { &[false, true] } else { &[frame.mirrored] };
        let scales: [fn(&Cells) -> Cells; 2] = [Cells::darkness, Cells::darkness_of_all];
        scales.iter().find_map(|scale| {
            let darkness =
                if frame.inverted { scale(&samples).negative() } else { scale(&samples) };
            ways.iter().find_map(|mirrored| {
                let mirrored = *mirrored;
                let seen = Seen { shape: frame.shape, darkness: &darkness, margin: 1, mirrored };
                let decoded = seen.decode(self.task.expected)?;
                let decoded = Some(decoded).filter(|decoded| self.believes(frame, decoded))?;
                Some(self.symbol(warp, frame, &samples, decoded, mirrored))
            })
        })
    }

    /// The smallest symbols can bear so few errors that chance makes some words right: of those
    /// one error less is taken, unless that size is known to be there.
    fn believes(&self, frame: &Frame, decoded: &Decoded) -> bool {
        let few = frame.shape.correction <= FEW;
        let most = frame.shape.correction / 2 - usize::from(few);
        self.task.hints.size.is_some() || !few || decoded.corrected.wrong.len() <= most
    }

    fn symbol(
        &self,
        grid: &Warp,
        frame: &Frame,
        samples: &Cells,
        decoded: Decoded,
        mirrored: bool,
    ) -> Symbol {
        let (rows, cols) = frame.seen();
        let (grid, samples) = match self.sharpened {
            None => (*grid, samples.clone()),
            Some((origin, level)) => {
                let grid = grid.moved(origin).doubled(level);
                let size = (cols + 2, rows + 2);
                (grid, Cells::measure(self.part, &grid, (-1, -1), size, 0.5))
            }
        };
        let grid = grid.moved(self.task.hints.region.map_or((0, 0), |region| (region.x, region.y)));
        #[expect(clippy::cast_precision_loss, reason = "at most 144")]
        let (wide, high) = (cols as f32, rows as f32);
        let corners = [(0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)];
        Symbol {
            text: decoded.said.text,
            identifier: decoded.said.identifier,
            rows: frame.shape.rows,
            cols: frame.shape.cols,
            grid,
            corners: corners.map(|(x, y)| grid.at(x, y)),
            samples,
            words: decoded.words,
            wrong: decoded.corrected.wrong,
            unused: decoded.corrected.unused,
            mirrored,
            inverted: frame.inverted,
        }
    }
}

/// Tiles of a symbol that are all looked at.
const MANY: usize = 36;

/// Pixels of the picture in a pixel of a copy that was halved so often.
fn scale(level: usize) -> f32 {
    [1.0, 2.0, 4.0, 8.0][level.min(3)]
}

/// Looks at all tiles of the symbol once more, now that it is known how far it goes.
fn refine(grey: &Grey<'_>, warp: Warp, (wide, high): (f32, f32), growth: (f32, f32)) -> Warp {
    let places = |length: f32| {
        let count = (length / 5.0).round().max(2.0);
        let step = (length - 4.0) / (count - 1.0);
        (0_u8..40)
            .map(f32::from)
            .take_while(move |n| *n < count)
            .map(move |n| (2.0 + step * n).round())
    };
    let mut sights: Vec<Sight> = Vec::new();
    let many = places(high).count() * places(wide).count() > MANY;
    for (row, v) in places(high).enumerate() {
        for (col, u) in places(wide).enumerate() {
            // Of many tiles the black fields of a chessboard say enough.
            if many && (row + col) % 2 == 1 {
                continue;
            }
            let Some(tile) = tone::tile(grey, &warp, (u, v), 2.5, growth) else { continue };
            if tile.miss.0.abs().max(tile.miss.1.abs()) < 0.3 && tile.clear > 0.05 {
                sights.push(tile.sight);
            }
        }
    }
    let terms = match sights.len() {
        0..6 => return warp,
        6..12 => 4,
        12..25 => 6,
        _ => 10,
    };
    Warp::fit(&sights, terms).unwrap_or(warp)
}
