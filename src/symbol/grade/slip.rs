//! A lattice that has slipped by a module somewhere, put right: now that all colours are known,
//! each part of the symbol can be looked for near its place.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a symbol has at most 144 modules a side"
)]
use crate::symbol::cells::Cells;
use crate::symbol::grey::Grey;
use crate::symbol::layout::Layout;
use crate::symbol::reader::Symbol;
use crate::symbol::warp::{Sight, Warp};

/// Share of modules of the wrong colour from which on the lattice is suspected.
const SUSPECT: f32 = 0.03;
/// Modules along the side of a part.
const PART: usize = 5;
/// Where each part is looked for, in modules from its place; its place comes first.
const SHIFTS: [f32; 5] = [0.0, -0.5, 0.5, -1.0, 1.0];
/// A part must be found so much more clearly elsewhere to be believed there.
const CLEARER: f32 = 1.15;

/// A better lattice and the brightness of the modules in it. `None` where the reader's is good, or
/// nothing better is found.
pub(super) fn mended(
    grey: &Grey<'_>,
    symbol: &Symbol,
    samples: &Cells,
    layout: &Layout,
) -> Option<(Warp, Cells)> {
    let before = wrong(samples, layout, symbol.inverted);
    if before < SUSPECT {
        return None;
    }
    let middle = middle(samples, layout);
    let mut sights = Vec::new();
    let count = |length: usize| length.div_ceil(PART);
    for down in 0..count(layout.rows) {
        for across in 0..count(layout.cols) {
            let span = |at: usize, length: usize| {
                // The outermost parts hold on to the quiet zone.
                let from = (at * PART) as i32 - i32::from(at == 0);
                let last = ((at + 1) * PART).min(length) as i32;
                from..last + i32::from(last == length as i32)
            };
            let part = (span(down, layout.rows), span(across, layout.cols));
            sights.push(sight(grey, symbol, layout, part, middle));
        }
    }
    let terms = match sights.len() {
        0..4 => return None,
        4..12 => 4,
        12..25 => 6,
        _ => 10,
    };
    let warp = Warp::fit(&sights, terms)?;
    let size = (layout.cols + 2, layout.rows + 2);
    let cells = Cells::measure(grey, &warp, (-1, -1), size, 0.5);
    (wrong(&cells, layout, symbol.inverted) < before).then_some((warp, cells))
}

/// Where a part of the symbol is seen best.
fn sight(
    grey: &Grey<'_>,
    symbol: &Symbol,
    layout: &Layout,
    (rows, cols): (std::ops::Range<i32>, std::ops::Range<i32>),
    middle: f32,
) -> Sight {
    let fit = |du: f32, dv: f32| {
        let mut sum = 0.0;
        for row in rows.clone() {
            let along = symbol.grid.along(row as f32 + 0.5 + dv);
            for col in cols.clone() {
                let (x, y) = along(col as f32 + 0.5 + du);
                let light = grey.between(x, y) - middle;
                let dark = layout.dark[layout.at(row, col)] != symbol.inverted;
                sum += if dark { -light } else { light };
            }
        }
        sum
    };
    let mut best = (fit(0.0, 0.0) * CLEARER, (0.0, 0.0));
    for (du, dv) in SHIFTS.into_iter().flat_map(|du| SHIFTS.map(|dv| (du, dv))).skip(1) {
        let found = fit(du, dv);
        if found > best.0 {
            best = (found, (du, dv));
        }
    }
    let half = |span: &std::ops::Range<i32>| f32::midpoint(span.start as f32, span.end as f32);
    let (u, v) = (half(&cols), half(&rows));
    let (x, y) = symbol.grid.at(u + best.1.0, v + best.1.1);
    Sight { u, v, x, y, weight: best.0.max(1.0) }
}

/// Half way between the mean dark and the mean light module.
fn middle(samples: &Cells, layout: &Layout) -> f32 {
    let mean = |dark: bool| {
        let cells = samples.values().iter().zip(&layout.dark).filter(|(_, is)| **is == dark);
        let (sum, count) = cells.fold((0.0, 0.0_f32), |(s, n), (v, _)| (s + v, n + 1.0));
        sum / count.max(1.0)
    };
    f32::midpoint(mean(true), mean(false))
}

/// Share of modules whose colour is not what it should be.
fn wrong(samples: &Cells, layout: &Layout, inverted: bool) -> f32 {
    let middle = middle(samples, layout);
    let cells = samples.values().iter().zip(&layout.dark);
    let wrong = cells.filter(|(value, dark)| ((**value < middle) != inverted) != **dark).count();
    wrong as f32 / layout.dark.len() as f32
}
