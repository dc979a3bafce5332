//! The PLC driver against a small scripted PLC that speaks Modbus TCP byte by byte.
use markwright::apply::{PlcSettings, keep};
use markwright::line::{
    Cause, Conditions, Event, Light, PlcCommand, PlcCounts, PlcEvent, Run, Since, Tag,
};
use markwright::telemetry::LastWord;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

const DEADLINE: Duration = Duration::from_secs(10);
const BOOT: u16 = 4711;
/// Ready, the belt stands, nothing on the pad.
const STATUS: u16 = 0b101;
/// The same as it is told.
const WELL: Conditions = Conditions {
    ready: Some(true),
    belt_runs: Some(false),
    pad_clear: Some(true),
    emergency_stop: false,
    guard_open: false,
    blocked: false,
    starved: false,
    air_low: false,
    bin_full: false,
    fault: false,
};

/// What the scripted PLC is like at the moment; tests change it while it runs.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
struct Script {
    input: [u16; 125],
    holding: [u16; 28],
    beats: bool,
    echoes: bool,
    silent: bool,
    wrong_transaction: bool,
    short: bool,
    hangs_up: bool,
    /// Passes as they were taken up: number and tag.
    passes: Vec<(u16, u32)>,
    /// Commands as they were carried out.
    commands: Vec<u16>,
    beats_heard: usize,
    most_out: u16,
}

impl Script {
    fn event(&mut self, kind: u16, tag: u32) {
        let seq = self.input[28].wrapping_add(1);
        let at = 29 + usize::from(seq % 32) * 3;
        self.input[at] = kind;
        self.input[at + 1] = u16::try_from(tag >> 16).unwrap();
        self.input[at + 2] = u16::try_from(tag & 0xffff).unwrap();
        self.input[28] = seq;
    }

    fn scan(&mut self) {
        if self.beats {
            self.input[2] = self.input[2].wrapping_add(1);
        }
        self.most_out = self.most_out.max(self.holding[3].wrapping_sub(self.input[5]));
        if !self.echoes {
            return;
        }
        if self.holding[2] != self.input[4] {
            self.commands.push(self.holding[1]);
            self.input[4] = self.holding[2];
        }
        while self.input[5] != self.holding[3] {
            let seq = self.input[5].wrapping_add(1);
            let slot = &self.holding[4 + usize::from(seq % 8) * 3..][..3];
            assert_eq!(slot[2], 1, "only a pass is spoken");
            self.passes.push((seq, u32::from(slot[0]) << 16 | u32::from(slot[1])));
            self.input[5] = seq;
        }
    }

    fn answer(&mut self, pdu: &[u8]) -> Vec<u8> {
        let word = |at: usize| u16::from_be_bytes([pdu[at], pdu[at + 1]]);
        match pdu[0] {
            4 => {
                assert_eq!((word(1), word(3)), (0, 125));
                let words = if self.short { &self.input[..60] } else { &self.input[..] };
                let count = u8::try_from(words.len() * 2).unwrap();
                let data = words.iter().flat_map(|w| w.to_be_bytes());
                [4, count].into_iter().chain(data).collect()
            }
            16 => {
                let (at, count) = (usize::from(word(1)), usize::from(word(3)));
                for n in 0..count {
                    self.holding[at + n] = word(6 + n * 2);
                }
                self.beats_heard += usize::from(at == 0);
                self.scan();
                pdu[..5].to_vec()
            }
            function => vec![function | 0x80, 1],
        }
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    let mut header = [0; 7];
    while stream.read_exact(&mut header).await.is_ok() {
        let mut pdu = vec![0; usize::from(u16::from_be_bytes([header[4], header[5]])) - 1];
        stream.read_exact(&mut pdu).await.unwrap();
        let answer = {
            let mut script = script.lock().unwrap();
            if script.hangs_up {
                return;
            }
            script.scan();
            let pdu = script.answer(&pdu);
            let transaction = header[1].wrapping_add(u8::from(script.wrong_transaction));
            let len = u16::try_from(pdu.len() + 1).unwrap().to_be_bytes();
            let head = [header[0], transaction, 0, 0, len[0], len[1], header[6]];
            (!script.silent).then(|| [&head[..], &pdu].concat())
        };
        if let Some(answer) = answer
            && stream.write_all(&answer).await.is_err()
        {
            return;
        }
    }
}

struct Bench {
    script: Arc<Mutex<Script>>,
    commands: mpsc::Sender<PlcCommand>,
    facts: mpsc::Receiver<Event>,
    _stop: DropGuard,
}

async fn bench(
    heard: Option<(u16, u16)>,
    change: impl FnOnce(&mut Script, &mut PlcSettings),
) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = PlcSettings {
        cycle: Duration::from_millis(5),
        answer_within: Duration::from_millis(200),
        heartbeat_within: Duration::from_millis(250),
        retry: (Duration::from_millis(20), Duration::from_millis(50)),
        ..PlcSettings::new(listener.local_addr().unwrap().to_string())
    };
    let mut script = Script {
        input: [0; 125],
        holding: [0; 28],
        beats: true,
        echoes: true,
        silent: false,
        wrong_transaction: false,
        short: false,
        hangs_up: false,
        passes: Vec::new(),
        commands: Vec::new(),
        beats_heard: 0,
        most_out: 0,
    };
    (script.input[0], script.input[1], script.input[3]) = (1, BOOT, STATUS);
    change(&mut script, &mut settings);
    let script = Arc::new(Mutex::new(script));
    let shared = Arc::clone(&script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream, Arc::clone(&shared)).await;
        }
    });
    let (commands, command_inbox) = mpsc::channel(128);
    let (fact_outbox, facts) = mpsc::channel(128);
    let stop = CancellationToken::new();
    tokio::spawn(keep(
        settings,
        heard,
        command_inbox,
        fact_outbox,
        LastWord::default(),
        stop.clone(),
    ));
    Bench { script, commands, facts, _stop: stop.drop_guard() }
}

