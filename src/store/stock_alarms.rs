//! Alarms of the stock of codes: for a line, whether it runs or not.
use super::open::count;
use super::{Store, StoreError};
use crate::line::{Record, StopReason};
use crate::telemetry::clock::Micros;
use std::time::Duration;

/// Codes that die within this time are an alarm, unless the line uses them before: three days are a
/// weekend and a working day to plan a job in.
const DIES_WITHIN: Duration = Duration::from_hours(72);

impl Store {
    /// Looks how the codes of a line's pool stand, and raises or clears the alarms of that. To be
    /// called now and then; what stands already is not raised again, also after a restart.
    pub async fn watch_stock(&self, line: &str, pool: &str, now: Micros) -> Result<(), StoreError> {
        let known = self.alarms(line).await?.into_iter().map(|now| now.alarm);
        let stood: Vec<_> = known
            .filter(|alarm| alarm.condition.active && alarm.reason.is_of_stock())
            .map(|alarm| alarm.reason)
            .collect();
        let stand = self.stock_troubles(pool, &stood, now).await?;
        let new = stand.iter().filter(|reason| !is_among(**reason, &stood));
        let gone = stood.iter().filter(|reason| !is_among(**reason, &stand));
        let records: Vec<_> = new
            .map(|reason| Record::AlarmRaised(*reason))
            .chain(gone.map(|reason| Record::AlarmCleared(*reason)))
            .collect();
        self.append(line, None, &records).await
    }

    /// What is wrong with a pool, with the minutes and hours that are left now. `stood`: what was
    /// wrong when it was last looked; a little more stock does not end that.
    pub async fn stock_troubles(
        &self,
        pool: &str,
        stood: &[StopReason],
        now: Micros,
    ) -> Result<Vec<StopReason>, StoreError> {
        let outlook = self.outlook(pool).await?;
        let mut found = Vec::new();
        let was_short = is_among(StopReason::CodesShort(None), stood);
        if outlook.is_short() || (was_short && outlook.is_nearly_short()) {
            found.push(StopReason::CodesShort(outlook.minutes_left.map(bounded)));
        }
        if let Some(dies) = self.dies_first(pool, now).await? {
            let minutes = count(dies.0.saturating_sub(now.0)) / 60_000_000;
            let is_used_before = outlook.minutes_left.is_some_and(|left| left <= minutes);
            if !is_used_before {
                found.push(StopReason::CodesExpire(Some(bounded(minutes / 60))));
            }
        }
        Ok(found)
    }

    /// When the first codes of a pool die that can still be printed, if that is soon.
    async fn dies_first(&self, pool: &str, now: Micros) -> Result<Option<Micros>, StoreError> {
        let within = i64::try_from(DIES_WITHIN.as_micros()).unwrap_or(i64::MAX);
        let at: Option<i64> = sqlx::query_scalar(
            "select min(expires_at) from want
             where pool = ?1 and expired = 0 and expires_at > 0 and expires_at < ?2
               and exists (select 1 from block cross join code
                 on code.id between block.first_code and block.last_code
                 where block.want_id = want.id and code.state = 'stored'
                   and code.pool not like 'expired:%')",
        )
        .bind(pool)
        .bind(now.0.saturating_add(within))
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking("look for codes that die soon"))?;
        Ok(at.map(Micros))
    }
}

/// Whether this kind is among these, whatever figures they carry.
fn is_among(reason: StopReason, among: &[StopReason]) -> bool {
    among.iter().any(|other| other.kind() == reason.kind())
}

fn bounded(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
