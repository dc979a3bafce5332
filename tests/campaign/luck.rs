//! The fake printer of a script, and what goes wrong with it.
use super::site::Job;
use markwright::sim::PrintedLabel;
use markwright::sim::dice::Dice;
use markwright::sim::printer::{
    Fault, Habit, Identity, Incident, Mood, Printer, PrinterSettings, Script, SheetOut,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The purpose of this chance.
const FOR_THE_PRINTER: u64 = 5;
/// Inches a second: as fast as label printers are.
const SPEED: std::ops::Range<f64> = 14.0..18.0;

/// The speed of a slow printer.
pub(crate) const SLOW: f32 = 4.0;
/// Nobody opens, mends and closes a printer faster.
const HAND_TAKES: Duration = Duration::from_secs(1);

/// A fake printer with a script.
pub(crate) struct Luck {
    printer: Printer,
    settings: PrinterSettings,
    heap: JoinSet<()>,
}

/// What it leaves.
pub(crate) struct Ended {
    /// The whole printer, for people.
    pub(crate) script: String,
    pub(crate) ledger: Vec<SheetOut>,
    /// The kinds of faults that struck, and how often.
    pub(crate) struck: BTreeMap<&'static str, usize>,
    /// Whether the printer is silent in a fault.
    silent: bool,
}

/// What the printer waits out by itself or does not notice: no code may become doubtful by that.
const FREE: [&str; 3] = ["paused", "slow", "dead dots"];
/// The same for a printer that answers meanwhile. Silence may hide another fault.
const FREE_IF_TOLD: &str = "too hot";
/// What makes whole labels that nobody can read.
const SPOILING: [&str; 2] = ["dead dots", "lost label, counted"];
/// The same where no counter tells of it.
const SPOILING_UNCOUNTED: &str = "lost label, not counted";

impl Ended {
    /// How many faults struck that may put codes in doubt.
    pub(crate) fn costly(&self) -> usize {
        let free = |kind: &str| FREE.contains(&kind) || (kind == FREE_IF_TOLD && !self.silent);
        self.struck.iter().filter(|(kind, _)| !free(kind)).map(|(_, times)| times).sum()
    }

    /// Whether whole labels may have come out that cannot be read, from a printer with a counter or
    /// without one.
    pub(crate) fn spoils(&self, counts: bool) -> bool {
        let struck = |kind| self.struck.contains_key(kind);
        SPOILING.into_iter().any(struck) || (!counts && struck(SPOILING_UNCOUNTED))
    }
}

impl Luck {
    pub(crate) async fn begin(seed: u64, job: &Job) -> Self {
        let settings = settings_of(seed, job);
        let (out, mut labels) = mpsc::channel::<PrintedLabel>(1);
        let printer = Printer::start(settings.clone(), out).await.unwrap();
        let mut heap = JoinSet::new();
        heap.spawn(async move { while labels.recv().await.is_some() {} });
        Self { printer, settings, heap }
    }

    pub(crate) fn printer(&self) -> &Printer {
        &self.printer
    }

    /// Stops it. The daemon has ended before, and with it the printing.
    pub(crate) async fn end(mut self) -> Ended {
        let ledger = self.printer.controls.ledger();
        self.printer.stop().await;
        self.heap.shutdown().await;
        let last = ledger.last().map_or(0, |sheet| sheet.number);
        let mut struck = BTreeMap::new();
        // What waits for a label waits for its beginning: the last one is in the ledger.
        for incident in self.settings.script.incidents.iter().filter(|i| i.label <= last) {
            *struck.entry(name_of(&incident.mood)).or_default() += 1;
        }
        let silent = self.settings.silent_in_fault;
        Ended { script: words(&self.settings), ledger, struck, silent }
    }
}

fn settings_of(seed: u64, job: &Job) -> PrinterSettings {
    let mut dice = Dice::of(seed, FOR_THE_PRINTER);
    let usual = PrinterSettings::default();
    #[expect(clippy::cast_possible_truncation, reason = "a speed")]
    let inches = (SPEED.start + dice.unit() * (SPEED.end - SPEED.start)) as f32;
    let (silent_in_fault, odometer_counts_partial) = (dice.chance(0.5), dice.chance(0.5));
    let habits = [Habit::CountsEarly, Habit::CountsLate, Habit::HoldsTwice];
    let habit = if dice.chance(0.3) { habits[dice.below(habits.len())] } else { Habit::default() };
    PrinterSettings {
        language: job.language,
        identity: Identity { dots_per_mm: 12.0, ..usual.identity },
        inches_per_second: inches,
        width: 1248,
        silent_in_fault,
        odometer_counts_partial,
        habit,
        json_listen: job.asks_json.then_some(usual.listen),
        script: script_of(seed, job),
        seed,
        ..usual
    }
}

/// Chance makes every fault short. No hand mends a printer within half a second, though, and a
/// fault that comes and goes between two questions cannot be known of.
fn script_of(seed: u64, job: &Job) -> Script {
    let mut script = Script::by_chance(seed, job.rows() as u64, job.language);
    for Incident { mood, lasts, .. } in &mut script.incidents {
        if let Mood::Slow { inches_per_second, .. } = mood {
            *inches_per_second = SLOW;
        }
        if let Mood::Fault(fault) | Mood::SilentInFault(fault) = mood
            && fault.stops_the_web()
        {
            *lasts = lasts.map(|time| time + HAND_TAKES);
        }
    }
    script
}

fn words(settings: &PrinterSettings) -> String {
    let PrinterSettings { language, silent_in_fault, odometer_counts_partial, habit, .. } =
        settings;
    let mut text = format!(
        "printer: {language:?}, {} in/s, silent in fault: {silent_in_fault}, counts partial \
         labels: {odometer_counts_partial}, {habit:?}\n",
        settings.inches_per_second
    );
    for Incident { label, after, mood, lasts, .. } in &settings.script.incidents {
        let _ = writeln!(text, "  label {label} + {after:.2}: {mood:?} for {lasts:?}");
    }
    text
}

fn name_of(mood: &Mood) -> &'static str {
    match mood {
        Mood::Fault(fault) => match fault {
            Fault::MediaOut => "media out",
            Fault::RibbonOut => "ribbon out",
            Fault::HeadOpen => "head open",
            Fault::TooHot => "too hot",
        },
        Mood::Paused => "paused",
        Mood::BufferFull => "buffer full",
        Mood::PowerCycle => "power cycle",
        Mood::ResetConnection => "reset in a format",
        Mood::HalfOpen => "half-open connection",
        Mood::SilentInFault(_) => "fault in silence",
        Mood::Silent => "silent",
        Mood::GarbledAnswers(_) => "garbled answers",
        Mood::SplitAnswers => "split answers",
        Mood::MergedAnswers => "merged answers",
        Mood::SecondTalker => "second talker",
        Mood::FeedPressed => "FEED pressed",
        Mood::ReprintPressed => "REPRINT pressed",
        Mood::CounterBackwards(_) => "counter backwards",
        Mood::Slow { .. } => "slow",
        Mood::Swapped { .. } => "swapped",
        Mood::DeadDots { .. } => "dead dots",
        Mood::LostLabel { counted: true } => "lost label, counted",
        Mood::LostLabel { counted: false } => "lost label, not counted",
    }
}

/// Every kind that a script can hold.
pub(crate) const KINDS: [&str; 23] = [
    "media out",
    "ribbon out",
    "head open",
    "too hot",
    "paused",
    "buffer full",
    "power cycle",
    "reset in a format",
    "half-open connection",
    "fault in silence",
    "silent",
    "garbled answers",
    "split answers",
    "merged answers",
    "second talker",
    "FEED pressed",
    "REPRINT pressed",
    "counter backwards",
    "slow",
    "swapped",
    "dead dots",
    "lost label, counted",
    "lost label, not counted",
];
