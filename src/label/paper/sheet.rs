//! Labels side by side on sheets of office paper, with marks to cut along.
use super::pdf::{Labels, MOST_PAGES, Pages};
use super::{Area, PaperProblem, Pen, letters};
use crate::code::CodeText;
use crate::label::{Design, DesignProblem, Goods};
use std::io::Write;

/// From a label to the beginning of its crop mark, so that a crooked cut shows no ink.
const MARK_AWAY: f32 = 1.0;
/// Length of a crop mark where there is room for it.
const MARK: f32 = 4.0;
/// Thickness of a crop mark: a quarter of a point is the least that office printers draw.
const THIN: f32 = 0.09;
/// Room for the line at the foot, with what printers leave white below it.
const FOOT: f32 = 9.0;
/// From the foot line to the lower edge of the sheet.
const FOOT_BASE: f32 = 5.0;
/// Size of its letters: 7 points.
const FOOT_EM: f32 = 2.5;
/// What rounding may take away when a label just fits, in millimetres.
const HAIR: f32 = 0.01;

/// Sizes of paper (ISO 216).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 210 x 297 mm.
    A4,
    /// 148 x 210 mm.
    A5,
}

/// How labels lie on a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetSettings {
    /// The paper.
    pub paper: Paper,
    /// The long side lies.
    pub landscape: bool,
    /// Labels below one another; as many as fit if not said.
    pub rows: Option<u32>,
    /// Labels side by side; as many as fit if not said.
    pub columns: Option<u32>,
    /// White between labels, in millimetres.
    pub gap_mm: f32,
    /// White at each edge of the sheet, in millimetres.
    pub margin_mm: f32,
    /// Marks at the edges of the grid, to cut along.
    pub crop_marks: bool,
    /// What stands at the foot of each sheet before its number.
    pub job: String,
}

impl Default for SheetSettings {
    fn default() -> Self {
        Self {
            paper: Paper::A4,
            landscape: false,
            rows: None,
            columns: None,
            gap_mm: 2.0,
            margin_mm: 10.0,
            crop_marks: true,
            job: String::new(),
        }
    }
}

/// Why labels do not lie on a sheet as was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SheetProblem {
    /// Margins and gaps are lengths of white.
    #[error("{what} of {found} mm: from 0 to 100 mm make sense")]
    Length {
        /// Which.
        what: &'static str,
        /// Its length.
        found: f32,
    },
    /// Not one label fits.
    #[error(
        "a label of {width_mm} x {height_mm} mm does not fit on the sheet: between its margins are \
         {free_width_mm:.1} x {free_height_mm:.1} mm; take larger paper, turn it, or take a \
         smaller margin"
    )]
    NotOne {
        /// Width of the label.
        width_mm: f32,
        /// Height of the label.
        height_mm: f32,
        /// Room across the sheet.
        free_width_mm: f32,
        /// Room along the sheet, without its foot.
        free_height_mm: f32,
    },
    /// Fewer fit than were asked for.
    #[error("{asked} {what} do not fit on the sheet; from 1 to {most} do")]
    Count {
        /// Rows or columns.
        what: &'static str,
        /// How many were asked for.
        asked: u32,
        /// How many fit.
        most: u32,
    },
}

/// Where the labels of a sheet lie, in millimetres from its upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Width and height of the sheet.
    pub sheet: (f32, f32),
    /// Corner of the first label.
    pub first: (f32, f32),
    /// Width and height of a label.
    pub label: (f32, f32),
    /// From one label to the next, across and along.
    pub step: (f32, f32),
    /// Labels side by side.
    pub columns: u32,
    /// Labels below one another.
    pub rows: u32,
}

