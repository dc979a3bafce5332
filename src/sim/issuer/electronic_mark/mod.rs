//! The operator of Belarus, "Electronic Mark" (datamark.by): sign-in, catalogue, orders in small
//! portions, downloads, and the three reports in their strict order, with a memory of every code.
//!
//! Its documentation is not public. Paths and fields are what open clients of it use; what those do
//! not show (numbers of states, shapes of errors, lists) is this fake's own, and said so where it
//! stands.
mod ledger;
mod openapi;
mod orders;
mod refusal;
mod reports;
mod routes;

pub use ledger::{MarkFate, MarkLedger, MarkStanding};
pub(super) use openapi::add_to as add_to_document;
pub(super) use routes::router;

use crate::sim::dice::Dice;
use orders::{Orders, Taking};
use refusal::Refusal;
use reports::{Reports, Times};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The purpose of the chance that names tokens and reports.
const FOR_NAMES: u64 = 0x6d61_726b;
/// Minsk is three hours ahead all year.
const MINSK_AHEAD_MS: i64 = 3 * 3_600_000;

/// What the operator is like.
#[derive(Debug, Clone)]
pub struct MarkSettings {
    /// Who may sign in.
    pub user: String,
    /// With this word.
    pub password: String,
    /// How long a token lives (about twenty minutes, says a user).
    pub token_life: Duration,
    /// Whether a new sign-in ends the token before it. Not known of the real one.
    pub one_token: bool,
    /// How long an order is under way.
    pub order_takes: Duration,
    /// How long a report is under way.
    pub report_takes: Duration,
    /// Partners that goods can be shipped to.
    pub agents: BTreeMap<u64, String>,
    /// Trade items that the national catalogue does not know.
    pub not_in_catalogue: BTreeSet<String>,
    /// The seed of codes and names.
    pub seed: u64,
}

impl Default for MarkSettings {
    fn default() -> Self {
        Self {
            user: "demo@example.by".to_owned(),
            password: "demo-mark".to_owned(),
            token_life: Duration::from_mins(20),
            one_token: false,
            order_takes: Duration::from_millis(200),
            report_takes: Duration::from_millis(300),
            agents: BTreeMap::from([(18_413, "ООО «Получатель»".to_owned())]),
            not_in_catalogue: BTreeSet::new(),
            seed: 1,
        }
    }
}

/// What it remembers, whole: it can be kept in a file and taken up again.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Desk {
    orders: Orders,
    reports: Reports,
    ledger: MarkLedger,
    /// Tokens and when they die.
    tokens: BTreeMap<String, i64>,
    names: u64,
    /// Orders to come turn out to be refused for this reason.
    refuse_orders: Option<String>,
    /// By how much the clock was put forward.
    ahead_ms: i64,
}

/// What time it is, in milliseconds since 1970.
pub(super) type Clock = Box<dyn Fn() -> i64 + Send + Sync>;

/// The operator: cheap to clone, all clones are the same one.
#[derive(Clone)]
pub struct ElectronicMark(Arc<House>);

struct House {
    settings: MarkSettings,
    clock: Clock,
    desk: Mutex<Desk>,
}

impl fmt::Debug for ElectronicMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ElectronicMark").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl ElectronicMark {
    pub(super) fn new(settings: MarkSettings, clock: Clock) -> Self {
        Self(Arc::new(House { settings, clock, desk: Mutex::default() }))
    }

    /// Looks into the ledger, as it is now.
    pub fn ledger<T>(&self, look: impl FnOnce(&MarkLedger) -> T) -> T {
        self.with(|desk, _, _| look(&desk.ledger))
    }

    /// The number of every order that was taken, refused ones too.
    pub fn orders(&self) -> Vec<u64> {
        self.with(|desk, _, _| desk.orders.numbers())
    }

    /// Puts the clock of orders, reports and tokens forward.
    pub fn pass(&self, time: Duration) {
        self.with(|desk, _, _| desk.ahead_ms += ms(time));
    }

    /// Lets orders to come turn out to be refused for this reason, or no longer.
    pub fn refuse_orders(&self, reason: Option<&str>) {
        self.with(|desk, _, _| desk.refuse_orders = reason.map(str::to_owned));
    }

    /// Forgets every token.
    pub fn forget_tokens(&self) {
        self.with(|desk, _, _| desk.tokens.clear());
    }

    /// Everything it remembers, as text, to be taken up by [`Self::take_up`] after a restart.
    pub fn keep(&self) -> String {
        self.with(|desk, _, _| {
            serde_json::to_string(desk).expect("texts, numbers and lists are always JSON")
        })
    }

    /// Remembers what was kept.
    pub fn take_up(&self, kept: &str) -> serde_json::Result<()> {
        let kept: Desk = serde_json::from_str(kept)?;
        self.with(|desk, _, _| *desk = kept);
        Ok(())
    }

    /// Works at the desk, after everything is done whose time has come.
    fn with<T>(&self, how: impl FnOnce(&mut Desk, &MarkSettings, i64) -> T) -> T {
        let House { settings, clock, desk } = &*self.0;
        let desk = &mut *desk.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock() + desk.ahead_ms;
        desk.orders.settle(now, settings.seed, &mut desk.ledger);
        desk.reports.settle(now, &mut desk.ledger);
        how(desk, settings, now)
    }
}

impl Desk {
    fn name(&mut self, seed: u64) -> String {
        self.names += 1;
        let mut dice = Dice::of(seed ^ FOR_NAMES, self.names);
        let bytes = (u128::from(dice.bits()) << 64 | u128::from(dice.bits())).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    fn sign_in(
        &mut self,
        (user, password): (&str, &str),
        settings: &MarkSettings,
        now_ms: i64,
    ) -> Result<serde_json::Value, Refusal> {
        if (user, password) != (settings.user.as_str(), settings.password.as_str()) {
            return Err(Refusal::unknown("wrong name or password"));
        }
        self.ledger.sign_ins += 1;
        self.tokens.retain(|_, dies| *dies > now_ms && !settings.one_token);
        let token = self.name(settings.seed).replace('-', "");
        let dies = now_ms + ms(settings.token_life);
        self.tokens.insert(token.clone(), dies);
        let user = serde_json::json!({ "login": user, "expires_in": moment(dies) });
        Ok(serde_json::json!({ "token": token, "user": user }))
    }

    fn knows(&self, token: &str, now_ms: i64) -> Result<(), Refusal> {
        match self.tokens.get(token) {
            Some(dies) if now_ms < *dies => Ok(()),
            Some(_) => Err(Refusal::unknown("the token has expired")),
            None => Err(Refusal::unknown("unknown token")),
        }
    }

    fn taking(&self, settings: &MarkSettings, now_ms: i64) -> Taking {
        let ready_at_ms = now_ms + ms(settings.order_takes);
        Taking { now_ms, ready_at_ms, declined: self.refuse_orders.clone() }
    }
}

fn times(settings: &MarkSettings, now_ms: i64) -> Times {
    Times { ready_at_ms: now_ms + ms(settings.report_takes) }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// A moment as the operator writes it. That it is the time of Minsk is this fake's guess.
fn moment(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms + MINSK_AHEAD_MS);
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}
