//! Codes wanted from the state system: how far each want has come, and the blocks it brought.
use super::intake::{Runs, insert_new};
use super::{Store, StoreError};
use crate::code::{ArrayLine, CodeText, Gtin, ProductGroup, SetAside};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, Transaction};
use std::collections::{HashMap, HashSet};

/// A want: codes of one trade item for one pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Its number.
    pub id: i64,
    /// Who may print the codes: `line:NAME` or `order:NUMBER`.
    pub pool: String,
    /// The trade item.
    pub gtin: Gtin,
    /// Its product group.
    pub group: ProductGroup,
    /// How many codes.
    pub quantity: u32,
    /// How many were stored so far.
    pub taken: u32,
    /// How far it has come.
    pub state: WantState,
    /// The station's name for the order.
    pub upstream_id: Option<String>,
    /// Codes that were asked for, when the answer is not here yet, or was lost.
    pub asked: Option<u32>,
    /// When its codes die if they are not applied; `Micros(0)`: never.
    pub expires_at: Option<Micros>,
    /// The number of the form that its order named; nothing before it was placed.
    pub template: Option<u32>,
    /// What stands or stood against it, for a person.
    pub problem: Option<String>,
    /// When it was made.
    pub made_at: Micros,
    /// When it last came further.
    pub moved_at: Micros,
}

impl Want {
    /// The name that its order carries at the station. No other want of any store has it.
    pub fn mark(&self) -> String {
        format!("markwright-{}-{}", self.id, self.made_at.0)
    }
}

/// How far a want has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WantState {
    /// Nobody was asked yet.
    Wanted,
    /// The order is being placed, or the answer to it was lost.
    Placing,
    /// The station has an order.
    Placed,
    /// Codes are being taken.
    Fetching,
    /// All codes that come are here.
    Done,
    /// The station refused.
    Failed,
}

impl WantState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Wanted, Self::Placing, Self::Placed, Self::Fetching, Self::Done, Self::Failed];

    /// The word in the store and on the pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Placing => "placing",
            Self::Placed => "placed",
            Self::Fetching => "fetching",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// A block as it came, sifted.
#[derive(Debug, Clone, Copy)]
pub struct NewBlock<'a> {
    /// The want that it is for.
    pub want: &'a Want,
    /// The station's name for it.
    pub id: &'a str,
    /// How many codes it had.
    pub quantity: u32,
    /// The codes that can be taken.
    pub taken: &'a [ArrayLine],
    /// The ones that cannot.
    pub aside: &'a [SetAside],
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockStored {
    /// It was here already: nothing was changed.
    Repeated,
    /// It is here now.
    New {
        /// Codes stored.
        taken: usize,
        /// Lines set aside, duplicates of stored codes included.
        set_aside: usize,
    },
}

/// How a pool stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// Codes that can be printed.
    pub stored: u64,
    /// Codes that open wants will bring.
    pub coming: u64,
    /// When a want for it last failed, or brought less than half.
    pub failed_at: Option<Micros>,
}

type WantRow = (
    i64,
    String,
    String,
    String,
    u32,
    u32,
    String,
    Option<String>,
    Option<String>,
    i64,
    i64,
    Option<u32>,
    Option<i64>,
    Option<u32>,
);

const OPEN: &str = "select id, pool, gtin, product_group, quantity, taken, state, upstream_id, problem, made_at, moved_at, asked, expires_at, template
    from want where state not in ('done', 'failed') order by id";
const ONE: &str = "select id, pool, gtin, product_group, quantity, taken, state, upstream_id, problem, made_at, moved_at, asked, expires_at, template
    from want where id = ?";
const LATEST: &str = "select id, pool, gtin, product_group, quantity, taken, state, upstream_id, problem, made_at, moved_at, asked, expires_at, template
    from want order by id desc limit ?";

