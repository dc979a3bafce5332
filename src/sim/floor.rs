//! The factory floor in one piece: belt, label pad, gate, and the PLC program that moves them. Stepped with time, no sockets.
mod orders;

use super::PrintedLabel;
use super::belt::{Belt, BeltSettings, Station};
use super::camera::Shot;
use super::challenge::{TestProduct, TestProducts};
use super::dice::Dice;
use super::faults::Faults;
use super::ledger::{Fact, LabelPlace, Ledger, ProductPlace};
use super::plc::memory::{Command, EventKind, Memory};
use super::plc::modbus::{self, Head, Refusal, Request};
use super::scene::Look;
use orders::PC_SILENCE_LIMIT;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How the floor is built.
#[derive(Debug, Clone, PartialEq)]
pub struct FloorSettings {
    /// The conveyor.
    pub belt: BeltSettings,
    /// Labels that fit between printer and applicator.
    pub pad_capacity: usize,
    /// Products come with their labels: there is no applicator, and the pad is what the next products
    /// carry when they enter.
    pub carried: bool,
    /// Clearing the pad ends when no label came for so long.
    pub pad_quiet: Duration,
    /// The Modbus unit id of the PLC.
    pub unit: u8,
}

impl Default for FloorSettings {
    fn default() -> Self {
        Self {
            belt: BeltSettings::default(),
            pad_capacity: 4,
            carried: false,
            pad_quiet: Duration::from_millis(200),
            unit: 1,
        }
    }
}

/// How a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// At once.
    Now(Vec<u8>),
    /// After this time.
    Late(Vec<u8>, Duration),
    /// Not at all.
    Silence,
    /// By closing the connection.
    HangUp,
}

/// The floor.
#[derive(Debug)]
pub struct Floor {
    settings: FloorSettings,
    /// What goes wrong.
    pub faults: Faults,
    belt: Belt,
    memory: Memory,
    command: Command,
    pc_heartbeat: u16,
    pc_silent: Duration,
    pad: VecDeque<(u64, Arc<PrintedLabel>)>,
    labels_came: u64,
    web_empty: bool,
    /// While the pad is being cleared: how long no label came.
    clearing: Option<Duration>,
    /// While a hand moves the gate: how long it stays open.
    gate_by_hand: Option<Duration>,
    /// A hand wants one picture.
    picture_wanted: bool,
    triggers: u64,
    luck: Dice,
    talk_luck: Dice,
    tests: TestProducts,
    ledger: Ledger,
}

/// The floor as several tasks share it.
#[derive(Debug, Clone)]
pub struct SharedFloor(Arc<Mutex<Floor>>);

impl SharedFloor {
    /// Shares a floor.
    pub fn new(floor: Floor) -> Self {
        Self(Arc::new(Mutex::new(floor)))
    }

    /// The floor, for a moment.
    pub fn lock(&self) -> MutexGuard<'_, Floor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Floor {
    /// A floor at rest. `boot` is the number of the PLC's first start.
    pub fn new(
        settings: FloorSettings,
        faults: Faults,
        seed: u64,
        boot: u16,
        ledger: Ledger,
    ) -> Self {
        Self {
            belt: Belt::new(settings.belt.clone(), Dice::of(seed, 1)),
            settings,
            faults,
            memory: Memory::started(boot),
            command: Command::default(),
            pc_heartbeat: 0,
            pc_silent: PC_SILENCE_LIMIT,
            pad: VecDeque::new(),
            labels_came: 0,
            web_empty: true,
            clearing: None,
            gate_by_hand: None,
            picture_wanted: false,
            triggers: 0,
            luck: Dice::of(seed, 2),
            talk_luck: Dice::of(seed, 3),
            tests: TestProducts::default(),
            ledger,
        }
    }

