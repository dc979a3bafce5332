//! Codes that die.
use super::pull::{POOL, look, settings, start, until_state, want};
use super::{all_there, gtin};
use markwright::store::WantState;

#[tokio::test]
async fn codes_that_have_expired_are_never_printed() {
    let (bench, station, mut tasks) = all_there().await;
    let soon_ms = markwright::telemetry::clock::Micros::now().0 / 1000 + 3_600_000;
    station.world.lock().unwrap().expires_ms = Some(soon_ms);
    let id = want(&bench, 5).await;
    start(&mut tasks, &bench, &station, settings());
    until_state(&bench, id, WantState::Done).await;
    tasks.stop().await;
    let at = look(&bench, id).await.expires_at.unwrap();
    assert_eq!(at.0, soon_ms * 1000);

    let after = |hours: i64| markwright::telemetry::clock::Micros(at.0 + hours * 3_600_000_000);
    let dying = bench.store.dying_before(after(1)).await.unwrap();
    assert_eq!((dying.len(), dying[0].codes), (1, 5));
    assert_eq!(bench.store.expire_codes(after(-1)).await.unwrap(), 0);
    let first = markwright::code::CodeId(0);
    assert_eq!(bench.store.take_stock(POOL, gtin(), first, 10).await.unwrap().len(), 5);
    assert_eq!(bench.store.expire_codes(after(1)).await.unwrap(), 5);
    assert_eq!(bench.store.take_stock(POOL, gtin(), first, 10).await.unwrap().len(), 0);
    assert_eq!(bench.store.stock_of(POOL).await.unwrap().stored, 0);
    assert_eq!(bench.store.expired_codes().await.unwrap(), 5);
    // Not even one that a line has in hand.
    let sent = sqlx::query("update code set state = 'sent' where id = 1").execute(&bench.sql).await;
    assert!(sent.unwrap_err().to_string().contains("expired"));
}
