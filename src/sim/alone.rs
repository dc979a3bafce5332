//! A fake PLC or a fake camera alone, for somebody who develops against one of them.
use super::PrintedLabel;
use super::camera::{Camera, Shot};
use super::dice::Dice;
use super::labels::{blank_label, draw_label, random_dairy_code};
use super::ledger::Ledger;
use super::plant::{Plant, PlantError, PlantSettings};
use super::scene::{Look, SceneSettings};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

/// Frames of the lonely camera: three a second.
const BETWEEN_FRAMES: Duration = Duration::from_millis(333);

/// Runs a PLC with a conveyor, products and blank labels at `listen` until `stop` is cancelled.
/// `started` hears the address once it listens.
pub async fn run_plc(
    listen: SocketAddr,
    started: impl FnOnce(SocketAddr),
    stop: CancellationToken,
) -> Result<(), PlantError> {
    let settings = PlantSettings { plc_listen: listen, ..PlantSettings::default() };
    let (sender, labels) = mpsc::channel(1);
    let plant = Plant::start(settings, labels).await?;
    started(plant.plc_addr);
    stop.run_until_cancelled(feed(sender, blank_label)).await;
    plant.stop().await;
    Ok(())
}

/// Runs a camera before which labels with random dairy codes come by, until `stop` is cancelled.
/// `started` hears the address once it listens.
pub async fn run_camera(
    listen: SocketAddr,
    started: impl FnOnce(SocketAddr),
    stop: CancellationToken,
) -> Result<(), PlantError> {
    let failed = |source| PlantError::Listen { device: "camera", at: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    started(listener.local_addr().map_err(failed)?);
    let camera = Camera::new(SceneSettings::default(), 1, Ledger::default());
    let (sender, shots) = mpsc::channel(1);
    let mut tasks = JoinSet::new();
    tasks.spawn(camera.clone().serve(listener, stop.clone()));
    tasks.spawn(camera.shoot(shots, stop.clone()));
    stop.run_until_cancelled(show_labels(sender)).await;
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Puts labels on the web as fast as it takes them, until nobody takes them any more.
pub async fn feed(web: mpsc::Sender<PrintedLabel>, mut make: impl FnMut(u64) -> PrintedLabel) {
    let mut number = 1;
    while web.send(make(number)).await.is_ok() {
        number += 1;
    }
}

async fn show_labels(camera: mpsc::Sender<Shot>) {
    let mut ticks = interval(BETWEEN_FRAMES);
    let mut dice = Dice::new(1);
    for number in 1..=u32::MAX {
        ticks.tick().await;
        let product = u64::from(number);
        let label = Some(Arc::new(draw_label(product, &random_dairy_code(&mut dice))));
        let shot = Shot { product, tag: number, trigger: product, look: Look::Clean, label };
        if camera.send(shot).await.is_err() {
            return;
        }
    }
}
