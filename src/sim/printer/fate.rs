//! What the script does to the printer: incidents begin, and end when their time is over.
use super::controls::Bench;
use super::device::Device;
use super::memory::Memory;
use super::script::{Incident, Mood};
use super::settings::Identity;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Something that ends by itself.
#[derive(Debug)]
struct Ending {
    at: Instant,
    what: Mood,
    resumes: bool,
}

/// Another speed.
#[derive(Debug)]
struct Slow {
    inches_per_second: f32,
    /// Labels that it still holds for, the one under the head included.
    labels: Option<u64>,
}

/// What will happen, what stands, and when it ends.
#[derive(Debug)]
pub(super) struct Fate {
    coming: Vec<Incident>,
    endings: Vec<Ending>,
    slow: Option<Slow>,
    /// Nothing more is read.
    pub(super) buffer_full: bool,
    /// Connections up to this number are neither read nor answered.
    pub(super) half_open: u64,
    /// Connections up to this number are reset.
    pub(super) half_open_over: u64,
    /// Dots of the head that stay white: the first, and how many.
    pub(super) dead_dots: Vec<(u32, u32)>,
    next_id: Option<String>,
    first_identity: Option<Identity>,
}

impl Fate {
    /// A printer to which this will happen.
    pub(super) fn new(coming: Vec<Incident>) -> Self {
        Self {
            coming,
            endings: Vec::new(),
            slow: None,
            buffer_full: false,
            half_open: 0,
            half_open_over: 0,
            dead_dots: Vec::new(),
            next_id: None,
            first_identity: None,
        }
    }

    /// What begins during this label, or should have begun before.
    pub(super) fn take(&mut self, number: u64) -> Vec<Incident> {
        let (now, later) =
            std::mem::take(&mut self.coming).into_iter().partition(|i| i.label <= number);
        self.coming = later;
        now
    }

    /// The speed that holds now, if it is another one.
    pub(super) fn speed(&self) -> Option<f32> {
        self.slow.as_ref().map(|slow| slow.inches_per_second)
    }

    /// A label is out.
    pub(super) fn label_done(&mut self) {
        let Some(left) = self.slow.as_mut().and_then(|slow| slow.labels.as_mut()) else { return };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.slow = None;
        }
    }

    fn next_ending(&self) -> Option<Instant> {
        self.endings.iter().map(|ending| ending.at).min()
    }
}

/// Ends what has lasted long enough, for ever; the caller drops it to stop.
pub(super) async fn run(bench: Arc<Bench>) {
    loop {
        let next = bench.look(|device| device.fate.next_ending());
        let changed = bench.until(|device| device.fate.next_ending() != next);
        match next {
            None => changed.await,
            Some(at) => tokio::select! {
                biased;
                () = sleep_until(at) => bench.change(|device| device.end_what_is_due(at)),
                () = changed => {}
            },
        }
    }
}

impl Device {
    /// Adds something to what will happen.
    pub(super) fn plan(&mut self, incident: Incident) {
        self.fate.coming.push(incident);
    }

    /// An incident begins. True where it cuts off the label under the head.
    pub(super) fn strike(&mut self, incident: &Incident) -> bool {
        if let Some(time) = incident.lasts {
            self.end_later(&incident.mood, time, incident.resumes);
        }
        match &incident.mood {
            Mood::Fault(fault) => {
                self.raise(*fault);
                return fault.stops_the_web();
            }
            Mood::SilentInFault(fault) => {
                self.answers.mute_in_fault = true;
                self.raise(*fault);
                return true;
            }
            Mood::PowerCycle => {
                self.lose_power();
                return true;
            }
            Mood::Paused => self.paused = true,
            Mood::BufferFull => self.fate.buffer_full = true,
            Mood::ResetConnection => self.reset_armed = true,
            Mood::HalfOpen => self.fate.half_open = self.served,
            Mood::Silent => self.answers.mute = true,
            Mood::GarbledAnswers(count) => self.answers.garbled = *count,
            Mood::SplitAnswers => self.answers.split = true,
            Mood::MergedAnswers => self.answers.held = true,
            Mood::SecondTalker => self.foreign += 1,
            Mood::FeedPressed => self.feed(),
            Mood::ReprintPressed => drop(self.reprint()),
            Mood::CounterBackwards(by) => self.odometer = self.odometer.saturating_sub(*by),
            Mood::Slow { inches_per_second, labels } => {
                let (inches_per_second, labels) = (*inches_per_second, *labels);
                self.fate.slow = Some(Slow { inches_per_second, labels });
            }
            Mood::Swapped { unique_id } => self.fate.next_id = Some(unique_id.clone()),
            Mood::DeadDots { column, columns } => self.fate.dead_dots.push((*column, *columns)),
            Mood::LostLabel { .. } => {}
        }
        false
    }

