//! The finder of a symbol among the cells of a lattice: two solid sides that meet, two that
//! alternate, and light around the solid ones.
#![expect(clippy::cast_precision_loss, reason = "a lattice has at most some hundred columns")]
use super::cells::Cells;
use super::sizes::{SHAPES, Shape};

/// The shortest solid side, in modules.
const SHORTEST: usize = 8;
/// How solid the first modules of a side must be to be looked at.
const SOLID: f32 = 0.25;
/// How much lighter it must be beyond them, both sides together: where nothing is damaged, and
/// where one of them may be.
const CHANGES: [f32; 2] = [2.0, 1.0];
/// Corners that are looked into for each quarter turn: a bound for pictures of stripes.
const CORNERS: usize = 2_000;
/// What a lost side costs, because three sides are more easily there by chance.
const LOST: f32 = 0.15;
/// How well the sides around it must fit.
const OUTER: f32 = 0.3;
/// How well the whole finder must fit.
const FITS: f32 = 0.45;

/// Which finders are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finders {
    /// Those whose solid sides stand out clearly: a tenth of the work of the next.
    Clear,
    /// Those whose sides may be damaged.
    Any,
    /// Those of which one solid side cannot be seen: a burnt-out dot has taken it.
    Lost,
}

/// What a symbol that may be there was seen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// A lattice, and both solid sides.
    Lattice,
    /// A lattice, where one solid side is not looked at.
    OneSide,
    /// Four straight lines around it.
    Outline,
}

/// A symbol that may be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) shape: &'static Shape,
    /// First column and row among the cells.
    pub(super) col: usize,
    pub(super) row: usize,
    /// Where the solid sides meet: quarter turns from bottom left, clockwise.
    pub(super) turned: u8,
    /// Light modules on dark ground.
    pub(super) inverted: bool,
    /// The reader sees it from behind (certain only where the rectangle tells).
    pub(super) mirrored: bool,
    pub(super) by: By,
    /// Mean agreement of the finder, 0 to 1.
    pub(super) fit: f32,
}

impl Frame {
    /// Columns and rows of cells that it covers.
    pub(super) fn size(&self) -> (usize, usize) {
        let (rows, cols) = self.seen();
        if self.turned.is_multiple_of(2) { (cols, rows) } else { (rows, cols) }
    }

    /// Rows and columns when it is turned upright; a mirrored rectangle stands.
    pub(super) fn seen(&self) -> (usize, usize) {
        let (rows, cols) = (self.shape.rows as usize, self.shape.cols as usize);
        if self.mirrored { (cols, rows) } else { (rows, cols) }
    }

    /// The place among the cells of a place in the upright symbol, in modules from its upper left
    /// corner.
    pub(super) fn place(&self, x: f32, y: f32) -> (f32, f32) {
        let (cols, rows) = self.size();
        let (left, top) = (self.col as f32, self.row as f32);
        let (right, bottom) = (left + cols as f32, top + rows as f32);
        match self.turned {
            0 => (left + x, top + y),
            1 => (right - y, top + x),
            2 => (right - x, bottom - y),
            _ => (left + y, bottom - x),
        }
    }

    /// Whether both are the same symbol in the same place.
    pub(super) fn same(&self, other: &Self) -> bool {
        let key = |frame: &Self| {
            (frame.shape, frame.col, frame.row, frame.turned, frame.inverted, frame.mirrored)
        };
        key(self) == key(other)
    }

    /// How sure it is, from 0 (chance) on: more finder that fits is more certain.
    pub(super) fn rank(&self) -> f32 {
        let (rows, cols) = (self.shape.rows, self.shape.cols);
        let modules = 2 * (self.shape.across * rows + self.shape.down * cols);
        (self.fit - 0.3) * (modules as f32).sqrt()
    }
}

/// Sums from the first cell of each row and column on.
struct Sums {
    cols: usize,
    rows: usize,
    /// Darkness along rows and along columns, and the same with alternating sign.
    along: [Vec<f32>; 2],
    alternating: [Vec<f32>; 2],
}

impl Sums {
    fn new(cells: &Cells) -> Self {
        let (cols, rows) = (cells.cols(), cells.rows());
        let empty = || vec![0.0; (cols + 1) * (rows + 1)];
        let (mut along, mut alternating) = ([empty(), empty()], [empty(), empty()]);
        for row in 0..rows {
            for col in 0..cols {
                let value = cells.at(row, col).clamp(-1.0, 1.0);
                let signed = if (row + col).is_multiple_of(2) { value } else { -value };
                let at = row * (cols + 1) + col;
                along[0][at + 1] = along[0][at] + value;
                alternating[0][at + 1] = alternating[0][at] + signed;
                along[1][at + cols + 1] = along[1][at] + value;
                alternating[1][at + cols + 1] = alternating[1][at] + signed;
            }
        }
        Self { cols, rows, along, alternating }
    }

