//! Documents from the store to the fake issuer, and what became of the codes there.
use crate::gost::Participant;
use crate::house::{House, INN, until};
use markwright::code::CodeText;
use markwright::order::{Delivery, Facts, PaperKind};
use markwright::sim::issuer::{Standing, Trouble};
use markwright::store::{Origin, PaperDecision, PaperMade, PaperState, StoreError};
use std::time::Duration;

pub(crate) fn import() -> Facts {
    Facts {
        participant: INN.to_owned(),
        declaration: "10000000/221126/0000001".to_owned(),
        declaration_date: "2026-11-22".to_owned(),
        colour: "black".to_owned(),
        size: "42".to_owned(),
        ..Facts::default()
    }
}

fn own() -> Facts {
    Facts {
        participant: INN.to_owned(),
        producer: INN.to_owned(),
        owner: INN.to_owned(),
        production_date: "2026-11-22".to_owned(),
        hs_code: "6403993600".to_owned(),
        ..Facts::default()
    }
}

/// An order whose labels are on their products, and their codes.
async fn applied(house: &House, quantity: u32) -> (Origin, Vec<String>) {
    let order = house.printed(quantity).await;
    let codes = house.codes(order).await;
    house.apply(order, &codes).await;
    (Origin::Order(order.0), codes)
}

