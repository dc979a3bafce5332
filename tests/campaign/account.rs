//! The account at the end of a script: what the store believes, held against what came out.
use super::site::Books;
use markwright::code::CodeState;
use markwright::sim::printer::{SheetOut, Why};
use markwright::store::Passport;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Every code of the store and its state, by its text.
pub(crate) type States = BTreeMap<String, CodeState>;

/// Reads the states without changing anything.
pub(crate) async fn states(store_file: &Path) -> States {
    let options = SqliteConnectOptions::new().filename(store_file).read_only(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let rows = sqlx::query_as("select text, state from code").fetch_all(&pool).await.unwrap();
    pool.close().await;
    rows.into_iter().map(|(text, state): (String, String)| (text, state.parse().unwrap())).collect()
}

/// What the fake printer's second talker has it print (`src/sim/printer/label.rs`).
const OF_SECOND_TALKER: &str = "SOMEBODY ELSE";

/// What is held against each other.
pub(crate) struct Account<'a> {
    /// The codes of the file that was imported.
    pub(crate) imported: &'a BTreeSet<String>,
    /// What the store says of them.
    pub(crate) states: &'a States,
    /// Its journal and its job.
    pub(crate) books: &'a Books,
    /// What came out of the printer.
    pub(crate) ledger: &'a [SheetOut],
    /// Labels of the rows that may be out and not confirmed, and of one more row.
    pub(crate) at_stake: usize,
    /// Labels side by side.
    pub(crate) across: usize,
    /// Faults that struck, hands at the panel, and kills. What a printer waits out is none, and a
    /// person who presses Start for a line that waits is none: nothing may become doubtful by that.
    pub(crate) incidents: usize,
    /// Whether the job came to its end.
    pub(crate) done: bool,
    /// Whether a fault struck that makes whole labels which cannot be read.
    pub(crate) spoils: bool,
    /// Whether anything of this printer tells of a label that it printed again.
    pub(crate) tells_of_copies: bool,
}

