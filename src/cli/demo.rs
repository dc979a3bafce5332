//! `demo`: everything at work on a fake site, on this machine, over sockets.
mod judge;

use super::codes::read;
use super::number::{rate, seed, whole};
use super::{asked_to_end, say, say_to_person};
use crate::access::Role;
use crate::app::App;
use crate::code::{self, ArrayLine, Gtin};
use crate::config;
use crate::line::{Event, LineState, Request, Scenario};
use crate::sim::faults::Faults;
use crate::sim::stage::{Stage, StageSettings};
use crate::store::{Goods, Lot, NewJob, Store};
use anyhow::{Context, bail};
use judge::Summary;
pub(super) use judge::VerdictTimes;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// The line of the fake site, and the pool of its codes.
const LINE: &str = "line-1";
const POOL: &str = "line:line-1";
/// The sign-ins of the demo, ready-made. They exist in its own store only.
const PEOPLE: [(&str, &str, Role); 3] = [
    ("operator", "operator-demo", Role::Operator),
    ("manager", "manager-demo", Role::Manager),
    ("importer", "importer-demo", Role::Customer),
];
/// Codes must have come and every device must be ready in this time.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// A person needs so long to press start after a hold.
const PERSON_TAKES: Duration = Duration::from_secs(1);

/// Shows a line, and a labelling centre, at work: fake plant, real protocols.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  markwright demo
  markwright demo --seconds 60 --rate 600 --json
  markwright demo --seconds 10 --codes array.txt
  markwright demo --listen 0.0.0.0:8080 --keep demo-of-today")]
pub(super) struct Demo {
    /// Runs for so long without anybody, stops, and prints the sums. Exit code 0 only if they
    /// close and the plant's own ledger agrees. Otherwise runs until Ctrl-C.
    #[arg(long, value_parser = whole::<u64>(0..=86_400, "seconds"))]
    seconds: Option<u64>,
    /// Products a minute.
    #[arg(long, default_value_t = 120.0, value_name = "PRODUCTS_PER_MINUTE", value_parser = rate)]
    rate: f64,
    /// Codes from a file, one a line, instead of an order.
    #[arg(long)]
    codes: Option<PathBuf>,
    /// All chance comes from it.
    #[arg(long, default_value_t = 1, value_parser = seed)]
    seed: u64,
    /// Prints the sums as JSON.
    #[arg(long)]
    json: bool,
    /// Where the pages are; port 0 is any that is free. Without it: port 8080 if it is free.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Keeps database, ledgers, pictures and labels in this folder, which must be new or empty.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Demo {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let dir = Folder::make(self.keep.as_deref())?;
        let stage = Stage::start(&self.stage_settings(&dir.path)).await?;
        self.prepare(&stage, &dir.path).await?;
        let app = App::start(config::load(&stage.config)?).await?;
        let ran = match self.seconds {
            Some(seconds) => self.headless(&app, seconds).await,
            None => until_asked(&app, &stage).await,
        };
        let store = app.store.clone();
        app.stop().await;
        let (ledger, issuer) = stage.stop().await;
        let summary = Summary::judge(&store, LINE, POOL, &ledger, &issuer, ran?).await?;
        issuer.stop().await;
        if self.json {
            say(&serde_json::to_string(&summary)?);
        } else {
            say(&summary.to_string());
        }
        Ok(if summary.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn stage_settings(&self, dir: &Path) -> StageSettings {
        StageSettings {
            products_per_minute: self.rate,
            seed: self.seed,
            faults: Faults::demo(),
            pages: self.listen.unwrap_or_else(|| self.page_address()),
            dir: dir.to_owned(),
            orders_codes: self.codes.is_none(),
            codes_in_order: self.codes_in_order(),
            packs: None,
        }
    }

    /// Port 8080 where a person looks and it is free; any other port will do.
    fn page_address(&self) -> SocketAddr {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let usual = self.seconds.is_none() && TcpListener::bind(at(8080)).is_ok();
        at(if usual { 8080 } else { 0 })
    }

    /// Codes for forty minutes: more are ordered when half of them are left, and with less than a
    /// quarter of an hour the page would warn.
    fn codes_in_order(&self) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the rate was checked"
        )]
        let forty_minutes = (self.rate * 40.0) as u32;
        forty_minutes.max(200)
    }

    /// People, and the codes of a file.
    async fn prepare(&self, stage: &Stage, dir: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(dir.join("data"))?;
        let store = Store::open(&dir.join("data/markwright.db")).await?;
        if self.seconds.is_none() {
            for (name, password, role) in PEOPLE {
                store.add_person(name, password, role).await?;
            }
        }
        let Some(file) = &self.codes else { return Ok(()) };
        let text = read(Some(file))?;
        // The issuer reads the same file with a reader of its own.
        let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
        stage.issuer.controls.know(&bytes);
        let source = file.display().to_string();
        let (taken, aside) = code::read_array(&text, None);
        for line in &aside {
            say_to_person(&format!("{source}:{}: {}", line.line, line.refusal));
        }
        if taken.is_empty() {
            bail!("{source}: no line is a code");
        }
        store.set_aside(POOL, &source, &aside).await?;
        let imported = store.store_codes(POOL, &source, &taken).await?;
        say_to_person(&format!(
            "{source}: {} codes taken, {} lines set aside",
            imported.taken,
            aside.len()
        ));
        plan_jobs(&store, &taken).await
    }

    /// Waits until the line runs, then for the given time, with a person who presses start after
    /// every hold. Gives the time that it ran.
    async fn headless(&self, app: &App, seconds: u64) -> anyhow::Result<Duration> {
        let line = app.lines.iter().find(|line| line.name == LINE).context("the line")?;
        let mut view = line.view.clone();
        let runs = view.wait_for(|view| view.state == LineState::Execute);
        if timeout(READY_WITHIN, runs).await.is_err() {
            let view = line.view.borrow();
            bail!("the line does not come to run: {} because of {:?}", view.state, view.why);
        }
        let begun = Instant::now();
        let end = begun + Duration::from_secs(seconds);
        while Instant::now() < end {
            let over = tokio::select! {
                () = tokio::time::sleep_until(end) => true,
                () = asked_to_end() => true,
                over = helped(line, self.codes.is_some()) => over,
            };
            if over {
                break;
            }
        }
        Ok(begun.elapsed())
    }
}

