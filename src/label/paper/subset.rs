//! The font in a PDF file: only the letters that were used, each with its way back to Unicode.
use super::letters::{LETTERS, advance, glyph};
use super::objects::Objects;
use crate::label::face;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Finish, Name, Rect, Ref, Str};
use std::collections::HashMap;
use std::io::{self, Write};
use subsetter::GlyphRemapper;

const IDENTITY: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The letters that a file uses.
#[derive(Debug, Default)]
pub(super) struct Subset {
    /// In the order of their first use; the first has number 1. Letters and not glyphs, because
    /// a Latin and a Cyrillic one may share a glyph and must be found as what they are.
    used: Vec<char>,
    numbers: HashMap<char, u16>,
}

impl Subset {
    /// The words as the page names them: two bytes a letter.
    pub(super) fn encoded(&mut self, words: &str) -> Vec<u8> {
        words.chars().flat_map(|letter| self.number(letter).to_be_bytes()).collect()
    }

    fn number(&mut self, letter: char) -> u16 {
        *self.numbers.entry(letter).or_insert_with(|| {
            self.used.push(letter);
            // The font has fewer letters than that.
            u16::try_from(self.used.len()).unwrap_or(0)
        })
    }

    /// Writes the font under this number.
    pub(super) fn write<W: Write>(&self, to: &mut Objects<W>, font: Ref) -> io::Result<()> {
        let (inner, descriptor, program) = (to.number(), to.number(), to.number());
        let (map, to_unicode) = (to.number(), to.number());
        let mut kept = GlyphRemapper::new();
        let glyphs: Vec<u16> = self.used.iter().map(|c| kept.remap(glyph(*c).0)).collect();
        let cut = subsetter::subset(face::TTF, 0, &kept).map_err(io::Error::other)?;
        let name = format!("{}+PTSansNarrow-Regular", self.tag());
        let name = Name(name.as_bytes());
        to.stream(program, &cut, |_| ())?;
        // Letter number 0 is the box of a missing letter.
        let places: Vec<u8> = [0].iter().chain(&glyphs).flat_map(|id| id.to_be_bytes()).collect();
        to.stream(map, &places, |_| ())?;
        to.stream(to_unicode, &self.to_unicode(), |_| ())?;
        to.small(font, |chunk, number| {
            let mut font = chunk.type0_font(number);
            font.base_font(name).encoding_predefined(Name(b"Identity-H"));
            font.descendant_font(inner).to_unicode(to_unicode);
        })?;
        to.small(inner, |chunk, number| {
            let mut font = chunk.cid_font(number);
            font.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY);
            font.font_descriptor(descriptor).cid_to_gid_map_stream(map);
            let widths = self.used.iter().map(|letter| advance(glyph(*letter)) * 1000.0);
            font.widths().consecutive(1, widths);
        })?;
        to.small(descriptor, |chunk, number| {
            let in_em = |units: i16| f32::from(units) * 1000.0 / f32::from(LETTERS.units_per_em());
            let bounds = LETTERS.global_bounding_box();
            let [left, low, right, high] =
                [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(in_em);
            let mut font = chunk.font_descriptor(number);
            font.name(name).flags(FontFlags::SYMBOLIC).italic_angle(0.0);
            font.bbox(Rect::new(left, low, right, high));
            font.ascent(in_em(LETTERS.ascender())).descent(in_em(LETTERS.descender()));
            font.cap_height(in_em(LETTERS.capital_height().unwrap_or_default()));
            // The file does not say; a thin upright face has about that (ISO 32000-1, 9.8.1).
            font.stem_v(80.0).font_file2(program).finish();
        })
    }

    fn to_unicode(&self) -> Vec<u8> {
        let mut map = UnicodeCmap::new(Name(b"Letters"), IDENTITY);
        for (number, letter) in (1_u16..).zip(&self.used) {
            map.pair(number, *letter);
        }
        map.finish().to_vec()
    }

    /// Six letters that tell this subset from others (ISO 32000-1, 9.6.4).
    fn tag(&self) -> String {
        let mixed = |sum: u64, letter: &char| {
            (sum ^ u64::from(u32::from(*letter))).wrapping_mul(0x0100_0000_01b3)
        };
        let sum = self.used.iter().fold(0xcbf2_9ce4_8422_2325, mixed);
        let letter = |at: u32| char::from(b'A' + (sum / 26_u64.pow(at) % 26) as u8);
        (0..6).map(letter).collect()
    }
}
