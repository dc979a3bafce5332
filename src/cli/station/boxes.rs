//! `station aggregate` and `station boxes`: what was packed into what is told to the station, once.
use super::{client, receipts_of};
use crate::cli::codes::{group, plain};
use crate::cli::number::whole;
use crate::cli::{EX_CONFIG, configuration, say};
use crate::code::{CodeText, ProductGroup};
use crate::config::Config;
use crate::files::read_boxes;
use crate::store::{BoxReport, BoxUnit, NewBoxes, Store};
use crate::upstream::{AggregationUnit, Oms, OmsError, ReportStatus};
use anyhow::{Context, bail};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Reports of boxes that a list shows: the latest.
const LISTED: u32 = 100;
/// The largest file: 30,000 codes with everything around them.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Between two questions after a report.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Boxes that are to be told.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Aggregate {
    /// What lies in which box: CSV with the columns box and code, or JSON.
    file: PathBuf,
    /// The configuration with the table [issuer].
    #[arg(long)]
    config: PathBuf,
    /// The product group of the codes, by its alias.
    #[arg(long, default_value = "milk", value_parser = group)]
    group: ProductGroup,
    /// The participant's number (INN); without it, that of the table for True API.
    #[arg(long, default_value = "", hide_default_value = true)]
    participant: String,
    /// How much fits into a box; without it, what lies in it.
    #[arg(long, value_parser = whole::<u32>(1..=30_000, "codes in a box"))]
    capacity: Option<u32>,
    /// How many seconds to wait for the end of the report.
    #[arg(long, default_value_t = 60, value_parser = whole::<u64>(0..=3_600, "seconds"))]
    wait: u64,
    /// Who says so, for the books.
    #[arg(long, default_value = "command line")]
    by: String,
}

/// Which reports of boxes, and what is decided about one.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Boxes {
    /// The configuration with the table [issuer].
    #[arg(long)]
    config: PathBuf,
    /// One report; without it, the latest hundred.
    #[arg(long)]
    report: Option<i64>,
    /// The answer to it was lost, and the station has it under this name.
    #[arg(long, requires = "report", conflicts_with = "send")]
    is_there: Option<String>,
    /// It did not get out, or it is certain that the station does not have it: send it.
    #[arg(long, requires = "report")]
    send: bool,
    /// Who says so, for the books.
    #[arg(long, default_value = "command line")]
    by: String,
}

async fn opened(config: &Config) -> anyhow::Result<Store> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("make the data folder {}", config.data_dir.display()))?;
    Ok(Store::open(&config.data_dir.join("markwright.db")).await?)
}

