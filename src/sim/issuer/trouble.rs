//! What can go wrong: with one request, as planned, as a script says, or by chance. One way for all.
use crate::sim::dice::Dice;
use serde::{Deserialize, Serialize};
use std::time::Duration;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It is answered with 500 and not done.
    Error500,
    /// It is answered with 429 and not done. Seconds for `Retry-After`, if it is said.
    TooMany(Option<u64>),
    /// It is refused with this status and text, and not done.
    Refused(u16, String),
    /// The connection closes, and it is not done.
    Unheard,
    /// Nothing is answered for so long, then the connection closes. It is not done.
    Silent(Duration),
    /// It is done, and answered late.
    Slow(Duration),
    /// It is done, and the connection closes before the answer.
    LostAnswer,
    /// The connection closes at once, and only after so long it is done.
    DoneLate(Duration),
    /// It is done, and the answer is half a JSON text.
    Garbled,
    /// It is done; half of the answer comes, then the connection closes.
    HalfAnswer,
    /// The token that it carries is forgotten, and it is refused with 401.
    TokenGone,
    /// The order in it turns out to be refused for this reason.
    Declined(String),
    /// The order in it takes so long, by the issuer's clock.
    OrderTakes(Duration),
    /// The report in it turns out to be refused as a whole for this reason.
    ReportRefused(String),
    /// So many of the first codes of the report in it get this result (12: no product card).
    CodesRefused(u32, u32),
    /// First every code that is not applied is annulled.
    Annulled,
    /// It is done, then the issuer hangs up on everybody for so long. Its memory stays.
    Restart(Duration),
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

/// One rule of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// How the path of the request ends, such as `/codes`; empty for every request.
    pub path: String,
    /// So many of these requests pass first.
    pub after: u32,
    /// So many meet with it at most; none: no end.
    pub times: Option<u32>,
    /// How probable it is for each, from 0 to 1.
    pub chance: f64,
    /// What goes wrong.
    pub trouble: Trouble,
}

impl From<PlannedTrouble> for Rule {
    fn from(planned: PlannedTrouble) -> Self {
        let PlannedTrouble { path, times, trouble } = planned;
        Self { path, after: 0, times: Some(times.max(1)), chance: 1.0, trouble }
    }
}

impl Chances {
    /// The same as rules.
    fn rules(self) -> Vec<Rule> {
        let rule = |path: &str, chance, trouble| Rule {
            path: path.to_owned(),
            after: 0,
            times: None,
            chance,
            trouble,
        };
        let declined = || Trouble::Declined("refused by chance".to_owned());
        let all = [
            rule("", self.error_500, Trouble::Error500),
            rule("", self.slow, Trouble::Slow(self.slow_by)),
            rule("", self.lost_answer, Trouble::LostAnswer),
            rule("", self.garbled, Trouble::Garbled),
            rule("/order", self.order_refused, declined()),
            rule("/orders", self.order_refused, declined()),
        ];
        all.into_iter().filter(|rule| rule.chance > 0.0).collect()
    }
}

/// What changes in how a request is done. It belongs to the request when it is done again from the
/// file of the issuer's memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Luck {
    /// The order turns out to be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) declined: Option<String>,
    /// The order takes so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) takes_ms: Option<i64>,
    /// The report turns out to be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) report_refused: Option<String>,
    /// The first so many codes of the report get this result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) codes_refused: Option<(u32, u32)>,
    /// What is not applied is annulled first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) annulled: bool,
}

impl Luck {
    /// Takes in what concerns how a request is done. Gives back what does not.
    pub(super) fn take(&mut self, trouble: Trouble) -> Option<Trouble> {
        match trouble {
            Trouble::Declined(reason) => self.declined = Some(reason),
            Trouble::OrderTakes(time) => self.takes_ms = Some(super::ms(time)),
            Trouble::ReportRefused(reason) => self.report_refused = Some(reason),
            Trouble::CodesRefused(count, result) => self.codes_refused = Some((count, result)),
            Trouble::Annulled => self.annulled = true,
            other @ (Trouble::Error500
            | Trouble::TooMany(_)
            | Trouble::Refused(..)
            | Trouble::Unheard
            | Trouble::Silent(_)
            | Trouble::Slow(_)
            | Trouble::LostAnswer
            | Trouble::DoneLate(_)
            | Trouble::Garbled
            | Trouble::HalfAnswer
            | Trouble::TokenGone
            | Trouble::Restart(_)) => return Some(other),
        }
        None
    }
}

/// All trouble that waits, and its chance.
#[derive(Debug)]
pub(super) struct Troubles {
    /// What was planned comes first, then the script.
    rules: Vec<Rule>,
    by_itself: Vec<Rule>,
    dice: Dice,
}

impl Troubles {
    pub(super) fn new(script: &[Rule], chances: Chances, seed: u64) -> Self {
        let (rules, by_itself) = (script.to_vec(), chances.rules());
        Self { rules, by_itself, dice: Dice::of(seed, 0x7_2011) }
    }

    pub(super) fn plan(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub(super) fn set_chances(&mut self, chances: Chances) {
        self.by_itself = chances.rules();
    }

    /// What goes wrong with the request that just came: the first rule that strikes.
    pub(super) fn strike(&mut self, path: &str) -> Option<Trouble> {
        let mut struck = None;
        for rule in self.rules.iter_mut().chain(&mut self.by_itself) {
            if struck.is_some() || !path.ends_with(&rule.path) {
                continue;
            }
            if rule.after > 0 {
                rule.after -= 1;
            } else if self.dice.chance(rule.chance) {
                rule.times = rule.times.map(|times| times.saturating_sub(1));
                struck = Some(rule.trouble.clone());
            }
        }
        self.rules.retain(|rule| rule.times != Some(0));
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_lets_some_pass_and_ends() {
        let rule = |path: &str, after, times, trouble| Rule {
            path: path.to_owned(),
            after,
            times,
            chance: 1.0,
            trouble,
        };
        let script = [
            rule("/codes", 1, Some(2), Trouble::Error500),
            rule("", 0, None, Trouble::Slow(Duration::ZERO)),
        ];
        let mut troubles = Troubles::new(&script, Chances::default(), 1);
        let slow = || Some(Trouble::Slow(Duration::ZERO));
        assert_eq!(troubles.strike("/api/v3/codes"), slow(), "the first one passes the first rule");
        assert_eq!(troubles.strike("/api/v3/ping"), slow());
        assert_eq!(troubles.strike("/api/v3/codes"), Some(Trouble::Error500));
        assert_eq!(troubles.strike("/api/v2/milk/codes"), Some(Trouble::Error500));
        assert_eq!(troubles.strike("/api/v3/codes"), slow());
    }

    #[test]
    fn chance_strikes_about_as_often_as_it_says() {
        let chances = Chances { error_500: 0.1, ..Chances::default() };
        let mut troubles = Troubles::new(&[], chances, 3);
        let hits = (0..10_000).filter(|_| troubles.strike("/x").is_some()).count();
        assert!((900..1_100).contains(&hits), "{hits}");
        troubles.set_chances(Chances::default());
        assert!((0..1_000).all(|_| troubles.strike("/x").is_none()));
    }
}
