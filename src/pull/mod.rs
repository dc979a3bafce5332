//! Codes in: orders codes, fetches blocks, recovers lost answers.
//!
//! The task looks at the open wants of the store and takes each one step further, again and again.
//! It keeps nothing of its own that a restart could lose: what is written in the store, and what
//! the station says, is enough to go on from anywhere.
mod expiry;
mod lost_order;
pub mod mark;
mod serials;
mod sift;
mod step;

pub use expiry::days_of_life;
pub use serials::Serials;

use crate::code::{Gtin, ProductGroup};
use crate::store::{Store, StoreError, Want, WantState};
use crate::telemetry::clock::Micros;
use crate::upstream::{Agenda, OmsError, Station};
use std::collections::HashSet;
use std::time::Duration;
use step::Next;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How codes are pulled.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Codes in one block, 1 to 150,000 (the station's limit). A block is stored in parts, so that
    /// lines that run do not wait for all of it.
    pub block: u32,
    /// The wait before the store is looked at again, and the first wait before the station is
    /// asked again about the same order.
    pub look_every: Duration,
    /// The longest wait before the station is asked again about the same order.
    pub look_at_least_every: Duration,
    /// An order whose answer was lost is looked for at the station after this long: it may still
    /// be on its way.
    pub search_after: Duration,
    /// If it was not found for certain, it is looked for again after this long.
    pub search_every: Duration,
    /// After a want failed, a stock rule rests for this long, so that it does not order again and
    /// again what the station refuses.
    pub rest_after_failure: Duration,
    /// Pools that are kept filled.
    pub rules: Vec<StockRule>,
    /// Who makes the serial numbers.
    pub serials: Serials,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            block: 50_000,
            look_every: Duration::from_secs(2),
            look_at_least_every: Duration::from_mins(1),
            search_after: Duration::from_mins(3),
            search_every: Duration::from_mins(5),
            rest_after_failure: Duration::from_mins(10),
            rules: Vec::new(),
            serials: Serials::default(),
        }
    }
}

/// A pool that is kept filled: when fewer than `low` codes are there or coming, `order` more are
/// wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRule {
    /// The pool.
    pub pool: String,
    /// The trade item.
    pub gtin: Gtin,
    /// Its product group.
    pub group: ProductGroup,
    /// Codes.
    pub low: u64,
    /// Codes.
    pub order: u32,
}

/// How often codes that died are looked for.
const EXPIRE_EVERY: Duration = Duration::from_secs(20);

/// Keeps pulling codes until it is told to stop.
pub async fn keep(
    settings: Settings,
    store: Store,
    client: impl Into<Station>,
    stop: CancellationToken,
) {
    let look_every = settings.look_every;
    let mut puller = Puller::new(settings, store, client.into());
    while !stop.is_cancelled() {
        let looked = puller.look(&stop).await;
        rest_after(looked, look_every, &stop).await;
    }
}

