//! The printer as a thing: its memory, its queue, its faults, its counter, and what came out of it.
use super::burn::Burnt;
use super::format::Label;
use super::memory::Memory;
use super::{Chances, Fault, Identity, PlannedFault, PrinterSettings, SheetOut, Snapshot, Why};
use crate::sim::dice::Dice;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The ledger keeps this many labels; older ones are only counted.
const LEDGER_KEEPS: usize = 1_000_000;

/// A format that waits to be printed.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) label: Arc<Label>,
    /// Bytes that it took in the receive buffer.
    pub(super) bytes: usize,
    /// Back to the host that sent it.
    pub(super) reply: mpsc::Sender<Vec<u8>>,
}

/// What is printed next, why, and who hears its echo.
type Next = (Arc<Label>, Why, Option<mpsc::Sender<Vec<u8>>>);

/// A label that is being printed.
#[derive(Debug, Clone)]
pub(super) struct Printing {
    pub(super) label: Arc<Label>,
    pub(super) why: Why,
    /// Counted from one over the life of the printer.
    pub(super) number: u64,
    /// Where and why it will stop half-way.
    pub(super) breaks: Option<(f64, Fault)>,
    /// How often the power had gone when it was begun.
    pub(super) power: u64,
    pub(super) reply: Option<mpsc::Sender<Vec<u8>>>,
}

/// How the printer answers.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) garbled: u32,
    pub(super) after: Duration,
    pub(super) mute: bool,
}

/// Everything that the printer is. One owner at a time changes it, through the watch of [`super::Bench`].
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a printer has this many independent switches")]
pub(super) struct Device {
    pub(super) identity: Identity,
    pub(super) memory: Memory,
    pub(super) queue: VecDeque<Job>,
    pub(super) receive_buffer: usize,
    batch: Option<(Job, u32)>,
    again: Option<Printing>,
    last: Option<Arc<Label>>,
    feeds: u32,
    reprints: u32,
    pub(super) printing: bool,
    pub(super) label_waiting: bool,
    pub(super) partial_format: bool,
    pub(super) faults: BTreeSet<Fault>,
    planned: Vec<PlannedFault>,
    pub(super) paused: bool,
    pub(super) on: bool,
    pub(super) power_cycles: u64,
    pub(super) refuses: bool,
    pub(super) reset_armed: bool,
    pub(super) answers: Answers,
    pub(super) silent_in_fault: bool,
    odometer_counts_partial: bool,
    pub(super) odometer: u64,
    sheets: u64,
    pub(super) served: u64,
    pub(super) errors: u64,
    ledger: VecDeque<SheetOut>,
    pub(super) last_out: Option<image::GrayImage>,
    pub(super) chances: Chances,
    pub(super) dice: Dice,
}

impl Device {
    /// A printer that was just switched on.
    pub(super) fn new(settings: &PrinterSettings) -> Self {
        Self {
            identity: settings.identity.clone(),
            memory: Memory::new(settings.width, settings.label_length),
            queue: VecDeque::new(),
            receive_buffer: settings.receive_buffer,
            batch: None,
            again: None,
            last: None,
            feeds: 0,
            reprints: 0,
            printing: false,
            label_waiting: false,
            partial_format: false,
            faults: BTreeSet::new(),
            planned: Vec::new(),
            paused: false,
            on: true,
            power_cycles: 0,
            refuses: false,
            reset_armed: false,
            answers: Answers::default(),
            silent_in_fault: settings.silent_in_fault,
            odometer_counts_partial: settings.odometer_counts_partial,
            odometer: settings.odometer,
            sheets: 0,
            served: 0,
            errors: 0,
            ledger: VecDeque::new(),
            last_out: None,
            chances: settings.chances,
            dice: Dice::new(settings.seed),
        }
    }

