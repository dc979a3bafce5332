//! The labelling centre: accepted orders become wanted codes, jobs for a line, or files.
//!
//! It looks at how the orders stand and does the next thing; whatever it was doing when it was
//! stopped, it finds out by looking. It never talks to a printer.
mod file;
mod plan;

use crate::code::CodeId;
use crate::order::OrderId;
use crate::store::{LabelOrder, RollJob, Store, StoreError};
use crate::telemetry::clock::Micros;
pub use file::FileProblem;
use plan::{Act, plan};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What the centre has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The line that prints rolls, by its name.
    pub desk_line: String,
    /// Where the files of orders are kept, as `NUMBER.pdf`.
    pub orders_dir: PathBuf,
    /// What is asked of the rolls.
    pub roll: RollJob,
    /// How often it looks.
    pub look_every: Duration,
}

/// Why an order did not come further. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum CentreProblem {
    /// The store did not do what it was asked.
    #[error("order {order} in the store")]
    Store {
        /// Which order.
        order: OrderId,
        /// Why.
        source: StoreError,
    },
    /// The file could not be made.
    #[error("order {order}: its file cannot be made")]
    File {
        /// Which order.
        order: OrderId,
        /// Why.
        source: FileProblem,
    },
}

/// Looks that an order in trouble is left alone for: its trouble lasts longer than a moment, and
/// to draw ten thousand labels again and again costs the line its processor.
const LOOKS_LEFT_ALONE: u32 = 60;

/// Fills orders until told to stop.
pub async fn keep(settings: Settings, store: Store, stop: CancellationToken) {
    let mut troubled: HashMap<OrderId, u32> = HashMap::new();
    let mut due = tokio::time::interval(settings.look_every);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(due.tick()).await.is_some() {
        troubled.retain(|_, looks| {
            *looks -= 1;
            *looks > 0
        });
        look(&settings, &store, &mut troubled).await;
    }
}

async fn look(settings: &Settings, store: &Store, troubled: &mut HashMap<OrderId, u32>) {
    let orders = match store.label_orders_to_fill().await {
        Ok(orders) => orders,
        Err(problem) => {
            tracing::error!(problem = chain(&problem), "the centre cannot see its orders");
            return;
        }
    };
    for order in orders.iter().filter(|o| !troubled.contains_key(&o.id)).collect::<Vec<_>>() {
        if let Err(problem) = fill(settings, store, order).await {
            let words = chain(&problem);
            tracing::error!(order = order.id.0, problem = words, "an order does not come further");
            troubled.insert(order.id, LOOKS_LEFT_ALONE);
            let noted = store.note_label_order(order.id, None, "In trouble", &words, Micros::now());
            if let Err(problem) = noted.await {
                tracing::error!(problem = chain(&problem), "nor can that be noted");
            }
        }
    }
}

/// Does the next thing about every order, once. For tests and for whoever cannot wait.
pub async fn fill_once(settings: &Settings, store: &Store) -> Result<(), CentreProblem> {
    let failed = |source| CentreProblem::Store { order: OrderId(0), source };
    for order in store.label_orders_to_fill().await.map_err(failed)? {
        fill(settings, store, &order).await?;
    }
    Ok(())
}

/// Does the next thing about one order.
async fn fill(settings: &Settings, store: &Store, order: &LabelOrder) -> Result<(), CentreProblem> {
    let id = order.id;
    let stored = |source| CentreProblem::Store { order: id, source };
    let counts = store.label_order_counts(id).await.map_err(stored)?;
    let job = store.label_order_job(id).await.map_err(stored)?;
    let act = plan(order, &counts, job);
    tracing::debug!(order = id.0, ?act, "next");
    let at = Micros::now();
    match act {
        Act::Wait => Ok(()),
        Act::Want => {
            let wanted = store.want_codes_for_order(id, None, settings.roll.spare_percent, at);
            wanted.await.map(drop).map_err(stored)
        }
        Act::Receive => store.receive_order_codes(id, at).await.map(drop).map_err(stored),
        Act::FileJob => {
            let filed = store.file_order_job(id, &settings.desk_line, settings.roll, at);
            filed.await.map_err(stored)
        }
        Act::Finish => store.finish_order_print(id, at).await.map_err(stored),
        Act::MakeFile(n) => make_file(settings, store, order, n).await,
        Act::SettleFile => settle_file(settings, store, id).await,
    }
}

/// Makes the file of an order. First it is drawn and lies on the disk under another name: what can
/// fail, fails while the codes are still stored. Then its codes are durably sent. Then it gets its
/// name, and its codes are printed. Nobody can download it before that.
async fn make_file(
    settings: &Settings,
    store: &Store,
    order: &LabelOrder,
    n: u32,
) -> Result<(), CentreProblem> {
    let id = order.id;
    let stored = |source| CentreProblem::Store { order: id, source };
    let filed = |source| CentreProblem::File { order: id, source };
    let most = usize::try_from(n).unwrap_or(usize::MAX);
    let codes = store.take_stock(&id.pool(), order.gtin, CodeId(0), most).await.map_err(stored)?;
    let place = file::Place::of(&settings.orders_dir, id);
    file::draw(&place, order, &codes).await.map_err(filed)?;
    store.send_to_file(id, &codes, Micros::now()).await.map_err(stored)?;
    file::name(&place).await.map_err(filed)?;
    store.finish_file(id, Micros::now()).await.map_err(stored)
}

/// Codes were sent into a file, and then the power went. The file has its name only if it is
/// whole: that is the evidence. Without it, the codes are in doubt.
async fn settle_file(settings: &Settings, store: &Store, id: OrderId) -> Result<(), CentreProblem> {
    let stored = |source| CentreProblem::Store { order: id, source };
    let place = file::Place::of(&settings.orders_dir, id);
    let whole = file::is_there(&place).await;
    let whole = whole.map_err(|source| CentreProblem::File { order: id, source })?;
    if whole {
        return store.finish_file(id, Micros::now()).await.map_err(stored);
    }
    store.doubt_file(id, Micros::now()).await.map(drop).map_err(stored)
}

/// A problem and its causes, in one line.
fn chain(problem: &dyn std::error::Error) -> String {
    let mut words = problem.to_string();
    let mut source = problem.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
