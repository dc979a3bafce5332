//! How many records of a line become durable in a second, and how long one append takes: `cargo bench
//! --bench store_journal`. Figures: docs/performance.md.
//!
//! Facts that wait together share one transaction, up to 32 (`FACTS_AT_ONCE` in `src/drive.rs`).
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
#![allow(clippy::cast_precision_loss, missing_docs, reason = "figures for people")]
#[path = "../tests/store_kit/mod.rs"]
mod store_kit;

use markwright::line::{Fate, Record, Tag, Verdict};
use std::time::Duration;
use store_kit::{Kit, LINE, way_to_verified};
use tokio::time::Instant;

const PRODUCTS: u32 = 6_400;

/// All that is recorded of a good product: eight records, five of them steps of its code or itself.
fn of(product: u32) -> Vec<Record> {
    let tag = Tag(product);
    let mut records = way_to_verified(product, product.into());
    records.push(Record::ProductJudged { tag, verdict: Verdict::Good, picture: None });
    records.push(Record::ProductSettled { tag, fate: Fate::Verified });
    records
}

async fn measure(products_at_once: u32) {
    let kit = Kit::with_codes(PRODUCTS as usize).await;
    let (mut took, mut records) = (Vec::new(), 0);
    let begun = Instant::now();
    for first in (1..=PRODUCTS).step_by(products_at_once as usize) {
        let burst: Vec<_> = (first..first + products_at_once).flat_map(of).collect();
        records += burst.len();
        let asked = Instant::now();
        kit.store.append(LINE, None, &burst).await.unwrap();
        took.push(asked.elapsed());
    }
    let all = begun.elapsed();
    took.sort_unstable();
    let at = |share: usize| ms(took[(took.len() - 1) * share / 1_000]);
    println!(
        "{:4} records at once: {:6.0} records a second; append p50 {} p99 {} p99.9 {} max {} ms",
        8 * products_at_once,
        records as f64 / all.as_secs_f64(),
        at(500),
        at(990),
        at(999),
        at(1_000),
    );
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for products_at_once in [1, 4, 8, 16] {
        runtime.block_on(measure(products_at_once));
    }
}
