//! The only place that knows everybody: config, bind, hire, drain.
mod alive;
mod asked;
mod job;
mod learner;
mod marks;
mod no_job;
mod verbs;

use crate::calibration::Calibration;
use crate::config::{CentreConfig, Config, IssuerConfig, LineConfig, MarkConfig, TrueApiConfig};
use crate::crew::Crew;
use crate::line::{Event, Line, LineView, Order, Restored};
use crate::order::PriceList;
use crate::report::Flush;
use crate::store::{Lot, NewJob, RollJob, Store, StoreError};
use crate::telemetry::clock::Micros;
use crate::telemetry::{Identity, LastWord};
use crate::upstream::electronic_mark::ElectronicMark;
use crate::upstream::{
    Oms, OmsError, OmsSettings, SignError, SignInError, SignInSettings, Signer, TokenKeeper,
    TrueApi, TrueApiError,
};
use crate::web::{LineDesk, OrderSettings, StateSystem, WebSettings};
use crate::{centre, papers, publish, pull, report, web};
use alive::Stocked;
use job::Post;
pub(crate) use job::chain;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

/// Requests of people that wait for a line; a person does not press faster.
const REQUESTS_WAITING: usize = 16;
/// How long pages, reports and messages may take to end.
const GRACE: Duration = Duration::from_secs(10);
/// A line stops within its own limits; this is for one that does not even do that.
const LINE_GRACE: Duration = Duration::from_mins(2);
/// How long a stop waits for the state system; what is left is told after the next start.
const TELL_WITHIN: Duration = Duration::from_secs(10);