    /// Sum over `length` cells of a row from `col` on.
    fn row(&self, of: &[Vec<f32>; 2], row: usize, col: usize, length: usize) -> f32 {
        let at = row * (self.cols + 1) + col;
        of[0][at + length] - of[0][at]
    }

    /// Sum over `length` cells of a column from `row` on.
    fn col(&self, of: &[Vec<f32>; 2], row: usize, col: usize, length: usize) -> f32 {
        let at = row * (self.cols + 1) + col;
        of[1][at + length * (self.cols + 1)] - of[1][at]
    }
}

/// How well the finder of a symbol fits, once its cells are known better: they begin one cell
/// left of it and one above.
pub(super) fn refit(cells: &Cells, frame: &Frame) -> f32 {
    let frame = Frame { col: 1, row: 1, turned: 0, ..*frame };
    fit(&Sums::new(cells), &frame, frame.size())
}

/// Sums over the shortest solid side from each cell on, with empty cells around.
struct Short {
    /// Rightwards; with an empty row above and one below.
    across: Vec<f32>,
    /// Downwards; with an empty column on the left and one on the right.
    down: Vec<f32>,
    /// Columns and rows where such a side can begin.
    cols: usize,
    rows: usize,
}

impl Short {
    /// `None` where there is no room for such a side.
    fn new(sums: &Sums) -> Option<Self> {
        let (cols, rows) = (sums.cols.checked_sub(SHORTEST - 1)?, sums.rows);
        let rows = rows.checked_sub(SHORTEST - 1)?;
        if cols == 0 || rows == 0 {
            return None;
        }
        let stride = sums.cols + 1;
        let mut across = vec![0.0; cols];
        for line in sums.along[0].chunks_exact(stride).take(sums.rows) {
            across.extend(line.iter().zip(&line[SHORTEST..]).map(|(from, to)| to - from));
        }
        across.resize(across.len() + cols, 0.0);
        let mut down = Vec::with_capacity((sums.cols + 2) * rows);
        for row in 0..rows {
            let from = &sums.along[1][row * stride..][..sums.cols];
            let to = &sums.along[1][(row + SHORTEST) * stride..][..sums.cols];
            down.push(0.0);
            down.extend(from.iter().zip(to).map(|(from, to)| to - from));
            down.push(0.0);
        }
        Some(Self { across, down, cols, rows })
    }
}

/// Symbols that may be among these cells, the likeliest first; those of the ways to turn them that
/// were looked at before the time was `over`.
pub(super) fn frames(
    cells: &Cells,
    finders: Finders,
    wanted: impl Fn(&Shape) -> bool,
    over: impl Fn() -> bool,
) -> Vec<Frame> {
    if over() {
        return Vec::new();
    }
    let by = if finders == Finders::Lost { By::OneSide } else { By::Lattice };
    let sums = Sums::new(cells);
    let mut frames = Vec::new();
    let Some(short) = Short::new(&sums) else { return frames };
    let both = SHAPES.iter().filter(|shape| wanted(shape)).flat_map(|shape| {
        let ways: &[bool] = if shape.rows == shape.cols { &[false] } else { &[false, true] };
        ways.iter().map(move |mirrored| (shape, *mirrored))
    });
    for turned in 0..4 {
        let frame = |(shape, mirrored)| {
            let inverted = false;
            Frame { shape, col: 0, row: 0, turned, inverted, mirrored, by, fit: 0.0 }
        };
        let outlines: Vec<(usize, usize, Frame)> = both
            .clone()
            .map(frame)
            .map(|frame| (frame.size().0, frame.size().1, frame))
            .filter(|(cols, rows, _)| *cols <= sums.cols && *rows <= sums.rows)
            .collect();
        if outlines.is_empty() {
            continue;
        }
        let corners = corners(&short, sums.rows, turned, finders).into_iter().take(CORNERS);
        for corner in corners.take_while(|_| !over()) {
            for (cols, rows, frame) in &outlines {
                frames.extend(corner.frame(&sums, (*cols, *rows), frame));
            }
        }
    }
    frames.sort_unstable_by(|a: &Frame, b: &Frame| b.rank().total_cmp(&a.rank()));
    frames
}

