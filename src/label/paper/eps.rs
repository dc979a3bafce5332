//! One label as Encapsulated PostScript: for setting into artwork. Words are outlines, so that
//! nobody needs a font.
use super::ink::{POINTS, UNITS_PER_MM, units};
use super::letters::{LETTERS, advance, glyph};
use super::{Area, Pen, draw_changing, draw_fixed};
use crate::code::CodeText;
use crate::label::{Design, DesignProblem, Goods, place};
use crate::symbol::Run;
use std::fmt::Write;
use ttf_parser::OutlineBuilder;

/// Short names for what is said often; `q` is a rectangle of a path: x y width height.
const PROLOG: &str = "\
%%BeginProlog
/Markwright 8 dict def
Markwright begin
/m {moveto} bind def
/l {lineto} bind def
/c {curveto} bind def
/h {closepath} bind def
/f {fill} bind def
/q {4 2 roll moveto 1 index 0 rlineto 0 exch rlineto neg 0 rlineto closepath} bind def
end
%%EndProlog
";

/// Draws the label of a code as EPS (DSC 3.0, level 1 operators, ASCII only).
pub fn eps_of(design: &Design, goods: &Goods, code: &CodeText) -> Result<Vec<u8>, DesignProblem> {
    let placed = place(design, goods, code, UNITS_PER_MM)?;
    let points = |mm: f32| mm * UNITS_PER_MM * POINTS;
    let (width, height) = (points(design.width_mm), points(design.height_mm));
    let mut plotter = Plotter::default();
    // Writing to a string cannot fail.
    let _ = write!(
        plotter.drawn,
        "%!PS-Adobe-3.0 EPSF-3.0\n\
         %%BoundingBox: 0 0 {:.0} {:.0}\n\
         %%HiResBoundingBox: 0 0 {width:.4} {height:.4}\n\
         %%Creator: Markwright\n\
         %%Title: label {}\n\
         %%DocumentData: Clean7Bit\n\
         %%LanguageLevel: 1\n\
         %%Pages: 1\n\
         %%EndComments\n\
         {PROLOG}\
         %%Page: 1 1\n\
         Markwright begin\n\
         gsave\n\
         0 {height:.4} translate {POINTS} -{POINTS} scale 0 setgray newpath\n",
        width.ceil(),
        height.ceil(),
        plain(&design.name),
    );
    draw_fixed(&mut plotter, &placed);
    draw_changing(&mut plotter, &placed, code)?;
    plotter.drawn.push_str("grestore\nend\n%%Trailer\n%%EOF\n");
    Ok(plotter.drawn.into_bytes())
}

/// A name as a comment may carry it: short, and plain ASCII.
fn plain(name: &str) -> String {
    name.chars().filter(|c| matches!(c, ' '..='~')).take(60).collect()
}

/// Draws PostScript whose units are those of a PDF's ink, downwards.
#[derive(Default)]
struct Plotter {
    drawn: String,
}

impl Pen for Plotter {
    fn words(&mut self, text: &str, x: f32, base: f32, em: f32) {
        let mut outline = Outline {
            drawn: &mut self.drawn,
            x: units(x),
            base: units(base),
            scale: units(em) / f32::from(LETTERS.units_per_em()),
            at: (0.0, 0.0),
        };
        for letter in text.chars() {
            let glyph = glyph(letter);
            LETTERS.outline_glyph(glyph, &mut outline);
            outline.x += advance(glyph) * units(em);
        }
        self.drawn.push_str("f\n");
    }

    fn bar(&mut self, Area { x, y, width, height }: Area) {
        let (x, y, width, height) = (units(x), units(y), units(width), units(height));
        let _ = writeln!(self.drawn, "{x} {y} {width} {height} q f");
    }

    #[expect(clippy::cast_precision_loss, reason = "some thousand cells")]
    fn cells(&mut self, x: f32, y: f32, cell: f32, black: &[Run]) {
        let (x, y, cell) = (units(x), units(y), units(cell));
        for run in black {
            let (x, y) = (x + run.x as f32 * cell, y + run.y as f32 * cell);
            let _ = writeln!(self.drawn, "{x} {y} {} {cell} q", run.length as f32 * cell);
        }
        self.drawn.push_str("f\n");
    }
}

/// Turns the outline of a letter into a path. Letters measure upwards, the page downwards.
struct Outline<'a> {
    drawn: &'a mut String,
    x: f32,
    base: f32,
    scale: f32,
    /// Where the path has come to, in units of the font.
    at: (f32, f32),
}

impl Outline<'_> {
    fn point(&mut self, (x, y): (f32, f32)) {
        let (x, y) = (self.x + x * self.scale, self.base - y * self.scale);
        let _ = write!(self.drawn, "{} {} ", hundredths(x), hundredths(y));
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.point((x, y));
        self.drawn.push_str("m\n");
        self.at = (x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.point((x, y));
        self.drawn.push_str("l\n");
        self.at = (x, y);
    }

    /// PostScript has cubic curves only; the same curve has its two points at two thirds.
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let near = |(from_x, from_y): (f32, f32)| {
            (from_x + (x1 - from_x) * 2.0 / 3.0, from_y + (y1 - from_y) * 2.0 / 3.0)
        };
        let ((ax, ay), (bx, by)) = (near(self.at), near((x, y)));
        self.curve_to(ax, ay, bx, by, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.point((x1, y1));
        self.point((x2, y2));
        self.point((x, y));
        self.drawn.push_str("c\n");
        self.at = (x, y);
    }

    fn close(&mut self) {
        self.drawn.push_str("h\n");
    }
}

fn hundredths(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}