impl Account<'_> {
    /// Every contradiction, in words.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let mut wrong = self.lost();
        wrong.extend(self.strangers());
        for (code, state) in self.states {
            wrong.extend(self.of_code(code, *state));
        }
        wrong.extend(self.unseen());
        wrong.extend(self.too_much_doubt());
        wrong.extend(self.too_much_doubt_at_once());
        wrong.extend(self.sums());
        wrong
    }

    /// How many codes are in this state.
    pub(crate) fn count(&self, state: CodeState) -> usize {
        self.states.values().filter(|found| **found == state).count()
    }

    /// Every imported code is in the store, and nothing else is.
    fn lost(&self) -> Vec<String> {
        let known: BTreeSet<_> = self.states.keys().cloned().collect();
        let lost = self.imported.difference(&known).map(|code| format!("lost: {code:?}"));
        let new = known.difference(self.imported).map(|code| format!("from nowhere: {code:?}"));
        lost.chain(new).collect()
    }

    /// What a second talker sent is no label of ours, nor is the copy that the printer makes of it
    /// after a fault, also where the fault cut its first one off.
    fn strangers(&self) -> Vec<String> {
        let somebody_talked = self.ledger.iter().any(|sheet| sheet.why == Why::SecondTalker);
        let is_theirs = |code: &&String| somebody_talked && *code == OF_SECOND_TALKER;
        let codes = self.ledger.iter().flat_map(|sheet| &sheet.codes);
        let strange = codes.filter(|code| !self.imported.contains(*code) && !is_theirs(code));
        strange.map(|code| format!("on a label, but not of this file: {code:?}")).collect()
    }

    /// On how many good labels a code is, and how many of them are not those that somebody asked
    /// the printer for at its panel.
    fn good_labels_of(&self, code: &str) -> (usize, usize) {
        let good = self.ledger.iter().filter(|s| s.is_good());
        let good = good.filter(|sheet| sheet.codes.iter().any(|found| found == code));
        let ours = good.clone().filter(|sheet| sheet.why != Why::Reprint).count();
        (good.count(), ours)
    }

    fn of_code(&self, code: &str, state: CodeState) -> Option<String> {
        let may = match state {
            // Scrapped: given back by the driver when the line came to rest.
            CodeState::Stored | CodeState::Scrapped => 0..=0,
            // None: see `unseen`.
            CodeState::Printed | CodeState::Doubtful => 0..=1,
            CodeState::Sent
            | CodeState::Applied
            | CodeState::Verified
            | CodeState::Rejected
            | CodeState::Sampled => {
                return Some(format!("ends as {state}: {code:?}"));
            }
        };
        let (found, ours) = self.good_labels_of(code);
        // A copy that somebody made may lie there, and then nobody may count on the code.
        let copied = state == CodeState::Doubtful
            || !self.tells_of_copies
            || self.copied_in_the_end().iter().any(|last| last == code)
            || self.hidden().any(|sheet| sheet.codes.iter().any(|hidden| hidden == code));
        let right = may.contains(if copied { &ours } else { &found });
        (!right).then(|| format!("{state}, and on {found} good labels: {code:?}"))
    }

    /// A printed code is on a good label, or on one that is whole, but cannot be read: dots of the
    /// head are dead, or nothing was burnt. Only a camera sees that. Labels without a code look the
    /// same here, and one of two in a row may be spoilt: then no more than this is asked.
    fn unseen(&self) -> Vec<String> {
        let printed = self.states.iter().filter(|(_, state)| **state == CodeState::Printed);
        let nowhere: Vec<_> =
            printed.map(|(code, _)| code).filter(|code| self.good_labels_of(code).0 == 0).collect();
        let whole = self.ledger.iter().filter(|s| s.why == Why::Format && !s.partial);
        let unreadable: usize =
            whole.map(|sheet| self.across.saturating_sub(sheet.codes.len())).sum();
        let spoilt = if self.spoils { unreadable } else { 0 };
        if nowhere.len() <= spoilt + self.hidden().count() * self.across {
            return Vec::new();
        }
        vec![format!("printed, and on no label: {nowhere:?}; {unreadable} places cannot be read")]
    }

    /// Labels that somebody else had printed while a label was lost that nothing counted: the sums
    /// of the printer are right again then, and look as those of one that counts late.
    fn hidden(&self) -> impl Iterator<Item = &SheetOut> {
        let is_lost =
            |sheet: &&SheetOut| sheet.why == Why::Format && !sheet.partial && !sheet.counted;
        let lost: Vec<u64> = self.ledger.iter().filter(is_lost).map(|sheet| sheet.number).collect();
        let others = [Why::Feed, Why::Reprint, Why::SecondTalker];
        let near = self.at_stake as u64;
        self.ledger.iter().filter(move |sheet| {
            others.contains(&sheet.why)
                && sheet.counted
                && lost.iter().any(|number| number.abs_diff(sheet.number) <= near)
        })
    }

    fn too_much_doubt(&self) -> Option<String> {
        let (doubtful, at_stake, incidents) =
            (self.count(CodeState::Doubtful), self.at_stake, self.incidents);
        let too_much = doubtful > at_stake * incidents;
        too_much.then(|| {
            format!(
                "{doubtful} codes in doubt after {incidents} incidents, {at_stake} at stake each"
            )
        })
    }

    /// Between two rows that were handed over lies one incident at most, whatever was told of it and
    /// however often the daemon began again meanwhile.
    fn too_much_doubt_at_once(&self) -> Option<String> {
        let (mut at_once, mut most) = (0, 0);
        for (kind, is) in &self.books.journal {
            match (kind.as_str(), is.as_deref()) {
                ("on_roll", _) => at_once = 0,
                ("moved", Some("doubtful")) => at_once += 1,
                _ => {}
            }
            most = most.max(at_once);
        }
        let at_stake = self.at_stake;
        let too_much = most > at_stake;
        too_much.then(|| format!("{most} codes in doubt at once, {at_stake} at stake"))
    }

    /// What the jobs and their passports say fits to the codes, and a job that is done is whole, or
    /// has used up its codes.
    fn sums(&self) -> Vec<String> {
        let (printed, stored) = (self.count(CodeState::Printed), self.count(CodeState::Stored));
        let sheets = &self.books.passports;
        let good: u64 = sheets.iter().map(|sheet| sheet.fates.good).sum();
        let counted: u64 = sheets.iter().map(|sheet| sheet.job.done).sum();
        let begun = !sheets.is_empty();
        let is_short = |sheet: &Passport| sheet.job.done < sheet.job.wanted.planned && stored > 0;
        let is_open = |sheet: &Passport| sheet.fates.under_way != 0;
        [
            (!sheets.iter().all(Passport::sums_close), "the sums of a passport do not close"),
            (begun && good != printed as u64, "passports have other good labels than codes"),
            (begun && counted != printed as u64, "jobs have counted other labels than are printed"),
            (self.done && sheets.iter().any(is_open), "a job is done with labels under way"),
            (
                self.done && sheets.iter().any(is_short),
                "a job is done, and is short with codes left",
            ),
        ]
        .into_iter()
        .filter(|(wrong, _)| *wrong)
        .map(|(_, words)| format!("{words}: {counted} counted, {good} good, {printed} printed"))
        .collect()
    }

    /// The codes of the last row, if somebody had it printed again when the job was done: then no
    /// driver is there to see it.
    fn copied_in_the_end(&self) -> &[String] {
        let last = self.ledger.iter().rposition(|sheet| sheet.why != Why::Reprint);
        let Some(last) = last.filter(|at| self.done && at + 1 < self.ledger.len()) else {
            return &[];
        };
        &self.ledger[last].codes
    }
}
