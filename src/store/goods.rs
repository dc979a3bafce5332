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
    /// Country of origin, or empty.
    pub country: String,
    /// Who made it, or empty.
    pub maker: String,
    /// Who brought it into the country, or empty.
    pub importer: String,
    /// The lot that is made where a job names none of its own.
    pub lot: Lot,
}

/// What is made together, as it is to be printed; empty where labels say nothing about it. A lot is
/// taken whole: the batch of one with the date of another would be a lie.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lot {
    /// Batch.
    pub batch: String,
    /// Date of production.
    pub date: String,
    /// Date up to which it is good.
    pub best_before: String,
}

impl Lot {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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
            "insert or replace into goods (gtin, name, hs_code, product_group, article, size, \
             colour, composition, country, maker, importer, batch, date, best_before) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(goods.gtin.as_str())
        .bind(&goods.name)
        .bind(&goods.hs_code)
        .bind(goods.group.alias())
        .bind(&goods.article)
        .bind(&goods.size)
        .bind(&goods.colour)
        .bind(&goods.composition)
        .bind(&goods.country)
        .bind(&goods.maker)
        .bind(&goods.importer)
        .bind(&goods.lot.batch)
        .bind(&goods.lot.date)
        .bind(&goods.lot.best_before)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// The trade item of this number.
    pub async fn goods(&self, gtin: Gtin) -> Result<Option<Goods>, StoreError> {
        let row: Option<Row> = sqlx::query_as("select * from goods where gtin = $1")
            .bind(gtin.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        row.map(|row| row.goods(gtin)).transpose()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    hs_code: String,
    product_group: String,
    article: String,
    size: String,
    colour: String,
    composition: String,
    country: String,
    maker: String,
    importer: String,
    batch: String,
    date: String,
    best_before: String,
}

impl Row {
    fn goods(self, gtin: Gtin) -> Result<Goods, StoreError> {
        let group = &self.product_group;
        let group = ProductGroup::from_alias(group).ok_or_else(|| StoreError::Refused {
            what: WHAT,
            why: format!("{gtin} is of the product group '{group}', which is not known here"),
        })?;
        Ok(Goods {
            gtin,
            name: self.name,
            hs_code: self.hs_code,
            group,
            article: self.article,
            size: self.size,
            colour: self.colour,
            composition: self.composition,
            country: self.country,
            maker: self.maker,
            importer: self.importer,
            lot: Lot { batch: self.batch, date: self.date, best_before: self.best_before },
        })
    }
}