/// Why a daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The folder of its data cannot be made.
    #[error("make the data folder {path}")]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store does not open or answer.
    #[error("the store")]
    Store(#[from] StoreError),
    /// The address of the pages is not to be had.
    #[error("serve pages at {at}")]
    Listen {
        /// The address.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The state system's settings cannot be used.
    #[error("the state system")]
    Issuer(#[from] OmsError),
    /// Who signs cannot be used.
    #[error("signing")]
    Sign(#[from] SignError),
    /// The token of a connection cannot be kept.
    #[error("sign-in")]
    SignIn(#[from] SignInError),
    /// True API's settings cannot be used.
    #[error("True API")]
    TrueApi(#[from] TrueApiError),
}

/// A running daemon.
#[derive(Debug)]
pub struct App {
    /// Where the pages are.
    pub web_addr: SocketAddr,
    /// What it remembers.
    pub store: Store,
    /// Its lines, by the order of the configuration.
    pub lines: Vec<Handle>,
    flush: Option<Flush>,
    state_system: StateSystem,
    line_crew: Crew,
    office_crew: Crew,
    /// Held as long as it runs: see [`is_running`].
    _sign_of_life: Option<File>,
}

/// A line from outside: how it stands, and what it can be asked.
#[derive(Debug, Clone)]
pub struct Handle {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub view: watch::Receiver<LineView>,
    /// What it is asked.
    pub requests: mpsc::Sender<Event>,
}

/// A file that every daemon of this data folder holds a lock on; the system takes it away from a
/// process that is no more.
fn sign_of_life(data_dir: &Path) -> Option<File> {
    let path = data_dir.join("running.lock");
    File::options().create(true).truncate(false).write(true).open(path).ok()
}

/// Whether a daemon runs with this data folder, as far as can be told.
pub(crate) fn is_running(data_dir: &Path) -> bool {
    sign_of_life(data_dir).is_none_or(|file| file.try_lock().is_err())
}

impl App {
    /// Opens the store, binds the pages, and hires everybody.
    pub async fn start(config: Config) -> Result<Self, AppError> {
        let path = config.data_dir.clone();
        std::fs::create_dir_all(&path).map_err(|source| AppError::DataDir { path, source })?;
        let mut store = Store::open(&config.data_dir.join("markwright.db")).await?;
        if config.mqtt.is_some() {
            store = store.publishing();
        }
        let at = config.web.listen;
        let listener =
            TcpListener::bind(at).await.map_err(|source| AppError::Listen { at, source })?;
        let web_addr = listener.local_addr().map_err(|source| AppError::Listen { at, source })?;
        let mut app = Self {
            web_addr,
            store,
            lines: Vec::new(),
            flush: None,
            state_system: StateSystem::default(),
            line_crew: Crew::default(),
            office_crew: Crew::default(),
            _sign_of_life: sign_of_life(&config.data_dir).filter(|file| file.lock_shared().is_ok()),
        };
        // Before any line takes codes in hand.
        app.store.expire_codes(Micros::now()).await?;
        app.hire_offices(&config)?;
        let names: Vec<_> = config.lines.iter().map(|line| line.name.as_str()).collect();
        app.store.came_up(&names, Micros::now()).await?;
        let (store, stocked) = (app.store.clone(), stocked(&config.lines));
        app.office_crew.hire("clock", |stop| alive::keep(store, stocked, stop));
        let mut desks = Vec::new();
        let jobs = config.lines.iter().map(|line| (line.name.clone(), line.job_rules())).collect();
        for line in config.lines {
            desks.push(app.hire_line(line, &config.data_dir).await?);
        }
        let calibration_dir = Calibration::folder(&config.data_dir);
        let participant = config.true_api.map(|true_api| true_api.papers.participant);
        let state_system = app.state_system.clone();
        let settings =
            WebSettings { calibration_dir, jobs, participant, state_system, ..config.web.settings };
        let store = app.store.clone();
        let orders = order_settings(config.centre.as_ref(), &config.data_dir);
        app.office_crew.hire("web", |stop| async move {
            web::serve(listener, settings, store, desks, orders, stop).await;
        });
        Ok(app)
    }

    fn hire_offices(&mut self, config: &Config) -> Result<(), AppError> {
        if let Some(issuer) = config.issuer.clone() {
            let signer = signer(&issuer, config.true_api.as_ref())?;
            if let (Some(true_api), Some(signer)) = (config.true_api.clone(), signer.clone()) {
                self.hire_papers(true_api, signer)?;
            }
            self.hire_telling(*issuer, signer)?;
        }
        if let Some(mark) = config.electronic_mark.clone() {
            self.hire_marking(mark)?;
        }
        if let Some(settings) = config.mqtt.clone() {
            let store = self.store.clone();
            self.office_crew.hire("publish", |stop| publish::keep(settings, store, stop));
        }
        if let Some(centre) = &config.centre {
            let desk = config.lines.iter().find(|line| line.name == centre.desk_line);
            let settings = centre::Settings {
                desk_line: centre.desk_line.clone(),
                orders_dir: orders_dir(&config.data_dir),
                roll: desk.map_or_else(RollJob::default, LineConfig::roll_job),
                look_every: Duration::from_millis(500),
            };
            let store = self.store.clone();
            self.office_crew.hire("centre", |stop| centre::keep(settings, store, stop));
        }
        Ok(())
    }

    fn hire_papers(&mut self, config: TrueApiConfig, signer: Signer) -> Result<(), AppError> {
        let (store, settings) = (self.store.clone(), config.papers.clone());
        let client = true_api(config, signer)?;
        let (way, questions) = StateSystem::open();
        self.state_system = way;
        let asked = client.clone();
        self.office_crew.hire("asked", |stop| asked::keep(asked, questions, stop));
        self.office_crew.hire("papers", |stop| papers::keep(settings, store, client, stop));
        Ok(())
    }

    fn hire_telling(
        &mut self,
        mut issuer: IssuerConfig,
        signer: Option<Signer>,
    ) -> Result<(), AppError> {
        let oms = station(issuer.oms, issuer.sign_in.take(), signer)?;
        let (store, client) = (self.store.clone(), oms.clone());
        self.office_crew.hire("pull", |stop| pull::keep(issuer.pull, store, client, stop));
        let flush = Flush::default();
        self.flush = Some(flush.clone());
        let store = self.store.clone();
        self.office_crew
            .hire("report", |stop| report::keep(issuer.report, store, oms, flush, stop));
        Ok(())
    }

    fn hire_marking(&mut self, config: MarkConfig) -> Result<(), AppError> {
        let mark = ElectronicMark::new(config.mark)?;
        let (store, client) = (self.store.clone(), mark.clone());
        self.office_crew.hire("pull", |stop| pull::mark::keep(config.pull, store, client, stop));
        let flush = Flush::default();
        self.flush = Some(flush.clone());
        let store = self.store.clone();
        self.office_crew
            .hire("report", |stop| report::mark::keep(config.telling, store, mark, flush, stop));
        Ok(())
    }

    async fn hire_line(&mut self, line: LineConfig, data_dir: &Path) -> Result<LineDesk, AppError> {
        self.give_work(&line).await?;
        let (requests_tx, requests) = mpsc::channel(REQUESTS_WAITING);
        let first = self.first_view(&line).await?;
        let (view, seen) = watch::channel(first);
        let belt = line.settings.scenario.has_belt();
        let learnt = self.store.printer_of(&line.name).await?;
        let named = line.printer.as_ref().and_then(|printer| printer.unique_id.clone());
        let printer_id = Identity::new(named, learnt);
        let words = [LastWord::default(), LastWord::default(), LastWord::default()];
        let desk = LineDesk {
            name: line.name.clone(),
            scenario: line.settings.scenario,
            pool: line.pool(),
            printer: line.printer.is_some().then(|| words[0].clone()),
            printer_id: printer_id.clone(),
            plc: belt.then(|| words[1].clone()),
            camera: line.settings.has_camera().then(|| words[2].clone()),
            view: seen.clone(),
            requests: requests_tx.clone(),
            plan: line.plan.clone(),
            frames_dir: data_dir.join("frames").join(&line.name),
        };
        self.lines.push(Handle { name: line.name.clone(), view: seen, requests: requests_tx });
        let recordings = data_dir.join("recordings").join(&line.name);
        let store = self.store.clone();
        let post = Post { line, store, requests, view, words, printer_id, recordings };
        self.line_crew.hire("line", |stop| post.run(stop));
        Ok(desk)
    }

    /// How a line stands before anybody drives it: as it was left, and at rest.
    async fn first_view(&self, line: &LineConfig) -> Result<LineView, StoreError> {
        let left = self.store.restore(&line.name).await?.known;
        let known = Restored { mode: left.mode, alarms: left.alarms, ..Restored::default() };
        let settings = line.settings.clone();
        let view = Line::restore(settings, Order::default(), known).0.view();
        Ok(LineView { has_job: false, ..view })
    }

    /// A line that makes something by itself has a job for it.
    async fn give_work(&self, line: &LineConfig) -> Result<(), AppError> {
        let Some(work) = &line.work else { return Ok(()) };
        self.store.put_goods(&work.goods).await?;
        let waits = self.store.waiting_job(&line.name).await?.is_some();
        if waits || self.store.running_job(&line.name).await?.is_some() {
            return Ok(());
        }
        let job = NewJob {
            line: line.name.clone(),
            scenario: line.settings.scenario,
            pool: line.pool(),
            gtin: work.goods.gtin,
            design: work.design.clone(),
            planned: work.planned,
            roll: line.roll_job(),
            // The configuration names the lot with the goods: a new one there is printed at once.
            lot: Lot::default(),
        };
        self.store.add_job(&job).await?;
        Ok(())
    }

    /// Stops every line in its own orderly way, tells what is to be told, then closes.
    pub async fn stop(self) {
        self.line_crew.stop(LINE_GRACE).await;
        if let Some(flush) = &self.flush
            && let Err(error) = flush.and_wait(&self.store, TELL_WITHIN).await
        {
            tracing::warn!(%error, "nobody knows what is still untold");
        }
        self.office_crew.stop(GRACE).await;
    }
}

/// Lines that use codes.
fn stocked(lines: &[LineConfig]) -> Vec<Stocked> {
    let prints = lines.iter().filter(|line| line.settings.scenario.prints());
    prints.map(|line| Stocked { line: line.name.clone(), pool: line.pool() }).collect()
}

/// The station with its token and its signer.
pub(crate) fn station(
    mut settings: OmsSettings,
    sign_in: Option<SignInSettings>,
    signer: Option<Signer>,
) -> Result<Oms, AppError> {
    if let (Some(sign_in), Some(signer)) = (sign_in, signer.clone()) {
        settings.token = TokenKeeper::new(sign_in, signer)?;
    }
    settings.signer = signer;
    Ok(Oms::new(settings)?)
}

/// True API with its token and its signer.
pub(crate) fn true_api(config: TrueApiConfig, signer: Signer) -> Result<TrueApi, AppError> {
    let token = TokenKeeper::new(config.sign_in, signer.clone())?;
    Ok(TrueApi::new(config.client, token, signer)?)
}

/// One signer for everything: a token signs one thing at a time.
pub(crate) fn signer(
    issuer: &IssuerConfig,
    true_api: Option<&TrueApiConfig>,
) -> Result<Option<Signer>, SignError> {
    let Some(sign) = issuer.sign.clone() else { return Ok(None) };
    let mut addresses = vec![issuer.oms.base_url.as_str()];
    addresses.extend(issuer.sign_in.as_ref().map(|sign_in| sign_in.base_url.as_str()));
    addresses.extend(true_api.map(|true_api| true_api.client.base_url.as_str()));
    Signer::new(sign, &addresses).map(Some)
}

fn orders_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("orders")
}

fn order_settings(centre: Option<&CentreConfig>, data_dir: &Path) -> OrderSettings {
    let prices = centre.map_or_else(PriceList::default, |centre| centre.prices);
    let quantity_max = centre.map_or(0, |centre| centre.quantity_max);
    OrderSettings { orders_dir: orders_dir(data_dir), prices, quantity_max }
}
