//! `papers`: documents for the state system: made, listed, decided about. The daemon sends them.
mod status;

use super::{EX_CONFIG, configuration, say, say_to_person};
use crate::config::Config;
use crate::order::{Facts, PaperKind};
use crate::store::{Origin, PaperDecision, Store};
use anyhow::{Context, bail};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Documents that a list shows: the latest.
const LISTED: u32 = 200;

/// What to do with documents.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Papers {
    /// Introduces goods of one's own production into circulation (`LP_INTRODUCE_GOODS`).
    #[command(after_help = "Examples:
  markwright papers introduce --config line-configs/print-apply.toml --job 17 \\
    --production-date 2026-11-22 --hs-code 6403993600

Only codes that are verified and reported as applied can be introduced: the state system refuses
others. What is left is introduced by the same command later.")]
    Introduce(Introduce),
    /// Introduces imported goods into circulation after customs (`LP_FTS_INTRODUCE`).
    #[command(after_help = "Examples:
  markwright papers import --config line-configs/labelling-centre.toml --order 3 \\
    --declaration 10000000/221126/0000001 --declaration-date 2026-11-22 --colour black --size 42")]
    Import(Import),
    /// Lists the latest documents, the newest first, one JSON object a line.
    #[command(after_help = "Examples:
  markwright papers list --config line-configs/print-apply.toml")]
    List {
        /// The configuration of the daemon.
        #[arg(long)]
        config: PathBuf,
    },
    /// Decides about a document whose answer was lost, or that is not to be sent.
    #[command(after_help = "Examples:
  markwright papers decide 5 withdraw --reason 'wrong day' --config line-configs/print-apply.toml
  markwright papers decide 5 send-again --reason 'not in the account' --config …
  markwright papers decide 5 is-there --name 1f7cb2f4-8f2a-4b9e-9c3d-2a4f8e1d0c11 \\
    --reason 'seen in the account' --config …")]
    Decide(Decide),
    /// Asks True API how codes stand there now. Exit code 1 if one is not known there.
    #[command(after_help = "Examples:
  markwright papers status '0104810093011694212k6rsrti<GS>93#SzU' --config line-configs/print-apply.toml
  markwright papers status --group milk --json 0104810093011694212k6rsrti --config …

Codes are asked for without their check parts. EMITTED = given out, APPLIED = reported as applied, INTRODUCED = in
circulation, RETIRED = out of circulation, WRITTEN_OFF = written off.")]
    Status(status::Status),
}

/// Whose codes a document takes.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Whose {
    /// The verified codes of this job.
    #[arg(long)]
    job: Option<i64>,
    /// The verified codes of this label order.
    #[arg(long)]
    order: Option<i64>,
}

impl Whose {
    fn origin(&self) -> Origin {
        match (self.job, self.order) {
            (Some(job), _) => Origin::Job(job),
            (None, order) => Origin::Order(order.unwrap_or_default()),
        }
    }
}

/// Who says so, and with which configuration.
#[derive(Debug, clap::Args)]
pub(super) struct Said {
    /// The configuration of the daemon.
    #[arg(long)]
    config: PathBuf,
    /// Who says so, for the books.
    #[arg(long, default_value = "command line")]
    by: String,
}

/// Own production.
#[derive(Debug, clap::Args)]
pub(super) struct Introduce {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    said: Said,
    /// The day of production, YYYY-MM-DD.
    #[arg(long)]
    production_date: String,
    /// The number of the veterinary document, for dairy.
    #[arg(long, default_value = "", hide_default_value = true)]
    vsd: String,
    /// The customs code, 10 digits; without it, that of the goods.
    #[arg(long, default_value = "", hide_default_value = true)]
    hs_code: String,
    /// The maker's number (INN), if it is not the participant's.
    #[arg(long, default_value = "", hide_default_value = true)]
    producer: String,
    /// The owner's number (INN), if it is not the participant's.
    #[arg(long, default_value = "", hide_default_value = true)]
    owner: String,
    /// A certificate: kind, number and date, such as `CONFORMITY_DECLARATION ЕАЭС-1 2026-01-31`.
    #[arg(long, num_args = 3, value_names = ["KIND", "NUMBER", "DATE"])]
    certificate: Vec<String>,
}

/// Import with customs.
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    said: Said,
    /// The number of the customs declaration, 8/6/7 digits.
    #[arg(long)]
    declaration: String,
    /// Its date, YYYY-MM-DD.
    #[arg(long)]
    declaration_date: String,
    /// Colour, for clothing and footwear; without it, that of the goods.
    #[arg(long, default_value = "", hide_default_value = true)]
    colour: String,
    /// Size, for clothing and footwear; without it, that of the goods.
    #[arg(long, default_value = "", hide_default_value = true)]
    size: String,
    /// The day of production, YYYY-MM-DD: for dairy, which must say it.
    #[arg(long, default_value = "", hide_default_value = true)]
    production_date: String,
    /// The number of the veterinary document, for dairy.
    #[arg(long, default_value = "", hide_default_value = true)]
    vsd: String,
}

