//! What was written to what is meant; all problems at once.
mod camera;
mod check;
mod electronic_mark;
mod issuer;
mod label;
mod line;
mod plc;
mod product;
mod reader;
mod shifts;
mod signing;
mod stations;

pub use check::{CheckError, default_data_dir, load};
pub use electronic_mark::MarkConfig;
pub use label::on_label;
pub use reader::{Problem, private_text};

use crate::apply::PlcSettings;
use crate::line::LineSettings;
use crate::oee::Plan;
use crate::order::PriceList;
use crate::print::PrinterSettings;
use crate::publish::PublishSettings;
use crate::record::RingSettings;
use crate::store::{Goods, RollJob};
use crate::symbol::Separator;
use crate::upstream::{OmsSettings, SignInSettings, SignSettings, TrueApiSettings};
use crate::verify::CameraSettings;
use crate::web::{JobRules, WebSettings};
use crate::{papers, pull, report};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What a daemon is to do. Complete: nothing later asks whether something is set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where store, pictures and files of orders are kept.
    pub data_dir: PathBuf,
    /// The pages.
    pub web: WebConfig,
    /// The state system; without it codes come from files, and nothing is reported.
    pub issuer: Option<Box<IssuerConfig>>,
    /// The state system of Belarus, instead of an order-management station.
    pub electronic_mark: Option<MarkConfig>,
    /// Where documents go; without it nobody introduces, remarks or writes off.
    pub true_api: Option<TrueApiConfig>,
    /// The broker, if there is one.
    pub mqtt: Option<PublishSettings>,
    /// The lines.
    pub lines: Vec<LineConfig>,
    /// The labelling centre, if there is one.
    pub centre: Option<CentreConfig>,
}

/// The pages.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// Where they are served.
    pub listen: SocketAddr,
    /// How.
    pub settings: WebSettings,
}

/// The state system.
#[derive(Debug, Clone)]
pub struct IssuerConfig {
    /// The order-management station. Token and signer are put in when the program starts.
    pub oms: OmsSettings,
    /// Who signs; nobody where the station wants no signatures.
    pub sign: Option<SignSettings>,
    /// How the station's token is got; without it, it is the one that was entered.
    pub sign_in: Option<SignInSettings>,
    /// How codes are pulled.
    pub pull: pull::Settings,
    /// How codes are told.
    pub report: report::Settings,
}

/// True API.
#[derive(Debug, Clone)]
pub struct TrueApiConfig {
    /// Where it is.
    pub client: TrueApiSettings,
    /// How its token is got.
    pub sign_in: SignInSettings,
    /// How documents are kept going.
    pub papers: papers::Settings,
}

/// One line.
#[derive(Debug, Clone)]
pub struct LineConfig {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Its limits.
    pub settings: LineSettings,
    /// It resets and starts itself for every job; nobody stands beside it.
    pub by_itself: bool,
    /// How much of what it was told is kept; nothing is recorded if there is none.
    pub recorder: Option<RingSettings>,
    /// Its printer, where the scenario has one.
    pub printer: Option<PrinterSettings>,
    /// Dots of the printer's head a millimetre, as exact as labels need it.
    pub dots_per_mm: f32,
    /// What stands between the fields of a code in the symbol.
    pub separator: Separator,
    /// Its PLC, where the scenario has a belt.
    pub plc: Option<PlcSettings>,
    /// Its camera: on the belt, or behind the print head.
    pub camera: Option<CameraSettings>,
    /// The name of its printer's profile.
    pub profile: String,
    /// Where labels stand side by side: from the left edge of one to the left edge of the next.
    pub pitch_mm: f32,
    /// The gap between two rows of labels.
    pub gap_mm: f32,
    /// When it should run, and how fast.
    pub plan: Plan,
    /// What it makes if nobody gives it another job.
    pub work: Option<Work>,
    /// Whether it is cleared by a person before and after every job.
    pub clearance: bool,
    /// How often a challenge test is passed; nothing: never.
    pub challenge_every: Option<Duration>,
}

impl LineConfig {
    /// The pool of codes that are this line's own.
    pub fn pool(&self) -> String {
        format!("line:{}", self.name)
    }

    /// What the pages have to know of its jobs.
    pub fn job_rules(&self) -> JobRules {
        JobRules {
            clearance: self.clearance,
            challenge_every: self.challenge_every,
            head: self.head(),
            camera: self.camera.is_some(),
            px_per_mm: self.camera.as_ref().and_then(|camera| camera.px_per_mm),
            goods: self.work.as_ref().map(|work| (work.goods.gtin, work.goods.group)),
        }
    }

    /// What its jobs ask of a roll, where they say nothing else.
    pub fn roll_job(&self) -> RollJob {
        let roll = &self.settings.roll;
        RollJob {
            spare_percent: roll.spare_percent,
            pause_after: roll.pause_after,
            leader: roll.leader,
            trailer: roll.trailer,
        }
    }
}

/// What a line makes by itself.
#[derive(Debug, Clone)]
pub struct Work {
    /// The goods.
    pub goods: Goods,
    /// The label design, by name; empty where the line prints none.
    pub design: String,
    /// How many; 0 = until somebody stops the line.
    pub planned: u64,
}

/// The labelling centre.
#[derive(Debug, Clone)]
pub struct CentreConfig {
    /// The line that prints rolls, by name.
    pub desk_line: String,
    /// What labels cost.
    pub prices: PriceList,
    /// Labels in one order at most.
    pub quantity_max: u32,
}
