//! What was rejected by its picture: the newest ones of a line.
use super::{Store, StoreError};
use crate::line::{PictureId, RejectReason};
use crate::telemetry::clock::Micros;
use std::fmt;
use std::str::FromStr;

/// Products that are looked back over: some twenty hours of a fast line. Pictures make room sooner.
const LOOKED_BACK: i64 = 100_000;
/// Jobs of a roll that are looked back over.
const JOBS_BACK: i64 = 3;
/// A grade was written within so many microseconds of its verdict.
const NEAR: i64 = 10_000_000;

/// The place of a reject among the others. Many share a time: what is doubted together is written
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RejectPlace {
    /// When.
    at: i64,
    /// 1: a product, 0: a label of a roll.
    kind: i64,
    /// Its number among those.
    id: i64,
}

impl RejectPlace {
    /// Behind the newest one.
    pub const NEWEST: Self = Self { at: i64::MAX, kind: 0, id: 0 };
}

impl fmt::Display for RejectPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at, self.kind, self.id)
    }
}

impl FromStr for RejectPlace {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '.').map(i64::from_str);
        let mut next = || parts.next().unwrap_or_else(|| i64::from_str(""));
        Ok(Self { at: next()?, kind: next()?, id: next()? })
    }
}

/// A product or a label of a roll that was rejected, and of which there was a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReject {
    /// Its place among the others.
    pub place: RejectPlace,
    /// The picture.
    pub picture: PictureId,
    /// The tag of the product; a label of a roll has none.
    pub tag: Option<u32>,
    /// Why.
    pub reason: Option<RejectReason>,
    /// When.
    pub at: Micros,
    /// The code that should have been there, if one was expected.
    pub expected: Option<String>,
    /// The grade that it got, in tenths.
    pub overall: Option<u8>,
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: i64,
    id: i64,
    picture: i64,
    tag: Option<u32>,
    reason: Option<String>,
    at: i64,
    expected: Option<String>,
    overall: Option<u8>,
}

const REJECTS: &str = "\
    select kind, bad.id as id, picture, tag, reason, at, text as expected, \
    (select overall from grade where grade.line = $1 and grade.picture = bad.picture \
     and grade.at between bad.at - $6 and bad.at + $6 limit 1) as overall \
    from (select 1 as kind, id, picture, tag, reason, judged_at as at, code_id from product \
          where line = $1 and judged_at is not null and verdict = 'bad' \
          and (judged_at, 1, id) < ($2, $7, $8) \
          and picture is not null and id > (select max(id) from product) - $4 \
          union all \
          select 0, code_id, picture, null, reason, read_at, code_id from roll_label \
          where job_id in (select id from job where line = $1 order by id desc limit $5) \
          and (read_at, 0, code_id) < ($2, $7, $8) and reading = 'bad' and picture is not null \
          order by at desc, kind desc, id desc limit $3) as bad \
    left join code on code.id = code_id order by at desc, kind desc, bad.id desc";

impl Store {
    /// The newest rejects of a line before a place, the latest first, at most so many.
    pub async fn kept_rejects(
        &self,
        line: &str,
        before: RejectPlace,
        most: u32,
    ) -> Result<Vec<KeptReject>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(REJECTS)
            .bind(line)
            .bind(before.at)
            .bind(most)
            .bind(LOOKED_BACK)
            .bind(JOBS_BACK)
            .bind(NEAR)
            .bind(before.kind)
            .bind(before.id)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("look up rejects"))?;
        Ok(rows.into_iter().map(KeptReject::from).collect())
    }
}

impl From<Row> for KeptReject {
    fn from(row: Row) -> Self {
        let Row { kind, id, picture, tag, reason, at, expected, overall } = row;
        let place = RejectPlace { at, kind, id };
        let reason = reason
            .and_then(|word| RejectReason::ALL.into_iter().find(|known| known.word() == word));
        let picture = PictureId(picture.cast_unsigned());
        Self { place, picture, tag, reason, at: Micros(at), expected, overall }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_and_read() {
        let place = RejectPlace { at: 1_700_000_000_000_001, kind: 1, id: 7 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for nonsense in ["", "1", "1.2", "1.2.x", "1.2.3.4"] {
            assert!(nonsense.parse::<RejectPlace>().is_err(), "{nonsense}");
        }
    }
}