    /// What a test may look at.
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            odometer: self.odometer,
            sheets: self.sheets,
            waiting: self.queue.len(),
            unfinished: self.unfinished(),
            paused: self.paused,
            faults: self.faults.iter().copied().collect(),
            connections_served: self.served,
            errors: self.errors,
            partial_format: self.partial_format,
        }
    }

    /// Labels that came out, oldest first.
    pub(super) fn ledger(&self) -> Vec<SheetOut> {
        self.ledger.iter().cloned().collect()
    }

    /// Bytes of formats that wait.
    pub(super) fn has_room(&self) -> bool {
        self.queue.iter().map(|j| j.bytes).sum::<usize>() < self.receive_buffer
    }

    /// Labels of the running batch that are not out yet, the one under the head included.
    pub(super) fn unfinished(&self) -> u32 {
        let left = self.batch.as_ref().map_or(0, |(_, left)| *left);
        left + u32::from(self.printing) + u32::from(self.again.is_some())
    }

    /// Whether the next label can be begun.
    pub(super) fn can_print(&self) -> bool {
        let pressed = self.feeds > 0 || self.reprints > 0;
        let has_work = self.again.is_some() || self.batch.is_some() || !self.queue.is_empty();
        self.on && self.faults.is_empty() && (pressed || (has_work && !self.paused))
    }

    /// Begins the next label.
    pub(super) fn begin(&mut self) -> Option<Printing> {
        if !self.can_print() {
            return None;
        }
        let (label, why, reply) = self.next_label()?;
        self.printing = true;
        let number = self.sheets + 1;
        let breaks = self.break_at(number);
        Some(Printing { label, why, number, breaks, power: self.power_cycles, reply })
    }

    fn next_label(&mut self) -> Option<Next> {
        if self.feeds > 0 {
            self.feeds -= 1;
            return Some((Arc::new(Label::blank(&self.memory)), Why::Feed, None));
        }
        if self.reprints > 0 {
            self.reprints -= 1;
            let last = self.last.clone();
            return Some((last.unwrap_or_default(), Why::Reprint, None));
        }
        if let Some(again) = self.again.take() {
            return Some((again.label, Why::AfterFault, again.reply));
        }
        if self.batch.is_none() {
            let job = self.queue.pop_front()?;
            for echo in job.label.echoes.iter().filter(|e| !e.each_label) {
                // A host that does not read its echoes loses them.
                let _ = job.reply.try_send(job.label.echo(echo));
            }
            let copies = job.label.copies;
            self.batch = Some((job, copies));
        }
        let (job, left) = self.batch.as_mut()?;
        *left -= 1;
        let next = (Arc::clone(&job.label), Why::Format, Some(job.reply.clone()));
        if *left == 0 {
            self.batch = None;
        }
        Some(next)
    }

    fn break_at(&mut self, number: u64) -> Option<(f64, Fault)> {
        if let Some(at) = self.planned.iter().position(|p| p.sheet == number) {
            let planned = self.planned.swap_remove(at);
            return Some((planned.after.clamp(0.0, 1.0), planned.fault));
        }
        let all = [Fault::MediaOut, Fault::RibbonOut, Fault::HeadOpen];
        let happens = self.dice.chance(self.chances.fault);
        happens.then(|| (self.dice.unit(), all[self.dice.below(all.len())]))
    }

    /// Remembers a fault for a later label.
    pub(super) fn plan(&mut self, fault: PlannedFault) {
        self.planned.push(fault);
    }

    /// A fault begins: the printer stops and stays paused.
    pub(super) fn raise(&mut self, fault: Fault) {
        self.faults.insert(fault);
        self.paused = true;
    }

    /// Whether the label under the head cannot go on.
    pub(super) fn interrupts(&self, printing: &Printing) -> bool {
        !self.faults.is_empty() || self.power_cycles != printing.power || !self.on
    }

    /// A label left the head, whole or as a part.
    pub(super) fn came_out(&mut self, printing: &Printing, burnt: &Burnt, whole: bool) {
        self.sheets = printing.number;
        self.errors += burnt.errors;
        self.last_out = Some(burnt.raster.clone());
        self.ledger.push_back(SheetOut {
            number: printing.number,
            codes: burnt.codes(),
            partial: !whole,
            why: printing.why,
        });
        if self.ledger.len() > LEDGER_KEEPS {
            self.ledger.pop_front();
        }
    }

    /// The label is on the pad: now, and not before, the odometer advances.
    pub(super) fn handed_over(&mut self, printing: &Printing, whole: bool) {
        self.printing = false;
        self.odometer += u64::from(whole || self.odometer_counts_partial);
        let of_a_format = matches!(printing.why, Why::Format | Why::AfterFault);
        if whole && of_a_format {
            self.last = Some(Arc::clone(&printing.label));
        }
        let still_on = self.power_cycles == printing.power;
        if !whole && of_a_format && still_on && self.memory.reprint_after_error {
            self.again = Some(printing.clone());
        }
    }

    /// `~JA`: everything that was received is gone; the label under the head still comes out.
    pub(super) fn cancel_all(&mut self) {
        self.queue.clear();
        self.batch = None;
        self.again = None;
    }

    /// The FEED key.
    pub(super) fn feed(&mut self) {
        self.feeds = (self.feeds + 1).min(100);
    }

    /// The REPRINT input; `^JJ…,d` switches it off.
    pub(super) fn reprint(&mut self) -> bool {
        let works = self.memory.reprint_input && self.last.is_some();
        self.reprints = (self.reprints + u32::from(works)).min(100);
        works
    }

    /// The power goes: connections, queue and everything volatile are lost.
    pub(super) fn lose_power(&mut self) {
        self.power_cycles += 1;
        self.on = false;
        self.cancel_all();
        self.memory.lose_power();
        (self.last, self.feeds, self.reprints) = (None, 0, 0);
        (self.paused, self.partial_format, self.reset_armed) =
            (!self.faults.is_empty(), false, false);
    }

    /// What really leaves for an answer: nothing, or perhaps garbage.
    pub(super) fn spoil(&mut self, mut answer: Vec<u8>) -> Option<Vec<u8>> {
        if self.answers.mute {
            return None;
        }
        let by_chance = self.dice.chance(self.chances.garbled_answer);
        if self.answers.garbled > 0 || by_chance {
            self.answers.garbled = self.answers.garbled.saturating_sub(1);
            let keep = self.dice.below(answer.len()) + 1;
            answer.truncate(keep);
            for byte in &mut answer {
                *byte ^= 0x15;
            }
        }
        Some(answer)
    }
}
