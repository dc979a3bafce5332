//! Where a symbol may be: places of a picture with many edges in both directions.
use super::grey::{Grey, Region};

/// Side of a block in pixels.
const BLOCK: usize = 4;
/// Blocks along the side of the window whose edges are summed.
const WINDOW: usize = 12;
/// Windows nearer than this, in blocks, are one place.
const APART: usize = 8;
/// A block this much brighter than its neighbour is no noise: three grey values for each pixel.
const FAINTEST: u16 = 48;

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
        let lines = [0, 1, 2, 3].map(|y| &grey.row(BLOCK * row + y)[..BLOCK * cols]);
        let [a, b, c, d] = lines.map(|line| line.as_chunks::<8>().0.iter());
        let (pairs, last) = sums.as_chunks_mut::<2>();
        for (pair, (((a, b), c), d)) in pairs.iter_mut().zip(a.zip(b).zip(c).zip(d)) {
            let sum = neighbours(*a) + neighbours(*b) + neighbours(*c) + neighbours(*d);
            let sum = (sum + (sum >> 16)).to_le_bytes();
            *pair = [[sum[0], sum[1]], [sum[4], sum[5]]].map(u16::from_le_bytes);
        }
        for sum in last {
            let pixels = lines.iter().flat_map(|line| &line[BLOCK * (cols - 1)..]);
            *sum = pixels.map(|pixel| u16::from(*pixel)).sum();
        }
    }
    sums
}

/// Eight pixels added two by two, in four lanes of sixteen bits.
fn neighbours(eight: [u8; 8]) -> u64 {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let eight = u64::from_le_bytes(eight);
    (eight & EVEN) + (eight >> 8 & EVEN)
}

/// For each window its edges in the direction that has fewer: writing, frames and rulers have
/// them in one direction. Answer: sums, and how many windows across and down.
fn windows(blocks: &[u16], cols: usize, rows: usize) -> (Vec<u32>, usize, usize) {
    let (wide, high) = (WINDOW.min(cols - 1), WINDOW.min(rows - 1));
    let (out_cols, out_rows) = (cols - wide, rows - high);
    let mut out = vec![0; out_cols * out_rows];
    // Twelve edges of sixteen pixels are less than sixteen bits.
    let mut columns = [vec![0_u16; cols - 1], vec![0_u16; cols - 1]];
    for row in 0..rows - 1 {
        edges(blocks, cols, row, &mut columns, u16::wrapping_add);
        if let Some(gone) = row.checked_sub(high) {
            edges(blocks, cols, gone, &mut columns, u16::wrapping_sub);
        }
        if let Some(row) = (row + 1).checked_sub(high) {
            least(&columns, wide, &mut out[row * out_cols..][..out_cols]);
        }
    }
    (out, out_cols, out_rows)
}

/// Adds the edges of a row of blocks to the columns, to the right and down, or takes them away.
fn edges(
    blocks: &[u16],
    cols: usize,
    row: usize,
    [across, down]: &mut [Vec<u16>; 2],
    put: impl Fn(u16, u16) -> u16,
) {
    let (here, below) = blocks[row * cols..][..2 * cols].split_at(cols);
    let edge = |a: u16, b: u16| a.abs_diff(b).saturating_sub(FAINTEST);
    for (sum, (a, b)) in across.iter_mut().zip(here.iter().zip(&here[1..])) {
        *sum = put(*sum, edge(*a, *b));
    }
    for (sum, (a, b)) in down.iter_mut().zip(here.iter().zip(below)) {
        *sum = put(*sum, edge(*a, *b));
    }
}

/// The lesser sum of each window of columns.
fn least([across, down]: &[Vec<u16>; 2], wide: usize, out: &mut [u32]) {
    let first = |of: &[u16]| of[..wide].iter().map(|edges| u32::from(*edges)).sum::<u32>();
    let (mut a, mut b) = (first(across), first(down));
    let entering = across[wide..].iter().zip(&down[wide..]).chain([(&0, &0)]);
    let leaving = across.iter().zip(down);
    for (out, ((into_a, into_b), (from_a, from_b))) in out.iter_mut().zip(entering.zip(leaving)) {
        *out = a.min(b);
        a = a + u32::from(*into_a) - u32::from(*from_a);
        b = b + u32::from(*into_b) - u32::from(*from_b);
    }
}

/// The strongest window of each neighbourhood; strength of all cells, and how many stand side by
/// side.
fn peaks(sums: &[u32], cols: usize, rows: usize) -> (Vec<Place>, Vec<u32>, usize) {
    let (across, down) = (cols.div_ceil(APART), rows.div_ceil(APART));
    let mut cells = vec![(0_u32, 0_usize); across * down];
    for (row, line) in sums.chunks_exact(cols).enumerate() {
        for (cell, part) in line.chunks(APART).enumerate() {
            let best = &mut cells[row / APART * across + cell];
            let most = part.iter().copied().fold(0, u32::max);
            if most > best.0 {
                let col = part.iter().position(|sum| *sum == most).unwrap_or(0);
                *best = (most, row * cols + cell * APART + col);
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
