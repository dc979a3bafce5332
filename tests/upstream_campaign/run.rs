//! One run: codes are ordered, fetched, get their fates and are told, while things go wrong; then
//! the account.
use super::account::{Account, Books};
use super::daemon::{Daemon, Log};
use super::hand::Hand;
use super::plan::{Plan, Strike, When};
use super::site::{Site, Template};
use markwright::sim::issuer::{Controls, Issuer, IssuerSettings};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::task::JoinError;
use tokio::time::{Instant, sleep};

/// A run that has not come to its end by then has failed.
const AT_MOST: Duration = Duration::from_mins(4);
/// Between two looks at the store, and at how many requests came.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const COUNT_EVERY: Duration = Duration::from_millis(10);

/// The paths of the station that the daemon uses.
const PATHS: [&str; 12] = [
    "ping",
    "order",
    "order/status",
    "order/list",
    "codes",
    "order/codes/blocks",
    "order/codes/retry",
    "order/close",
    "utilisation",
    "dropout",
    "report/info",
    "receipts/receipt",
];

/// What became of a run.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    /// What happened, counted.
    pub(crate) counts: BTreeMap<&'static str, usize>,
    /// Everything that contradicts; nothing if all is well.
    pub(crate) wrong: Vec<String>,
    /// What a person needs who looks for the reason.
    pub(crate) evidence: String,
}

impl Report {
    /// A run that did not come to an account.
    pub(crate) fn broken(seed: u64, error: &JoinError) -> Self {
        let wrong = vec![format!("the test itself broke: {error}")];
        let evidence = format!("{:?}", Plan::of(seed));
        Self { seed, wrong, evidence, ..Self::default() }
    }
}

/// Runs a seed, whole.
pub(crate) async fn run(seed: u64, template: &Template) -> Report {
    let plan = Plan::of(seed);
    let settings = IssuerSettings {
        seed,
        chances: plan.chances,
        order_takes: plan.order_takes,
        report_takes: plan.report_takes,
        ..IssuerSettings::default()
    };
    let issuer = Issuer::start(settings).await.unwrap();
    for trouble in plan.planned.clone() {
        issuer.controls.plan(trouble);
    }
    let site = Site::build(template, &plan, issuer.addr).await;
    let log = Log::default();
    let mut play = Play {
        site: &site,
        hand: Hand::new(&plan, &site.store_file()),
        controls: issuer.controls.clone(),
        log: log.clone(),
        ends_at: Instant::now() + AT_MOST,
        counts: BTreeMap::new(),
    };
    let late = play.until_done(&plan).await;
    let mut counts = play.counts;
    let books = Books::read(&site.store_file()).await;
    let account = Account { plan: &plan, books: &books, controls: &issuer.controls };
    let mut wrong = account.contradictions();
    wrong.extend(late);
    counts.extend(account.counts());
    let mut report = Report { seed, counts, wrong, evidence: String::new() };
    if !report.wrong.is_empty() {
        report.evidence = evidence(&plan, &books, &issuer.controls, &log);
    }
    issuer.stop().await;
    report
}

/// A run that is played.
struct Play<'a> {
    site: &'a Site,
    hand: Hand,
    controls: Controls,
    log: Log,
    ends_at: Instant,
    counts: BTreeMap<&'static str, usize>,
}

impl Play<'_> {
    /// Starts daemon after daemon until everything is done. Gives what is wrong if it did not end in
    /// time.
    async fn until_done(&mut self, plan: &Plan) -> Option<String> {
        let mut daemon = Daemon::start(&self.site.config, &self.log).await;
        for (when, strike) in &plan.strikes {
            let done = tokio::select! {
                () = came(&self.controls, *when) => None,
                late = self.attend() => Some(late),
            };
            if let Some(late) = done {
                daemon.end().await;
                return late;
            }
            match strike {
                Strike::Kill => {
                    daemon.kill().await;
                    *self.counts.entry("kills").or_default() += 1;
                    daemon = Daemon::start(&self.site.config, &self.log).await;
                }
                Strike::Outage(takes) => {
                    self.controls.set_down(true);
                    sleep(*takes).await;
                    self.controls.set_down(false);
                    *self.counts.entry("outages").or_default() += 1;
                }
            }
        }
        let late = self.attend().await;
        daemon.end().await;
        late
    }

    /// Gives codes their fates until all is told.
    async fn attend(&self) -> Option<String> {
        loop {
            let (done, progress) = self.hand.work().await;
            if done {
                return None;
            }
            if Instant::now() >= self.ends_at {
                return Some(format!("not done after {AT_MOST:?}: {progress:?}"));
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

fn requests(controls: &Controls) -> u64 {
    PATHS.iter().map(|path| controls.requests(&format!("/api/v3/{path}"))).sum()
}

async fn came(controls: &Controls, when: When) {
    while requests(controls) < when.requests {
        sleep(COUNT_EVERY).await;
    }
    sleep(when.then).await;
}

fn evidence(plan: &Plan, books: &Books, controls: &Controls, log: &Log) -> String {
    let mut text = format!("{plan:?}\n");
    for want in &books.wants {
        let _ = writeln!(text, "  {want:?}");
    }
    for report in &books.reports {
        let _ = writeln!(text, "  {report:?}");
    }
    for path in PATHS {
        let _ = writeln!(text, "  {:>4} {path}", controls.requests(&format!("/api/v3/{path}")));
    }
    text.push_str("the last words of the daemon:\n");
    for line in log.lock().unwrap().iter() {
        let _ = writeln!(text, "  {line}");
    }
    text
}
