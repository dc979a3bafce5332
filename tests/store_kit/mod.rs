//! What the tests of the store share: a store in a directory of its own, and codes to put into it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use markwright::code::{ArrayLine, CodeId, CodeText, GS, Gtin, ProductGroup, Step};
use markwright::line::{Record, Tag};
use markwright::store::Store;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tempfile::TempDir;

pub const LINE: &str = "one";
pub const POOL: &str = "line:one";

/// A store, and a plain connection to the same file.
pub struct Kit {
    pub store: Store,
    pub plain: SqlitePool,
    pub dir: TempDir,
}

impl Kit {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("line.db");
        let store = Store::open(&file).await.unwrap();
        Self { store, plain: plain(&file).await, dir }
    }

    /// A store with so many codes, numbered from 1.
    pub async fn with_codes(n: usize) -> Self {
        let kit = Self::new().await;
        kit.store.store_codes(POOL, "test", &array(n)).await.unwrap();
        kit
    }

    pub async fn append(&self, records: &[Record]) {
        self.store.append(LINE, None, records).await.unwrap();
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.plain).await.unwrap()
    }

    pub async fn state(&self, code: i64) -> (String, bool) {
        sqlx::query_as("select state, settled from code where id = $1")
            .bind(code)
            .fetch_one(&self.plain)
            .await
            .unwrap()
    }
}

/// A plain connection to the file of a store.
pub async fn plain(file: &std::path::Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(file).foreign_keys(true);
    SqlitePool::connect_with(options).await.unwrap()
}

pub fn gtin() -> Gtin {
    "04810093011694".parse().unwrap()
}

pub fn array(n: usize) -> Vec<ArrayLine> {
    (1..=n)
        .map(|line| {
            let serial = format!("{line:08}");
            ArrayLine {
                line,
                text: CodeText::new(format!("01{}21{serial}{GS}93#SzU", gtin())),
                gtin: gtin(),
                serial,
                group: ProductGroup::MILK,
            }
        })
        .collect()
}

pub fn moved(code: i64, step: Step) -> Record {
    Record::Moved { code: CodeId(code), step }
}

pub fn labelled(tag: u32, code: i64) -> Record {
    Record::ProductLabelled { tag: Tag(tag), code: Some(CodeId(code)) }
}

/// The records of a product that gets the label of this code and is good, up to the verdict.
pub fn way_to_verified(tag: u32, code: i64) -> Vec<Record> {
    vec![
        moved(code, Step::Send),
        moved(code, Step::Print),
        Record::ProductSeen { tag: Tag(tag) },
        moved(code, Step::Apply),
        labelled(tag, code),
        moved(code, Step::Verify),
    ]
}
