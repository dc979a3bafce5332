//! What a PLC counted by itself is remembered and added up by job.
use crate::store_kit::{Kit, LINE, POOL, gtin};
use markwright::line::{PlcCounts, Record, Scenario};
use markwright::store::{JobPlcCounts, Lot, NewJob, RollJob};

async fn job(kit: &Kit) -> i64 {
    let wanted = NewJob {
        line: LINE.into(),
        scenario: Scenario::PrintApply,
        pool: POOL.into(),
        gtin: gtin(),
        design: "dairy".into(),
        planned: 4,
        roll: RollJob::default(),
        lot: Lot::default(),
    };
    kit.store.add_job(&wanted).await.unwrap()
}

fn counts(boot: u16, infeed: u32, passed: u32) -> PlcCounts {
    PlcCounts { boot, infeed, passed, ..PlcCounts::default() }
}

async fn tells(kit: &Kit, job: Option<i64>, counts: PlcCounts) {
    kit.store.append(LINE, job, &[Record::PlcCounted(counts)]).await.unwrap();
}

#[tokio::test]
async fn a_job_is_told_what_the_plc_counted_from_its_beginning_to_its_last_stand() {
    let kit = Kit::new().await;
    let (first, second) = (job(&kit).await, job(&kit).await);
    assert_eq!(kit.store.plc_counts_of_job(first).await.unwrap(), None);
    assert_eq!(kit.store.plc_counts(LINE).await.unwrap(), None);
    // The PLC has run for a year when it is heard for the first time.
    tells(&kit, None, counts(1, 900_000, 800_000)).await;
    tells(&kit, Some(first), counts(1, 900_010, 800_009)).await;
    tells(&kit, Some(second), counts(1, 900_020, 800_019)).await;
    // It goes on with the first job, and its program is started meanwhile.
    tells(&kit, Some(first), counts(1, 900_025, 800_020)).await;
    tells(&kit, Some(first), counts(2, 3, 2)).await;
    let of = async |job| kit.store.plc_counts_of_job(job).await.unwrap().unwrap();
    let wanted = |infeed, passed, restarts| JobPlcCounts {
        infeed,
        passed,
        restarts,
        ..JobPlcCounts::default()
    };
    assert_eq!(of(first).await, wanted(10 + 5 + 3, 9 + 1 + 2, 1));
    assert_eq!(of(second).await, wanted(10, 10, 0));
    let last = kit.store.plc_counts(LINE).await.unwrap().unwrap();
    assert_eq!(last.1, counts(2, 3, 2));
}

#[tokio::test]
async fn counts_of_32_bits_go_on_over_their_end_and_are_never_changed() {
    let kit = Kit::new().await;
    let job = job(&kit).await;
    tells(&kit, None, counts(1, u32::MAX, 0)).await;
    tells(&kit, Some(job), counts(1, 4, 0)).await;
    assert_eq!(kit.store.plc_counts_of_job(job).await.unwrap().unwrap().infeed, 5);
    for sql in ["update plc_count set infeed = 0", "delete from plc_count"] {
        assert!(sqlx::query(sql).execute(&kit.plain).await.is_err(), "{sql}");
    }
}
