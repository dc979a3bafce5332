//! Small pictures of rejects that stay with a closed job, whatever the camera's shelf throws away.
use super::{Store, StoreError};
use crate::line::PictureId;

const WHAT: &str = "keep the pictures of a job";

/// A picture is of a product that was rejected, or of a bad label of a roll; the first ones first.
const PICTURES: &str = "\
    select picture from (\
      select picture, coalesce(judged_at, settled_at) as at from product \
      where job_id = $1 and fate = 'rejected' and picture is not null \
      union all \
      select picture, read_at from roll_label \
      where job_id = $1 and reading = 'bad' and picture is not null) \
    order by at, picture limit $2";

impl Store {
    /// The pictures of the first rejects of a job, at most so many.
    pub async fn reject_pictures(
        &self,
        job: i64,
        most: usize,
    ) -> Result<Vec<PictureId>, StoreError> {
        let pictures: Vec<i64> = sqlx::query_scalar(PICTURES)
            .bind(job)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(pictures.into_iter().map(|id| PictureId(id.cast_unsigned())).collect())
    }

    /// Keeps small pictures (JPEG) with a job. One that is kept stays as it is.
    pub async fn keep_pictures(
        &self,
        job: i64,
        small: &[(PictureId, Vec<u8>)],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        for (picture, jpeg) in small {
            sqlx::query(
                "insert into batch_picture (job_id, picture, jpeg) values ($1, $2, $3) \
                 on conflict do nothing",
            )
            .bind(job)
            .bind(picture.0.cast_signed())
            .bind(jpeg)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        }
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// A small picture (JPEG) that was kept with a job.
    pub async fn kept_small(
        &self,
        job: i64,
        picture: PictureId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("select jpeg from batch_picture where job_id = $1 and picture = $2")
            .bind(job)
            .bind(picture.0.cast_signed())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))
    }
}
