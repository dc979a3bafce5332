//! A whole site for tests: the fake devices, a daemon that works with them, a person at the line,
//! and the account at the end.
#![allow(dead_code, reason = "each test program needs a part of it")]

use markwright::app::{App, Handle};
use markwright::code::CodeText;
use markwright::config::{self, Config};
use markwright::line::{Event, LineState, LineView, Request};
use markwright::sim::faults::Faults;
use markwright::sim::issuer::Issuer;
use markwright::sim::judge::Beliefs;
use markwright::sim::ledger::{Books, Ledger};
use markwright::sim::packs::PackSettings;
use markwright::sim::stage::{Stage, StageSettings};
use markwright::store::{Reconciliation, Store, WantState};
use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

/// The line of the fake site, and the pool of its codes.
pub(crate) const LINE: &str = "line-1";
pub(crate) const POOL: &str = "line:line-1";
/// Everything a test waits for comes within this, or the test fails.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// Between two looks at something that cannot be waited for.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A person looks again before pressing again.
const PERSON_TAKES: Duration = Duration::from_millis(300);

/// The devices and their folder.
pub(crate) struct Site {
    pub(crate) stage: Stage,
    pub(crate) dir: TempDir,
    /// Products come with labels.
    carried: bool,
}

impl Site {
    /// Nothing goes wrong by itself.
    pub(crate) async fn build(products_per_minute: f64, codes_in_order: u32) -> Self {
        Self::build_with(products_per_minute, codes_in_order, None).await
    }

    /// Products come with labels, if these are given.
    pub(crate) async fn build_with(
        products_per_minute: f64,
        codes_in_order: u32,
        packs: Option<PackSettings>,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let carried = packs.is_some();
        let settings = StageSettings {
            products_per_minute,
            seed: 7,
            faults: Faults::default(),
            pages: (Ipv4Addr::LOCALHOST, 0).into(),
            dir: dir.path().to_owned(),
            orders_codes: true,
            codes_in_order,
            packs,
        };
        let stage = Stage::start(&settings).await.unwrap();
        std::fs::create_dir_all(dir.path().join("data")).unwrap();
        Self { stage, dir, carried }
    }

    /// Changes the configuration as a person with an editor would.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(&self.stage.config).unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        std::fs::write(&self.stage.config, text.replacen(from, to, 1)).unwrap();
    }

    /// The configuration, but with offices that do not wait as long as polite ones do.
    pub(crate) fn config(&self) -> Config {
        let mut config = config::load(&self.stage.config).unwrap();
        if let Some(issuer) = &mut config.issuer {
            let (soon, sooner) = (Duration::from_millis(500), Duration::from_millis(100));
            (issuer.pull.look_every, issuer.pull.search_after) = (sooner, soon);
            (issuer.report.look_every, issuer.report.every) = (sooner, soon);
            (issuer.oms.again_after, issuer.oms.rest_after_failure) = (sooner, soon);
            issuer.oms.calls_per_second = 100;
        }
        config
    }

    pub(crate) fn store_file(&self) -> PathBuf {
        self.dir.path().join("data/markwright.db")
    }

    /// Stops the devices. The daemon must have ended before.
    pub(crate) async fn close(self, troubled: Troubled) -> Account {
        let store = Store::open(&self.store_file()).await.unwrap();
        let (ledger, issuer) = self.stage.stop().await;
        let account = Account::of(&store, (&ledger, &issuer), troubled, self.carried).await;
        issuer.stop().await;
        account
    }
}

/// Whether something happened that leaves doubt about products or labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Troubled {
    No,
    Yes,
}

/// What is left of a run: the sums, the truth, and every contradiction.
pub(crate) struct Account {
    pub(crate) sums: Reconciliation,
    pub(crate) truth: Books,
    wrong: Vec<String>,
    carried: bool,
}

impl Account {
    async fn of(
        store: &Store,
        (ledger, issuer): (&Ledger, &Issuer),
        troubled: Troubled,
        carried: bool,
    ) -> Self {
        let sums = store.reconcile(LINE, POOL).await.unwrap();
        let beliefs = Beliefs {
            codes: store.codes_handed_over(POOL).await.unwrap().into_iter().collect(),
            products: (sums.products.seen, sums.products.rejected),
            told_again: told_again(store).await,
            troubled: troubled == Troubled::Yes,
        };
        let truth = ledger.books();
        let mut wrong =
            if carried { beliefs.against_products(&truth) } else { beliefs.against_plant(&truth) };
        wrong.extend(issuer.controls.ledger(|office| beliefs.against_issuer(office)));
        wrong.extend(lost_on_the_way(store, issuer).await);
        Self { sums, truth, wrong, carried }
    }

    /// Both sums close with nothing under way, and nobody contradicts.
    pub(crate) fn assert_right(&self) {
        assert_eq!(self.wrong, [""; 0], "{:?}", self.sums);
        assert!(self.sums.closes(), "{:?}", self.sums);
        // Labels that products will come with are printed, and nobody has seen them yet.
        let never_seen = if self.carried { self.sums.codes.printed } else { 0 };
        let under_way = self.sums.codes.under_way() - never_seen;
        assert_eq!((under_way, self.sums.on_belt), (0, 0), "{:?}", self.sums);
    }

    /// Every code whose fate is settled was told.
    pub(crate) fn assert_told(&self) {
        assert_eq!(self.sums.unreported, 0, "{:?}", self.sums);
    }
}

