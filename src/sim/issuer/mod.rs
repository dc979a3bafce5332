//! A fake issuer: the order management station of the state system, as its interface (version 3)
//! describes it, with a memory of what became of every code.
mod codes;
mod desk;
mod electronic_mark;
mod ledger;
mod orders;
mod refusal;
mod reports;
mod routes;
mod wire;

pub use electronic_mark::{ElectronicMark, MarkFate, MarkLedger, MarkSettings, MarkStanding};
pub use ledger::{Fate, Ledger, Standing};

use desk::Desk;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Open requests have this long to end when the issuer stops.
const GRACE: Duration = Duration::from_secs(2);

/// What a fake issuer is like.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The token that every request must carry.
    pub client_token: String,
    /// The installation that every request must name.
    pub oms_id: String,
    /// Whether `POST` needs an `X-Signature` (its content is not looked at).
    pub wants_signature: bool,
    /// As the manual has it: groups whose utilisation the station reports itself (shoes, lp)
    /// refuse utilisation reports, and groups without dropout refuse that. Otherwise every group
    /// takes both.
    pub strict_groups: bool,
    /// How long an order is PENDING.
    pub order_takes: Duration,
    /// How long a report is on its way.
    pub report_takes: Duration,
    /// The time when it starts, in milliseconds since 1970.
    pub starts_at_ms: i64,
    /// A file that gets a line of JSON for everything that happens to a code.
    pub ledger_file: Option<PathBuf>,
    /// How probable it is that something goes wrong by itself.
    pub chances: Chances,
    /// The seed of that, and of the codes.
    pub seed: u64,
    /// Electronic Mark, at its own paths of the same address.
    pub electronic_mark: MarkSettings,
}

impl Default for IssuerSettings {
    /// Quick, lenient with groups, nothing goes wrong by itself.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            client_token: "5a1d3c1e-0000-4000-8000-00000000fa4e".to_owned(),
            oms_id: "cdf12109-10d3-11e6-8b6f-0050569977a1".to_owned(),
            wants_signature: false,
            strict_groups: false,
            order_takes: Duration::from_millis(200),
            report_takes: Duration::from_millis(300),
            // 2026-01-01.
            starts_at_ms: 1_767_225_600_000,
            ledger_file: None,
            chances: Chances::default(),
            seed: 1,
            electronic_mark: MarkSettings::default(),
        }
    }
}

/// How probable it is that something goes wrong by itself, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chances {
    /// A request is answered with 500 and not done.
    pub error_500: f64,
    /// An answer is late.
    pub slow: f64,
    /// By so much.
    pub slow_by: Duration,
    /// A request is done, and the connection closes before the answer.
    pub lost_answer: f64,
    /// A request is done, and the answer is half a JSON text.
    pub garbled: f64,
    /// An order turns out to be refused.
    pub order_refused: f64,
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is answered with 500 and not done.
    Error500,
    /// It is done, and answered late.
    Slow(Duration),
    /// It is done, and the connection closes before the answer.
    LostAnswer,
    /// It is done, and the answer is half a JSON text.
    Garbled,
}

/// Trouble that waits for requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTrouble {
    /// How the path of the request ends, such as `/codes`; empty for every request.
    pub path: String,
    /// How many requests it waits for.
    pub times: u32,
    /// What goes wrong.
    pub trouble: Trouble,
}

/// The room with the desk in it.
#[derive(Debug)]
struct Office {
    desk: Mutex<Desk>,
    client_token: String,
    oms_id: String,
    wants_signature: bool,
    starts_at_ms: i64,
    begun: Instant,
    mark: ElectronicMark,
    down: Arc<AtomicBool>,
}

