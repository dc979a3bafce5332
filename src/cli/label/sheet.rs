//! `label sheet`: the labels of many codes in one file.
use super::super::codes::read;
use super::super::number::{some, whole};
use super::super::say_to_person;
use super::{Words, ask, file};
use crate::code::{self, ArrayLine, CodeText, Gtin};
use crate::label::{
    Design, Form, Goods, Grid, Paper, SheetSettings, place, stream_csv, stream_pdf, stream_sheets,
};
use anyhow::bail;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum As {
    /// Pages to print.
    Pdf,
    /// A table for a printing house.
    Csv,
}

/// What the pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum On {
    /// Sheets of 210 x 297 mm.
    A4,
    /// Sheets of 148 x 210 mm.
    A5,
    /// One label a page, of its own size, as for a roll.
    Label,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Sheet {
    /// A shipped design by its name (`markwright label list`), or a file.
    #[arg(long)]
    design: String,
    /// The codes, one a line; `-` is standard input.
    #[arg(long)]
    codes: PathBuf,
    /// What to write.
    #[arg(long = "as", value_enum)]
    form: As,
    /// Where to write it; `-` is standard output.
    #[arg(short, long)]
    output: PathBuf,
    /// Takes the codes of this trade item only; all others are lines set aside.
    #[arg(long)]
    gtin: Option<Gtin>,
    /// Leaves out lines that are no codes, or not of the trade item that --gtin says.
    #[arg(long)]
    skip_bad: bool,
    #[command(flatten)]
    lie: Lie,
    #[command(flatten)]
    words: Words,
}

/// How labels lie on a sheet.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sheets")]
struct Lie {
    /// The paper.
    #[arg(long, value_enum, default_value = "a4")]
    paper: On,
    /// The long side lies.
    #[arg(long)]
    landscape: bool,
    /// Labels below one another; as many as fit if not said.
    #[arg(long, value_parser = whole::<u32>(1..=100, "rows"))]
    rows: Option<u32>,
    /// Labels side by side; as many as fit if not said.
    #[arg(long, value_parser = whole::<u32>(1..=100, "columns"))]
    columns: Option<u32>,
    /// White between labels.
    #[arg(long, default_value_t = 2.0, value_parser = some(0.0..=100.0, "mm"))]
    gap_mm: f32,
    /// White at the edges of a sheet.
    #[arg(long, default_value_t = 10.0, value_parser = some(0.0..=100.0, "mm"))]
    margin_mm: f32,
    /// Marks to cut along; they are there unless this is said against.
    #[arg(long, overrides_with = "no_crop_marks")]
    crop_marks: bool,
    /// No marks to cut along.
    #[arg(long)]
    no_crop_marks: bool,
    /// What stands at the foot of each sheet; the name of the file of codes if not said.
    #[arg(long)]
    job: Option<String>,
}

