//! `codes`: arrays of codes, looked at or taken into the store of a line.
mod explain;
mod forms;
mod serials;

pub(super) use explain::{group, plain};

use super::{EX_CONFIG, configuration, say, say_to_person};
use crate::app;
use crate::code::{self, ArrayLine, SetAside};
use crate::config::LineConfig;
use crate::files::{Form, UnknownForm};
use crate::store::{ArrayFile, Pace, Store};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bytes of an array that are fetched from the disk at once.
const READ_AT_ONCE: usize = 1 << 18;

/// What to do with an array.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Codes {
    /// Takes every code apart, one JSON object a line; says of every other line why it is no code.
    /// Nothing is stored. Exit code 1 if any line is no code.
    #[command(after_help = "Examples:
  markwright codes parse array.txt
  printf '0104810093011694212k6rsrti<GS>93#SzU\\n' | markwright codes parse
  markwright codes parse --gtin 04810093011694 array.txt")]
    Parse {
        /// The array, one code a line; standard input if there is none.
        file: Option<PathBuf>,
        /// Codes of another trade item are refused.
        #[arg(long)]
        gtin: Option<code::Gtin>,
    },
    /// Says everything about one code: groups, GTIN, serial number, key, check part, what follows it,
    /// what names the product, its address (GS1 Digital Link), and whether its goods must be marked.
    /// Separators that were lost are put back where only one reading is possible. Exit code 1 if it
    /// is no code.
    #[command(after_help = "Examples:
  markwright codes explain '0104810093011694212k6rsrti<GS>93#SzU'
  markwright codes explain --group milk --json '0104810093011694212k6rsrti93#SzU'
  markwright codes explain --hs 0403 --country BY --shelf-life 30 '0104810093011694212k6rsrti93#SzU'")]
    Explain(explain::Explain),
    /// Lists the forms of codes of every product group, with the days between which they hold.
    #[command(after_help = "Examples:
  markwright codes forms
  markwright codes forms --day 2025-09-30 --json")]
    Forms(forms::Forms),
    /// Makes serial numbers for an order that you place by hand, one a line: without the digit that the
    /// operator puts in front, not to be foreseen, and none twice. Nothing is stored.
    #[command(after_help = "Examples:
  markwright codes serials --group shoes --count 500")]
    Serials(serials::SerialNumbers),
    /// Takes the codes of an array for the goods that a line makes. Lines that are no codes, or
    /// are in the store already, are named and set aside; the rest is taken. Written in parts: after
    /// a failure the same command goes on. The daemon may run meanwhile; it takes longer then. For a
    /// line without a printer (scenario "preprinted" or "manual") the codes are taken as printed: their
    /// labels come from elsewhere.
    #[command(after_help = "Examples:
  markwright codes import array.txt --config line-configs/from-files.toml --line line-1
  markwright codes import --as xml from-1c.xml more.xml \\
    --config line-configs/from-files.toml --line line-1

What each form looks like: docs/files.md. In JSON and XML the number behind the file's name is that of the
code within the file.")]
    Import {
        /// The arrays, one after the other.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What they look like: auto, txt, csv, json or xml.
        #[arg(long = "as", default_value = "auto", value_parser = form)]
        form: FormAsked,
        /// The configuration of the daemon whose store takes the codes.
        #[arg(long)]
        config: PathBuf,
        /// The line that prints them, or whose products come with them, by name.
        #[arg(long)]
        line: String,
        /// Who brings them, for the story of each code.
        #[arg(long, default_value = "command line")]
        by: String,
    },
}

/// A form, or none: then a file is what it looks like.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormAsked(Option<Form>);

fn form(word: &str) -> Result<FormAsked, String> {
    if word == "auto" {
        return Ok(FormAsked(None));
    }
    word.parse().map(|form| FormAsked(Some(form))).map_err(|why: UnknownForm| why.to_string())
}

