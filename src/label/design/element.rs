//! The elements of a label design as data: what stands in a design file, key by key.
use serde::Deserialize;

/// One thing on a label. Places are those of its upper left corner.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Element {
    /// The code as GS1 `DataMatrix`.
    Datamatrix(SymbolElement),
    /// Words, with variables in braces.
    Text(TextElement),
    /// The code in letters, for people.
    Code(CodeElement),
    /// A linear barcode of the goods.
    Barcode(BarcodeElement),
    /// A black and white picture.
    Picture(PictureElement),
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
    /// Where it stands in the width of its room, if the module is as large as it can be.
    #[serde(default)]
    pub align: Align,
}

/// Side of a module, as `{ mm = 0.34 }`, `{ dots = 4 }` or `{ fit_mm = 18.5 }`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    /// As large as the rules and so many millimetres for the whole symbol or barcode allow, quiet
    /// zones included.
    #[serde(rename = "fit_mm")]
    Fit(f32),
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
    /// Lines that the words may take. The area of a text is that many preferred lines high.
    #[serde(default = "one_line")]
    pub lines: usize,
    /// Where the lines stand in the width.
    #[serde(default)]
    pub align: Align,
    /// What it says, with variables in braces; a line break breaks the line.
    pub text: String,
}

/// Where something stands in the width of its area.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left edge.
    #[default]
    Left,
    /// In the middle.
    Centre,
    /// At the right edge.
    Right,
}

/// The code in letters.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeElement {
    /// Left edge.
    pub x_mm: f32,
    /// Upper edge.
    pub y_mm: f32,
    /// Width that it may take.
    pub width_mm: f32,
    /// Preferred height of a line.
    pub line_mm: f32,
    /// The lowest line that is still printed.
    pub least_line_mm: Option<f32>,
    /// Lines that it may take; it is broken between its parts only.
    #[serde(default = "one_line")]
    pub lines: usize,
    /// Where the lines stand in the width.
    #[serde(default)]
    pub align: Align,
    /// How it is written.
    pub form: CodeForm,
}

/// How the code is written for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeForm {
    /// GTIN, serial number and the first four digits of the customs code without anything between
    /// them: 31 characters for footwear, as on the labels of the pilot.
    Pilot,
    /// `(01)` GTIN `(21)` serial number.
    Gs1,
}

/// A linear barcode. It says the same on every label of a job.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BarcodeElement {
    /// Left edge of the left quiet zone.
    pub x_mm: f32,
    /// Upper edge of the bars.
    pub y_mm: f32,
    /// Height of the bars.
    pub height_mm: f32,
    /// Width of a module (X-dimension).
    pub module: Module,
    /// Its kind.
    pub symbology: Symbology,
    /// What it carries, with variables in braces.
    #[serde(default = "the_gtin")]
    pub data: String,
    /// Height of the line of digits below the bars; without it, there is none.
    pub digits_mm: Option<f32>,
}

/// Kinds of linear barcodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symbology {
    /// EAN-13: a GTIN that begins with 0.
    Ean13,
    /// ITF-14: any GTIN.
    Itf14,
    /// Code 128: any ASCII text.
    Code128,
}

/// A picture: black where it is darker than half.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureElement {
    /// Left edge.
    pub x_mm: f32,
    /// Upper edge.
    pub y_mm: f32,
    /// Width that it may take; its proportions stay.
    pub width_mm: f32,
    /// Height that it may take.
    pub height_mm: f32,
    /// Name of a shipped picture, or of a PNG file.
    pub name: String,
    /// The picture itself, which is not written in the design.
    #[serde(skip)]
    pub(in crate::label) art: super::Art,
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

fn the_gtin() -> String {
    "{gtin}".to_owned()
}

impl Element {
    /// Its left and its upper edge, in millimetres.
    pub(super) fn corner(&self) -> (f32, f32) {
        match self {
            Self::Datamatrix(symbol) => (symbol.x_mm, symbol.y_mm),
            Self::Text(text) => (text.x_mm, text.y_mm),
            Self::Code(code) => (code.x_mm, code.y_mm),
            Self::Barcode(barcode) => (barcode.x_mm, barcode.y_mm),
            Self::Picture(picture) => (picture.x_mm, picture.y_mm),
            Self::Box(bar) | Self::Line(bar) => (bar.x_mm, bar.y_mm),
        }
    }

