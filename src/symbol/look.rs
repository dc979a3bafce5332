//! One place of a picture: lattice, frame, modules, words.
use super::cells::Cells;
use super::decode::{Decoded, Seen};
use super::finder::{self, By, Finders, Frame};
use super::grey::{Grey, Region};
use super::lattice::{self, Care, Lattice, Start, View, WINDOWS};
use super::locate::{Map, Place};
use super::reader::Symbol;
use super::search::Task;
use super::settle;
use super::sharpen;
use super::sizes::Shape;
use super::tone;
use super::uneven;
use super::warp::{Sight, Warp};
use std::cell::{Cell, RefCell};
use std::ops::Range;

/// The usual way to follow a lattice, that for sharpened pictures, and the other ways.
pub(super) const USUAL: Care = Care { patience: 1, few: 6, many: 20 };
pub(super) const SHARPENED: Care = Care { patience: 1, few: 4, many: 40 };
/// Frames that are tried for each way to look at the cells of a lattice.
const FRAMES: usize = 3;
/// Lattices that are tried at one place.
const LATTICES: usize = 2;
/// How well the finder must fit before modules are measured.
const FITS: f32 = 0.5;
/// A finder that fits so well is not looked at again before that.
const GOOD: f32 = 0.7;
/// Frames that are less sure than this are chance: of the read symbols of the development set none
/// was below 2.1, of the frames in pictures without a symbol nine of ten are.
const LEAST: f32 = 1.8;
/// Smaller frames that are less sure than this are not worth looking for uneven rows: those in
/// pictures without a symbol are all of that kind.
const SURE: f32 = 2.6;
const MODULES: usize = 20 * 20;
/// Behind a blur a lattice beats at least so clearly: all read ones above 0.085, grounds without
/// a symbol below 0.045.
pub(super) const GLIMMER: f32 = 0.06;
/// A lattice whose beat is fainter is none.
pub(super) const FAINTEST: f32 = 0.12;

/// Pixels of blur, as sigma, from which on it is worth while to undo it.
const BLURRED: f32 = 1.3;
/// Undoing a little more than there seems to be.
const SHARPER: f32 = 1.0;
/// So few correction words are led astray by chance in one of a million pictures (14 x 14).
const FEW: usize = 11;
/// Pixels that are looked at in double size at most.
const DOUBLED_MOST: u64 = 50_000;
/// Modules that are wider in double size need not be: they are read as they are. In a lump that is
/// about square there may be a symbol whose outline is better seen.
const DOUBLED_PITCH: [f32; 2] = [4.6, 6.5];
/// Pixels that are blurred at most.
const DOTS_MOST: u64 = 160_000;
/// Dots whose pitch is less pixels are not seen apart.
const DOTS_PITCH: f32 = 3.0;
/// Blur, in modules, behind which separate dots touch.
const TOUCHING: f32 = 0.42;
/// The pitch that they have then: the same, or that of which the diagonals beat before.
const TOUCHED: Range<f32> = 0.9..1.46;
/// Pixels that are sharpened at most: about ten milliseconds.
const SHARPENED_MOST: u64 = 400_000;
/// The picture while one place of it is looked at.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) task: &'a Task<'a>,
    /// The part of the picture that is asked for.
    pub(super) part: &'a Grey<'a>,
    /// What is looked at, and what modules are measured in: a copy of the former's double size, so
    /// many times.
    pub(super) here: &'a Grey<'a>,
    pub(super) fine: &'a Grey<'a>,
    pub(super) level: usize,
    /// Where the fine one comes from, if it was changed.
    pub(super) changed: Option<Changed>,
    /// How many more finders may be looked into.
    pub(super) finders: &'a Cell<usize>,
    /// Where to note what may have uneven rows, if that is for later.
    pub(super) missed: Option<&'a RefCell<Vec<Missed>>>,
}

/// A symbol that may be there, though its modules cannot be read where the lattice says.
pub(super) type Missed = (Warp, Frame);

/// A changed copy of a piece of the part that is asked for.
#[derive(Clone, Copy)]
pub(super) struct Changed {
    /// Where it begins in a copy of the part that was halved so often.
    origin: (u32, u32),
    level: usize,
    /// Twice as large as there.
    doubled: bool,
}

