//! What happens by the clock alone: a sign of life, the end of shelving, a look at the stock.
use crate::store::{Store, StoreError};
use crate::telemetry::clock::Micros;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether an alarm comes back from the shelf.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Every so many looks a sign of life is written: after a kill, nobody knows of that many seconds
/// whether the lines still ran.
const LOOKS_PER_SIGN: u32 = 5;
/// Every so many looks it is seen whether the codes of every line last. Minutes matter there.
const LOOKS_PER_STOCK: u32 = 20;

/// A line that prints, and the pool of its codes.
#[derive(Debug)]
pub(super) struct Stocked {
    pub(super) line: String,
    pub(super) pool: String,
}

/// Works until told to stop, and says so then.
pub(super) async fn keep(store: Store, lines: Vec<Stocked>, stop: CancellationToken) {
    let mut looks = 0_u32;
    loop {
        if looks.is_multiple_of(LOOKS_PER_STOCK)
            && let Err(error) = look_at_stock(&store, &lines).await
        {
            tracing::warn!(%error, "nobody knows whether the codes of the lines last");
        }
        let stopped = stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none();
        looks = (looks + 1) % (LOOKS_PER_SIGN * LOOKS_PER_STOCK);
        if let Err(error) = look(&store, looks.is_multiple_of(LOOKS_PER_SIGN) || stopped).await {
            tracing::warn!(%error, "the store does not take a sign of life");
        }
        if stopped {
            return;
        }
    }
}

async fn look(store: &Store, is_sign: bool) -> Result<(), StoreError> {
    let now = Micros::now();
    store.end_shelving(now).await?;
    if is_sign {
        store.is_alive(now).await?;
    }
    Ok(())
}

async fn look_at_stock(store: &Store, lines: &[Stocked]) -> Result<(), StoreError> {
    for Stocked { line, pool } in lines {
        store.watch_stock(line, pool, Micros::now()).await?;
    }
    Ok(())
}
