//! What a store would remember, and the checkers: one a promise.
use super::world::{Place, Print, Way, World};
use markwright::code::{Code, CodeId, CodeState, CodeText, Step};
use markwright::line::{
    ChallengeResult, Command, Fate, Found, InBin, LastOut, LineState, Mode, OpenProduct, Outcome,
    PictureId, PlcCommand, PrinterCommand, Record, RejectReason, Restored, StopReason, Tag,
    Verdict,
};
use std::collections::{BTreeMap, BTreeSet};

/// What every line of the simulation asks of its print, in tenths of a grade.
pub const LEAST_GRADE: u8 = 15;

#[derive(Debug, Default, Clone)]
pub struct Row {
    pub code: Option<CodeId>,
    pub good: Option<bool>,
    pub picture: Option<PictureId>,
    pub fate: Option<Fate>,
}

#[derive(Debug, Clone, Copy)]
pub struct OnRoll {
    pub piece: u32,
    pub place: u32,
    pub to_read: bool,
    pub good: Option<bool>,
}

#[derive(Debug, Default)]
pub struct Books {
    pub codes: BTreeMap<CodeId, (Code, CodeState)>,
    /// Rows in order of arrival; a tag may come again after the PLC was restarted.
    pub products: Vec<(Tag, Row)>,
    pub heard: Option<(u16, u16)>,
    pub state: Option<LineState>,
    /// Labels on the roll: which piece, and how they were read, where they are to be read.
    pub roll: BTreeMap<CodeId, OnRoll>,
    handed: BTreeSet<CodeId>,
    next_stock: i64,
    pub alarms: u64,
    pub standing: Vec<StopReason>,
    pub mode: Mode,
    /// Products that were spoken for or counted as good, and the pictures that it was read from.
    pub passed: Vec<(Tag, PictureId)>,
    /// Codes that were verified at some time, whatever they are now.
    were_good: BTreeSet<CodeId>,
    pub low_grades: u64,
    /// Test products that the line says it rejected as it must.
    pub tests_rejected: Vec<Tag>,
    /// What is in the bin beside products with a fate, and products that may be.
    pub flushed: usize,
    pub not_ordered: usize,
    pub unseen: usize,
    /// Printed codes of other jobs, and codes that were read on another line.
    others: BTreeSet<CodeId>,
    elsewhere: BTreeSet<CodeId>,
    by_text: BTreeMap<String, CodeId>,
    /// Codes whose product a person took as a sample.
    pub samples: BTreeSet<CodeId>,
    /// Why products were rejected.
    pub reasons: Vec<RejectReason>,
}

impl Books {
    pub fn new_codes(&mut self, n: usize) -> Vec<Code> {
        let first = self.next_stock + 1;
        self.next_stock += n as i64;
        (first..=self.next_stock)
            .map(|id| {
                let text = format!("0104810093011694212k{id:06}\u{1d}93#SzU");
                self.by_text.insert(text.clone(), CodeId(id));
                let code = Code { id: CodeId(id), text: CodeText::new(text) };
                self.codes.insert(code.id, (code.clone(), CodeState::Stored));
                code
            })
            .collect()
    }

    /// A label of a code in this state that products may come with.
    fn label_in(&mut self, state: CodeState) -> Print {
        let code = self.new_codes(1).remove(0);
        self.codes.insert(code.id, (code.clone(), state));
        Print::Code(code.id, code.text.as_str().to_owned())
    }

    /// Whether a code is of another job, or was read on another line.
    pub fn is_of_others(&self, code: CodeId) -> bool {
        self.others.contains(&code) || self.elsewhere.contains(&code)
    }

    /// Codes that were read on another line.
    pub fn read_elsewhere(&self) -> usize {
        self.elsewhere.len()
    }

    /// A label of the job that nobody has read yet.
    pub fn label_of_job(&mut self) -> Print {
        self.label_in(CodeState::Printed)
    }

    /// A label of a known code that no product of this job may pass with: the n-th kind of it.
    pub fn label_not_to_pass(&mut self, n: u64) -> Print {
        use CodeState as S;
        let states = [S::Stored, S::Doubtful, S::Scrapped, S::Rejected, S::Sampled];
        let state = match n % 7 {
            5 => S::Printed,
            6 => S::Verified,
            n => states[n as usize],
        };
        let label = self.label_in(state);
        let Print::Code(code, _) = label else { return label };
        match n % 7 {
            5 => self.others.insert(code),
            6 => self.elsewhere.insert(code),
            _ => false,
        };
        label
    }

