//! The web moves: label after label is burnt, comes out, and is handed over.
use super::burn::Burnt;
use super::device::{Device, Printing};
use super::{Bench, PrintedLabel};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The way of the labels.
#[derive(Debug)]
pub(super) struct Web {
    pub(super) inches_per_second: f32,
    /// Where labels come out. Its bound is how many lie there before the printer waits.
    pub(super) out: mpsc::Sender<PrintedLabel>,
}

/// Prints for ever; the caller drops it to stop.
pub(super) async fn run(bench: Arc<Bench>, web: Web) {
    loop {
        bench.until(Device::can_print).await;
        bench.change(|device| device.label_waiting = web.out.capacity() == 0);
        // No label is begun while the one before it is in the way. Where nobody takes labels, they
        // fall on the floor.
        let place = web.out.reserve().await.ok();
        bench.change(|device| device.label_waiting = false);
        if let Some(printing) = bench.change(Device::begin) {
            print_one(&bench, web.inches_per_second, place, &printing).await;
        }
    }
}

async fn print_one(
    bench: &Bench,
    inches_per_second: f32,
    place: Option<mpsc::Permit<'_, PrintedLabel>>,
    printing: &Printing,
) {
    let dots_per_mm = bench.look(|device| device.identity.dots_per_mm);
    let takes = time_for(printing.label.length, dots_per_mm, inches_per_second);
    let burnt = Burnt::new(&printing.label);
    let done = move_web(bench, takes, printing).await;
    let whole = done >= 1.0;
    let burnt = if whole { burnt } else { burnt.cut_after(rows(printing.label.length, done)) };
    bench.change(|device| device.came_out(printing, &burnt, whole));
    let label = PrintedLabel {
        number: printing.number,
        codes: burnt.codes(),
        raster: burnt.raster,
        dots_per_mm,
        partial: !whole,
    };
    if let Some(place) = place {
        place.send(label);
    }
    bench.change(|device| device.handed_over(printing, whole));
    if whole {
        echo(printing);
    }
}

/// Moves the web under the head. Gives the part of the label that was printed: 1 is all of it.
async fn move_web(bench: &Bench, takes: Duration, printing: &Printing) -> f64 {
    let begun = Instant::now();
    let goes_well_for = printing.breaks.map_or(takes, |(part, _)| takes.mul_f64(part));
    let interrupted = tokio::select! {
        biased;
        () = bench.until(|device| device.interrupts(printing)) => true,
        () = tokio::time::sleep(goes_well_for) => false,
    };
    match printing.breaks {
        _ if interrupted => {
            (begun.elapsed().as_secs_f64() / takes.as_secs_f64().max(1e-9)).min(0.99)
        }
        Some((part, fault)) => {
            bench.change(|device| device.raise(fault));
            part.min(0.99)
        }
        None => 1.0,
    }
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

fn echo(printing: &Printing) {
    let Some(reply) = &printing.reply else { return };
    for echo in printing.label.echoes.iter().filter(|e| e.each_label) {
        // A host that does not read its echoes loses them.
        let _ = reply.try_send(printing.label.echo(echo));
    }
}
