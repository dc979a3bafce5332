//! `report`: what became of codes, in files for systems without an interface.
use super::{EX_CONFIG, configuration, say, say_to_person};
use crate::code::CodeId;
use crate::files::{Form, Head, Writer};
use crate::store::{FileChoice, Store, file_head};
use crate::telemetry::clock::Micros;
use anyhow::{Context, bail};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Codes that are fetched from the store at once.
const PART: u32 = 5_000;

/// What to do with reports.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Report {
    /// Writes what became of codes into a file, for a system without an interface. Codes that nobody
    /// was told of yet are tied to a report by file, so that nothing else tells them; a person says
    /// later with `say` what became of it. The daemon may run meanwhile.
    #[command(after_help = "Examples:
  markwright report export --as csv --what applied --job 17 -o job-17.csv \\
    --config line-configs/from-files.toml
  markwright report export --as xml --what all --from 2026-11-01 --to 2026-11-30 -o november.xml \\
    --config line-configs/from-files.toml
  markwright report export --as json --report 4 -o again.json --config line-configs/from-files.toml
  markwright report export --as txt --what applied --copy -o copy.txt \\
    --config line-configs/from-files.toml

What each form looks like: docs/files.md.")]
    Export(Export),
    /// Says what became of a report by file.
    #[command(after_help = "Examples:
  markwright report say taken --report 4 --config line-configs/from-files.toml
  markwright report say refused --report 4 --reason 'wrong GTIN' --by anna \\
    --config line-configs/from-files.toml")]
    Say {
        /// taken or refused.
        #[arg(value_parser = ["taken", "refused"])]
        verdict: String,
        /// The report, by number.
        #[arg(long)]
        report: i64,
        /// Why it was refused.
        #[arg(long)]
        reason: Option<String>,
        /// Who says so.
        #[arg(long, default_value = "command line")]
        by: String,
        /// The configuration of the daemon.
        #[arg(long)]
        config: PathBuf,
    },
    /// Lists the reports by file, the newest first, one JSON object a line.
    #[command(after_help = "Examples:
  markwright report list --config line-configs/from-files.toml")]
    List {
        /// The configuration of the daemon.
        #[arg(long)]
        config: PathBuf,
    },
}

/// What goes into a file.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// What the file looks like: txt, csv, json or xml.
    #[arg(long = "as")]
    form: Form,
    /// applied, rejected or all.
    #[arg(long, default_value = "all", value_parser = ["applied", "rejected", "all"])]
    what: String,
    /// Only codes of this job.
    #[arg(long)]
    job: Option<i64>,
    /// Only codes that got their fate on this day or later.
    #[arg(long)]
    from: Option<Date>,
    /// Only codes that got their fate on this day or before.
    #[arg(long)]
    to: Option<Date>,
    /// A copy: told codes, too, and nothing is tied.
    #[arg(long, conflicts_with = "report")]
    copy: bool,
    /// The codes of this report by file, once more.
    #[arg(long)]
    report: Option<i64>,
    /// Who carries it.
    #[arg(long, default_value = "command line")]
    by: String,
    /// The file; one that is there is replaced.
    #[arg(short)]
    output: PathBuf,
    /// The configuration of the daemon.
    #[arg(long)]
    config: PathBuf,
}

impl Report {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Export(export) => export.run().await,
            Self::Say { verdict, report, reason, by, config } => {
                let Some(store) = open(config).await? else { return Ok(ExitCode::from(EX_CONFIG)) };
                let refused = (verdict == "refused")
                    .then(|| reason.as_deref().unwrap_or("refused, no reason given"));
                store.file_report_is(*report, refused, by).await?;
                say(&format!("report {report}: {verdict}"));
                Ok(ExitCode::SUCCESS)
            }
            Self::List { config } => {
                let Some(store) = open(config).await? else { return Ok(ExitCode::from(EX_CONFIG)) };
                for one in store.file_reports(1_000).await? {
                    let object = json!({
                        "report": one.report, "kind": one.kind, "group": one.group,
                        "state": one.state, "codes": one.codes, "job": one.job,
                        "person": one.person, "at_micros": one.at.0, "problem": one.problem,
                    });
                    say(&object.to_string());
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Export {
    async fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(store) = open(&self.config).await? else { return Ok(ExitCode::from(EX_CONFIG)) };
        let choice = self.choice()?;
        if let Some(job) = self.job {
            store.job(job).await?.with_context(|| format!("there is no job {job}"))?;
        }
        let reports = match self.report {
            Some(report) => {
                let known = store.file_report(report).await?;
                known.with_context(|| format!("no report by file has the number {report}"))?;
                vec![report]
            }
            None if self.copy => Vec::new(),
            None => store.make_file_reports(&choice, &self.by).await?,
        };
        if reports.is_empty() && !self.copy {
            say_to_person(
                "nothing to tell: all codes of this choice are told, or have no fate yet",
            );
            return Ok(ExitCode::FAILURE);
        }
        let head = file_head(&self.what, &reports);
        let rows = self.write(&store, &choice, &head).await.with_context(|| {
            let again = head.reports.iter().map(|id| format!("; again with --report {id}"));
            format!("write {}{}", self.output.display(), again.collect::<String>())
        })?;
        for report in &head.reports {
            say(&format!(
                "report {report}: say later: markwright report say taken --report {report} --config {}",
                self.config.display()
            ));
        }
        say(&format!("{}: {rows} codes", self.output.display()));
        Ok(ExitCode::SUCCESS)
    }

    /// Under another name first: half a file is no file.
    async fn write(&self, store: &Store, choice: &FileChoice, head: &Head) -> anyhow::Result<u64> {
        let mut half = self.output.clone().into_os_string();
        half.push(".part");
        let file = BufWriter::with_capacity(1 << 18, File::create(&half)?);
        let mut writer = Writer::new(self.form, file, head)?;
        let (mut after, mut rows) = (CodeId(0), 0);
        loop {
            let part = if self.copy {
                store.codes_of_choice(choice, after, PART).await?
            } else {
                store.codes_of_files(&head.reports, after, PART).await?
            };
            let Some(last) = part.last() else { break };
            after = CodeId(last.id);
            rows += part.len() as u64;
            for code in &part {
                writer.row(&code.row())?;
            }
        }
        let file = writer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(&half, &self.output)?;
        Ok(rows)
    }

    fn choice(&self) -> anyhow::Result<FileChoice> {
        let tellings = FileChoice::tellings(&self.what).expect("clap lets no other word through");
        let from = self.from.map(beginning).transpose()?;
        let to = match self.to {
            Some(day) => Some(beginning(day.tomorrow().context("the day after --to")?)?),
            None => None,
        };
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            bail!("--from is after --to");
        }
        Ok(FileChoice { tellings, job: self.job, from, to })
    }
}

fn beginning(day: Date) -> anyhow::Result<Micros> {
    let at = day.to_zoned(TimeZone::system()).context("the beginning of a day")?;
    Ok(Micros(at.timestamp().as_microsecond()))
}

async fn open(config: &Path) -> anyhow::Result<Option<Store>> {
    let Some(config) = configuration(config) else { return Ok(None) };
    std::fs::create_dir_all(&config.data_dir)?;
    Ok(Some(Store::open(&config.data_dir.join("markwright.db")).await?))
}
