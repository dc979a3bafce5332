//! A label in a printer's language: what stays is stored in the printer once, what changes is sent
//! for each row of labels.
mod graphic;
mod mark;
mod still;
mod tspl;
mod zpl;

use super::design::largest;
use super::place::{Dots, Form, Holds, Picture, Placed, place, place_advised};
use super::{Design, DesignProblem, Goods};
use crate::code::CodeText;
use crate::symbol::Separator;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// More labels side by side than any head is wide.
const MOST_ACROSS: u32 = 16;

/// The languages that labels are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// ZPL II: Zebra's, and its emulations.
    #[default]
    Zpl,
    /// TSPL and TSPL2: TSC's, and its clones.
    Tspl,
}

/// What the head and the paper in front of it are like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Head {
    /// What the printer speaks.
    pub language: Language,
    /// Dots of the head a millimetre.
    pub dots_per_mm: f32,
    /// The widest line that it prints, in dots, where that is known: what is wider is refused.
    pub width_dots: Option<u32>,
    /// What it can keep in its memory, in bytes, where that is known: a format that needs more is
    /// refused.
    pub memory_bytes: Option<usize>,
    /// What stands between the parts of a code.
    pub separator: Separator,
    /// Labels side by side in a row, at least one.
    pub across: u32,
    /// From the left edge of a label to the left edge of the next one in the row; of no meaning
    /// for one label a row.
    pub pitch_mm: f32,
    /// Gap between two rows; 0 is paper without gaps. ZPL printers find it by themselves.
    pub gap_mm: f32,
    /// Whether the printer says back what is in the symbol, label by label (ZPL `^HV`): a line
    /// `MW:`, the field's data, CR LF.
    pub echo: bool,
}

impl Head {
    /// A head of any width and memory with one label a row, 2 mm from the next row, codes separated by FNC1, no echo.
    pub fn new(language: Language, dots_per_mm: f32) -> Self {
        Self {
            language,
            dots_per_mm,
            width_dots: None,
            memory_bytes: None,
            separator: Separator::default(),
            across: 1,
            pitch_mm: 0.0,
            gap_mm: 2.0,
            echo: false,
        }
    }
}

/// A design for the codes of one trade item and form, in the language of one printer.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelFormat {
    head: Head,
    design: Design,
    goods: Goods,
    row: RowSize,
    placed: Placed,
    /// What is the same on every label.
    still: Option<Picture>,
    /// What begins an escape in the data of a symbol (ZPL).
    escape: char,
    name: String,
    setup: Vec<u8>,
}

/// Size of a row of labels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct RowSize {
    /// Dots from the left edge of the first label to the right edge of the last one.
    width: u32,
    height: u32,
    /// Dots from label to label.
    pitch: u32,
    width_mm: f32,
    height_mm: f32,
}

/// One label of a row, with its code.
struct Lane<'a> {
    /// Left edge of the label in the row.
    x: u32,
    placed: Cow<'a, Placed>,
    still: Still<'a>,
    code: &'a CodeText,
}

/// From where the printer takes what is the same on every label.
enum Still<'a> {
    /// It is in its memory, under the format's name.
    Stored(&'a Picture),
    /// It travels with the label.
    InLine(Cow<'a, Picture>),
    /// There is nothing.
    Nothing,
}

impl Still<'_> {
    /// Whether it has no black dot there.
    fn is_white(&self, area: Dots) -> bool {
        let picture: &Picture = match self {
            Self::Nothing => return true,
            Self::Stored(picture) => picture,
            Self::InLine(picture) => picture,
        };
        let (x, y) = (picture.at.x, picture.at.y);
        let columns = area.x.max(x)..(area.x + area.width).min(x + picture.at.width);
        let mut rows = area.y.max(y)..(area.y + area.height).min(y + picture.at.height);
        rows.all(|row| columns.clone().all(|column| !picture.is_black(column - x, row - y)))
    }
}

impl LabelFormat {
    /// Makes the format for all codes of the sample's trade item and form.
    pub fn new(
        design: &Design,
        goods: &Goods,
        sample: &CodeText,
        head: &Head,
    ) -> Result<Self, DesignProblem> {
        let holds = |other: &Design| Self::made(other, goods, sample, head, None).is_ok();
        Self::made(design, goods, sample, head, Some(&holds))
    }

