//! Opening the store: one writer, some readers, WAL, full synchronisation.
use sqlx::Connection as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// The store of one process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    /// The one connection that writes. Every write is a transaction that begins with
    /// [`Store::begin`].
    pub(super) writer: SqlitePool,
    /// Connections that only read.
    pub(super) readers: SqlitePool,
    /// Whether somebody takes the outbox to a broker; otherwise nothing is put into it.
    pub(super) publishes: bool,
    /// Rings when something was put into the outbox.
    pub(super) outbox_grew: Arc<Notify>,
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened.
    #[error("open {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The tables cannot be brought to this version.
    #[error("bring {path} to this version")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// A question or a write failed.
    #[error("{what}")]
    Ask {
        /// What was asked, in words.
        what: &'static str,
        /// Why it failed.
        source: sqlx::Error,
    },
    /// What was asked contradicts what is remembered.
    #[error("{what}: {why}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// What stands against it.
        why: String,
    },
}

impl StoreError {
    /// For `map_err`: names what was asked.
    pub(super) fn asking(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Ask { what, source }
    }
}

/// Reads a word of a row: an enum kept as text. It fails on a row that a newer version wrote.
pub(super) fn word<T>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse()
        .map_err(|problem| StoreError::Ask { what, source: sqlx::Error::Decode(Box::new(problem)) })
}

/// A number of rows: never negative.
pub(super) fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

/// How many connections read at the same time: the pages, the reports and the centre.
const READERS: u32 = 4;
/// What each of them keeps of the file: 2 MiB. What many read again and again, the system keeps.
const READER_CACHE: &str = "-2048";

impl Store {
    /// Opens the file, makes it if it is not there, and brings it to this version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = |source| StoreError::Open { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A lost "sent" would be a code printed twice.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            .pragma("cache_size", "-16384");
        migrate(path, &options).await?;
        let writer = whole_connections(keep_connections(1))
            .connect_with(options.clone())
            .await
            .map_err(opened)?;
        let readers = keep_connections(READERS)
            .connect_with(options.read_only(true).pragma("cache_size", READER_CACHE))
            .await
            .map_err(opened)?;
        Ok(Self { writer, readers, publishes: false, outbox_grew: Arc::default() })
    }

    /// Puts what lines and jobs do into the outbox from now on. To be called where a broker is
    /// configured, before the store is handed around.
    #[must_use]
    pub fn publishing(mut self) -> Self {
        self.publishes = true;
        self
    }

    /// Begins a write. `IMMEDIATE`, because a transaction that reads first and writes later can be
    /// refused in the middle.
    pub(super) async fn begin(
        &self,
        what: &'static str,
    ) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::asking(what))
    }
}

/// Brings the tables to this version. Without foreign keys, because a table that others name cannot
/// be replaced otherwise; `tests/store/stock.rs` checks that none is violated afterwards.
async fn migrate(path: &Path, options: &SqliteConnectOptions) -> Result<(), StoreError> {
    let opened = |source| StoreError::Open { path: path.to_owned(), source };
    let options = options.clone().foreign_keys(false);
    let db = keep_connections(1).connect_with(options).await.map_err(opened)?;
    sqlx::migrate!("migrations/sqlite")
        .run(&db)
        .await
        .map_err(|source| StoreError::Migrate { path: path.to_owned(), source })?;
    db.close().await;
    Ok(())
}

/// A pool that never closes a connection for its age: a new one would have to prepare its
/// statements anew in the middle of a shift. Asking a file whether it is still there is idle, too.
fn keep_connections(most: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(most)
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false)
}

/// Gives away no connection that counts itself inside a transaction. A commit that finds the disk
/// full is undone by `SQLite`; the connection does not learn of it and would refuse every transaction
/// from then on, also when there is room again. Another one takes its place.
fn whole_connections(pool: SqlitePoolOptions) -> SqlitePoolOptions {
    pool.before_acquire(|connection, _| {
        Box::pin(async move { Ok(!connection.is_in_transaction()) })
    })
}
