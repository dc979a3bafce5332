//! `station`: asks the state system something, so that whoever sets it up sees that it works.
mod boxes;

use super::{EX_CONFIG, configuration, say};
use crate::app::{signer, station};
use crate::code::{Gtin, ProductGroup};
use crate::config;
use crate::upstream::{
    Installation, Oms, OmsError, RegistrationKey, SubOrder, register, result_words,
};
use anyhow::Context;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to ask. Every answer is one JSON object a line; only `aggregate`, `boxes` and `register` change
/// something. Where the station's token is got by signing in, the daemon's is used as long as it is
/// good.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Examples:
  markwright station ping --config line-configs/print-apply.toml
  markwright station status --order 8f7b… --gtin 04810093011694 --config line-configs/print-apply.toml
  markwright station receipts --of 8f7b… --config line-configs/print-apply.toml")]
pub(super) enum Station {
    /// Is it there, and does it take our token?
    Ping(At),
    /// Its orders. Slow, and for recovery only: the manual forbids routine use.
    Orders(At),
    /// How the codes of an order stand.
    Status(OfOrder),
    /// The blocks of codes that it gave out.
    Blocks(OfOrder),
    /// What an order says of its goods.
    Goods(OfOrder),
    /// How far it is with a report.
    Report(OfDocument),
    /// Its account of a report, an order or a block, with the result of every code.
    Receipts(OfDocument),
    /// Who prints codes for others.
    Providers(At),
    /// Reports of print quality, all of them: up to a hundred a line.
    Quality(At),
    /// The codes of one of these reports, each with its grade.
    Grades(OfDocument),
    /// The participant's places of activity.
    Places(At),
    /// Tells what was packed into what, once (aggregation): a file of boxes with the codes in each. Every
    /// code must be ours, verified and told as applied. Exit code 1 unless all was taken.
    #[command(after_help = "Examples:
  markwright station aggregate boxes.csv --group milk --config line-configs/print-apply.toml
  markwright station aggregate boxes.json --group water --capacity 12 --config …

What the file looks like, and what to do when the answer is lost: docs/upstream.md.")]
    Aggregate(boxes::Aggregate),
    /// The reports of boxes, each with what was refused; asks after those that are not at their end.
    #[command(after_help = "Examples:
  markwright station boxes --config line-configs/print-apply.toml
  markwright station boxes --report 3 --send --config …
  markwright station boxes --report 3 --is-there 8f7b… --config …")]
    Boxes(boxes::Boxes),
    /// Registers this installation, once: its answer holds the `connection` of `[issuer.sign_in]`. Not to
    /// be repeated blindly: a name can be given once.
    Register(Register),
}

/// An installation that is to be registered.
#[derive(Debug, clap::Args)]
pub(super) struct Register {
    /// The configuration with the tables [issuer] and [issuer.sign].
    #[arg(long)]
    config: PathBuf,
    /// Where installations are registered, such as `https://suzgrid.crpt.ru:16443`.
    #[arg(long, value_parser = web_address)]
    url: String,
    /// A file with the integrator's key, that only its owner may read.
    #[arg(long)]
    key_file: PathBuf,
    /// A name that no other installation of the participant has.
    #[arg(long)]
    name: String,
    /// Where it stands.
    #[arg(long)]
    address: String,
}

/// Which station.
#[derive(Debug, clap::Args)]
pub(super) struct At {
    /// The configuration with the table [issuer].
    #[arg(long)]
    config: PathBuf,
    /// The product group, by its alias.
    #[arg(long, default_value = "milk")]
    group: String,
}

/// Which order.
#[derive(Debug, clap::Args)]
pub(super) struct OfOrder {
    #[command(flatten)]
    at: At,
    /// The station's name for the order, exactly as it came.
    #[arg(long)]
    order: String,
    /// The trade item.
    #[arg(long)]
    gtin: Gtin,
}

/// Which document.
#[derive(Debug, clap::Args)]
pub(super) struct OfDocument {
    #[command(flatten)]
    at: At,
    /// The station's name for the report, order or block, exactly as it came.
    #[arg(long)]
    of: String,
}

