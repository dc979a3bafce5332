//! The symbol of a code alone, as a drawing for pages: a scanner reads it from a screen.
use crate::code::CodeText;
use crate::label::DesignProblem;
use crate::symbol::{Separator, Size, encode_gs1};
use std::fmt::Write;

/// White modules around it: twice what is needed, because a screen is bright.
const QUIET: u32 = 2;

/// Draws the smallest GS1 `DataMatrix` of a code, one unit a module, quiet zone included.
pub fn symbol_svg(code: &CodeText) -> Result<String, DesignProblem> {
    let modules = encode_gs1(code.as_str(), Size::Smallest, Separator::Fnc1)?;
    let side = modules.side() + 2 * QUIET;
    let mut path = String::new();
    for run in modules.runs() {
        let (x, y, length) = (run.x + QUIET, run.y + QUIET, run.length);
        // Writing to a string cannot fail.
        let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"GS1 DataMatrix\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::read;

    /// Dots a module.
    const SCALE: usize = 8;

    #[test]
    fn a_reader_reads_the_drawn_symbol() {
        let code = CodeText::new("010000000000000021TeSt;Sc\u{1d}91aB7z\u{1d}92abc+/=");
        let svg = symbol_svg(&code).unwrap();
        // Each run `M x y h length …` as dark dots.
        let modules: usize =
            svg.split("0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let side = modules * SCALE;
        let mut picture = vec![255_u8; side * side];
        for run in svg.split("<path d=\"").nth(1).unwrap().split('M').skip(1) {
            let numbers: Vec<usize> = run
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            let [x, y, length] = numbers[..3] else { panic!("{run}") };
            for row in y * SCALE..(y + 1) * SCALE {
                picture[row * side + x * SCALE..][..length * SCALE].fill(0);
            }
        }
        let side = u32::try_from(side).unwrap();
        let found = read(&picture, side, side, None).unwrap();
        assert_eq!((found.text.as_str(), found.identifier.as_str()), (code.as_str(), "]d2"));
    }
}
