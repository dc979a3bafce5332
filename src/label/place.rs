//! From millimetres to the dots of one print head: everything gets its place, or the reason why not.
use super::design::{Bar, PictureElement, SymbolElement, called};
use super::wording;
use super::{Design, DesignProblem, Element, Goods, Module};
use crate::code::{CodeText, Gtin, Parts, Template, parse};
use std::ops::RangeInclusive;
use words::Wording;

mod advice;
mod barcode;
mod item;
mod nearest;
mod words;

pub use item::{Dots, Item, Picture};
pub use nearest::Nearest;

/// Module sizes that the marking rules recommend (Russian government decree 887, item 40).
const MODULE_MM: RangeInclusive<f32> = 0.255..=0.680;

/// What all codes of one format have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Their trade item, which is printed as it is.
    pub gtin: Gtin,
    /// Their form, which says how large the symbol is.
    pub template: &'static Template,
}

/// A label on the dots of a print head, for all codes of one form.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Width of the label in dots.
    pub width: u32,
    /// Height of the label in dots.
    pub height: u32,
    /// Dots of the head a millimetre.
    pub dots_per_mm: f32,
    /// For which codes it is.
    pub form: Form,
    /// The symbol.
    pub symbol: SymbolPlace,
    /// Everything else.
    pub items: Vec<Item>,
}

/// Where the symbol is, in dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolPlace {
    /// Left edge of the first module; the quiet zone lies outside.
    pub x: u32,
    /// Upper edge of the first module.
    pub y: u32,
    /// Side of a module.
    pub module: u32,
    /// Modules along one side.
    pub side: u32,
    /// Width of the quiet zone in dots.
    pub quiet: u32,
}

impl Form {
    fn of_parts(parts: &Parts<'_>) -> Self {
        Self { gtin: parts.gtin, template: parts.template }
    }

    /// The form of a code.
    pub fn of(code: &CodeText) -> Result<Self, DesignProblem> {
        Ok(Self::of_parts(&parts_of(code)?))
    }
}

/// The parts of a code that a label can carry.
fn parts_of(code: &CodeText) -> Result<Parts<'_>, DesignProblem> {
    let parts = parse(code.as_str())?;
    if !parts.template.is_gs1() {
        return Err(DesignProblem::NoGs1(parts.group().alias()));
    }
    Ok(parts)
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Template { group, serial_len, .. } = self.template;
        write!(f, "{} ({group}, serial number of {serial_len})", self.gtin)
    }
}

impl Placed {
    /// Refuses a code that this label was not placed for; otherwise gives its serial number.
    pub(super) fn serial_of<'a>(&self, code: &'a CodeText) -> Result<&'a str, DesignProblem> {
        let parts = parts_of(code)?;
        let found = Form::of_parts(&parts);
        if found != self.form {
            let (found, wanted) = (found.to_string(), self.form.to_string());
            return Err(DesignProblem::OtherForm { found, wanted });
        }
        Ok(parts.serial)
    }
}

/// Puts a design on the dots of a head. The code is a sample: the result holds for every code of
/// the same trade item and form.
pub fn place(
    design: &Design,
    goods: &Goods,
    code: &CodeText,
    dots_per_mm: f32,
) -> Result<Placed, DesignProblem> {
    let holds = |other: &Design| place_quietly(other, goods, code, dots_per_mm).is_ok();
    place_advised(design, goods, code, dots_per_mm, Some(&holds))
}

/// Whether a design can be printed here.
pub(super) type Holds<'a> = &'a dyn Fn(&Design) -> bool;

/// As [`place`], for whoever only asks whether it holds: nothing is said of what would.
pub(super) fn place_quietly(
    design: &Design,
    goods: &Goods,
    code: &CodeText,
    dots_per_mm: f32,
) -> Result<Placed, DesignProblem> {
    place_advised(design, goods, code, dots_per_mm, None)
}

/// As [`place`]; of the shipped designs only those that hold are named instead. Without it, nothing
/// is named.
pub(super) fn place_advised(
    design: &Design,
    goods: &Goods,
    code: &CodeText,
    dots_per_mm: f32,
    advise: Option<Holds<'_>>,
) -> Result<Placed, DesignProblem> {
    if !(5.0..=50.0).contains(&dots_per_mm) {
        return Err(DesignProblem::DotsPerMm(dots_per_mm));
    }
    let code = parts_of(code)?;
    placed(design, goods, &code, Scale(dots_per_mm), advise)
}