impl Sheet {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let design = match ask::design(&self.design) {
            Ok(design) => design,
            Err(wrong) => return Ok(wrong.tell()),
        };
        self.lie.is_for(self.form)?;
        let named = self.codes.display().to_string();
        let text = read(Some(&self.codes).filter(|path| path.as_path() != Path::new("-")))?;
        let (taken, aside) = code::read_array(&text, self.gtin);
        for bad in &aside {
            say_to_person(&format!("{named}:{}: {}", bad.line, bad.refusal));
        }
        if !aside.is_empty() && !self.skip_bad {
            let lines = counted(aside.len(), "line");
            bail!("nothing is written: {lines} of {named} set aside; --skip-bad goes on without");
        }
        if taken.is_empty() {
            bail!("nothing is written: there is no code in {named}");
        }
        if let Some(word) = self.words.first() {
            one_product(&taken, word, &named)?;
        }
        let goods = self.words.goods();
        if self.form == As::Pdf {
            check(&design, &goods, &taken, &named)?;
        }
        let codes: Vec<CodeText> = taken.into_iter().map(|line| line.text).collect();
        let made = self.write(&design, &goods, &codes)?;
        say_to_person(&format!("{}: {made}", self.output.display()));
        Ok(ExitCode::SUCCESS)
    }

    /// Writes the file; says of what it consists.
    fn write(&self, design: &Design, goods: &Goods, codes: &[CodeText]) -> anyhow::Result<String> {
        let settings = self.settings();
        let mut made = String::new();
        match (self.form, settings) {
            (As::Csv, _) => {
                file::write(&self.output, |write| Ok(stream_csv(write, design, goods, codes)?))?;
                made = counted(codes.len(), "code");
            }
            (As::Pdf, None) => {
                file::write(&self.output, |write| Ok(stream_pdf(write, design, goods, codes)?))?;
                made = format!("{}, one a page", counted(codes.len(), "label"));
            }
            (As::Pdf, Some(settings)) => {
                let Grid { columns, rows, .. } = Grid::new(design, &settings)?;
                file::write(&self.output, |write| {
                    let sheets = stream_sheets(write, design, goods, &settings, codes)?;
                    let (labels, sheets) =
                        (counted(codes.len(), "label"), counted(sheets, "sheet"));
                    made = format!("{labels} on {sheets} of {columns} x {rows}");
                    Ok(())
                })?;
            }
        }
        Ok(made)
    }

    /// How labels lie on sheets; nothing where each has its own page.
    fn settings(&self) -> Option<SheetSettings> {
        let lie = &self.lie;
        let paper = match lie.paper {
            On::A4 => Paper::A4,
            On::A5 => Paper::A5,
            On::Label => return None,
        };
        let file = self.codes.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Some(SheetSettings {
            paper,
            landscape: lie.landscape,
            rows: lie.rows,
            columns: lie.columns,
            gap_mm: lie.gap_mm,
            margin_mm: lie.margin_mm,
            crop_marks: !lie.no_crop_marks,
            job: lie.job.clone().unwrap_or(file),
        })
    }
}

impl Lie {
    /// Refuses to lay labels where there are no sheets.
    fn is_for(&self, form: As) -> anyhow::Result<()> {
        let without = match (form, self.paper) {
            (As::Csv, _) => "a table",
            (As::Pdf, On::Label) => "--paper label",
            (As::Pdf, On::A4 | On::A5) => return Ok(()),
        };
        let said = [
            ("--rows", self.rows.is_some()),
            ("--columns", self.columns.is_some()),
            ("--landscape", self.landscape),
            ("--crop-marks", self.crop_marks),
            ("--no-crop-marks", self.no_crop_marks),
            ("--job", self.job.is_some()),
        ];
        match said.into_iter().find(|(_, said)| *said) {
            Some((option, _)) => bail!("{option} is for sheets, and {without} has none"),
            None => Ok(()),
        }
    }
}

/// Refuses codes of several trade items where the labels say the words of one.
fn one_product(codes: &[ArrayLine], word: &str, named: &str) -> anyhow::Result<()> {
    let Some((first, rest)) = codes.split_first() else { return Ok(()) };
    let Some(other) = rest.iter().find(|line| line.gtin != first.gtin) else { return Ok(()) };
    let (one, two) = (first.gtin, other.gtin);
    bail!(
        "nothing is written: {named}:{} is a code of {two}, {named}:{} one of {one}, and {word} can \
         be that of one of them only; write a file for each trade item: --gtin {one} --skip-bad, \
         then --gtin {two} --skip-bad",
        other.line,
        first.line
    );
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Places one label of each form, so that a code that the design does not hold is named with its
/// line before anything is written.
fn check(design: &Design, goods: &Goods, codes: &[ArrayLine], named: &str) -> anyhow::Result<()> {
    let mut met = HashSet::new();
    for line in codes {
        let form = Form::of(&line.text)?;
        if !met.insert((line.gtin, form.template.serial_len, form.template.modules)) {
            continue;
        }
        if let Err(problem) = place(design, goods, &line.text, 300.0 / 25.4) {
            bail!("nothing is written: {named}:{}: {problem}", line.line);
        }
    }
    Ok(())
}