    /// One scan of the PLC program, and what moved in this time. Returns what the camera must shoot.
    pub fn scan(&mut self, step: Duration) -> Vec<Shot> {
        if self.faults.talk.frozen {
            return Vec::new();
        }
        self.memory.heartbeat = self.memory.heartbeat.wrapping_add(1);
        self.watch_pc(step);
        self.obey();
        self.clear_pad(step);
        self.let_gate_fall(step);
        let infeed_open = self.command.infeed() && !self.faults.machine.starved;
        self.belt.touching_chance = self.faults.luck.touching_chance;
        let passed = self.belt.step(step, self.runs(), infeed_open);
        let by_hand = std::mem::take(&mut self.picture_wanted).then(|| self.trigger_by_hand());
        let came_by = |(station, product)| self.came_by(station, product);
        passed.into_iter().filter_map(came_by).chain(by_hand).collect()
    }

    /// Whether there is room for a label between printer and applicator.
    pub fn wants_label(&self) -> bool {
        self.clearing.is_some() || self.pad.len() < self.settings.pad_capacity
    }

    /// A label came from the printer to the pad; into the waste while the pad is being cleared.
    pub fn take_label(&mut self, label: PrintedLabel) {
        let number = self.note_label(&label);
        if self.clearing.is_some() {
            self.clearing = Some(Duration::ZERO);
            self.move_label(number, LabelPlace::Waste);
        } else {
            self.move_label(number, LabelPlace::Pad);
            self.pad.push_back((number, Arc::new(label)));
        }
    }

    /// A label that hangs on the web behind the printer when the plant is shut down.
    pub fn leave_on_roll(&mut self, label: &PrintedLabel) {
        self.note_label(label);
    }

    /// Whether any label hangs between the printer and the pad.
    pub fn see_web(&mut self, empty: bool) {
        self.web_empty = empty;
    }

    /// A request of a Modbus client, and what the PLC makes of it.
    pub fn hear(&mut self, head: Head, body: &[u8]) -> Reply {
        let talk = self.faults.talk.clone();
        if self.talk_luck.chance(talk.silent_chance) {
            return Reply::Silence;
        }
        if self.talk_luck.chance(talk.refused_chance) {
            let function = body.first().copied().unwrap_or_default();
            return Reply::Now(modbus::refuse(head, function, Refusal::Busy));
        }
        let answer = self.answer(head, body);
        if self.talk_luck.chance(talk.drop_chance) {
            Reply::HangUp
        } else if self.talk_luck.chance(talk.garbled_chance) {
            Reply::Now(garble(answer, &mut self.talk_luck))
        } else if self.talk_luck.chance(talk.late_chance) {
            Reply::Late(answer, talk.late_by)
        } else {
            Reply::Now(answer)
        }
    }

    /// Somebody comes with a test product, and puts it on the belt when that is empty and lets one in.
    pub fn bring_test_product(&mut self, product: TestProduct) {
        self.tests.bring(product);
    }

    /// Somebody takes a product off the belt. Returns its tag.
    pub fn take_off_product(&mut self) -> Option<u32> {
        let (number, tag) =
            self.belt.within_reach().map(|product| (product.number, product.tag))?;
        self.take_off(number);
        tag
    }

    /// The PLC program starts anew: counts, tags and events begin again, and it does not know what
    /// is on the belt. `boot` is the number of this start.
    pub fn restart_plc(&mut self, boot: u16) {
        self.memory = Memory::started(boot);
        self.command = Command::default();
        self.clearing = None;
        self.gate_by_hand = None;
        self.picture_wanted = false;
        self.pc_silent = PC_SILENCE_LIMIT;
        self.belt.products().for_each(|product| product.tag = None);
    }

    /// The number of the PLC's present start.
    pub fn boot(&self) -> u16 {
        self.memory.boot()
    }

    fn runs(&self) -> bool {
        let ordered = self.command.belt() && self.gate_by_hand.is_none();
        let moves = !self.faults.machine.belt_stuck && !self.faults.talk.frozen;
        ordered && moves && self.pc_silent < PC_SILENCE_LIMIT
    }