/// A decision about a document.
#[derive(Debug, clap::Args)]
pub(super) struct Decide {
    /// The document's number.
    paper: i64,
    /// What to do.
    what: What,
    /// The document's number at the state system, where it is there.
    #[arg(long)]
    name: Option<String>,
    /// Where you looked, or why.
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// It was looked for and is not there.
    SendAgain,
    /// It is there, under --name.
    IsThere,
    /// It is not to be sent.
    Withdraw,
}

impl Papers {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let file = match self {
            Self::Introduce(wanted) => &wanted.said.config,
            Self::Import(wanted) => &wanted.said.config,
            Self::Decide(wanted) => &wanted.said.config,
            Self::List { config } => config,
            Self::Status(wanted) => &wanted.config,
        };
        let Some(config) = configuration(file) else {
            return Ok(ExitCode::from(EX_CONFIG));
        };
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("make the data folder {}", config.data_dir.display()))?;
        let store = Store::open(&config.data_dir.join("markwright.db")).await?;
        match self {
            Self::Introduce(wanted) => {
                let (kind, facts) = (PaperKind::Introduction, wanted.facts());
                make(&config, &store, kind, wanted.whose.origin(), facts, &wanted.said.by).await?;
            }
            Self::Import(wanted) => {
                let (kind, facts) = (PaperKind::Import, wanted.facts());
                make(&config, &store, kind, wanted.whose.origin(), facts, &wanted.said.by).await?;
            }
            Self::Decide(wanted) => wanted.decide(&store).await?,
            Self::List { .. } => list(&store).await?,
            Self::Status(wanted) => return wanted.run(&config, &store).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Introduce {
    fn facts(&self) -> Facts {
        let part = |at: usize| self.certificate.get(at).cloned().unwrap_or_default();
        Facts {
            production_date: self.production_date.clone(),
            hs_code: self.hs_code.clone(),
            producer: self.producer.clone(),
            owner: self.owner.clone(),
            certificate: (part(0), part(1), part(2)),
            vsd: self.vsd.clone(),
            ..Facts::default()
        }
    }
}

impl Import {
    fn facts(&self) -> Facts {
        Facts {
            declaration: self.declaration.clone(),
            declaration_date: self.declaration_date.clone(),
            colour: self.colour.clone(),
            size: self.size.clone(),
            production_date: self.production_date.clone(),
            vsd: self.vsd.clone(),
            ..Facts::default()
        }
    }
}

/// Fills in what the goods and the configuration say, and makes the document.
async fn make(
    config: &Config,
    store: &Store,
    kind: PaperKind,
    origin: Origin,
    mut facts: Facts,
    by: &str,
) -> anyhow::Result<()> {
    let Some(true_api) = &config.true_api else {
        bail!("documents need a table [true_api] in the configuration");
    };
    let participant = &true_api.papers.participant;
    let about = store.about(origin).await?;
    let about = about.with_context(|| format!("there is no {}", origin.words()))?;
    facts.participant.clone_from(participant);
    let fill = |field: &mut String, from: &str| {
        if field.is_empty() {
            from.clone_into(field);
        }
    };
    fill(&mut facts.producer, participant);
    fill(&mut facts.owner, participant);
    fill(&mut facts.hs_code, &about.hs_code);
    fill(&mut facts.colour, &about.colour);
    fill(&mut facts.size, &about.size);
    let made = store.make_paper(kind, origin, &facts, by).await?;
    say(&format!("document {}: {} codes of {}", made.id, made.codes, origin.words()));
    if made.not_told > 0 {
        let words = "codes more are verified and still to be reported as applied";
        say_to_person(&format!("{} {words}: introduce them later", made.not_told));
    }
    Ok(())
}

impl Decide {
    async fn decide(&self, store: &Store) -> anyhow::Result<()> {
        let decision = match (self.what, &self.name) {
            (What::SendAgain, None) => PaperDecision::SendAgain,
            (What::Withdraw, None) => PaperDecision::Withdraw,
            (What::IsThere, Some(name)) => PaperDecision::IsThere(name.clone()),
            (What::IsThere, None) => bail!("say its number at the state system: --name"),
            (_, Some(_)) => bail!("--name is for is-there"),
        };
        let known = store.paper(self.paper).await?;
        known.with_context(|| format!("there is no document {}", self.paper))?;
        store.decide_paper(self.paper, &decision, &self.said.by, &self.reason).await?;
        say(&format!("document {}: decided", self.paper));
        Ok(())
    }
}

async fn list(store: &Store) -> anyhow::Result<()> {
    for paper in store.papers(LISTED).await? {
        let object = json!({
            "paper": paper.id, "kind": paper.kind.word(), "product_group": paper.group.alias(),
            "about": paper.origin.word(), "state": paper.state.word(), "codes": paper.codes,
            "name": paper.upstream_id, "sends": paper.sends, "person": paper.person,
            "problem": paper.problem, "errors": paper.errors,
        });
        say(&object.to_string());
    }
    Ok(())
}
