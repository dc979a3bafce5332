//! The web moves: label after label is burnt, comes out, and is handed over.
use super::PrintedLabel;
use super::burn::Burnt;
use super::controls::Bench;
use super::device::{Device, Ended, Printing};
use super::script::Incident;
use super::sheet::Book;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The way of the labels.
#[derive(Debug)]
pub(super) struct Web {
    /// Where labels come out. Its bound is how many lie there before the printer waits.
    pub(super) out: mpsc::Sender<PrintedLabel>,
    /// Where they are written down.
    pub(super) book: Option<Book>,
}

/// Prints for ever; the caller drops it to stop.
pub(super) async fn run(bench: Arc<Bench>, mut web: Web) {
    // Where the label before this one ended.
    let mut end = Instant::now();
    loop {
        let hindered = !bench.look(Device::can_print) || web.out.capacity() == 0;
        bench.until(Device::can_print).await;
        // No label is begun while the one before it is in the way. Where nobody takes labels, they
        // fall on the floor.
        let place = match web.out.try_reserve() {
            Ok(place) => Some(place),
            Err(_) => wait_for_the_pad(&bench, &web.out).await,
        };
        if let Some(ready) = bench.look(Device::formatted_at) {
            sleep_until(ready).await;
            end = end.max(ready);
        }
        let Some(printing) = bench.change(Device::begin) else { continue };
        // A web that had no reason to stop did not: how late this task wakes up is not a gap.
        let begun = if hindered { Instant::now() } else { end };
        end = print_one(&bench, place, &mut web.book, &printing, begun).await;
    }
}

async fn wait_for_the_pad<'a>(
    bench: &Bench,
    out: &'a mpsc::Sender<PrintedLabel>,
) -> Option<mpsc::Permit<'a, PrintedLabel>> {
    bench.change(|device| device.label_waiting = !out.is_closed());
    let place = out.reserve().await.ok();
    bench.change(|device| device.label_waiting = false);
    place
}

/// Gives when the label ended.
async fn print_one(
    bench: &Bench,
    place: Option<mpsc::Permit<'_, PrintedLabel>>,
    book: &mut Option<Book>,
    printing: &Printing,
    begun: Instant,
) -> Instant {
    let dots_per_mm = bench.look(|device| device.identity.dots_per_mm);
    let takes = time_for(printing.label.length, dots_per_mm, printing.inches_per_second);
    let mut burnt = if printing.lost.is_some() {
        Burnt::nothing(&printing.label)
    } else {
        Burnt::new(&printing.label)
    };
    burnt.whiten(&bench.look(|device| device.fate.dead_dots.clone()));
    let ended = move_web(bench, begun, takes, printing).await;
    if !ended.whole() {
        burnt = burnt.cut_after(rows(printing.label.length, ended.cut));
        if bench.look(|device| device.memory.voids_partial()) {
            burnt.overprint();
        }
    }
    let sheet = bench.change(|device| device.came_out(printing, &burnt, &ended));
    if let Some(book) = book {
        book.write(&sheet);
    }
    if let Some(place) = place {
        place.send(PrintedLabel {
            number: printing.number,
            codes: sheet.codes.clone(),
            raster: burnt.raster,
            dots_per_mm,
            partial: sheet.partial,
        });
    }
    let whole = ended.whole();
    bench.change(|device| {
        device.handed_over(printing, &sheet);
        // In one moment with the counter, so that no host sees the one without the other.
        if whole {
            echo(device, printing);
        }
    });
    ended.stood
}

/// Moves the web under the head until the label is out or cut off.
async fn move_web(bench: &Bench, began: Instant, takes: Duration, printing: &Printing) -> Ended {
    for (done, incident) in printing.incidents.iter().enumerate() {
        let at = began + takes.mul_f64(incident.after);
        if interrupted_before(bench, at, printing).await {
            put_off(bench, &printing.incidents[done..]);
            return cut_now(began, takes);
        }
        if bench.change(|device| device.strike(incident)) {
            put_off(bench, &printing.incidents[done + 1..]);
            return Ended { began, stood: at, cut: incident.after.min(0.99) };
        }
    }
    let stood = began + takes;
    if interrupted_before(bench, stood, printing).await {
        return cut_now(began, takes);
    }
    Ended { began, stood, cut: 1.0 }
}

/// What did not happen any more happens during the next label.
fn put_off(bench: &Bench, incidents: &[Incident]) {
    bench.change(|device| incidents.iter().cloned().for_each(|incident| device.plan(incident)));
}

async fn interrupted_before(bench: &Bench, at: Instant, printing: &Printing) -> bool {
    tokio::select! {
        biased;
        () = bench.until(|device| device.interrupts(printing)) => true,
        () = sleep_until(at) => false,
    }
}

fn cut_now(began: Instant, takes: Duration) -> Ended {
    let stood = Instant::now();
    let part = stood.saturating_duration_since(began).as_secs_f64() / takes.as_secs_f64().max(1e-9);
    Ended { began, stood, cut: part.min(0.99) }
}

/// How long a label of so many dots takes.
fn time_for(dots: u32, dots_per_mm: f32, inches_per_second: f32) -> Duration {
    let inches = f64::from(dots) / f64::from(dots_per_mm).max(0.1) / 25.4;
    Duration::from_secs_f64(inches / f64::from(inches_per_second).max(0.01))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a u32")]
fn rows(length: u32, part: f64) -> u32 {
    (f64::from(length) * part) as u32
}

/// A host that does not read its echoes loses them.
fn echo(device: &Device, printing: &Printing) {
    let Some(reply) = &printing.reply else { return };
    for echo in printing.label.echoes.iter().filter(|e| e.each_label) {
        let _ = reply.try_send(printing.label.echo(echo));
    }
    if let Some(answer) = device.desk.response(printing.ends_batch) {
        let _ = reply.try_send(answer);
    }
}
