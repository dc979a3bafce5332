//! A PLC that is slow or wrong: whatever it does, no product passes that was not let pass.
use crate::plc_kit::{DEADLINE, Driver, Judge, quick};
use crate::sim_hands::{Pc, settings, world};
use markwright::apply::{PlcProfile, PlcSettings, keep};
use markwright::line::{Cause, Event, PlcCommand, PlcEvent, Run, Since, Tag};
use markwright::sim::faults::TalkFaults;
use markwright::sim::plant::Plant;
use markwright::telemetry::LastWord;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_modbus::prelude::Reader;
use tokio_util::sync::CancellationToken;

const RUN: PlcCommand = PlcCommand::Run(Run { belt: true, infeed: true });

/// Runs the belt and lets every third product pass, with `trouble` at every fact, until so many left on the
/// good side. Then every one on the good side is one of them. Gives the causes for which the PLC
/// was down.
async fn shift(wanted: usize, mut trouble: impl FnMut(&Plant, &PlcEvent)) -> Vec<Cause> {
    let world = world(settings()).await;
    let address = world.plant.plc_addr.to_string();
    let mut driver = Driver::start(quick(PlcSettings::new(address)));
    let mut causes = Vec::new();
    let ledger = world.plant.ledger.clone();
    let work = async {
        while ledger.ask(|books| books.good().count() < wanted || books.rejected().count() < wanted)
        {
            let Event::Plc(fact) = driver.facts.recv().await.unwrap() else { panic!() };
            match fact {
                PlcEvent::Up(_) => driver.tell(RUN).await,
                PlcEvent::Triggered(tag) if tag.0 % 3 == 0 => {
                    driver.tell(PlcCommand::Pass(tag)).await;
                }
                PlcEvent::Down(cause) => causes.push(cause),
                _ => {}
            }
            trouble(&world.plant, &fact);
        }
    };
    timeout(DEADLINE * 3, work).await.expect("enough products in time");
    let books = world.plant.stop().await.books();
    assert!(books.good().all(|product| product.tag % 3 == 0 && product.pass_at_us.is_some()));
    causes
}

/// A change of how the PLC talks, from the first connection on.
fn talk(change: impl Fn(&mut TalkFaults) + Copy) -> impl FnMut(&Plant, &PlcEvent) {
    move |plant, fact| {
        if matches!(fact, PlcEvent::Up(_)) {
            plant.controls.faults(|faults| change(&mut faults.talk));
        }
    }
}

#[tokio::test]
async fn late_answers_let_nobody_pass_by_mistake() {
    let late = |talk: &mut TalkFaults| {
        (talk.late_chance, talk.late_by) = (0.02, Duration::from_millis(350));
    };
    let causes = shift(5, talk(late)).await;
    assert!(causes.contains(&Cause::Silent), "{causes:?}");
}

#[tokio::test]
async fn answers_that_never_come_let_nobody_pass_by_mistake() {
    let causes = shift(5, talk(|talk| talk.silent_chance = 0.02)).await;
    assert!(causes.contains(&Cause::Silent), "{causes:?}");
}

#[tokio::test]
async fn exceptions_let_nobody_pass_by_mistake() {
    let causes = shift(5, talk(|talk| talk.refused_chance = 0.02)).await;
    assert!(causes.contains(&Cause::WrongDevice), "{causes:?}");
}

#[tokio::test]
async fn a_connection_that_is_dropped_again_and_again_lets_nobody_pass_by_mistake() {
    // Once a second: ten times as often as asked for, and more often than a product travels.
    let mut cut_at = Instant::now();
    let causes = shift(5, |plant, _| {
        if cut_at.elapsed() > Duration::from_secs(1) {
            cut_at = Instant::now();
            plant.controls.drop_plc_connections();
        }
    })
    .await;
    assert!(causes.contains(&Cause::Unreachable), "{causes:?}");
}

#[tokio::test]
async fn a_frozen_program_behind_a_living_connection_lets_nobody_pass_by_mistake() {
    let mut triggers = 0;
    let causes = shift(5, |plant, fact| match fact {
        PlcEvent::Triggered(_) => {
            triggers += 1;
            plant.controls.faults(|faults| faults.talk.frozen = triggers % 6 == 0);
        }
        PlcEvent::Down(_) => plant.controls.faults(|faults| faults.talk.frozen = false),
        _ => {}
    })
    .await;
    assert!(causes.contains(&Cause::HeartbeatLost), "{causes:?}");
}