impl Office {
    fn with<T>(&self, how: impl FnOnce(&mut Desk) -> T) -> T {
        how(&mut self.desk.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now_ms(&self) -> i64 {
        since(self.begun, self.starts_at_ms)
    }
}

fn since(begun: Instant, starts_at_ms: i64) -> i64 {
    starts_at_ms + i64::try_from(begun.elapsed().as_millis()).unwrap_or_default()
}

/// The hands of whoever runs the issuer: tests, scenarios.
#[derive(Debug, Clone)]
pub struct Controls(Arc<Office>);

impl Controls {
    /// Lets something go wrong with requests to come.
    pub fn plan(&self, trouble: PlannedTrouble) {
        self.0.with(|desk| desk.planned.push(trouble));
    }

    /// Sets what goes wrong by itself from now on.
    pub fn set_chances(&self, chances: Chances) {
        self.0.with(|desk| desk.chances = chances);
    }

    /// Lets orders to come turn out to be refused for this reason, or no longer.
    pub fn refuse_orders(&self, reason: Option<&str>) {
        self.0.with(|desk| desk.refuse_orders = reason.map(str::to_owned));
    }

    /// Hangs up on everybody, or no longer.
    pub fn set_down(&self, down: bool) {
        self.0.down.store(down, Ordering::SeqCst);
    }

    /// Makes the codes of an array known, as if they had been given out: reports about them are
    /// taken. Reads LF or CRLF, byte order mark or not, quoted or not, GS as byte 0x1D, as
    /// `\u001d` or as `<GS>`. Gives how many codes were new.
    pub fn know(&self, array: &[u8]) -> usize {
        self.0.with(|desk| desk.know(array))
    }

    /// How many requests came for a path, such as `/api/v3/codes`.
    pub fn requests(&self, path: &str) -> u64 {
        self.0.with(|desk| desk.requests.get(path).copied().unwrap_or_default())
    }

    /// Electronic Mark, with a ledger of its own.
    pub fn electronic_mark(&self) -> &ElectronicMark {
        &self.0.mark
    }

    /// Looks into the ledger.
    pub fn ledger<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        self.0.with(|desk| look(&desk.ledger))
    }
}

/// A running fake issuer. Dropping it kills it.
#[derive(Debug)]
pub struct Issuer {
    /// Where it listens; the interface is under `/api/v3`.
    pub addr: SocketAddr,
    /// What can be done to it and seen of it.
    pub controls: Controls,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Issuer {
    /// Starts it. Fails when the address cannot be bound or the ledger file cannot be opened.
    pub async fn start(settings: IssuerSettings) -> std::io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let addr = listener.local_addr()?;
        let down = Arc::new(AtomicBool::new(false));
        let (begun, starts_at_ms) = (Instant::now(), settings.starts_at_ms);
        let clock = Box::new(move || since(begun, starts_at_ms));
        let office = Arc::new(Office {
            desk: Mutex::new(Desk::new(&settings)?),
            client_token: settings.client_token,
            oms_id: settings.oms_id,
            wants_signature: settings.wants_signature,
            starts_at_ms: settings.starts_at_ms,
            begun,
            mark: ElectronicMark::new(settings.electronic_mark, clock),
            down: Arc::clone(&down),
        });
        let app = routes::router(Arc::clone(&office));
        let app = app.into_make_service_with_connect_info::<wire::Knife>();
        let stop = CancellationToken::new();
        let asked = stop.clone().cancelled_owned();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let served = axum::serve(wire::Port { listener, down }, app);
            if let Err(error) = served.with_graceful_shutdown(asked).await {
                tracing::error!(%error, "the fake issuer broke down");
            }
        });
        Ok(Self { addr, controls: Controls(office), tasks, stop })
    }

    /// Ends it, after open requests or after two seconds.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::debug!("requests to the fake issuer were still open");
        }
    }
}

/// Runs an issuer by itself until the caller drops it. `started` hears where it listens, the client
/// token and the id of the installation that it wants to see.
pub async fn run_alone(
    listen: SocketAddr,
    started: impl FnOnce(SocketAddr, &str, &str),
) -> std::io::Result<()> {
    let settings = IssuerSettings { listen, ..IssuerSettings::default() };
    let mut issuer = Issuer::start(settings.clone()).await?;
    started(issuer.addr, &settings.client_token, &settings.oms_id);
    while issuer.tasks.join_next().await.is_some() {}
    Ok(())
}