impl Bench {
    /// The next fact; what the PLC counted has a test of its own.
    async fn fact(&mut self) -> PlcEvent {
        loop {
            let fact = self.any_fact().await;
            if !matches!(fact, PlcEvent::Counted(_)) {
                return fact;
            }
        }
    }

    async fn any_fact(&mut self) -> PlcEvent {
        let fact = tokio::time::timeout(DEADLINE, self.facts.recv()).await.expect("a fact in time");
        let fact = fact.unwrap();
        let Event::Plc(event) = fact else { panic!("{fact:?} from a PLC") };
        event
    }

    async fn facts<const N: usize>(&mut self) -> [PlcEvent; N] {
        let mut facts = [PlcEvent::PadCleared; N];
        for fact in &mut facts {
            *fact = self.fact().await;
        }
        facts
    }

    /// Passes over the facts of a first connection.
    async fn up(&mut self) {
        let [up, condition, heard] = self.facts().await;
        assert_eq!(up, PlcEvent::Up(Since::Known));
        assert_eq!(condition, PlcEvent::Condition(WELL));
        assert!(matches!(heard, PlcEvent::Heard { boot: BOOT, .. }), "{heard:?}");
    }

    async fn tell(&self, command: PlcCommand) {
        self.commands.send(command).await.unwrap();
    }

    fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    async fn until(&self, looks: impl Fn(&Script) -> bool) {
        let wait = async {
            while !looks(&self.script.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("in time");
    }
}

#[tokio::test]
async fn what_happens_on_the_belt_is_told_in_order_and_then_heard() {
    let mut bench = bench(None, |_, _| {}).await;
    bench.up().await;
    bench.set(|s| {
        s.event(1, 70_000);
        s.event(2, 70_000);
        s.event(4, 70_000);
    });
    let tag = Tag(70_000);
    let wanted = [
        PlcEvent::ProductArrived(tag),
        PlcEvent::Applied(tag),
        PlcEvent::Triggered(tag),
        PlcEvent::Heard { boot: BOOT, seq: 3 },
    ];
    assert_eq!(bench.facts().await, wanted);
}

#[tokio::test]
async fn a_restart_goes_on_after_the_last_event_that_was_heard() {
    let mut bench = bench(Some((BOOT, 65_534)), |script, _| {
        script.input[28] = 65_533;
        (0..4).for_each(|tag| script.event(5, tag));
    })
    .await;
    let wanted = [
        PlcEvent::Up(Since::Known),
        PlcEvent::Condition(WELL),
        PlcEvent::Passed(Tag(1)),
        PlcEvent::Passed(Tag(2)),
        PlcEvent::Passed(Tag(3)),
        PlcEvent::Heard { boot: BOOT, seq: 1 },
    ];
    assert_eq!(bench.facts().await, wanted);
}

#[tokio::test]
async fn what_the_plc_no_longer_remembers_is_lost() {
    for heard in [(BOOT, 1), (BOOT - 1, 34)] {
        let mut bench = bench(Some(heard), |script, _| {
            (0..34).for_each(|tag| script.event(1, tag));
        })
        .await;
        let wanted = [
            PlcEvent::Up(Since::Lost),
            PlcEvent::Condition(WELL),
            PlcEvent::Heard { boot: BOOT, seq: 34 },
        ];
        assert_eq!(bench.facts().await, wanted);
    }
}

#[tokio::test]
async fn an_overrun_ring_is_found_and_said_after_a_new_connection() {
    let mut bench = bench(None, |_, _| {}).await;
    bench.up().await;
    bench.set(|s| (0..40).for_each(|tag| s.event(1, tag)));
    assert_eq!(bench.fact().await, PlcEvent::Down(Cause::Silent));
    assert_eq!(bench.fact().await, PlcEvent::Up(Since::Lost));
}

#[tokio::test]
async fn every_pass_arrives_once_and_never_more_than_eight_are_open() {
    let mut bench = bench(None, |script, _| {
        (script.input[5], script.holding[3]) = (65_530, 65_530);
    })
    .await;
    bench.up().await;
    bench.set(|s| s.echoes = false);
    for tag in 1..=40 {
        bench.tell(PlcCommand::Pass(Tag(65_520 + tag))).await;
    }
    bench.until(|s| s.most_out == 8).await;
    bench.set(|s| s.echoes = true);
    bench.until(|s| s.passes.len() >= 40).await;
    let script = bench.script.lock().unwrap();
    let wanted: Vec<_> =
        (1..=40).map(|n| (65_530_u16.wrapping_add(n), 65_520 + u32::from(n))).collect();
    assert_eq!(script.passes, wanted);
    assert_eq!(script.most_out, 8);
}

#[tokio::test]
async fn a_pass_does_not_wait_for_the_next_cycle() {
    let cycle = Duration::from_millis(200);
    let mut bench = bench(None, |_, settings| settings.cycle = cycle).await;
    bench.up().await;
    let start = tokio::time::Instant::now();
    for tag in 1..=6 {
        bench.tell(PlcCommand::Pass(Tag(tag))).await;
        bench.until(|s| s.passes.len() >= usize::try_from(tag).unwrap()).await;
    }
    assert!(start.elapsed() < cycle * 3, "six passes in {:?}", start.elapsed());
}

#[tokio::test]
async fn orders_are_carried_out_one_after_the_other_and_the_pad_is_cleared_once() {
    let mut bench = bench(None, |_, _| {}).await;
    bench.up().await;
    bench.tell(PlcCommand::ClearPad).await;
    bench.until(|s| s.commands == [0, 0b10_0000]).await;
    bench.tell(PlcCommand::Run(Run { belt: true, infeed: true })).await;
    bench.tell(PlcCommand::Show(Light::Green)).await;
    bench.until(|s| s.commands.last() == Some(&0b00_0111)).await;
    let commands = bench.script.lock().unwrap().commands.clone();
    assert_eq!(commands.iter().filter(|c| **c & 0b10_0000 != 0).count(), 1, "{commands:?}");
}

#[tokio::test]
async fn a_connection_first_ends_whatever_was_ordered_before_it() {
    let mut bench = bench(None, |script, _| {
        (script.holding[1], script.holding[2], script.input[4]) = (0b11, 40, 40);
    })
    .await;
    bench.up().await;
    let script = bench.script.lock().unwrap();
    assert_eq!((&*script.commands, script.holding[2]), (&[0][..], 42));
}

#[tokio::test]
async fn a_plc_that_does_not_carry_out_the_first_order_is_not_up() {
    let mut bench = bench(None, |script, _| script.echoes = false).await;
    assert_eq!(bench.fact().await, PlcEvent::Down(Cause::Silent));
    bench.set(|s| s.echoes = true);
    bench.up().await;
}

#[tokio::test]
async fn conditions_are_told_when_they_change() {
    let mut bench = bench(None, |_, _| {}).await;
    bench.up().await;
    bench.set(|s| s.input[3] = STATUS | 1 << 9);
    let full = Conditions { bin_full: true, ..WELL };
    assert_eq!(bench.fact().await, PlcEvent::Condition(full));
    bench.set(|s| s.input[3] = STATUS | 1 << 1);
    let moves = Conditions { belt_runs: Some(true), ..WELL };
    assert_eq!(bench.fact().await, PlcEvent::Condition(moves));
    bench.set(|s| s.input[3] = STATUS & !1);
    assert_eq!(bench.fact().await, PlcEvent::Condition(Conditions { ready: Some(false), ..WELL }));
}

#[tokio::test]
async fn what_the_plc_counted_is_told_after_up_and_behind_what_it_counts() {
    let mut bench = bench(None, |script, _| script.input[11] = 70).await;
    bench.up().await;
    let counts = PlcCounts { boot: BOOT, passed: 70, ..PlcCounts::default() };
    assert_eq!(bench.any_fact().await, PlcEvent::Counted(counts));
    bench.set(|s| {
        s.input[11] = 71;
        s.event(5, 9);
    });
    assert_eq!(bench.any_fact().await, PlcEvent::Passed(Tag(9)));
    assert_eq!(bench.any_fact().await, PlcEvent::Heard { boot: BOOT, seq: 1 });
    assert_eq!(bench.any_fact().await, PlcEvent::Counted(PlcCounts { passed: 71, ..counts }));
    // While the belt runs, once a second is enough.
    bench.set(|s| {
        s.input[11] = 72;
        s.input[3] |= 2;
    });
    let moves = PlcEvent::Condition(Conditions { belt_runs: Some(true), ..WELL });
    assert_eq!(bench.any_fact().await, moves);
    let began = tokio::time::Instant::now();
    assert_eq!(bench.any_fact().await, PlcEvent::Counted(PlcCounts { passed: 72, ..counts }));
    assert!(began.elapsed() > Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn our_heart_beats_while_nothing_else_happens() {
    let mut bench = bench(None, |_, _| {}).await;
    bench.up().await;
    let before = bench.script.lock().unwrap().beats_heard;
    let start = tokio::time::Instant::now();
    bench.until(|s| s.beats_heard >= before + 5).await;
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_frozen_heartbeat_takes_the_plc_down_and_a_moving_one_brings_it_back() {
    let mut bench = bench(None, |_, _| {}).await;
    bench.up().await;
    bench.set(|s| s.beats = false);
    assert_eq!(bench.fact().await, PlcEvent::Down(Cause::HeartbeatLost));
    bench.set(|s| s.beats = true);
    assert_eq!(bench.fact().await, PlcEvent::Up(Since::Known));
}

#[tokio::test]
async fn a_plc_that_starts_anew_under_the_connection_has_lost_the_belt() {
    let mut bench = bench(None, |_, _| {}).await;
    bench.up().await;
    bench.set(|s| s.input[1] = BOOT + 1);
    assert_eq!(bench.fact().await, PlcEvent::Down(Cause::HeartbeatLost));
    assert_eq!(bench.fact().await, PlcEvent::Up(Since::Lost));
}

#[tokio::test]
async fn silence_nonsense_and_a_cut_have_their_causes_and_are_got_over() {
    type Switch = fn(&mut Script, bool);
    let troubles: [(Switch, Cause); 4] = [
        (|s, on| s.silent = on, Cause::Silent),
        (|s, on| s.wrong_transaction = on, Cause::Garbled),
        (|s, on| s.short = on, Cause::Garbled),
        (|s, on| s.hangs_up = on, Cause::Unreachable),
    ];
    for (trouble, cause) in troubles {
        let mut bench = bench(None, |_, _| {}).await;
        bench.up().await;
        bench.set(|s| trouble(s, true));
        assert_eq!(bench.fact().await, PlcEvent::Down(cause));
        bench.set(|s| trouble(s, false));
        assert_eq!(bench.fact().await, PlcEvent::Up(Since::Known));
    }
}

#[tokio::test]
async fn a_pass_for_a_lost_connection_is_thrown_away() {
    let mut bench = bench(None, |_, _| {}).await;
    bench.up().await;
    bench.set(|s| s.silent = true);
    assert_eq!(bench.fact().await, PlcEvent::Down(Cause::Silent));
    bench.tell(PlcCommand::Pass(Tag(1))).await;
    bench.set(|s| {
        s.silent = false;
        s.passes.clear();
    });
    assert_eq!(bench.fact().await, PlcEvent::Up(Since::Known));
    bench.tell(PlcCommand::Pass(Tag(2))).await;
    bench.until(|s| !s.passes.is_empty()).await;
    assert_eq!(bench.script.lock().unwrap().passes[0].1, 2);
}

#[tokio::test]
async fn another_map_is_refused_and_nothing_is_written() {
    let mut bench = bench(None, |script, _| script.input[0] = 2).await;
    assert_eq!(bench.fact().await, PlcEvent::Down(Cause::WrongDevice));
    assert_eq!(bench.script.lock().unwrap().beats_heard, 0);
}
