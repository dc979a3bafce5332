//! `job`: jobs of lines without an order: filed, listed, and asked of by the verbs of ISA-95.
use super::number::whole;
use super::{EX_CONFIG, configuration, say};
use crate::code::Gtin;
use crate::config::{Config, LineConfig};
use crate::label::{self, Design};
use crate::line::Scenario;
use crate::order::OrderId;
use crate::store::{Goods, JobVerb, Lot, NewJob, Phase, RollJob, Store};
use anyhow::{Context, bail};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Jobs that a list shows of each line: the newest.
const LISTED: u32 = 50;

/// The most labels of one job: more than a line prints in a day. A typing error is noticed before
/// codes are bought for it.
const LABELS_MAX: u64 = 1_000_000;

/// What to do with jobs.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Job {
    /// Files a job for a line that makes rolls, or whose products come with their labels; the line takes
    /// it when it has no other. Its codes come from the line's own pool (`markwright codes import`, or
    /// an order rule). The daemon may run meanwhile.
    #[command(after_help = "Examples:
  markwright job add --config line-configs/labelling-centre.toml --line desk \\
    --design 58x40 --gtin 04810093011694 --count 2000 --spare-percent 2 --pause-after 1000
  markwright job add --config line-configs/labelling-centre.toml --line desk \\
    --design dairy --gtin 04810093011694 --count 500 \\
    --batch 17 --date 21.11.2026 --best-before 05.12.2026
  markwright job add --config line-configs/preprinted.toml --line line-1 --gtin 04810093011694 \\
    --count 2000 --order 7

A lot is taken whole: with one of --batch, --date and --best-before, the labels say nothing of the lot
that [line.goods] names.")]
    Add(Add),
    /// Files a job for any line, as `add` does, that no line takes before it is started.
    #[command(after_help = "Examples:
  markwright job store --config line-configs/from-files.toml --line line-1 \\
    --design 43x25 --gtin 04810093011694 --count 500 --batch 17 --ribbon-lot R-2291")]
    Store(Add),
    /// Says a verb to a job: start, revoke, pause, resume, stop, abort, cancel or clear. A running daemon
    /// hears it within a second (docs/jobs.md).
    #[command(after_help = "Examples:
  markwright job say start --job 17 --config line-configs/from-files.toml
  markwright job say pause --job 17 --config line-configs/from-files.toml --by anna")]
    Say(Say),
    /// Says how many products a person counted in the bin of a job's line, which is empty now, so that the
    /// job can be closed (docs/jobs.md). A number that is not what the line put there is taken with
    /// --counted-twice only.
    #[command(after_help = "Examples:
  markwright job bin --job 17 --counted 3 --config line-configs/from-files.toml --by anna")]
    Bin(Bin),
    /// Lists the jobs of every line, the newest first, one JSON object a line.
    #[command(after_help = "Examples:
  markwright job list --config line-configs/labelling-centre.toml")]
    List {
        /// The configuration of the daemon.
        #[arg(long)]
        config: PathBuf,
    },
}

/// A job that is to be filed.
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// The configuration of the daemon.
    #[arg(long)]
    config: PathBuf,
    /// The line, by name; its scenario is not `print_apply` (jobs of such a line are stored, and started
    /// by a person).
    #[arg(long)]
    line: String,
    /// The label design, by name; for lines that print.
    #[arg(long)]
    design: Option<String>,
    /// For lines without a printer: the products come with the labels of this order. Without it, with
    /// those that were imported for the line.
    #[arg(long)]
    order: Option<i64>,
    /// What is made; its goods must be known to the store or to the line's configuration.
    #[arg(long)]
    gtin: Gtin,
    /// How many labels are ordered, 1 to 1000000.
    #[arg(long, value_parser = whole::<u64>(1..=LABELS_MAX, "labels"))]
    count: u64,
    /// So many labels in a hundred more, if there are codes; without it, as the line is configured.
    #[arg(long, value_parser = whole::<u32>(0..=100, "percent"))]
    spare_percent: Option<u32>,
    /// The roll is changed after so many good labels; without it, as the line is configured. 0: it is
    /// not changed.
    #[arg(long, value_parser = whole::<u64>(0..=LABELS_MAX, "labels"))]
    pause_after: Option<u64>,
    /// Batch, as it is to be printed.
    #[arg(long, default_value = "", hide_default_value = true)]
    batch: String,
    /// Date of production, as it is to be printed.
    #[arg(long, default_value = "", hide_default_value = true)]
    date: String,
    /// Date up to which it is good, as it is to be printed.
    #[arg(long, default_value = "", hide_default_value = true)]
    best_before: String,
    /// The ribbon that it must be made with, where the line is cleared before a job; without it, any.
    #[arg(long, default_value = "", hide_default_value = true)]
    ribbon_lot: String,
    /// The labels that it must be made on, likewise.
    #[arg(long, default_value = "", hide_default_value = true)]
    label_lot: String,
}

