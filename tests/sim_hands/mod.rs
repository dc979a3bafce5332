//! The other side of the fake plant, in small, for the tests of the plant.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(dead_code, reason = "each test crate uses a part of it")]
#![allow(missing_docs, unreachable_pub, reason = "a test")]

use markwright::sim::alone::feed;
use markwright::sim::dice::Dice;
use markwright::sim::faults::Faults;
use markwright::sim::labels::{draw_label, random_dairy_code};
use markwright::sim::plant::{Plant, PlantSettings};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tokio_modbus::prelude::*;

pub const DEADLINE: Duration = Duration::from_secs(20);
pub const BELT: u16 = 1;
pub const INFEED: u16 = 2;
pub const CLEAR_PAD: u16 = 32;

/// The other side: what Markwright's driver does, in small, with another Modbus than the plant's.
pub struct Pc {
    pub plc: client::Context,
    heartbeat: u16,
    command: [u16; 2],
    verdict_seq: u16,
    event_seq: u16,
    pub block: Vec<u16>,
}

impl Pc {
    pub async fn connect(at: SocketAddr) -> Self {
        let mut plc = tcp::connect_slave(at, Slave(1)).await.unwrap();
        let block = plc.read_input_registers(0, 125).await.unwrap().unwrap();
        let (command, verdict_seq, event_seq) = ([0, block[4]], block[5], block[28]);
        Self { plc, heartbeat: 0, command, verdict_seq, event_seq, block }
    }

    pub fn order(&mut self, bits: u16) {
        self.command = [bits, self.command[1].wrapping_add(1)];
    }

    /// One cycle: a beat, a read; returns the new events as (kind, tag).
    pub async fn cycle(&mut self) -> Vec<(u16, u32)> {
        self.heartbeat = self.heartbeat.wrapping_add(1);
        let words = [self.heartbeat, self.command[0], self.command[1]];
        self.plc.write_multiple_registers(0, &words).await.unwrap().unwrap();
        self.block = self.plc.read_input_registers(0, 125).await.unwrap().unwrap();
        let new = self.block[28].wrapping_sub(self.event_seq);
        assert!(new <= 32, "events were lost");
        let slot = |n: u16| 29 + 3 * usize::from(self.event_seq.wrapping_add(n) % 32);
        let events = (1..=new).map(slot).map(|at| {
            (self.block[at], u32::from(self.block[at + 1]) << 16 | u32::from(self.block[at + 2]))
        });
        let events = events.collect();
        self.event_seq = self.block[28];
        events
    }

    pub async fn pass(&mut self, tag: u32) {
        self.verdict_seq = self.verdict_seq.wrapping_add(1);
        let slot = 4 + 3 * (self.verdict_seq % 8);
        let words = [(tag >> 16) as u16, (tag & 0xffff) as u16, 1];
        self.plc.write_multiple_registers(slot, &words).await.unwrap().unwrap();
        self.plc.write_multiple_registers(3, &[self.verdict_seq]).await.unwrap().unwrap();
    }

    pub fn status(&self, bit: u16) -> bool {
        self.block[3] >> bit & 1 == 1
    }

    /// Cycles, passing what `good` says when it is triggered, until `enough`; all events so far.
    pub async fn run_until(
        &mut self,
        mut good: impl FnMut(u32) -> bool,
        mut enough: impl FnMut(&Self, &[(u16, u32)]) -> bool,
    ) -> Vec<(u16, u32)> {
        let mut ticks = interval(Duration::from_millis(10));
        let mut all = Vec::new();
        let work = async {
            while !enough(self, &all) {
                ticks.tick().await;
                for (kind, tag) in self.cycle().await {
                    if kind == 4 && good(tag) {
                        self.pass(tag).await;
                    }
                    all.push((kind, tag));
                }
            }
        };
        timeout(DEADLINE, work).await.expect("the level was not reached in time");
        all
    }
}

pub fn count(events: &[(u16, u32)], kind: u16) -> usize {
    events.iter().filter(|(k, _)| *k == kind).count()
}

pub fn settings() -> PlantSettings {
    PlantSettings { seed: 3, faults: Faults::default(), ..PlantSettings::default() }
}

/// A plant whose printer prints a new random code whenever there is room.
pub struct World {
    pub plant: Plant,
    pub printer: JoinSet<()>,
}

pub async fn world(settings: PlantSettings) -> World {
    let (web, labels) = mpsc::channel(1);
    let plant = Plant::start(settings, labels).await.unwrap();
    let mut printer = JoinSet::new();
    let mut dice = Dice::new(9);
    printer.spawn(feed(web, move |n| draw_label(n, &random_dairy_code(&mut dice))));
    World { plant, printer }
}

/// Runs products through until `products` arrived, then empties the belt.
pub async fn a_run(
    pc: &mut Pc,
    products: usize,
    mut good: impl FnMut(u32) -> bool,
) -> Vec<(u16, u32)> {
    pc.order(BELT | INFEED);
    let mut events = pc.run_until(&mut good, |_, all| count(all, 1) >= products).await;
    pc.order(BELT);
    let arrived = count(&events, 1);
    let settled = |all: &[(u16, u32)]| count(all, 5) + count(all, 6) + count(all, 7);
    let before = settled(&events);
    let rest = pc.run_until(&mut good, |_, all| {
        before + settled(all) >= arrived + count(all, 1) && !all.is_empty()
    });
    events.extend(rest.await);
    events
}