impl Station {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let at = match self {
            Self::Register(wanted) => return wanted.register().await,
            Self::Aggregate(wanted) => return wanted.run().await,
            Self::Boxes(wanted) => return wanted.run().await,
            Self::Ping(at)
            | Self::Orders(at)
            | Self::Providers(at)
            | Self::Quality(at)
            | Self::Places(at)
            | Self::Status(OfOrder { at, .. })
            | Self::Blocks(OfOrder { at, .. })
            | Self::Goods(OfOrder { at, .. })
            | Self::Report(OfDocument { at, .. })
            | Self::Grades(OfDocument { at, .. })
            | Self::Receipts(OfDocument { at, .. }) => at,
        };
        let Some(oms) = client(&at.config)? else { return Ok(ExitCode::from(EX_CONFIG)) };
        let group = ProductGroup::from_alias(&at.group)
            .with_context(|| format!("'{}' is no product group", at.group))?;
        for line in self.ask(&oms, group).await? {
            say(&line.to_string());
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn ask(&self, oms: &Oms, group: ProductGroup) -> anyhow::Result<Vec<Value>> {
        let of = |of: &OfOrder| (of.order.clone(), of.gtin);
        Ok(match self {
            Self::Ping(_) => {
                let pong = oms.ping(group).await?;
                vec![json!({
                    "oms_id": pong.oms_id, "api": pong.api_version, "station": pong.oms_version,
                })]
            }
            Self::Orders(_) => oms.orders(group).await?.iter().map(of_order).collect(),
            Self::Status(asked) => {
                let (order, gtin) = of(asked);
                let buffers = oms.order_status(SubOrder { group, order: &order, gtin }).await?;
                buffers.iter().map(of_buffer).collect()
            }
            Self::Blocks(asked) => {
                let (order, gtin) = of(asked);
                let blocks = oms.blocks(SubOrder { group, order: &order, gtin }).await?;
                let block = |b: &crate::upstream::ListedBlock| json!({"block": b.block_id, "codes": b.quantity});
                blocks.iter().map(block).collect()
            }
            Self::Goods(asked) => {
                let (order, gtin) = of(asked);
                vec![oms.products(SubOrder { group, order: &order, gtin }).await?]
            }
            Self::Report(asked) => {
                let info = oms.report_info(group, &asked.of).await?;
                let status = format!("{:?}", info.status);
                vec![json!({"status": status, "why": info.error_reason})]
            }
            Self::Receipts(asked) => receipts(oms, group, &asked.of).await?,
            Self::Providers(_) => vec![oms.providers(group).await?],
            Self::Quality(_) => oms.quality_reports(group).await?,
            Self::Grades(asked) => vec![oms.quality_codes(group, &asked.of).await?],
            Self::Places(_) => vec![oms.places(group).await?],
            Self::Register(_) | Self::Aggregate(_) | Self::Boxes(_) => Vec::new(),
        })
    }
}

impl Register {
    async fn register(&self) -> anyhow::Result<ExitCode> {
        let Some(config) = configuration(&self.config) else {
            return Ok(ExitCode::from(EX_CONFIG));
        };
        let issuer = config.issuer.context("the configuration has no table [issuer]")?;
        let signer = signer(&issuer, config.true_api.as_ref())?;
        let signer =
            signer.context("registration is signed: the configuration needs [issuer.sign]")?;
        let key = config::private_text(&self.key_file)
            .map_err(|found| anyhow::anyhow!("{} {found}", self.key_file.display()))?;
        let installation = Installation {
            base_url: self.url.clone(),
            oms_id: issuer.oms.oms_id.clone(),
            key: RegistrationKey::new(key),
            name: self.name.clone(),
            address: self.address.clone(),
        };
        let done = register(&installation, &signer).await?;
        say(&json!({"connection": done.oms_connection, "name": done.name}).to_string());
        Ok(ExitCode::SUCCESS)
    }
}

fn web_address(text: &str) -> Result<String, &'static str> {
    let is_one = text.starts_with("http://") || text.starts_with("https://");
    is_one.then(|| text.to_owned()).ok_or("an address begins with http:// or https://")
}

/// Nothing if the configuration is not right; the reasons were told.
fn client(file: &Path) -> anyhow::Result<Option<Oms>> {
    let Some(config) = configuration(file) else { return Ok(None) };
    let issuer = config.issuer.context("the configuration has no table [issuer]")?;
    let signer = signer(&issuer, config.true_api.as_ref())?;
    Ok(Some(station(issuer.oms, issuer.sign_in, signer)?))
}

fn of_order(order: &crate::upstream::ListedOrder) -> Value {
    json!({
        "order": order.order_id, "group": order.product_group,
        "mark": order.production_order_id,
        "codes": order.buffers.iter().map(of_buffer).collect::<Vec<_>>(),
    })
}

fn of_buffer(buffer: &crate::upstream::Buffer) -> Value {
    json!({
        "gtin": buffer.gtin, "status": format!("{:?}", buffer.status),
        "available": buffer.available_codes, "total": buffer.total_codes,
        "passed": buffer.total_passed, "expires_ms": buffer.expired_date,
        "why": buffer.rejection_reason,
    })
}

/// Receipts, and the codes of each, without check parts, with the result in words.
async fn receipts(oms: &Oms, group: ProductGroup, of: &str) -> anyhow::Result<Vec<Value>> {
    let mut lines = Vec::new();
    for receipt in oms.receipts(group, of).await? {
        let operations: Vec<_> = receipt.operations.iter().map(|op| &op.what).collect();
        lines.push(json!({
            "receipt": receipt.result_doc_id, "state": receipt.state, "operations": operations,
        }));
        for document in receipt.operations.iter().filter_map(|op| op.doc_id.as_ref()) {
            let results = match oms.code_results(group, of, document).await {
                // Orders and blocks have receipts, and no results of single codes.
                Err(OmsError::Refused { .. }) => Vec::new(),
                results => results?,
            };
            for result in results {
                let known = result.code.and_then(result_words);
                lines.push(json!({
                    "code": result.cis, "result": result.code, "says": result.description,
                    "means": known.map(|words| words.means),
                    "do": known.map(|words| words.remedy),
                }));
            }
        }
    }
    Ok(lines)
}

/// What was refused of a report, each with the result in words.
async fn receipts_of(
    oms: &Oms,
    group: ProductGroup,
    of: &str,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut refused = Vec::new();
    for receipt in oms.receipts(group, of).await? {
        for document in receipt.operations.iter().filter_map(|op| op.doc_id.as_ref()) {
            for result in oms.code_results(group, of, document).await? {
                let Some(code) = result.code.filter(|code| *code != 0) else { continue };
                let means = result_words(code).map(|words| words.means.to_owned());
                let words = means.or(result.description).unwrap_or_default();
                refused.push((result.cis, format!("result {code}: {words}")));
            }
        }
    }
    Ok(refused)
}
