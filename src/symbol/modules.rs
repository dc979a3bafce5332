//! The modules of one square symbol: which are dark.
use super::sizes::Shape;

/// A square symbol, finder included, quiet zone not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    side: u32,
    dark: Vec<bool>,
}

/// Dark modules side by side in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Column of the first one.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// How many.
    pub length: u32,
}

impl Modules {
    /// Builds the finders around the data regions: dark on the left and at the bottom, alternating
    /// on the right and at the top. `inner` holds the data modules row by row.
    pub(super) fn framed(square: &Shape, inner: &[bool]) -> Self {
        let side = square.cols;
        let (region, inner_side) = (square.region().1, square.inner().1);
        let data = |at: u32| at / region * (region - 2) + at % region - 1;
        let dark = (0..side * side)
            .map(|at| (at % side, at / side))
            .map(|(x, y)| {
                let fixed = square.fixed(y, x);
                fixed.unwrap_or_else(|| inner[(data(y) * inner_side + data(x)) as usize])
            })
            .collect();
        Self { side, dark }
    }

    /// Modules along one side.
    pub fn side(&self) -> u32 {
        self.side
    }

    /// Whether the module in column `x` of row `y` is dark. Outside of the symbol none is.
    pub fn get(&self, x: u32, y: u32) -> bool {
        x < self.side && y < self.side && self.dark[(y * self.side + x) as usize]
    }

    /// The dark modules as horizontal runs, row by row: what drawing needs.
    pub fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (x, y) in (0..self.side).flat_map(|y| (0..self.side).map(move |x| (x, y))) {
            if !self.get(x, y) {
                continue;
            }
            match runs.last_mut() {
                Some(run) if run.y == y && run.x + run.length == x => run.length += 1,
                Some(_) | None => runs.push(Run { x, y, length: 1 }),
            }
        }
        runs
    }
}