    fn made(
        design: &Design,
        goods: &Goods,
        sample: &CodeText,
        head: &Head,
        advise: Option<Holds<'_>>,
    ) -> Result<Self, DesignProblem> {
        let placed = place_advised(design, goods, sample, head.dots_per_mm, advise)?;
        let row = RowSize::of(design, &placed, head, advise)?;
        let mut format = Self {
            head: *head,
            design: design.clone(),
            goods: goods.clone(),
            row,
            still: still::of(&placed),
            placed,
            escape: zpl::escape_for(sample.as_str()),
            name: String::new(),
            setup: Vec::new(),
        };
        // Once without a name, to name it after everything that it is.
        format.name = name_of(&format.stored());
        format.setup = format.stored();
        format.fits_memory(advise)?;
        Ok(format)
    }

    fn fits_memory(&self, advise: Option<Holds<'_>>) -> Result<(), DesignProblem> {
        let (needs, Some(has)) = (self.memory_bytes(), self.head.memory_bytes) else {
            return Ok(());
        };
        if needs <= has {
            return Ok(());
        }
        let kilobytes = |bytes: usize| bytes.div_ceil(1024);
        let (needs, has) = (kilobytes(needs), kilobytes(has));
        Err(DesignProblem::Memory { needs, has, shipped: largest(advise, |_| true) })
    }

    fn stored(&self) -> Vec<u8> {
        match self.head.language {
            Language::Zpl => zpl::setup(self).into_bytes(),
            Language::Tspl => tspl::setup(self),
        }
    }

    /// The name under which the printer keeps it in its memory (lost with the power): a letter and
    /// four digits of a hash over everything that is stored, so that a format left over from another
    /// design is not recalled by mistake.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Modules along one side of every symbol, and the side of a module in millimetres.
    #[expect(clippy::cast_precision_loss, reason = "a few dots")]
    pub fn symbol(&self) -> (u32, f32) {
        let symbol = &self.placed.symbol;
        (symbol.side, symbol.module as f32 / self.placed.dots_per_mm)
    }

    /// Makes a printer ready for these labels: stores what stays and, in TSPL, says how large the
    /// paper is. Prints nothing. Send it after each connection and each power-on.
    pub fn setup_bytes(&self) -> &[u8] {
        &self.setup
    }

    /// What the printer must keep in its memory: the picture with a bit a dot, and the format.
    pub fn memory_bytes(&self) -> usize {
        match self.head.language {
            Language::Zpl => zpl::memory(self),
            Language::Tspl => tspl::memory(self),
        }
    }

    /// Prints one row of labels, from left to right, once. Fewer codes than labels in a row are the
    /// last, short row, whose other labels stay empty. A code of another form than the sample, such
    /// as a longer serial number, brings its whole label along.
    pub fn row_bytes(&self, codes: &[CodeText]) -> Result<Vec<u8>, DesignProblem> {
        self.check_count(codes)?;
        if self.head.language == Language::Zpl
            && let Some(recall) = zpl::recall(self, codes)
        {
            return Ok(recall.into_bytes());
        }
        self.whole_row(codes, false)
    }

    /// One label of this code in the first lane that needs nothing stored and, in TSPL, no size
    /// set before.
    pub fn label_bytes(&self, code: &CodeText) -> Result<Vec<u8>, DesignProblem> {
        let label = self.whole_row(std::slice::from_ref(code), true)?;
        Ok(match self.head.language {
            Language::Zpl => label,
            Language::Tspl => [tspl::paper(self).into_bytes(), label].concat(),
        })
    }

    /// The labels of these codes in a file that any printer of the language prints as it is, and
    /// other programs read. In ZPL, what stays is stored first and recalled; in TSPL it is in line
    /// with each label (`BITMAP`), because few readers know a stored picture (`PUTBMP`).
    pub fn file_bytes(&self, codes: &[CodeText]) -> Result<Vec<u8>, DesignProblem> {
        let mut file = match self.head.language {
            Language::Zpl => self.setup.clone(),
            Language::Tspl => tspl::paper(self).into_bytes(),
        };
        for row in codes.chunks(self.head.across as usize) {
            file.extend(match self.head.language {
                Language::Zpl => self.row_bytes(row)?,
                Language::Tspl => self.whole_row(row, true)?,
            });
        }
        Ok(file)
    }

