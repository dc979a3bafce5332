//! The printer as a thing: its memory, its queue, its faults, its counter, and what came out of it.
use super::burn::Burnt;
use super::controls::Snapshot;
use super::fate::Fate;
use super::label::Label;
use super::memory::Memory;
use super::script::{Fault, Incident, Mood};
use super::settings::{Chances, Habit, Identity, Language, PrinterSettings};
use super::sheet::{SheetOut, Why};
use super::speak::Answers;
use super::tspl::Desk;
use crate::sim::dice::Dice;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The ledger keeps this many labels; older ones are only counted.
const LEDGER_KEEPS: usize = 1_000_000;
/// How long after a label the odometer moves that is late.
const COUNTS_LATE_BY: Duration = Duration::from_millis(40);

/// Bytes back to the host that sent something.
pub(super) type Reply = mpsc::Sender<Vec<u8>>;

/// A format that waits to be printed.
#[derive(Debug)]
struct Job {
    label: Arc<Label>,
    /// Bytes that it took in the receive buffer.
    bytes: usize,
    reply: Reply,
    /// When it is formatted.
    ready: Instant,
}

/// What is printed next, why, and who hears its echo.
type Next = (Arc<Label>, Why, Option<Reply>);

/// A label that is being printed.
#[derive(Debug, Clone)]
pub(super) struct Printing {
    pub(super) label: Arc<Label>,
    pub(super) why: Why,
    /// Counted from one over the life of the printer.
    pub(super) number: u64,
    /// What will happen during it, the first first.
    pub(super) incidents: Vec<Incident>,
    pub(super) inches_per_second: f32,
    /// Nothing of it will be seen; whether it is counted all the same.
    pub(super) lost: Option<bool>,
    /// The last label of its format.
    pub(super) ends_batch: bool,
    /// How often the power had gone when it was begun.
    power: u64,
    pub(super) reply: Option<Reply>,
}

/// How a label left the head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) began: Instant,
    pub(super) stood: Instant,
    /// The part that was printed: 1 is all of it.
    pub(super) cut: f64,
}

impl Ended {
    pub(super) fn whole(&self) -> bool {
        self.cut >= 1.0
    }
}

/// Everything that the printer is. One owner at a time changes it, through the watch of the bench.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a printer has this many independent switches")]
pub(super) struct Device {
    pub(super) language: Language,
    pub(super) identity: Identity,
    pub(super) memory: Memory,
    /// What TSPL keeps between its commands.
    pub(super) desk: Desk,
    queue: VecDeque<Job>,
    receive_buffer: usize,
    formats_in: Duration,
    /// When the format that came last is formatted.
    formatted: Instant,
    inches_per_second: f32,
    batch: Option<(Job, u32)>,
    again: Option<Printing>,
    /// What REPRINT prints, and who hears its echo.
    last: Option<(Arc<Label>, Option<Reply>)>,
    feeds: u32,
    reprints: u32,
    pub(super) foreign: u32,
    printing: Option<u64>,
    pub(super) label_waiting: bool,
    pub(super) partial_format: bool,
    pub(super) faults: BTreeSet<Fault>,
    pub(super) fate: Fate,
    pub(super) paused: bool,
    pub(super) on: bool,
    pub(super) power_cycles: u64,
    pub(super) refuses: bool,
    pub(super) reset_armed: bool,
    pub(super) answers: Answers,
    pub(super) silent_in_fault: bool,
    odometer_counts_partial: bool,
    pub(super) odometer: u64,
    habit: Habit,
    /// When the last label was handed over that the odometer counted.
    counted_at: Option<Instant>,
    /// Millimetres that the web moved.
    pub(super) mileage_mm: f64,
    sheets: u64,
    pub(super) served: u64,
    pub(super) errors: u64,
    started: Instant,
    ledger: VecDeque<SheetOut>,
    pub(super) last_out: Option<image::GrayImage>,
    pub(super) chances: Chances,
    pub(super) dice: Dice,
}

impl Device {
    /// A printer that was just switched on.
    pub(super) fn new(settings: &PrinterSettings) -> Self {
        let now = Instant::now();
        Self {
            language: settings.language,
            identity: settings.identity.clone(),
            memory: Memory::new(settings.width, settings.label_length),
            desk: Desk::default(),
            queue: VecDeque::new(),
            receive_buffer: settings.receive_buffer,
            formats_in: settings.formats_in,
            formatted: now,
            inches_per_second: settings.inches_per_second,
            batch: None,
            again: None,
            last: None,
            feeds: 0,
            reprints: 0,
            foreign: 0,
            printing: None,
            label_waiting: false,
            partial_format: false,
            faults: BTreeSet::new(),
            fate: Fate::new(settings.script.incidents.clone()),
            paused: false,
            on: true,
            power_cycles: 0,
            refuses: false,
            reset_armed: false,
            answers: Answers::default(),
            silent_in_fault: settings.silent_in_fault,
            odometer_counts_partial: settings.odometer_counts_partial,
            odometer: settings.odometer,
            habit: settings.habit,
            counted_at: None,
            mileage_mm: 0.0,
            sheets: 0,
            served: 0,
            errors: 0,
            started: now,
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
            printing: self.printing,
            partial_format: self.partial_format,
        }
    }