/// A document by the manager.
async fn make(house: &House, kind: PaperKind, origin: Origin, facts: &Facts) -> PaperMade {
    house.kit.store.make_paper(kind, origin, facts, "manager").await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_that_came_back_gets_its_new_code_and_every_signature_is_gost() {
    let participant = Participant::new(256);
    let house = House::open(Some(&participant)).await;
    let store = &house.kit.store;
    let (origin, mut codes) = applied(&house, 1).await;
    let old = codes.remove(0);
    let made = make(&house, PaperKind::Import, origin, &import()).await;
    house.until_paper(made.id, PaperState::Done).await;
    assert_eq!(house.standing(&old), Standing::Introduced);

    // The shop scans the damaged code and prints the new one itself.
    let order = house.came_back(CodeText::new(old.as_str()).identification(), Delivery::Pdf).await;
    house.until_printed(order).await;
    let new = house.codes(order).await;
    assert_eq!(new.len(), 1, "one code, no spare one");
    house.apply(order, &new).await;
    let view = until("remarked", || async {
        let view = store.remarkings(None, 10).await.unwrap().remove(0);
        view.paper.filter(|(_, state)| *state == PaperState::Done).map(|_| view.next())
    })
    .await;
    assert!(view.starts_with("done"), "{view}");
    assert_eq!(
        (house.standing(&old), house.standing(&new[0])),
        (Standing::Retired, Standing::Introduced)
    );
    let [was, is_now] = [&old, &new[0]].map(|code| CodeText::new(code.as_str()));
    let asked = [was.identification(), is_now.identification()];
    let infos = house.client.codes(markwright::code::ProductGroup::SHOES, &asked).await.unwrap();
    assert_eq!((infos[0].status.as_str(), infos[1].status.as_str()), ("RETIRED", "INTRODUCED"));
    let (sign_ins, thrown_out) =
        house.issuer.controls.ledger(|ledger| (ledger.sign_ins(), ledger.thrown_out()));
    assert_eq!((sign_ins, thrown_out), (2, 0), "one for the station, one for True API");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_from_the_centre_replaces_a_code_that_nobody_can_read() {
    let house = House::open(None).await;
    let order = house.came_back("", Delivery::Roll).await;
    // The desk line's part.
    until("a job for the desk", || async {
        house.kit.store.next_job(crate::orders_kit::DESK).await.unwrap().map(drop)
    })
    .await;
    house.kit.print(1).await;
    house.kit.end_job(true).await;
    house.until_printed(order).await;
    let new = house.codes(order).await;
    assert_eq!(new.len(), 1);
    assert_eq!(house.standing(&new[0]), Standing::Utilised, "applied, not yet in circulation");
    house.apply(order, &new).await;
    until("introduced", || async {
        (house.standing(&new[0]) == Standing::Introduced).then_some(())
    })
    .await;
    let viewer = house.anna();
    assert!(
        house
            .kit
            .store
            .scan_label(order, viewer, &new[0], crate::orders_kit::now())
            .await
            .unwrap()
            .is_some_and(|s| s.scan.word() == "duplicate")
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_code_is_replaced_once() {
    let house = House::open(None).await;
    let old = "010460000000000821abcdefghijklm";
    let first = house.came_back(old, Delivery::Pdf).await;
    let wish = House::wish(Delivery::Pdf, 1);
    let again = markwright::store::NewRemarking {
        old_code: old.to_owned(),
        cause: markwright::order::RemarkCause::KmSpoiled,
        country: String::new(),
        colour: String::new(),
        size: String::new(),
        producer: String::new(),
    };
    let group = markwright::code::ProductGroup::SHOES;
    let prices = markwright::order::PriceList::default();
    let who = house.anna().person();
    let refused = house.kit.store.place_remarking(who, &wish, group, &prices, &again).await;
    let Err(StoreError::Refused { why, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(why, format!("this code is replaced by order {first} already"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_are_introduced_once_and_what_is_missing_is_told_before_anything_is_sent() {
    let house = House::open(None).await;
    let store = &house.kit.store;
    let order = house.printed(3).await;
    let origin = Origin::Order(order.0);
    let nothing = store.make_paper(PaperKind::Introduction, origin, &own(), "manager").await;
    assert!(nothing.unwrap_err().to_string().contains("no code of order"));
    let codes = house.codes(order).await;
    house.apply(order, &codes[..2]).await;
    let bare = Facts { participant: INN.to_owned(), ..Facts::default() };
    let missing = store.make_paper(PaperKind::Introduction, origin, &bare, "manager").await;
    let said = missing.unwrap_err().to_string();
    assert!(said.contains("production_date: the day") && said.contains("tnved_code"), "{said}");
    let about = store.about(origin).await.unwrap().unwrap();
    assert_eq!((about.ready, about.not_told, about.introduced), (2, 0, 0));

    let made = make(&house, PaperKind::Introduction, origin, &own()).await;
    assert_eq!((made.codes, made.not_told), (2, 0));
    let again = store.make_paper(PaperKind::Import, origin, &import(), "manager").await;
    assert!(again.unwrap_err().to_string().contains("no code of order"), "both are claimed");
    house.until_paper(made.id, PaperState::Done).await;
    assert_eq!(house.standing(&codes[0]), Standing::Introduced);
    assert_eq!(house.standing(&codes[2]), Standing::Utilised);
    // The third label is applied later, and introduced by itself.
    house.apply(order, &codes[2..]).await;
    let made = make(&house, PaperKind::Introduction, origin, &own()).await;
    assert_eq!(made.codes, 1);
    house.until_paper(made.id, PaperState::Done).await;
    let twice = house
        .issuer
        .controls
        .ledger(|ledger| ledger.codes().filter(|(_, fate)| fate.introduced > 1).count());
    assert_eq!(twice, 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_found_wrong_says_why_and_lets_its_codes_go() {
    let house = House::open(None).await;
    let (origin, codes) = applied(&house, 1).await;
    house.trouble("/documents/create", 1, Trouble::ReportRefused("wrong declaration".to_owned()));
    let made = make(&house, PaperKind::Import, origin, &import()).await;
    let paper = house.until_paper(made.id, PaperState::NotDone).await;
    assert_eq!(paper.errors, ["wrong declaration"]);
    assert_eq!(paper.problem.as_deref(), Some("True API says CHECKED_NOT_OK"));
    let made = make(&house, PaperKind::Import, origin, &import()).await;
    house.until_paper(made.id, PaperState::Done).await;
    assert_eq!(house.standing(&codes[0]), Standing::Introduced);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_whose_answer_was_lost_is_found_again_and_never_sent_twice() {
    let house = House::open(None).await;
    let (origin, _) = applied(&house, 2).await;
    house.trouble("/documents/create", 1, Trouble::LostAnswer);
    let made = make(&house, PaperKind::Import, origin, &import()).await;
    let paper = house.until_paper(made.id, PaperState::Done).await;
    assert_eq!(paper.sends, 1);
    assert_eq!(house.issuer.controls.requests("/api/v3/true-api/lk/documents/create"), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_found_again_behind_more_than_a_hundred_newer_ones() {
    let mut house = House::open(None).await;
    let (origin, codes) = applied(&house, 1).await;
    house.rest().await;
    // Killed after it was sent, before anybody heard the answer.
    let made = make(&house, PaperKind::Import, origin, &import()).await;
    let (store, group) = (house.kit.store.clone(), markwright::code::ProductGroup::SHOES);
    let (kind, document) = (PaperKind::Import.word(), store.paper_document(made.id).await.unwrap());
    store.paper_is_sending(made.id).await.unwrap();
    let name = house.client.create(group, kind, &document).await.unwrap();
    // Others of this participant hand in documents of the same kind.
    let mut other: serde_json::Value = serde_json::from_slice(&document).unwrap();
    other["products_list"][0]["cis"] = "a stranger".into();
    for _ in 0..150 {
        house.client.create(group, kind, other.to_string().as_bytes()).await.unwrap();
    }
    house.send_papers();
    let paper = house.until_paper(made.id, PaperState::Done).await;
    assert_eq!((paper.sends, paper.upstream_id), (1, Some(name)), "found, not sent again");
    let fate = house.issuer.controls.ledger(|ledger| ledger.fate(&codes[0]).unwrap());
    assert_eq!(fate.introduced, 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_in_no_list_after_a_while_is_sent_again() {
    let house =
        House::open_with(None, |papers| papers.lost_after = Duration::from_millis(100)).await;
    let (origin, codes) = applied(&house, 1).await;
    // It falls over before it takes the document.
    house.trouble("/documents/create", 1, Trouble::Error500);
    let made = make(&house, PaperKind::Import, origin, &import()).await;
    let paper = house.until_paper(made.id, PaperState::Done).await;
    assert_eq!(paper.sends, 2);
    let fate = house.issuer.controls.ledger(|ledger| ledger.fate(&codes[0]).unwrap());
    assert_eq!((fate.introduced, fate.standing), (1, Standing::Introduced));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_decides_only_about_what_is_lost_or_not_sent() {
    let house = House::open_with(None, |papers| papers.lost_after = Duration::from_hours(1)).await;
    let store = &house.kit.store;
    let (origin, _) = applied(&house, 1).await;
    house.trouble("/documents/create", 1, Trouble::Error500);
    let made = make(&house, PaperKind::Import, origin, &import()).await;
    until("it is looked for", || async {
        let paper = store.paper(made.id).await.unwrap().unwrap();
        (paper.state == PaperState::Sending
            && paper.problem.is_some_and(|said| said.contains("not in the list")))
        .then_some(())
    })
    .await;
    let refused = store.decide_paper(made.id, &PaperDecision::Withdraw, "manager", "no").await;
    assert!(refused.is_err(), "True API may have it");
    store
        .decide_paper(made.id, &PaperDecision::SendAgain, "manager", "not in the account")
        .await
        .unwrap();
    house.until_paper(made.id, PaperState::Done).await;
    let refused =
        store.decide_paper(made.id, &PaperDecision::SendAgain, "manager", "once more").await;
    assert!(refused.is_err(), "it is at its end");
    let notes = store.notes(10).await.unwrap();
    assert!(notes.iter().any(|note| note.detail.ends_with("not in the account")), "{notes:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spoiled_labels_of_a_group_without_dropout_are_written_off_by_a_document() {
    let house = House::open(None).await;
    let store = &house.kit.store;
    let order = house.printed(3).await;
    let codes = house.codes(order).await;
    house.apply(order, &codes[..1]).await;
    let manager = house.kit.manager.person();
    store.write_off_rest(order, manager, "torn", crate::orders_kit::now()).await.unwrap();
    until("written off", || async {
        codes[1..].iter().all(|code| house.standing(code) == Standing::Dropped).then_some(())
    })
    .await;
    assert_eq!(house.standing(&codes[0]), Standing::Utilised);
    until("told", || async { (store.unreported().await.unwrap().count == 0).then_some(()) }).await;
    let paper = store.papers(1).await.unwrap().remove(0);
    assert_eq!((paper.kind, paper.codes), (PaperKind::WriteOff, 2));
    assert!(matches!(paper.origin, Origin::Report(_)));
    house.close().await;
}