impl Aggregate {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(config) = configuration(&self.config) else {
            return Ok(ExitCode::from(EX_CONFIG));
        };
        let ours = config.true_api.as_ref().map(|true_api| true_api.papers.participant.clone());
        let participant = match (self.participant.as_str(), ours) {
            ("", Some(ours)) => ours,
            ("", None) => bail!("say whose boxes they are: --participant INN"),
            (said, _) => said.to_owned(),
        };
        let units = units(&self.file, self.capacity)?;
        let Some(oms) = client(&self.config)? else { return Ok(ExitCode::from(EX_CONFIG)) };
        let store = opened(&config).await?;
        let (units, person) = (units.as_slice(), self.by.as_str());
        let new = NewBoxes { group: self.group, participant: &participant, units, person };
        let id = store.make_boxes(new).await?;
        send(&store, &oms, id).await?;
        let looks = self.wait.saturating_mul(2);
        for _ in 0..looks {
            follow(&store, &oms, id).await?;
            if !is_open(&report(&store, id).await?) {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let report = report(&store, id).await?;
        tell(&report);
        Ok(if report.state == "success" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Boxes {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(config) = configuration(&self.config) else {
            return Ok(ExitCode::from(EX_CONFIG));
        };
        let Some(oms) = client(&self.config)? else { return Ok(ExitCode::from(EX_CONFIG)) };
        let store = opened(&config).await?;
        if let Some(id) = self.report {
            self.decide(&store, &oms, id).await?;
            follow(&store, &oms, id).await?;
            tell(&report(&store, id).await?);
            return Ok(ExitCode::SUCCESS);
        }
        for known in store.box_reports(LISTED).await? {
            follow(&store, &oms, known.id).await?;
            tell(&report(&store, known.id).await?);
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn decide(&self, store: &Store, oms: &Oms, id: i64) -> anyhow::Result<()> {
        let known = report(store, id).await?;
        let lost = known.state == "sent" && known.upstream_id.is_none();
        if let Some(name) = &self.is_there {
            if !lost {
                bail!("report {id} is not lost: it is {}", known.state);
            }
            store.boxes_are_taken(id, name).await?;
            store
                .note(&self.by, "found a report of boxes", &format!("report {id}: {name}"))
                .await?;
        }
        if self.send {
            if lost {
                store
                    .boxes_are_unsent(id, "a person says that the station does not have it")
                    .await?;
            } else if known.state != "made" {
                bail!("report {id} is {}: it is not sent again", known.state);
            }
            store.note(&self.by, "sent a report of boxes", &format!("report {id}")).await?;
            send(store, oms, id).await?;
        }
        Ok(())
    }
}

async fn report(store: &Store, id: i64) -> anyhow::Result<BoxReport> {
    store.box_report(id).await?.with_context(|| format!("there is no report of boxes {id}"))
}

fn is_open(report: &BoxReport) -> bool {
    report.state == "sent" && report.upstream_id.is_some()
}

fn units(file: &Path, capacity: Option<u32>) -> anyhow::Result<Vec<BoxUnit>> {
    let whose = || format!("read {}", file.display());
    if std::fs::metadata(file).with_context(whose)?.len() > FILE_BYTES_MAX {
        bail!("{} is larger than 16 MB: at most 30,000 codes go into one report", file.display());
    }
    let text = std::fs::read_to_string(file).with_context(whose)?;
    let packed = read_boxes(&text).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?;
    let bare = |text: String| CodeText::new(plain(&text)).identification().to_owned();
    let unit = |(name, holds): (String, Vec<String>)| {
        let fits = u32::try_from(holds.len()).unwrap_or(u32::MAX);
        BoxUnit {
            name,
            capacity: capacity.unwrap_or(fits),
            holds: holds.into_iter().map(bare).collect(),
        }
    };
    Ok(packed.into_iter().map(unit).collect())
}

/// Sends a report that nobody sent. If the answer is lost, it is not sent again but by a person.
async fn send(store: &Store, oms: &Oms, id: i64) -> anyhow::Result<()> {
    let BoxReport { group, participant, units, .. } = report(store, id).await?;
    let unit = |unit: BoxUnit| AggregationUnit {
        unit_serial_number: unit.name,
        aggregation_unit_capacity: unit.capacity,
        sntins: unit.holds,
    };
    let units: Vec<_> = units.into_iter().map(unit).collect();
    if !store.boxes_are_sent(id).await? {
        bail!("report {id} was sent already");
    }
    match oms.aggregate(group, &participant, &units).await {
        Ok(name) => store.boxes_are_taken(id, &name).await?,
        Err(error @ OmsError::Refused { .. }) => {
            store.boxes_ended(id, "refused", Some(&error.to_string()), &[]).await?;
        }
        Err(error) if error.nothing_happened() => {
            store.boxes_are_unsent(id, &error.to_string()).await?;
            let words = format!(
                "report {id} did not get out; later: markwright station boxes --report {id} --send"
            );
            return Err(anyhow::Error::new(error).context(words));
        }
        Err(error) => {
            let words = format!(
                "{error}; the station may have report {id}: look in its cabinet, then say --is-there NAME or --send"
            );
            store.boxes_are_troubled(id, &words).await?;
        }
    }
    Ok(())
}

/// Asks how far a report is that the station has, and keeps how it ended.
async fn follow(store: &Store, oms: &Oms, id: i64) -> anyhow::Result<()> {
    let known = report(store, id).await?;
    let (Some(name), true) = (&known.upstream_id, is_open(&known)) else { return Ok(()) };
    let info = oms.report_info(known.group, name).await?;
    let state = match info.status {
        ReportStatus::Sent if !oms.is_v2() => return Ok(()),
        ReportStatus::Success | ReportStatus::Processed | ReportStatus::Sent => "success",
        ReportStatus::Partially => "partially",
        ReportStatus::Failed => "failed",
        ReportStatus::Rejected => "refused",
        ReportStatus::UnderWay => return Ok(()),
    };
    let refused = match state {
        "partially" | "failed" => receipts_of(oms, known.group, name).await?,
        _ => Vec::new(),
    };
    store.boxes_ended(id, state, info.error_reason.as_deref(), &refused).await?;
    Ok(())
}

fn tell(report: &BoxReport) {
    let codes: usize = report.units.iter().map(|unit| unit.holds.len()).sum();
    let refused: Vec<_> =
        report.refused.iter().map(|(code, why)| json!({"code": code, "why": why})).collect();
    let object = json!({
        "report": report.id, "product_group": report.group.alias(), "state": report.state,
        "name": report.upstream_id, "boxes": report.units.len(), "codes": codes,
        "problem": report.problem, "refused": refused,
    });
    say(&object.to_string());
}