/// Rests before the next look, unless a want came further: it may go on at once.
async fn rest_after(looked: Result<bool, StoreError>, rest: Duration, stop: &CancellationToken) {
    let moved = looked.unwrap_or_else(|error| {
        tracing::error!(%error, source = ?std::error::Error::source(&error), "pull: store");
        false
    });
    if !moved {
        stop.run_until_cancelled(tokio::time::sleep(rest)).await;
    }
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Oms(#[from] OmsError),
}

#[derive(Debug)]
struct Puller {
    settings: Settings,
    store: Store,
    client: Station,
    agenda: Agenda,
    /// Orders of ours that the station has open.
    open_orders: usize,
    /// When codes that died were last looked for.
    expired_at: Option<Instant>,
    /// Wants whose blocks are known to be those that the station lists. After a restart and after
    /// every trouble there are none.
    reconciled: HashSet<i64>,
}

impl Puller {
    fn new(settings: Settings, store: Store, client: Station) -> Self {
        let agenda = Agenda::new(settings.look_every, settings.look_at_least_every);
        Self {
            settings,
            store,
            client,
            agenda,
            open_orders: 0,
            expired_at: None,
            reconciled: HashSet::new(),
        }
    }

    /// Takes every want that is due one step further. Whether one of them can go on at once.
    async fn look(&mut self, stop: &CancellationToken) -> Result<bool, StoreError> {
        self.expire().await?;
        let at_most = self.client.limits().codes_in_an_order;
        refill(&self.settings, &self.store, at_most).await?;
        let wants = self.store.open_wants().await?;
        let is_open = |want: &&Want| !matches!(want.state, WantState::Wanted);
        self.open_orders = wants.iter().filter(is_open).count();
        let open = wants.iter().map(|want| want.id).collect();
        self.agenda.keep_only(&open);
        self.reconciled.retain(|id| open.contains(id));
        let mut moved = false;
        for want in &wants {
            if !stop.is_cancelled() && self.agenda.is_due(want.id) {
                moved |= self.take_further(want).await?;
            }
        }
        Ok(moved)
    }

    async fn take_further(&mut self, want: &Want) -> Result<bool, StoreError> {
        let came = self.step(want).await;
        if matches!(came, Err(StepError::Oms(_))) {
            self.reconciled.remove(&want.id);
        }
        let again_after = |error: &_| self.client.again_after(error);
        note_step(&self.store, &mut self.agenda, want, came, again_after).await
    }

    /// Takes codes that died out of the stock.
    async fn expire(&mut self) -> Result<(), StoreError> {
        if self.expired_at.is_none_or(|at| at.elapsed() >= EXPIRE_EVERY) {
            self.expired_at = Some(Instant::now());
            let codes = self.store.expire_codes(Micros::now()).await?;
            if codes > 0 {
                tracing::warn!(codes, "codes have expired: they will not be printed");
            }
        }
        Ok(())
    }
}

/// Notes what came of a step, and when the next one is due. Whether that is at once.
async fn note_step(
    store: &Store,
    agenda: &mut Agenda,
    want: &Want,
    came: Result<Next, StepError>,
    again_after: impl Fn(&OmsError) -> Duration,
) -> Result<bool, StoreError> {
    let next = match came {
        Ok(next) => next,
        Err(StepError::Store(error)) => return Err(error),
        Err(StepError::Oms(error)) => {
            note_trouble(store, want, &error.to_string()).await?;
            Next::After(again_after(&error))
        }
    };
    match next {
        Next::Now => agenda.now(want.id),
        Next::Later => agenda.later(want.id),
        Next::After(pause) => agenda.after(want.id, pause),
    }
    Ok(matches!(next, Next::Now | Next::After(Duration::ZERO)))
}

/// Writes and logs a trouble once, however often it comes back.
async fn note_trouble(store: &Store, want: &Want, problem: &str) -> Result<(), StoreError> {
    let known = store.want(want.id).await?.and_then(|want| want.problem);
    if known.as_deref() == Some(problem) {
        return Ok(());
    }
    tracing::warn!(want = want.id, problem, "codes do not come");
    store.want_is_troubled(want.id, problem).await
}

/// Wants more codes for every pool that runs low, at most so many at once.
async fn refill(settings: &Settings, store: &Store, at_most: u32) -> Result<(), StoreError> {
    for rule in &settings.rules {
        let outlook = store.outlook(&rule.pool).await?;
        let rests = outlook.failed_at.is_some_and(|at| at.age() < settings.rest_after_failure);
        let is_low = outlook.in_hand + outlook.coming < rule.low;
        if !rests && (is_low || outlook.order_now()) {
            let quantity = outlook.quantity(rule.order).min(at_most);
            let want = store.want_codes(&rule.pool, rule.gtin, rule.group, quantity).await?;
            tracing::info!(want, pool = rule.pool, quantity, "stock is low");
        }
    }
    Ok(())
}