    /// What a store answers of a text that was read.
    pub fn look_up(&self, text: &str) -> Found {
        use RejectReason as R;
        let Some(code) = self.by_text.get(text) else {
            let of_job = text.starts_with("0104810093011694");
            return Found::Not(if of_job { R::UnknownCode } else { R::Foreign });
        };
        match self.codes[code].1 {
            _ if self.others.contains(code) => Found::Not(R::OtherJob),
            CodeState::Printed => Found::New(*code),
            CodeState::Verified => Found::Not(R::Duplicate),
            CodeState::Doubtful => Found::Not(R::InDoubt),
            CodeState::Scrapped | CodeState::Rejected | CodeState::Sampled => Found::Not(R::UsedUp),
            CodeState::Stored | CodeState::Sent | CodeState::Applied => Found::Not(R::NotPrinted),
        }
    }

    /// No code of another job, and none that was read elsewhere, is on a product that left as good.
    pub fn nothing_left_of_others(&self, world: &World) {
        for item in world.items.iter().filter(|i| i.place == Place::Good && !i.escaped) {
            let Some(Print::Code(code, _)) = &item.label else { continue };
            let other = self.others.contains(code) || self.elsewhere.contains(code);
            assert!(!other, "job: product {} left with {code}, which is another's", item.tag);
        }
    }

