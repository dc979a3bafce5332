//! A dot of the print head that fails: a column (or a row) of modules that grows lighter in the
//! same place, label after label, long before the symbol is unreadable.
//!
//! What makes modules lighter without a fault must not count: every dark module is held against
//! the modules of its own label that have as many light neighbours (print growth and blur), every
//! column against the columns around it (uneven light), and the last labels against all before
//! (what the constant part of the codes does to a column).
#![expect(clippy::cast_precision_loss, reason = "columns and labels in the hundreds")]
use super::grade::Grade;

/// Labels that are looked at; a wear is told when nearly all of them show it.
const LAST: u32 = 16;
/// Of them so many must show it, and fewer than so many end it.
const SHOW: u32 = 14;
const SHOW_NO_MORE: u32 = 6;
/// Means forget with 1/16 a label, and what is usual with 1/256.
const SHORT: f32 = 1.0 / 16.0;
const LONG: f32 = 1.0 / 256.0;
/// Lighter than usual by this share of the contrast shows a fault in one label; the mean of the
/// last ones must be lighter by twice that. Modules of the same neighbours scatter by 0.03 to 0.05,
/// a column of ten of them by a third of that.
const LIGHTER: f32 = 0.03;
/// Lighter than the columns around it by this share is a fault even if it was always so: half of it
/// is what takes a grade of modulation.
const LIGHT: f32 = 0.2;
/// Columns on each side that a column is held against.
const AROUND: usize = 3;

/// In which direction a line of modules runs through the symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// From top to bottom.
    Column,
    /// From left to right.
    Row,
}

/// A place that is printed too light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wear {
    /// Whether it is a column or a row.
    pub along: Along,
    /// Its number, from one, with the symbol's solid sides at the left and at the bottom.
    pub column: u32,
    /// In how many of a hundred of the last labels; 0: it is over.
    pub share: u8,
}

/// One column or row over the labels.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    short: f32,
    long: f32,
    /// The last labels, the newest in the lowest bit; 1 = lighter than usual.
    last: u16,
    told: bool,
}

impl Place {
    fn see(&mut self, lightness: f32, seen: u32) {
        let usual = if seen < LAST { lightness } else { self.long };
        let shows = lightness - usual > LIGHTER || lightness > LIGHT;
        self.last = self.last << 1 | u16::from(shows);
        // Until there are enough of them, all labels weigh the same.
        let weight = |share: f32| share.max(1.0 / (seen as f32 + 1.0));
        self.short += (lightness - self.short) * weight(SHORT);
        // What is wrong must not become usual: then it would be over while it is still there.
        if !self.told {
            self.long += (lightness - self.long) * weight(LONG);
        }
    }

    /// Whether this begins or ends here.
    fn turns(&mut self) -> Option<u8> {
        let shows = self.last.count_ones();
        let is_light = self.short - self.long > 2.0 * LIGHTER || self.short > LIGHT;
        if !self.told && shows >= SHOW && is_light {
            self.told = true;
            return u8::try_from(shows * 100 / LAST).ok();
        }
        if self.told && shows < SHOW_NO_MORE {
            self.told = false;
            return Some(0);
        }
        None
    }
}

/// The columns and rows of the symbols of one line.
#[derive(Debug, Default)]
pub struct Columns {
    across: Vec<Place>,
    down: Vec<Place>,
    seen: u32,
    /// What still stands of symbols of another size.
    ended: Vec<Wear>,
}

impl Columns {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the grade of the next label. Says when a wear begins, once, and when it is over.
    /// Symbols of another size begin anew.
    pub fn see(&mut self, grade: &Grade) -> Option<Wear> {
        let print = Print::of(grade)?;
        if (self.across.len(), self.down.len()) != (print.cols, print.rows) {
            self.begin(print.cols, print.rows);
        }
        let (columns, rows) = print.lightness();
        for (places, lightness) in [(&mut self.across, columns), (&mut self.down, rows)] {
            for (at, place) in places.iter_mut().enumerate() {
                place.see(lightness[at] - around(&lightness, at), self.seen);
            }
        }
        self.seen = self.seen.saturating_add(1);
        self.ended.pop().or_else(|| self.turned())
    }

    fn begin(&mut self, cols: usize, rows: usize) {
        for (along, places) in [(Along::Column, &self.across), (Along::Row, &self.down)] {
            let told = (1..).zip(places).filter(|(_, place)| place.told);
            self.ended.extend(told.map(|(column, _)| Wear { along, column, share: 0 }));
        }
        self.across = vec![Place::default(); cols];
        self.down = vec![Place::default(); rows];
        self.seen = 0;
    }

    fn turned(&mut self) -> Option<Wear> {
        if self.seen < LAST {
            return None;
        }
        let columns = (1..).zip(&mut self.across).map(|(n, place)| (Along::Column, n, place));
        let rows = (1..).zip(&mut self.down).map(|(n, place)| (Along::Row, n, place));
        columns
            .chain(rows)
            .find_map(|(along, column, place)| Some(Wear { along, column, share: place.turns()? }))
    }
}

