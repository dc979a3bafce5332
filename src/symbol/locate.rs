//! Where a symbol may be: places of a picture with many edges in both directions.
use super::grey::{Grey, Region};

/// Side of a block in pixels.
const BLOCK: usize = 4;
/// Blocks along the side of the window whose edges are summed.
const WINDOW: usize = 12;
/// Windows nearer than this, in blocks, are one place.
const APART: usize = 8;
/// A block this much brighter than its neighbour, in grey values, is no noise.
const FAINTEST: u32 = 3;

/// A place worth a look, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) x: usize,
    pub(super) y: usize,
    strength: u32,
    /// Its cell of the map.
    cell: usize,
}

/// The busy places of a picture.
pub(super) struct Map {
    /// The busiest first.
    pub(super) places: Vec<Place>,
    /// Strength of every cell, row by row.
    cells: Vec<u32>,
    across: usize,
}

impl Map {
    /// The busy places of a picture, at most so many.
    pub(super) fn new(grey: &Grey<'_>, most: usize) -> Self {
        let (cols, rows) = (grey.width() / BLOCK, grey.height() / BLOCK);
        if cols < 4 || rows < 4 {
            let place = Place { x: grey.width() / 2, y: grey.height() / 2, strength: 1, cell: 0 };
            return Self { places: vec![place], cells: vec![1], across: 1 };
        }
        let blocks = blocks(grey, cols, rows);
        let (sums, cols, rows) = windows(&blocks, cols, rows);
        let (mut places, cells, across) = peaks(&sums, cols, rows);
        places.sort_by(|a, b| b.strength.cmp(&a.strength).then((a.y, a.x).cmp(&(b.y, b.x))));
        let strongest = places.first().map_or(0, |place| place.strength);
        places.retain(|place| place.strength > strongest / 16);
        places.truncate(most);
        Self { places, cells, across }
    }

