//! The places of a picture that may hold a symbol, one after the other, in smaller and smaller
//! copies of it.
use super::expected::Expected;
use super::grey::{Grey, Owned};
use super::lattice::{self, Care, View, WINDOWS};
use super::locate::{Map, Place};
use super::look::{GLIMMER, Look, SHARPENED, USUAL, scale};
use super::outline::MOST as OUTLINED_MOST;
use super::reader::{self, Hints, MOST_PIXELS, Symbol};
use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

/// Copies of the picture that are looked at, each half as large as the one before.
pub(super) const LEVELS: usize = 4;
/// Places that are looked at once more, in other ways.
const AGAIN: usize = 3;
/// Those ways.
const CARES: [(usize, Care); 2] =
    [(WINDOWS[0], SHARPENED), (WINDOWS[1], Care { patience: 2, few: 6, many: 40 })];
/// Places whose outlines are looked at.
const OUTLINES: usize = 4;
/// Places that are looked at in double size.
const DOUBLED: usize = 2;
/// Places that are looked at as marks of separate dots.
const DOTS: usize = 2;
/// Places of a picture that are sharpened at most.
const DEEP: usize = 3;

/// What is to be done.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) hints: &'a Hints,
    pub(super) expected: Option<&'a Expected>,
    /// Whoever asks knows the size: it does not only come from the codes that are expected.
    pub(super) sized: bool,
    /// How much time there still is.
    pub(super) left: &'a dyn Fn() -> Duration,
    pub(super) levels: usize,
    /// Places that are looked at where something was read and the search goes on; with a bound,
    /// in the usual ways only.
    pub(super) beside: usize,
}

impl Task<'_> {
    pub(super) fn over(&self) -> bool {
        (self.left)().is_zero()
    }
}