/// The middle one of the columns around this one.
fn around(lightness: &[f32], at: usize) -> f32 {
    let from = at.saturating_sub(AROUND);
    let to = (at + AROUND + 1).min(lightness.len());
    let mut others: Vec<_> = (from..to).filter(|n| *n != at).map(|n| lightness[n]).collect();
    others.sort_by(f32::total_cmp);
    others.get(others.len() / 2).copied().unwrap_or_default()
}

/// The modules of one label: reflectances with a module of quiet zone around, and which are to be
/// dark.
struct Print<'a> {
    cols: usize,
    rows: usize,
    reflectance: &'a [f32],
    dark: Vec<bool>,
    contrast: f32,
}

impl<'a> Print<'a> {
    fn of(grade: &'a Grade) -> Option<Self> {
        let cells = &grade.reflectance;
        let (width, height) = (cells.cols(), cells.rows());
        let contrast = grade.brightest - grade.darkest;
        if width < 3 || height < 3 || contrast < 0.05 {
            return None;
        }
        let reflectance = cells.values();
        let mut dark: Vec<_> = reflectance.iter().map(|r| *r < grade.threshold).collect();
        for (row, col) in &grade.damaged {
            let (row, col) = (usize::try_from(row + 1).ok()?, usize::try_from(col + 1).ok()?);
            if let Some(module) = dark.get_mut(row * width + col) {
                *module = !*module;
            }
        }
        Some(Self { cols: width - 2, rows: height - 2, reflectance, dark, contrast })
    }

    /// Places of the dark modules, and how many light neighbours each has: beside it, and above and
    /// below.
    fn dark_modules(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let width = self.cols + 2;
        let inner = (0..self.rows).flat_map(move |row| (0..self.cols).map(move |col| (row, col)));
        inner.filter_map(move |(row, col)| {
            let at = (row + 1) * width + col + 1;
            let light = |at: usize| usize::from(!self.dark[at]);
            let beside = light(at - 1) + light(at + 1);
            let above_and_below = light(at - width) + light(at + width);
            self.dark[at].then_some((row, col, beside * 3 + above_and_below))
        })
    }

    /// How much lighter the dark modules of each column and row are than such modules are in this
    /// label, as share of its contrast.
    fn lightness(&self) -> (Vec<f32>, Vec<f32>) {
        let at = |row: usize, col: usize| self.reflectance[(row + 1) * (self.cols + 2) + col + 1];
        let mut kinds: [Vec<f32>; 9] = Default::default();
        for (row, col, kind) in self.dark_modules() {
            kinds[kind].push(at(row, col));
        }
        let usual = kinds.map(|mut of_kind| {
            of_kind.sort_by(f32::total_cmp);
            of_kind.get(of_kind.len() / 2).copied().unwrap_or_default()
        });
        let mut columns = vec![(0.0_f32, 0.0_f32); self.cols];
        let mut rows = vec![(0.0_f32, 0.0_f32); self.rows];
        for (row, col, kind) in self.dark_modules() {
            let lighter = (at(row, col) - usual[kind]) / self.contrast;
            for line in [&mut columns[col], &mut rows[row]] {
                *line = (line.0 + lighter, line.1 + 1.0);
            }
        }
        let mean = |lines: Vec<(f32, f32)>| {
            lines.into_iter().map(|(sum, n)| if n > 0.0 { sum / n } else { 0.0 }).collect()
        };
        (mean(columns), mean(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a place over labels of this lightness, which scatters a little.
    fn told(place: &mut Place, seen: &mut u32, lightness: impl Iterator<Item = f32>) -> Vec<u8> {
        let mut all = Vec::new();
        for light in lightness {
            let scatter = [0.01, -0.01, 0.0][*seen as usize % 3];
            place.see(light + scatter, *seen);
            *seen += 1;
            if *seen >= LAST {
                all.extend(place.turns());
            }
        }
        all
    }

    #[test]
    fn a_dot_that_stays_bad_is_told_once_and_is_over_only_when_it_is_repaired() {
        let (mut place, mut seen) = (Place::default(), 0);
        let good = |labels| std::iter::repeat_n(0.0, labels);
        assert_eq!(told(&mut place, &mut seen, good(200)), [0; 0]);
        let fading = (0..100_u8).map(|n| 0.0015 * f32::from(n));
        let bad = fading.chain(std::iter::repeat_n(0.15, 1_000));
        let shares = told(&mut place, &mut seen, bad);
        assert!(shares.len() == 1 && shares[0] > 80, "{shares:?}");
        assert_eq!(told(&mut place, &mut seen, good(40)), [0]);
        assert_eq!(told(&mut place, &mut seen, good(300)), [0; 0], "and then it is as before");
    }
}
