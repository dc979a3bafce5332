//! What lies in the reject bin of a line: counted with every product that falls, until it is emptied.
use super::open::count;
use super::people::note;
use super::{Store, StoreError};
use crate::line::{InBin, Tag};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, SqliteConnection, Transaction};

/// How many products should lie in a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bin {
    /// Products that are rejected by the books: the bin's eye saw each of them.
    pub rejected: u64,
    /// Products that the line did not know, or knew no more. Their place in the sums is among the
    /// unaccounted, if they have one.
    pub flushed: u64,
    /// What fell without being pushed out, and nobody knows what it is.
    pub not_ordered: u64,
    /// Products that were pushed out and not seen falling: they may be there.
    pub unseen: u64,
    /// Since when this is counted; nothing if the bin was never emptied.
    pub emptied_at: Option<Micros>,
}

impl Bin {
    /// How many the bin's eye saw.
    pub const fn seen(&self) -> u64 {
        self.rejected + self.flushed + self.not_ordered
    }

    /// How many should be there, in words.
    pub fn expected(&self) -> String {
        match self.unseen {
            0 => self.seen().to_string(),
            unseen => format!("{} to {}", self.seen(), self.seen() + unseen),
        }
    }

    /// Whether so many products in the bin are as many as there should be.
    pub const fn agrees(&self, counted: u64) -> bool {
        self.seen() <= counted && counted <= self.seen() + self.unseen
    }
}

type Row = (i64, i64, i64, i64, Option<i64>);

const EMPTY: &str = "empty the bin";
const BIN: &str =
    "select rejected, flushed, not_ordered, unseen, emptied_at from bin where line = $1";

impl Store {
    /// What should lie in the bin of this line now.
    pub async fn bin(&self, line: &str) -> Result<Bin, StoreError> {
        let row: Option<Row> = sqlx::query_as(BIN)
            .bind(line)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking("count what lies in the bin"))?;
        Ok(row.map(read).unwrap_or_default())
    }

    /// A person emptied the bin and counted what was in it: from now on it is counted anew. Gives
    /// what should have been in it; whether that agrees is for the caller to judge
    /// ([`Bin::agrees`]). The line should stand: what falls meanwhile is counted to the old bin.
    pub async fn empty_bin(
        &self,
        line: &str,
        counted: u64,
        person: &str,
    ) -> Result<Bin, StoreError> {
        let mut tx = self.begin(EMPTY).await?;
        let bin = empty(&mut tx, (line, None), counted, person).await?;
        tx.commit().await.map_err(StoreError::asking(EMPTY))?;
        Ok(bin)
    }
}

/// The same within a transaction, and for which job it was counted.
pub(super) async fn empty(
    tx: &mut Transaction<'static, Sqlite>,
    (line, job): (&str, Option<i64>),
    counted: u64,
    person: &str,
) -> Result<Bin, StoreError> {
    let at = Micros::now();
    let row: Option<Row> = sqlx::query_as(BIN)
        .bind(line)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::asking(EMPTY))?;
    let (rejected, flushed, not_ordered, unseen, emptied_at) = row.unwrap_or_default();
    sqlx::query(
        "insert into bin_emptied \
         (line, at, person, counted, rejected, flushed, not_ordered, unseen, job_id) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(line)
    .bind(at.0)
    .bind(person)
    .bind(i64::try_from(counted).unwrap_or(i64::MAX))
    .bind(rejected)
    .bind(flushed)
    .bind(not_ordered)
    .bind(unseen)
    .bind(job)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::asking(EMPTY))?;
    sqlx::query(
        "insert into bin (line, emptied_at) values ($1, $2) on conflict (line) do update \
         set rejected = 0, flushed = 0, not_ordered = 0, unseen = 0, emptied_at = $2",
    )
    .bind(line)
    .bind(at.0)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::asking(EMPTY))?;
    let bin = read((rejected, flushed, not_ordered, unseen, emptied_at));
    let detail = format!("{line}: {counted} counted, {} seen falling", bin.seen());
    note(tx, person, "emptied the bin", &detail).await?;
    Ok(bin)
}

fn read((rejected, flushed, not_ordered, unseen, emptied_at): Row) -> Bin {
    Bin {
        rejected: count(rejected),
        flushed: count(flushed),
        not_ordered: count(not_ordered),
        unseen: count(unseen),
        emptied_at: emptied_at.map(Micros),
    }
}

/// Something is in the bin that no product with a fate stands for.
pub(super) async fn add(
    db: &mut SqliteConnection,
    line: &str,
    what: InBin,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into bin (line, flushed, not_ordered, unseen) \
         values ($1, $2 = 'flushed', $2 = 'not_ordered', $2 = 'unseen') \
         on conflict (line) do update set flushed = flushed + excluded.flushed, \
         not_ordered = not_ordered + excluded.not_ordered, unseen = unseen + excluded.unseen",
    )
    .bind(line)
    .bind(what.word())
    .execute(db)
    .await
    .map_err(StoreError::asking("count what fell into the bin"))?;
    Ok(())
}

/// The newest product of this tag left as good and lies in the bin. If the state system is being
/// told of its code already, that cannot be taken back: then product and code stay as they are told,
/// and it counts as not ordered. Gives the code, if it was rejected with the product.
pub(super) async fn came_back(
    db: &mut SqliteConnection,
    line: &str,
    tag: Tag,
    at: Micros,
) -> Result<Option<i64>, StoreError> {
    const WHAT: &str = "take a product back from the bin";
    let found: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
        "select product.id, code_id, job_id from product join code on code.id = code_id \
         where product.id = (select max(id) from product where line = $1 and tag = $2) \
         and fate = 'verified' and state = 'verified' and report_id is null",
    )
    .bind(line)
    .bind(tag.0)
    .fetch_optional(&mut *db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    let Some((product, code, job)) = found else {
        add(db, line, InBin::NotOrdered).await?;
        return Ok(None);
    };
    for (sql, id) in [
        (
            "update code set state = 'rejected', settled = 1, moved_at = $1 where id = $2",
            Some(code),
        ),
        (
            "update product set verdict = 'bad', reason = 'false_eject', fate = 'rejected', \
             settled_at = $1 where id = $2",
            Some(product),
        ),
        // The time stands nowhere in a job; it is bound in all three.
        ("update job set done = max(done - 1, 0) where id = $2 and $1 is not null", job),
    ] {
        sqlx::query(sql)
            .bind(at.0)
            .bind(id)
            .execute(&mut *db)
            .await
            .map_err(StoreError::asking(WHAT))?;
    }
    Ok(Some(code))
}
