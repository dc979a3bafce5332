//! Bad luck on a whole site: the line stops in the right state with the cause, a person brings it
//! back, and at the end the books agree with what physically happened.
use crate::site_kit::{Account, Site, Troubled, Works, eventually};
use markwright::line::{
    Cause, DeviceView, Event, Hand, LineState, LineView, Mode, RejectReason, Request, StopReason,
    Verdict,
};
use markwright::sim::faults::{Faults, Luck};
use markwright::sim::issuer::{Chances, PlannedTrouble, Trouble};
use markwright::sim::plant;
use markwright::sim::printer::{self, Fault, Identity};
use std::time::Duration;

/// Products a minute: slow enough for a debug build on a busy machine.
const RATE: f64 = 240.0;
/// Codes in an order; more than a short run needs.
const CODES: u32 = 200;
/// At most so many labels are between printer and applicator (`labels_ahead` of the site).
const LABELS_AHEAD: u64 = 4;

async fn running() -> Works {
    let works = Works::start(Site::build(RATE, CODES).await).await;
    works.more_good(2).await;
    works
}

fn held(why: StopReason) -> impl FnMut(&LineView) -> bool {
    move |view| view.state == LineState::Held && view.why == Some(why)
}

fn aborted(why: StopReason) -> impl FnMut(&LineView) -> bool {
    move |view| view.state == LineState::Aborted && view.why == Some(why)
}

/// A printer trouble holds the line for this cause; once mended and started, it goes on.
async fn printer_trouble(
    cause: Cause,
    happens: impl FnOnce(&printer::Controls),
    mended: impl FnOnce(&printer::Controls),
) -> Account {
    let works = running().await;
    happens(&works.site.stage.printer.controls);
    works.until(&format!("held: {cause:?}"), held(StopReason::Printer(cause))).await;
    mended(&works.site.stage.printer.controls);
    works.comes_back().await;
    let account = works.close(Troubled::No).await;
    assert!(account.sums.codes.doubtful <= LABELS_AHEAD, "{:?}", account.sums);
    assert_eq!(account.sums.products.unaccounted, 0, "{:?}", account.sums);
    account
}

#[tokio::test]
async fn a_printer_without_power_holds_the_line() {
    printer_trouble(Cause::Unreachable, printer::Controls::power_off, printer::Controls::power_on)
        .await;
}

#[tokio::test]
async fn a_printer_that_refuses_connections_holds_the_line() {
    let happens = |p: &printer::Controls| {
        p.refuse_connections(true);
        p.power_cycle();
    };
    printer_trouble(Cause::Unreachable, happens, |p| p.refuse_connections(false)).await;
}

#[tokio::test]
async fn a_connection_that_breaks_inside_a_format_leaves_that_label_in_doubt() {
    let mended = |_: &printer::Controls| {};
    let account =
        printer_trouble(Cause::Unreachable, printer::Controls::reset_in_next_format, mended).await;
    assert!(account.sums.codes.doubtful >= 1, "{:?}", account.sums);
}

#[tokio::test]
async fn a_printer_without_labels_holds_the_line() {
    let mended = |p: &printer::Controls| {
        p.mend(Fault::MediaOut);
        p.press_pause();
    };
    printer_trouble(Cause::OutOfLabels, |p| p.raise(Fault::MediaOut), mended).await;
}

#[tokio::test]
async fn a_paused_printer_holds_the_line_and_loses_nothing() {
    let account = printer_trouble(
        Cause::Paused,
        printer::Controls::press_pause,
        printer::Controls::press_pause,
    )
    .await;
    assert_eq!(account.sums.codes.doubtful, 0, "{:?}", account.sums);
}

#[tokio::test]
async fn a_printer_that_answers_garbage_holds_the_line() {
    printer_trouble(Cause::Garbled, |p| p.garble_answers(3), |p| p.garble_answers(0)).await;
}

#[tokio::test]
async fn a_printer_that_does_not_answer_holds_the_line() {
    let works = running().await;
    let printer = works.site.stage.printer.controls.clone();
    printer.mute(true);
    // Until the silence is long enough to be one, labels are missing: that may be seen before.
    works.until("held", |view| view.state == LineState::Held).await;
    let silent = StopReason::Printer(Cause::Silent);
    works.until("silent", |view| view.alarms.contains(&silent)).await;
    printer.mute(false);
    works.comes_back().await;
    let account = works.close(Troubled::No).await;
    assert!(account.sums.codes.doubtful <= LABELS_AHEAD, "{:?}", account.sums);
}