/// Cells where two solid sides may meet, one of which may be lost.
fn corners(short: &Short, rows: usize, turned: u8, finders: Finders) -> Vec<Corner> {
    let mut corners = Vec::new();
    let lost = finders == Finders::Lost;
    let least = CHANGES[usize::from(finders != Finders::Clear)] * SHORTEST as f32;
    let (leftwards, downwards) = (matches!(turned, 2 | 3), matches!(turned, 1 | 2));
    let mut changes = vec![0.0_f32; short.cols];
    for row in 0..rows {
        let top = if downwards { Some(row) } else { (row + 1).checked_sub(SHORTEST) };
        let Some(top) = top.filter(|top| *top < short.rows) else { continue };
        // Beyond the solid sides it is light: somewhere it must change.
        let line = |row: usize| &short.across[row * short.cols..][..short.cols];
        let (across, below) = (line(row + 1), line(if downwards { row } else { row + 2 }));
        let down = &short.down[top * (short.cols + SHORTEST + 1)..][..=short.cols + SHORTEST];
        let (at, next) = if leftwards { (SHORTEST, SHORTEST + 1) } else { (1, 0) };
        let (down, beside) = (&down[at..][..short.cols], &down[next..][..short.cols]);
        let sides = across.iter().zip(below).zip(down.iter().zip(beside));
        if lost {
            for (change, ((across, below), (down, beside))) in changes.iter_mut().zip(sides) {
                let (a, b) = ((across - below).abs(), (down - beside).abs());
                *change = 2.0 * if a > b { a } else { b };
            }
        } else {
            for (change, ((across, below), (down, beside))) in changes.iter_mut().zip(sides) {
                *change = (across + down - below - beside).abs();
            }
        }
        for (left, change) in changes.iter().enumerate() {
            if *change > least {
                let col = if leftwards { left + SHORTEST - 1 } else { left };
                let sides = [across[left], below[left], down[left], beside[left]];
                let inverted = solid(sides, lost).map(|solid| solid < 0.0);
                corners.extend(inverted.map(|inverted| Corner { row, col, inverted }));
            }
        }
    }
    corners
}

/// How dark the solid sides of a corner are, if there are some: across and what is below it, down
/// and what is beside it.
fn solid([across, below, down, beside]: [f32; 4], lost: bool) -> Option<f32> {
    let enough = SOLID * SHORTEST as f32;
    let (solid, outer) = match (across.abs() >= enough, down.abs() >= enough) {
        (true, true) if (across < 0.0) == (down < 0.0) && !lost => (across + down, below + beside),
        // Where the dot is burnt out it is as light as the ground.
        (true, true) if lost && across > 0.0 && down < 0.0 => (2.0 * across, 2.0 * below),
        (true, true) if lost && down > 0.0 && across < 0.0 => (2.0 * down, 2.0 * beside),
        (true, false) if lost => (2.0 * across, 2.0 * below),
        (false, true) if lost => (2.0 * down, 2.0 * beside),
        _ => return None,
    };
    let change = solid - outer;
    (change.abs() > CHANGES[1] * SHORTEST as f32 && change * solid > 0.0).then_some(solid)
}

/// A cell where two solid sides meet.
struct Corner {
    row: usize,
    col: usize,
    inverted: bool,
}

impl Corner {
    /// The symbol of so many columns and rows of cells that has its corner here, if it fits.
    fn frame(&self, sums: &Sums, (cols, rows): (usize, usize), frame: &Frame) -> Option<Frame> {
        let col = if matches!(frame.turned, 2 | 3) {
            (self.col + 1).checked_sub(cols)?
        } else {
            self.col
        };
        let row = if matches!(frame.turned, 1 | 2) {
            self.row
        } else {
            (self.row + 1).checked_sub(rows)?
        };
        if col + cols > sums.cols || row + rows > sums.rows {
            return None;
        }
        let mut frame = Frame { col, row, inverted: self.inverted, ..*frame };
        frame.fit = fit(sums, &frame, (cols, rows));
        (frame.fit > FITS).then_some(frame)
    }
}