    fn came_by(&mut self, station: Station, product: u64) -> Option<Shot> {
        if station == Station::Infeed {
            self.welcome(product);
            return None;
        }
        // What the PLC does not know comes by its outputs unseen; the gate pushes it out.
        let tag = self.belt.product(product)?.tag;
        match (station, tag) {
            (Station::Applicator, Some(tag)) => self.apply(product, tag),
            (Station::Camera, Some(tag)) => return self.trigger(product, tag),
            (Station::Gate, tag) => self.sort(product, tag),
            (Station::BinEye, tag) => self.fall(product, tag),
            (Station::Applicator | Station::Camera, None) | (Station::Infeed, _) => {}
        }
        None
    }

    fn welcome(&mut self, number: u64) {
        let tag = self.memory.give_tag();
        let alone = self.belt.products().count() == 1;
        self.tests.enter(number, alone);
        let mut touches = false;
        if let Some(product) = self.belt.product(number) {
            product.tag = Some(tag);
            touches = product.touches;
        }
        if touches {
            self.memory.event(EventKind::Touching, tag);
        }
        self.ledger.note(Fact::ProductEntered { boot: self.memory.boot(), tag });
        if self.settings.carried
            && let Some((label, printed)) = self.pad.pop_front()
        {
            self.put_on(number, label, printed);
        }
    }

    fn put_on(&mut self, number: u64, label: u64, printed: Arc<PrintedLabel>) {
        if let Some(product) = self.belt.product(number) {
            product.label = Some(printed);
        }
        self.move_label(label, LabelPlace::Product(number));
    }

    fn apply(&mut self, number: u64, tag: u32) {
        if self.settings.carried {
            return;
        }
        let Some((label, printed)) = self.pad.pop_front() else {
            self.memory.event(EventKind::NotApplied, tag);
            return;
        };
        self.put_on(number, label, printed);
        self.memory.counts.applied += 1;
        self.memory.event(EventKind::Applied, tag);
    }

    fn trigger(&mut self, number: u64, tag: u32) -> Option<Shot> {
        self.memory.event(EventKind::Triggered, tag);
        let label = self.belt.product(number)?.label.clone();
        let luck = self.faults.luck;
        let look = match &label {
            None => Look::NoLabel,
            Some(_) if self.luck.chance(luck.spoiled_chance) => Look::Spoiled,
            Some(_) if self.luck.chance(luck.no_symbol_chance) => Look::NoSymbol,
            Some(_) => Look::Clean,
        };
        let (look, label) = self.tests.seen(number).unwrap_or((look, label));
        let missed = self.luck.chance(luck.missed_trigger_chance);
        if self.luck.chance(luck.taken_off_chance) {
            self.take_off(number);
        }
        self.triggers += 1;
        let shot = Shot { product: number, tag, trigger: self.triggers, look, label };
        (!missed).then_some(shot)
    }

    fn sort(&mut self, number: u64, tag: Option<u32>) {
        if tag.is_some_and(|tag| self.memory.at_gate(tag)) {
            self.memory.counts.passed += 1;
            self.memory.event(EventKind::Passed, tag.unwrap_or_default());
            let chance = self.faults.luck.false_eject_chance;
            let falsely = chance > 0.0 && self.luck.chance(chance);
            match self.belt.product(number).filter(|_| falsely) {
                Some(product) => {
                    product.falsely = true;
                    self.belt.push_out(number);
                }
                None => self.move_product(number, ProductPlace::Good),
            }
        } else {
            self.memory.counts.reject_ordered += 1;
            self.belt.push_out(number);
        }
    }

