//! Pulling codes and reporting them, against a scripted order-management station on a real socket.
#![allow(clippy::unwrap_used, reason = "a test")]

mod asked;
mod boxes;
mod expiry;
mod goods;
mod neighbours;
mod pull;
mod report;
mod report_late;
mod serials;
mod shapes;
mod station;

use markwright::code::Gtin;
use markwright::store::Store;
use sqlx::SqlitePool;
use station::Station;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The longest that anything here may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// A store on disk, and a second look at it with plain SQL.
struct Bench {
    store: Store,
    sql: SqlitePool,
    dir: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("markwright.db");
        let store = Store::open(&path).await.unwrap();
        let sql = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        Self { store, sql, dir }
    }

    async fn number(&self, question: &'static str) -> i64 {
        sqlx::query_scalar(question).fetch_one(&self.sql).await.unwrap()
    }

    async fn texts(&self, question: &'static str) -> Vec<String> {
        sqlx::query_scalar(question).fetch_all(&self.sql).await.unwrap()
    }
}

/// A store, a station, and nobody at work yet.
async fn all_there() -> (Bench, Station, Tasks) {
    (Bench::new().await, Station::start().await, Tasks::default())
}

/// Tasks that are told to stop and waited for.
#[derive(Default)]
struct Tasks {
    set: JoinSet<()>,
    stop: CancellationToken,
}

impl Tasks {
    fn start(&mut self, work: impl FnOnce(CancellationToken) -> BoxedWork) {
        self.set.spawn(work(self.stop.clone()));
    }

    async fn stop(&mut self) {
        self.stop.cancel();
        tokio::time::timeout(DEADLINE, async { while self.set.join_next().await.is_some() {} })
            .await
            .expect("the tasks end when told to");
    }

    /// As a power cut would.
    async fn kill(mut self) {
        self.set.shutdown().await;
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
