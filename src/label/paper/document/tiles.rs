//! Small grey pictures side by side, with words below each.
use super::super::{Area, Pen as _, letters};
use super::{BLACK, Document, GREY, LEADING, LEFT, RIGHT, SMALL};
use printpdf::{RawImage, RawImageData, RawImageFormat};

/// Pictures in a row.
const IN_A_ROW: usize = 4;
/// White between them.
const GAP: f32 = 4.0;
/// Height of the room of a picture.
const HIGH: f32 = 30.0;

/// A small grey picture with two lines of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// What stands below it.
    pub words: [String; 2],
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// One byte a pixel, row by row from the top, 0 is black.
    pub luma: Vec<u8>,
}

impl Document {
    /// Pictures in rows; each row stays on one page.
    pub fn tiles(&mut self, tiles: &[Tile]) {
        #[expect(clippy::cast_precision_loss, reason = "four in a row")]
        let wide = (RIGHT - LEFT + GAP) / IN_A_ROW as f32 - GAP;
        let high = HIGH + 2.0 * SMALL * LEADING + 2.0;
        for row in tiles.chunks(IN_A_ROW) {
            self.breaks(high);
            let mut x = LEFT;
            for tile in row {
                self.tile(tile, Area { x, y: self.y, width: wide, height: HIGH });
                x += wide + GAP;
            }
            self.y += high;
        }
        self.y += 2.0;
    }

    #[expect(clippy::cast_precision_loss, reason = "some hundred pixels")]
    fn tile(&mut self, tile: &Tile, room: Area) {
        let (width, height) = (tile.width.max(1) as f32, tile.height.max(1) as f32);
        let scale = (room.width / width).min(room.height / height);
        let image = RawImage {
            pixels: RawImageData::U8(tile.luma.clone()),
            width: tile.width as usize,
            height: tile.height as usize,
            data_format: RawImageFormat::R8,
            tag: Vec::new(),
        };
        let id = self.pdf.add_image(&image);
        self.leaf().picture(id, Area { width: width * scale, height: height * scale, ..room });
        let mut base = room.y + room.height + SMALL;
        self.ink(GREY);
        for words in &tile.words {
            let line = letters::broken(&letters::spelled(words), SMALL, room.width);
            self.leaf().words(line.first().map_or("", String::as_str), room.x, base, SMALL);
            base += SMALL * LEADING;
        }
        self.ink(BLACK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_in_the_document_and_many_go_on_with_the_next_page() {
        let tile = |n: u8| Tile {
            words: [format!("picture {n}"), "no label".to_owned()],
            width: 16,
            height: 12,
            luma: (0..192).map(|at| at ^ n).collect(),
        };
        let tiles: Vec<_> = (0..40).map(tile).collect();
        let mut document = Document::new("Report");
        document.tiles(&tiles);
        assert_eq!(document.pages.len(), 2);
        let with = document.finish().unwrap();
        let without = Document::new("Report").finish().unwrap();
        let images = |pdf: &[u8]| pdf.windows(6).filter(|word| *word == b"/Image").count();
        assert_eq!((images(&with), images(&without)), (40, 0));
    }
}
