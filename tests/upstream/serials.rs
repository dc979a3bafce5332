//! Serial numbers of our own making, against the fake issuer in both versions.
use super::asked::station;
use super::neighbours::{gtin, pulls};
use super::{Bench, Tasks, until};
use markwright::code::{Country as Digit, ProductGroup};
use markwright::pull::{self, Serials};
use markwright::sim::issuer::{Country, Ledger, PlannedTrouble, Trouble};
use markwright::store::{Want, WantState};

/// Wants so many codes with serial numbers of our own, and waits for the end.
async fn ordered(bench: &Bench, client: &markwright::upstream::Oms, digit: Digit, n: u32) -> Want {
    let want = bench.store.want_codes("line:one", gtin(), ProductGroup::MILK, n).await.unwrap();
    let serials = Serials { own: true, country: Some(digit), ..Serials::default() };
    let settings = pull::Settings { serials, ..pulls() };
    let (store, client) = (bench.store.clone(), client.clone());
    let mut tasks = Tasks::default();
    tasks.start(|stop| Box::pin(pull::keep(settings, store, client, stop)));
    until("the want is at its end", async || {
        let want = bench.store.want(want).await.unwrap().unwrap();
        matches!(want.state, WantState::Done | WantState::Failed)
    })
    .await;
    tasks.stop().await;
    bench.store.want(want).await.unwrap().unwrap()
}

#[tokio::test]
async fn our_own_serial_numbers_go_along_with_an_order_once_and_come_back_in_its_codes() {
    for (country, digit, path) in
        [(Country::Ru, Digit::Russia, "/order"), (Country::Kz, Digit::Kazakhstan, "/orders")]
    {
        let (issuer, _, client) = station(country).await;
        for trouble in [Trouble::Error500, Trouble::LostAnswer] {
            let path = path.to_owned();
            issuer.controls.plan(PlannedTrouble { path, times: 1, trouble });
        }
        let bench = Bench::new().await;
        let want = ordered(&bench, &client, digit, 35).await;
        assert_eq!((want.state, want.taken, want.problem), (WantState::Done, 35, None));
        assert_eq!(issuer.controls.ledger(Ledger::given_out), 35);
        let made = bench.store.serials_of(want.id).await.unwrap();
        assert_eq!(made.len(), 35);
        assert!(made.iter().all(|serial| serial.len() == 6 && serial.starts_with(digit.digit())));
        assert_eq!(bench.texts("select serial from code order by serial").await, made);
        issuer.stop().await;
    }
}

#[tokio::test]
async fn more_serial_numbers_than_a_guess_may_miss_are_not_ordered() {
    let (issuer, _, client) = station(Country::Ru).await;
    let bench = Bench::new().await;
    let want = ordered(&bench, &client, Digit::Russia, 91_614).await;
    assert_eq!(want.state, WantState::Failed);
    assert!(want.problem.unwrap().contains("let the operator make them"));
    assert_eq!(issuer.controls.requests("/api/v3/order"), 0);
    issuer.stop().await;
}

#[tokio::test]
async fn a_code_with_another_serial_number_than_those_of_the_order_is_set_aside() {
    let bench = Bench::new().await;
    let want = bench.store.want_codes("line:one", gtin(), ProductGroup::MILK, 2).await.unwrap();
    let given = ["5AAAAA", "5BBBBB"].map(str::to_owned);
    assert_eq!(bench.store.give_serials(want, gtin(), &given).await.unwrap(), 2);
    let other = bench.store.want_codes("line:one", gtin(), ProductGroup::MILK, 2).await.unwrap();
    let more = ["5BBBBB", "5CCCCC"].map(str::to_owned);
    assert_eq!(bench.store.give_serials(other, gtin(), &more).await.unwrap(), 1, "one is given");
    let came = ["5AAAAA", "5CCCCC", "5ZZZZZ"];
    let strange = bench.store.strange_serials(want, gtin(), &came).await.unwrap();
    assert_eq!(strange, ["5CCCCC".to_owned(), "5ZZZZZ".to_owned()].into());
    assert_eq!(bench.store.serials_given(gtin()).await.unwrap(), 3);
}