    /// Its widths and heights, in millimetres, each with its key.
    pub(super) fn sizes(&self) -> Vec<(&'static str, f32)> {
        match self {
            Self::Datamatrix(_) => vec![],
            Self::Text(text) => vec![("width_mm", text.width_mm)],
            Self::Code(code) => vec![("width_mm", code.width_mm)],
            Self::Barcode(barcode) => vec![("height_mm", barcode.height_mm)],
            Self::Picture(PictureElement { width_mm, height_mm, .. })
            | Self::Line(Bar { width_mm, height_mm, .. }) => {
                vec![("width_mm", *width_mm), ("height_mm", *height_mm)]
            }
            Self::Box(Bar { width_mm, height_mm, thickness_mm, .. }) => {
                let thickness = ("thickness_mm", *thickness_mm);
                vec![("width_mm", *width_mm), ("height_mm", *height_mm), thickness]
            }
        }
    }

    /// How high lines of its letters are, in millimetres, each with its key.
    pub(super) fn letters(&self) -> Vec<(&'static str, f32)> {
        let lines = |line_mm, least: Option<f32>| {
            let least = least.map(|mm| ("least_line_mm", mm));
            [("line_mm", line_mm)].into_iter().chain(least).collect()
        };
        match self {
            Self::Text(text) => lines(text.line_mm, text.least_line_mm),
            Self::Code(code) => lines(code.line_mm, code.least_line_mm),
            Self::Barcode(barcode) => {
                barcode.digits_mm.map(|mm| ("digits_mm", mm)).into_iter().collect()
            }
            Self::Datamatrix(_) | Self::Picture(_) | Self::Box(_) | Self::Line(_) => vec![],
        }
    }

    /// The same at another place, and smaller where a size of its room is given.
    #[expect(clippy::cast_precision_loss, reason = "some lines")]
    pub(in crate::label) fn moved(&self, x: f32, y: f32, size: Option<(f32, f32)>) -> Self {
        let mut moved = self.clone();
        let (width, height) = size.unzip();
        match &mut moved {
            Self::Datamatrix(symbol) => (symbol.x_mm, symbol.y_mm) = (x, y),
            Self::Barcode(barcode) => (barcode.x_mm, barcode.y_mm) = (x, y),
            Self::Text(TextElement { x_mm, y_mm, width_mm, line_mm, lines, .. })
            | Self::Code(CodeElement { x_mm, y_mm, width_mm, line_mm, lines, .. }) => {
                (*x_mm, *y_mm) = (x, y);
                *width_mm = width.unwrap_or(*width_mm);
                *line_mm = height.map_or(*line_mm, |mm| mm / *lines as f32);
            }
            Self::Picture(PictureElement { x_mm, y_mm, width_mm, height_mm, .. })
            | Self::Box(Bar { x_mm, y_mm, width_mm, height_mm, .. })
            | Self::Line(Bar { x_mm, y_mm, width_mm, height_mm, .. }) => {
                (*x_mm, *y_mm) = (x, y);
                *width_mm = width.unwrap_or(*width_mm);
                *height_mm = height.unwrap_or(*height_mm);
            }
        }
        moved
    }

    /// What the element is called in a design, for messages.
    pub(in crate::label) fn kind(&self) -> &'static str {
        match self {
            Self::Datamatrix(_) => "datamatrix",
            Self::Text(_) => "text",
            Self::Code(_) => "code",
            Self::Barcode(_) => "barcode",
            Self::Picture(_) => "picture",
            Self::Box(_) => "box",
            Self::Line(_) => "line",
        }
    }
}

impl Align {
    /// How much of the free width lies to the left.
    pub(in crate::label) fn indent(self, free: u32) -> u32 {
        match self {
            Self::Left => 0,
            Self::Centre => free / 2,
            Self::Right => free,
        }
    }
}

impl CodeForm {
    /// How it is written in so many lines, with variables in braces; a line that it does not need
    /// stays empty.
    pub(in crate::label) fn wording(self, lines: usize) -> &'static str {
        match (self, lines) {
            (Self::Pilot, 0 | 1) => "{gtin}{serial}{hs4}",
            (Self::Pilot, 2) => "{gtin}\n{serial}{hs4}",
            (Self::Pilot, _) => "{gtin}\n{serial}\n{hs4}",
            (Self::Gs1, 0 | 1) => "(01){gtin}(21){serial}",
            (Self::Gs1, _) => "(01){gtin}\n(21){serial}",
        }
    }
}
