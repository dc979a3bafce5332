//! The places of a picture that may hold a symbol, one after the other, in smaller and smaller
//! copies of it.
use super::expected::Expected;
use super::grey::{Grey, Owned};
use super::lattice::{self, Care, Start, View, WINDOWS};
use super::locate::{Map, Place};
use super::look::{FAINTEST, GLIMMER, Look, SHARPENED, USUAL, scale};
use super::outline::MOST as OUTLINED_MOST;
use super::reader::{self, Hints, MOST_PIXELS, Symbol};
use std::cell::{Cell, RefCell};
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
/// Pixels of blur, as sigma, from which on the next copy is looked at first.
const COARSE: f32 = 2.8;
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
    let notes = Notes { deep: DEEP, beside: task.beside, ..Notes::default() };
    let mut search = Search { part, task, copies: Vec::new(), maps: Vec::new(), notes };
    // A glance at every copy first: large modules look like many small ones in the finer copies,
    // and it takes long to see that they are not.
    let Hints { places, finders, .. } = *task.hints;
    let glance = Round { places: 0..GLANCES, finders: GLANCED.min(finders), glance: true };
    let usual = |search: &Search<'_>| task.beside < usize::MAX && !search.notes.read.is_empty();
    let going_on = search.round(&glance, take);
    let going_on = going_on && (usual(&search) || search.outlines(take));
    let going_on = going_on && search.put_off(&glance, take) && {
        let from = if search.notes.spent { 0 } else { GLANCES };
        (search.notes.spent, search.notes.deep) = (false, DEEP);
        search.round(&Round { places: from..places, finders, glance: false }, take)
            && (usual(&search) || search.otherwise(take))
    };
    if going_on && task.levels == LEVELS && !usual(&search) {
        search.once_more(take);
    }
    search.notes.spent
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
    notes: Notes,
}

/// One look at some places of every copy.
struct Round {
    places: Range<usize>,
    /// Finders that are looked into in each copy.
    finders: usize,
    /// Only what is likely: the rest is put off.
    glance: bool,
}

/// What was seen so far.
#[derive(Default)]
struct Notes {
    /// How many more places may be sharpened.
    deep: usize,
    /// Places that glimmer, though nothing was read there.
    leads: Vec<Lead>,
    /// Lattices that were followed and led to nothing.
    followed: Vec<Followed>,
    /// What was put off.
    later: Vec<Later>,
    /// Parts of the finest copy whose outlines were looked at.
    outlined: Vec<[usize; 4]>,
    /// Places that were looked at in double size, and as separate dots, at once.
    doubled: usize,
    dotted: usize,
    /// What the first places of the finest copy showed.
    views: Vec<(usize, View)>,
    /// Corners of what was read, and how many more places are looked at beside it.
    read: Vec<[(f32, f32); 4]>,
    beside: usize,
    /// There were more finders than might be looked into.
    spent: bool,
}

impl Notes {
    /// The busiest place of all, in the ways that are for later elsewhere.
    fn first(&mut self, look: &Look<'_>, map: &Map, place: &Place, pitch: f32) -> Option<Symbol> {
        let found = self.outline(look, map, place);
        found.or_else(|| {
            (self.doubled, self.dotted) = (1, 1);
            look.larger(map, place).or_else(|| look.dots(map, place, pitch))
        })
    }

    /// The outline of a place, if it was not looked at before.
    fn outline(&mut self, look: &Look<'_>, map: &Map, place: &Place) -> Option<Symbol> {
        let (x, y) = (place.x << look.level, place.y << look.level);
        let covers = |[left, top, right, bottom]: &[usize; 4]| {
            (*left..*right).contains(&x) && (*top..*bottom).contains(&y)
        };
        if self.outlined.len() == OUTLINES || self.outlined.iter().any(covers) {
            return None;
        }
        let [left, top, right, bottom] = map.around(place);
        if (right - left) * (bottom - top) <= OUTLINED_MOST {
            self.outlined.push([left, top, right, bottom].map(|end| end << look.level));
        }
        look.outline_at(map, place)
    }
}

/// A place that glimmers.
struct Lead {
    /// In which copy.
    level: usize,
    place: Place,
    /// Pitch of its clearest lattice, in pixels of the copy.
    pitch: f32,
}

/// A lattice that was followed from a place, in pixels of the finest copy.
struct Followed {
    x: usize,
    y: usize,
    far: usize,
    pitch: f32,
}

impl Followed {
    /// The clearest lattice of a view, if it is clear enough.
    fn new(level: usize, place: &Place, view: &View) -> Option<Self> {
        let start = view.starts.first().filter(|start| start.clear > FAINTEST)?;
        let pitch = start.pitch() * scale(level);
        Some(Self { x: place.x << level, y: place.y << level, far: FAR << level, pitch })
    }