    /// Labels that came out, oldest first.
    pub(super) fn ledger(&self) -> Vec<SheetOut> {
        self.ledger.iter().cloned().collect()
    }

    /// Takes a format that was received whole.
    pub(super) fn receive(&mut self, label: Label, bytes: usize, reply: &Reply) {
        self.formatted = self.formatted.max(Instant::now()) + self.formats_in;
        let (label, reply, ready) = (Arc::new(label), reply.clone(), self.formatted);
        self.queue.push_back(Job { label, bytes, reply, ready });
    }

    /// Whether the printer goes on reading.
    pub(super) fn has_room(&self) -> bool {
        let waiting = self.queue.iter().map(|j| j.bytes).sum::<usize>();
        !self.fate.buffer_full && waiting < self.receive_buffer
    }

    /// Formats that wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Labels of the running batch that are not out yet, the one under the head included.
    pub(super) fn unfinished(&self) -> u32 {
        let left = self.batch.as_ref().map_or(0, |(_, left)| *left);
        left + u32::from(self.printing.is_some()) + u32::from(self.again.is_some())
    }

    /// Whether a label moves under the head.
    pub(super) fn is_printing(&self) -> bool {
        self.printing.is_some()
    }

    /// A fault stands.
    pub(super) fn is_stopped(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Whether nothing is printed and nothing hinders it.
    pub(super) fn is_ready(&self) -> bool {
        !self.is_stopped() && !self.paused && self.unfinished() == 0 && self.queue.is_empty()
    }

    /// Whether the next label can be begun.
    pub(super) fn can_print(&self) -> bool {
        let pressed = self.feeds > 0 || self.reprints > 0;
        let has_work = self.foreign > 0
            || self.again.is_some()
            || self.batch.is_some()
            || !self.queue.is_empty();
        self.on && self.faults.is_empty() && (pressed || (has_work && !self.paused))
    }

    /// When the next label is formatted; nothing where it is already.
    pub(super) fn formatted_at(&self) -> Option<Instant> {
        let pressed = self.feeds > 0 || self.reprints > 0 || self.foreign > 0;
        let at_hand = pressed || self.again.is_some() || self.batch.is_some();
        self.queue.front().filter(|_| !at_hand).map(|job| job.ready)
    }

    /// Begins the next label.
    pub(super) fn begin(&mut self) -> Option<Printing> {
        if !self.can_print() {
            return None;
        }
        let (label, why, reply) = self.next_label()?;
        let number = self.sheets + 1;
        self.printing = Some(number);
        let mut incidents = self.incidents_of(number);
        let mut lost = None;
        incidents.retain(|incident| {
            if let Mood::LostLabel { counted } = incident.mood {
                lost = Some(counted);
            }
            let at_once = matches!(
                incident.mood,
                Mood::LostLabel { .. } | Mood::Slow { .. } | Mood::DeadDots { .. }
            );
            if at_once {
                self.strike(incident);
            }
            !at_once
        });
        let inches_per_second = self.fate.speed().unwrap_or(self.inches_per_second);
        Some(Printing {
            label,
            why,
            number,
            incidents,
            inches_per_second,
            lost,
            ends_batch: self.batch.is_none(),
            power: self.power_cycles,
            reply,
        })
    }

    fn next_label(&mut self) -> Option<Next> {
        if self.feeds > 0 {
            self.feeds -= 1;
            return Some((Arc::new(Label::blank(&self.memory)), Why::Feed, None));
        }
        if self.reprints > 0 {
            self.reprints -= 1;
            let (label, reply) = self.last.clone().unwrap_or_default();
            return Some((label, Why::Reprint, reply));
        }
        if let Some(again) = self.again.take() {
            return Some((again.label, Why::AfterFault, again.reply));
        }
        if self.foreign > 0 {
            self.foreign -= 1;
            return Some((Arc::new(Label::foreign(&self.memory)), Why::SecondTalker, None));
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

    /// A fault begins. Most stop the printer and leave it paused.
    pub(super) fn raise(&mut self, fault: Fault) {
        self.faults.insert(fault);
        self.paused |= fault.stops_the_web();
    }

    /// A fault is mended; perhaps somebody presses PAUSE then.
    pub(super) fn mend(&mut self, fault: Fault, resumes: bool) {
        self.faults.remove(&fault);
        if resumes && self.faults.is_empty() {
            self.paused = false;
        }
    }

    /// Whether the label under the head cannot go on.
    pub(super) fn interrupts(&self, printing: &Printing) -> bool {
        self.faults.iter().any(|fault| fault.stops_the_web())
            || self.power_cycles != printing.power
            || !self.on
    }

    /// A label left the head, whole or as a part. Gives what the ledger says of it.
    pub(super) fn came_out(
        &mut self,
        printing: &Printing,
        burnt: &Burnt,
        ended: &Ended,
    ) -> SheetOut {
        self.sheets = printing.number;
        self.errors += burnt.errors;
        self.last_out = Some(burnt.raster.clone());
        let partial = !ended.whole();
        // Few digits, so that what is written down is read back as it was.
        let since = |at: Instant| {
            (at.saturating_duration_since(self.started).as_secs_f64() * 1e6).round() / 1e3
        };
        let counted = printing.lost.unwrap_or(!partial || self.odometer_counts_partial);
        let sheet = SheetOut {
            number: printing.number,
            codes: burnt.codes(),
            partial,
            cut: (ended.cut * 1e4).round() / 1e4,
            blank: burnt.is_blank(),
            voided: burnt.voided,
            why: printing.why,
            counted,
            began_ms: since(ended.began),
            ended_ms: since(ended.stood),
        };
        self.ledger.push_back(sheet.clone());
        if self.ledger.len() > LEDGER_KEEPS {
            self.ledger.pop_front();
        }
        let length = f64::from(printing.label.length) * ended.cut;
        self.mileage_mm += length / f64::from(self.identity.dots_per_mm).max(0.1);
        sheet
    }

    /// What the printer says of its odometer.
    pub(super) fn told_odometer(&self) -> u64 {
        let under_head = self.habit == Habit::CountsEarly && self.printing.is_some();
        let just_out = self.counted_at.is_some_and(|at| at.elapsed() < COUNTS_LATE_BY);
        let late = self.habit == Habit::CountsLate && just_out;
        (self.odometer + u64::from(under_head)).saturating_sub(u64::from(late))
    }

    /// Labels that `~HS` names beside the formats that wait.
    pub(super) fn held_twice(&self) -> usize {
        usize::from(self.habit == Habit::HoldsTwice && self.printing.is_some())
    }

    /// The label is on the pad: now, and not before, the odometer advances.
    pub(super) fn handed_over(&mut self, printing: &Printing, sheet: &SheetOut) {
        self.printing = None;
        self.fate.label_done();
        if sheet.counted {
            self.odometer += 1;
            self.counted_at = Some(Instant::now());
        }
        let of_a_format = matches!(printing.why, Why::Format | Why::AfterFault | Why::SecondTalker);
        if !sheet.partial && of_a_format {
            self.last = Some((Arc::clone(&printing.label), printing.reply.clone()));
        }
        let still_on = self.power_cycles == printing.power;
        if sheet.partial && of_a_format && still_on && self.memory.reprint_after_error {
            self.again = Some(printing.clone());
        }
    }

    /// Everything that was received is gone (`~JA`); the label under the head still comes out.
    pub(super) fn cancel_all(&mut self) {
        self.queue.clear();
        self.batch = None;
        self.again = None;
        self.foreign = 0;
        self.formatted = Instant::now();
    }

    /// The FEED key.
    pub(super) fn feed(&mut self) {
        self.feeds = (self.feeds + 1).min(100);
    }

    /// The REPRINT key; `^JJ…,d` and `SET PRINTKEY OFF` switch it off.
    pub(super) fn reprint(&mut self) -> bool {
        self.memory.reprint_input && self.last_again()
    }

    /// The last label is printed once more. False where there is none.
    pub(super) fn last_again(&mut self) -> bool {
        let works = self.last.is_some();
        self.reprints = (self.reprints + u32::from(works)).min(100);
        works
    }

    /// The power goes: connections, queue and everything volatile are lost.
    pub(super) fn lose_power(&mut self) {
        self.power_cycles += 1;
        self.on = false;
        self.cancel_all();
        self.memory.lose_power(self.language);
        self.desk = Desk::default();
        (self.last, self.feeds, self.reprints) = (None, 0, 0);
        (self.paused, self.partial_format, self.reset_armed) = (self.is_stopped(), false, false);
        self.swap_if_planned();
    }

    fn incidents_of(&mut self, number: u64) -> Vec<Incident> {
        let mut incidents = self.fate.take(number);
        if self.dice.chance(self.chances.fault) {
            let all = [Fault::MediaOut, Fault::RibbonOut, Fault::HeadOpen];
            let (part, fault) = (self.dice.unit(), all[self.dice.below(all.len())]);
            incidents.push(Incident::new(number, Mood::Fault(fault)).after(part));
        }
        incidents.sort_by(|a, b| a.after.total_cmp(&b.after));
        incidents
    }
}