#[tokio::test]
async fn a_label_fed_by_hand_is_noticed_by_counter_or_camera_and_shifts_no_code() {
    let works = running().await;
    works.site.stage.printer.controls.press_feed();
    let noticed = |view: &LineView| {
        let whys = [StopReason::Printer(Cause::CounterOff), StopReason::LabelsOutOfStep];
        view.state == LineState::Held && view.why.is_some_and(|why| whys.contains(&why))
    };
    works.until("noticed", noticed).await;
    works.comes_back().await;
    let account = works.close(Troubled::No).await;
    assert!(account.truth.labels().iter().any(|label| label.codes.is_empty()));
    assert!(account.sums.codes.doubtful <= 2 * LABELS_AHEAD, "{:?}", account.sums);
}

#[tokio::test]
async fn a_label_fed_by_hand_while_nothing_is_printed_shifts_no_code_and_spoils_no_product() {
    let works = running().await;
    works.ask(Request::Hold).await;
    works.until("held", |view| view.state == LineState::Held).await;
    let off = StopReason::Printer(Cause::CounterOff);
    works.site.stage.printer.controls.press_feed();
    works.until("noticed", |view| view.alarms.contains(&off)).await;
    works.comes_back().await;
    let account = works.close(Troubled::No).await;
    assert_eq!(account.sums.codes.doubtful, 0, "{:?}", account.sums);
    assert_eq!(account.sums.codes.rejected, 0, "{:?}", account.sums);
}

#[tokio::test]
async fn another_printer_at_the_address_gets_no_labels() {
    let works = running().await;
    let printer = works.site.stage.printer.controls.clone();
    let ours = Identity {
        unique_id: "FAKE-LINE-0001".to_owned(),
        model: "FAKE-300dpi".to_owned(),
        firmware: "V93.21.33Z".to_owned(),
        dots_per_mm: 300.0 / 25.4,
    };
    printer.swap(Identity { unique_id: "ANOTHER".to_owned(), ..ours.clone() }, 77);
    let swapped = Some(DeviceView::Down(Cause::Swapped));
    works.until("swapped", |view| view.printer == swapped).await;
    works.until("held", |view| view.state == LineState::Held).await;
    let labels = printer.look().sheets;
    works.ask(Request::Start).await;
    works.until("still held", held(StopReason::Printer(Cause::Swapped))).await;
    assert_eq!(printer.look().sheets, labels);

    printer.swap(ours, labels);
    works.until("ours again", |view| view.printer == Some(DeviceView::Up)).await;
    works.comes_back().await;
    works.close(Troubled::No).await;
}

/// A PLC trouble aborts the line for this cause; once mended, reset and started, it goes on.
async fn plc_trouble(
    why: StopReason,
    troubled: Troubled,
    happens: impl FnOnce(&plant::Controls),
    mended: impl FnOnce(&plant::Controls),
) -> Account {
    let works = running().await;
    happens(&works.site.stage.plant.controls);
    works.until(&format!("aborted: {why:?}"), aborted(why)).await;
    mended(&works.site.stage.plant.controls);
    works.comes_back().await;
    works.close(troubled).await
}

/// The same where the PLC remembers everything: nothing may stay unknown.
async fn plc_trouble_without_loss(why: StopReason, happens: impl FnOnce(&mut Faults)) -> Account {
    let mended = |plant: &plant::Controls| plant.faults(|faults| *faults = Faults::default());
    let account = plc_trouble(why, Troubled::No, |plant| plant.faults(happens), mended).await;
    assert_eq!(account.sums.products.unaccounted, 0, "{:?}", account.sums);
    account
}

#[tokio::test]
async fn a_lost_connection_to_the_plc_aborts_the_line_and_nothing_is_forgotten() {
    let why = StopReason::Plc(Cause::Unreachable);
    let happens = |plant: &plant::Controls| plant.drop_plc_connections();
    let account = plc_trouble(why, Troubled::No, happens, |_| {}).await;
    assert_eq!(account.sums.products.unaccounted, 0, "{:?}", account.sums);
}

