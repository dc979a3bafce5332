//! How many facts the core of a line deals with in a second, on one core of the machine: `cargo bench
//! --bench line_core`. Figures: docs/performance.md.
//!
//! Products follow each other, four between applicator and camera and twelve before the gate; the
//! printer tells every label, the PLC every event with its number; two products in a hundred cannot
//! be read. Making the facts is counted, too.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]
#![allow(
    clippy::wildcard_imports,
    clippy::wildcard_enum_match_arm,
    reason = "the words of the line"
)]
#![allow(clippy::cast_precision_loss, missing_docs, reason = "figures for people")]
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/line_bench/mod.rs"]
mod line_bench;

use line_bench::{code, settings, symbol};
use markwright::line::*;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const PRODUCTS: u32 = 200_000;
const TURNS: u32 = 5;
/// Products between applicator and camera, and between infeed and gate.
const TO_CAMERA: usize = 4;
const TO_GATE: usize = 12;

struct Plant {
    line: Line,
    now: Instant,
    facts: u64,
    next_code: i64,
    /// Labels that the printer was given, and those that came out.
    at_printer: VecDeque<i64>,
    on_pad: VecDeque<i64>,
    wakes: u64,
    passed: u64,
}

impl Plant {
    fn running() -> Self {
        let settings = LineSettings { stock_low: 100, stock_full: 200, ..settings() };
        let mut plant = Self {
            line: Line::new(settings, Order::default()),
            now: tokio::time::Instant::now().into_std(),
            facts: 0,
            next_code: 1,
            at_printer: VecDeque::new(),
            on_pad: VecDeque::new(),
            wakes: 0,
            passed: 0,
        };
        plant.tell(Event::Printer(PrinterEvent::Up));
        plant.tell(Event::Camera(CameraEvent::Up));
        plant.tell(Event::Plc(PlcEvent::Up(Since::Known)));
        plant.tell(Event::Operator(Request::Reset));
        plant.tell(Event::Operator(Request::Start));
        plant.tell(Event::Plc(PlcEvent::PadCleared));
        plant.later(Duration::from_millis(260));
        assert_eq!(plant.line.state(), LineState::Execute);
        plant
    }

    fn tell(&mut self, event: Event) {
        self.facts += 1;
        let Outcome { commands, .. } = self.line.handle(self.now, event);
        let mut wanted = 0;
        for command in commands {
            match command {
                Command::Refill { want } => wanted += want,
                Command::Printer(PrinterCommand::Row(codes)) => {
                    self.at_printer.extend(codes.iter().map(|code| code.id.0));
                }
                Command::Plc(PlcCommand::Pass(_)) => self.passed += 1,
                _ => {}
            }
        }
        if wanted > 0 {
            let end = self.next_code + i64::try_from(wanted).unwrap();
            let codes = (self.next_code..end).map(code).collect();
            self.next_code = end;
            self.tell(Event::CodesArrived(codes));
        }
    }

    fn plc(&mut self, event: PlcEvent) {
        self.tell(Event::Plc(event));
        let seq = u16::try_from(self.facts % 65_536).unwrap();
        self.tell(Event::Plc(PlcEvent::Heard { boot: 1, seq }));
    }

    fn later(&mut self, by: Duration) {
        self.now += by;
        if self.line.next_wake().is_some_and(|(due, _)| due <= self.now) {
            self.wakes += 1;
            self.tell(Event::Wake);
        }
    }

    fn work(&mut self) {
        let mut belt: VecDeque<(u32, i64)> = VecDeque::new();
        for tag in 1..=PRODUCTS {
            self.later(Duration::from_millis(50));
            while let Some(label) = self.at_printer.pop_front() {
                self.on_pad.push_back(label);
                let printed = PrinterEvent::Printed(markwright::code::CodeId(label));
                self.tell(Event::Printer(printed));
            }
            self.plc(PlcEvent::ProductArrived(Tag(tag)));
            let label = self.on_pad.pop_front().expect("a label lies ready");
            self.plc(PlcEvent::Applied(Tag(tag)));
            belt.push_back((tag, label));
            if belt.len() > TO_CAMERA {
                let (tag, label) = belt[belt.len() - 1 - TO_CAMERA];
                self.plc(PlcEvent::Triggered(Tag(tag)));
                let reading = if tag % 50 == 0 { Reading::Nothing } else { symbol(label) };
                let (of, picture) = (FrameOf::Tag(Tag(tag)), Some(PictureId(tag.into())));
                self.tell(Event::Camera(CameraEvent::Read { of, reading, picture }));
            }
            if belt.len() > TO_GATE {
                let (tag, _) = belt.pop_front().unwrap();
                let fate = if tag % 50 == 0 { PlcEvent::RejectConfirmed } else { PlcEvent::Passed };
                self.plc(fate(Tag(tag)));
            }
        }
    }
}

fn main() {
    let mut best = Duration::MAX;
    let mut facts = 0;
    for _ in 0..TURNS {
        let mut plant = Plant::running();
        let begun = tokio::time::Instant::now();
        plant.work();
        best = best.min(begun.elapsed());
        facts = plant.facts;
        assert_eq!(plant.line.state(), LineState::Execute, "{:?}", plant.line.view());
        assert!(plant.passed * 100 > u64::from(PRODUCTS) * 97, "{} passed", plant.passed);
    }
    let a_second = facts as f64 / best.as_secs_f64();
    println!("{facts} facts of {PRODUCTS} products: {a_second:.0} a second (fastest of {TURNS})");
}