impl Store {
    /// Wants codes from the state system. They come by themselves; `want` tells how far they are.
    pub async fn want_codes(
        &self,
        pool: &str,
        gtin: Gtin,
        group: ProductGroup,
        quantity: u32,
    ) -> Result<i64, StoreError> {
        let what = "want codes";
        let now = Micros::now().0;
        let mut tx = self.begin(what).await?;
        let id = sqlx::query_scalar(
            "insert into want (pool, gtin, product_group, quantity, made_at, moved_at)
             values (?1, ?2, ?3, ?4, ?5, ?5) returning id",
        )
        .bind(pool)
        .bind(gtin.as_str())
        .bind(group.alias())
        .bind(quantity)
        .bind(now)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))?;
        Ok(id)
    }

    /// The wants that are not at their end, oldest first.
    pub async fn open_wants(&self) -> Result<Vec<Want>, StoreError> {
        let what = "look for open wants";
        let rows: Vec<WantRow> = sqlx::query_as(OPEN)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(what))?;
        rows.into_iter().map(|row| want(what, row)).collect()
    }

    /// One want.
    pub async fn want(&self, id: i64) -> Result<Option<Want>, StoreError> {
        let what = "look up a want";
        let row: Option<WantRow> = sqlx::query_as(ONE)
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(what))?;
        row.map(|row| want(what, row)).transpose()
    }

    /// The latest wants, newest first, for a page.
    pub async fn wants(&self, limit: u32) -> Result<Vec<Want>, StoreError> {
        let what = "look up the latest wants";
        let rows: Vec<WantRow> = sqlx::query_as(LATEST)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(what))?;
        rows.into_iter().map(|row| want(what, row)).collect()
    }

    /// The number of the form that the order of a want is going to name.
    pub async fn want_names(&self, id: i64, template: u32) -> Result<(), StoreError> {
        let write = sqlx::query("update want set template = ? where id = ? and state = 'wanted'");
        self.write_one("note what form is ordered", write.bind(template).bind(id)).await
    }

    /// An order is about to be placed: from now on there may be one.
    pub async fn want_is_placing(&self, id: i64) -> Result<(), StoreError> {
        self.move_want("note that an order is being placed", id, WantState::Placing, None, None)
            .await
    }

    /// It is proven that the station has no order for this want.
    pub async fn want_is_not_placed(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let what = "note that no order was placed";
        self.move_want(what, id, WantState::Wanted, None, Some(problem)).await
    }

    /// The station has an order for this want.
    pub async fn want_is_placed(&self, id: i64, order: &str) -> Result<(), StoreError> {
        self.move_want("note an order", id, WantState::Placed, Some(order), None).await
    }

    /// Codes are about to be taken.
    pub async fn want_is_fetching(&self, id: i64) -> Result<(), StoreError> {
        self.move_want("note that codes are being taken", id, WantState::Fetching, None, None).await
    }

    /// So many codes are about to be asked for: from now on there may be a block that is not here.
    pub async fn want_asks(&self, id: i64, quantity: u32) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update want set state = 'fetching', asked = ?1, moved_at = ?2, known_blocks =
               (select count(*) from block where want_id = ?3 and quantity > 0)
             where id = ?3 and state in ('placed', 'fetching')",
        );
        let write = write.bind(quantity).bind(Micros::now().0).bind(id);
        self.write_one("note that codes are asked for", write).await
    }

    /// Every block that the station lists is here: nothing that was asked for is missing.
    pub async fn want_lacks_nothing(&self, id: i64) -> Result<(), StoreError> {
        let write = sqlx::query("update want set asked = null where id = ?");
        self.write_one("note that no block is missing", write.bind(id)).await
    }

    /// When the codes of a want die; `Micros(0)`: never.
    pub async fn want_expires(&self, id: i64, at: Micros) -> Result<(), StoreError> {
        let write = sqlx::query("update want set expires_at = ?, expired = 0 where id = ?");
        self.write_one("note when codes die", write.bind(at.0).bind(id)).await
    }

    /// All codes that come are here.
    pub async fn want_is_done(&self, id: i64, problem: Option<&str>) -> Result<(), StoreError> {
        self.move_want("note that a want is done", id, WantState::Done, None, problem).await
    }

    /// The station refused.
    pub async fn want_has_failed(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        self.move_want("note that a want failed", id, WantState::Failed, None, Some(problem)).await
    }

    /// Something stands in the way of a want; nothing is given up.
    pub async fn want_is_troubled(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query("update want set problem = ? where id = ?");
        self.write_one("note the trouble of a want", write.bind(problem).bind(id)).await
    }

    /// The orders that belong to wants.
    pub async fn placed_orders(&self) -> Result<HashSet<String>, StoreError> {
        let orders: Vec<String> =
            sqlx::query_scalar("select upstream_id from want where upstream_id is not null")
                .fetch_all(&self.readers)
                .await
                .map_err(StoreError::asking("look up the orders that were placed"))?;
        Ok(orders.into_iter().collect())
    }

    /// The blocks of a want that are here, with the number of codes that each had.
    pub async fn blocks_of(&self, want: i64) -> Result<HashMap<String, u32>, StoreError> {
        let blocks: Vec<(String, u32)> = sqlx::query_as(
            "select upstream_id, quantity from block
                 where want_id = ? and (lines_done is null or lines_done >= quantity)",
        )
        .bind(want)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up the blocks of a want"))?;
        Ok(blocks.into_iter().collect())
    }

    /// The block of a want that was stored last.
    pub async fn last_block_of(&self, want: i64) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar(
            "select upstream_id from block where want_id = ? and quantity > 0
               and (lines_done is null or lines_done >= quantity)
             order by first_code desc limit 1",
        )
        .bind(want)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking("look up the last block of a want"))
    }

    /// Stores a block, its codes and the lines set aside, all or nothing. A block that is here
    /// already changes nothing; a code that is here already is set aside.
    pub async fn store_block(&self, block: NewBlock<'_>) -> Result<BlockStored, StoreError> {
        self.store_block_part(block, block.quantity).await
    }

    /// Stores a part of a block, all or nothing; `through` = the last of its lines, counted from
    /// one. The block is here when its last line is. Should the parts before the last one have come
    /// twice, because we were switched off in between, the codes are ours and nothing is doubled.
    pub async fn store_block_part(
        &self,
        block: NewBlock<'_>,
        through: u32,
    ) -> Result<BlockStored, StoreError> {
        let what = "store a block of codes";
        let asking = StoreError::asking;
        let now = Micros::now().0;
        let mut tx = self.begin(what).await?;
        let begun = begin_block(&mut tx, &block, now).await.map_err(asking(what))?;
        let Some((first_code, lines_done)) = begun else { return Ok(BlockStored::Repeated) };
        let (pool, taken) = (&block.want.pool, block.taken);
        let known =
            insert_new(&mut tx, what, pool, taken, Micros(now), &mut Runs::default()).await?;
        let new = taken.len() - known.len();
        let mut aside: Vec<(usize, String)> =
            block.aside.iter().map(|line| (line.line, line.refusal.to_string())).collect();
        for (code, row) in known {
            if row < first_code {
                let reason = already_here(&mut tx, code, row).await.map_err(asking(what))?;
                aside.push((code.line, reason));
            }
        }
        aside.retain(|(line, _)| *line > lines_done as usize);
        insert_aside(&mut tx, &block, &aside, now).await.map_err(asking(what))?;
        end_part(&mut tx, &block, through.max(lines_done), new, now).await.map_err(asking(what))?;
        tx.commit().await.map_err(asking(what))?;
        Ok(BlockStored::New { taken: new, set_aside: aside.len() })
    }

    async fn move_want(
        &self,
        what: &'static str,
        id: i64,
        to: WantState,
        order: Option<&str>,
        problem: Option<&str>,
    ) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update want set state = ?, upstream_id = coalesce(?, upstream_id), problem = ?, moved_at = ?
             where id = ? and state not in ('done', 'failed')",
        );
        let write = write.bind(to.word()).bind(order).bind(problem).bind(Micros::now().0).bind(id);
        self.write_one(what, write).await
    }
}

