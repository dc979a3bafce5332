//! Why a design cannot be printed, in words that a person can act on.
use super::Nearest;
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
    /// A pack of tobacco: its symbol is none of GS1, and is printed on the pack itself.
    #[error(
        "a code without application identifiers (a pack of {0}) stands in a symbol without FNC1, \
         which is printed on the pack and not on labels"
    )]
    NoGs1(&'static str),
    /// The code has no symbol of the size of its product group.
    #[error("the symbol: {0}")]
    Symbol(#[from] SymbolProblem),
    /// The module is outside of what the marking rules recommend.
    #[error(
        "a module of {dots} dots is {mm:.3} mm here, outside of 0.255 to 0.680 mm; \
         {advice}"
    )]
    Module {
        /// Dots that the design asks for.
        dots: u32,
        /// The same in millimetres of this head.
        mm: f32,
        /// The module or the label that would hold.
        advice: String,
    },
    /// The symbol is too large for its place or for the label.
    #[error(
        "the symbol of {group} has {side} x {side} modules: with {dots} dots = {mm:.3} mm each and \
         its quiet zone it measures {size_mm:.1} mm and reaches {by_mm:.1} mm over the {edge}; \
         {advice}"
    )]
    SymbolTooLarge {
        /// The product group of the code.
        group: &'static str,
        /// Modules along one side.
        side: u32,
        /// Dots of a module.
        dots: u32,
        /// The same in millimetres of this head.
        mm: f32,
        /// Side of the symbol with its quiet zone.
        size_mm: f32,
        /// How far it reaches over the edge.
        by_mm: f32,
        /// Over which edge.
        edge: &'static str,
        /// The place, the module or the label that would hold.
        advice: String,
    },
    /// A place beyond the left or upper edge of the label, or letters without height.
    #[error("{element}: {key} is {value}; wanted {least} or more")]
    Number {
        /// What.
        element: String,
        /// Which number of it.
        key: &'static str,
        /// What it is.
        value: f32,
        /// What it may be at least.
        least: f32,
    },
    /// Less white around the symbol than a reader needs, or more than any label has.
    #[error(
        "{element}: quiet_modules is {found}; a symbol needs 1 to 99 white modules around it \
         (ISO/IEC 16022, 8.2.5); without this key there is one"
    )]
    Quiet {
        /// Which.
        element: String,
        /// How many it has.
        found: u32,
    },
    /// Something reaches over the edge of the label.
    #[error("{element} reaches {by_mm:.1} mm over the {edge}; {}", Nearest::said(nearest.as_ref()))]
    Outside {
        /// What.
        element: String,
        /// Over which edge.
        edge: &'static str,
        /// How far.
        by_mm: f32,
        /// Where it would hold.
        nearest: Option<Nearest>,
    },
    /// Something lies on the symbol or in the white around it.
    #[error("{element} lies on the symbol or in its quiet zone, which must stay white; {}", Nearest::said(nearest.as_ref()))]
    OnSymbol {
        /// What.
        element: String,
        /// Where it would hold.
        nearest: Option<Nearest>,
    },
    /// Two elements lie on each other.
    #[error("{element} lies on {other}; {}", Nearest::said(nearest.as_ref()))]
    Overlap {
        /// The later one.
        element: String,
        /// The earlier one.
        other: String,
        /// Where the later one would hold.
        nearest: Option<Nearest>,
    },
    /// The label does not fit under the head.
    #[error(
        "a row of labels of {width_mm:.1} mm is wider than the print head of {head_mm:.1} mm; \
         the largest shipped label for it is {shipped}"
    )]
    WiderThanHead {
        /// Width of the label, or of the labels side by side.
        width_mm: f32,
        /// Width of the head.
        head_mm: f32,
        /// The largest shipped design that fits.
        shipped: &'static str,
    },
    /// What is the same on every label is more than the printer can keep.
    #[error(
        "the stored format with its picture takes {needs} kilobytes, and the printer's memory is \
         {has} kilobytes; the largest shipped label for it is {shipped}; or take one with less black, or a \
         printer with more memory"
    )]
    Memory {
        /// Kilobytes that are to be stored.
        needs: usize,
        /// Kilobytes that the printer has.
        has: usize,
        /// The largest shipped design that it can keep.
        shipped: &'static str,
    },
    /// More elements than any label carries.
    #[error("a design has at most {most} elements; found {found}")]
    TooManyElements {
        /// How many it has.
        found: usize,
        /// How many it may have.
        most: usize,
    },
    /// A linear barcode is the same on every label of a job.
    #[error(
        "{element}: a linear barcode cannot carry {{serial}}, because it says the same on every \
         label of a job; print the serial number with an element of kind 'code' or 'text', and \
         let the barcode carry {{gtin}}"
    )]
    SerialInBarcode {
        /// Which barcode.
        element: String,
    },
    /// What a linear barcode cannot carry.
    #[error("{element}: {symbology} cannot carry '{data}': {why}")]
    BarcodeData {
        /// Which barcode.
        element: String,
        /// Its kind.
        symbology: &'static str,
        /// What it was to carry.
        data: String,
        /// Why not, and what to do.
        why: &'static str,
    },
    /// The module of a linear barcode is outside of the range of its kind.
    #[error(
        "{element}: a module of {dots} dots is {mm:.3} mm here, outside of {least_mm:.3} to \
         {most_mm:.3} mm for {symbology}; {advice}"
    )]
    BarcodeModule {
        /// Which barcode.
        element: String,
        /// Its kind.
        symbology: &'static str,
        /// Dots that the design asks for.
        dots: u32,
        /// The same in millimetres of this head.
        mm: f32,
        /// The narrowest module of this kind.
        least_mm: f32,
        /// The widest module of this kind.
        most_mm: f32,
        /// The module that would hold.
        advice: String,
    },
    /// No such picture.
    #[error(
        "{element}: no picture '{name}'; shipped are {known}, others are PNG files beside the design"
    )]
    NoPicture {
        /// Which element.
        element: String,
        /// The picture that it names.
        name: String,
        /// The shipped ones.
        known: String,
    },
    /// A picture that cannot be read.
    #[error("{element}: picture '{name}' is not a PNG of at most 4096 x 4096 pixels: {why}")]
    BadPicture {
        /// Which element.
        element: String,
        /// The picture that it names.
        name: String,
        /// What the reader said.
        why: String,
    },
    /// A text is too long even with its smallest letters.
    #[error(
        "{element}: '{text}' does not fit into {lines} lines of {width_mm:.1} mm, \
         even with letters of {least_mm:.2} mm a line; {}",
        said_of_text(*fits_mm, *fits_letters)
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
        /// The height of a line at which it would fit.
        fits_mm: Option<f32>,
        /// How many of its characters fit with the lowest line.
        fits_letters: usize,
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

/// What would make a text fit.
fn said_of_text(fits_mm: Option<f32>, fits_letters: usize) -> String {
    let lower = fits_mm.map(|mm| format!("it would fit with least_line_mm = {mm:.2}"));
    let shorter = match fits_letters {
        0 => "not one word of it fits: give it more width or lines".to_owned(),
        _ => format!("its first {fits_letters} characters fit as they are"),
    };
    lower.map_or_else(|| shorter.clone(), |lower| format!("{lower}; {shorter}"))
}
