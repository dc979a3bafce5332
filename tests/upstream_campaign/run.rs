//! One run: codes are ordered, fetched, get their fates and are told, while things go wrong; then
//! the account.
use super::account::{Account, Books};
use super::hand::Hand;
use super::plan::{Plan, Strike, When};
use super::relay::Relay;
use super::site::{Site, Template};
use crate::daemon_kit::{Daemon, Log};
use markwright::sim::issuer::{Controls, Country, Issuer, IssuerSettings, MarkSettings};
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
/// Its daemons have this error planted; usually none.
pub(crate) async fn run(seed: u64, template: &Template, error: &'static str) -> Report {
    let plan = Plan::of(seed);
    let settings = IssuerSettings {
        seed,
        chances: plan.chances,
        order_takes: plan.order_takes,
        report_takes: plan.report_takes,
        wants_signature: plan.signs,
        country: if plan.old { Country::Kz } else { Country::Ru },
        electronic_mark: MarkSettings {
            seed,
            order_takes: plan.order_takes,
            report_takes: plan.report_takes,
            ..MarkSettings::default()
        },
        ..IssuerSettings::default()
    };
    let issuer = Issuer::start(settings).await.unwrap();
    if plan.mark && plan.chances.order_refused > 0.0 {
        issuer.controls.electronic_mark().refuse_orders(Some("refused by chance"));
    }
    for trouble in plan.planned.clone() {
        issuer.controls.plan(trouble);
    }
    let relay = Relay::start(issuer.addr).await;
    let site = Site::build(template, &plan, relay.addr).await;
    let log = Log::default();
    let mut at_work = Play {
        site: &site,
        hand: Hand::new(&plan, &site.store_file()),
        controls: issuer.controls.clone(),
        relay: &relay,
        log: log.clone(),
        error,
        ends_at: Instant::now() + AT_MOST,
        counts: BTreeMap::new(),
    };
    let late = at_work.until_done(&plan).await;
    let mut counts = at_work.counts;
    let books = Books::read(&site.store_file()).await;
    let struck = |what: &str| counts.get(what).copied().unwrap_or_default();
    let account = Account {
        plan: &plan,
        books: &books,
        controls: &issuer.controls,
        sign_ins: relay.sign_ins(),
        hindered: hindered(&plan, struck("kills"), struck("outages")),
    };
    let mut wrong = account.contradictions();
    wrong.extend(late);
    wrong.extend(relay.too_fast());
    counts.extend(account.counts());
    counts.insert("requests", usize::try_from(relay.requests()).unwrap());
    counts.insert(
        "runs with eleven requests in a second",
        usize::from(relay.most_in_a_second() > 10),
    );
    let mut report = Report { seed, counts, wrong, evidence: String::new() };
    if !report.wrong.is_empty() {
        report.evidence = evidence(&plan, &books, &relay, &log);
    }
    issuer.stop().await;
    report
}

/// A run that is played.
struct Play<'a> {
    site: &'a Site,
    hand: Hand,
    controls: Controls,
    relay: &'a Relay,
    log: Log,
    error: &'static str,
    ends_at: Instant,
    counts: BTreeMap<&'static str, usize>,
}

impl Play<'_> {
    async fn start(&self) -> Daemon {
        Daemon::start_planted(&self.site.config, self.error, self.log.ear()).await
    }

    /// Starts daemon after daemon until everything is done. Gives what is wrong if it did not end in
    /// time.
    async fn until_done(&mut self, plan: &Plan) -> Option<String> {
        let mut daemon = self.start().await;
        for (when, strike) in &plan.strikes {
            let done = tokio::select! {
                () = came(self.relay, *when) => None,
                late = self.attend() => Some(late),
            };
            if let Some(late) = done {
                daemon.end().await;
                return late;
            }
            match strike {
                Strike::Kill => {
                    daemon.kill().await;
                    self.relay.next_life();
                    *self.counts.entry("kills").or_default() += 1;
                    daemon = self.start().await;
                }
                Strike::Outage(takes) => {
                    self.controls.set_down(true);
                    sleep(*takes).await;
                    self.controls.set_down(false);
                    *self.counts.entry("outages").or_default() += 1;
                }
                Strike::Relents => self.controls.electronic_mark().refuse_orders(None),
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

/// How many sign-ins there may be beside the first one and those after a token that is gone. Where
/// Electronic Mark cannot be reached, its sign-in is tried again every second.
fn hindered(plan: &Plan, kills: usize, outages: usize) -> usize {
    let away = outages + plan.restarts();
    kills + plan.bad_luck() + if plan.mark { 4 * away } else { away }
}

async fn came(relay: &Relay, when: When) {
    while relay.requests() < when.requests {
        sleep(COUNT_EVERY).await;
    }
    sleep(when.then).await;
}

fn evidence(plan: &Plan, books: &Books, relay: &Relay, log: &Log) -> String {
    let mut text = format!("{plan:?}\n");
    for want in &books.wants {
        let _ = writeln!(text, "  {want:?}");
    }
    for report in &books.reports {
        let _ = writeln!(text, "  {report:?}");
    }
    let _ = writeln!(text, "  {:?}\n{}", relay.calls(), relay.story());
    text + &log.told()
}