/// The number of the block's first code, and how many of its lines are done; nothing if all are.
async fn begin_block(
    tx: &mut Transaction<'static, Sqlite>,
    block: &NewBlock<'_>,
    now: i64,
) -> Result<Option<(i64, u32)>, sqlx::Error> {
    let inserted = sqlx::query(
        "insert into block (upstream_id, want_id, quantity, at, lines_done)
         values (?, ?, ?, ?, 0) on conflict do nothing",
    )
    .bind(block.id)
    .bind(block.want.id)
    .bind(block.quantity)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    let (first, quantity, done): (i64, u32, Option<u32>) = sqlx::query_as(
        "select coalesce(first_code, 0), quantity, lines_done from block where upstream_id = ?",
    )
    .bind(block.id)
    .fetch_one(&mut **tx)
    .await?;
    let goes_on = done.is_some_and(|done| done < quantity);
    let is_new = inserted.rows_affected() == 1;
    Ok((is_new || goes_on).then_some((first, done.unwrap_or_default())))
}

async fn end_part(
    tx: &mut Transaction<'static, Sqlite>,
    block: &NewBlock<'_>,
    through: u32,
    new: usize,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update block set lines_done = ?, last_code = (select max(id) from code)
         where upstream_id = ?",
    )
    .bind(through)
    .bind(block.id)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "update want set taken = taken + ?, moved_at = ?, problem = null,
           asked = iif(?, null, asked) where id = ?",
    )
    .bind(i64::try_from(new).unwrap_or(i64::MAX))
    .bind(now)
    .bind(through >= block.quantity)
    .bind(block.want.id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn already_here(
    tx: &mut Transaction<'static, Sqlite>,
    code: &ArrayLine,
    id: i64,
) -> Result<String, sqlx::Error> {
    let (pool, text): (String, String) = sqlx::query_as("select pool, text from code where id = ?")
        .bind(id)
        .fetch_one(&mut **tx)
        .await?;
    let same = if CodeText::new(text) == code.text { "" } else { ", with another check part" };
    Ok(format!("already stored as code {id} of pool {pool}{same}"))
}

async fn insert_aside(
    tx: &mut Transaction<'static, Sqlite>,
    block: &NewBlock<'_>,
    aside: &[(usize, String)],
    now: i64,
) -> Result<(), sqlx::Error> {
    if aside.is_empty() {
        return Ok(());
    }
    let order = block.want.upstream_id.as_deref().unwrap_or("unknown");
    sqlx::query(
        "insert into set_aside (pool, source, line, reason, at)
         select ?1, ?2, value ->> 0, value ->> 1, ?3 from json_each(?4)",
    )
    .bind(&block.want.pool)
    .bind(format!("block {} of order {order}", block.id))
    .bind(now)
    .bind(serde_json::to_string(aside).expect("numbers and texts become JSON"))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn want(what: &'static str, row: WantRow) -> Result<Want, StoreError> {
    let (
        id,
        pool,
        gtin,
        group,
        quantity,
        taken,
        state,
        upstream_id,
        problem,
        made,
        moved,
        asked,
        dies,
        template,
    ) = row;
    let strange = |why: String| StoreError::Refused { what, why: format!("want {id}: {why}") };
    Ok(Want {
        id,
        pool,
        gtin: gtin.parse().map_err(|why| strange(format!("GTIN '{gtin}': {why}")))?,
        group: ProductGroup::from_alias(&group)
            .ok_or_else(|| strange(format!("'{group}' is no product group")))?,
        quantity,
        taken,
        state: WantState::ALL
            .into_iter()
            .find(|known| known.word() == state)
            .ok_or_else(|| strange(format!("'{state}' is no state of a want")))?,
        upstream_id,
        asked,
        expires_at: dies.map(Micros),
        template,
        problem,
        made_at: Micros(made),
        moved_at: Micros(moved),
    })
}
