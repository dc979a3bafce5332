//! Time as a picture: SVG, written here, dressed by the style sheet.
use crate::line::LineState;
use crate::oee::{Account, Piece, Window};
use crate::telemetry::clock::Micros;
use std::fmt::Write as _;

/// The width of a picture in its own units; the page stretches it.
const WIDE: f64 = 1000.0;
const HIGH: f64 = 40.0;
/// A piece that is thinner than this is not seen.
const THIN: f64 = 0.2;

/// What the line did, from left to right.
pub(super) fn states(
    account: &Account,
    planned: &[Window],
    (from, to): (Micros, Micros),
) -> String {
    let x = |at: Micros| share_of(at.0 - from.0, to.0 - from.0).clamp(0.0, 1.0) * WIDE;
    let mut svg = open("timebar", "What the line did");
    let mut last: Option<(&str, f64, f64)> = None;
    for piece in &account.pieces {
        let (class, left, right) = (class_of(piece), x(piece.from), x(piece.to));
        last = match last {
            Some((was, start, end)) if was == class && left - end < THIN => {
                Some((was, start, right))
            }
            Some(done) => {
                draw(&mut svg, done);
                Some((class, left, right))
            }
            None => Some((class, left, right)),
        };
    }
    if let Some(done) = last {
        draw(&mut svg, done);
    }
    // What was not planned lies under a veil.
    let mut at = from;
    for window in planned {
        draw(&mut svg, ("unplanned", x(at), x(window.from)));
        at = window.to;
    }
    draw(&mut svg, ("unplanned", x(at), WIDE));
    svg + "</svg>"
}

/// A factor as a bar.
pub(super) fn share(figure: Option<f64>) -> String {
    let mut svg = open("factor", "share");
    let wide = figure.unwrap_or_default().clamp(0.0, 1.0) * WIDE;
    draw(&mut svg, ("rest", 0.0, WIDE));
    draw(&mut svg, ("share", 0.0, wide));
    svg + "</svg>"
}

/// A length beside the longest one.
pub(super) fn length(time: i64, longest: i64, is_quiet: bool) -> String {
    let mut svg = open("weight", "weight");
    let class = if is_quiet { "quiet" } else { "waits" };
    draw(&mut svg, (class, 0.0, share_of(time, longest).clamp(0.0, 1.0) * WIDE));
    svg + "</svg>"
}

/// How a piece looks. The same four as the big word of the line's page, and what nobody knows.
fn class_of(piece: &Piece) -> &'static str {
    use LineState as S;
    match piece.span.and_then(|span| span.state) {
        None => "unknown",
        Some(S::Execute) => "runs",
        Some(S::Held | S::Holding | S::Suspended | S::Suspending) => "waits",
        Some(S::Aborted | S::Aborting) => "alarm",
        Some(
            S::Stopped
            | S::Idle
            | S::Complete
            | S::Clearing
            | S::Starting
            | S::Stopping
            | S::Unholding
            | S::Unsuspending
            | S::Resetting
            | S::Completing,
        ) => "rest",
    }
}

fn open(class: &str, label: &str) -> String {
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {WIDE} {HIGH}\" preserveAspectRatio=\"none\" \
         role=\"img\" aria-label=\"{label}\">"
    )
}

fn draw(svg: &mut String, (class, left, right): (&str, f64, f64)) {
    let wide = right - left;
    if wide >= THIN {
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"0\" width=\"{wide:.1}\" height=\"{HIGH}\"/>"
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
fn share_of(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oee::{Span, account};

    #[test]
    fn the_bar_shows_what_the_line_did_and_what_nobody_knows() {
        let at = |second: i64| Micros(second * 1_000_000);
        let span = |state, from, to| Span {
            id: 1,
            job: None,
            state: Some(state),
            why: None,
            from: at(from),
            to: Some(at(to)),
        };
        let spans = [span(LineState::Execute, 10, 50), span(LineState::Held, 50, 75)];
        let window = Window { name: "early".to_owned(), from: at(0), to: at(90) };
        let account = account(&spans, std::slice::from_ref(&window), at(100));
        let svg = states(&account, &[window], (at(0), at(100)));
        for wanted in [
            "class=\"unknown\" x=\"0.0\" y=\"0\" width=\"100.0\"",
            "class=\"runs\" x=\"100.0\" y=\"0\" width=\"400.0\"",
            "class=\"waits\" x=\"500.0\" y=\"0\" width=\"250.0\"",
            "class=\"unknown\" x=\"750.0\"",
            "class=\"unplanned\" x=\"900.0\" y=\"0\" width=\"100.0\"",
        ] {
            assert!(svg.contains(wanted), "{wanted}: {svg}");
        }
        assert!(share(None).matches("<rect").count() == 1);
        assert!(share(Some(1.3)).contains("class=\"share\" x=\"0.0\" y=\"0\" width=\"1000.0\""));
    }
}
