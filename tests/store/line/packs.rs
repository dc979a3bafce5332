//! Labels that were printed elsewhere: what the store says of them, and what it lets happen to them.
use super::{job, judged, line, seen, settled};
use crate::store_kit::{self, Kit, LINE, POOL, gtin};
use markwright::code::{CodeId, Step};
use markwright::line::{Fate, Found, LineState, Mode, Record, RejectReason, Scenario, Verdict};
use markwright::store::StoreError;
use markwright::telemetry::clock::Micros;

/// A store whose ten codes were printed elsewhere, and a running job of this scenario for them.
async fn with_printed(scenario: Scenario) -> (Kit, i64) {
    let kit = Kit::new().await;
    let intake = kit.store.intake(POOL, "film.txt", markwright::store::Pace::Gentle).await.unwrap();
    let mut intake = intake.of_printed_labels();
    intake.store(&store_kit::array(10), &[]).await.unwrap();
    intake.finish().await.unwrap();
    let id = kit.store.add_job(&job(scenario, POOL)).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    (kit, id)
}

fn text_of(code: usize) -> String {
    store_kit::array(10)[code - 1].text.as_str().to_owned()
}

#[tokio::test]
async fn codes_that_were_printed_elsewhere_are_no_stock_and_are_not_under_way() {
    let (kit, _) = with_printed(Scenario::Preprinted).await;
    assert_eq!(kit.state(1).await, ("printed".to_owned(), false));
    let stock = kit.store.take_stock(POOL, gtin(), CodeId(0), 10).await.unwrap();
    assert!(stock.is_empty());
    assert!(kit.store.restore(LINE).await.unwrap().known.under_way.is_empty());
    assert_eq!(kit.number("select n from tally where state = 'printed'").await, 10);
}

#[tokio::test]
async fn the_store_says_of_every_text_whether_it_is_new_and_why_not() {
    use RejectReason as R;
    let (kit, _) = with_printed(Scenario::Preprinted).await;
    let wanted = job(Scenario::Preprinted, POOL);
    for (code, states) in [
        (2, vec!["verified"]),
        (3, vec!["doubtful"]),
        (4, vec!["scrapped"]),
        (5, vec!["rejected"]),
        (6, vec!["sampled"]),
    ] {
        for state in states {
            sqlx::query("update code set state = $1 where id = $2")
                .bind(state)
                .bind(code)
                .execute(&kit.plain)
                .await
                .unwrap();
        }
    }
    let stored: Vec<_> = store_kit::array(12).split_off(10);
    kit.store.store_codes(POOL, "test", &stored[..1]).await.unwrap();
    kit.store.store_codes("order:7", "test", &stored[1..]).await.unwrap();
    let look = async |text: &str| kit.store.look_up(&wanted, text).await.unwrap();
    assert_eq!(look(&text_of(1)).await, Found::New(CodeId(1)));
    for (text, reason) in [
        (text_of(2), R::Duplicate),
        (text_of(3), R::InDoubt),
        (text_of(4), R::UsedUp),
        (text_of(5), R::UsedUp),
        (text_of(6), R::UsedUp),
        (stored[0].text.as_str().to_owned(), R::NotPrinted),
        (stored[1].text.as_str().to_owned(), R::OtherJob),
        (text_of(1).replace("93#SzU", "93#SzX"), R::UnknownCode),
        (text_of(1).replace("2100000001", "2199999999"), R::UnknownCode),
        (text_of(1).replacen("04810093011694", "04600000000008", 1), R::Foreign),
        ("no code at all".to_owned(), R::Foreign),
    ] {
        assert_eq!(look(&text).await, Found::Not(reason), "{text:?}");
    }
}

#[tokio::test]
async fn a_scanner_that_spoils_a_text_by_hand_still_finds_its_code() {
    let (kit, _) = with_printed(Scenario::Manual).await;
    let wanted = job(Scenario::Manual, POOL);
    let look = async |text: String| kit.store.look_up(&wanted, &text).await.unwrap();
    assert_eq!(look(text_of(1)).await, Found::New(CodeId(1)));
    assert_eq!(
        look(format!("]d2{}", text_of(1).replace('\u{1d}', ""))).await,
        Found::New(CodeId(1))
    );
    assert_eq!(look("12345".to_owned()).await, Found::Not(RejectReason::NotGs1));
    let foreign = text_of(1).replacen("04810093011694", "04600000000008", 1);
    assert_eq!(look(foreign).await, Found::Not(RejectReason::Foreign));
}

#[tokio::test]
async fn a_label_is_verified_on_one_product_only_and_belongs_to_the_job_that_found_it() {
    let (kit, id) = with_printed(Scenario::Preprinted).await;
    let on = |tag: u32| {
        vec![
            seen(tag),
            store_kit::labelled(tag, 1),
            store_kit::moved(1, Step::Verify),
            judged(tag, Verdict::Good),
        ]
    };
    kit.store.append(LINE, Some(id), &on(1)).await.unwrap();
    // Another line, that had asked at the same moment.
    let second = kit.store.append("two", None, &on(1)).await;
    assert!(matches!(second, Err(StoreError::Refused { .. })), "{second:?}");
    kit.store.append(LINE, Some(id), &[settled(1, Fate::Verified)]).await.unwrap();
    let job = kit.store.job(id).await.unwrap().unwrap();
    let sums = kit.store.job_sums(&job).await.unwrap();
    assert_eq!((sums.handed_over, sums.codes.verified, sums.never_seen), (1, 1, 9));
    assert!(sums.codes_close() && sums.products_close(), "{sums:?}");
    assert_eq!(sums.open().len(), 1, "only the bin is not counted: {:?}", sums.open());
    assert_eq!(job.done, 1);
}

#[tokio::test]
async fn a_line_that_runs_out_of_production_stands_for_the_account_of_time() {
    use LineState as S;
    let kit = Kit::new().await;
    let run = [line(S::Idle, S::Starting, None), line(S::Starting, S::Execute, None)];
    let mode = |from, to| Record::Mode { from, to };
    let mut said = Vec::new();
    for to in [Mode::Maintenance, Mode::Production] {
        let from = if to == Mode::Production { Mode::Maintenance } else { Mode::Production };
        kit.append(&[mode(from, to)]).await;
        kit.append(&run).await;
        kit.append(&[line(S::Execute, S::Idle, None)]).await;
        let spans = kit.store.spans(LINE, (Micros(0), Micros(i64::MAX))).await.unwrap();
        said.push(spans.iter().any(|span| span.state == Some(S::Execute)));
    }
    assert_eq!(said, [false, true]);
}
