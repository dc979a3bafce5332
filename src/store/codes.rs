//! The stock of codes: taken in, set aside, and handed to a line in order.
use super::intake::{self, Runs, Stretch, insert_new, note_stretch};
use super::{Store, StoreError};
use crate::code::{ArrayLine, Code, CodeId, CodeText, Gtin, Refusal, SetAside};
use crate::telemetry::clock::Micros;
use serde_json::json;
use sqlx::{Sqlite, Transaction};

const STORE: &str = "store codes";
const ASIDE: &str = "set lines of an array aside";

/// How much is written in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Beside lines that run: so little that they wait for some milliseconds only.
    Gentle,
    /// Nobody else writes. Serial numbers come in no order, so that every write touches pages of
    /// the whole index: the fewer writes, the better.
    Alone,
}

impl Pace {
    /// Codes in one transaction.
    pub const fn batch(self) -> usize {
        match self {
            Self::Gentle => 1_000,
            Self::Alone => 200_000,
        }
    }
}

/// An array on its way into the store.
#[derive(Debug)]
pub struct Intake<'a> {
    store: &'a Store,
    pool: &'a str,
    source: &'a str,
    pace: Pace,
    runs: Runs,
    imported: Imported,
    /// The write that goes on, and the lines in it so far.
    write: Option<(Transaction<'static, Sqlite>, usize)>,
    /// What is to be put back at the end of this write.
    trigger: Option<String>,
    printed: bool,
    person: &'a str,
    /// The stretch of rows that is being written.
    stretch: Option<Stretch>,
}

impl<'a> Intake<'a> {
    /// Who brings the array.
    #[must_use]
    pub const fn brought_by(mut self, person: &'a str) -> Self {
        self.person = person;
        self
    }

    /// The labels of these codes were printed elsewhere: the codes are `printed` from the beginning,
    /// and nobody will print them.
    #[must_use]
    pub const fn of_printed_labels(mut self) -> Self {
        self.printed = true;
        self
    }

    /// Stores the next lines of the array: codes, and lines that are none. Answers the codes that
    /// were not taken, by line, with the reason. It is durable when a write has its lines together
    /// (see [`Pace::batch`]), at the latest with [`Intake::finish`].
    pub async fn store(
        &mut self,
        codes: &[ArrayLine],
        aside: &[SetAside],
    ) -> Result<Vec<(usize, String)>, StoreError> {
        let at = Micros::now();
        let (mut tx, lines) = match self.write.take() {
            Some(write) => write,
            None => (self.begin().await?, 0),
        };
        let before: i64 = sqlx::query_scalar("select coalesce(max(id), 0) from code")
            .fetch_one(&mut *tx)
            .await
            .map_err(StoreError::asking(STORE))?;
        let known = insert_new(&mut tx, STORE, self.pool, codes, at, &mut self.runs).await?;
        if self.printed {
            come_printed(&mut tx, before, at).await?;
        }
        let from = (self.source, self.person, at);
        self.stretch = note_stretch(&mut tx, STORE, from, before, self.stretch).await?;
        let known = self.reasons(&known);
        let mut all: Vec<_> = aside.iter().map(|l| (l.line, l.refusal.to_string())).collect();
        all.extend(known.iter().cloned());
        all.sort_unstable_by_key(|(line, _)| *line);
        write_aside(&mut tx, self.pool, self.source, &all).await?;
        let lines = lines + codes.len() + aside.len();
        self.write = Some((tx, lines));
        if lines >= self.pace.batch() {
            self.commit().await?;
        }
        self.imported.set_aside += all.len() as u64;
        self.imported.taken += (codes.len() - known.len()) as u64;
        Ok(known)
    }

    async fn begin(&mut self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let mut tx = self.store.begin(STORE).await?;
        if self.pace == Pace::Alone {
            self.trigger = Some(intake::take_trigger_away(&mut tx, STORE).await?);
        }
        Ok(tx)
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        let Some((mut tx, _)) = self.write.take() else { return Ok(()) };
        if let Some(trigger) = self.trigger.take() {
            intake::put_trigger_back(&mut tx, STORE, trigger).await?;
        }
        tx.commit().await.map_err(StoreError::asking(STORE))
    }

    /// Why codes that the store has are not taken: by line.
    fn reasons(&self, known: &[(&ArrayLine, i64)]) -> Vec<(usize, String)> {
        let reason = |row| match self.runs.line_of(row) {
            Some(first) => Refusal::Duplicate { first }.to_string(),
            None => "the same code is already in the store".to_owned(),
        };
        known.iter().map(|(code, row)| (code.line, reason(*row))).collect()
    }

    /// The array is at its end.
    pub async fn finish(mut self) -> Result<Imported, StoreError> {
        self.commit().await?;
        if self.pace == Pace::Alone {
            self.store
                .tune("pragma cache_size = -16384", "pragma wal_autocheckpoint = 1000")
                .await?;
            self.store.tune("pragma wal_checkpoint(truncate)", "pragma shrink_memory").await?;
        }
        Ok(self.imported)
    }
}