/// Tries place after place, in smaller and smaller copies of the picture; `take` says whether to
/// go on. Whether there were more finders in a copy than might be looked into.
pub(super) fn search(
    grey: &Grey<'_>,
    task: &Task<'_>,
    take: &mut dyn FnMut(Symbol) -> bool,
) -> bool {
    let part = match task.hints.region {
        Some(region) => grey.part(region),
        None => Some(*grey),
    };
    let Some(part) = part.filter(|part| part.width() * part.height() <= MOST_PIXELS) else {
        return false;
    };
    let mut search = Search {
        part,
        task,
        copies: Vec::new(),
        maps: Vec::new(),
        deep: DEEP,
        leads: Vec::new(),
        views: Vec::new(),
        read: Vec::new(),
        beside: task.beside,
        spent: false,
    };
    // A glance at every copy first: large modules look like many small ones in the finer copies,
    // and it takes long to see that they are not.
    let Hints { places, finders, .. } = *task.hints;
    let round = |search: &mut Search<'_>,
                 places: Range<usize>,
                 finders,
                 take: &mut dyn FnMut(Symbol) -> bool| {
        (0..task.levels).all(|level| search.level(level, places.clone(), finders, take))
    };
    let going_on = round(&mut search, 0..GLANCES, GLANCED.min(finders), take);
    let usual = |search: &Search<'_>| task.beside < usize::MAX && !search.read.is_empty();
    let going_on = going_on && (usual(&search) || search.outlines(take)) && {
        let from = if search.spent { 0 } else { GLANCES };
        (search.spent, search.deep) = (false, DEEP);
        round(&mut search, from..places, finders, take)
            && (usual(&search) || search.otherwise(take))
    };
    if going_on && task.levels == LEVELS && !usual(&search) {
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
    /// Places that glimmer, though nothing was read there.
    leads: Vec<Lead>,
    /// What the first places of the finest copy showed.
    views: Vec<(usize, View)>,
    /// Corners of what was read, and how many more places are looked at beside it.
    read: Vec<[(f32, f32); 4]>,
    beside: usize,
    spent: bool,
}

/// A place that glimmers.
struct Lead {
    /// In which copy.
    level: usize,
    place: Place,
    /// Pitch of its clearest lattice, in pixels of the copy.
    pitch: f32,
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
        let (mut leads, mut views) = (Vec::new(), Vec::new());
        let (mut read, mut beside) = (self.read.clone(), self.beside);
        let places = map.places.iter().enumerate().take(places.end).skip(places.start);
        let mut going_on = true;
        for (at, place) in places {
            if self.task.over() || finders.get() == 0 {
                break;
            }
            if !read.is_empty() {
                if read.iter().any(|corners| reader::covers(corners, self.whole(level, place))) {
                    continue;
                }
                going_on = beside > 0;
                beside = beside.saturating_sub(1);
            }
            if !going_on {
                break;
            }
            let view = lattice::view(&here, (place.x, place.y), WINDOWS[0]);
            let found = look.through(&view, USUAL);
            let glimmer = view.starts.first().filter(|start| start.clear > GLIMMER);
            let found = found.or_else(|| {
                leads.push(Lead { level, place: *place, pitch: glimmer?.pitch() });
                look.sharper(map, place, view.blur, &mut deep)
            });
            if level == 0 && at < AGAIN {
                views.push((at, view));
            }
            read.extend(found.as_ref().map(|symbol| symbol.corners));
            going_on = found.is_none_or(&mut *take);
            if !going_on {
                break;
            }
        }
        (self.read, self.beside) = (read, beside);
        self.views.append(&mut views);
        self.deep = deep;
        self.leads.append(&mut leads);
        self.spent |= finders.get() == 0;
        going_on && !self.task.over()
    }

    /// A place of a copy in pixels of the whole picture.
    #[expect(clippy::cast_precision_loss, reason = "pixels of a picture are far below 2^24")]
    fn whole(&self, level: usize, place: &Place) -> (f32, f32) {
        let (left, top) = self.task.hints.region.map_or((0, 0), |region| (region.x, region.y));
        ((left as usize + (place.x << level)) as f32, (top as usize + (place.y << level)) as f32)
    }

    /// The outlines of what glimmered, each in the finest copy that shows it; says whether to go on.
    fn outlines(&self, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
        let finders = Cell::new(self.task.hints.finders);
        let mut seen: Vec<[usize; 4]> = Vec::new();
        self.leads.iter().all(|Lead { level, place, .. }| {
            let (x, y) = (place.x << level, place.y << level);
            let covers = |[left, top, right, bottom]: &[usize; 4]| {
                (*left..*right).contains(&x) && (*top..*bottom).contains(&y)
            };
            if seen.len() == OUTLINES || seen.iter().any(covers) {
                return true;
            }
            let (here, map) = (self.copy(*level), &self.maps[*level]);
            let [left, top, right, bottom] = map.around(place);
            if (right - left) * (bottom - top) <= OUTLINED_MOST {
                seen.push([left, top, right, bottom].map(|end| end << level));
            }
            self.look(&here, *level, &finders).outline_at(map, place).is_none_or(&mut *take)
        })
    }

    /// Small busy places in double size, and what glimmered as a mark of separate dots; says
    /// whether to go on.
    fn otherwise(&self, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
        let finders = Cell::new(self.task.hints.finders);
        let finest = self.look(&self.part, 0, &finders);
        let small = self.maps.first().is_none_or(|map| {
            let mut places = map.places.iter().take(DOUBLED);
            places.all(|place| finest.larger(map, place).is_none_or(&mut *take))
        });
        small
            && self.leads.iter().take(DOTS).all(|Lead { level, place, pitch }| {
                let here = self.copy(*level);
                let look = self.look(&here, *level, &finders);
                look.dots(&self.maps[*level], place, *pitch).is_none_or(&mut *take)
            })
    }

    /// The busiest places of the finest copy, in other ways.
    fn once_more(&mut self, take: &mut dyn FnMut(Symbol) -> bool) {
        let finders = Cell::new(self.task.hints.finders);
        let Some(map) = self.maps.first() else { return };
        let look = self.look(&self.part, 0, &finders);
        let again = map.places.iter().take(AGAIN).enumerate();
        for ((at, place), (window, care)) in again.flat_map(|at| CARES.map(|care| (at, care))) {
            if self.task.over() {
                return;
            }
            let fresh;
            let mut known = self.views.iter().filter(|_| window == WINDOWS[0]);
            let view = if let Some((_, view)) = known.find(|(of, _)| *of == at) {
                view
            } else {
                fresh = lattice::view(&self.part, (place.x, place.y), window);
                &fresh
            };
            if look.through(view, care).is_some_and(|symbol| !take(symbol)) {
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
        Look { task: self.task, part, here, fine: part, level, changed: None, finders }
    }
}
