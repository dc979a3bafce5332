//! What the grade of a symbol adds to the append that judges its product: `cargo bench --bench
//! store_append`. Figures: docs/performance.md.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]
#[path = "../tests/store_kit/mod.rs"]
mod store_kit;

use divan::Bencher;
use markwright::code::{CodeId, Step};
use markwright::line::{PictureId, Quality, Record, Tag, Verdict};
use std::cell::Cell;
use store_kit::{Kit, LINE, moved};

/// Appends of each kind; every one takes a code that nobody has touched.
const APPENDS: u32 = 4_000;

fn main() {
    divan::main();
}

fn records(code: i64, is_graded: bool) -> Vec<Record> {
    let tag = Tag(u32::try_from(code).unwrap());
    let mut records = vec![
        moved(code, Step::Send),
        Record::ProductSeen { tag },
        Record::ProductJudged { tag, verdict: Verdict::Good, picture: None },
    ];
    let (parameters, growth) = ([Some(36); 8], Some((20, -10)));
    let quality = Quality { overall: 36, parameters, growth, calibrated: true };
    let (code, picture) = (Some(CodeId(code)), Some(PictureId(9)));
    records.extend(is_graded.then_some(Record::Graded { code, tag, quality, picture }));
    records
}

/// To a file on the disk, durable, on a job.
#[divan::bench(args = [false, true], sample_count = APPENDS, sample_size = 1)]
fn append_of_a_verdict(bencher: Bencher<'_, '_>, is_graded: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let kit = runtime.block_on(Kit::with_codes(APPENDS as usize + 100));
    let code = Cell::new(0);
    bencher
        .with_inputs(|| {
            code.set(code.get() + 1);
            records(code.get(), is_graded)
        })
        .bench_local_values(|records| {
            runtime.block_on(kit.store.append(LINE, Some(1), &records)).unwrap();
        });
}