/// A glance at the sides around it, before those inside are looked at.
fn outer_fits(sums: &Sums, frame: &Frame, (cols, rows): (usize, usize)) -> bool {
    let (solid_right, solid_top) = (matches!(frame.turned, 2 | 3), matches!(frame.turned, 1 | 2));
    let sign = if frame.inverted { -1.0 } else { 1.0 };
    let length = (rows + cols) as f32;
    let (right, bottom) = (frame.col + cols - 1, frame.row + rows - 1);
    let (leg, far) = if solid_right { (right, frame.col) } else { (frame.col, right) };
    let (foot, head) = if solid_top { (frame.row, bottom) } else { (bottom, frame.row) };
    let clocks = || {
        let clocks = clock_of_col(sums, frame, far, rows, solid_top)
            + clock_of_row(sums, frame, head, cols, solid_right);
        sign * clocks
    };
    if frame.by == By::OneSide {
        return clocks() >= 0.5 * length;
    }
    let solid = sign
        * (sums.col(&sums.along, frame.row, leg, rows)
            + sums.row(&sums.along, foot, frame.col, cols));
    solid >= SOLID * length && solid + clocks() > 2.0 * OUTER * length
}

/// Mean agreement of all finders of the symbol, regions inside it included.
fn fit(sums: &Sums, frame: &Frame, (cols, rows): (usize, usize)) -> f32 {
    if !outer_fits(sums, frame, (cols, rows)) {
        return 0.0;
    }
    let (seen_rows, seen_cols) = frame.seen();
    let (down, across) = if frame.mirrored {
        (frame.shape.across, frame.shape.down)
    } else {
        (frame.shape.down, frame.shape.across)
    };
    let (region_rows, region_cols) = (seen_rows / down as usize, seen_cols / across as usize);
    let (step_cols, step_rows) = if frame.turned.is_multiple_of(2) {
        (region_cols, region_rows)
    } else {
        (region_rows, region_cols)
    };
    // Of the two lines at each border: which side of a region is solid, which alternates.
    let (solid_right, solid_top) = (matches!(frame.turned, 2 | 3), matches!(frame.turned, 1 | 2));
    let sign = if frame.inverted { -1.0 } else { 1.0 };
    let (mut sum, mut worst) = (0.0, f32::MAX);
    let bars_down = cols / step_cols;
    for bar in 0..bars_down {
        let (left, right) = (frame.col + bar * step_cols, frame.col + (bar + 1) * step_cols - 1);
        let (solid, clock) = if solid_right { (right, left) } else { (left, right) };
        let solid = sign * sums.col(&sums.along, frame.row, solid, rows);
        let clock = sign * clock_of_col(sums, frame, clock, rows, solid_top);
        sum += solid + clock;
        worst = worst.min(solid / rows as f32).min(clock / rows as f32);
    }
    let bars_across = rows / step_rows;
    for bar in 0..bars_across {
        let (top, bottom) = (frame.row + bar * step_rows, frame.row + (bar + 1) * step_rows - 1);
        let (solid, clock) = if solid_top { (top, bottom) } else { (bottom, top) };
        let solid = sign * sums.row(&sums.along, solid, frame.col, cols);
        let clock = sign * clock_of_row(sums, frame, clock, cols, solid_right);
        sum += solid + clock;
        worst = worst.min(solid / cols as f32).min(clock / cols as f32);
    }
    let count = 2 * (bars_down * rows + bars_across * cols);
    if frame.by == By::OneSide {
        let leg = if solid_right { frame.col + cols - 1 } else { frame.col };
        let foot = if solid_top { frame.row } else { frame.row + rows - 1 };
        let leg = sign * sums.col(&sums.along, frame.row, leg, rows) / rows as f32;
        let foot = sign * sums.row(&sums.along, foot, frame.col, cols) / cols as f32;
        let (least, length) = if leg < foot { (leg, rows) } else { (foot, cols) };
        return (sum - least * length as f32) / (count - length) as f32 - LOST;
    }
    // One side may be lost altogether, but then the others must be good.
    sum / count as f32 - 0.12 * (0.4 - worst).max(0.0)
}

/// A column that alternates, dark where it meets the solid row.
fn clock_of_col(sums: &Sums, frame: &Frame, col: usize, rows: usize, solid_top: bool) -> f32 {
    let dark = if solid_top { frame.row } else { frame.row + rows - 1 };
    let sum = sums.col(&sums.alternating, frame.row, col, rows);
    if (dark + col).is_multiple_of(2) { sum } else { -sum }
}

/// A row that alternates, dark where it meets the solid column.
fn clock_of_row(sums: &Sums, frame: &Frame, row: usize, cols: usize, solid_right: bool) -> f32 {
    let dark = if solid_right { frame.col + cols - 1 } else { frame.col };
    let sum = sums.row(&sums.alternating, row, frame.col, cols);
    if (dark + row).is_multiple_of(2) { sum } else { -sum }
}
