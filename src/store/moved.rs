//! Which codes a line's records move, and where those stand.
use super::StoreError;
use crate::code::{CodeId, CodeState};
use crate::line::Record;
use serde_json::json;
use sqlx::SqliteConnection;
use std::collections::HashMap;

const MOVED: &str = "look up the codes that a line moves";

/// The states of all codes that these records move, in one question.
pub(super) async fn states_of(
    db: &mut SqliteConnection,
    records: &[Record],
) -> Result<HashMap<CodeId, CodeState>, StoreError> {
    let moved: Vec<i64> = records.iter().filter_map(moved_code).collect();
    if moved.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String)> =
        sqlx::query_as("select id, state from code where id in (select value from json_each($1))")
            .bind(json!(moved).to_string())
            .fetch_all(db)
            .await
            .map_err(StoreError::asking(MOVED))?;
    rows.into_iter()
        .map(|(id, state)| Ok((CodeId(id), super::open::word(MOVED, &state)?)))
        .collect()
}

fn moved_code(record: &Record) -> Option<i64> {
    if let Record::Moved { code, .. } | Record::MaybeTwice { code } = record {
        return Some(code.0);
    }
    None
}