impl Grid {
    /// Computes how labels of a design lie on a sheet.
    pub fn new(design: &Design, wanted: &SheetSettings) -> Result<Self, SheetProblem> {
        let (gap, margin) = (wanted.gap_mm, wanted.margin_mm);
        for (what, found) in [("gaps", gap), ("a margin", margin)] {
            if !(0.0..=100.0).contains(&found) {
                return Err(SheetProblem::Length { what, found });
            }
        }
        let (short, long) = match wanted.paper {
            Paper::A4 => (210.0, 297.0),
            Paper::A5 => (148.0, 210.0),
        };
        let sheet = if wanted.landscape { (long, short) } else { (short, long) };
        let (width_mm, height_mm) = (design.width_mm, design.height_mm);
        let free = (sheet.0 - 2.0 * margin, sheet.1 - margin - margin.max(FOOT));
        let (columns, rows) = (fitting(free.0, width_mm, gap), fitting(free.1, height_mm, gap));
        if columns == 0 || rows == 0 {
            let (free_width_mm, free_height_mm) = (free.0.max(0.0), free.1.max(0.0));
            return Err(SheetProblem::NotOne {
                width_mm,
                height_mm,
                free_width_mm,
                free_height_mm,
            });
        }
        let columns = asked("columns", wanted.columns, columns)?;
        let rows = asked("rows", wanted.rows, rows)?;
        let step = (width_mm + gap, height_mm + gap);
        let across = times(columns, step.0) - gap;
        let first = ((sheet.0 - across) / 2.0, margin);
        Ok(Self { sheet, first, label: (width_mm, height_mm), step, columns, rows })
    }

    /// Labels on a full sheet.
    pub fn labels(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// The corner of the label with this number on a sheet, from zero.
    fn corner(&self, number: u32) -> (f32, f32) {
        let (column, row) = (number % self.columns, number / self.columns);
        (self.first.0 + times(column, self.step.0), self.first.1 + times(row, self.step.1))
    }

    /// Crop marks: outside of the grid, in line with each edge of its labels.
    fn marks(&self) -> Vec<Area> {
        let (left, top) = self.first;
        let right = left + times(self.columns - 1, self.step.0) + self.label.0;
        let lower = top + times(self.rows - 1, self.step.1) + self.label.1;
        let long = |room: f32| (room - MARK_AWAY).clamp(0.0, MARK);
        let (up, down) = (long(top), long(self.sheet.1 - lower - FOOT_BASE - FOOT_EM));
        let side = long(left);
        let mut marks = Vec::new();
        for x in edges(self.columns, left, self.step.0, self.label.0) {
            let x = x - THIN / 2.0;
            marks.push(Area { x, y: top - MARK_AWAY - up, width: THIN, height: up });
            marks.push(Area { x, y: lower + MARK_AWAY, width: THIN, height: down });
        }
        for y in edges(self.rows, top, self.step.1, self.label.1) {
            let y = y - THIN / 2.0;
            marks.push(Area { x: left - MARK_AWAY - side, y, width: side, height: THIN });
            marks.push(Area { x: right + MARK_AWAY, y, width: side, height: THIN });
        }
        marks.retain(|mark| mark.width > 0.0 && mark.height > 0.0);
        marks
    }
}

/// Writes the labels of these codes on sheets, row by row, in their order; gives how many sheets.
pub fn stream_sheets(
    write: impl Write,
    design: &Design,
    goods: &Goods,
    settings: &SheetSettings,
    codes: &[CodeText],
) -> Result<usize, PaperProblem> {
    let grid = Grid::new(design, settings)?;
    let job = letters::writable(&settings.job);
    if let Some(found) = letters::missing(&job) {
        return Err(DesignProblem::NoLetter { element: "the job line".to_owned(), found }.into());
    }
    let sheets = codes.len().div_ceil(grid.labels());
    if codes.len() > MOST_PAGES {
        let (found, most) = (codes.len(), MOST_PAGES);
        return Err(DesignProblem::TooManyPages { found, most }.into());
    }
    let mut pages = Pages::new(write, &design.title, grid.sheet)?;
    let mut labels = Labels::new(design, goods);
    for (at, on_sheet) in codes.chunks(grid.labels()).enumerate() {
        let mut page = pages.page();
        for (number, code) in (0..).zip(on_sheet) {
            labels.draw(&mut pages, &mut page, code, grid.corner(number))?;
        }
        let mut pen = pages.ink(&mut page);
        if settings.crop_marks {
            grid.marks().into_iter().for_each(|mark| pen.bar(mark));
        }
        let first = at * grid.labels() + 1;
        let last = first + on_sheet.len() - 1;
        let labels = format!("labels {first} to {last} of {}", codes.len());
        foot(&mut pen, &grid, &job, &format!("{labels}, sheet {} of {sheets}", at + 1));
        pages.end(page)?;
    }
    pages.finish()?;
    Ok(sheets)
}

/// The job on the left, which is cut off where it is too long, and what the sheet is on the right.
fn foot(pen: &mut impl Pen, grid: &Grid, job: &str, sheet: &str) {
    let base = grid.sheet.1 - FOOT_BASE;
    let left = grid.first.0.min(10.0);
    let at = grid.sheet.0 - left - letters::width(sheet, FOOT_EM);
    let job = letters::broken(job, FOOT_EM, at - left - 4.0).into_iter().next();
    if let Some(job) = job.filter(|job| !job.is_empty()) {
        pen.words(&job, left, base, FOOT_EM);
    }
    pen.words(sheet, at, base, FOOT_EM);
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "less than a sheet")]
fn fitting(free: f32, label: f32, gap: f32) -> u32 {
    ((free + gap + HAIR) / (label + gap)).floor().max(0.0) as u32
}

