//! Why a design cannot be printed, in words that a person can act on.
use crate::code::Malformed;
use crate::symbol::SymbolProblem;

/// What is wrong with a design, or with a code for it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DesignProblem {
    /// The text of the design is not what a design looks like.
    #[error("not a label design: {0}")]
    Unreadable(String),
    /// The label has no sensible size.
    #[error("a label measures 5 to 300 mm a side; found {width_mm} x {height_mm} mm")]
    LabelSize {
        /// Its width.
        width_mm: f32,
        /// Its height.
        height_mm: f32,
    },
    /// The head has no sensible resolution.
    #[error("a print head has 5 to 50 dots a millimetre; found {0}")]
    DotsPerMm(f32),
    /// A label carries one code, once.
    #[error("a design has exactly one element of kind 'datamatrix'; found {0}")]
    Symbols(usize),
    /// A name in braces that means nothing.
    #[error("{element}: no variable '{{{name}}}'; there are {known}")]
    UnknownVariable {
        /// Where.
        element: String,
        /// What stands there.
        name: String,
        /// Every name that there is.
        known: String,
    },
    /// The code is none.
    #[error("the code: {0}")]
    Code(#[from] Malformed),
    /// The code has no symbol of the size of its product group.
    #[error("the symbol: {0}")]
    Symbol(#[from] SymbolProblem),
    /// The module is outside of what the marking rules recommend.
    #[error(
        "a module of {dots} dots is {mm:.3} mm here, outside of 0.255 to 0.680 mm; \
         the nearest that holds is {nearest_dots} dots = {nearest_mm:.3} mm"
    )]
    Module {
        /// Dots that the design asks for.
        dots: u32,
        /// The same in millimetres of this head.
        mm: f32,
        /// The nearest whole number of dots inside of the range.
        nearest_dots: u32,
        /// The same in millimetres of this head.
        nearest_mm: f32,
    },
    /// Something reaches over the edge of the label.
    #[error("{element} reaches {by_mm:.1} mm over the {edge} edge of the label")]
    Outside {
        /// What.
        element: String,
        /// Which edge.
        edge: &'static str,
        /// How far.
        by_mm: f32,
    },
    /// Something lies on the symbol or in the white around it.
    #[error("{element} lies on the symbol or in its quiet zone, which must stay white")]
    OnSymbol {
        /// What.
        element: String,
    },
    /// A text is too long even with its smallest letters.
    #[error(
        "{element}: '{text}' does not fit into {lines} lines of {width_mm:.1} mm, \
         even with letters of {least_mm:.2} mm a line"
    )]
    TextTooLong {
        /// Which text.
        element: String,
        /// What it says.
        text: String,
        /// Lines that it may have.
        lines: usize,
        /// How wide they are.
        width_mm: f32,
        /// The lowest line that the design allows.
        least_mm: f32,
    },
    /// The shipped font has no such letter.
    #[error("{element}: no letter for {found:?} in the font of labels")]
    NoLetter {
        /// Which text.
        element: String,
        /// The character.
        found: char,
    },
    /// The printer draws what changes from label to label, and its font knows ASCII only.
    #[error(
        "{element}: words behind {{serial}} in one line are drawn by the printer, which knows \
         ASCII only; put them before it or into an element of their own"
    )]
    NotAscii {
        /// Which text.
        element: String,
    },
    /// The code has another trade item or another form than the format was made for.
    #[error("the code is {found}, the format is for {wanted}; make a new format")]
    OtherForm {
        /// GTIN and form of the code.
        found: String,
        /// GTIN and form of the format.
        wanted: String,
    },
    /// Labels that cannot stand side by side.
    #[error(
        "{across} labels side by side, {pitch_mm} mm from left edge to left edge: a row has 1 to 16, \
         and labels of {width_mm} mm must not overlap"
    )]
    Across {
        /// How many.
        across: u32,
        /// From left edge to left edge.
        pitch_mm: f32,
        /// Width of one label.
        width_mm: f32,
    },
    /// A row is printed with codes, and has no more of them than labels.
    #[error("a row has 1 to {most} codes; found {found}")]
    RowCodes {
        /// Codes for it.
        found: usize,
        /// Labels side by side.
        most: u32,
    },
    /// A PDF that would not fit into memory with its working set.
    #[error("{found} labels are too many for one PDF; at most {most} go into one file")]
    TooManyPages {
        /// Labels that were asked for.
        found: usize,
        /// How many a file can have.
        most: usize,
    },
    /// The picture or the document could not be written.
    #[error("could not write the {what}: {why}")]
    NotWritten {
        /// What was to be written.
        what: &'static str,
        /// What the writer said.
        why: String,
    },
}
