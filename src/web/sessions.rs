//! Sessions live in our own store: the bridge from `tower-sessions` to it.
use crate::store::{Store, StoreError};
use crate::telemetry::clock::Micros;
use async_trait::async_trait;
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// Keeps sessions in the table `session`.
#[derive(Debug, Clone)]
pub(super) struct Sessions(pub(super) Store);

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (data, ends) = (written(record)?, ends(record));
        while !self.0.add_session(&record.id.to_string(), &data, ends).await.map_err(failed)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = written(record)?;
        self.0.save_session(&record.id.to_string(), &data, ends(record)).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some((data, ends)) = self.0.session(&id.to_string()).await.map_err(failed)? else {
            return Ok(None);
        };
        let decode = |problem: String| Error::Decode(problem);
        let data = serde_json::from_str(&data).map_err(|problem| decode(problem.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ends.0) * 1000)
            .map_err(|problem| decode(problem.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.end_session(&id.to_string()).await.map_err(failed)
    }
}

fn written(record: &Record) -> Result<String> {
    serde_json::to_string(&record.data).map_err(|problem| Error::Encode(problem.to_string()))
}

fn ends(record: &Record) -> Micros {
    let micros = record.expiry_date.unix_timestamp_nanos() / 1000;
    Micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(problem: StoreError) -> Error {
    Error::Backend(problem.to_string())
}
