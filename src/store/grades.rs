//! How well the symbols of a line are printed: single grades for a while, the sums of a job for good.
use super::open::count;
use super::{Store, StoreError};
use crate::code::CodeId;
use crate::line::{PictureId, Quality, Tag, letter};
use crate::telemetry::clock::Micros;
use sqlx::SqliteConnection;
use std::collections::BTreeMap;
use std::time::Duration;

const WRITING: &str = "remember grades";
const READING: &str = "read grades";

/// Single grades that are kept, of all lines together: about a day of eight lines at 86 labels a
/// minute, or a week of one. A row takes about 100 bytes with its index: 100 MB.
const ROWS_MAX: i64 = 1_000_000;
/// And no longer than this.
const KEPT_FOR: Duration = Duration::from_hours(30 * 24);
/// Room is made once in so many rows, for twice as many: what is too old goes away by and by.
const ROOM_EVERY: i64 = 256;

/// A grade on its way into the books.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewGrade {
    pub(super) code: Option<CodeId>,
    pub(super) tag: Tag,
    pub(super) quality: Quality,
    pub(super) picture: Option<PictureId>,
}

/// One after the other: the grade, the sums of its job, the letter that the passport of a roll
/// shows. One round to the database's thread, and no statement beyond the first changes the last
/// row number: the other tables have none of their own, or no row that is new.
const WRITE: &str = "\
    insert into grade (line, job_id, at, code_id, tag, overall, decode, sc, mod, rm, anu, gnu, fpd, \
    uec, growth_x, growth_y, calibrated, picture) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18); \
    insert into grade_sum (job_id, letter, n, overall, lowest) \
    select $2, $19, 1, $6, $6 where $2 is not null \
    on conflict (job_id, letter) do update set n = n + 1, overall = overall + $6, \
    lowest = min(lowest, $6); \
    update roll_label set grade = $19 where $20 and code_id = $4";

/// Writes the grades of one append, in its transaction. An append has one, seldom a few.
pub(super) async fn write(
    db: &mut SqliteConnection,
    of: (&str, Option<i64>, Micros),
    grades: &[NewGrade],
    on_roll: bool,
) -> Result<(), StoreError> {
    for grade in grades {
        let last = write_one(db, of, grade, on_roll).await?;
        if last % ROOM_EVERY == 0 {
            make_room(db, last, of.2).await?;
        }
    }
    Ok(())
}

/// The number of the new row.
async fn write_one(
    db: &mut SqliteConnection,
    (line, job, at): (&str, Option<i64>, Micros),
    grade: &NewGrade,
    on_roll: bool,
) -> Result<i64, StoreError> {
    let Quality { overall, parameters, growth, calibrated } = grade.quality;
    let growth = growth.unzip();
    let code = grade.code.map(|code| code.0);
    let mut query = sqlx::query(WRITE)
        .bind(line)
        .bind(job)
        .bind(at.0)
        .bind(code)
        .bind(grade.tag.0)
        .bind(overall);
    for parameter in parameters {
        query = query.bind(parameter);
    }
    let written = query
        .bind(growth.0)
        .bind(growth.1)
        .bind(calibrated)
        .bind(grade.picture.map(|picture| picture.0.cast_signed()))
        .bind(letter(overall).to_string())
        .bind(on_roll)
        .execute(db)
        .await
        .map_err(StoreError::asking(WRITING))?;
    Ok(written.last_insert_rowid())
}

async fn make_room(db: &mut SqliteConnection, last: i64, at: Micros) -> Result<(), StoreError> {
    let kept_for = i64::try_from(KEPT_FOR.as_micros()).unwrap_or(i64::MAX);
    sqlx::query(
        "delete from grade where id in (select id from grade order by id limit $1) \
         and (id <= $2 or at < $3)",
    )
    .bind(2 * ROOM_EVERY)
    .bind(last - ROWS_MAX)
    .bind(at.0 - kept_for)
    .execute(&mut *db)
    .await
    .map_err(StoreError::asking(WRITING))?;
    Ok(())
}

