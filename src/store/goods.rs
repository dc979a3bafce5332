//! What is made: trade items and what their labels say of them.
use super::{Store, StoreError};
use crate::code::{Gtin, ProductGroup};

/// A trade item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// Its number.
    pub gtin: Gtin,
    /// Its name, as on the label.
    pub name: String,
    /// Its customs code (TN VED), or empty.
    pub hs_code: String,
    /// Its product group.
    pub group: ProductGroup,
    /// The maker's own number, or empty.
    pub article: String,
    /// Size, or empty.
    pub size: String,
    /// Colour, or empty.
    pub colour: String,
    /// What it is made of, or empty.
    pub composition: String,
}

const WHAT: &str = "look up goods";

impl Store {
    /// What a customer wants to stand on the labels of this pool: name and customs code. Nothing for
    /// a pool that is not of an order.
    pub async fn wording_of(&self, pool: &str) -> Result<Option<(String, String)>, StoreError> {
        sqlx::query_as("select name, hs_code from label_order where 'order:' || id = $1")
            .bind(pool)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking("look up what an order wants on its labels"))
    }

    /// Keeps a trade item, or what is new about it.
    pub async fn put_goods(&self, goods: &Goods) -> Result<(), StoreError> {
        const WHAT: &str = "keep goods";
        let mut tx = self.begin(WHAT).await?;
        sqlx::query(
            "insert into goods \
             (gtin, name, hs_code, product_group, article, size, colour, composition) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) \
             on conflict (gtin) do update set name = $2, hs_code = $3, product_group = $4, \
             article = $5, size = $6, colour = $7, composition = $8",
        )
        .bind(goods.gtin.as_str())
        .bind(&goods.name)
        .bind(&goods.hs_code)
        .bind(goods.group.alias())
        .bind(&goods.article)
        .bind(&goods.size)
        .bind(&goods.colour)
        .bind(&goods.composition)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// The trade item of this number.
    pub async fn goods(&self, gtin: Gtin) -> Result<Option<Goods>, StoreError> {
        type Row = (String, String, String, String, String, String, String);
        let row: Option<Row> = sqlx::query_as(
            "select name, hs_code, product_group, article, size, colour, composition \
             from goods where gtin = $1",
        )
        .bind(gtin.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let Some((name, hs_code, group, article, size, colour, composition)) = row else {
            return Ok(None);
        };
        let group = ProductGroup::from_alias(&group).ok_or_else(|| StoreError::Refused {
            what: WHAT,
            why: format!("{gtin} is of the product group '{group}', which is not known here"),
        })?;
        Ok(Some(Goods { gtin, name, hs_code, group, article, size, colour, composition }))
    }
}
