//! What there is to say of the codes that a document would take.
use super::open::count;
use super::paper_words::Origin;
use super::papers::WHAT;
use super::{Store, StoreError};
use crate::code::{Gtin, ProductGroup};

/// What a job or an order is, for the person who introduces its goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The trade item.
    pub gtin: Gtin,
    /// The name of the goods.
    pub name: String,
    /// Their customs code, or empty.
    pub hs_code: String,
    /// Colour, or empty.
    pub colour: String,
    /// Size, or empty.
    pub size: String,
    /// Codes that can be introduced now.
    pub ready: u64,
    /// Verified codes that the state system was not told of yet.
    pub not_told: u64,
    /// Codes that a document of ours introduces or introduced.
    pub introduced: u64,
    /// The product group of its codes, if any is here.
    pub group: Option<ProductGroup>,
}

impl Store {
    /// What is known of the goods of a job or an order, and how many of its codes can be introduced.
    /// Nothing if there is no such job or order.
    pub async fn about(&self, origin: Origin) -> Result<Option<About>, StoreError> {
        let goods = match origin {
            Origin::Job(_) => {
                "select j.gtin, coalesce(g.name, ''), coalesce(g.hs_code, ''),
                   coalesce(g.colour, ''), coalesce(g.size, '')
                 from job j left join goods g on g.gtin = j.gtin where j.id = ?"
            }
            Origin::Order(_) | Origin::Remarking(_) => {
                "select o.gtin, o.name, o.hs_code, coalesce(g.colour, ''), coalesce(g.size, '')
                 from label_order o left join goods g on g.gtin = o.gtin where o.id = ?"
            }
            Origin::Report(_) => return Ok(None),
        };
        let row: Option<(String, String, String, String, String)> = sqlx::query_as(goods)
            .bind(origin.number())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let Some((gtin, name, hs_code, colour, size)) = row else { return Ok(None) };
        let counts = format!(
            "select coalesce(sum(told_at is not null and paper_id is null), 0),
               coalesce(sum(told_at is null), 0), coalesce(sum(paper_id is not null), 0)
             from code left join paper_claim on code_id = code.id and what = 'introduced'
             where {} and state = 'verified'",
            origin.codes()
        );
        let (ready, not_told, introduced): (i64, i64, i64) =
            sqlx::query_as(sqlx::AssertSqlSafe(counts))
                .bind(origin.number())
                .fetch_one(&self.readers)
                .await
                .map_err(StoreError::asking(WHAT))?;
        let gtin: Gtin = super::open::word(WHAT, &gtin)?;
        let (ready, not_told, introduced) = (count(ready), count(not_told), count(introduced));
        let group = self.group_of(origin).await?;
        Ok(Some(About { gtin, name, hs_code, colour, size, ready, not_told, introduced, group }))
    }

    async fn group_of(&self, origin: Origin) -> Result<Option<ProductGroup>, StoreError> {
        let one = format!("select product_group from code where {} limit 1", origin.codes());
        let alias: Option<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(one))
            .bind(origin.number())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(alias.and_then(|alias| ProductGroup::from_alias(&alias)))
    }
}
