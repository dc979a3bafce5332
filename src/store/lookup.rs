//! What a text is that was read on a product which came with its label: the answer to a line's
//! question.
//!
//! It says how things stand now. That the code is verified on one product only is held by the life of
//! a code, when the line's records are written.
use super::open::word;
use super::{NewJob, Store, StoreError};
use crate::code::{CodeId, CodeState, CodeText, parse};
use crate::line::{Found, RejectReason, Scenario};
use crate::order::{Key, Known, Scan, judge_scan, keys_to_look_up};
use serde_json::json;

const WHAT: &str = "look up what was read on a product";

const BY_KEYS: &str = "\
    select id, pool = $1 and gtin = $2, text, state, moved_at from code \
    where id in (select c.id from json_each($3) j cross join code c \
                 on c.gtin = j.value ->> 0 and c.serial = j.value ->> 1)";

impl Store {
    /// What this text is for a product of this job: a code of its array, printed and never read on
    /// another product, or why not. In the scenario `manual` the text is what a hand scanner made of
    /// it.
    pub async fn look_up(&self, job: &NewJob, text: &str) -> Result<Found, StoreError> {
        let by_hand = job.scenario == Scenario::Manual;
        let keys = if by_hand { keys_to_look_up(text) } else { key_of(text) };
        let known = self.known(job, &keys).await?;
        let found = if by_hand { scanned(text, &known) } else { read(text, &known) };
        let of_job = keys.iter().any(|key| key.gtin == job.gtin);
        Ok(found.unwrap_or(Found::Not(match (keys.is_empty(), of_job) {
            (true, _) if by_hand => RejectReason::NotGs1,
            (false, true) => RejectReason::UnknownCode,
            (_, false) | (true, true) => RejectReason::Foreign,
        })))
    }

    async fn known(&self, job: &NewJob, keys: &[Key]) -> Result<Vec<Known>, StoreError> {
        let keys: Vec<_> = keys.iter().map(|key| json!([key.gtin.as_str(), key.serial])).collect();
        let rows: Vec<(i64, bool, String, String, i64)> = sqlx::query_as(BY_KEYS)
            .bind(&job.pool)
            .bind(job.gtin.as_str())
            .bind(json!(keys).to_string())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        rows.into_iter()
            .map(|(code, of_this_order, text, state, since)| {
                let (code, text) = (CodeId(code), CodeText::new(text));
                Ok(Known { code, text, of_this_order, state: word(WHAT, &state)?, since })
            })
            .collect()
    }
}

fn key_of(text: &str) -> Vec<Key> {
    let parts = parse(text).ok();
    parts
        .map(|parts| Key { gtin: parts.gtin, serial: parts.serial.to_owned() })
        .into_iter()
        .collect()
}

/// What a camera read: the whole code, sign by sign; nothing if the store has no such code.
fn read(text: &str, known: &[Known]) -> Option<Found> {
    let code = known.iter().find(|known| known.text.as_str() == text)?;
    Some(match code.state {
        _ if !code.of_this_order => Found::Not(RejectReason::OtherJob),
        CodeState::Printed => Found::New(code.code),
        state @ (CodeState::Stored
        | CodeState::Sent
        | CodeState::Applied
        | CodeState::Verified
        | CodeState::Doubtful
        | CodeState::Scrapped
        | CodeState::Rejected
        | CodeState::Sampled) => Found::Not(reason_of(state)),
    })
}

/// What a hand scanner made of a label, with its usual mistakes undone.
fn scanned(text: &str, known: &[Known]) -> Option<Found> {
    match judge_scan(text, known) {
        Scan::Good { code, .. } => Some(Found::New(code)),
        Scan::Duplicate { .. } => Some(Found::Not(RejectReason::Duplicate)),
        Scan::Foreign(_) | Scan::Malformed(_) => {
            let code = known.first()?;
            Some(Found::Not(match code.state {
                _ if !code.of_this_order => RejectReason::OtherJob,
                // Only its check part is another.
                CodeState::Printed | CodeState::Applied | CodeState::Verified => {
                    RejectReason::UnknownCode
                }
                state @ (CodeState::Stored
                | CodeState::Sent
                | CodeState::Doubtful
                | CodeState::Scrapped
                | CodeState::Rejected
                | CodeState::Sampled) => reason_of(state),
            }))
        }
    }
}

const fn reason_of(state: CodeState) -> RejectReason {
    match state {
        CodeState::Stored | CodeState::Sent => RejectReason::NotPrinted,
        CodeState::Printed | CodeState::Applied | CodeState::Verified => RejectReason::Duplicate,
        CodeState::Doubtful => RejectReason::InDoubt,
        CodeState::Scrapped | CodeState::Rejected | CodeState::Sampled => RejectReason::UsedUp,
    }
}