fn asked(what: &'static str, asked: Option<u32>, most: u32) -> Result<u32, SheetProblem> {
    match asked {
        None => Ok(most),
        Some(asked) if (1..=most).contains(&asked) => Ok(asked),
        Some(asked) => Err(SheetProblem::Count { what, asked, most }),
    }
}

/// Both edges of each label in a row; one where neighbours touch.
fn edges(count: u32, first: f32, step: f32, label: f32) -> Vec<f32> {
    let both = |number| [first + times(number, step), first + times(number, step) + label];
    let mut edges: Vec<f32> = (0..count).flat_map(both).collect();
    edges.dedup_by(|next, before| (*next - *before).abs() < HAIR);
    edges
}

#[expect(clippy::cast_precision_loss, reason = "a sheet has some hundred labels")]
fn times(count: u32, step: f32) -> f32 {
    count as f32 * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::design;

    fn grid(settings: &SheetSettings) -> Result<Grid, SheetProblem> {
        Grid::new(design("58x40").unwrap(), settings)
    }

    #[test]
    fn as_many_labels_lie_on_a_sheet_as_fit() {
        let a4 = SheetSettings::default();
        let size = |settings: &SheetSettings| grid(settings).map(|grid| (grid.columns, grid.rows));
        assert_eq!(size(&a4), Ok((3, 6)));
        assert_eq!(size(&SheetSettings { landscape: true, ..a4.clone() }), Ok((4, 4)));
        let a5 = SheetSettings { paper: Paper::A5, ..a4.clone() };
        assert_eq!(size(&a5), Ok((2, 4)));
        let asked = SheetSettings { rows: Some(2), columns: Some(1), ..a4.clone() };
        assert_eq!(size(&asked), Ok((1, 2)));
        // 3 x 58 mm and two gaps of 8 mm are exactly what is left between margins of 10 mm.
        let exactly = SheetSettings { gap_mm: 8.0, ..a4 };
        assert_eq!(size(&exactly).unwrap().0, 3);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        let refused = |settings: SheetSettings| grid(&settings).unwrap_err().to_string();
        let a4 = SheetSettings::default();
        let none = refused(SheetSettings { margin_mm: 80.0, ..a4.clone() });
        assert!(
            none.contains("58 x 40 mm does not fit") && none.contains("50.0 x 137.0"),
            "{none}"
        );
        let many = refused(SheetSettings { columns: Some(4), ..a4.clone() });
        assert_eq!(many, "4 columns do not fit on the sheet; from 1 to 3 do");
        assert!(refused(SheetSettings { rows: Some(0), ..a4.clone() }).contains("from 1 to 6"));
        assert!(refused(SheetSettings { gap_mm: f32::NAN, ..a4.clone() }).contains("gaps of NaN"));
        assert!(refused(SheetSettings { margin_mm: -1.0, ..a4 }).contains("margin of -1"));
    }

    #[test]
    fn marks_stand_in_line_with_the_labels_and_never_on_one() {
        for gap_mm in [0.0, 2.0] {
            let grid = grid(&SheetSettings { gap_mm, ..SheetSettings::default() }).unwrap();
            let marks = grid.marks();
            // Two ends of each cut: touching labels share a cut.
            let cuts = if gap_mm > 0.0 { 2 * (3 + 6) } else { 3 + 1 + 6 + 1 };
            assert_eq!(marks.len(), 2 * cuts);
            for mark in marks {
                for number in 0..18 {
                    let (x, y) = grid.corner(number);
                    let beside = mark.x + mark.width < x || mark.x > x + 58.0;
                    let above = mark.y + mark.height < y || mark.y > y + 40.0;
                    assert!(beside || above, "{mark:?} on label {number}");
                }
                assert!(mark.x >= 0.0 && mark.x + mark.width <= 210.0, "{mark:?}");
                assert!(mark.y >= 0.0 && mark.y + mark.height <= 297.0, "{mark:?}");
            }
        }
    }
}
