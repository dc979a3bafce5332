//! `label`: designs looked at, checked, and drawn for printers, for paper and for printing houses.
mod ask;
mod file;
mod look;
mod render;
mod sheet;

use crate::label::Goods;
use crate::symbol::Separator;
use std::process::ExitCode;

/// What to do with labels.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Label {
    /// Draws the label of one code as a file: for a printer, as a picture, for paper.
    #[command(after_help = "Examples:
  markwright label render --design 58x40 --printer zebra-zt411-300 \\
      --code '0104810093011694212k6rsrti<GS>93#SzU' --name 'Сыр «Белый»' --as zpl -o label.zpl
  markwright label render --design my-label.toml --code CODE --as pdf -o label.pdf
  markwright label render --design 58x40 --code CODE --as zpl -o - | nc 192.0.2.7 9100

The separator of a code may be written as <GS>, \\u001d, \\x1d or as it is (character 29). Without
--printer, the label is for a 300 dpi head. A label for a printer is printed by whoever sends it:
Markwright does not know of it.")]
    Render(render::Render),
    /// Draws the labels of many codes: on sheets to cut, one a page, or as a table for a printing
    /// house.
    #[command(after_help = "Examples:
  markwright label sheet --design 58x40 --codes array.txt --as pdf -o sheets.pdf
  markwright label sheet --design 30x20 --codes array.txt --paper a5 --landscape --gap-mm 0 \\
      --job 'Order 17' --as pdf -o sheets.pdf
  markwright label sheet --design 58x40 --codes array.txt --paper label --as pdf -o roll.pdf
  markwright label sheet --design 58x40 --codes array.txt --as csv -o codes.csv

The table has the columns number, code, gtin, serial and human_readable, then what else the design
prints: code_pilot or code_gs1 (the code in letters) and each variable of its texts, such as name and
size. UTF-8, every field in quotes; in a code, \\u001d stands for each separator (character 29).

A line of FILE that is no code is named, and nothing is written; --skip-bad leaves such lines out.
Words of the goods are those of one trade item: codes of two are refused, and --gtin picks one.")]
    Sheet(sheet::Sheet),
    /// Lists the designs that are shipped, and for which product groups each holds at a printer.
    #[command(after_help = "Examples:
  markwright label list
  markwright label list --printer desk-zpl-203")]
    List(look::List),
    /// Says for which product groups a design holds at a printer, what is wrong where it does not,
    /// and what is the nearest that holds. Exit code 1 if it holds for none.
    #[command(after_help = "Examples:
  markwright label check --design 58x40 --printer desk-zpl-203
  markwright label check --design my-label.toml --printer my-printer.toml --name 'Сыр «Белый»'")]
    Check(look::Check),
}

impl Label {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Render(render) => render.run(),
            Self::Sheet(sheet) => sheet.run(),
            Self::List(list) => Ok(list.run()),
            Self::Check(check) => Ok(check.run()),
        }
    }
}

/// What a label says of the goods. What is not said is not printed.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Goods")]
struct Words {
    /// Name of the product.
    #[arg(long)]
    name: Option<String>,
    /// Article number of the maker.
    #[arg(long)]
    article: Option<String>,
    /// Size.
    #[arg(long)]
    size: Option<String>,
    /// Colour.
    #[arg(long)]
    colour: Option<String>,
    /// What it is made of.
    #[arg(long)]
    composition: Option<String>,
    /// Batch.
    #[arg(long)]
    batch: Option<String>,
    /// Date of production, as it is to be printed.
    #[arg(long)]
    date: Option<String>,
    /// Date up to which it is good, as it is to be printed.
    #[arg(long)]
    best_before: Option<String>,
    /// Country of origin.
    #[arg(long)]
    country: Option<String>,
    /// Who made it.
    #[arg(long)]
    maker: Option<String>,
    /// Who brought it into the country.
    #[arg(long)]
    importer: Option<String>,
    /// Customs code (HS), of which labels show the first four digits.
    #[arg(long)]
    hs_code: Option<String>,
}

impl Words {
    /// The first word that is said, as an option.
    fn first(&self) -> Option<&'static str> {
        let all = [
            ("--name", &self.name),
            ("--article", &self.article),
            ("--size", &self.size),
            ("--colour", &self.colour),
            ("--composition", &self.composition),
            ("--batch", &self.batch),
            ("--date", &self.date),
            ("--best-before", &self.best_before),
            ("--country", &self.country),
            ("--maker", &self.maker),
            ("--importer", &self.importer),
            ("--hs-code", &self.hs_code),
        ];
        let said = |word: &Option<String>| word.as_ref().is_some_and(|word| !word.is_empty());
        all.into_iter().find(|(_, word)| said(word)).map(|(option, _)| option)
    }

    fn goods(&self) -> Goods {
        let said = |word: &Option<String>| word.clone().unwrap_or_default();
        Goods {
            name: said(&self.name),
            article: said(&self.article),
            size: said(&self.size),
            colour: said(&self.colour),
            composition: said(&self.composition),
            batch: said(&self.batch),
            date: said(&self.date),
            best_before: said(&self.best_before),
            country: said(&self.country),
            maker: said(&self.maker),
            importer: said(&self.importer),
            hs_code: said(&self.hs_code),
        }
    }
}

/// What stands between the parts of a code in a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Between {
    /// The function character.
    Fnc1,
    /// Character 29.
    Gs,
}

impl From<Between> for Separator {
    fn from(between: Between) -> Self {
        match between {
            Between::Fnc1 => Self::Fnc1,
            Between::Gs => Self::Gs,
        }
    }
}