    fn end_later(&mut self, mood: &Mood, time: Duration, resumes: bool) {
        let ends = match mood {
            // Who is slow for a number of labels is so for all of them.
            Mood::Slow { labels, .. } => labels.is_none(),
            Mood::ResetConnection
            | Mood::GarbledAnswers(_)
            | Mood::SecondTalker
            | Mood::FeedPressed
            | Mood::ReprintPressed
            | Mood::CounterBackwards(_)
            | Mood::LostLabel { .. } => false,
            Mood::Fault(_)
            | Mood::SilentInFault(_)
            | Mood::PowerCycle
            | Mood::Paused
            | Mood::BufferFull
            | Mood::HalfOpen
            | Mood::Silent
            | Mood::SplitAnswers
            | Mood::MergedAnswers
            | Mood::Swapped { .. }
            | Mood::DeadDots { .. } => true,
        };
        if ends {
            let (at, what) = (Instant::now() + time, mood.clone());
            self.fate.endings.push(Ending { at, what, resumes });
        }
    }

    fn end_what_is_due(&mut self, now: Instant) {
        let endings = std::mem::take(&mut self.fate.endings);
        let (due, later) = endings.into_iter().partition(|ending| ending.at <= now);
        self.fate.endings = later;
        for ending in due {
            self.end(&ending);
        }
    }

    fn end(&mut self, ending: &Ending) {
        match &ending.what {
            Mood::Fault(fault) => self.mend(*fault, ending.resumes),
            Mood::SilentInFault(fault) => {
                self.answers.mute_in_fault = false;
                self.mend(*fault, ending.resumes);
            }
            Mood::PowerCycle => self.on = true,
            Mood::Paused => self.paused &= !ending.resumes || self.is_stopped(),
            Mood::BufferFull => self.fate.buffer_full = false,
            Mood::HalfOpen => self.fate.half_open_over = self.fate.half_open,
            Mood::Silent => self.answers.mute = false,
            Mood::SplitAnswers => self.answers.split = false,
            Mood::MergedAnswers => self.answers.held = false,
            Mood::Slow { .. } => self.fate.slow = None,
            Mood::Swapped { .. } => self.swap_back(),
            Mood::DeadDots { column, columns } => {
                self.fate.dead_dots.retain(|dead| dead != &(*column, *columns));
            }
            Mood::ResetConnection
            | Mood::GarbledAnswers(_)
            | Mood::SecondTalker
            | Mood::FeedPressed
            | Mood::ReprintPressed
            | Mood::CounterBackwards(_)
            | Mood::LostLabel { .. } => {}
        }
    }

    /// With the power, the printer itself may go.
    pub(super) fn swap_if_planned(&mut self) {
        let Some(unique_id) = self.fate.next_id.take() else { return };
        let other = Identity { unique_id, ..self.identity.clone() };
        let first = std::mem::replace(&mut self.identity, other);
        self.fate.first_identity.get_or_insert(first);
        self.memory = Memory::new(self.memory.head_width(), self.memory.setup.length);
    }

    fn swap_back(&mut self) {
        self.fate.next_id = None;
        let Some(first) = self.fate.first_identity.take() else { return };
        self.lose_power();
        (self.identity, self.on) = (first, true);
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::Fault;
    use super::super::settings::PrinterSettings;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_fault_ends_by_itself_and_somebody_presses_pause_or_not() {
        for resumes in [true, false] {
            for fault in Fault::ALL {
                let mut device = Device::new(&PrinterSettings::default());
                let mood = Mood::Fault(fault);
                let time = Duration::from_millis(10);
                let incident = Incident { resumes, ..Incident::new(1, mood).lasts(time) };
                assert_eq!(device.strike(&incident), fault.stops_the_web());
                assert!(device.is_stopped());
                device.end_what_is_due(Instant::now() + time);
                assert!(!device.is_stopped());
                assert_eq!(device.paused, !resumes && fault.stops_the_web(), "{fault:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_swap_waits_for_the_power_and_goes_back() {
        let mut device = Device::new(&PrinterSettings::default());
        let first = device.identity.clone();
        let mood = Mood::Swapped { unique_id: "B".to_owned() };
        let time = Duration::from_millis(10);
        device.strike(&Incident::new(1, mood).lasts(time));
        assert_eq!(device.identity, first);
        device.lose_power();
        assert_eq!(device.identity.unique_id, "B");
        device.end_what_is_due(Instant::now() + time);
        assert_eq!(device.identity, first);
        assert_eq!(device.power_cycles, 2);
    }
}