    /// A row that is one label of plain words in a frame: what a roll begins and ends with. A line
    /// for each of the words, centred; drawn here, so that no font is needed.
    pub fn mark_bytes(&self, lines: &[String]) -> Vec<u8> {
        let picture = mark::picture(lines, &self.row, self.head.dots_per_mm);
        match self.head.language {
            Language::Zpl => zpl::picture_only(&self.row, &picture).into_bytes(),
            Language::Tspl => tspl::picture_only(&picture),
        }
    }

    fn check_count(&self, codes: &[CodeText]) -> Result<(), DesignProblem> {
        if (1..=self.head.across as usize).contains(&codes.len()) {
            return Ok(());
        }
        Err(DesignProblem::RowCodes { found: codes.len(), most: self.head.across })
    }

    /// A row that needs no stored format; `in_line` means no stored picture, either.
    fn whole_row(&self, codes: &[CodeText], in_line: bool) -> Result<Vec<u8>, DesignProblem> {
        self.check_count(codes)?;
        let lanes = codes
            .iter()
            .zip(self.lefts())
            .map(|(code, x)| self.lane(code, x, in_line))
            .collect::<Result<Vec<_>, _>>()?;
        match self.head.language {
            Language::Zpl => Ok(zpl::whole(self, &lanes)?.into_bytes()),
            Language::Tspl => tspl::whole(self, &lanes),
        }
    }

    /// The left edge of each label of a row.
    fn lefts(&self) -> impl Iterator<Item = u32> {
        let pitch = self.row.pitch;
        (0..self.head.across).map(move |lane| lane * pitch)
    }

    fn lane<'a>(
        &'a self,
        code: &'a CodeText,
        x: u32,
        in_line: bool,
    ) -> Result<Lane<'a>, DesignProblem> {
        if Form::of(code)? != self.placed.form {
            let placed = place(&self.design, &self.goods, code, self.head.dots_per_mm)?;
            let still = match still::of(&placed) {
                Some(picture) => Still::InLine(Cow::Owned(picture)),
                None => Still::Nothing,
            };
            return Ok(Lane { x, placed: Cow::Owned(placed), still, code });
        }
        let still = match &self.still {
            None => Still::Nothing,
            Some(picture) if in_line => Still::InLine(Cow::Borrowed(picture)),
            Some(picture) => Still::Stored(picture),
        };
        Ok(Lane { x, placed: Cow::Borrowed(&self.placed), still, code })
    }
}

impl RowSize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a handful of labels of some thousand dots"
    )]
    fn of(
        design: &Design,
        placed: &Placed,
        head: &Head,
        advise: Option<Holds<'_>>,
    ) -> Result<Self, DesignProblem> {
        let Head { across, pitch_mm, dots_per_mm, .. } = *head;
        let (width_mm, height_mm) = (design.width_mm, design.height_mm);
        let side_by_side =
            (2..=MOST_ACROSS).contains(&across) && (width_mm..300.0).contains(&pitch_mm);
        if across != 1 && !side_by_side {
            return Err(DesignProblem::Across { across, pitch_mm, width_mm });
        }
        let pitch_mm = if across == 1 { 0.0 } else { pitch_mm };
        let (further, further_mm) = (across - 1, (across - 1) as f32 * pitch_mm);
        if let Some(width_dots) = head.width_dots {
            design.row_fits_head(width_mm + further_mm, dots_per_mm, width_dots, advise)?;
        }
        let pitch = (pitch_mm * dots_per_mm).round() as u32;
        Ok(Self {
            width: placed.width + further * pitch,
            height: placed.height,
            pitch,
            width_mm: width_mm + further_mm,
            height_mm,
        })
    }
}

/// A letter and four digits of base 36. That is enough, because what has the name is always stored
/// again before it is used; every further digit would be sent with each label.
fn name_of(stored: &[u8]) -> String {
    let hash = Sha256::digest(stored);
    let mut rest = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut name = String::from("M");
    for _ in 0..4 {
        let digit = u32::try_from(rest % 36).unwrap_or_default();
        name.push(char::from_digit(digit, 36).unwrap_or('0').to_ascii_uppercase());
        rest /= 36;
    }
    name
}
