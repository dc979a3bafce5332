//! Grades as pictures: SVG, written here, dressed by the style sheet.
use super::picture::letter_of;
use std::fmt::Write as _;

/// The size of a chart in its own units; the page stretches it.
const WIDE: f64 = 600.0;
const HIGH: f64 = 200.0;
/// Room for the letters at the right.
const LETTERS: f64 = 28.0;
/// A sparkline.
const SPARK: (f64, f64) = (160.0, 36.0);
/// Where one letter ends and the next begins, in tenths of a grade (ISO/IEC 15415).
const BORDERS: [f64; 4] = [35.0, 25.0, 15.0, 5.0];
const BEST: f64 = 40.0;
/// Growth beyond its limit is drawn up to this, in hundredths.
const GROWTH: f64 = 150.0;

/// From when to when, and how long nothing may come before a line breaks off; microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) gap: i64,
}

impl Scale {
    #[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
    fn x(self, at: i64, wide: f64) -> f64 {
        let length = (self.to - self.from).max(1) as f64;
        ((at - self.from) as f64 / length * wide).clamp(0.0, wide)
    }
}

/// One line of a chart.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) class: &'static str,
    pub(super) points: &'a [(i64, f64)],
}

/// Grades over time, with the letters at the side, the least grade, and where it gets close to it.
pub(super) fn grades(scale: Scale, lines: &[Line<'_>], least: Option<u8>) -> String {
    let wide = WIDE - LETTERS;
    let y = |grade: f64| HIGH - grade.clamp(0.0, BEST) / BEST * HIGH;
    let mut svg = open(WIDE, HIGH, "Grade over time");
    let mut top = BEST;
    for border in BORDERS.into_iter().chain([0.0]) {
        let (from, to, letter) = (y(top), y(border), letter_of(border));
        let _ = write!(
            svg,
            "<rect class=\"band {letter}\" x=\"0\" y=\"{from:.1}\" width=\"{wide}\" height=\"{:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{letter}</text>",
            to - from,
            wide + 8.0,
            f64::midpoint(from, to) + 5.0,
        );
        top = border;
    }
    if let Some(least) = least {
        let least = f64::from(least);
        for (class, at) in [("close", least + 5.0), ("least", least)] {
            level(&mut svg, class, y(at), wide);
        }
    }
    for line in lines {
        curve(&mut svg, scale, line, wide, y);
    }
    svg + "</svg>"
}

/// Print growth over time, between its limits.
pub(super) fn growth(scale: Scale, lines: &[Line<'_>]) -> String {
    let high = HIGH / 2.0;
    let wide = WIDE - LETTERS;
    let y = |growth: f64| high / 2.0 - growth.clamp(-GROWTH, GROWTH) / GROWTH * high / 2.0;
    let mut svg = open(WIDE, high, "Print growth over time");
    for (class, at, words) in [("least", 100.0, "+1"), ("zero", 0.0, "0"), ("least", -100.0, "−1")]
    {
        level(&mut svg, class, y(at), wide);
        let _ =
            write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{words}</text>", wide + 6.0, y(at) + 5.0);
    }
    for line in lines {
        curve(&mut svg, scale, line, wide, y);
    }
    svg + "</svg>"
}

/// One parameter over time.
pub(super) fn spark(scale: Scale, points: &[(i64, f64)]) -> String {
    let (wide, high) = SPARK;
    let mut svg = open(wide, high, "over time");
    let y = |grade: f64| high - 2.0 - grade.clamp(0.0, BEST) / BEST * (high - 4.0);
    curve(&mut svg, scale, &Line { class: "mean", points }, wide, y);
    svg + "</svg>"
}

/// Shares of the letters as one bar.
#[expect(clippy::cast_precision_loss, reason = "numbers of symbols")]
pub(super) fn shares(letters: &[(char, i64)]) -> String {
    let all = letters.iter().map(|(_, n)| *n).sum::<i64>().max(1) as f64;
    let mut svg = open(WIDE, 36.0, "Share of each letter");
    let mut x = 0.0;
    for (letter, n) in letters.iter().filter(|(_, n)| *n > 0) {
        let wide = *n as f64 / all * WIDE;
        let _ = write!(
            svg,
            "<rect class=\"share {letter}\" x=\"{x:.1}\" width=\"{wide:.1}\" height=\"36\"/>"
        );
        if wide > 24.0 {
            let middle = x + wide / 2.0;
            let _ = write!(
                svg,
                "<text class=\"{letter}\" x=\"{middle:.1}\" y=\"24\" text-anchor=\"middle\">{letter}</text>"
            );
        }
        x += wide;
    }
    svg + "</svg>"
}

fn open(wide: f64, high: f64, title: &str) -> String {
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {wide} {high}\" role=\"img\"><title>{title}</title>"
    )
}

fn level(svg: &mut String, class: &str, y: f64, wide: f64) {
    let _ =
        write!(svg, "<line class=\"{class}\" x1=\"0\" x2=\"{wide}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
}

/// A line through the points; it breaks off where nothing was graded for a while, and a point that
/// stands alone is a dot.
fn curve(svg: &mut String, scale: Scale, line: &Line<'_>, wide: f64, y: impl Fn(f64) -> f64) {
    let mut last: Option<i64> = None;
    let mut path = String::new();
    for (at, value) in line.points {
        let goes_on = last.is_some_and(|last| at - last <= scale.gap);
        let step = if goes_on { 'L' } else { 'M' };
        let (x, y) = (scale.x(*at, wide), y(*value));
        // A stroke of no length with a round end is a dot.
        let dot = if goes_on { "" } else { "h0" };
        let _ = write!(path, "{step}{x:.1} {y:.1}{dot}");
        last = Some(*at);
    }
    if !path.is_empty() {
        let _ = write!(svg, "<path class=\"{}\" d=\"{path}\"/>", line.class);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale { from: 0, to: 100, gap: 20 };

    #[test]
    fn a_line_breaks_off_where_nothing_was_graded() {
        let points = [(0, 40.0), (10, 20.0), (90, 0.0)];
        let svg = grades(SCALE, &[Line { class: "mean", points: &points }], Some(15));
        assert!(svg.contains("d=\"M0.0 0.0h0L57.2 100.0M514.8 200.0h0\""), "{svg}");
        assert!(svg.contains("class=\"least\" x1=\"0\" x2=\"572\" y1=\"125.0\""), "{svg}");
    }

    #[test]
    fn shares_fill_the_bar_and_nothing_else() {
        let svg = shares(&[('A', 75), ('B', 25), ('C', 0)]);
        assert!(svg.contains("width=\"450.0\"") && svg.contains("x=\"450.0\" width=\"150.0\""));
        assert!(!svg.contains("share C"));
        assert_eq!(shares(&[]).matches("<rect").count(), 0);
    }

    #[test]
    fn growth_beyond_what_is_drawn_stays_in_the_picture() {
        let svg = growth(SCALE, &[Line { class: "mean", points: &[(50, 900.0)] }]);
        assert!(svg.contains("d=\"M286.0 0.0h0\""), "{svg}");
    }
}
