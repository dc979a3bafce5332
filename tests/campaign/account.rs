//! The account at the end of a script: what the store believes, held against what came out.
use markwright::code::CodeState;
use markwright::sim::printer::{SheetOut, Why};
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

/// What is held against each other.
pub(crate) struct Account<'a> {
    /// The codes of the file that was imported.
    pub(crate) imported: &'a BTreeSet<String>,
    /// What the store says of them.
    pub(crate) states: &'a States,
    /// What came out of the printer.
    pub(crate) ledger: &'a [SheetOut],
    /// Labels that may be out and not confirmed.
    pub(crate) window: usize,
    /// Faults that struck, hands at the panel, and kills. A person who presses Start for a line
    /// that waits is none: nothing may become doubtful by that.
    pub(crate) incidents: usize,
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

    fn strangers(&self) -> Vec<String> {
        let ours = self.ledger.iter().filter(|sheet| sheet.why != Why::SecondTalker);
        let strange =
            ours.flat_map(|sheet| &sheet.codes).filter(|code| !self.imported.contains(*code));
        strange.map(|code| format!("on a label, but not of this file: {code:?}")).collect()
    }

    /// On how many good labels a code is. What somebody at the panel asked the printer for once
    /// more is not of our making: that another one lies there is known from the counter.
    fn good_labels_of(&self, code: &str) -> usize {
        let good = self.ledger.iter().filter(|s| s.is_good() && s.why != Why::Reprint);
        good.filter(|sheet| sheet.codes.iter().any(|found| found == code)).count()
    }

    fn of_code(&self, code: &str, state: CodeState) -> Option<String> {
        let may = match state {
            CodeState::Stored => 0..=0,
            // None: see `unseen`.
            CodeState::Printed | CodeState::Doubtful => 0..=1,
            CodeState::Sent
            | CodeState::Applied
            | CodeState::Verified
            | CodeState::Scrapped
            | CodeState::Rejected
            | CodeState::Sampled => {
                return Some(format!("ends as {state}: {code:?}"));
            }
        };
        let found = self.good_labels_of(code);
        let right = may.contains(&found);
        (!right).then(|| format!("{state}, and on {found} good labels: {code:?}"))
    }

    /// A printed code is on a good label, or on one that is whole, but cannot be read: dots of the
    /// head are dead, or nothing was burnt. Only a camera sees that. And a label that somebody else
    /// made is counted like ours: as long as labels follow one another, the count is one ahead, and
    /// a label that a fault cuts off meanwhile may be believed.
    fn unseen(&self) -> Vec<String> {
        let printed = self.states.iter().filter(|(_, state)| **state == CodeState::Printed);
        let nowhere: Vec<_> =
            printed.map(|(code, _)| code).filter(|code| self.good_labels_of(code) == 0).collect();
        let unreadable = |s: &&SheetOut| s.why == Why::Format && !s.partial && s.codes.is_empty();
        let foreign = |s: &&SheetOut| matches!(s.why, Why::Feed | Why::Reprint | Why::SecondTalker);
        let whole = self.ledger.iter().filter(unreadable).count();
        let foreign = self.ledger.iter().filter(foreign).count();
        if nowhere.len() <= whole + foreign {
            return Vec::new();
        }
        vec![format!(
            "printed, and on no label: {nowhere:?}; {whole} labels cannot be read, {foreign} are not ours"
        )]
    }

    fn too_much_doubt(&self) -> Option<String> {
        let (doubtful, window, incidents) =
            (self.count(CodeState::Doubtful), self.window, self.incidents);
        let too_much = doubtful > (window + 1) * incidents;
        too_much.then(|| {
            format!(
                "{doubtful} codes in doubt after {incidents} incidents with a window of {window}"
            )
        })
    }
}