/// Does what a person at the line would do, once. Says whether there is nothing left to do.
async fn helped(line: &crate::app::Handle, ends_with_codes: bool) -> bool {
    let mut view = line.view.clone();
    let state = match view.wait_for(|view| waits_for_person(view.state)).await {
        Ok(view) => view.state,
        Err(_) => return true,
    };
    if state == LineState::Complete && ends_with_codes {
        // The next job, if there is one, begins within this time.
        sleep(2 * PERSON_TAKES).await;
        return line.view.borrow().state == LineState::Complete;
    }
    sleep(PERSON_TAKES).await;
    // Whoever helps here is the manager, too, and has looked behind the gate.
    let to_release: Vec<_> = line.view.borrow().to_release().collect();
    for reason in to_release {
        if line.requests.send(Event::Release(reason)).await.is_err() {
            return true;
        }
    }
    let starts = matches!(state, LineState::Held | LineState::Idle);
    let request = if starts { Request::Start } else { Request::Reset };
    line.requests.send(Event::Operator(request)).await.is_err()
}

fn waits_for_person(state: LineState) -> bool {
    matches!(state, LineState::Held | LineState::Aborted | LineState::Idle | LineState::Complete)
}

/// Says where to look, and waits for Ctrl-C.
async fn until_asked(app: &App, stage: &Stage) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    say(&format!("The line:     http://{}/", app.web_addr));
    say(&format!("Order labels: http://{}/orders", app.web_addr));
    for (name, password, role) in PEOPLE {
        say(&format!("Sign in as {name:<10} password {password:<16} ({})", role.word()));
    }
    say(&format!(
        "Labels that the desk printer prints, to scan or to type: {}",
        stage.labels.display()
    ));
    say("Ctrl-C stops the line, empties the belt and prints the sums.");
    asked_to_end().await;
    say("stopping …");
    Ok(begun.elapsed())
}

/// A job for each trade item of the array, in the order of the file.
async fn plan_jobs(store: &Store, taken: &[ArrayLine]) -> anyhow::Result<()> {
    let mut planned: Vec<Gtin> = Vec::new();
    for code in taken {
        if planned.contains(&code.gtin) {
            continue;
        }
        planned.push(code.gtin);
        let goods = Goods {
            gtin: code.gtin,
            name: format!("Товар {}", code.gtin),
            hs_code: String::new(),
            group: code.group,
            article: String::new(),
            size: String::new(),
            colour: String::new(),
            composition: String::new(),
            country: String::new(),
            maker: String::new(),
            importer: String::new(),
            lot: Lot::default(),
        };
        store.put_goods(&goods).await?;
        let job = NewJob {
            line: LINE.to_owned(),
            scenario: Scenario::PrintApply,
            pool: POOL.to_owned(),
            gtin: code.gtin,
            design: "43x25".to_owned(),
            planned: 0,
            roll: crate::store::RollJob::default(),
            lot: Lot::default(),
        };
        store.add_job(&job).await?;
    }
    Ok(())
}

/// Where everything is kept. A folder that nobody named is removed at the end.
struct Folder {
    path: PathBuf,
    stays: bool,
}

impl Folder {
    fn make(keep: Option<&Path>) -> anyhow::Result<Self> {
        let name = format!("markwright-demo-{}", uuid::Uuid::new_v4());
        let path = keep.map_or_else(|| std::env::temp_dir().join(name), Path::to_owned);
        std::fs::create_dir_all(&path).with_context(|| format!("make {}", path.display()))?;
        if std::fs::read_dir(&path)?.next().is_some() {
            bail!("--keep {}: wanted a new or an empty folder", path.display());
        }
        Ok(Self { path, stays: keep.is_some() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the demo's folder stays");
        }
    }
}