/// What became of the lines of an array.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Codes that are in the store now.
    pub taken: u64,
    /// Lines set aside: no codes of this pool, or the store has their code already.
    pub set_aside: u64,
}

pub(super) const STOCK: &str = "\
    select id, text from code \
    where pool = $1 and gtin = $2 and state = 'stored' and id > $3 order by id limit $4";

impl Store {
    /// Any code of this trade item in this pool, whatever became of it: what its label looks like.
    pub async fn sample_code(
        &self,
        pool: &str,
        gtin: Gtin,
    ) -> Result<Option<CodeText>, StoreError> {
        let text: Option<String> =
            sqlx::query_scalar("select text from code where gtin = $1 and pool = $2 limit 1")
                .bind(gtin.as_str())
                .bind(pool)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking("look at a code"))?;
        Ok(text.map(CodeText::new))
    }

    /// Stores codes in the order given, which is the order in which they will be printed. A code
    /// that is already in the store (same GTIN and serial number) is set aside with the reason.
    /// `source` says where they came from, such as a file's name.
    ///
    /// It is written in parts: after a failure, storing the same array again goes on.
    pub async fn store_codes(
        &self,
        pool: &str,
        source: &str,
        codes: &[ArrayLine],
    ) -> Result<Imported, StoreError> {
        let mut intake = self.intake(pool, source, Pace::Gentle).await?;
        for batch in codes.chunks(Pace::Gentle.batch()) {
            intake.store(batch, &[]).await?;
        }
        intake.finish().await
    }

    /// Begins to take an array that comes in parts. To be ended with [`Intake::finish`].
    pub async fn intake<'a>(
        &'a self,
        pool: &'a str,
        source: &'a str,
        pace: Pace,
    ) -> Result<Intake<'a>, StoreError> {
        if pace == Pace::Alone {
            // A million codes go from the log into the file in one or two goes: each goes through
            // all pages that were touched. For ever would be ten gigabytes for ten million codes.
            self.tune("pragma cache_size = -73728", "pragma wal_autocheckpoint = 131072").await?;
        }
        let (runs, imported) = (Runs::default(), Imported::default());
        let (write, trigger) = (None, None);
        Ok(Intake {
            store: self,
            pool,
            source,
            pace,
            runs,
            imported,
            write,
            trigger,
            printed: false,
            person: "",
            stretch: None,
        })
    }

    async fn tune(&self, cache: &'static str, checkpoint: &'static str) -> Result<(), StoreError> {
        for pragma in [cache, checkpoint] {
            sqlx::query(pragma)
                .execute(&self.writer)
                .await
                .map_err(StoreError::asking("prepare for many codes"))?;
        }
        Ok(())
    }

    /// Keeps the lines of an array that are no codes of this pool, each with its reason.
    pub async fn set_aside(
        &self,
        pool: &str,
        source: &str,
        lines: &[SetAside],
    ) -> Result<(), StoreError> {
        for batch in lines.chunks(Pace::Gentle.batch()) {
            let rows: Vec<_> = batch.iter().map(|l| (l.line, l.refusal.to_string())).collect();
            let mut tx = self.begin(ASIDE).await?;
            write_aside(&mut tx, pool, source, &rows).await?;
            tx.commit().await.map_err(StoreError::asking(ASIDE))?;
        }
        Ok(())
    }

    /// Codes of a pool for this trade item that can be printed, after the one that was handed out
    /// last (`CodeId(0)` to begin with). They stay `stored` until their `Send` is appended.
    pub async fn take_stock(
        &self,
        pool: &str,
        gtin: Gtin,
        after: CodeId,
        limit: usize,
    ) -> Result<Vec<Code>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(STOCK)
            .bind(pool)
            .bind(gtin.as_str())
            .bind(after.0)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("take codes from the stock"))?;
        let code = |(id, text)| Code { id: CodeId(id), text: CodeText::new(text) };
        Ok(rows.into_iter().map(|(id, text): (i64, String)| code((id, text))).collect())
    }
}

/// All codes after this one: by the two steps that every printed code has taken.
async fn come_printed(
    db: &mut sqlx::SqliteConnection,
    after: i64,
    at: Micros,
) -> Result<(), StoreError> {
    for state in ["sent", "printed"] {
        sqlx::query("update code set state = $1, moved_at = $2 where id > $3")
            .bind(state)
            .bind(at.0)
            .bind(after)
            .execute(&mut *db)
            .await
            .map_err(StoreError::asking(STORE))?;
    }
    Ok(())
}

async fn write_aside(
    db: &mut sqlx::SqliteConnection,
    pool: &str,
    source: &str,
    lines: &[(usize, String)],
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into set_aside (pool, source, line, reason, at) \
         select $1, $2, j.value ->> 0, j.value ->> 1, $3 from json_each($4) j order by j.key",
    )
    .bind(pool)
    .bind(source)
    .bind(Micros::now().0)
    .bind(json!(lines).to_string())
    .execute(db)
    .await
    .map_err(StoreError::asking(ASIDE))?;
    Ok(())
}
