//! Drawings of a report as SVG: the map of modules, the histogram.
use crate::grading::whole_percent;
use crate::symbol::grade::Grade;
use crate::symbol::{self, LEVEL_COLOURS};
use std::fmt::Write as _;

/// Side of a cell of the map.
const CELL: usize = 24;
/// Measures of the histogram.
const WIDE: f32 = 600.0;
const HIGH: f32 = 120.0;

/// Modulation of every module in percent, in the colour of its level, numbered from -1.
pub(super) fn module_map(grade: &Grade) -> String {
    let cells = &grade.modulation;
    let (rows, cols) = (cells.rows(), cells.cols());
    let (width, height) = ((cols + 1) * CELL, (rows + 1) * CELL);
    let mut svg = format!(
        "<svg class=\"map\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-label=\"modulation of every module in percent\">"
    );
    for at in 0..cols {
        number(&mut svg, at, (at + 1, 0));
    }
    for row in 0..rows {
        number(&mut svg, row, (0, row + 1));
        for col in 0..cols {
            let value = cells.at(row, col);
            let [red, green, blue] = LEVEL_COLOURS[symbol::level(value)];
            let (x, y) = ((col + 1) * CELL, (row + 1) * CELL);
            let side = CELL - 1;
            let wrong = grade.damaged.contains(&(before(row), before(col)));
            let class = if wrong { " class=\"wrong\"" } else { "" };
            // Writing into a text cannot fail.
            let _ = write!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" \
                 fill=\"#{red:02x}{green:02x}{blue:02x}\"{class}/><text x=\"{}\" y=\"{}\">{}</text>",
                x + CELL / 2,
                y + CELL / 2 + 4,
                whole_percent(value)
            );
        }
    }
    svg + "</svg>"
}

/// The number of the row or column that is so many behind the quiet zone's.
fn before(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX) - 1
}

fn number(svg: &mut String, at: usize, (col, row): (usize, usize)) {
    let (x, y) = (col * CELL + CELL / 2, row * CELL + CELL / 2 + 4);
    let _ = write!(svg, "<text class=\"number\" x=\"{x}\" y=\"{y}\">{}</text>", before(at));
}

/// How many modules have which reflectance; the threshold, the darkest, the brightest.
#[expect(clippy::cast_precision_loss, reason = "some ten thousand modules")]
pub(super) fn histogram(bins: &[usize], grade: &Grade) -> String {
    let most = bins.iter().copied().max().unwrap_or(0).max(1) as f32;
    let width = WIDE / bins.len().max(1) as f32;
    let mut svg = format!(
        "<svg class=\"histogram\" viewBox=\"-10 -24 {} {}\" role=\"img\" \
         aria-label=\"reflectance of the modules\">",
        WIDE + 20.0,
        HIGH + 48.0
    );
    for (at, count) in bins.iter().enumerate() {
        let (x, height) = (at as f32 * width, HIGH * *count as f32 / most);
        let dark = (at as f32 + 0.5) / (bins.len() as f32) < grade.threshold;
        let class = if dark { "dark" } else { "light" };
        let (y, wide) = (HIGH - height, width * 0.9);
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" \
             height=\"{height:.1}\"/>"
        );
    }
    let _ = write!(svg, "<path d=\"M0 {HIGH}H{WIDE}\"/>");
    for tenth in 0_u8..=10 {
        let x = WIDE * f32::from(tenth) / 10.0;
        let y = HIGH + 16.0;
        let _ =
            write!(svg, "<text class=\"number\" x=\"{x:.0}\" y=\"{y:.0}\">{}</text>", tenth * 10);
    }
    for (name, value) in
        [("threshold", grade.threshold), ("Rmin", grade.darkest), ("Rmax", grade.brightest)]
    {
        let x = WIDE * value.clamp(0.0, 1.0);
        let at = x.clamp(24.0, WIDE - 24.0);
        let _ = write!(
            svg,
            "<path class=\"mark\" d=\"M{x:.1} -6V{HIGH}\"/>\
             <text x=\"{at:.0}\" y=\"-10\">{name} {:.0} %</text>",
            value * 100.0
        );
    }
    svg + "</svg>"
}
