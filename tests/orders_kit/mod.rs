//! What the tests of orders share: a store with two customers and a manager, arrays of codes, and
//! somebody who plays the state system and the desk printer.
#![allow(dead_code, unreachable_pub, reason = "each test program needs a part of it")]
use markwright::access::Role;
use markwright::centre::{Settings, fill_once};
use markwright::code::{CodeId, CodeState, ProductGroup, Step, read_array};
use markwright::line::Record;
use markwright::order::{Delivery, OrderId, OrderState, OrderStep, PriceList, Sale, Scan, Wish};
use markwright::store::{LabelOrder, OrderCounts, PersonId, Store, Viewer};
use markwright::telemetry::clock::Micros;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

pub const GTIN: &str = "04810093011694";
pub const PASSWORD: &str = "correct horse";
pub const DESK: &str = "desk";

/// A store, and the people in it.
pub struct Kit {
    pub store: Store,
    pub dir: TempDir,
    pub anna: Viewer,
    pub boris: Viewer,
    pub manager: Viewer,
}

impl Kit {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("house.db")).await.unwrap();
        let anna = store.add_person("anna", PASSWORD, Role::Customer).await.unwrap();
        let boris = store.add_person("boris", PASSWORD, Role::Customer).await.unwrap();
        let manager = store.add_person("manager", PASSWORD, Role::Manager).await.unwrap();
        let (anna, boris) = (Viewer::Customer(anna.id), Viewer::Customer(boris.id));
        Self { store, dir, anna, boris, manager: Viewer::Centre(manager.id) }
    }

    pub fn orders_dir(&self) -> PathBuf {
        self.dir.path().join("orders")
    }

    pub fn settings(&self) -> Settings {
        Settings {
            desk_line: DESK.to_owned(),
            orders_dir: self.orders_dir(),
            roll: markwright::store::RollJob::default(),
            look_every: Duration::from_millis(20),
        }
    }

    /// An order with codes of the state system.
    pub async fn issued(&self, quantity: u32, delivery: Delivery) -> OrderId {
        let wish = wish(delivery, Some((ProductGroup::MILK, quantity)));
        let (who, prices) = (self.anna.person(), PriceList::default());
        let issue = (ProductGroup::MILK, quantity);
        self.store.place_label_order(who, &wish, issue, &prices, now()).await.unwrap()
    }

    /// An order of this customer with an array of his own; nothing if nothing of it was taken.
    pub async fn array(&self, who: PersonId, file: &str, delivery: Delivery) -> Option<LabelOrder> {
        let (taken, aside) = read_array(file, GTIN.parse().ok());
        let (wish, prices) = (wish(delivery, None), PriceList::default());
        self.store.place_array_order(who, &wish, (&taken, &aside), &prices, now()).await.unwrap()
    }

    /// Anna's order with this array, printed as a file.
    pub async fn printed(&self, file: &str) -> OrderId {
        let id = self.array(self.anna.person(), file, Delivery::Pdf).await.unwrap().id;
        self.step(id, OrderStep::Accept).await;
        self.fill(3).await;
        assert_eq!(self.state(id).await, OrderState::Printed);
        id
    }

    /// Writes past the store, as a crash or a person with an SQL shell would. Changes one row.
    pub async fn plain<'q, T>(&self, sql: &'static str, value: T)
    where
        T: sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + 'q,
    {
        let options = SqliteConnectOptions::new().filename(self.dir.path().join("house.db"));
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let done = sqlx::query(sql).bind(value).execute(&pool).await.unwrap();
        assert_eq!(done.rows_affected(), 1);
    }

    pub async fn step(&self, id: OrderId, step: OrderStep) {
        let stepped = self.store.step_label_order(id, step, self.manager, "", now()).await;
        assert!(stepped.unwrap().is_some(), "there is no order {id}");
    }

    /// Lets the centre look so many times.
    pub async fn fill(&self, times: u32) {
        for _ in 0..times {
            fill_once(&self.settings(), &self.store).await.unwrap();
        }
    }

    pub async fn order(&self, id: OrderId) -> LabelOrder {
        self.store.label_order(id, self.manager).await.unwrap().unwrap()
    }

    pub async fn state(&self, id: OrderId) -> OrderState {
        self.order(id).await.state
    }

    pub async fn counts(&self, id: OrderId) -> OrderCounts {
        self.store.label_order_counts(id).await.unwrap()
    }

    pub async fn count(&self, id: OrderId, state: CodeState) -> u32 {
        self.counts(id).await.of(state)
    }

    pub async fn scan(&self, id: OrderId, who: Viewer, input: &str) -> Option<Scan> {
        self.store.scan_label(id, who, input, now()).await.unwrap().map(|scanned| scanned.scan)
    }

    /// The verdict of a scan of Anna's; nothing where the order takes no scans.
    pub async fn scan_word(&self, id: OrderId, input: &str) -> Option<&'static str> {
        let scanned = self.store.scan_label(id, self.anna, input, now()).await.ok()?;
        scanned.map(|scanned| scanned.scan.word())
    }

    /// Plays the state system: brings these codes into the pool of the order.
    pub async fn issue(&self, id: OrderId, file: &str) {
        let (taken, _) = read_array(file, GTIN.parse().ok());
        self.store.store_codes(&id.pool(), "test", &taken).await.unwrap();
    }

    /// Plays the desk line: prints the next job with so many labels.
    pub async fn print(&self, labels: usize) {
        let job = self.store.next_job(DESK).await.unwrap().expect("a job waits");
        self.store.start_job(job.id).await.unwrap();
        let (pool, gtin) = (&job.wanted.pool, job.wanted.gtin);
        for code in self.store.take_stock(pool, gtin, CodeId(0), labels).await.unwrap() {
            for step in [Step::Send, Step::Print] {
                let record = Record::Moved { code: code.id, step };
                self.store.append(DESK, Some(job.id), &[record]).await.unwrap();
            }
        }
    }

    /// The texts of every code of a pool.
    pub async fn texts_of(&self, pool: &str) -> Vec<String> {
        let options = SqliteConnectOptions::new().filename(self.dir.path().join("house.db"));
        let db = SqlitePool::connect_with(options).await.unwrap();
        let texts = sqlx::query_scalar("select text from code where pool = ? order by id");
        texts.bind(pool).fetch_all(&db).await.unwrap()
    }

    pub async fn end_job(&self, finished: bool) {
        let job = self.store.running_job(DESK).await.unwrap().expect("a job runs");
        self.store.end_job(job.id, finished).await.unwrap();
    }
}

pub fn now() -> Micros {
    Micros::now()
}

pub fn wish(delivery: Delivery, issue: Option<(ProductGroup, u32)>) -> Wish {
    let gtin = GTIN.parse().unwrap();
    let (name, hs_code) = ("Сыр полутвёрдый".to_owned(), "040690".to_owned());
    let sale = Sale::default();
    Wish { gtin, name, hs_code, sale, design: "58x40".to_owned(), delivery, issue }
}

/// Codes with serial numbers in this range, one a line.
pub fn codes(range: std::ops::Range<u32>) -> String {
    range.map(|n| code(n) + "\n").collect()
}

pub fn code(n: u32) -> String {
    format!("01{GTIN}21ab{n:06}\u{1d}93#SzU")
}