#[tokio::test]
async fn a_plc_whose_heartbeat_stands_aborts_the_line() {
    let why = StopReason::Plc(Cause::HeartbeatLost);
    plc_trouble_without_loss(why, |faults| faults.talk.frozen = true).await;
}

#[tokio::test]
async fn a_silent_plc_aborts_the_line() {
    let why = StopReason::Plc(Cause::Silent);
    plc_trouble_without_loss(why, |faults| faults.talk.silent_chance = 1.0).await;
}

#[tokio::test]
async fn a_plc_that_answers_nonsense_aborts_the_line() {
    let works = running().await;
    let plant = works.site.stage.plant.controls.clone();
    plant.faults(|faults| faults.talk.garbled_chance = 1.0);
    // An answer to a question that nobody asked is no answer: some nonsense is silence.
    let nonsense = |view: &LineView| {
        let whys = [Cause::Garbled, Cause::Silent].map(StopReason::Plc);
        view.state == LineState::Aborted && view.why.is_some_and(|why| whys.contains(&why))
    };
    works.until("aborted", nonsense).await;
    plant.faults(|faults| *faults = Faults::default());
    works.comes_back().await;
    let account = works.close(Troubled::No).await;
    assert_eq!(account.sums.products.unaccounted, 0, "{:?}", account.sums);
}

#[tokio::test]
async fn an_emergency_stop_aborts_the_line() {
    let why = StopReason::EmergencyStop;
    plc_trouble_without_loss(why, |faults| faults.machine.emergency_stop = true).await;
}

#[tokio::test]
async fn an_open_guard_aborts_the_line() {
    plc_trouble_without_loss(StopReason::GuardOpen, |faults| faults.machine.guard_open = true)
        .await;
}

#[tokio::test]
async fn a_machine_that_is_not_ready_aborts_the_line() {
    plc_trouble_without_loss(StopReason::NotReady, |faults| faults.machine.not_ready = true).await;
}

#[tokio::test]
async fn a_belt_that_stands_holds_the_line_also_when_no_bit_says_why() {
    let works = running().await;
    let plant = works.site.stage.plant.controls.clone();
    plant.open_guard_for_a_moment();
    works.until("the belt stands", held(StopReason::BeltStands)).await;
    works.comes_back().await;
    plant.faults(|faults| faults.machine.belt_stuck = true);
    works.until("the belt is stuck", held(StopReason::BeltStands)).await;
    plant.faults(|faults| faults.machine.belt_stuck = false);
    works.comes_back().await;
    works.close(Troubled::No).await;
}

#[tokio::test]
async fn a_plc_that_starts_anew_aborts_the_line_and_leaves_the_belt_unaccounted() {
    let works = running().await;
    works.site.stage.plant.controls.restart_plc();
    let lost = |view: &LineView| {
        view.state == LineState::Aborted && matches!(view.why, Some(StopReason::Plc(_)))
    };
    works.until("aborted", lost).await;
    works.comes_back().await;
    let account = works.close(Troubled::Yes).await;
    // One product every quarter of a second: a handful is between infeed and gate.
    assert!((1..=10).contains(&account.sums.products.unaccounted), "{:?}", account.sums);
    assert!(account.sums.codes.doubtful <= 10 + LABELS_AHEAD, "{:?}", account.sums);
}

#[tokio::test]
async fn a_lost_camera_holds_the_line() {
    let works = running().await;
    works.site.stage.plant.controls.drop_camera_viewers();
    works.until("held", held(StopReason::Camera(Cause::Unreachable))).await;
    works.comes_back().await;
    works.close(Troubled::No).await;
}

#[tokio::test]
async fn a_machine_before_or_after_the_line_only_suspends_it() {
    let works = running().await;
    let plant = works.site.stage.plant.controls.clone();
    for (why, blocked) in [(StopReason::Blocked, true), (StopReason::Starved, false)] {
        plant.faults(|faults| {
            (faults.machine.blocked, faults.machine.starved) = (blocked, !blocked);
        });
        let suspended =
            |view: &LineView| view.state == LineState::Suspended && view.why == Some(why);
        works.until("suspended", suspended).await;
        plant.faults(|faults| *faults = Faults::default());
        works.more_good(2).await;
    }
    works.close(Troubled::No).await;
}