impl Changed {
    /// The same map for the part that is asked for.
    fn back(&self, grid: &Warp) -> Warp {
        let grid = if self.doubled { grid.halved() } else { *grid };
        grid.moved(self.origin).doubled(self.level)
    }

    /// Pixels of the part in a pixel.
    fn scale(&self) -> f32 {
        scale(self.level) * if self.doubled { 0.5 } else { 1.0 }
    }
}

impl Look<'_> {
    /// Tries the lattices that a view shows.
    pub(super) fn through(&self, view: &View, care: Care) -> Option<Symbol> {
        let times = self.changed.map_or(scale(self.level), |changed| changed.scale());
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
    pub(super) fn sharper(
        &self,
        map: &Map,
        place: &Place,
        blur: f32,
        deep: &mut usize,
    ) -> Option<Symbol> {
        if !(BLURRED..4.0 * BLURRED).contains(&blur) || *deep == 0 || self.task.over() {
            return None;
        }
        *deep -= 1;
        let part = self.around(map, place)?;
        if u64::from(part.width) * u64::from(part.height) > SHARPENED_MOST {
            return None;
        }
        let sigma = blur * SHARPER;
        // A large part is sharpened where the place itself shows more when it is sharp.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some pixels")]
        let (near, at) = self.near(place, WINDOWS[0] / 2 + (4.5 * sigma).ceil() as usize)?;
        if near.width() * near.height() * 3 < (part.width * part.height) as usize {
            let glimpse = sharpen::sharpened(&near, sigma);
            let view = lattice::view(&glimpse.grey(), at, WINDOWS[0]);
            view.starts.first().filter(|start| start.clear > FAINTEST)?;
            if self.task.over() {
                return None;
            }
        }
        let sharp = sharpen::sharpened(&self.here.part(part)?, sigma);
        let at = (place.x - part.x as usize, place.y - part.y as usize);
        let view = lattice::view(&sharp.grey(), at, WINDOWS[0]);
        self.instead(&sharp.grey(), part, false).through(&view, SHARPENED)
    }

    /// The same look at a changed copy of a part of the picture.
    fn instead<'a>(&'a self, copy: &'a Grey<'a>, part: Region, doubled: bool) -> Look<'a> {
        let changed = Some(Changed { origin: (part.x, part.y), level: self.level, doubled });
        Look { here: copy, fine: copy, level: 0, changed, missed: None, ..*self }
    }

    /// Looks at a busy part of the picture in double size: modules of two pixels.
    pub(super) fn larger(&self, map: &Map, place: &Place) -> Option<Symbol> {
        let part = self.around(map, place)?;
        let many = u64::from(part.width) * u64::from(part.height) > DOUBLED_MOST;
        let square = part.width.max(part.height) * 3 < part.width.min(part.height) * 5;
        let widest = DOUBLED_PITCH[usize::from(square)];
        let small = |start: &Start| start.clear > GLIMMER && start.pitch() < widest;
        let (near, at) = self.near(place, WINDOWS[0] / 4 + 2)?;
        let glimpse = lattice::view(&near.twice().grey(), (2 * at.0, 2 * at.1), WINDOWS[0]);
        if many || self.task.over() || !glimpse.starts.iter().any(small) {
            return None;
        }
        let large = self.here.part(part)?.twice();
        let large = large.grey();
        let at = (2 * (place.x - part.x as usize), 2 * (place.y - part.y as usize));
        let view = lattice::view(&large, at, WINDOWS[0]);
        let whole = Region { x: 0, y: 0, width: 2 * part.width, height: 2 * part.height };
        let look = self.instead(&large, part, true);
        look.through(&view, SHARPENED).or_else(|| look.outlined(whole, at))
    }

    /// Blurs a busy part of the picture to the pitch of its lattice, so that dots of a mark that is
    /// peened or burnt into a part touch each other, and looks again.
    pub(super) fn dots(&self, map: &Map, place: &Place, pitch: f32) -> Option<Symbol> {
        if pitch < DOTS_PITCH || self.task.over() {
            return None;
        }
        let sigma = pitch * TOUCHING;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some pixels")]
        let (near, at) = self.near(place, WINDOWS[0] / 2 + (2.5 * sigma).ceil() as usize)?;
        let glimpse = lattice::view(&sharpen::blurred(&near, sigma).grey(), at, WINDOWS[0]);
        let touch = |start: &Start| {
            start.clear > FAINTEST && TOUCHED.contains(&(start.pitch() / pitch)) && start.inside()
        };
        let part = self.around(map, place)?;
        let many = u64::from(part.width) * u64::from(part.height) > DOTS_MOST;
        if many || !glimpse.starts.iter().any(touch) {
            return None;
        }
        let at = (place.x - part.x as usize, place.y - part.y as usize);
        let soft = sharpen::blurred(&self.here.part(part)?, sigma);
        let soft = soft.grey();
        let view = lattice::view(&soft, at, WINDOWS[0]);
        let look = self.instead(&soft, part, false);
        let whole = Region { x: 0, y: 0, ..part };
        look.through(&view, SHARPENED).or_else(|| look.outlined(whole, at))
    }

    /// The picture up to so far around a place, and where the place is in it.
    fn near(&self, place: &Place, far: usize) -> Option<(Grey<'_>, (usize, usize))> {
        let span = |at: usize, end: usize| {
            let (from, to) = (at.saturating_sub(far), (at + far).min(end));
            Some((u32::try_from(from).ok()?, u32::try_from(to.checked_sub(from)?).ok()?))
        };
        let (x, width) = span(place.x, self.here.width())?;
        let (y, height) = span(place.y, self.here.height())?;
        let near = self.here.part(Region { x, y, width, height })?;
        Some((near, (place.x - x as usize, place.y - y as usize)))
    }

    /// The busy part of the picture around a place.
    fn around(&self, map: &Map, place: &Place) -> Option<Region> {
        let [left, top, right, bottom] = map.around(place);
        Some(Region {
            x: u32::try_from(left).ok()?,
            y: u32::try_from(top).ok()?,
            width: u32::try_from(right.min(self.here.width()) - left).ok()?,
            height: u32::try_from(bottom.min(self.here.height()) - top).ok()?,
        })
    }

    /// Looks at the outline of the busy part around a place.
    pub(super) fn outline_at(&self, map: &Map, place: &Place) -> Option<Symbol> {
        let part = self.around(map, place)?;
        self.outlined(part, (place.x - part.x as usize, place.y - part.y as usize))
    }

    fn from(&self, start: &Start, care: Care) -> Option<Symbol> {
        let lattice = start.follow(self.here, care, || self.task.over())?;
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
        self.among(&lattice, &darkness, Finders::Clear, &mut seen)
            .or_else(|| self.among(&lattice, &darkness, Finders::Any, &mut seen))
            .or_else(|| {
                let (cols, rows) = (near(left, size.0), near(top, size.1));
                let darkness = cells.darkness_as_in(cols, rows);
                self.among(&lattice, &darkness, Finders::Any, &mut seen)
            })
            .or_else(|| self.among(&lattice, &darkness, Finders::Lost, &mut seen))
    }

    /// Whether a symbol of this size is looked for.
    pub(super) fn wanted(&self, shape: &Shape) -> bool {
        let size = self.task.hints.size;
        size.is_none_or(|(rows, cols)| (shape.rows, shape.cols) == (rows, cols))
    }

    /// Tries the likeliest frames among the cells that were not tried before.
    fn among(
        &self,
        lattice: &Lattice,
        cells: &Cells,
        finders: Finders,
        seen: &mut Vec<Frame>,
    ) -> Option<Symbol> {
        let frames =
            finder::frames(cells, finders, |shape| self.wanted(shape), || self.task.over());
        let most = if finders == Finders::Clear { 1 } else { FRAMES };
        let least = if self.task.hints.size.is_some() { LEAST / 2.0 } else { LEAST };
        for frame in frames.iter().take_while(|frame| frame.rank() > least).take(most) {
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
        let warp = refine(self.here, &warp, (wide, high), growth);
        let found = self.seen(&warp, frame);
        if found.is_some() || (frame.rank() < SURE && rows * cols < MODULES) {
            return found;
        }
        if let Some(missed) = self.missed {
            missed.borrow_mut().push((warp, *frame));
            return None;
        }
        self.evened(&(warp, *frame))
    }

    /// Looks at it once more with every row and column where its edges are.
    pub(super) fn evened(&self, (warp, frame): &Missed) -> Option<Symbol> {
        if self.task.over() {
            return None;
        }
        let (rows, cols) = frame.seen();
        #[expect(clippy::cast_precision_loss, reason = "at most 144")]
        let whole = ((-1.0, cols as f32 + 1.0), (-1.0, rows as f32 + 1.0));
        self.seen(&uneven::evened(self.here, warp, whole, false)?, frame)
    }

    /// Measures the modules and reads them, where they look like the symbol that is meant.
    pub(super) fn seen(&self, warp: &Warp, frame: &Frame) -> Option<Symbol> {
        let (rows, cols) = frame.seen();
        if frame.fit < GOOD {
            let cells = Cells::glance(self.here, warp, (-1, -1), (cols + 2, rows + 2));
            let fits = |darkness: &Cells| finder::refit(darkness, frame) >= FITS;
            if !fits(&cells.darkness()) && !fits(&cells.darkness_of_all()) {
                return None;
            }
        }
        self.decode(&warp.doubled(self.level), frame)
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
    /// one error less is taken, unless that size or that text is known to be there.
    fn believes(&self, frame: &Frame, decoded: &Decoded) -> bool {
        let few = frame.shape.correction <= FEW;
        let most = frame.shape.correction / 2 - usize::from(few);
        let known = self.task.sized
            || self.task.expected.is_some_and(|codes| codes.includes(&decoded.said.text));
        known || !few || decoded.corrected.wrong.len() <= most
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
        let grid = self.changed.map_or(*grid, |changed| changed.back(grid));
        let mut symbol = Symbol {
            text: decoded.said.text,
            identifier: decoded.said.identifier,
            rows: frame.shape.rows,
            cols: frame.shape.cols,
            grid,
            corners: [(0.0, 0.0); 4],
            samples: samples.clone(),
            words: decoded.words,
            wrong: decoded.corrected.wrong,
            unused: decoded.corrected.unused,
            mirrored,
            inverted: frame.inverted,
        };
        // Straight lines around it are less exact than a lattice.
        if frame.by == By::Outline {
            #[expect(clippy::cast_precision_loss, reason = "at most 144")]
            let size = (cols as f32, rows as f32);
            let refined = |grid: &Warp| refine(self.part, grid, size, (0.0, 0.0));
            symbol.grid = settle::settled(self.part, &symbol, refined);
        }
        if self.changed.is_some() || symbol.grid != grid {
            let size = (cols + 2, rows + 2);
            symbol.samples = Cells::measure(self.part, &symbol.grid, (-1, -1), size, 0.5);
        }
        let origin = self.task.hints.region.map_or((0, 0), |region| (region.x, region.y));
        symbol.grid = symbol.grid.moved(origin);
        #[expect(clippy::cast_precision_loss, reason = "at most 144")]
        let (wide, high) = (cols as f32, rows as f32);
        let corners = [(0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)];
        symbol.corners = corners.map(|(x, y)| symbol.grid.at(x, y));
        symbol
    }
}

/// Tiles of a symbol that are all looked at.
const MANY: usize = 36;

/// Pixels of the picture in a pixel of a copy that was halved so often.
pub(super) fn scale(level: usize) -> f32 {
    [1.0, 2.0, 4.0, 8.0][level.min(3)]
}

/// Looks at all tiles of the symbol once more, now that it is known how far it goes.
fn refine(grey: &Grey<'_>, warp: &Warp, (wide, high): (f32, f32), growth: (f32, f32)) -> Warp {
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
            let Some(tile) = tone::tile(grey, warp, (u, v), 2.5, growth) else { continue };
            if tile.miss.0.abs().max(tile.miss.1.abs()) < 0.3 && tile.clear > 0.05 {
                sights.push(tile.sight);
            }
        }
    }
    let terms = match sights.len() {
        0..6 => return *warp,
        6..12 => 4,
        12..25 => 6,
        _ => 10,
    };
    Warp::fit(&sights, terms).unwrap_or(*warp)
}