/// A verb, and the job that it is said to.
#[derive(Debug, clap::Args)]
pub(super) struct Say {
    /// The verb.
    verb: JobVerb,
    /// The job's number.
    #[arg(long)]
    job: i64,
    /// Who says so, for the books.
    #[arg(long, default_value = "command line")]
    by: String,
    /// The configuration of the daemon.
    #[arg(long)]
    config: PathBuf,
}

/// What was counted in the bin, and for which job.
#[derive(Debug, clap::Args)]
pub(super) struct Bin {
    /// The job's number.
    #[arg(long)]
    job: i64,
    /// Products that were in it.
    #[arg(long)]
    counted: u32,
    /// They were counted twice: it is so, also where it differs.
    #[arg(long)]
    counted_twice: bool,
    /// Who counted, for the books.
    #[arg(long, default_value = "command line")]
    by: String,
    /// The configuration of the daemon.
    #[arg(long)]
    config: PathBuf,
}

impl Job {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let file = match self {
            Self::Add(job) | Self::Store(job) => &job.config,
            Self::Say(say) => &say.config,
            Self::Bin(bin) => &bin.config,
            Self::List { config } => config,
        };
        let Some(config) = configuration(file) else {
            return Ok(ExitCode::from(EX_CONFIG));
        };
        let store = open(&config.data_dir).await?;
        match self {
            Self::Add(job) => job.file(&config, &store, true).await?,
            Self::Store(job) => job.file(&config, &store, false).await?,
            Self::Say(verb) => verb.say(&config, &store).await?,
            Self::Bin(bin) => bin.count(&store).await?,
            Self::List { .. } => list(&config, &store).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn open(data_dir: &Path) -> anyhow::Result<Store> {
    std::fs::create_dir_all(data_dir)
        .with_context(|| format!("make the data folder {}", data_dir.display()))?;
    Ok(Store::open(&data_dir.join("markwright.db")).await?)
}

impl Add {
    async fn file(&self, config: &Config, store: &Store, starts: bool) -> anyhow::Result<()> {
        let Some(line) = config.lines.iter().find(|known| known.name == self.line) else {
            bail!("no line is called '{}'", self.line);
        };
        let scenario = line.settings.scenario;
        if starts && scenario == Scenario::PrintApply {
            bail!("line '{}' makes no rolls: its scenario is not \"roll\"", self.line);
        }
        if scenario.prints() && self.order.is_some() {
            bail!("line '{}' prints its labels: --order names labels that are printed", self.line);
        }
        let (goods, lot) = (self.know_goods(line, store).await?, self.lot());
        let design = self.design(scenario)?;
        if let Some(design) = design {
            line.try_label(design, &goods, &lot)
                .with_context(|| format!("make labels '{}' on {}", design.name, line.name))?;
        }
        let job = NewJob {
            line: line.name.clone(),
            scenario,
            pool: self.order.map_or_else(|| line.pool(), |order| OrderId(order).pool()),
            gtin: self.gtin,
            design: design.map_or_else(String::new, |design| design.name.clone()),
            planned: self.count,
            roll: self.roll(line),
            lot,
        };
        let filed = if starts { store.add_job(&job).await } else { store.store_job(&job).await };
        let number = filed?;
        store.job_lots(number, &self.ribbon_lot, &self.label_lot).await?;
        let what = if scenario.prints() { "labels" } else { "products" };
        say(&format!("job {number}: {} {what} on {}", self.count, self.line));
        Ok(())
    }

    /// The design of the labels; nothing where the line prints none.
    fn design(&self, scenario: Scenario) -> anyhow::Result<Option<&'static Design>> {
        let named = self.design.as_deref().unwrap_or_default();
        match (scenario.prints(), label::design(named)) {
            (false, _) if named.is_empty() => Ok(None),
            (false, _) => bail!("line '{}' prints no labels: leave out --design", self.line),
            (true, Some(design)) => Ok(Some(design)),
            (true, None) => {
                let known: Vec<_> = label::designs().iter().map(|design| &*design.name).collect();
                bail!("no label design is called '{named}'; there are {}", known.join(", "))
            }
        }
    }

    fn lot(&self) -> Lot {
        let Self { batch, date, best_before, .. } = self;
        Lot { batch: batch.clone(), date: date.clone(), best_before: best_before.clone() }
    }

    fn roll(&self, line: &LineConfig) -> RollJob {
        let usual = line.roll_job();
        let spare_percent = self.spare_percent.unwrap_or(usual.spare_percent);
        let pause_after = match self.pause_after {
            None => usual.pause_after,
            Some(0) => None,
            Some(most) => Some(most),
        };
        RollJob { spare_percent, pause_after, ..usual }
    }

    /// A label without the name of its goods cannot be made.
    async fn know_goods(&self, line: &LineConfig, store: &Store) -> anyhow::Result<Goods> {
        if let Some(work) = line.work.as_ref().filter(|work| work.goods.gtin == self.gtin) {
            store.put_goods(&work.goods).await?;
            return Ok(work.goods.clone());
        }
        let known = store.goods(self.gtin).await?;
        known.with_context(|| {
            format!("nothing is known of goods {}: name them in [line.goods]", self.gtin)
        })
    }
}

impl Say {
    /// Refused where the line asks for a clearance that nobody has given, as on the page.
    async fn say(&self, config: &Config, store: &Store) -> anyhow::Result<()> {
        let job = store.job(self.job).await?;
        let job = job.with_context(|| format!("there is no job {}", self.job))?;
        let clears = |line: &LineConfig| line.clearance && line.name == job.wanted.line;
        if self.verb == JobVerb::Start
            && config.lines.iter().any(clears)
            && !store.is_cleared(&job, Phase::Before).await?
        {
            bail!(
                "{} is not cleared for job {}: clear it at /lines/{}/jobs",
                job.wanted.line,
                job.id,
                job.wanted.line
            );
        }
        store.job_verb(self.job, self.verb, &self.by).await?;
        say(&format!("job {}: {}", self.job, self.verb.word()));
        Ok(())
    }
}

impl Bin {
    async fn count(&self, store: &Store) -> anyhow::Result<()> {
        let job = store.job(self.job).await?;
        let job = job.with_context(|| format!("there is no job {}", self.job))?;
        let counted = u64::from(self.counted);
        store.count_bin(&job, counted, self.counted_twice, &self.by).await?;
        say(&format!("job {}: {counted} products counted in the bin", self.job));
        Ok(())
    }
}

async fn list(config: &Config, store: &Store) -> anyhow::Result<()> {
    for line in &config.lines {
        for job in store.jobs_of(&line.name, LISTED).await? {
            let (wanted, roll, lot) = (&job.wanted, &job.wanted.roll, &job.wanted.lot);
            let object = json!({
                "job": job.id, "line": wanted.line, "state": job.state.word(),
                "standing": job.standing().name(),
                "gtin": wanted.gtin.as_str(), "design": wanted.design,
                "planned": wanted.planned, "done": job.done, "pool": wanted.pool,
                "spare_percent": roll.spare_percent, "pause_after": roll.pause_after,
                "batch": lot.batch, "date": lot.date, "best_before": lot.best_before,
            });
            say(&object.to_string());
        }
    }
    Ok(())
}