fn placed(
    design: &Design,
    goods: &Goods,
    code: &Parts<'_>,
    scale: Scale,
    advise: Option<Holds<'_>>,
) -> Result<Placed, DesignProblem> {
    let form = Form::of_parts(code);
    let table = Table::new(design, goods, code, scale, advise);
    let wanted = design.elements.iter().find_map(|element| {
        if let Element::Datamatrix(wanted) = element { Some(wanted) } else { None }
    });
    let symbol = table.symbol(wanted.ok_or(DesignProblem::Symbols(0))?)?;
    let drawn = design
        .elements
        .iter()
        .enumerate()
        .map(|(at, element)| table.draw(element, called(at, element)))
        .collect::<Result<Vec<_>, _>>()?;
    table.check(&drawn, symbol.with_quiet_zone())?;
    let items = drawn.into_iter().flat_map(|drawn| drawn.items).collect();
    let Dots { width, height, .. } = table.label;
    Ok(Placed { width, height, dots_per_mm: scale.0, form, symbol, items })
}

/// Dots a millimetre, with the roundings that placing needs.
#[derive(Debug, Clone, Copy)]
struct Scale(f32);

impl Scale {
    /// The nearest whole dot; nothing is left of the label, above it, or farther than it can be.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn dots(self, mm: f32) -> u32 {
        (mm * self.0).round().clamp(0.0, 99_999.0) as u32
    }

    /// The whole dots in a length: so many lines of text never leave an area of as many lines.
    fn whole_dots(self, mm: f32) -> u32 {
        // A hundredth of a dot is rounding.
        Self(1.0).dots((mm * self.0 + 0.01).floor())
    }

    #[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
    fn mm(self, dots: u32) -> f32 {
        dots as f32 / self.0
    }

    /// A rectangle whose right and lower edges are rounded, not its size, so that neighbours in
    /// millimetres stay neighbours in dots.
    fn area(self, x_mm: f32, y_mm: f32, width_mm: f32, height_mm: f32) -> Dots {
        let (x, y) = (self.dots(x_mm), self.dots(y_mm));
        let width = self.dots(x_mm.max(0.0) + width_mm).saturating_sub(x);
        let height = self.dots(y_mm.max(0.0) + height_mm).saturating_sub(y);
        Dots { x, y, width: width.max(1), height: height.max(1) }
    }

    /// Whole dots of a module inside of the range, for so many modules side by side; or the dots
    /// asked for, which are outside.
    fn module(self, wanted: Module, count: u32, range: &RangeInclusive<f32>) -> Result<u32, u32> {
        let (dots, fits) = match wanted {
            Module::Mm(mm) => (self.dots(mm), false),
            Module::Dots(dots) => (dots, false),
            Module::Fit(mm) => (self.whole_dots(mm) / count, true),
        };
        if range.contains(&self.mm(dots)) {
            return Ok(dots);
        }
        let nearest = self.modules_near(dots, range).next();
        if fits {
            Ok(nearest.expect("from 5 dots a millimetre on, some number holds"))
        } else {
            Err(dots)
        }
    }

    /// The modules inside of the range, from the nearest to the farthest.
    fn modules_near(self, dots: u32, range: &RangeInclusive<f32>) -> impl Iterator<Item = u32> {
        // The widest module of all, 1.016 mm, is 50 dots of the finest head.
        let mut inside: Vec<u32> = (1..=51).filter(|n| range.contains(&self.mm(*n))).collect();
        inside.sort_by_key(|other| other.abs_diff(dots));
        inside.into_iter()
    }
}

impl SymbolPlace {
    /// The symbol and the white around it.
    pub fn with_quiet_zone(&self) -> Dots {
        let side = self.module * self.side + 2 * self.quiet;
        Dots { x: self.x - self.quiet, y: self.y - self.quiet, width: side, height: side }
    }
}

/// What placing needs to know about a label.
struct Table<'a> {
    design: &'a Design,
    scale: Scale,
    goods: &'a Goods,
    code: &'a Parts<'a>,
    label: Dots,
    advise: Option<Holds<'a>>,
}

/// An element on the dots of the head.
struct Drawn {
    name: String,
    items: Vec<Item>,
    takes: Takes,
}

