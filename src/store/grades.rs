//! How well the symbols of a line are printed: single grades for a while, the sums of a job for good.
use super::open::count;
use super::{Store, StoreError};
use crate::code::CodeId;
use crate::line::{PictureId, Quality, Tag, letter};
use crate::telemetry::clock::Micros;
use serde_json::{Value, json};
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

impl NewGrade {
    fn as_json(&self) -> Value {
        let Quality { overall, parameters, growth, calibrated } = self.quality;
        let letter = letter(overall).to_string();
        let growth = growth.unzip();
        json!([
            self.code.map(|code| code.0),
            self.tag.0,
            overall,
            parameters,
            growth.0,
            growth.1,
            calibrated,
            self.picture.map(|picture| picture.0.cast_signed()),
            letter,
        ])
    }
}

/// Writes the grades of one append: in its transaction, with as few statements as can be.
pub(super) async fn write(
    db: &mut SqliteConnection,
    (line, job, at): (&str, Option<i64>, Micros),
    grades: &[NewGrade],
    on_roll: bool,
) -> Result<(), StoreError> {
    if grades.is_empty() {
        return Ok(());
    }
    let rows = grades.iter().map(NewGrade::as_json).collect::<Value>().to_string();
    let written = sqlx::query(
        "insert into grade (line, job_id, at, code_id, tag, overall, decode, sc, mod, rm, anu, gnu, \
         fpd, uec, growth_x, growth_y, calibrated, picture) \
         select $1, $2, $3, g.value ->> 0, g.value ->> 1, g.value ->> 2, g.value ->> '$[3][0]', \
         g.value ->> '$[3][1]', g.value ->> '$[3][2]', g.value ->> '$[3][3]', \
         g.value ->> '$[3][4]', g.value ->> '$[3][5]', g.value ->> '$[3][6]', \
         g.value ->> '$[3][7]', g.value ->> 4, g.value ->> 5, g.value ->> 6, g.value ->> 7 \
         from json_each($4) g",
    )
    .bind(line)
    .bind(job)
    .bind(at.0)
    .bind(&rows)
    .execute(&mut *db)
    .await
    .map_err(StoreError::asking(WRITING))?;
    if let Some(job) = job {
        add_up(db, job, &rows).await?;
    }
    if on_roll {
        note_on_roll(db, &rows).await?;
    }
    let (last, new) = (written.last_insert_rowid(), grades.len().try_into().unwrap_or(i64::MAX));
    if last / ROOM_EVERY != last.saturating_sub(new) / ROOM_EVERY {
        make_room(db, last, at).await?;
    }
    Ok(())
}

async fn add_up(db: &mut SqliteConnection, job: i64, rows: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into grade_sum (job_id, letter, n, overall, lowest) \
         select $1, g.value ->> 8, count(*), sum(g.value ->> 2), min(g.value ->> 2) \
         from json_each($2) g where true group by g.value ->> 8 \
         on conflict (job_id, letter) do update set n = n + excluded.n, \
         overall = overall + excluded.overall, lowest = min(lowest, excluded.lowest)",
    )
    .bind(job)
    .bind(rows)
    .execute(&mut *db)
    .await
    .map_err(StoreError::asking(WRITING))?;
    Ok(())
}

/// The passport of a roll shows the letter of every label.
async fn note_on_roll(db: &mut SqliteConnection, rows: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update roll_label set grade = g.value ->> 8 from json_each($1) g \
         where code_id = g.value ->> 0",
    )
    .bind(rows)
    .execute(&mut *db)
    .await
    .map_err(StoreError::asking(WRITING))?;
    Ok(())
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
