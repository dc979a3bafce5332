//! Label designs as data: sizes in millimetres, elements, and the designs that are shipped.
use super::DesignProblem;
use super::place::{Holds, place_quietly};
use super::wording::{self, Goods};
use crate::code::CodeText;
use serde::Deserialize;
use std::sync::LazyLock;

mod art;
mod element;

pub(super) use art::Art;
pub use element::{
    Align, Bar, BarcodeElement, CodeElement, CodeForm, Element, Module, PictureElement,
    SymbolElement, Symbology, TextElement,
};

/// A label design.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Its name, such as `58x40`.
    pub name: String,
    /// What it is for, in a few words for people.
    pub title: String,
    /// Width of the label, across the web.
    pub width_mm: f32,
    /// Height of the label, along the web.
    pub height_mm: f32,
    /// What is on it.
    #[serde(rename = "element")]
    pub elements: Vec<Element>,
}

/// Elements that a design may have: more than any label carries, few enough to be checked against
/// each other at once.
const ELEMENTS_MAX: usize = 100;

impl Design {
    /// Reads a design and checks what can be checked without a code. Pictures are the shipped ones.
    pub fn parse(toml: &str) -> Result<Self, DesignProblem> {
        Self::parse_with(toml, |_| None)
    }

    /// The same for a design with pictures of its own: `load` gives the bytes of the PNG that a
    /// picture names, mostly a file beside the design.
    pub fn parse_with(
        toml: &str,
        load: impl Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<Self, DesignProblem> {
        let mut design: Self =
            toml::from_str(toml).map_err(|e| DesignProblem::Unreadable(e.to_string()))?;
        let (width_mm, height_mm) = (design.width_mm, design.height_mm);
        if !(5.0..=300.0).contains(&width_mm) || !(5.0..=300.0).contains(&height_mm) {
            return Err(DesignProblem::LabelSize { width_mm, height_mm });
        }
        let symbols = design.elements.iter().filter(|e| matches!(e, Element::Datamatrix(_)));
        match symbols.count() {
            1 => {}
            found => return Err(DesignProblem::Symbols(found)),
        }
        if design.elements.len() > ELEMENTS_MAX {
            let found = design.elements.len();
            return Err(DesignProblem::TooManyElements { found, most: ELEMENTS_MAX });
        }
        for (at, element) in design.elements.iter_mut().enumerate() {
            let name = called(at, element);
            check_numbers(element, &name)?;
            match element {
                Element::Text(text) => wording::check_variables(&text.text, &name)?,
                Element::Barcode(barcode) => wording::check_barcode(&barcode.data, &name)?,
                Element::Picture(picture) => picture.art = art_of(&picture.name, &load, &name)?,
                Element::Datamatrix(_) | Element::Code(_) | Element::Box(_) | Element::Line(_) => {}
            }
        }
        Ok(design)
    }

    /// Whether a label of this design can carry the code on such a head, goods aside.
    pub fn holds(&self, code: &CodeText, dots_per_mm: f32) -> bool {
        place_quietly(self, &Goods::default(), code, dots_per_mm).is_ok()
    }

    /// Refuses a row of labels of this width that is wider than the print head: what is beyond it
    /// would be lost without a sign. What is named instead holds otherwise, too.
    pub(super) fn row_fits_head(
        &self,
        row_mm: f32,
        dots_per_mm: f32,
        head_dots: u32,
        advise: Option<Holds<'_>>,
    ) -> Result<(), DesignProblem> {
        #[expect(clippy::cast_precision_loss, reason = "a head has some thousand dots")]
        let head = head_dots as f32;
        let head_mm = head / dots_per_mm;
        // Half a dot is rounding.
        let fits = |width_mm: f32| width_mm * dots_per_mm < head + 0.5;
        if fits(row_mm) {
            return Ok(());
        }
        // The gaps of a row stay as wide as they are.
        let beside = row_mm - self.width_mm;
        let shipped = largest(advise, |design| fits(design.width_mm + beside));
        Err(DesignProblem::WiderThanHead { width_mm: row_mm, head_mm, shipped })
    }

    /// Its area, to tell small labels from large ones.
    pub(super) fn size(&self) -> f32 {
        self.width_mm * self.height_mm
    }
}

/// The largest shipped design that holds and is as asked.
pub(super) fn largest(advise: Option<Holds<'_>>, wanted: impl Fn(&Design) -> bool) -> &'static str {
    let all = designs().iter().filter(|design| wanted(design));
    let held = all.filter(|design| advise.is_some_and(|holds| holds(design)));
    held.max_by(|a, b| a.size().total_cmp(&b.size())).map_or("none", |design| &design.name)
}

/// Letters of less than this are no letters: capitals of 0.6 mm at most.
pub(super) const LINE_LEAST_MM: f32 = 0.8;
/// Less than a tenth of a dot of the finest head: nothing.
const SIZE_LEAST_MM: f32 = 0.01;

/// Refuses what begins beyond the left or the upper edge of the label, what has no size, letters
/// without height, and a symbol without white around it.
pub(super) fn check_numbers(element: &Element, name: &str) -> Result<(), DesignProblem> {
    if let Element::Datamatrix(SymbolElement { quiet_modules, .. }) = element
        && !(1..=99).contains(quiet_modules)
    {
        return Err(DesignProblem::Quiet { element: name.to_owned(), found: *quiet_modules });
    }
    let (x, y) = element.corner();
    let places = [("x_mm", x, 0.0), ("y_mm", y, 0.0)];
    let sizes = element.sizes().into_iter().map(|(key, mm)| (key, mm, SIZE_LEAST_MM));
    let letters = element.letters().into_iter().map(|(key, mm)| (key, mm, LINE_LEAST_MM));
    for (key, value, least) in places.into_iter().chain(sizes).chain(letters) {
        // A value that is no number is not enough, either.
        if value.is_nan() || value < least {
            return Err(DesignProblem::Number { element: name.to_owned(), key, value, least });
        }
    }
    Ok(())
}

/// The picture of this name: a shipped one, or what `load` has.
fn art_of(
    name: &str,
    load: impl Fn(&str) -> Option<Vec<u8>>,
    element: &str,
) -> Result<Art, DesignProblem> {
    let (element, name) = (element.to_owned(), name.to_owned());
    let read = match Art::shipped(&name) {
        Some(png) => Art::read(png),
        None => match load(&name) {
            Some(png) => Art::read(&png),
            None => {
                return Err(DesignProblem::NoPicture { element, name, known: Art::names() });
            }
        },
    };
    read.map_err(|e| DesignProblem::BadPicture { element, name, why: e.to_string() })
}

/// How messages call the element at this place of the design.
pub(super) fn called(at: usize, element: &Element) -> String {
    format!("element {} ({})", at + 1, element.kind())
}

/// The designs that are shipped: the universal ones from large to small, then those of a trade.
pub fn designs() -> &'static [Design] {
    static SHIPPED: LazyLock<Vec<Design>> = LazyLock::new(|| {
        [
            include_str!("../../templates/labels/58x40.toml"),
            include_str!("../../templates/labels/58x30.toml"),
            include_str!("../../templates/labels/43x25.toml"),
            include_str!("../../templates/labels/30x20.toml"),
            include_str!("../../templates/labels/20x20.toml"),
            include_str!("../../templates/labels/15x15.toml"),
            include_str!("../../templates/labels/footwear.toml"),
            include_str!("../../templates/labels/clothing.toml"),
            include_str!("../../templates/labels/dairy.toml"),
            include_str!("../../templates/labels/plain.toml"),
        ]
        .map(|toml| Design::parse(toml).expect("a test reads every shipped design"))
        .to_vec()
    });
    &SHIPPED
}

/// Finds a shipped design by its name.
pub fn design(name: &str) -> Option<&'static Design> {
    designs().iter().find(|design| design.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_design_is_found_by_its_name() {
        for shipped in designs() {
            assert_eq!(design(&shipped.name), Some(shipped));
        }
        assert_eq!(designs().len(), 10);
    }

    #[test]
    fn what_is_no_design_says_where() {
        let head = "name='a'\ntitle='b'\nwidth_mm=58\nheight_mm=40\n";
        let parse = |rest: &str| Design::parse(&format!("{head}{rest}")).unwrap_err();
        let symbol = "[[element]]\nkind='datamatrix'\nx_mm=1\ny_mm=1\nmodule={mm=0.3}\n";
        let misspelt = parse(&symbol.replace("module", "modul")).to_string();
        assert!(misspelt.contains("modul"), "{misspelt}");
        assert_eq!(parse("element=[]"), DesignProblem::Symbols(0));
        assert_eq!(parse(&symbol.repeat(2)), DesignProblem::Symbols(2));
        let text =
            "[[element]]\nkind='text'\nx_mm=1\ny_mm=1\nwidth_mm=9\nline_mm=2\ntext='{nam}'\n";
        let unknown = parse(&format!("{symbol}{text}")).to_string();
        assert!(unknown.starts_with("element 2 (text): no variable '{nam}'; there are name,"));
        let tiny = Design::parse("name='a'\ntitle='b'\nwidth_mm=4\nheight_mm=40\nelement=[]");
        assert_eq!(tiny, Err(DesignProblem::LabelSize { width_mm: 4.0, height_mm: 40.0 }));
    }
}
