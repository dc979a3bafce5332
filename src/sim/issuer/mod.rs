//! A fake issuer: the order management stations of version 3 and 2, True API and Electronic Mark on
//! one address, with a memory of what became of every code.
mod centre;
mod clock;
mod codes;
mod desk;
mod door;
mod electronic_mark;
mod groups;
mod ledger;
mod memory;
mod old;
mod old_forms;
mod openapi;
mod order_form;
mod orders;
mod paper_list;
mod papers;
mod receipts;
mod refusal;
mod report_form;
mod reports;
mod routes;
mod script;
mod settings;
mod signatures;
mod table;
mod tokens;
mod trouble;
mod wire;

pub use electronic_mark::{ElectronicMark, MarkFate, MarkLedger, MarkSettings, MarkStanding};
pub use ledger::{Fate, Ledger, Standing};
pub use script::{Script, read as read_script};
pub use settings::{Country, IssuerSettings};
pub use trouble::{Chances, PlannedTrouble, Rule, Trouble};

use clock::Clock;
use desk::Desk;
use door::Traffic;
use memory::Deed;
use signatures::Signatures;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use trouble::Troubles;

/// Open requests have this long to end when the issuer stops.
const GRACE: Duration = Duration::from_secs(2);

/// The room with the desk in it.
#[derive(Debug)]
struct Office {
    /// And the file of what it remembers.
    desk: Mutex<(Desk, Option<File>)>,
    troubles: Mutex<Troubles>,
    traffic: Mutex<Traffic>,
    errands: Mutex<JoinSet<()>>,
    clock: Clock,
    oms_id: String,
    registration_key: String,
    country: Country,
    wants_signature: bool,
    most_a_second: Option<usize>,
    signatures: Signatures,
    mark: ElectronicMark,
    mark_file: Option<PathBuf>,
    down: Arc<AtomicBool>,
}

impl Office {
    fn new(settings: &IssuerSettings) -> io::Result<Self> {
        let mut desk = Desk::new(settings);
        let memory = settings.memory_file.as_deref();
        let last = memory.map(|path| memory::remember(path, &mut desk)).transpose()?.flatten();
        let starts_at_ms = settings.starts_at_ms.unwrap_or_else(clock::wall_ms);
        // Time does not go back: not even where it ran faster before.
        let starts_at_ms = last.map_or(starts_at_ms, |last| last.max(starts_at_ms));
        let append = |path| File::options().create(true).append(true).open(path);
        desk.ledger.write_to(settings.ledger_file.as_ref().map(append).transpose()?);
        let clock = Clock::new(starts_at_ms, settings.speed);
        let same_clock = clock.clone();
        let mark = settings.electronic_mark.clone();
        let mark = ElectronicMark::new(mark, Box::new(move || same_clock.now_ms()));
        let mark_file = memory.map(|path| path.with_extension("mark"));
        take_up(&mark, mark_file.as_deref())?;
        let troubles = Troubles::new(&settings.script, settings.chances, settings.seed);
        Ok(Self {
            desk: Mutex::new((desk, memory.map(memory::open).transpose()?)),
            troubles: Mutex::new(troubles),
            traffic: Mutex::default(),
            errands: Mutex::default(),
            clock,
            oms_id: settings.oms_id.clone(),
            registration_key: settings.registration_key.clone(),
            country: settings.country,
            wants_signature: settings.wants_signature,
            most_a_second: settings.most_a_second,
            signatures: Signatures { trusted: settings.trusted_certificate.clone() },
            mark,
            mark_file,
            down: Arc::new(AtomicBool::new(false)),
        })
    }

    fn with<T>(&self, how: impl FnOnce(&mut Desk, Option<&mut File>) -> T) -> T {
        let (desk, file) = &mut *self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        how(desk, file.as_mut())
    }