/// The room that an element takes.
enum Takes {
    Nothing,
    /// An area that it has for itself; it may be smaller where it may shrink.
    Area {
        area: Dots,
        shrinks: bool,
    },
    /// Bars that words may stand on; a barcode and the symbol may not.
    Bars(Vec<Dots>),
}

impl Drawn {
    fn rectangles(&self) -> &[Dots] {
        match &self.takes {
            Takes::Nothing => &[],
            Takes::Area { area, .. } => std::slice::from_ref(area),
            Takes::Bars(bars) => bars,
        }
    }

    /// The smallest rectangle around it.
    fn whole(&self) -> Option<Dots> {
        self.rectangles().iter().copied().reduce(|a, b| {
            let (x, y) = (a.x.min(b.x), a.y.min(b.y));
            let right = (a.x + a.width).max(b.x + b.width);
            let lower = (a.y + a.height).max(b.y + b.height);
            Dots { x, y, width: right - x, height: lower - y }
        })
    }

    /// Whether the two may not have a dot in common.
    fn keeps_away_from(&self, other: &Self) -> bool {
        match (&self.takes, &other.takes) {
            (Takes::Area { .. }, Takes::Area { .. }) => true,
            (Takes::Area { shrinks, .. }, Takes::Bars(_))
            | (Takes::Bars(_), Takes::Area { shrinks, .. }) => !shrinks,
            (Takes::Nothing, _) | (_, Takes::Nothing) | (Takes::Bars(_), Takes::Bars(_)) => false,
        }
    }
}

impl<'a> Table<'a> {
    fn new(
        design: &'a Design,
        goods: &'a Goods,
        code: &'a Parts<'a>,
        scale: Scale,
        advise: Option<Holds<'a>>,
    ) -> Self {
        let (width, height) = (scale.dots(design.width_mm), scale.dots(design.height_mm));
        Self { design, scale, goods, code, label: Dots { x: 0, y: 0, width, height }, advise }
    }

    fn symbol(&self, wanted: &SymbolElement) -> Result<SymbolPlace, DesignProblem> {
        let place = self.symbol_place(wanted).map_err(|dots| {
            let (mm, advice) = (self.scale.mm(dots), self.module_advice(wanted, dots));
            DesignProblem::Module { dots, mm, advice }
        })?;
        let Some((edge, by)) = self.symbol_over(wanted, place) else { return Ok(place) };
        let SymbolPlace { side, module: dots, .. } = place;
        Err(DesignProblem::SymbolTooLarge {
            group: self.code.group().alias(),
            side,
            dots,
            mm: self.scale.mm(dots),
            size_mm: self.scale.mm(place.with_quiet_zone().width),
            edge,
            by_mm: self.scale.mm(by),
            advice: self.symbol_advice(wanted, place),
        })
    }

    /// The place of the symbol, or the dots of a module outside of the range.
    fn symbol_place(&self, wanted: &SymbolElement) -> Result<SymbolPlace, u32> {
        let (side, quiet) = (self.code.template.modules, wanted.quiet_modules);
        let count = side + 2 * quiet;
        let module = self.scale.module(wanted.module, count, &MODULE_MM)?;
        let spare = match wanted.module {
            Module::Fit(mm) => self.scale.whole_dots(mm).saturating_sub(count * module),
            Module::Mm(_) | Module::Dots(_) => 0,
        };
        let quiet = quiet * module;
        let x = self.scale.dots(wanted.x_mm) + wanted.align.indent(spare) + quiet;
        let y = self.scale.dots(wanted.y_mm) + quiet;
        Ok(SymbolPlace { x, y, module, side, quiet })
    }

    /// What the symbol reaches over, and how far.
    fn symbol_over(
        &self,
        wanted: &SymbolElement,
        place: SymbolPlace,
    ) -> Option<(&'static str, u32)> {
        let taken = place.with_quiet_zone();
        let room = match wanted.module {
            Module::Fit(mm) => self.scale.whole_dots(mm),
            Module::Mm(_) | Module::Dots(_) => u32::MAX,
        };
        let by = taken.width.saturating_sub(room);
        if by > 0 { Some(("edge of its room", by)) } else { self.over(taken) }
    }

