//! Serial numbers of our own making: each is given to one want, before its order is placed.
use super::open::count;
use super::{Store, StoreError};
use crate::code::Gtin;
use serde_json::json;
use std::collections::HashSet;

const WHAT: &str = "give serial numbers to a want";
/// Serial numbers in one transaction: lines that run wait for some milliseconds only.
const AT_ONCE: usize = 5_000;

impl Store {
    /// The serial numbers of a want as they come back in its codes, always in the same order.
    pub async fn serials_of(&self, want: i64) -> Result<Vec<String>, StoreError> {
        let ask = "select serial from want_serial where want_id = ? order by serial";
        sqlx::query_scalar(ask)
            .bind(want)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("look up the serial numbers of a want"))
    }

    /// How many serial numbers of this trade item are given out: in codes, or to a want.
    pub async fn serials_given(&self, gtin: Gtin) -> Result<u64, StoreError> {
        let given: i64 = sqlx::query_scalar(
            "select (select count(*) from code where gtin = cast(?1 as integer))
               + (select count(*) from want_serial w where gtin = cast(?1 as integer)
                  and not exists (select 1 from code c where c.gtin = w.gtin and c.serial = w.serial))",
        )
        .bind(gtin.as_str())
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking("count serial numbers"))?;
        Ok(count(given))
    }

    /// Gives serial numbers to a want, but those that a code or another want has. Answers how many it
    /// has now.
    pub async fn give_serials(
        &self,
        want: i64,
        gtin: Gtin,
        made: &[String],
    ) -> Result<u64, StoreError> {
        for part in made.chunks(AT_ONCE) {
            let write = sqlx::query(
                "insert into want_serial (gtin, serial, want_id)
                 select cast(?1 as integer), value, ?2 from json_each(?3)
                 where not exists (select 1 from code
                                   where gtin = cast(?1 as integer) and serial = value)
                 on conflict do nothing",
            );
            let write = write.bind(gtin.as_str()).bind(want).bind(json!(part).to_string());
            self.write_one(WHAT, write).await?;
        }
        let have: i64 = sqlx::query_scalar("select count(*) from want_serial where want_id = ?")
            .bind(want)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(count(have))
    }

    /// Which of these serial numbers were not given to this want; none where it was given none.
    pub async fn strange_serials(
        &self,
        want: i64,
        gtin: Gtin,
        serials: &[&str],
    ) -> Result<HashSet<String>, StoreError> {
        let strange: Vec<String> = sqlx::query_scalar(
            "select value from json_each(?3)
             where exists (select 1 from want_serial where want_id = ?1)
               and not exists (select 1 from want_serial
                   where gtin = cast(?2 as integer) and serial = value and want_id = ?1)",
        )
        .bind(want)
        .bind(gtin.as_str())
        .bind(json!(serials).to_string())
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("hold codes against their serial numbers"))?;
        Ok(strange.into_iter().collect())
    }
}
