//! What a run is: how many codes are ordered and how, what goes wrong, and when the daemon dies.
use markwright::sim::dice::Dice;
use markwright::sim::issuer::{Chances, PlannedTrouble, Trouble};
use std::time::Duration;

/// The most codes in one order.
const MOST: u64 = 5_000;
/// Purposes of chance: what one of them uses does not change the others.
const FOR_ORDERS: u64 = 1;
const FOR_TROUBLE: u64 = 2;
const FOR_STRIKES: u64 = 3;

/// Calls whose lost answer costs most: an order paid twice, a block lost, a report told twice.
const SHARP: [&str; 8] = [
    "/order",
    "/orders",
    "/codes",
    "/codes/retry",
    "/codes/blocks",
    "/close",
    "/utilisation",
    "/dropout",
];

/// The same of Electronic Mark.
const SHARP_OF_MARK: [&str; 8] = [
    "/addGroupOrders",
    "/statusList",
    "/downloads",
    "/addMark",
    "/addManufacture",
    "/addWriteOff",
    "/ships/add",
    "/v2/labels",
];

/// Something that happens to the daemon or to the issuer as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    /// `kill -9`, and a new daemon.
    Kill,
    /// The issuer hangs up on everybody, and comes back with its memory.
    Outage(Duration),
    /// Electronic Mark, which refused every order so far, refuses none from now on.
    Relents,
}

/// When: after so many requests in all, and so long after that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) requests: u64,
    pub(crate) then: Duration,
}

/// One run.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is chosen by itself")]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) group: &'static str,
    /// Codes of each order.
    pub(crate) orders: Vec<u32>,
    /// Orders come from the stock rule of a line, one after the other; else all at once.
    pub(crate) by_rule: bool,
    /// The daemon signs in and signs what it posts; else it has a token that is always good.
    pub(crate) signs: bool,
    /// The station is one of version 2, in Kazakhstan.
    pub(crate) old: bool,
    /// The state system is Electronic Mark.
    pub(crate) mark: bool,
    pub(crate) chances: Chances,
    pub(crate) planned: Vec<PlannedTrouble>,
    pub(crate) strikes: Vec<(When, Strike)>,
    pub(crate) order_takes: Duration,
    pub(crate) report_takes: Duration,
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let dice = &mut Dice::of(seed, FOR_ORDERS);
        let by_rule = dice.chance(0.5);
        let [signs, old, mark] = kind(dice);
        let count = 1 + dice.roll(3);
        // A rule orders the same quantity again and again.
        let same = quantity(dice);
        let orders = (0..count).map(|_| if by_rule { same } else { quantity(dice) }).collect();
        let group = if old || mark { "milk" } else { ["milk", "water", "beer"][dice.below(3)] };
        let (order_takes, report_takes) = (ms(dice.roll(600)), ms(dice.roll(900)));
        let sharp = if mark { SHARP_OF_MARK } else { SHARP };
        let (chances, planned) = trouble(&mut Dice::of(seed, FOR_TROUBLE), sharp, signs || mark);
        let mut strikes = strikes(&mut Dice::of(seed, FOR_STRIKES));
        if mark && chances.order_refused > 0.0 {
            let when = When { requests: dice.roll(10), then: Duration::ZERO };
            let at = strikes.partition_point(|(other, _)| other.requests < when.requests);
            strikes.insert(at, (when, Strike::Relents));
        }
        Self {
            seed,
            group,
            orders,
            by_rule,
            signs,
            old,
            mark,
            chances,
            planned,
            strikes,
            order_takes,
            report_takes,
        }
    }

    /// How often the issuer is to forget a token.
    pub(crate) fn tokens_gone(&self) -> usize {
        self.planned.iter().filter(|planned| planned.trouble == Trouble::TokenGone).count()
    }

    /// How often a restart of the issuer may cost an answer to a sign-in.
    pub(crate) fn restarts(&self) -> usize {
        let restarts = |planned: &&PlannedTrouble| matches!(planned.trouble, Trouble::Restart(_));
        self.planned.iter().filter(restarts).count()
    }

    /// How often bad luck may. One call in five fails: six in a row, once in some ten thousand.
    pub(crate) fn bad_luck(&self) -> usize {
        if self.chances.lost_answer > 0.0 { 6 } else { 0 }
    }

    /// How often the daemon is to be killed.
    pub(crate) fn kills(&self) -> usize {
        self.strikes.iter().filter(|(_, strike)| *strike == Strike::Kill).count()
    }
}

/// Of ten runs four have a station where one signs in and signs, two one of version 2, two Electronic
/// Mark, and two a station of version 3 with a token that is always good.
fn kind(dice: &mut Dice) -> [bool; 3] {
    let kind = dice.roll(10);
    [(0..4).contains(&kind), (4..6).contains(&kind), (6..8).contains(&kind)]
}

/// Small orders are the most frequent; the edges of blocks (500) are among the large ones.
fn quantity(dice: &mut Dice) -> u32 {
    let most = [6, 60, 600, 1_502, MOST][dice.below(5)];
    let edges = [1, 2, 500, 501, 502, 1_000, 1_001, 5_000];
    let any = 1 + dice.roll(most);
    let chosen = if dice.chance(0.15) { edges[dice.below(edges.len())] } else { any };
    u32::try_from(chosen).unwrap()
}

fn trouble(dice: &mut Dice, sharp: [&str; 8], signs: bool) -> (Chances, Vec<PlannedTrouble>) {
    // A calm issuer with a few sharp troubles, one with bad luck, one with very bad luck.
    let luck = [0.0, 0.02, 0.06][dice.below(3)];
    let chances = Chances {
        error_500: luck,
        slow: luck,
        slow_by: ms(200 + dice.roll(1_200)),
        lost_answer: luck * 1.5,
        garbled: luck,
        order_refused: if dice.chance(0.2) { 0.3 } else { 0.0 },
    };
    let mut planned = Vec::new();
    for path in sharp {
        while dice.chance(0.4) {
            let trouble = match dice.below(12) {
                0 | 1 => Trouble::Error500,
                2 | 3 => Trouble::Garbled,
                4 => Trouble::HalfAnswer,
                5 => Trouble::Unheard,
                6 => Trouble::TooMany(Some(1)),
                7 => Trouble::Restart(ms(50 + dice.roll(1_000))),
                8 if signs => Trouble::TokenGone,
                _ => Trouble::LostAnswer,
            };
            planned.push(PlannedTrouble { path: path.to_owned(), times: 1, trouble });
        }
    }
    (chances, planned)
}

fn strikes(dice: &mut Dice) -> Vec<(When, Strike)> {
    let mut strikes = Vec::new();
    let mut requests = 0;
    while strikes.len() < 5 && dice.chance(0.6) {
        // Most orders and reports are over after a dozen requests.
        requests += dice.roll(12);
        let then = ms(dice.roll(400));
        let outage = Strike::Outage(ms(50 + dice.roll(2_000)));
        let strike = if dice.chance(0.6) { Strike::Kill } else { outage };
        strikes.push((When { requests, then }, strike));
    }
    strikes
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