    /// Stored codes after this one: what a store answers to a refill.
    pub fn stock(&mut self, after: CodeId, n: usize) -> Vec<Code> {
        let stored: Vec<_> = self
            .codes
            .range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded))
            .filter(|(_, (_, state))| *state == CodeState::Stored)
            .map(|(_, (code, _))| code.clone())
            .take(n)
            .collect();
        if stored.is_empty() { self.new_codes(n) } else { stored }
    }

    pub fn row(&mut self, tag: Tag) -> &mut Row {
        let found = self.products.iter_mut().rev().find(|(of, _)| *of == tag);
        &mut found.expect("a record about a product that was never seen").1
    }

    /// Writes the records, then holds the commands against them: remember, then act.
    pub fn write(&mut self, out: &Outcome) {
        for record in &out.records {
            self.write_one(record);
        }
        for command in &out.commands {
            match command {
                Command::Printer(PrinterCommand::Row(codes)) => codes.iter().for_each(|code| {
                    assert!(self.handed.insert(code.id), "once: handed over twice: {}", code.id);
                    assert_eq!(self.codes[&code.id].1, CodeState::Sent, "durable: {}", code.id);
                }),
                Command::Plc(PlcCommand::Pass(tag)) => {
                    let row = self.row(*tag).clone();
                    self.passed.extend(row.picture.map(|picture| (*tag, picture)));
                    let code = row.code.expect("read back: passed without a code");
                    assert_eq!(row.good, Some(true), "read back: passed without a verdict: {tag}");
                    assert_eq!(self.codes[&code].1, CodeState::Verified, "{tag} {code}");
                }
                Command::KeepPicture(_)
                | Command::TakePicture(_)
                | Command::Expect(_)
                | Command::Printer(_)
                | Command::Plc(_)
                | Command::LookUp { .. }
                | Command::Refill { .. } => {}
            }
        }
    }

    fn write_one(&mut self, record: &Record) {
        match record {
            Record::Moved { code, step } => {
                let (_, state) = self.codes.get_mut(code).expect("a code of ours");
                *state = state.after(*step).unwrap_or_else(|e| panic!("life: {code}: {e}"));
                let other = self.others.contains(code) || self.elsewhere.contains(code);
                assert!(!other, "job: {code} is another's, and takes the step {step:?}");
                if *step == Step::Verify {
                    self.were_good.insert(*code);
                }
            }
            Record::ProductSeen { tag } => self.products.push((*tag, Row::default())),
            Record::ProductLabelled { tag, code } => self.row(*tag).code = *code,
            Record::ProductJudged { tag, verdict, picture } => {
                if let Verdict::Bad(reason) = verdict {
                    self.reasons.push(*reason);
                }
                let row = self.row(*tag);
                (row.good, row.picture) = (Some(*verdict == Verdict::Good), *picture);
            }
            Record::Graded { code: Some(code), quality, .. } if quality.overall < LEAST_GRADE => {
                assert_eq!(self.codes[code].1, CodeState::Rejected, "{code} is below the limit");
                self.low_grades += 1;
            }
            Record::Graded { .. } => {}
            Record::Challenged { tag, result: ChallengeResult::Rejected, .. } => {
                self.tests_rejected.push(tag.expect("challenge: rejected, and never came"));
            }
            Record::Challenged { .. } | Record::PlcCounted(_) => {}
            Record::ProductSettled { tag, fate } => {
                let row = self.row(*tag);
                assert_eq!(row.fate, None, "sums: settled twice: {tag}");
                row.fate = Some(*fate);
                let picture = row.picture.filter(|_| *fate == Fate::Verified);
                self.passed.extend(picture.map(|picture| (*tag, picture)));
            }
            Record::OnRoll { code, piece, place, to_read } => {
                let (piece, place, to_read) = (*piece, *place, *to_read);
                let on = OnRoll { piece, place, to_read, good: None };
                assert!(self.roll.insert(*code, on).is_none(), "{code} twice on the roll");
            }
            Record::MaybeTwice { code } => {
                let (_, state) = self.codes.get_mut(code).expect("a code of ours");
                *state = state.after(Step::Doubt).unwrap_or_else(|e| panic!("{code}: {e}"));
            }
            Record::TakenBack { code } => {
                assert!(self.handed.remove(code), "taken back, and never handed over: {code}");
                assert_eq!(self.codes[code].1, CodeState::Sent, "taken back: {code}");
                self.roll.remove(code);
            }
            Record::LabelRead { code, verdict, .. } => {
                let label = self.roll.get_mut(code).expect("read, and never on the roll");
                label.good = Some(*verdict == Verdict::Good);
            }
            Record::Line { from, to, .. } => {
                assert_eq!(self.state.unwrap_or(LineState::Stopped), *from, "state jumped");
                self.state = Some(*to);
            }
            Record::Heard { boot, seq } => self.heard = Some((*boot, *seq)),
            Record::AlarmRaised(reason) => {
                self.alarms += 1;
                self.standing.push(*reason);
            }
            Record::AlarmCleared(reason) => self.standing.retain(|alarm| alarm != reason),
            Record::Mode { to, .. } => self.mode = *to,
            Record::CameBack { tag } => self.came_back(*tag),
            Record::Bin { what, .. } => match what {
                InBin::Flushed => self.flushed += 1,
                InBin::NotOrdered => self.not_ordered += 1,
                InBin::Unseen => self.unseen += 1,
            },
        }
    }

    /// A product that had left as good was seen in the bin.
    fn came_back(&mut self, tag: Tag) {
        let found = self.products.iter_mut().rev().find(|(of, _)| *of == tag);
        let verified = found.filter(|(_, row)| row.fate == Some(Fate::Verified));
        let Some((_, row)) = verified else {
            self.not_ordered += 1;
            return;
        };
        row.fate = Some(Fate::Rejected);
        let code = row.code.expect("sums: verified without a code");
        let (_, state) = self.codes.get_mut(&code).expect("a code of ours");
        *state = state.after(Step::Reject).unwrap_or_else(|e| panic!("life: {code}: {e}"));
    }

    /// Products that touched were rejected, whatever was on them.
    pub fn nothing_left_that_touched(world: &World) {
        for item in world.items.iter().filter(|i| i.place == Place::Good && !i.escaped) {
            assert!(!item.touches, "touching: product {} left as good", item.tag);
        }
    }

    /// No test product left as good, and one that passed its test lies in the bin.
    pub fn tests_are_rejected(&self, world: &World) {
        for item in world.items.iter().filter(|i| i.place == Place::Good && !i.escaped) {
            assert!(!item.is_test, "challenge: test product {} left as good", item.tag);
        }
        for tag in &self.tests_rejected {
            let item = world.items.iter().find(|item| item.tag == *tag);
            assert_eq!(item.map(|i| &i.place), Some(&Place::Bin), "challenge: {tag} is not there");
        }
    }

    /// What is in the bin is what the books say; where facts were lost, not less.
    pub fn bin_is_counted(&self, world: &World) {
        let there = world.items.iter().filter(|i| i.place == Place::Bin).count() + world.strays;
        let books = self.fates(Some(Fate::Rejected)) + self.flushed + self.not_ordered;
        let most = books + self.unseen;
        if world.facts_lost {
            assert!(books <= there, "bin: {books} in the books, {there} in it");
        } else {
            assert_eq!(most, there, "bin: {self:#?}");
        }
    }

    /// Why a reject might not end in the bin, by the alarms that stand.
    pub fn endangers_rejects(&self) -> Option<StopReason> {
        use StopReason as R;
        let mut standing = self.standing.iter().copied();
        standing.find(|reason| {
            matches!(
                reason,
                R::BinFull
                    | R::AirLow
                    | R::RejectUnconfirmed
                    | R::BadProductPassed
                    | R::ChallengeFailed
            )
        })
    }

    /// What is given back to a line after the power was cut.
    pub fn restored(&self) -> Restored {
        let open: BTreeSet<_> = self
            .products
            .iter()
            .filter(|(_, row)| row.fate.is_none())
            .filter_map(|(_, row)| row.code)
            .collect();
        let under_way = self
            .codes
            .values()
            .filter(|(code, state)| match state {
                CodeState::Printed => {
                    self.roll.get(&code.id).is_none_or(|on| on.to_read && on.good.is_none())
                }
                CodeState::Sent | CodeState::Applied | CodeState::Doubtful => true,
                CodeState::Verified => open.contains(&code.id),
                CodeState::Stored
                | CodeState::Scrapped
                | CodeState::Rejected
                | CodeState::Sampled => false,
            })
            .cloned()
            .collect();
        let products = self
            .products
            .iter()
            .filter(|(_, row)| row.fate.is_none())
            .map(|(tag, row)| OpenProduct { tag: *tag, code: row.code, good: row.good })
            .collect();
        let pieces = self.roll.values().map(|on| on.piece).max().unwrap_or(0);
        Restored {
            state: self.state,
            under_way,
            products,
            pieces,
            mode: self.mode,
            were_good: self.were_good.iter().copied().collect(),
            alarms: self.standing.clone(),
            last_out: LastOut::default(),
        }
    }

    /// Labels of the roll that count.
    pub fn done(&self) -> u64 {
        let counts = |id: &CodeId, state: &CodeState| {
            let on = self.roll.get(id);
            *state == CodeState::Printed && on.is_some_and(|o| !o.to_read || o.good == Some(true))
        };
        self.codes.iter().filter(|(id, (_, state))| counts(id, state)).count() as u64
    }

    pub fn count(&self, state: CodeState) -> usize {
        self.codes.values().filter(|(_, s)| *s == state).count()
    }

    pub fn fates(&self, fate: Option<Fate>) -> usize {
        self.products.iter().filter(|(_, row)| row.fate == fate).count()
    }

    /// Promise 2: at rest, every code is in exactly one final place and both sums close.
    pub fn sums_close(&self, way: Way) {
        for state in [CodeState::Sent, CodeState::Printed, CodeState::Applied] {
            // What products came with and nobody has seen stays what it is.
            if state == CodeState::Printed && way.carries() {
                continue;
            }
            assert_eq!(self.count(state), 0, "sums: still {state} at rest");
        }
        assert_eq!(self.fates(None), 0, "sums: products without a fate at rest");
        let verified = self.count(CodeState::Verified) - self.elsewhere.len();
        assert_eq!(verified, self.fates(Some(Fate::Verified)), "sums: codes and products disagree");
    }

    /// Promise 1: no code on two products that left on the good side; none handed over twice is
    /// checked at each command.
    pub fn nothing_left_twice(world: &World) {
        let mut seen = BTreeSet::new();
        for item in world.items.iter().filter(|i| i.place == Place::Good && !i.escaped) {
            if let Some(Print::Code(code, _)) = &item.label {
                assert!(seen.insert(*code), "once: code {code} left on two products");
            }
        }
    }

    /// Whatever was spoken for, or counted as good, was found good by its own picture. A verdict that
    /// was taken back before anybody heard of it let nothing pass.
    pub fn pictures_are_their_own(&self, world: &World) {
        for (tag, picture) in &self.passed {
            assert_eq!(
                world.pictures.get(picture),
                Some(tag),
                "own picture: read from another one's"
            );
        }
    }

    /// Promise 3: every product on the good side carries exactly the code that is verified in the
    /// books, and the camera saw it there.
    pub fn only_what_was_read_counts(&self, world: &World) {
        for item in world.items.iter().filter(|i| i.place == Place::Good && !i.escaped) {
            let Some(Print::Code(code, _)) = &item.label else {
                panic!("read back: product {} left without a code", item.tag)
            };
            assert_eq!(
                world.camera_saw.get(&item.tag),
                item.label.as_ref(),
                "read back: {}",
                item.tag
            );
            let state = self.codes[code].1;
            // In doubt only where the books lost sight of it on its way out.
            assert!(
                matches!(state, CodeState::Verified | CodeState::Doubtful),
                "read back: product {} left with a {state} code",
                item.tag
            );
        }
        let good: BTreeSet<_> = world
            .items
            .iter()
            .filter(|i| i.place == Place::Good || i.unknowable)
            .filter_map(|i| match &i.label {
                Some(Print::Code(code, _)) => Some(*code),
                Some(Print::Strange(_) | Print::Blank) | None => None,
            })
            .collect();
        for (id, (_, state)) in &self.codes {
            assert!(
                *state != CodeState::Verified || good.contains(id) || self.elsewhere.contains(id),
                "read back: {id} verified, not out"
            );
        }
    }
}
