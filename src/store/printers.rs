//! The printers of lines: which one was learnt, so that another one is noticed after a restart, too.
use super::people::note;
use super::{Store, StoreError};
use crate::telemetry::clock::Micros;

impl Store {
    /// The number of the printer that this line knows.
    pub async fn printer_of(&self, line: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("select unique_id from line_printer where line = $1")
            .bind(line)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking("look up the printer of a line"))
    }

    /// A printer answered and none was known: it is the one from now on. Answers which one is
    /// known: an older one stays.
    pub async fn learn_printer(&self, line: &str, unique_id: &str) -> Result<String, StoreError> {
        const WHAT: &str = "learn the printer of a line";
        let mut tx = self.begin(WHAT).await?;
        let known = sqlx::query_scalar(
            "insert into line_printer (line, unique_id, known_at) values ($1, $2, $3) \
             on conflict (line) do update set unique_id = line_printer.unique_id \
             returning unique_id",
        )
        .bind(line)
        .bind(unique_id)
        .bind(Micros::now().0)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(known)
    }

    /// A person says that this is the printer of the line from now on; nothing: the next one that
    /// answers, for a printer that has no number. The person's name is noted with it.
    pub async fn change_printer(
        &self,
        line: &str,
        unique_id: Option<&str>,
        person: &str,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "change the printer of a line";
        let mut tx = self.begin(WHAT).await?;
        let asked = match unique_id {
            Some(unique_id) => sqlx::query(
                "insert into line_printer (line, unique_id, known_at, said_by) \
                 values ($1, $2, $3, $4) on conflict (line) do update \
                 set unique_id = $2, known_at = $3, said_by = $4",
            )
            .bind(line)
            .bind(unique_id)
            .bind(Micros::now().0)
            .bind(person),
            None => sqlx::query("delete from line_printer where line = $1").bind(line),
        };
        asked.execute(&mut *tx).await.map_err(StoreError::asking(WHAT))?;
        let detail = format!("{line}: {}", unique_id.unwrap_or("a printer without a number"));
        note(&mut tx, person, "confirmed a new printer", &detail).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }
}
