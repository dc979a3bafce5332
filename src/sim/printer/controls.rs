//! The hands and eyes of whoever stands at the printer: tests, scenarios.
use super::device::Device;
use super::script::{Fault, Incident};
use super::settings::{Chances, Identity};
use super::sheet::SheetOut;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// How the printer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Labels that are out and counted.
    pub odometer: u64,
    /// Labels that came out, parts included.
    pub sheets: u64,
    /// Formats that wait.
    pub waiting: usize,
    /// Labels of the running batch that are not out.
    pub unfinished: u32,
    /// It is paused.
    pub paused: bool,
    /// What stops it.
    pub faults: Vec<Fault>,
    /// Connections that were served or are.
    pub connections_served: u64,
    /// Commands it did not understand, and symbols it could not draw.
    pub errors: u64,
    /// The label under the head, counted from one over the life of the printer.
    pub printing: Option<u64>,
    /// A format was begun and not ended.
    pub partial_format: bool,
}

/// The printer and those who look at it or change it.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) device: watch::Sender<Device>,
    /// One connection is served at a time.
    pub(super) seat: Semaphore,
}

impl Bench {
    pub(super) fn change<T>(&self, how: impl FnOnce(&mut Device) -> T) -> T {
        let mut gives = None;
        self.device.send_modify(|device| gives = Some(how(device)));
        gives.expect("send_modify always calls")
    }

    pub(super) fn look<T>(&self, at: impl FnOnce(&Device) -> T) -> T {
        at(&self.device.borrow())
    }

    pub(super) async fn until(&self, ready: impl FnMut(&Device) -> bool) {
        let mut changes = self.device.subscribe();
        // The sender lives in this bench, so that waiting cannot fail.
        let _ = changes.wait_for(ready).await.map(drop);
    }
}

/// The hands of whoever stands at the printer: tests, scenarios.
#[derive(Debug, Clone)]
pub struct Controls(pub(super) Arc<Bench>);

impl Controls {
    /// Lets a fault begin now.
    pub fn raise(&self, fault: Fault) {
        self.0.change(|d| d.raise(fault));
    }

    /// Adds something to what will happen.
    pub fn plan(&self, incident: Incident) {
        self.0.change(|d| d.plan(incident));
    }

    /// Mends a fault. The printer stays paused.
    pub fn mend(&self, fault: Fault) {
        self.0.change(|d| d.mend(fault, false));
    }

    /// The PAUSE key: pauses, or resumes where no fault stands.
    pub fn press_pause(&self) {
        self.0.change(|d| d.paused = !d.paused || d.is_stopped());
    }

    /// The FEED key: a blank label comes out and is counted.
    pub fn press_feed(&self) {
        self.0.change(Device::feed);
    }

    /// The REPRINT key or input: the last label comes out again. False when it is switched off
    /// (`^JJ`, `SET PRINTKEY OFF`) or there is none.
    pub fn press_reprint(&self) -> bool {
        self.0.change(Device::reprint)
    }

    /// Takes the power away: connections are reset, everything volatile is lost.
    pub fn power_off(&self) {
        self.0.change(Device::lose_power);
    }

    /// Gives the power back.
    pub fn power_on(&self) {
        self.0.change(|d| d.on = true);
    }

    /// Power off and on in one moment.
    pub fn power_cycle(&self) {
        self.0.change(|d| {
            d.lose_power();
            d.on = true;
        });
    }

    /// Resets the connection in the middle of the next format.
    pub fn reset_in_next_format(&self) {
        self.0.change(|d| d.reset_armed = true);
    }

    /// Makes garbage of the next answers.
    pub fn garble_answers(&self, count: u32) {
        self.0.change(|d| d.answers.garbled = count);
    }

    /// Makes every answer late.
    pub fn answer_after(&self, delay: Duration) {
        self.0.change(|d| d.answers.after = delay);
    }

    /// Stops or starts answering at all; labels are printed all the same.
    pub fn mute(&self, mute: bool) {
        self.0.change(|d| d.answers.mute = mute);
    }

    /// Closes or opens the port for new connections.
    pub fn refuse_connections(&self, refuse: bool) {
        self.0.change(|d| d.refuses = refuse);
    }

    /// Puts another printer in its place: other identity, other odometer, empty memory.
    pub fn swap(&self, identity: Identity, odometer: u64) {
        self.0.change(|d| {
            d.lose_power();
            (d.on, d.identity, d.odometer) = (true, identity, odometer);
        });
    }

    /// Sets what goes wrong by itself from now on.
    pub fn set_chances(&self, chances: Chances) {
        self.0.change(|d| d.chances = chances);
    }

    /// How the printer stands.
    pub fn look(&self) -> Snapshot {
        self.0.look(Device::snapshot)
    }

    /// Waits until the printer stands so.
    pub async fn until(&self, mut so: impl FnMut(&Snapshot) -> bool) {
        self.0.until(|d| so(&d.snapshot())).await;
    }

    /// Every label that came out, oldest first.
    pub fn ledger(&self) -> Vec<SheetOut> {
        self.0.look(Device::ledger)
    }

    /// The last label as PNG.
    pub fn last_png(&self) -> Option<Vec<u8>> {
        let raster = self.0.look(|d| d.last_out.clone())?;
        let mut png = std::io::Cursor::new(Vec::new());
        raster.write_to(&mut png, image::ImageFormat::Png).ok()?;
        Some(png.into_inner())
    }
}
