//! `label list` and `label check`: which designs hold where.
use super::super::say;
use super::ask::Printer;
use super::{Words, ask};
use crate::code::{Gtin, ProductGroup};
use crate::label::{Design, DesignProblem, Goods, designs, place};
use crate::order::specimen;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// A shipped printer profile by its name, or a file; a 300 dpi head if not said.
    #[arg(long)]
    printer: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Check {
    /// A shipped design by its name (`markwright label list`), or a file.
    #[arg(long)]
    design: String,
    /// A shipped printer profile by its name, or a file; a 300 dpi head if not said.
    #[arg(long)]
    printer: Option<String>,
    #[command(flatten)]
    words: Words,
}

impl List {
    pub(super) fn run(&self) -> ExitCode {
        let printer = match ask::printer(self.printer.as_deref()) {
            Ok(printer) => printer,
            Err(wrong) => return wrong.tell(),
        };
        say(&format!("At {}:", printer.name));
        let longest = designs().iter().map(|design| design.name.len()).max().unwrap_or(0);
        for design in designs() {
            let (holds, others): (Vec<_>, Vec<_>) = ProductGroup::ALL
                .into_iter()
                .partition(|group| tried(design, &Goods::default(), *group, &printer).is_ok());
            let named = |groups: &[ProductGroup]| {
                groups.iter().map(|group| group.alias()).collect::<Vec<_>>().join(", ")
            };
            let groups = match (holds.as_slice(), others.as_slice()) {
                ([], _) => "no group".to_owned(),
                (_, []) => "every group".to_owned(),
                (few, many) if few.len() <= many.len() => named(few),
                (_, few) => format!("every group but {}", named(few)),
            };
            let Design { name, title, width_mm, height_mm, .. } = design;
            say(&format!("{name:longest$}  {width_mm} x {height_mm} mm  {title}; for {groups}"));
        }
        ExitCode::SUCCESS
    }
}

impl Check {
    pub(super) fn run(&self) -> ExitCode {
        let asked = ask::design(&self.design)
            .and_then(|design| Ok((design, ask::printer(self.printer.as_deref())?)));
        let (design, printer) = match asked {
            Ok(asked) => asked,
            Err(wrong) => return wrong.tell(),
        };
        let goods = self.words.goods();
        let mut holds = false;
        for group in ProductGroup::ALL {
            match tried(&design, &goods, group, &printer) {
                Ok(module_mm) => {
                    holds = true;
                    say(&format!("{group}: holds, modules of {module_mm:.3} mm"));
                }
                Err(problem) => {
                    let way_out = match nearest(&design, &goods, group, &printer) {
                        Some(other) => format!("the nearest design that holds is '{other}'"),
                        None => "no shipped design holds here".to_owned(),
                    };
                    say(&format!("{group}: {problem}; {way_out}"));
                }
            }
        }
        if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Places the worst label of a group; gives the side of its modules in millimetres.
fn tried(
    design: &Design,
    goods: &Goods,
    group: ProductGroup,
    printer: &Printer,
) -> Result<f32, DesignProblem> {
    // Every digit has the same width: one trade item stands for all.
    let gtin: Gtin = "04810093011694".parse().expect("its check digit is right");
    let sample = specimen(gtin, group);
    // The printer first: what it names instead holds at it, too.
    printer.takes(design, goods, &sample)?;
    let placed = place(design, goods, &sample, printer.dots_per_mm)?;
    #[expect(clippy::cast_precision_loss, reason = "a module has a few dots")]
    Ok(placed.symbol.module as f32 / printer.dots_per_mm)
}

/// The shipped design whose size is nearest to this one and which holds.
fn nearest(
    design: &Design,
    goods: &Goods,
    group: ProductGroup,
    printer: &Printer,
) -> Option<&'static str> {
    let away = |other: &&Design| {
        (other.width_mm - design.width_mm).abs() + (other.height_mm - design.height_mm).abs()
    };
    designs()
        .iter()
        .filter(|other| other.name != design.name)
        .filter(|other| tried(other, goods, group, printer).is_ok())
        .min_by(|one, other| away(one).total_cmp(&away(other)))
        .map(|other| other.name.as_str())
}