    /// Over which edge of the label it reaches, and how far.
    fn over(&self, dots: Dots) -> Option<(&'static str, u32)> {
        let right = (dots.x + dots.width).saturating_sub(self.label.width);
        let lower = (dots.y + dots.height).saturating_sub(self.label.height);
        match (right, lower) {
            (0, 0) => None,
            (0, lower) => Some(("lower edge of the label", lower)),
            (right, _) => Some(("right edge of the label", right)),
        }
    }

    /// Nothing outside of the label, on the symbol, or on each other.
    fn check(&self, drawn: &[Drawn], symbol: Dots) -> Result<(), DesignProblem> {
        for (at, one) in drawn.iter().enumerate() {
            for dots in one.rectangles() {
                let element = one.name.clone();
                let nearest = || self.nearest(drawn, at, symbol);
                if let Some((edge, by)) = self.over(*dots) {
                    let by_mm = self.scale.mm(by);
                    let nearest = nearest();
                    return Err(DesignProblem::Outside { element, edge, by_mm, nearest });
                }
                if dots.meets(symbol) {
                    return Err(DesignProblem::OnSymbol { element, nearest: nearest() });
                }
                let meets = |other: &&Drawn| other.rectangles().iter().any(|r| r.meets(*dots));
                let others = drawn[..at].iter().filter(|other| one.keeps_away_from(other));
                if let Some(other) = others.into_iter().find(meets) {
                    let (other, nearest) = (other.name.clone(), nearest());
                    return Err(DesignProblem::Overlap { element, other, nearest });
                }
            }
        }
        Ok(())
    }

    /// What is drawn for an element, and the room that it takes.
    fn draw(&self, element: &Element, name: String) -> Result<Drawn, DesignProblem> {
        let bars = |bars: Vec<Dots>| {
            let items = bars.iter().copied().map(Item::Bar).collect();
            (items, Takes::Bars(bars))
        };
        let (items, takes) = match element {
            Element::Datamatrix(_) => (Vec::new(), Takes::Nothing),
            Element::Text(text) => {
                let said = wording::fill(&text.text, self.goods, self.code);
                self.words(&Wording::of_text(text), said.as_deref(), &name)?
            }
            Element::Code(code) => {
                let said = wording::fill(code.form.wording(code.lines), self.goods, self.code);
                self.words(&Wording::of_code(code), said.as_deref(), &name)?
            }
            Element::Barcode(barcode) => self.barcode(barcode, &name)?,
            Element::Picture(picture) => self.picture(picture),
            Element::Line(bar) => bars(vec![self.bar(bar)]),
            Element::Box(bar) => bars(self.outline(bar)),
        };
        Ok(Drawn { name, items, takes })
    }

    fn bar(&self, bar: &Bar) -> Dots {
        let (x, y) = (self.scale.dots(bar.x_mm), self.scale.dots(bar.y_mm));
        let (width, height) = (self.scale.dots(bar.width_mm), self.scale.dots(bar.height_mm));
        Dots { x, y, width: width.max(1), height: height.max(1) }
    }

    /// The four sides of a rectangle.
    fn outline(&self, bar: &Bar) -> Vec<Dots> {
        let whole = self.bar(bar);
        let thin = self.scale.dots(bar.thickness_mm).clamp(1, whole.width.min(whole.height));
        let (right, lower) = (whole.x + whole.width - thin, whole.y + whole.height - thin);
        vec![
            Dots { height: thin, ..whole },
            Dots { height: thin, y: lower, ..whole },
            Dots { width: thin, ..whole },
            Dots { width: thin, x: right, ..whole },
        ]
    }

    /// A picture in the middle of its area.
    fn picture(&self, wanted: &PictureElement) -> (Vec<Item>, Takes) {
        let PictureElement { x_mm, y_mm, width_mm, height_mm, art, .. } = wanted;
        let area = self.scale.area(*x_mm, *y_mm, *width_mm, *height_mm);
        // What is larger than the label is refused before anybody looks at its dots.
        let seen = (area.width.min(self.label.width), area.height.min(self.label.height));
        let Some((width, height)) = art.fitted(seen.0, seen.1) else {
            return (Vec::new(), Takes::Nothing);
        };
        let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
        let bits = art.dots(width, height);
        let picture = Picture { at: Dots { x, y, width, height }, bits };
        (vec![Item::Picture(picture)], Takes::Area { area, shrinks: true })
    }
}