    /// How far the busy part around a place goes: left, top, right, bottom in pixels.
    pub(super) fn around(&self, place: &Place) -> [usize; 4] {
        let down = self.cells.len() / self.across;
        let mut seen = vec![false; self.cells.len()];
        let mut open = vec![place.cell];
        seen[place.cell] = true;
        let home = (place.cell % self.across, place.cell / self.across);
        let mut ends = [home.0, home.1, home.0, home.1];
        while let Some(at) = open.pop() {
            let (col, row) = (at % self.across, at / self.across);
            ends = [ends[0].min(col), ends[1].min(row), ends[2].max(col), ends[3].max(row)];
            for row in row.saturating_sub(1)..(row + 2).min(down) {
                for col in col.saturating_sub(1)..(col + 2).min(self.across) {
                    let next = row * self.across + col;
                    if !seen[next] && self.cells[next] * 3 > place.strength {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
        }
        let cell = BLOCK * APART;
        [
            ends[0] * cell,
            ends[1] * cell,
            (ends[2] + 1) * cell + reach(),
            (ends[3] + 1) * cell + reach(),
        ]
    }
}

/// The busiest places of a picture, the busiest first: where a symbol is most likely to be.
pub fn places(grey: &Grey<'_>, most: usize) -> Vec<Region> {
    let map = Map::new(grey, most);
    let pixels = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let place = |place: &Place| {
        let [left, top, right, bottom] = map.around(place);
        let (right, bottom) = (right.min(grey.width()), bottom.min(grey.height()));
        Region {
            x: pixels(left),
            y: pixels(top),
            width: pixels(right.saturating_sub(left)),
            height: pixels(bottom.saturating_sub(top)),
        }
    };
    map.places.iter().map(place).collect()
}

/// A window begins in its cell and goes so many pixels on.
const fn reach() -> usize {
    BLOCK * WINDOW
}

/// Sum of the pixels of each block.
fn blocks(grey: &Grey<'_>, cols: usize, rows: usize) -> Vec<u16> {
    let mut sums = vec![0; cols * rows];
    for (row, sums) in sums.chunks_exact_mut(cols).enumerate() {
        let [a, b, c, d] = [0, 1, 2, 3].map(|y| grey.row(BLOCK * row + y).chunks_exact(BLOCK));
        for (sum, (((a, b), c), d)) in sums.iter_mut().zip(a.zip(b).zip(c).zip(d)) {
            let four =
                |x: &[u8]| u16::from(x[0]) + u16::from(x[1]) + u16::from(x[2]) + u16::from(x[3]);
            *sum = four(a) + four(b) + four(c) + four(d);
        }
    }
    sums
}

/// For each window its edges in the direction that has fewer: writing, frames and rulers have
/// them in one direction. Answer: sums, and how many windows across and down.
fn windows(blocks: &[u16], cols: usize, rows: usize) -> (Vec<u32>, usize, usize) {
    let floor = FAINTEST * u32::try_from(BLOCK * BLOCK).expect("it is small");
    let edge = |a: u16, b: u16| u32::from(a.abs_diff(b)).saturating_sub(floor);
    let (wide, high) = (WINDOW.min(cols - 1), WINDOW.min(rows - 1));
    let (out_cols, out_rows) = (cols - wide, rows - high);
    let mut out = vec![0; out_cols * out_rows];
    let mut columns = vec![[0_u32; 2]; cols - 1];
    let mut lines: Vec<[u32; 2]> = Vec::with_capacity((cols - 1) * (rows - 1));
    for row in 0..rows - 1 {
        let here = &blocks[row * cols..(row + 1) * cols];
        let below = &blocks[(row + 1) * cols..(row + 2) * cols];
        let pairs = here.windows(2).zip(below);
        lines.extend(pairs.map(|(pair, below)| [edge(pair[0], pair[1]), edge(pair[0], *below)]));
        let line = &lines[row * (cols - 1)..];
        for (sum, edges) in columns.iter_mut().zip(line) {
            sum[0] += edges[0];
            sum[1] += edges[1];
        }
        if row >= high {
            for (sum, edges) in columns.iter_mut().zip(&lines[(row - high) * (cols - 1)..]) {
                sum[0] -= edges[0];
                sum[1] -= edges[1];
            }
        }
        if row + 1 >= high {
            let out = &mut out[(row + 1 - high) * out_cols..][..out_cols];
            let mut sum = [0, 0];
            for (col, edges) in columns.iter().enumerate() {
                sum = [sum[0] + edges[0], sum[1] + edges[1]];
                if col >= wide {
                    sum = [sum[0] - columns[col - wide][0], sum[1] - columns[col - wide][1]];
                }
                if col + 1 >= wide {
                    out[col + 1 - wide] = sum[0].min(sum[1]);
                }
            }
        }
    }
    (out, out_cols, out_rows)
}

/// The strongest window of each neighbourhood; strength of all cells, and how many stand side by
/// side.
fn peaks(sums: &[u32], cols: usize, rows: usize) -> (Vec<Place>, Vec<u32>, usize) {
    let (across, down) = (cols.div_ceil(APART), rows.div_ceil(APART));
    let mut cells = vec![(0_u32, 0_usize); across * down];
    for (row, line) in sums.chunks_exact(cols).enumerate() {
        for (cell, part) in line.chunks(APART).enumerate() {
            let best = &mut cells[row / APART * across + cell];
            for (col, sum) in part.iter().enumerate() {
                if *sum > best.0 {
                    *best = (*sum, row * cols + cell * APART + col);
                }
            }
        }
    }
    let mut places = Vec::new();
    for (at, (strength, place)) in cells.iter().enumerate() {
        let (col, row) = (at % across, at / across);
        let (x, y) = (place % cols, place / cols);
        let beaten = |r: usize, c: usize| {
            let (other, there) = cells[r * across + c];
            let close = x.abs_diff(there % cols).max(y.abs_diff(there / cols)) <= APART;
            close && (other, place) > (*strength, &there)
        };
        let near = (row.saturating_sub(1)..(row + 2).min(down))
            .flat_map(|r| (col.saturating_sub(1)..(col + 2).min(across)).map(move |c| (r, c)));
        if *strength > 0 && !near.into_iter().any(|(r, c)| beaten(r, c)) {
            let (x, y) = (x * BLOCK + reach() / 2, y * BLOCK + reach() / 2);
            places.push(Place { x, y, strength: *strength, cell: at });
        }
    }
    (places, cells.into_iter().map(|(strength, _)| strength).collect(), across)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busy_place_is_the_first_and_an_empty_picture_has_none() {
        let (width, height) = (320, 240);
        let mut luma = vec![200_u8; width * height];
        assert!(Map::new(&Grey::new(&luma, 320, 240).unwrap(), 9).places.is_empty());
        for (at, pixel) in luma.iter_mut().enumerate() {
            let (x, y) = (at % width, at / width);
            let inside = (200..260).contains(&x) && (60..120).contains(&y);
            if inside && (x / 5 * 7 + y / 5 * 11) % 3 == 0 {
                *pixel = 30;
            }
        }
        let map = Map::new(&Grey::new(&luma, 320, 240).unwrap(), 9);
        let first = map.places[0];
        assert!((190..270).contains(&first.x) && (50..130).contains(&first.y), "{first:?}");
        let [left, top, right, bottom] = map.around(&first);
        assert!(left <= 200 && top <= 60 && right >= 260 && bottom >= 120);
        assert!(right - left < 160 && bottom - top < 160);
    }
}
