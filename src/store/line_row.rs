//! The row of a line: how it stands by the last of its records.
use super::StoreError;
use crate::line::{LineState, Mode, Record};
use crate::telemetry::clock::Micros;
use sqlx::SqliteConnection;

const WHAT: &str = "append the records of a line";

/// Only the last state, mode and event of these records matter.
pub(super) async fn note(
    db: &mut SqliteConnection,
    (line, job, at): (&str, Option<i64>, Micros),
    records: &[Record],
) -> Result<(), StoreError> {
    let (state, heard) = last_of(records);
    let mode = records.iter().rev().find_map(mode_of);
    if state.is_none() && heard.is_none() && mode.is_none() {
        return Ok(());
    }
    sqlx::query(
        "insert into line (name, state, job_id, plc_boot, plc_seq, moved_at, mode) \
             values ($1, coalesce($2, 'Stopped'), $3, $4, $5, $6, coalesce($7, 'Production')) \
             on conflict (name) do update set state = coalesce($2, state), job_id = $3, \
             plc_boot = coalesce($4, plc_boot), plc_seq = coalesce($5, plc_seq), \
             moved_at = iif($2 is null, moved_at, $6), mode = coalesce($7, mode)",
    )
    .bind(line)
    .bind(state.map(LineState::name))
    .bind(job)
    .bind(heard.map(|(boot, _)| boot))
    .bind(heard.map(|(_, seq)| seq))
    .bind(at.0)
    .bind(mode.map(Mode::name))
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

const fn mode_of(record: &Record) -> Option<Mode> {
    if let Record::Mode { to, .. } = record { Some(*to) } else { None }
}

fn last_of(records: &[Record]) -> (Option<LineState>, Option<(u16, u16)>) {
    let state = records
        .iter()
        .rev()
        .find_map(|r| if let Record::Line { to, .. } = r { Some(*to) } else { None });
    let heard = records
        .iter()
        .rev()
        .find_map(|r| if let Record::Heard { boot, seq } = r { Some((*boot, *seq)) } else { None });
    (state, heard)
}