/// Grades of a stretch of time, added up.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct GradeStretch {
    /// When it begins.
    pub at: i64,
    /// How many symbols.
    pub n: i64,
    /// Means in tenths of a grade.
    pub overall: f64,
    /// The lowest overall grade.
    pub lowest: i64,
    /// Symbols that came to less than the limit that was asked for.
    pub low: i64,
    /// See `overall`; nothing where nobody measured it.
    pub decode: Option<f64>,
    /// See `decode`.
    pub sc: Option<f64>,
    /// See `decode`.
    #[sqlx(rename = "mod")]
    pub modulation: Option<f64>,
    /// See `decode`.
    pub rm: Option<f64>,
    /// See `decode`.
    pub anu: Option<f64>,
    /// See `decode`.
    pub gnu: Option<f64>,
    /// See `decode`.
    pub fpd: Option<f64>,
    /// See `decode`.
    pub uec: Option<f64>,
    /// Mean print growth in hundredths of its limit.
    pub growth_x: Option<f64>,
    /// See `growth_x`.
    pub growth_y: Option<f64>,
    /// How many were graded with a calibrated camera.
    pub calibrated: i64,
    /// How many there are of every letter, from A to F.
    pub a: i64,
    /// See `a`.
    pub b: i64,
    /// See `a`.
    pub c: i64,
    /// See `a`.
    pub d: i64,
    /// See `a`.
    pub f: i64,
}

impl GradeStretch {
    /// The means of the parameters in the order of [`Quality::KEYS`], in tenths of a grade.
    pub const fn parameters(&self) -> [Option<f64>; 8] {
        [self.decode, self.sc, self.modulation, self.rm, self.anu, self.gnu, self.fpd, self.uec]
    }
}

/// The grades of a job.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobGrades {
    /// How many symbols of each letter.
    pub letters: BTreeMap<char, u64>,
    /// The mean of the overall grades, in tenths.
    pub mean: Option<f64>,
    /// The lowest of them.
    pub lowest: Option<u8>,
}

impl Store {
    /// What a line's grades were from `from` to `to`, in stretches of the same length. Stretches
    /// without a grade are left out. `least` is a limit in tenths of a grade.
    pub async fn grades_over_time(
        &self,
        line: &str,
        (from, to): (Micros, Micros),
        stretch: Duration,
        least: Option<u8>,
    ) -> Result<Vec<GradeStretch>, StoreError> {
        let stretch = i64::try_from(stretch.as_micros()).unwrap_or(i64::MAX).max(1);
        sqlx::query_as(
            "select $2 + (at - $2) / $4 * $4 as at, count(*) as n, avg(overall) as overall, \
             min(overall) as lowest, count(*) filter (where overall < $5) as low, \
             avg(decode) as decode, avg(sc) as sc, avg(mod) as mod, avg(rm) as rm, avg(anu) as anu, \
             avg(gnu) as gnu, avg(fpd) as fpd, avg(uec) as uec, avg(growth_x) as growth_x, \
             avg(growth_y) as growth_y, sum(calibrated) as calibrated, \
             count(*) filter (where overall >= 35) as a, \
             count(*) filter (where overall between 25 and 34) as b, \
             count(*) filter (where overall between 15 and 24) as c, \
             count(*) filter (where overall between 5 and 14) as d, \
             count(*) filter (where overall < 5) as f \
             from grade where line = $1 and at >= $2 and at < $3 group by (at - $2) / $4 order by 1",
        )
        .bind(line)
        .bind(from.0)
        .bind(to.0)
        .bind(stretch)
        .bind(least.unwrap_or(0))
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(READING))
    }

    /// The grades of a job, added up.
    pub async fn job_grades(&self, job: i64) -> Result<JobGrades, StoreError> {
        let rows: Vec<(String, i64, i64, u8)> = sqlx::query_as(
            "select letter, n, overall, lowest from grade_sum where job_id = $1 order by letter",
        )
        .bind(job)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(READING))?;
        let letters = rows.iter().filter_map(|row| Some((row.0.chars().next()?, count(row.1))));
        let (n, sum) = rows.iter().fold((0, 0), |(n, sum), row| (n + row.1, sum + row.2));
        #[expect(clippy::cast_precision_loss, reason = "sums of a job fit")]
        let mean = (n > 0).then(|| sum as f64 / n as f64);
        Ok(JobGrades { letters: letters.collect(), mean, lowest: rows.iter().map(|r| r.3).min() })
    }
}
