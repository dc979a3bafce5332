//! What happens by the clock alone: a sign of life, and the end of shelving.
use crate::store::{Store, StoreError};
use crate::telemetry::clock::Micros;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether an alarm comes back from the shelf.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Every so many looks a sign of life is written: after a kill, nobody knows of that many seconds
/// whether the lines still ran.
const LOOKS_PER_SIGN: u32 = 5;

/// Works until told to stop, and says so then.
pub(super) async fn keep(store: Store, stop: CancellationToken) {
    let mut looks = 0;
    loop {
        let stopped = stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none();
        looks = (looks + 1) % LOOKS_PER_SIGN;
        if let Err(error) = look(&store, looks == 0 || stopped).await {
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
