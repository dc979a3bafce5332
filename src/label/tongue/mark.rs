//! A label of plain words in a frame, over the whole width of a row.
use super::RowSize;
use super::still::{self, fill};
use crate::label::face;
use crate::label::place::{Dots, Picture};

/// Frame and white around the words, in millimetres.
const FRAME_MM: f32 = 0.4;
const MARGIN_MM: f32 = 1.5;
/// No line is higher: words that can be read from two steps away.
const LINE_MM: f32 = 6.0;

/// Draws the lines as large as they fit. A letter that the font lacks becomes a question mark.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a row has some thousand dots"
)]
pub(super) fn picture(lines: &[String], row: &RowSize, dots_per_mm: f32) -> Picture {
    let dots = |mm: f32| (mm * dots_per_mm).round() as u32;
    let lines: Vec<String> = lines.iter().map(|line| drawable(line)).collect();
    let mut drawn = still::white(row.width, row.height);
    frame(&mut drawn, dots(FRAME_MM).max(1));
    let wide = row.width.saturating_sub(2 * dots(MARGIN_MM)).max(1) as f32;
    let high = row.height.saturating_sub(2 * dots(MARGIN_MM)).max(1);
    let count = u32::try_from(lines.len()).unwrap_or(1).max(1);
    let most = (high / count).clamp(1, dots(LINE_MM).max(1));
    let fits = |line: &u32| lines.iter().all(|words| face::advance(words, *line) <= wide);
    let line = (1..=most).rev().find(fits).unwrap_or(1);
    let mut y = row.height.saturating_sub(count * line) / 2;
    for words in &lines {
        let x = (row.width as f32 - face::advance(words, line)) / 2.0;
        still::put_words(&mut drawn, words, x, y, line);
        y += line;
    }
    still::cropped(&drawn).expect("a frame has black dots")
}

fn drawable(line: &str) -> String {
    line.chars().map(|letter| if face::has(letter) { letter } else { '?' }).collect()
}

/// The four edges of the row.
fn frame(drawn: &mut image::GrayImage, thick: u32) {
    let (width, height) = drawn.dimensions();
    let whole = Dots { x: 0, y: 0, width, height };
    fill(drawn, Dots { height: thick, ..whole });
    fill(drawn, Dots { height: thick, y: height.saturating_sub(thick), ..whole });
    fill(drawn, Dots { width: thick, ..whole });
    fill(drawn, Dots { width: thick, x: width.saturating_sub(thick), ..whole });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_spans_the_row_and_holds_any_words() {
        let row = RowSize { width: 700, height: 160, pitch: 0, width_mm: 87.5, height_mm: 20.0 };
        let long = "Задание 17, начало рулона 漢".repeat(30);
        for lines in [vec![], vec![String::new()], vec!["Начало".into(); 40], vec![long]] {
            let picture = picture(&lines, &row, 8.0);
            assert_eq!(picture.at, Dots { x: 0, y: 0, width: 700, height: 160 });
        }
    }

    #[test]
    fn words_of_a_mark_are_in_the_middle() {
        let row = RowSize { width: 400, height: 200, pitch: 0, width_mm: 50.0, height_mm: 25.0 };
        let drawn = picture(&["HH".into()], &row, 8.0);
        let inside = |x: &u32| (10..190).any(|y| drawn.is_black(*x, y));
        let (left, right) = ((10..390).find(inside).unwrap(), (10..390).rfind(inside).unwrap());
        assert!((left + right).abs_diff(400) <= 4, "{left} to {right}");
    }
}
