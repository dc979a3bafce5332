//! Label designs as data: sizes in millimetres, elements, and the designs that are shipped.
use super::DesignProblem;
use super::wording;
use serde::Deserialize;
use std::sync::LazyLock;

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

/// One thing on a label. Places are those of its upper left corner.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Element {
    /// The code as GS1 `DataMatrix`.
    Datamatrix(SymbolElement),
    /// Words, with variables in braces.
    Text(TextElement),
    /// The outline of a rectangle.
    Box(Bar),
    /// A filled rectangle: a line is a thin one.
    Line(Bar),
}

/// Where the symbol is, and how large.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymbolElement {
    /// Left edge of the quiet zone.
    pub x_mm: f32,
    /// Upper edge of the quiet zone.
    pub y_mm: f32,
    /// Side of a module.
    pub module: Module,
    /// White modules around the symbol (at least one, ISO/IEC 16022, 8.2.5).
    #[serde(default = "one_module")]
    pub quiet_modules: u32,
}

/// Side of a module, as `{ mm = 0.34 }` or `{ dots = 4 }`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    /// Millimetres; the nearest whole number of dots is printed.
    Mm(f32),
    /// Dots, where the design is for one head.
    Dots(u32),
}

/// Words in an area.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextElement {
    /// Left edge.
    pub x_mm: f32,
    /// Upper edge.
    pub y_mm: f32,
    /// Width that the words may take.
    pub width_mm: f32,
    /// Preferred height of a line, from the top of `Й` to the foot of `р`.
    pub line_mm: f32,
    /// The lowest line that is still printed; without it, the words do not shrink.
    pub least_line_mm: Option<f32>,
    /// Lines that the words may take.
    #[serde(default = "one_line")]
    pub lines: usize,
    /// What it says, with variables in braces; a line break breaks the line.
    pub text: String,
}

/// A rectangle.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bar {
    /// Left edge.
    pub x_mm: f32,
    /// Upper edge.
    pub y_mm: f32,
    /// Width.
    pub width_mm: f32,
    /// Height.
    pub height_mm: f32,
    /// Thickness of an outline; lines are filled and do not need it.
    #[serde(default = "hair")]
    pub thickness_mm: f32,
}

fn one_module() -> u32 {
    1
}

fn one_line() -> usize {
    1
}

fn hair() -> f32 {
    0.25
}

impl Element {
    /// What the element is called in a design, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Datamatrix(_) => "datamatrix",
            Self::Text(_) => "text",
            Self::Box(_) => "box",
            Self::Line(_) => "line",
        }
    }
}

impl Design {
    /// Reads a design and checks what can be checked without a code.
    pub fn parse(toml: &str) -> Result<Self, DesignProblem> {
        let design: Self =
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
        for (at, element) in design.elements.iter().enumerate() {
            if let Element::Text(text) = element {
                wording::check_variables(&text.text, &called(at, element))?;
            }
        }
        Ok(design)
    }
}

/// How messages call the element at this place of the design.
pub(super) fn called(at: usize, element: &Element) -> String {
    format!("element {} ({})", at + 1, element.kind())
}

/// The designs that are shipped, from large to small.
pub fn designs() -> &'static [Design] {
    static SHIPPED: LazyLock<Vec<Design>> = LazyLock::new(|| {
        [
            include_str!("../../templates/labels/58x40.toml"),
            include_str!("../../templates/labels/footwear.toml"),
            include_str!("../../templates/labels/43x25.toml"),
            include_str!("../../templates/labels/dairy.toml"),
            include_str!("../../templates/labels/30x20.toml"),
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
        assert_eq!(designs().len(), 5);
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
