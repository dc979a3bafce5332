//! `label render`: one label as a file.
use super::{Between, Words, ask, file};
use crate::code::CodeText;
use crate::label::{
    Design, DesignProblem, Head, LabelFormat, Language, eps_of, pdf_of, preview_png,
};
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::process::ExitCode;

/// What the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum As {
    /// For printers of Zebra, and those that speak like them.
    Zpl,
    /// For printers of TSC, and those that speak like them.
    Tspl,
    /// A picture: one pixel a dot of the head.
    Png,
    /// A page of the label's size, symbol as a path, words searchable.
    Pdf,
    /// For artwork: paths only, needs no font.
    Eps,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Render {
    /// A shipped design by its name (`markwright label list`), or a file.
    #[arg(long)]
    design: String,
    /// A shipped printer profile by its name, or a file; a 300 dpi head if not said.
    #[arg(long)]
    printer: Option<String>,
    /// The code.
    #[arg(long)]
    code: String,
    /// What to write.
    #[arg(long = "as", value_enum)]
    form: As,
    /// Where to write it; `-` is standard output.
    #[arg(short, long)]
    output: PathBuf,
    /// What stands between the parts of the code in the symbol that a printer draws.
    #[arg(long, value_enum, default_value = "fnc1")]
    separator: Between,
    #[command(flatten)]
    words: Words,
}

impl Render {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let asked = ask::design(&self.design).and_then(|design| {
            Ok((design, ask::printer(self.printer.as_deref())?, ask::code(&self.code)?))
        });
        let (design, printer, code) = match asked {
            Ok(asked) => asked,
            Err(wrong) => return Ok(wrong.tell()),
        };
        if self.separator == Between::Gs && !matches!(self.form, As::Zpl | As::Tspl) {
            bail!("--separator gs is for zpl and tspl; symbols that are drawn here have FNC1");
        }
        self.refuse_language(&printer)?;
        let bytes = printer
            .takes(&design, &self.words.goods(), &code)
            .and_then(|()| self.drawn(&design, &code, printer.dots_per_mm))
            .with_context(|| format!("draw '{}' for {}", design.name, printer.name))?;
        file::write(&self.output, |write| Ok(write.write_all(&bytes)?))?;
        Ok(ExitCode::SUCCESS)
    }

    /// A printer prints the commands of another language as text, label after label.
    fn refuse_language(&self, printer: &ask::Printer) -> anyhow::Result<()> {
        let (word, written) = match self.form {
            As::Zpl => ("tspl", Language::Zpl),
            As::Tspl => ("zpl", Language::Tspl),
            As::Png | As::Pdf | As::Eps => return Ok(()),
        };
        if printer.language().is_some_and(|spoken| spoken != written) {
            let (name, spoken) = (&printer.name, word.to_uppercase());
            bail!("{name} speaks {spoken}: ask for --as {word}, or name another --printer");
        }
        Ok(())
    }

    fn drawn(
        &self,
        design: &Design,
        code: &CodeText,
        dots_per_mm: f32,
    ) -> Result<Vec<u8>, DesignProblem> {
        let goods = self.words.goods();
        let format = |language| {
            let mut head = Head::new(language, dots_per_mm);
            head.separator = self.separator.into();
            LabelFormat::new(design, &goods, code, &head)?.file_bytes(std::slice::from_ref(code))
        };
        match self.form {
            As::Zpl => format(Language::Zpl),
            As::Tspl => format(Language::Tspl),
            As::Png => preview_png(design, &goods, code, dots_per_mm),
            As::Pdf => pdf_of(design, &goods, std::slice::from_ref(code)),
            As::Eps => eps_of(design, &goods, code),
        }
    }
}
