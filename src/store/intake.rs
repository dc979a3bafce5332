//! New codes become rows: one way for files, blocks and arrays of customers.
use super::StoreError;
use crate::code::{ArrayLine, GS};
use crate::telemetry::clock::Micros;
use sqlx::SqliteConnection;

/// Codes in one statement: one text to bind for all of them. Row by row takes six times as long.
const AT_ONCE: usize = 5_000;

/// Characters of a pack of tobacco.
const PACK: usize = 29;

/// Where the codes of an array became rows: their numbers follow one another as their lines do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    first_id: i64,
    first_line: usize,
    len: usize,
}

/// Where all codes of an array are that became rows so far. It grows with the gaps of the array,
/// not with its codes.
#[derive(Debug, Default)]
pub(super) struct Runs(Vec<Run>);

impl Runs {
    /// The line on which this row's code stands, if it came with this array.
    pub(super) fn line_of(&self, id: i64) -> Option<usize> {
        let after = self.0.partition_point(|run| run.first_id <= id);
        let run = self.0[..after].last()?;
        let at = usize::try_from(id - run.first_id).ok()?;
        (at < run.len).then_some(run.first_line + at)
    }

    fn note(&mut self, id: i64, line: usize) {
        if let Some(run) = self.0.last_mut()
            && run.first_id + i64::try_from(run.len).unwrap_or(i64::MAX) == id
            && run.first_line + run.len == line
        {
            run.len += 1;
        } else {
            self.0.push(Run { first_id: id, first_line: line, len: 1 });
        }
    }
}

/// Rows of codes that came with one array, the one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    first: i64,
    last: i64,
}

/// Remembers which array (file, person, time) the rows after `before` came with: the stretch before is
/// made longer where nobody else wrote meanwhile. One statement for thousands of codes.
pub(super) async fn note_stretch(
    db: &mut SqliteConnection,
    what: &'static str,
    (source, person, at): (&str, &str, Micros),
    before: i64,
    stretch: Option<Stretch>,
) -> Result<Option<Stretch>, StoreError> {
    let last = last_id(db, what).await?;
    if last == before {
        return Ok(stretch);
    }
    let first = stretch.filter(|stretch| stretch.last == before).map_or(before + 1, |s| s.first);
    sqlx::query(
        "insert into file_intake (first_code, last_code, source, person, at) \
         values ($1, $2, $3, $4, $5) on conflict (first_code) do update set last_code = $2",
    )
    .bind(first)
    .bind(last)
    .bind(source)
    .bind(person)
    .bind(at.0)
    .execute(db)
    .await
    .map_err(StoreError::asking(what))?;
    Ok(Some(Stretch { first, last }))
}

/// Writes codes into a pool in the order given; answers those that the store had already, each with
/// the number of its row. `runs` learns where the others are. To be called within a write.
pub(super) async fn insert_new<'a>(
    db: &mut SqliteConnection,
    what: &'static str,
    pool: &str,
    codes: &'a [ArrayLine],
    at: Micros,
    runs: &mut Runs,
) -> Result<Vec<(&'a ArrayLine, i64)>, StoreError> {
    let mut known = Vec::new();
    for of_group in codes.chunk_by(|one, next| one.group == next.group) {
        for part in of_group.chunks(AT_ONCE) {
            let before = last_id(db, what).await?;
            let taken = insert(db, what, pool, part, at, before).await?;
            let is_new = if taken == part.len() as u64 {
                vec![true; part.len()]
            } else {
                new_ones(db, what, before, part.len()).await?
            };
            for (id, (code, is_new)) in (before + 1..).zip(part.iter().zip(is_new)) {
                if is_new {
                    runs.note(id, code.line);
                } else {
                    known.push((code, row_of(db, what, code).await?));
                }
            }
        }
    }
    Ok(known)
}

/// Takes the trigger of new codes away until the end of this write, and answers it. What it says is
/// done here anyway: [`insert_new`] counts by itself and writes `stored` codes only. That it is there
/// costs a fifth of an import, because the database puts each row's whole text together for it.
pub(super) async fn take_trigger_away(
    db: &mut SqliteConnection,
    what: &'static str,
) -> Result<String, StoreError> {
    let asking = StoreError::asking;
    let trigger = sqlx::query_scalar("select sql from sqlite_schema where name = 'code_comes'")
        .fetch_one(&mut *db)
        .await
        .map_err(asking(what))?;
    sqlx::query("drop trigger code_comes").execute(db).await.map_err(asking(what))?;
    Ok(trigger)
}

/// The trigger as it was: nobody else has seen the store without it, because both are one write.
pub(super) async fn put_trigger_back(
    db: &mut SqliteConnection,
    what: &'static str,
    trigger: String,
) -> Result<(), StoreError> {
    let done = sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(db).await;
    done.map_err(StoreError::asking(what)).map(drop)
}

/// Rows are numbered here, so that a row says which line it was: nobody else writes meanwhile.
pub(super) async fn last_id(
    db: &mut SqliteConnection,
    what: &'static str,
) -> Result<i64, StoreError> {
    sqlx::query_scalar("select coalesce(max(id), 0) from code")
        .fetch_one(db)
        .await
        .map_err(StoreError::asking(what))
}