    /// Whether the other one is the same lattice, in another copy or a little farther on.
    fn is(&self, other: &Self) -> bool {
        let far = self.x.abs_diff(other.x).max(self.y.abs_diff(other.y));
        far < self.far && (other.pitch / self.pitch - 1.0).abs() < 0.1
    }
}

/// How far beside a place its lattice is still the same, in pixels.
const FAR: usize = 2 * WINDOWS[0];

/// A place that is looked at later.
struct Later {
    level: usize,
    place: Place,
    /// What it showed; `None` where that was looked into.
    view: Option<View>,
    blur: f32,
}

impl Search<'_> {
    /// Looks at some places of every copy; says whether to go on.
    fn round(&mut self, round: &Round, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
        (0..self.task.levels).all(|level| self.level(level, round, take))
    }

    /// Looks at some places of one copy; says whether to go on.
    fn level(&mut self, level: usize, round: &Round, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
        if !self.reach(level) || !self.may_be_at(level) {
            return true;
        }
        let finders = Cell::new(round.finders);
        for at in round.places.clone() {
            let Some(place) = self.maps[level].places.get(at).copied() else { break };
            if self.task.over() || finders.get() == 0 {
                break;
            }
            let Some(going_on) = self.is_free(level, &place) else { continue };
            if !going_on {
                return false;
            }
            let found = self.place(level, (at, &place), round.glance, &finders);
            if !self.told(found, take) {
                return false;
            }
        }
        self.notes.spent |= finders.get() == 0;
        !self.task.over()
    }

    /// Looks at a place that nothing was read at. `None`: not here; else whether to look at all.
    fn is_free(&mut self, level: usize, place: &Place) -> Option<bool> {
        let notes = &self.notes;
        if notes.read.is_empty() {
            return Some(true);
        }
        let middle = self.whole(level, place);
        if notes.read.iter().any(|corners| reader::covers(corners, middle)) {
            return None;
        }
        let going_on = notes.beside > 0;
        self.notes.beside = notes.beside.saturating_sub(1);
        Some(going_on)
    }

    /// Says what was found; whether to go on.
    fn told(&mut self, found: Option<Symbol>, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
        self.notes.read.extend(found.as_ref().map(|symbol| symbol.corners));
        found.is_none_or(take)
    }

    /// Looks at one place of a copy.
    fn place(
        &mut self,
        level: usize,
        (at, place): (usize, &Place),
        glance: bool,
        finders: &Cell<usize>,
    ) -> Option<Symbol> {
        let here = copy(&self.part, &self.copies, level);
        let look = look((&self.part, self.task), &here, level, finders);
        let (map, notes) = (&self.maps[level], &mut self.notes);
        let view = lattice::view(&here, (place.x, place.y), WINDOWS[0]);
        let lattice = Followed::new(level, place, &view);
        let glimmer = view.starts.first().filter(|start| start.clear > GLIMMER).map(Start::pitch);
        // Ground without a lattice is not sharpened, however blurred it is.
        let blur = glimmer.map_or(0.0, |_| view.blur);
        let lead = glimmer.map(|pitch| Lead { level, place: *place, pitch });
        let again = lattice.as_ref().is_some_and(|one| notes.followed.iter().any(|o| o.is(one)));
        // What is much blurred is as clear in the next copy, and sharpened there in a tenth of the time.
        let coarse = blur > COARSE && level + 1 < self.task.levels;
        if glance && (again || coarse) {
            notes.leads.extend(lead);
            notes.later.push(Later { level, place: *place, view: Some(view), blur });
            return None;
        }
        let missed = RefCell::new(Vec::new());
        let found = Look { missed: Some(&missed), ..look }.through(&view, USUAL);
        if found.is_some() {
            return found;
        }
        notes.leads.extend(lead);
        notes.followed.extend(lattice);
        if level == 0 && at < AGAIN {
            notes.views.push((at, view));
        }
        let found = if glance && at > 0 {
            notes.later.push(Later { level, place: *place, view: None, blur });
            None
        } else {
            look.sharper(map, place, blur, &mut notes.deep)
        };
        let pitch = glimmer.filter(|_| glance && (level, at) == (0, 0));
        let found = found.or_else(|| {
            let budget = Cell::new(self.task.hints.finders);
            notes.first(&Look { finders: &budget, ..look }, map, place, pitch?)
        });
        found.or_else(|| missed.borrow().iter().find_map(|missed| look.evened(missed)))
    }

    /// What was put off in a glance; says whether to go on.
    fn put_off(&mut self, round: &Round, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
        // One of them is sharpened: of what is much blurred the busiest place of all.
        self.notes.deep = 1;
        for Later { level, place, view, blur } in std::mem::take(&mut self.notes.later) {
            if self.task.over() {
                return false;
            }
            let Some(going_on) = self.is_free(level, &place) else { continue };
            if !going_on {
                return false;
            }
            let finders = Cell::new(round.finders);
            let here = copy(&self.part, &self.copies, level);
            let look = look((&self.part, self.task), &here, level, &finders);
            let (map, deep) = (&self.maps[level], &mut self.notes.deep);
            let found = view.and_then(|view| look.through(&view, USUAL));
            let found = found.or_else(|| look.sharper(map, &place, blur, deep));
            self.notes.spent |= finders.get() == 0;
            if !self.told(found, take) {
                return false;
            }
        }
        true
    }

    /// A place of a copy in pixels of the whole picture.
    #[expect(clippy::cast_precision_loss, reason = "pixels of a picture are far below 2^24")]
    fn whole(&self, level: usize, place: &Place) -> (f32, f32) {
        let (left, top) = self.task.hints.region.map_or((0, 0), |region| (region.x, region.y));
        ((left as usize + (place.x << level)) as f32, (top as usize + (place.y << level)) as f32)
    }

    /// The outlines of what glimmered, each in the finest copy that shows it; says whether to go on.
    fn outlines(&mut self, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
        let finders = Cell::new(self.task.hints.finders);
        (0..self.notes.leads.len()).all(|lead| {
            let Lead { level, place, .. } = self.notes.leads[lead];
            let here = copy(&self.part, &self.copies, level);
            let look = look((&self.part, self.task), &here, level, &finders);
            self.notes.outline(&look, &self.maps[level], &place).is_none_or(&mut *take)
        })
    }

    /// Small busy places in double size, and what glimmered as a mark of separate dots; says
    /// whether to go on.
    fn otherwise(&self, take: &mut dyn FnMut(Symbol) -> bool) -> bool {
        let finders = Cell::new(self.task.hints.finders);
        let finest = look((&self.part, self.task), &self.part, 0, &finders);
        let small = self.maps.first().is_none_or(|map| {
            let mut places = map.places.iter().take(DOUBLED).skip(self.notes.doubled);
            places.all(|place| finest.larger(map, place).is_none_or(&mut *take))
        });
        let mut leads = self.notes.leads.iter().take(DOTS).skip(self.notes.dotted);
        small
            && leads.all(|Lead { level, place, pitch }| {
                let here = copy(&self.part, &self.copies, *level);
                let look = look((&self.part, self.task), &here, *level, &finders);
                look.dots(&self.maps[*level], place, *pitch).is_none_or(&mut *take)
            })
    }

    /// The busiest places of the finest copy, in other ways.
    fn once_more(&self, take: &mut dyn FnMut(Symbol) -> bool) {
        let finders = Cell::new(self.task.hints.finders);
        let Some(map) = self.maps.first() else { return };
        let look = look((&self.part, self.task), &self.part, 0, &finders);
        let again = map.places.iter().take(AGAIN).enumerate();
        for ((at, place), (window, care)) in again.flat_map(|at| CARES.map(|care| (at, care))) {
            if self.task.over() {
                return;
            }
            let fresh;
            let mut known = self.notes.views.iter().filter(|_| window == WINDOWS[0]);
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
                let Some(half) = copy(&self.part, &self.copies, next - 1).halved() else {
                    return false;
                };
                self.copies.push(half);
            }
            let here = copy(&self.part, &self.copies, next);
            if here.width().min(here.height()) < 16 {
                return false;
            }
            let map = Map::new(&here, (self.task.hints.places >> next).max(1));
            self.maps.push(map);
        }
        true
    }

    /// What the windows can show, and a little more.
    fn may_be_at(&self, level: usize) -> bool {
        let pitches = 1.5 * scale(level)..=14.0 * scale(level);
        self.task.hints.module.is_none_or(|module| pitches.contains(&module))
    }
}

/// The picture, halved so often.
fn copy<'a>(part: &Grey<'a>, copies: &'a [Owned], level: usize) -> Grey<'a> {
    if level == 0 { *part } else { copies[level - 1].grey() }
}

fn look<'a>(
    (part, task): (&'a Grey<'a>, &'a Task<'a>),
    here: &'a Grey<'a>,
    level: usize,
    finders: &'a Cell<usize>,
) -> Look<'a> {
    Look { task, part, here, fine: part, level, changed: None, finders, missed: None }
}
