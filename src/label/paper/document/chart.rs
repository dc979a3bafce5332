//! What a document shows in colour: a verdict, a map of cells, a histogram, pictures.
use super::super::{Area, Pen as _, letters};
use super::{BLACK, Document, FINE, GREY, LEADING, LEFT, PALE, RIGHT, RULE, SMALL, TEXT};
use crate::symbol::Coloured;
use printpdf::{RawImage, RawImageData, RawImageFormat};

/// Side of the box with the letter of a verdict.
const BOX: f32 = 24.0;
/// Room for a picture beside a verdict.
const PICTURE: f32 = 60.0;
/// The largest cell of a map.
const CELL: f32 = 6.2;
/// Height of a histogram.
const HISTOGRAM: f32 = 34.0;
/// What a marked cell is framed with, and the line of the threshold.
const MARK: [u8; 3] = [208, 0, 208];

/// One cell of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapCell {
    /// What stands in it.
    pub words: String,
    /// Its ground.
    pub ground: [u8; 3],
    /// Whether it has a frame.
    pub marked: bool,
}

impl Document {
    /// A verdict: a large letter on its colour, lines of text with the size of their letters in
    /// millimetres, and a picture at the right.
    pub fn verdict(
        &mut self,
        letter: char,
        ground: [u8; 3],
        lines: &[(String, f32)],
        picture: Option<&Coloured>,
    ) {
        let x = LEFT + BOX + 6.0;
        let room = if picture.is_some() { PICTURE + 4.0 } else { 0.0 };
        let texts: Vec<(Vec<String>, f32)> = lines
            .iter()
            .map(|(text, em)| (super::lines(text, *em, RIGHT - room - x), *em))
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "some lines")]
        let high = texts.iter().map(|(lines, em)| lines.len() as f32 * em * LEADING + 0.8);
        let high = high.sum::<f32>().max(BOX).max(if picture.is_some() { PICTURE } else { 0.0 });
        self.breaks(high);
        let top = self.y;
        self.leaf().colour(ground);
        self.leaf().bar(Area { x: LEFT, y: top, width: BOX, height: BOX });
        let (text, em) = (letter.to_string(), 19.0);
        let middle = LEFT + (BOX - letters::width(&text, em)) / 2.0;
        self.ink(ink_on(ground));
        self.leaf().words(&text, middle, top + 0.78 * BOX, em);
        self.ink(BLACK);
        for (lines, em) in &texts {
            for line in lines {
                self.words(Some(line), x, *em, BLACK);
                self.y += em * LEADING;
            }
            self.y += 0.8;
        }
        if let Some(picture) = picture {
            self.picture(
                picture,
                Area { x: RIGHT - PICTURE, y: top, width: PICTURE, height: PICTURE },
            );
        }
        self.y = top + high + 3.0;
    }

    /// A picture as large as fits into this place, at its right upper corner.
    fn picture(&mut self, picture: &Coloured, place: Area) {
        #[expect(clippy::cast_precision_loss, reason = "some thousand pixels")]
        let (width, height) = (picture.width.max(1) as f32, picture.height.max(1) as f32);
        let scale = (place.width / width).min(place.height / height);
        let area = Area {
            x: place.x + place.width - width * scale,
            width: width * scale,
            height: height * scale,
            ..place
        };
        let image = RawImage {
            pixels: RawImageData::U8(picture.rgb.clone()),
            width: picture.width as usize,
            height: picture.height as usize,
            data_format: RawImageFormat::RGB8,
            tag: Vec::new(),
        };
        let id = self.pdf.add_image(&image);
        self.leaf().picture(id, area);
    }

    /// Height of a map of so many rows and columns, in millimetres.
    #[expect(clippy::cast_precision_loss, reason = "a map has some hundred columns")]
    pub fn map_height(rows: usize, cols: usize) -> f32 {
        let side = ((RIGHT - LEFT) / (cols as f32 + 1.0)).min(CELL);
        (rows as f32 + 1.0) * side + 3.0
    }

    /// A map of cells in rows of `cols`, rows and columns numbered from `first` on.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "a map has some hundred columns"
    )]
    pub fn map(&mut self, first: i32, cols: usize, cells: &[MapCell]) {
        let rows = cells.len() / cols.max(1);
        let side = ((RIGHT - LEFT) / (cols as f32 + 1.0)).min(CELL);
        let em = side * 0.46;
        self.keep((rows as f32 + 1.0) * side);
        let (left, top) = (LEFT + side, self.y + side);
        let number = |at: usize| (first + at as i32).to_string();
        for col in 0..cols {
            let x = left + col as f32 * side;
            self.centred(&number(col), x, top - side, side, em, GREY);
        }
        for row in 0..rows {
            let y = top + row as f32 * side;
            self.centred(&number(row), LEFT, y, side, em, GREY);
            for (col, cell) in cells[row * cols..(row + 1) * cols].iter().enumerate() {
                let x = left + col as f32 * side;
                // A little less than the whole side: white lines between the cells.
                let area = Area { x, y, width: side * 0.96, height: side * 0.96 };
                self.leaf().colour(cell.ground);
                self.leaf().bar(area);
                self.centred(&cell.words, x, y, side * 0.96, em, ink_on(cell.ground));
                if cell.marked {
                    self.frame(area, side * 0.1);
                }
            }
        }
        self.y = top + rows as f32 * side + 3.0;
    }

    /// Words in the middle of a square.
    fn centred(&mut self, text: &str, x: f32, y: f32, side: f32, em: f32, grey: f32) {
        let x = x + (side - letters::width(text, em)) / 2.0;
        self.ink(grey);
        self.leaf().words(text, x, y + side / 2.0 + em * 0.35, em);
        self.ink(BLACK);
    }

    fn frame(&mut self, Area { x, y, width, height }: Area, thick: f32) {
        self.leaf().colour(MARK);
        for area in [
            Area { x, y, width, height: thick },
            Area { x, y: y + height - thick, width, height: thick },
            Area { x, y, width: thick, height },
            Area { x: x + width - thick, y, width: thick, height },
        ] {
            self.leaf().bar(area);
        }
        self.ink(BLACK);
    }

    /// A histogram from 0 to 100 %: how many in each bin, and places (0 to 1) with a name. Bins
    /// below the first place are dark.
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand modules")]
    pub fn histogram(&mut self, bins: &[usize], places: &[(f32, String)]) {
        self.breaks(HISTOGRAM + 14.0);
        let (top, full) = (self.y + 5.0, RIGHT - LEFT);
        let bottom = top + HISTOGRAM;
        let most = bins.iter().copied().max().unwrap_or(0).max(1) as f32;
        let width = full / bins.len().max(1) as f32;
        let border = places.first().map_or(0.5, |(place, _)| *place);
        for (at, count) in bins.iter().enumerate() {
            let height = HISTOGRAM * *count as f32 / most;
            let dark = (at as f32 + 0.5) / (bins.len() as f32) < border;
            self.ink(if dark { GREY } else { PALE });
            let x = LEFT + at as f32 * width;
            self.leaf().bar(Area { x, y: bottom - height, width: width * 0.9, height });
        }
        self.ink(BLACK);
        self.leaf().bar(Area { x: LEFT, y: bottom, width: full, height: RULE });
        for tenth in 0_u8..=10 {
            let (x, text) = (LEFT + full * f32::from(tenth) / 10.0, format!("{}", tenth * 10));
            self.leaf().bar(Area { x, y: bottom, width: FINE, height: 1.2 });
            let middle = x - letters::width(&text, SMALL) / 2.0;
            self.ink(GREY);
            self.leaf().words(&text, middle, bottom + 1.4 + SMALL, SMALL);
            self.ink(BLACK);
        }
        for (place, name) in places {
            let x = LEFT + full * place.clamp(0.0, 1.0);
            self.leaf().colour(MARK);
            self.leaf().bar(Area { x, y: top - 1.0, width: RULE, height: HISTOGRAM + 1.0 });
            self.ink(BLACK);
            let name = letters::spelled(name);
            let wide = letters::width(&name, SMALL);
            let at = (x - wide / 2.0).clamp(LEFT, RIGHT - wide);
            self.leaf().words(&name, at, top - 1.8, SMALL);
        }
        self.y = bottom + 1.4 + SMALL * LEADING;
        let words = "reflectance of the modules in percent; the height is their number";
        self.words(Some(&words.to_owned()), LEFT, SMALL, GREY);
        self.y += TEXT * LEADING + 2.0;
    }
}

/// Black or white, whichever is read better on this ground (ITU-R BT.601 luma).
pub(super) fn ink_on([r, g, b]: [u8; 3]) -> f32 {
    let luma = 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
    if luma < 125.0 { 1.0 } else { BLACK }
}