/// Codes of one product group. They are counted once and not by a trigger a row: the table
/// `counted_at_once` says so for as long as this takes.
///
/// `limit -1` limits nothing: with it, each text is asked for and searched once; without, the planner
/// puts both into every place where they are named, and an import takes an eighth longer.
async fn insert(
    db: &mut SqliteConnection,
    what: &'static str,
    pool: &str,
    part: &[ArrayLine],
    at: Micros,
    before: i64,
) -> Result<u64, StoreError> {
    let Some(group) = part.first().map(|code| code.group.alias()) else { return Ok(0) };
    let asking = StoreError::asking;
    let begun = sqlx::query("insert into counted_at_once (id) values (1)");
    begun.execute(&mut *db).await.map_err(asking(what))?;
    let done = sqlx::query(
        "insert into code (id, pool, gtin, serial, tail, product_group, moved_at) \
         select $1 + key, $2, cast(substr(value, iif(gs, 3, 1), 14) as integer), \
                iif(gs, substr(value, 19, gs - 19), substr(value, 15, 7)), \
                substr(value, iif(gs, gs, 22)), $3, $4 \
         from (select key, value, instr(value, char(29)) as gs from json_each($5) limit -1) \
         where true on conflict (gtin, serial) do nothing",
    )
    .bind(before + 1)
    .bind(pool)
    .bind(group)
    .bind(at.0)
    .bind(texts(what, part)?)
    .execute(&mut *db)
    .await
    .map_err(asking(what))?;
    let taken = done.rows_affected();
    let count = [
        "insert into tally (pool, state, n) values ($1, 'stored', $2) \
         on conflict (pool, state) do update set n = n + $2",
        "insert into pool_count (pool, taken, settled) values ($1, $2, 0) \
         on conflict (pool) do update set taken = taken + $2",
    ];
    for count in count {
        let count = sqlx::query(count).bind(pool).bind(i64::try_from(taken).unwrap_or(i64::MAX));
        count.execute(&mut *db).await.map_err(asking(what))?;
    }
    let ended = sqlx::query("delete from counted_at_once");
    ended.execute(db).await.map_err(asking(what))?;
    Ok(taken)
}

/// All texts in one. The database takes them apart: they are not kept beside their parts.
fn texts(what: &'static str, part: &[ArrayLine]) -> Result<String, StoreError> {
    if let Some(code) = part.iter().find(|code| !says_its_parts(code)) {
        let why = format!("line {}: the code does not say its GTIN and serial number", code.line);
        return Err(StoreError::Refused { what, why });
    }
    let texts: Vec<&str> = part.iter().map(|code| code.text.as_str()).collect();
    Ok(serde_json::to_string(&texts).expect("texts become JSON"))
}

/// Whether a text is `01`, GTIN, `21`, serial number and the rest behind a separator; or, of a pack of
/// tobacco, GTIN, serial number of seven and eight characters more.
fn says_its_parts(code: &ArrayLine) -> bool {
    let (text, gtin, serial) = (code.text.as_str(), code.gtin.as_str(), code.serial.as_str());
    if text.contains(GS) {
        let rest = text.strip_prefix("01").and_then(|rest| rest.strip_prefix(gtin));
        let rest = rest.and_then(|rest| rest.strip_prefix("21"));
        return rest.and_then(|rest| rest.strip_prefix(serial)).is_some_and(|t| t.starts_with(GS));
    }
    let rest = text.strip_prefix(gtin).and_then(|rest| rest.strip_prefix(serial));
    text.len() == PACK && serial.len() == 7 && rest.is_some()
}

/// Which of the rows that should be there are there.
async fn new_ones(
    db: &mut SqliteConnection,
    what: &'static str,
    before: i64,
    wanted: usize,
) -> Result<Vec<bool>, StoreError> {
    let ids: Vec<i64> = sqlx::query_scalar("select id from code where id > $1")
        .bind(before)
        .fetch_all(db)
        .await
        .map_err(StoreError::asking(what))?;
    let mut is_new = vec![false; wanted];
    for id in ids {
        let at = usize::try_from(id - before - 1).expect("rows come after the last one");
        is_new[at] = true;
    }
    Ok(is_new)
}

async fn row_of(
    db: &mut SqliteConnection,
    what: &'static str,
    code: &ArrayLine,
) -> Result<i64, StoreError> {
    sqlx::query_scalar("select id from code where gtin = $1 and serial = $2")
        .bind(code.gtin.as_str())
        .bind(&code.serial)
        .fetch_one(db)
        .await
        .map_err(StoreError::asking(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_on_which_line_its_code_stands_where_lines_and_rows_have_gaps() {
        let mut runs = Runs::default();
        for (id, line) in [(10, 1), (11, 2), (13, 4), (14, 6), (15, 7)] {
            runs.note(id, line);
        }
        assert_eq!(runs.0.len(), 3);
        let lines: Vec<_> = (9..17).map(|id| runs.line_of(id)).collect();
        assert_eq!(lines, [None, Some(1), Some(2), None, Some(4), Some(6), Some(7), None]);
    }
}