#[tokio::test]
async fn low_air_and_a_full_bin_hold_the_line() {
    let works = running().await;
    let plant = works.site.stage.plant.controls.clone();
    plant.faults(|faults| faults.machine.air_low = true);
    works.until("no air", held(StopReason::AirLow)).await;
    works.ask(Request::Start).await;
    works.until("still no air", held(StopReason::AirLow)).await;
    plant.faults(|faults| faults.machine.air_low = false);
    works.comes_back().await;
    plant.faults(|faults| faults.machine.bin_full = true);
    works.until("bin full", held(StopReason::BinFull)).await;
    plant.faults(|faults| faults.machine.bin_full = false);
    works.comes_back().await;
    works.close(Troubled::No).await;
}

/// What happens to one product holds the line, and is settled by a person's start.
async fn bad_luck(why: StopReason, luck: Luck) -> Account {
    let works = running().await;
    let plant = works.site.stage.plant.controls.clone();
    plant.faults(|faults| faults.luck = luck);
    works.until(&format!("held: {why:?}"), held(why)).await;
    plant.faults(|faults| faults.luck = Luck::default());
    works.comes_back().await;
    works.close(Troubled::Yes).await
}

#[tokio::test]
async fn products_taken_off_by_hand_hold_the_line_and_their_codes_are_doubtful() {
    let luck = Luck { taken_off_chance: 0.4, ..Luck::default() };
    let account = bad_luck(StopReason::ProductMissing, luck).await;
    let gone = account.truth.taken_off().count() as u64;
    assert_eq!(account.sums.products.unaccounted, gone, "{:?}", account.sums);
    assert_eq!(account.sums.codes.doubtful, gone, "{:?}", account.sums);
}

#[tokio::test]
async fn a_reject_that_nobody_saw_falling_holds_the_line() {
    let luck = Luck { spoiled_chance: 0.3, bin_eye_blind_chance: 1.0, ..Luck::default() };
    let account = bad_luck(StopReason::RejectUnconfirmed, luck).await;
    assert!(account.sums.products.unaccounted >= 1, "{:?}", account.sums);
}

#[tokio::test]
async fn a_reject_that_nobody_saw_falling_is_released_by_a_person_and_by_no_start_or_restart() {
    let reason = StopReason::RejectUnconfirmed;
    let works = running().await;
    let plant = works.site.stage.plant.controls.clone();
    let luck = Luck { spoiled_chance: 0.3, bin_eye_blind_chance: 1.0, ..Luck::default() };
    plant.faults(|faults| faults.luck = luck);
    works.until("held", held(reason)).await;
    plant.faults(|faults| faults.luck = Luck::default());
    works.ask(Request::Start).await;
    works.ask(Request::Stop).await;
    let stands = |view: &LineView| view.state == LineState::Stopping && view.why == Some(reason);
    works.until("it stands, and is not empty", stands).await;
    works.ask(Request::Abort).await;
    works.until("aborted", |view| view.state == LineState::Aborted).await;
    assert!(works.view().to_release().eq([reason]));
    works.app.stop().await;

    let works = Works::begin(works.site).await;
    let waits = |view: &LineView| view.state == LineState::Starting && view.why == Some(reason);
    works.until("it waits to be released", waits).await;
    works.line.requests.send(Event::Release(reason)).await.unwrap();
    works.until("it goes on by itself", |view| view.state == LineState::Execute).await;
    works.comes_back().await;
    works.close(Troubled::Yes).await;
}

