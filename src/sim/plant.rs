//! The fake plant as a whole: floor, PLC and camera on their sockets, the ledger, and the hands that make trouble.
use super::PrintedLabel;
use super::camera::{Camera, Shot};
use super::challenge::TestProduct;
use super::faults::Faults;
use super::floor::{Floor, FloorSettings, SharedFloor};
use super::ledger::{Fact, Ledger, LedgerError};
use super::plc;
use super::scene::SceneSettings;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// The scan time of a common small PLC.
const SCAN: Duration = Duration::from_millis(5);
/// Where the machine that runs the fake has no time for it, its world goes slower rather than in
/// leaps: a belt that leaps would judge products that nobody had a chance to answer for.
const LONGEST_STEP: Duration = Duration::from_millis(25);
/// Shots that wait for the camera; more are dropped, the newest first.
const SHOTS_WAITING: usize = 8;
/// When the plant stops: how long it waits for a label that is still on its way to the pad.
const LAST_LABEL: Duration = Duration::from_millis(100);
/// How long tasks may take to end.
const GRACE: Duration = Duration::from_secs(3);

/// How the plant is built.
#[derive(Debug, Clone)]
pub struct PlantSettings {
    /// All chance comes from it, but for the PLC's boot number, which must be new each time.
    pub seed: u64,
    /// Belt, pad, PLC.
    pub floor: FloorSettings,
    /// The camera's world.
    pub scene: SceneSettings,
    /// What goes wrong.
    pub faults: Faults,
    /// Where the PLC listens.
    pub plc_listen: SocketAddr,
    /// Where the camera listens.
    pub camera_listen: SocketAddr,
    /// A file that the ledger is also written to.
    pub ledger_file: Option<PathBuf>,
}

impl Default for PlantSettings {
    /// The demo's plant, on free ports of this machine.
    fn default() -> Self {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            seed: 1,
            floor: FloorSettings::default(),
            scene: SceneSettings::default(),
            faults: Faults::demo(),
            plc_listen: here,
            camera_listen: here,
            ledger_file: None,
        }
    }
}

/// Why a plant cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum PlantError {
    /// An address is taken, or not of this machine.
    #[error("the fake {device} cannot listen at {at}")]
    Listen {
        /// Which device.
        device: &'static str,
        /// Where.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The ledger's file cannot be made.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// A running plant. Dropping it stops it at once.
#[derive(Debug)]
pub struct Plant {
    /// Where the PLC listens.
    pub plc_addr: SocketAddr,
    /// Where the camera listens.
    pub camera_addr: SocketAddr,
    /// The truth.
    pub ledger: Ledger,
    /// The hands.
    pub controls: Controls,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// Hands in the plant: they change what goes wrong while it runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Controls {
    floor: SharedFloor,
    camera: Camera,
    cut: watch::Sender<u64>,
}

impl Plant {
    /// Builds the plant and starts it. Labels come from `labels`; the plant takes them only while
    /// there is room on the pad, which holds up the printer at the other end.
    pub async fn start(
        settings: PlantSettings,
        labels: mpsc::Receiver<PrintedLabel>,
    ) -> Result<Self, PlantError> {
        let plc = listen("PLC", settings.plc_listen).await?;
        let eye = listen("camera", settings.camera_listen).await?;
        let ledger = match &settings.ledger_file {
            Some(path) => Ledger::written_to(path)?,
            None => Ledger::default(),
        };
        let PlantSettings { seed, floor, scene, faults, .. } = settings;
        let floor = Floor::new(floor, faults, seed, fresh_boot(0), ledger.clone());
        let floor = SharedFloor::new(floor);
        let camera = Camera::new(scene, seed, ledger.clone());
        let (cut, cuts) = watch::channel(0);
        let (shots, triggered) = mpsc::channel(SHOTS_WAITING);
        let stop = CancellationToken::new();
        let (plc_addr, camera_addr) = (plc.1, eye.1);
        let mut tasks = JoinSet::new();
        tasks.spawn(plc::serve(plc.0, floor.clone(), cuts, stop.clone()));
        tasks.spawn(camera.clone().serve(eye.0, stop.clone()));
        tasks.spawn(camera.clone().shoot(triggered, stop.clone()));
        tasks.spawn(run(floor.clone(), labels, shots, ledger.clone(), stop.clone()));
        let controls = Controls { floor, camera, cut };
        Ok(Self { plc_addr, camera_addr, ledger, controls, tasks, stop })
    }

    /// Stops it in order: labels that still come are noted as left on the roll. The ledger is
    /// complete afterwards.
    pub async fn stop(mut self) -> Ledger {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(GRACE, all).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "fake plant did not stop in time");
        }
        self.ledger
    }
}

impl Controls {
    /// Changes what goes wrong.
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.floor.lock().faults);
    }

    /// A guard opens and closes before anybody could read of it in the status.
    pub fn open_guard_for_a_moment(&self) {
        self.floor.lock().open_guard_for_a_moment();
    }

    /// Brings a test product to the infeed: it is the next one on an empty belt.
    pub fn bring_test_product(&self, product: TestProduct) {
        self.floor.lock().bring_test_product(product);
    }

    /// Takes a product off the belt by hand. Returns its tag; nothing if the belt is empty.
    pub fn take_off_product(&self) -> Option<u32> {
        self.floor.lock().take_off_product()
    }

    /// Restarts the PLC: connections are lost, and its memory begins anew.
    pub fn restart_plc(&self) {
        let mut floor = self.floor.lock();
        let boot = fresh_boot(floor.boot());
        floor.restart_plc(boot);
        drop(floor);
        self.drop_plc_connections();
    }

    /// Closes every connection of the PLC.
    pub fn drop_plc_connections(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// Closes every stream of the camera.
    pub fn drop_camera_viewers(&self) {
        self.camera.drop_viewers();
    }
}

async fn listen(
    device: &'static str,
    at: SocketAddr,
) -> Result<(TcpListener, SocketAddr), PlantError> {
    let failed = |source| PlantError::Listen { device, at, source };
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// A number that differs from the last one, and with luck from that of every earlier plant.
fn fresh_boot(last: u16) -> u16 {
    let luck = RandomState::new().hash_one(last);
    let boot = u16::try_from(luck % 65_535).unwrap_or_default() + 1;
    if boot == last { boot % 65_535 + 1 } else { boot }
}

/// Scans until told to stop, then notes what is left on the web.
async fn run(
    floor: SharedFloor,
    mut labels: mpsc::Receiver<PrintedLabel>,
    shots: mpsc::Sender<Shot>,
    ledger: Ledger,
    stop: CancellationToken,
) {
    let mut ticks = interval(SCAN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = Instant::now();
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let now = Instant::now();
        let passed = now.saturating_duration_since(before).min(LONGEST_STEP);
        before = now;
        for shot in scan(&floor, &mut labels, passed) {
            let product = shot.product;
            if shots.try_send(shot).is_err() {
                ledger.note(Fact::FrameDropped { product });
            }
        }
    }
    while let Ok(Some(label)) = timeout(LAST_LABEL, labels.recv()).await {
        floor.lock().leave_on_roll(&label);
    }
}

fn scan(
    floor: &SharedFloor,
    labels: &mut mpsc::Receiver<PrintedLabel>,
    passed: Duration,
) -> Vec<Shot> {
    let mut floor = floor.lock();
    while floor.wants_label()
        && let Ok(label) = labels.try_recv()
    {
        floor.take_label(label);
    }
    floor.see_web(labels.is_empty());
    floor.scan(passed)
}
