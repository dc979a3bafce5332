//! Electronic Mark (datamark.by): codes in and fates out, against the fake operator.
#![allow(clippy::unwrap_used, reason = "a test")]

mod codes_in;
mod daemon;
#[path = "../daemon_kit/mod.rs"]
mod daemon_kit;
mod files;
#[path = "../site/operator.rs"]
mod operator;
#[path = "../site_kit/mod.rs"]
mod site_kit;
mod told;

use markwright::code::{CodeText, Gtin, ProductGroup};
use markwright::sim::issuer::{Issuer, IssuerSettings, MarkSettings, PlannedTrouble, Trouble};
use markwright::store::{Lot, NewJob, RollJob, Store, Want, WantState};
use markwright::upstream::electronic_mark::{self as upstream, ElectronicMark, MarkUser, Numbers};
use sqlx::SqlitePool;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The longest that anything here may take.
const DEADLINE: Duration = Duration::from_secs(30);
const POOL: &str = "line:one";

/// A store on disk, a second look at it with plain SQL, and the operator.
struct House {
    store: Store,
    sql: SqlitePool,
    issuer: Issuer,
    set: JoinSet<()>,
    stop: CancellationToken,
    dir: TempDir,
}

impl House {
    async fn new() -> Self {
        Self::with(MarkSettings {
            order_takes: Duration::from_millis(20),
            report_takes: Duration::from_millis(20),
            ..MarkSettings::default()
        })
        .await
    }

    async fn with(electronic_mark: MarkSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("markwright.db");
        let store = Store::open(&path).await.unwrap();
        let sql = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        let settings = IssuerSettings { electronic_mark, ..IssuerSettings::default() };
        let issuer = Issuer::start(settings).await.unwrap();
        Self { store, sql, issuer, set: JoinSet::new(), stop: CancellationToken::new(), dir }
    }

    fn client(&self) -> ElectronicMark {
        let MarkSettings { user, password, .. } = MarkSettings::default();
        let url = format!("http://{}", self.issuer.addr);
        let mut settings = upstream::MarkSettings::new(&url, MarkUser::new(user, password));
        settings.calls_per_second = 10_000;
        settings.again_after = Duration::from_millis(10);
        settings.rest_after_failure = Duration::from_millis(10);
        settings.answer_within = Duration::from_millis(500);
        // The fake's own numbers for an order that is refused and for a code that is written off.
        let numbers = settings.dialect.numbers;
        settings.dialect.numbers =
            Numbers { order_refused: vec![90], written_off: vec![70], ..numbers };
        "v3/reports/addWriteOff".clone_into(&mut settings.dialect.paths.write_off);
        ElectronicMark::new(settings).unwrap()
    }

    fn start(&mut self, work: impl FnOnce(CancellationToken) -> BoxedWork) {
        self.set.spawn(work(self.stop.clone()));
    }

    /// Tells the tasks to stop, and waits.
    async fn rest(&mut self) {
        self.stop.cancel();
        let all = async { while self.set.join_next().await.is_some() {} };
        tokio::time::timeout(DEADLINE, all).await.expect("the tasks end when told to");
        self.stop = CancellationToken::new();
    }

    /// As a power cut would.
    async fn kill(&mut self) {
        self.set.shutdown().await;
    }

    fn trouble(&self, path: &str, times: u32, trouble: Trouble) {
        let path = path.to_owned();
        self.issuer.controls.plan(PlannedTrouble { path, times, trouble });
    }

    async fn want(&self, quantity: u32) -> i64 {
        self.store.want_codes(POOL, gtin(), ProductGroup::MILK, quantity).await.unwrap()
    }

    async fn look(&self, id: i64) -> Want {
        self.store.want(id).await.unwrap().unwrap()
    }

    async fn until_state(&self, id: i64, state: WantState) {
        until(state.word(), async || self.look(id).await.state == state).await;
    }

    async fn texts(&self, question: &'static str) -> Vec<String> {
        sqlx::query_scalar(question).fetch_all(&self.sql).await.unwrap()
    }

    async fn number(&self, question: &'static str) -> i64 {
        sqlx::query_scalar(question).fetch_one(&self.sql).await.unwrap()
    }

    async fn run(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.sql).await.unwrap();
    }

    /// A job that runs, with its lot.
    async fn job(&self) -> i64 {
        let job = NewJob {
            line: "one".to_owned(),
            scenario: markwright::line::Scenario::PrintApply,
            pool: POOL.to_owned(),
            gtin: gtin(),
            design: "dairy".to_owned(),
            planned: 0,
            roll: RollJob::default(),
            lot: Lot {
                batch: "17".to_owned(),
                date: "01.08.2026".to_owned(),
                best_before: "15.08.2026".to_owned(),
            },
        };
        let id = self.store.add_job(&job).await.unwrap();
        self.run("update job set state = 'running'").await;
        id
    }

    /// Gives all codes that can be printed a fate, by legal steps.
    async fn settle(&self, fate: &'static str) {
        let steps: &[&str] = match fate {
            "verified" => &["sent", "printed", "applied", "verified"],
            "rejected" => &["sent", "printed", "applied", "rejected"],
            other => panic!("{other}"),
        };
        let mut was = "stored";
        for step in steps {
            sqlx::query("update code set state = ?, moved_at = moved_at + 1 where state = ?")
                .bind(step)
                .bind(was)
                .execute(&self.sql)
                .await
                .unwrap();
            was = step;
        }
        self.run("update code set settled = 1 where state in ('verified', 'rejected')").await;
    }
}

type BoxedWork = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn gtin() -> Gtin {
    "04810093011694".parse().unwrap()
}

/// Waits for a level, with a deadline.
async fn until<F: Future<Output = bool>>(what: &str, mut level: impl FnMut() -> F) {
    let waited = tokio::time::timeout(DEADLINE, async {
        while !level().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

/// A code of the store, as the operator writes it.
fn plain(code: &str) -> CodeText {
    CodeText::new(code)
}