impl Codes {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Parse { file, gtin } => parse(file.as_ref(), *gtin),
            Self::Explain(explain) => Ok(explain.run()),
            Self::Forms(forms) => Ok(forms.run()),
            Self::Serials(serials) => serials.run(),
            Self::Import { files, form, config, line, by } => {
                import(files, form.0, config, (line, by)).await
            }
        }
    }
}

fn parse(file: Option<&PathBuf>, gtin: Option<code::Gtin>) -> anyhow::Result<ExitCode> {
    let text = read(file)?;
    let (taken, aside) = code::read_array(&text, gtin);
    let mut lines: Vec<(usize, Value)> = taken.iter().map(of_code).collect();
    lines.extend(aside.iter().map(of_refusal));
    lines.sort_by_key(|(line, _)| *line);
    for (_, object) in &lines {
        say(&object.to_string());
    }
    Ok(if aside.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn import(
    files: &[PathBuf],
    form: Option<Form>,
    config: &Path,
    (line, by): (&str, &str),
) -> anyhow::Result<ExitCode> {
    let Some(config) = configuration(config) else {
        return Ok(ExitCode::from(EX_CONFIG));
    };
    let is_it = |known: &&LineConfig| known.name == line;
    let Some(line) = config.lines.iter().find(is_it) else {
        bail!("no line is called '{line}'");
    };
    let Some(work) = &line.work else {
        bail!("line '{}' has no [line.goods]: nobody knows whose codes it prints", line.name);
    };
    let made = std::fs::create_dir_all(&config.data_dir);
    made.with_context(|| format!("make the data folder {}", config.data_dir.display()))?;
    // A daemon that starts meanwhile waits for some tenths of a second now and then.
    let pace = if app::is_running(&config.data_dir) { Pace::Gentle } else { Pace::Alone };
    let store = Store::open(&config.data_dir.join("markwright.db")).await?;
    let only = (work.goods.gtin, work.goods.group);
    // A line without a printer: whatever comes for it is on a label already.
    let printed = !line.settings.scenario.prints();
    let mut all_taken = true;
    for file in files {
        let (pool, source) = (line.pool(), file.display().to_string());
        let array =
            ArrayFile { pool: &pool, source: &source, person: by, form, only, pace, printed };
        let opened = File::open(file).with_context(|| format!("read {source}"))?;
        let from = BufReader::with_capacity(READ_AT_ONCE, opened);
        let mut name =
            |line: usize, reason: &str| say_to_person(&format!("{source}:{line}: {reason}"));
        let taken = store.take_array(array, from, &mut name).await;
        let imported = taken.with_context(|| format!("read {source}"))?;
        let aside = imported.set_aside;
        say(&format!("{source}: {} codes taken, {aside} lines set aside", imported.taken));
        all_taken &= aside == 0;
    }
    Ok(if all_taken { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The text of a file, or of standard input. Bytes that are not UTF-8 become the replacement
/// character, which no code can contain: the line is refused by its number, the rest is read.
pub(super) fn read(file: Option<&PathBuf>) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if let Some(path) = file {
        bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    } else {
        std::io::stdin().lock().read_to_end(&mut bytes).context("read standard input")?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn of_code(code: &ArrayLine) -> (usize, Value) {
    let parts = code::parse(code.text.as_str()).expect("it was read a moment ago");
    let tail: serde_json::Map<_, _> =
        parts.tail.iter().map(|e| (e.ai.to_owned(), Value::from(e.value))).collect();
    let object = json!({
        "line": code.line,
        "ok": true,
        "group": code.group.alias(),
        "groups": parts.groups().into_iter().map(code::ProductGroup::alias).collect::<Vec<_>>(),
        "gtin": code.gtin.as_str(),
        "serial": code.serial,
        "tail": tail,
        "human_readable": parts.human_readable(),
        "text": code.text.as_str(),
    });
    (code.line, object)
}

fn of_refusal(aside: &SetAside) -> (usize, Value) {
    let reason = aside.refusal.to_string();
    (aside.line, json!({"line": aside.line, "ok": false, "reason": reason}))
}