    fn troubles<T>(&self, how: impl FnOnce(&mut Troubles) -> T) -> T {
        how(&mut self.troubles.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn traffic<T>(&self, how: impl FnOnce(&mut Traffic) -> T) -> T {
        how(&mut self.traffic.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does something by hand, and remembers it.
    fn by_hand<T>(&self, what: &str, body: &str, how: impl FnOnce(&mut Desk, i64) -> T) -> T {
        let now = self.clock.now_ms();
        self.with(|desk, file| {
            let written = file.map(|file| memory::write(file, &Deed::by_hand(what, body, now)));
            if let Some(Err(error)) = written {
                tracing::error!(%error, "the fake issuer's memory cannot be written");
            }
            how(desk, now)
        })
    }

    /// Keeps what Electronic Mark remembers: the old file stays whole until the new one is.
    fn keep_mark(&self) -> io::Result<()> {
        let Some(file) = &self.mark_file else { return Ok(()) };
        let new = file.with_extension("mark-new");
        std::fs::write(&new, self.mark.keep())?;
        std::fs::rename(new, file)
    }
}

fn take_up(mark: &ElectronicMark, file: Option<&Path>) -> io::Result<()> {
    match file.map(std::fs::read_to_string) {
        Some(Ok(kept)) => mark.take_up(&kept).map_err(io::Error::from),
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The hands of whoever runs the issuer: tests, scenarios.
#[derive(Debug, Clone)]
pub struct Controls(Arc<Office>);

impl Controls {
    /// Lets something go wrong with requests to come.
    pub fn plan(&self, trouble: PlannedTrouble) {
        self.0.troubles(|troubles| troubles.plan(trouble.into()));
    }

    /// The same by a rule.
    pub fn plan_by_rule(&self, rule: Rule) {
        self.0.troubles(|troubles| troubles.plan(rule));
    }

    /// Sets what goes wrong by itself from now on.
    pub fn set_chances(&self, chances: Chances) {
        self.0.troubles(|troubles| troubles.set_chances(chances));
    }

    /// Lets orders to come turn out to be refused for this reason, or no longer.
    pub fn refuse_orders(&self, reason: Option<&str>) {
        let reason = reason.map(str::to_owned);
        let body = serde_json::json!(reason).to_string();
        self.0.by_hand(memory::REFUSE_ORDERS, &body, |desk, _| desk.refuse_orders = reason);
    }

    /// Annuls every code that is not applied, and closes every buffer.
    pub fn annul(&self) {
        self.0.by_hand(memory::ANNUL, "", Desk::annul_all);
    }

    /// Puts the clock forward.
    pub fn pass(&self, time: Duration) {
        self.0.clock.pass(ms(time));
        let now = self.0.clock.now_ms();
        self.0.with(|desk, _| desk.look_at_the_clock(now));
    }

    /// Hangs up on everybody, or no longer.
    pub fn set_down(&self, down: bool) {
        self.0.down.store(down, Ordering::SeqCst);
    }

    /// Makes the codes of an array known, as if they had been given out: reports about them are
    /// taken. Reads LF or CRLF, byte order mark or not, quoted or not, GS as byte 0x1D, as
    /// `\u001d` or as `<GS>`. Gives how many codes were new.
    pub fn know(&self, array: &[u8]) -> usize {
        let text = String::from_utf8_lossy(array);
        self.0.by_hand(memory::KNOW, &text, |desk, _| desk.know(array))
    }

    /// How many requests came for a path, such as `/api/v3/codes`.
    pub fn requests(&self, path: &str) -> u64 {
        self.0.traffic(|traffic| traffic.requests.get(path).copied().unwrap_or_default())
    }

    /// Every order that was taken, refused ones too.
    pub fn orders(&self) -> Vec<String> {
        self.0.with(|desk, _| desk.order_ids())
    }

    /// Electronic Mark, with a ledger of its own.
    pub fn electronic_mark(&self) -> &ElectronicMark {
        &self.0.mark
    }

    /// Looks into the ledger.
    pub fn ledger<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        self.0.with(|desk, _| look(&desk.ledger))
    }
}

/// A running fake issuer. Dropping it kills it.
#[derive(Debug)]
pub struct Issuer {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What can be done to it and seen of it.
    pub controls: Controls,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Issuer {
    /// Starts it. Fails when the address cannot be bound, the ledger file cannot be opened, or the
    /// file of its memory is not one.
    pub async fn start(settings: IssuerSettings) -> io::Result<Self> {
        let office = Arc::new(Office::new(&settings)?);
        let listener = TcpListener::bind(settings.listen).await?;
        let addr = listener.local_addr()?;
        let down = Arc::clone(&office.down);
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

    /// Runs until the caller drops it.
    pub async fn run(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