/// A cable to the PLC that can be pulled: then nothing comes through, and neither side hears that the
/// other one is gone.
struct Cable {
    addr: SocketAddr,
    pulled: CancellationToken,
    _task: JoinSet<()>,
}

impl Cable {
    async fn to(plc: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let pulled = CancellationToken::new();
        let cut = pulled.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let (mut ours, _) = listener.accept().await.unwrap();
            let mut theirs = TcpStream::connect(plc).await.unwrap();
            let _ = cut.run_until_cancelled(copy_bidirectional(&mut ours, &mut theirs)).await;
            // Both ends stay open until the test is over.
            std::future::pending::<()>().await;
        });
        Self { addr, pulled, _task: task }
    }
}

/// Bit 1 of the status, over a connection that never writes.
async fn belt_runs(looker: &mut Pc) -> bool {
    looker.plc.read_input_registers(3, 1).await.unwrap().unwrap()[0] & 2 != 0
}

async fn until_belt(looker: &mut Pc, runs: bool) {
    let wait = async {
        while belt_runs(looker).await != runs {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, wait).await.expect("the belt in time");
}

/// The daemon dies behind a pulled cable while the belt runs; the next one connects. One program of the
/// PLC keeps the command for the client that it takes for living, the other one forgets it.
#[tokio::test]
async fn the_belt_of_a_dead_connection_does_not_go_on_with_the_beats_of_the_next_one() {
    for keeps_command in [true, false] {
        let world = world(settings()).await;
        world.plant.controls.faults(|faults| faults.talk.keeps_command = keeps_command);
        let at = world.plant.plc_addr;
        let cable = Cable::to(at).await;
        let mut before = Driver::start(quick(PlcSettings::new(cable.addr.to_string())));
        before.until_up().await;
        before.tell(RUN).await;
        let mut looker = Pc::connect(at).await;
        until_belt(&mut looker, true).await;
        cable.pulled.cancel();
        drop(before);
        until_belt(&mut looker, false).await;
        let mut next = Driver::start(quick(PlcSettings::new(at.to_string())));
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(1) {
            assert!(!belt_runs(&mut looker).await, "keeps its command: {keeps_command}");
            sleep(Duration::from_millis(2)).await;
        }
        next.until_up().await;
        next.tell(RUN).await;
        until_belt(&mut looker, true).await;
    }
}

/// Remote inputs and outputs, with room for a busy machine.
fn roomy() -> Arc<PlcProfile> {
    let text = include_str!("../../line-configs/plc/remote-io.toml")
        .replace("products_apart_ms = 800", "products_apart_ms = 1600")
        .replace("gate_after_ms = 900", "gate_after_ms = 1000")
        .replace("gate_within_ms = 1200", "gate_within_ms = 1800");
    Arc::new(PlcProfile::parse(&text).unwrap())
}

async fn remote_io() -> (Judge, Driver) {
    let judge = Judge::start("plc_remote_io.py", &[]).await;
    let profile = roomy();
    let settings = quick(PlcSettings { profile, ..PlcSettings::new(&judge.address) });
    let heartbeat_within = Duration::from_secs(1);
    let mut driver = Driver::start(PlcSettings { heartbeat_within, ..settings });
    assert_eq!(driver.fact().await, PlcEvent::Up(Since::Known));
    driver.tell(RUN).await;
    (judge, driver)
}

#[tokio::test]
async fn products_without_tags_are_matched_by_counting() {
    let (mut judge, mut driver) = remote_io().await;
    for tag in 1..=3 {
        judge.tell("enter").await;
        let before = driver.until(|fact| *fact == PlcEvent::Triggered(Tag(tag))).await;
        let wanted = [PlcEvent::ProductArrived(Tag(tag)), PlcEvent::Applied(Tag(tag))];
        assert!(wanted.iter().all(|fact| before.contains(fact)), "{before:?}");
        if tag == 2 {
            driver.until(|fact| *fact == PlcEvent::RejectConfirmed(Tag(tag))).await;
            assert_eq!(judge.said().await, "product 2 bin");
        } else {
            driver.tell(PlcCommand::Pass(Tag(tag))).await;
            driver.until(|fact| *fact == PlcEvent::Passed(Tag(tag))).await;
            assert_eq!(judge.said().await, format!("product {tag} good"));
        }
    }
    judge.tell("tell coils").await;
    driver.tell(PlcCommand::ClearPad).await;
    driver.until(|fact| *fact == PlcEvent::PadCleared).await;
    // The applicator throws labels away for as long as this is on: it goes off by itself.
    judge.until("coil 3 on").await;
    judge.until("coil 3 off").await;
}

#[tokio::test]
async fn a_product_taken_off_before_the_gate_does_not_leave_its_pass_to_the_next() {
    let (mut judge, mut driver) = remote_io().await;
    judge.tell("enter").await;
    driver.until(|fact| *fact == PlcEvent::Triggered(Tag(1))).await;
    driver.tell(PlcCommand::Pass(Tag(1))).await;
    judge.tell("take").await;
    driver.until(|fact| *fact == PlcEvent::Down(Cause::Miscounted)).await;
    driver.until(|fact| *fact == PlcEvent::Up(Since::Lost)).await;
    driver.tell(RUN).await;
    judge.tell("enter").await;
    driver.until(|fact| *fact == PlcEvent::RejectConfirmed(Tag(2))).await;
    assert_eq!(judge.said().await, "product 2 bin");
}

#[tokio::test]
async fn two_products_close_together_do_not_share_the_pass_of_one() {
    let (mut judge, mut driver) = remote_io().await;
    judge.tell("pair").await;
    driver.until(|fact| *fact == PlcEvent::Triggered(Tag(1))).await;
    driver.tell(PlcCommand::Pass(Tag(1))).await;
    driver.until(|fact| *fact == PlcEvent::RejectConfirmed(Tag(2))).await;
    assert_eq!(judge.said().await, "product 1 bin");
    assert_eq!(judge.said().await, "product 2 bin");
}

#[tokio::test]
async fn a_listener_that_does_not_listen_finds_the_belt_off() {
    let mut judge = Judge::start("plc_remote_io.py", &[]).await;
    let (commands, inbox) = mpsc::channel(8);
    let (outbox, mut facts) = mpsc::channel(3);
    let mut task = JoinSet::new();
    let stop = CancellationToken::new();
    let settings = quick(PlcSettings { profile: roomy(), ..PlcSettings::new(&judge.address) });
    task.spawn(keep(settings, None, inbox, outbox, LastWord::default(), stop));
    while !matches!(facts.recv().await.unwrap(), Event::Plc(PlcEvent::Heard { .. })) {}
    commands.send(RUN).await.unwrap();
    // Nobody listens from here on. Long before the module's own watchdog, the belt is told to stop.
    judge.tell("tell coils").await;
    judge.until("coil 1 on").await;
    for _ in 0..3 {
        judge.tell("enter").await;
    }
    judge.until("coil 1 off").await;
}

#[tokio::test]
async fn a_product_laid_down_behind_the_camera_stops_the_belt() {
    let (mut judge, mut driver) = remote_io().await;
    judge.tell("stray camera").await;
    driver.until(|fact| *fact == PlcEvent::Down(Cause::Miscounted)).await;
}

#[tokio::test]
async fn a_module_whose_inputs_stand_or_whose_counters_are_lost_is_not_trusted() {
    let (mut judge, mut driver) = remote_io().await;
    judge.tell("jam 1").await;
    driver.until(|fact| *fact == PlcEvent::Down(Cause::HeartbeatLost)).await;
    judge.tell("jam 0").await;
    driver.until(|fact| *fact == PlcEvent::Up(Since::Lost)).await;
    driver.tell(RUN).await;
    judge.tell("enter").await;
    driver.until(|fact| matches!(fact, PlcEvent::ProductArrived(_))).await;
    judge.tell("reset").await;
    driver.until(|fact| *fact == PlcEvent::Down(Cause::Miscounted)).await;
}
