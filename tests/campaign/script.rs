//! One script: a roll is printed while the printer goes wrong and the daemon is killed; then the account.
use super::account::{Account, States, states};
use super::luck::{Ended, Luck};
use super::site::{Job, Site, Template};
use crate::daemon_kit::{Daemon, Log};
use markwright::code::CodeState;
use markwright::line::LineState;
use markwright::sim::dice::Dice;
use markwright::sim::printer::{Controls, Language};
use reqwest::StatusCode;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::task::JoinError;
use tokio::time::{Instant, sleep};

/// A script that has not come to its end by then has failed.
const AT_MOST: Duration = Duration::from_mins(2);
/// Between two looks at the line.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A person sees that the line stands, thinks, and presses.
const PERSON_TAKES_MS: usize = 600;
/// Purposes of chance: what one of them uses does not change the others.
const FOR_CODES: u64 = 1;
const FOR_KILLS: u64 = 2;
const FOR_THE_PERSON: u64 = 3;

/// What became of a script.
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) language: Language,
    /// What confirms a label.
    pub(crate) confirms: &'static str,
    pub(crate) kills: usize,
    pub(crate) presses: usize,
    /// Which faults struck, and how often.
    pub(crate) struck: BTreeMap<&'static str, usize>,
    /// Codes that were tried, and what they are now.
    pub(crate) printed: usize,
    pub(crate) doubtful: usize,
    /// Everything that contradicts; nothing if all is well.
    pub(crate) wrong: Vec<String>,
    /// What a person needs who looks for the reason.
    pub(crate) evidence: String,
}

impl Report {
    /// A script that did not come to an account.
    pub(crate) fn broken(seed: u64, error: &JoinError) -> Self {
        Self {
            seed,
            language: Job::of(seed).language,
            confirms: Job::of(seed).evidence,
            kills: 0,
            presses: 0,
            struck: BTreeMap::new(),
            printed: 0,
            doubtful: 0,
            wrong: vec![format!("the test itself broke: {error}")],
            evidence: String::new(),
        }
    }
}

/// Runs the script of a seed, whole.
pub(crate) async fn run(seed: u64, template: &Template) -> Report {
    let job = Job::of(seed);
    let luck = Luck::begin(seed, &job).await;
    let codes = &mut Dice::of(seed, FOR_CODES);
    let site = Site::build(template, &job, luck.printer(), codes).await;
    let mut play = Play {
        site: &site,
        template,
        controls: luck.printer().controls.clone(),
        log: Log::default(),
        person: Dice::of(seed, FOR_THE_PERSON),
        presses: 0,
        ends_at: Instant::now() + AT_MOST,
    };
    let kills = kills_of(seed, job.rows());
    let (killed, late) = play.until_done(&kills).await;
    let Play { presses, log, .. } = play;
    let ended = luck.end().await;
    let (states, books) = (states(&site.store_file()).await, site.books().await);
    let account = Account {
        imported: &site.codes,
        states: &states,
        books: &books,
        ledger: &ended.ledger,
        at_stake: (job.window + 1) * job.across,
        across: job.across,
        incidents: ended.costly() + killed,
        done: late.is_none(),
        spoils: ended.spoils(job.evidence == "counter"),
        tells_of_copies: job.tells_of_copies(),
    };
    let mut wrong = account.contradictions();
    wrong.extend(late);
    let mut report = Report {
        seed,
        language: job.language,
        confirms: job.evidence,
        kills: killed,
        presses,
        printed: account.count(CodeState::Printed),
        doubtful: account.count(CodeState::Doubtful),
        wrong,
        evidence: String::new(),
        struck: BTreeMap::new(),
    };
    if !report.wrong.is_empty() {
        report.evidence = evidence(&job, &kills, &ended, &states, &log);
    }
    report.struck = ended.struck;
    report
}

/// When a daemon is killed: after so many labels came out, and so long after that.
#[derive(Debug)]
struct Kill {
    sheets: u64,
    then: Duration,
}

/// In a third of the scripts the daemon is killed, in some of those twice; the second one may be
/// killed before it is ready.
fn kills_of(seed: u64, rows: usize) -> Vec<Kill> {
    if !seed.is_multiple_of(3) {
        return Vec::new();
    }
    let mut dice = Dice::of(seed, FOR_KILLS);
    let ms = |ms: usize| Duration::from_millis(ms as u64);
    let first = dice.below(rows);
    let mut kills = vec![Kill { sheets: first as u64, then: ms(dice.below(300)) }];
    if dice.chance(0.4) {
        let again = if dice.chance(0.5) { 0 } else { dice.below(rows) };
        kills.push(Kill { sheets: again as u64, then: ms(dice.below(1_500)) });
    }
    kills
}

/// A script that is played.
struct Play<'a> {
    site: &'a Site,
    template: &'a Template,
    controls: Controls,
    log: Log,
    person: Dice,
    presses: usize,
    ends_at: Instant,
}

impl Play<'_> {
    /// Starts daemon after daemon until the job is done. Gives how many were killed, and what is
    /// wrong if it did not end in time.
    async fn until_done(&mut self, kills: &[Kill]) -> (usize, Option<String>) {
        for (killed, kill) in kills.iter().enumerate() {
            let daemon = Daemon::start(&self.site.config, self.log.ear()).await;
            let controls = self.controls.clone();
            let strikes = async {
                controls.until(|now| now.sheets >= kill.sheets).await;
                sleep(kill.then).await;
            };
            tokio::select! {
                () = strikes => daemon.kill().await,
                late = self.attend(&daemon) => {
                    daemon.end().await;
                    return (killed, late);
                }
            }
        }
        let daemon = Daemon::start(&self.site.config, self.log.ear()).await;
        let late = self.attend(&daemon).await;
        daemon.end().await;
        (kills.len(), late)
    }

    /// Looks after the line until its job is done: presses Start where it waits for somebody.
    async fn attend(&mut self, daemon: &Daemon) -> Option<String> {
        let person = self.template.person.at(daemon);
        loop {
            let line = person.line().await;
            let state: LineState = line["state"].as_str().unwrap().parse().unwrap();
            if state == LineState::Complete {
                return None;
            }
            if Instant::now() >= self.ends_at {
                return Some(format!("not done after {AT_MOST:?}: {line}"));
            }
            if let Some(button) = button(state) {
                sleep(Duration::from_millis(self.person.below(PERSON_TAKES_MS) as u64)).await;
                // The line may have gone on meanwhile: then it does not take it, and says so.
                let status = person.try_press(button).await;
                assert!(status.is_redirection() || status == StatusCode::CONFLICT, "{status}");
                self.presses += 1;
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// What leads on from this state, if only a person can.
fn button(state: LineState) -> Option<&'static str> {
    let button = if state == LineState::Aborted { "reset" } else { "start" };
    matches!(state, LineState::Held | LineState::Aborted).then_some(button)
}

fn evidence(job: &Job, kills: &[Kill], ended: &Ended, states: &States, log: &Log) -> String {
    let mut text = format!("{job:?}\nkills: {kills:?}\n{}\nledger:\n", ended.script);
    for sheet in &ended.ledger {
        let _ = writeln!(text, "  {sheet:?}");
    }
    text.push_str("states:\n");
    for (code, state) in states.iter().filter(|(_, state)| **state != CodeState::Stored) {
        let _ = writeln!(text, "  {state} {code:?}");
    }
    text + &log.told()
}
