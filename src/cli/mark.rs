//! `mark`: Electronic Mark by hand: what it knows, and goods that leave.
use super::{EX_CONFIG, configuration, say, say_to_person};
use crate::code::Gtin;
use crate::config::Config;
use crate::store::{NewShipment, Store};
use crate::upstream::electronic_mark::ElectronicMark;
use anyhow::{Context, bail};
use jiff::civil::Date;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do at Electronic Mark.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  markwright mark --config markwright.toml types
  markwright mark --config markwright.toml gtin 04810093011694
  markwright mark --config markwright.toml agents --country 643
  markwright mark --config markwright.toml steps --job 17
  markwright mark --config markwright.toml ship --job 17 --number 'TTN-001234' --agent 18413")]
pub(super) struct Mark {
    /// The configuration of the daemon, with the table `[electronic_mark]`.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    ask: Ask,
}

#[derive(Debug, clap::Subcommand)]
enum Ask {
    /// The kinds of codes.
    Types,
    /// Has a trade item taken over from the catalogue of barcodes, and asks whether it is known.
    Gtin {
        /// The trade item.
        gtin: Gtin,
    },
    /// The partners of a country, one a line.
    Agents {
        /// Its number: 643 = Russia, 398 = Kazakhstan, 417 = Kyrgyzstan, 051 = Armenia.
        #[arg(long, default_value = "643")]
        country: String,
    },
    /// How far the codes of a job are: labelled, produced, shipped.
    Steps {
        /// The job, by number.
        #[arg(long)]
        job: i64,
    },
    /// Ships the produced codes of a job that did not leave yet. A running daemon sends it.
    Ship(Ship),
    /// Shipments and what became of them, one JSON object a line.
    Shipments,
}

#[derive(Debug, clap::Args)]
struct Ship {
    /// The job, by number.
    #[arg(long)]
    job: i64,
    /// The kind of the waybill.
    #[arg(long, default_value = "tnttn")]
    waybill: String,
    /// Its number.
    #[arg(long)]
    number: String,
    /// Who gets the goods: the number of a partner (`mark agents`).
    #[arg(long)]
    agent: i64,
    /// Where to: the number of a country.
    #[arg(long, default_value = "643")]
    country: String,
    /// The day; today if there is none.
    #[arg(long)]
    day: Option<Date>,
    /// A file with the papers of the goods, as the system wants them (`eas_products`, JSON).
    #[arg(long)]
    papers: Option<PathBuf>,
    /// Codes at most; what is left can leave with another waybill.
    #[arg(long)]
    at_most: Option<u32>,
    /// Who says so.
    #[arg(long, default_value = "command line")]
    by: String,
}

impl Mark {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let file = self.config.as_ref().context("say which configuration: --config FILE")?;
        let Some(config) = configuration(file) else {
            return Ok(ExitCode::from(EX_CONFIG));
        };
        let Some(mark) = &config.electronic_mark else {
            bail!("{} has no [electronic_mark]", file.display());
        };
        let client = ElectronicMark::new(mark.mark.clone())?;
        match &self.ask {
            Ask::Types => say(&client.label_types().await?.to_string()),
            Ask::Gtin { gtin } => {
                say(&client.add_by_gtin(*gtin).await?.to_string());
                for answer in client.check_gtins(&[*gtin]).await? {
                    say(&answer.to_string());
                }
            }
            Ask::Agents { country } => {
                for agent in client.agents(country).await? {
                    say(&format!("{}\t{}", agent.id, agent.name));
                }
            }
            Ask::Steps { job } => {
                let steps = store_with(&config, *job).await?.mark_steps(*job).await?;
                let (labelled, produced) = (steps.labelled, steps.produced);
                let object = json!({
                    "job": job, "labelled": labelled, "produced": produced, "shipped": steps.shipped,
                });
                say(&object.to_string());
            }
            Ask::Ship(ship) => {
                let most = client.dialect().most.ship;
                return ship.run(&store_with(&config, ship.job).await?, most).await;
            }
            Ask::Shipments => {
                for one in store(&config).await?.shipments().await? {
                    let object = json!({
                        "shipment": one.id, "waybill": one.wanted.waybill,
                        "number": one.wanted.number, "state": one.state, "codes": one.codes,
                        "upstream_id": one.upstream_id, "problem": one.problem,
                    });
                    say(&object.to_string());
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Ship {
    async fn run(&self, store: &Store, most: u32) -> anyhow::Result<ExitCode> {
        let papers = match &self.papers {
            None => json!({}),
            Some(file) => {
                let text =
                    std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
                serde_json::from_slice(&text)
                    .with_context(|| format!("{} is not JSON", file.display()))?
            }
        };
        let day = self.day.unwrap_or_else(|| jiff::Zoned::now().date());
        let new = NewShipment {
            waybill: self.waybill.clone(),
            number: self.number.clone(),
            agent: self.agent,
            country: self.country.clone(),
            day: day.to_string(),
            papers: papers.to_string(),
            person: self.by.clone(),
        };
        let at_most = self.at_most.unwrap_or(most).min(most);
        let Some(id) = store.make_shipment(self.job, &new, at_most).await? else {
            say_to_person("no code of this job can leave: none is produced, or all left already");
            return Ok(ExitCode::FAILURE);
        };
        let words =
            format!("shipment {id}: job {}, waybill {} {}", self.job, new.waybill, new.number);
        store.note(&self.by, "ordered a shipment", &words).await?;
        say(&words);
        Ok(ExitCode::SUCCESS)
    }
}

async fn store(config: &Config) -> anyhow::Result<Store> {
    std::fs::create_dir_all(&config.data_dir)?;
    Ok(Store::open(&config.data_dir.join("markwright.db")).await?)
}

/// The store, if there is this job in it.
async fn store_with(config: &Config, job: i64) -> anyhow::Result<Store> {
    let store = store(config).await?;
    store.job(job).await?.with_context(|| format!("there is no job {job}"))?;
    Ok(store)
}
