//! Opening the store: one writer, some readers, WAL, full synchronisation.
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The store of one process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    /// The one connection that writes. Every write is a transaction that begins with
    /// [`Store::begin`].
    pub(super) writer: SqlitePool,
    /// Connections that only read.
    pub(super) readers: SqlitePool,
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

/// How many connections read at the same time: the pages, the reports and the centre.
const READERS: u32 = 4;

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
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(opened)?;
        sqlx::migrate!("migrations/sqlite")
            .run(&writer)
            .await
            .map_err(|source| StoreError::Migrate { path: path.to_owned(), source })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await
            .map_err(opened)?;
        Ok(Self { writer, readers })
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