    fn fall(&mut self, number: u64, tag: Option<u32>) {
        let falsely = self.belt.product(number).is_some_and(|product| product.falsely);
        self.move_product(number, ProductPlace::Bin);
        // What has no tag was on the belt when the PLC started.
        let tag = tag.unwrap_or_default();
        if falsely {
            return self.memory.event(EventKind::NotOrdered, tag);
        }
        if self.luck.chance(self.faults.luck.bin_eye_blind_chance) {
            self.memory.event(EventKind::RejectUnseen, tag);
        } else {
            self.memory.counts.reject_confirmed += 1;
            self.memory.event(EventKind::RejectConfirmed, tag);
        }
    }

    fn take_off(&mut self, number: u64) {
        self.move_product(number, ProductPlace::TakenOff);
    }

    /// Every move of a product but the first leads off the belt.
    fn move_product(&mut self, product: u64, place: ProductPlace) {
        self.belt.remove(product);
        self.tests.leave(product);
        self.ledger.note(Fact::ProductMoved { product, place });
    }

    fn move_label(&self, label: u64, place: LabelPlace) {
        self.ledger.note(Fact::LabelMoved { label, place });
    }

    fn note_label(&mut self, label: &PrintedLabel) -> u64 {
        self.labels_came += 1;
        self.ledger.note(Fact::LabelCame {
            number: label.number,
            codes: label.codes.clone(),
            partial: label.partial,
        });
        self.labels_came
    }

    fn answer(&mut self, head: Head, body: &[u8]) -> Vec<u8> {
        let function = body.first().copied().unwrap_or_default();
        let done = if head.unit == self.settings.unit {
            modbus::read_request(body).and_then(|request| self.carry_out(head, body, &request))
        } else {
            Err(Refusal::Unit)
        };
        done.unwrap_or_else(|why| modbus::refuse(head, function, why))
    }

    fn carry_out(
        &mut self,
        head: Head,
        body: &[u8],
        request: &Request,
    ) -> Result<Vec<u8>, Refusal> {
        match request {
            Request::ReadHolding { address, count } => {
                let registers = modbus::slice(self.memory.holding(), *address, *count)?;
                Ok(modbus::answer_read(head, 3, registers))
            }
            Request::ReadInput { address, count } => {
                let inputs = self.inputs();
                let registers = modbus::slice(&inputs, *address, *count)?;
                Ok(modbus::answer_read(head, 4, registers))
            }
            Request::Write { address, values } => {
                let passes = self.memory.write(*address, values).ok_or(Refusal::Address)?;
                self.note_passes(&passes);
                Ok(modbus::answer_write(head, body))
            }
        }
    }

    fn note_passes(&mut self, tags: &[u32]) {
        let heard = |tag: Option<u32>| tag.is_some_and(|tag| tags.contains(&tag));
        for product in self.belt.products().filter(|product| heard(product.tag)) {
            self.ledger.note(Fact::PassHeard { product: product.number });
        }
    }

    fn inputs(&self) -> [u16; super::plc::memory::INPUT_REGISTERS] {
        let speed = if self.runs() { self.settings.belt.speed_mm_s() } else { 0.0 };
        // `as` saturates, and the speed is never negative.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
        let speed = speed.round() as u16;
        self.memory.inputs(self.faults.talk.map_version, self.status(), speed)
    }

    fn status(&self) -> u16 {
        let machine = self.faults.machine;
        let pad_clear = self.pad.is_empty() && self.web_empty && self.clearing.is_none();
        let bits = [
            self.is_ready(),
            self.runs(),
            pad_clear,
            machine.fault,
            machine.blocked,
            machine.starved,
            machine.emergency_stop,
            machine.guard_open,
            machine.air_low,
            machine.bin_full,
        ];
        bits.iter().rev().fold(0, |word, bit| word << 1 | u16::from(*bit))
    }
}

/// Nonsense that a broken network card or gateway makes of an answer.
fn garble(mut answer: Vec<u8>, luck: &mut Dice) -> Vec<u8> {
    match luck.below(3) {
        0 => answer[0] ^= 0x55,
        1 => answer[7] ^= 0x7f,
        _ => answer.iter_mut().for_each(|byte| *byte ^= 0xa5),
    }
    answer
}