/// Codes in reports that were sent more than once.
async fn told_again(store: &Store) -> HashSet<CodeText> {
    let mut codes = HashSet::new();
    for report in store.reports(u32::MAX).await.unwrap() {
        if report.sends > 1 {
            let (_, told) = store.told_by(report.id).await.unwrap();
            codes.extend(told.into_iter().map(|code| code.text));
        }
    }
    codes
}

/// Codes that the issuer gave out and that are neither in the store nor known to be missing: an
/// answer that was lost with the last code of an order cannot be had again.
async fn lost_on_the_way(store: &Store, issuer: &Issuer) -> Vec<String> {
    let given: Vec<String> =
        issuer.controls.ledger(|office| office.codes().map(|(code, _)| code).collect());
    let mut lost = Vec::new();
    for text in &given {
        if store.story(text).await.unwrap().is_none() {
            lost.push(format!("given out, but not in the store: {text:?}"));
        }
    }
    let wants = store.wants(u32::MAX).await.unwrap();
    let short = wants.iter().filter(|w| w.state == WantState::Done && w.problem.is_some());
    let missed: u64 = short.map(|want| u64::from(want.quantity - want.taken)).sum();
    let taken = store.reconcile(LINE, POOL).await.unwrap().taken;
    assert_eq!(taken + lost.len() as u64, given.len() as u64, "every code is taken once");
    if lost.len() as u64 == missed { Vec::new() } else { lost }
}

/// A site with a daemon in the same process.
pub(crate) struct Works {
    pub(crate) site: Site,
    pub(crate) app: App,
    pub(crate) line: Handle,
}

impl Works {
    /// Starts the daemon and waits until the line runs.
    pub(crate) async fn start(site: Site) -> Self {
        let works = Self::begin(site).await;
        works.until("it runs", |view| view.state == LineState::Execute).await;
        works
    }

    /// Starts the daemon.
    pub(crate) async fn begin(site: Site) -> Self {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        // Another test of this process may have been first.
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
        let app = App::start(site.config()).await.unwrap();
        let line = app.lines.iter().find(|line| line.name == LINE).unwrap().clone();
        Self { site, app, line }
    }

    pub(crate) fn view(&self) -> LineView {
        self.line.view.borrow().clone()
    }

    /// Waits until the line stands so.
    pub(crate) async fn until(&self, what: &str, so: impl FnMut(&LineView) -> bool) -> LineView {
        let mut view = self.line.view.clone();
        let so = timeout(SOON, view.wait_for(so)).await.map(|view| view.unwrap().clone());
        so.unwrap_or_else(|_| panic!("within {SOON:?}: {what}; {:?}", self.view()))
    }

    pub(crate) async fn ask(&self, request: Request) {
        self.line.requests.send(Event::Operator(request)).await.unwrap();
    }

    /// So many more products leave on the good side.
    pub(crate) async fn more_good(&self, count: u64) {
        let wanted = self.view().done + count;
        self.until("more good products", |view| view.done >= wanted).await;
    }

    /// What a person at the line does until it runs again.
    pub(crate) async fn help(&self) {
        let helped = timeout(SOON, async {
            while self.view().state != LineState::Execute {
                for reason in self.view().to_release() {
                    self.line.requests.send(Event::Release(reason)).await.unwrap();
                }
                if let Some(request) = what_a_person_asks(self.view().state) {
                    self.ask(request).await;
                }
                let mut view = self.line.view.clone();
                // No success yet: the person looks again.
                let _ = timeout(PERSON_TAKES, view.wait_for(runs)).await;
            }
        });
        assert!(helped.await.is_ok(), "it does not run again: {:?}", self.view());
    }

    /// Helped by a person as often as need be, the line runs again and makes good products: one
    /// trouble may have left another behind on the belt.
    pub(crate) async fn comes_back(&self) {
        let wanted = self.view().done + 3;
        while self.view().done < wanted {
            self.help().await;
            let over = |view: &LineView| view.done >= wanted || !runs(view);
            self.until("more good products", over).await;
        }
    }

    /// Stops in order, and holds the books against the truth.
    pub(crate) async fn close(self, troubled: Troubled) -> Account {
        self.app.stop().await;
        let account = self.site.close(troubled).await;
        account.assert_right();
        account.assert_told();
        account
    }
}

fn runs(view: &LineView) -> bool {
    view.state == LineState::Execute
}

/// The button that leads on from this state.
#[expect(clippy::wildcard_enum_match_arm, reason = "in all other states a person waits")]
pub(crate) fn what_a_person_asks(state: LineState) -> Option<Request> {
    match state {
        LineState::Held | LineState::Idle => Some(Request::Start),
        LineState::Aborted | LineState::Stopped | LineState::Complete => Some(Request::Reset),
        _ => None,
    }
}

/// Waits for something that nobody tells of.
pub(crate) async fn eventually(what: &str, so: impl FnMut() -> bool) {
    assert!(happens(so, SOON).await, "within {SOON:?}: {what}");
}

/// Whether this happens within that time.
pub(crate) async fn happens(mut so: impl FnMut() -> bool, within: Duration) -> bool {
    let end = Instant::now() + within;
    while !so() {
        if Instant::now() >= end {
            return false;
        }
        sleep(LOOK_EVERY).await;
    }
    true
}