#[tokio::test]
async fn in_manual_a_hand_moves_the_belt_and_what_comes_is_rejected_without_a_label() {
    let works = running().await;
    let say = async |event| works.line.requests.send(event).await.unwrap();
    works.ask(Request::Stop).await;
    works.until("stopped", |view| view.state == LineState::Stopped).await;
    say(Event::Mode(Mode::Manual)).await;
    works.ask(Request::Reset).await;
    works.ask(Request::Start).await;
    works.until("manual", |view| view.state == LineState::Execute && !view.by_hand.belt).await;
    let done = works.view().done;
    say(Event::Hand(Hand::BeltAndInfeed)).await;
    let bare = Verdict::Bad(RejectReason::NoLabel);
    let rejected = |view: &LineView| view.verdicts.front().is_some_and(|one| one.verdict == bare);
    works.until("a product without a label", rejected).await;
    say(Event::Hand(Hand::Belt)).await;
    works.until("an empty belt", |view| view.products_on_belt == 0).await;
    assert_eq!((works.view().done, works.view().labels_under_way), (done, 0));
    works.ask(Request::Stop).await;
    works.until("stopped again", |view| view.state == LineState::Stopped).await;
    say(Event::Mode(Mode::Production)).await;
    works.comes_back().await;
    works.close(Troubled::No).await;
}

#[tokio::test]
async fn labels_that_cannot_be_read_hold_the_line_after_some_in_a_row() {
    let luck = Luck { spoiled_chance: 1.0, ..Luck::default() };
    let account = bad_luck(StopReason::TooManyRejects, luck).await;
    assert!(account.sums.codes.rejected >= 5, "{:?}", account.sums);
    assert_eq!(account.sums.codes.doubtful, 0, "{:?}", account.sums);
}

#[tokio::test]
async fn a_camera_that_misses_triggers_rejects_those_products() {
    let luck = Luck { missed_trigger_chance: 1.0, ..Luck::default() };
    let account = bad_luck(StopReason::TooManyRejects, luck).await;
    assert!(account.sums.products.rejected >= 5, "{:?}", account.sums);
}

#[tokio::test]
async fn without_an_issuer_the_line_runs_on_its_stock_then_waits_for_codes() {
    let works = Works::start(Site::build(RATE, 20).await).await;
    let issuer = works.site.stage.issuer.controls.clone();
    issuer.set_down(true);
    works.until("no codes", held(StopReason::NoCodes)).await;
    let made = works.site.stage.ledger().books().good().count();
    assert!(made >= 10, "only {made} of 20 codes were used");
    issuer.set_down(false);
    let given = || issuer.ledger(markwright::sim::issuer::Ledger::given_out);
    eventually("more codes", || given() > 20).await;
    works.comes_back().await;
    works.close(Troubled::No).await;
}

#[tokio::test]
async fn an_issuer_that_fails_loses_answers_and_is_slow_costs_no_code_unnoticed() {
    let site = Site::build(RATE, 30).await;
    let issuer = site.stage.issuer.controls.clone();
    let plan = |path: &str, trouble| {
        issuer.plan(PlannedTrouble { path: path.to_owned(), times: 1, trouble });
    };
    for path in ["/order", "/codes", "/utilisation"] {
        plan(path, Trouble::Error500);
        plan(path, Trouble::LostAnswer);
        plan(path, Trouble::Garbled);
    }
    plan("/codes", Trouble::Slow(Duration::from_secs(1)));
    let works = Works::start(site).await;
    works.more_good(5).await;
    issuer.set_chances(Chances {
        error_500: 0.1,
        lost_answer: 0.1,
        garbled: 0.1,
        ..Chances::default()
    });
    let wanted = works.view().done + 30;
    while works.view().done < wanted {
        works.help().await;
        let on = |view: &LineView| view.done >= wanted || view.state == LineState::Held;
        works.until("more products, or held without codes", on).await;
    }
    issuer.set_chances(Chances::default());
    works.close(Troubled::No).await;
}

#[tokio::test]
async fn without_its_broker_the_line_runs_as_ever_and_keeps_what_is_to_be_told() {
    let site = Site::build(RATE, CODES).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    site.edit("[centre]", &format!("[mqtt]\nhost = \"127.0.0.1\"\nport = {port}\n[centre]"));
    let works = Works::start(site).await;
    works.more_good(4).await;
    let store = works.app.store.clone();
    let account = works.close(Troubled::No).await;
    assert_eq!(account.sums.products.unaccounted, 0, "{:?}", account.sums);
    let kept = store.outbox(1_000).await.unwrap();
    assert!(kept.iter().any(|message| message.payload.contains("Execute")), "{kept:?}");
}
