//! The printer of a line is the one that it knows, also after a restart, until a person says
//! otherwise: the daemon as a process, a fake printer that is exchanged, and a person at the pages.
use crate::daemon_kit::{Daemon, Person};
use crate::roll_kit::{LINE, Plan, Site};
use markwright::line::LineState;
use markwright::sim::printer::{Identity, PrinterSettings};
use serde_json::Value;

fn ours() -> Identity {
    Identity { dots_per_mm: 12.0, ..PrinterSettings::default().identity }
}

fn is_swapped(line: &Value) -> bool {
    line["trouble"]["cause"].as_str().is_some_and(|cause| cause.contains("exchanged"))
}

/// Printing begins, the daemon is killed, and while it is away another printer takes the place of
/// the one that it knew.
async fn killed_and_exchanged(site: &Site) -> (Daemon, Person) {
    Person::add(&site.store_file()).await;
    let daemon = site.start().await;
    let person = Person::sign_in(&daemon, LINE).await;
    person.start().await;
    site.printer.controls.until(|now| now.sheets >= 3).await;
    daemon.kill().await;
    let other = Identity { unique_id: "OTHER-1".to_owned(), ..ours() };
    site.printer.controls.swap(other, 77);
    let daemon = site.start().await;
    let person = Person::sign_in(&daemon, LINE).await;
    person.start().await;
    person.until("it is refused", is_swapped).await;
    (daemon, person)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_printer_after_a_restart_gets_no_label_and_the_known_one_goes_on() {
    let site = Site::build(Plan { roll: "", ..Plan::default() }).await;
    let (daemon, person) = killed_and_exchanged(&site).await;
    let out = site.printer.controls.look().sheets;
    site.printer.controls.swap(ours(), 1_000);
    person.bring_to_the_end().await;
    assert!(site.printer.controls.look().sheets > out);
    let sheet = person.passport_when_done(1).await;
    assert_eq!(sheet["printer_id"], ours().unique_id, "{sheet}");
    daemon.end().await;
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_that_another_printer_is_the_new_one_and_it_goes_on() {
    let site = Site::build(Plan { roll: "", ..Plan::default() }).await;
    let (daemon, person) = killed_and_exchanged(&site).await;
    let line = person.until("it is shown", |line| !line["new_printer"].is_null()).await;
    assert_eq!(line["new_printer"]["unique_id"], "OTHER-1");
    let page = String::from_utf8(person.get(&format!("/lines/{LINE}")).await).unwrap();
    assert!(page.contains("This is the new printer"), "{page}");
    let status = person.post("printer", "unique_id=OTHER-2").await;
    assert_eq!(status, 409, "another one than the person saw");
    assert!(person.post("printer", "unique_id=OTHER-1").await.is_redirection());
    person.until_state(LineState::Complete).await;
    let sheet = person.passport_when_done(1).await;
    assert_eq!(sheet["printer_id"], "OTHER-1", "{sheet}");
    daemon.end().await;

    // It is known after a restart, too.
    let daemon = site.start().await;
    let store = markwright::store::Store::open(&site.store_file()).await.unwrap();
    assert_eq!(store.printer_of(LINE).await.unwrap().as_deref(), Some("OTHER-1"));
    let told = store.notes(5).await.unwrap();
    let said = told.iter().find(|note| note.what == "confirmed a new printer").unwrap();
    assert_eq!((said.person.as_str(), said.detail.as_str()), ("anna", "roll-1: OTHER-1"));
    daemon.end().await;
    site.close().await;
}
