//! What was rejected by its picture: the newest ones of a line.
use super::{Store, StoreError};
use crate::line::{PictureId, RejectReason};
use crate::telemetry::clock::Micros;

/// Products that are looked back over: some twenty hours of a fast line. Pictures make room sooner.
const LOOKED_BACK: i64 = 100_000;
/// Jobs of a roll that are looked back over.
const JOBS_BACK: i64 = 3;
/// A grade was written within so many microseconds of its verdict.
const NEAR: i64 = 10_000_000;

/// A product or a label of a roll that was rejected, and of which there was a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReject {
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
    picture: i64,
    tag: Option<u32>,
    reason: Option<String>,
    at: i64,
    expected: Option<String>,
    overall: Option<u8>,
}

const REJECTS: &str = "\
    select picture, tag, reason, at, text as expected, \
    (select overall from grade where grade.line = $1 and grade.picture = bad.picture \
     and grade.at between bad.at - $6 and bad.at + $6 limit 1) as overall \
    from (select picture, tag, reason, judged_at as at, code_id from product \
          where line = $1 and judged_at is not null and judged_at < $2 and verdict = 'bad' \
          and picture is not null and id > (select max(id) from product) - $4 \
          union all \
          select picture, null, reason, read_at, code_id from roll_label \
          where job_id in (select id from job where line = $1 order by id desc limit $5) \
          and read_at < $2 and reading = 'bad' and picture is not null \
          order by at desc limit $3) as bad \
    left join code on code.id = code_id order by at desc";

impl Store {
    /// The newest rejects of a line before a time, the latest first, at most so many.
    pub async fn kept_rejects(
        &self,
        line: &str,
        before: Micros,
        most: u32,
    ) -> Result<Vec<KeptReject>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(REJECTS)
            .bind(line)
            .bind(before.0)
            .bind(most)
            .bind(LOOKED_BACK)
            .bind(JOBS_BACK)
            .bind(NEAR)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("look up rejects"))?;
        Ok(rows.into_iter().map(KeptReject::from).collect())
    }
}

impl From<Row> for KeptReject {
    fn from(row: Row) -> Self {
        let Row { picture, tag, reason, at, expected, overall } = row;
        let reason = reason
            .and_then(|word| RejectReason::ALL.into_iter().find(|known| known.word() == word));
        let picture = PictureId(picture.cast_unsigned());
        Self { picture, tag, reason, at: Micros(at), expected, overall }
    }
}
