//! Challenge tests: a person puts a product on the belt that must be rejected, and the line must reject
//! it by its usual way: read by the camera, judged, pushed out by the gate, seen by the bin's eye.
use super::{Line, PictureId, Reading, Record, RejectReason, StopReason, Tag, hash};
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// What is wrong with a test product.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum ChallengeKind {
    /// It has no symbol.
    NoSymbol,
    /// Its symbol cannot be read, or is printed too badly.
    BadSymbol,
    /// It carries a code that was verified on another product.
    Duplicate,
    /// It carries a code of other goods.
    Foreign,
}

/// What came of one case.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum ChallengeResult {
    /// The line rejected it by its usual way, for the right reason.
    Rejected,
    /// It did not.
    Failed,
    /// The product never came to the bin's eye, or another case was begun.
    GivenUp,
}

/// What the line saw of a test product.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum ChallengeSeen {
    /// Judged so, pushed out, and seen falling.
    Bin(RejectReason),
    /// The camera read the code that the product would have been good with.
    ReadGood,
    /// It was rejected for another reason than it should have been.
    OtherReason(RejectReason),
    /// It left on the good side.
    Passed,
    /// The gate moved, and the bin's eye saw nothing.
    Unconfirmed,
    /// It vanished, or the belt was lost.
    Vanished,
}

impl ChallengeKind {
    /// Every kind, in the order in which a test goes through them.
    pub const ALL: [Self; 4] = [Self::NoSymbol, Self::BadSymbol, Self::Duplicate, Self::Foreign];

    /// The word in the store and in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoSymbol => "no_symbol",
            Self::BadSymbol => "bad_symbol",
            Self::Duplicate => "duplicate",
            Self::Foreign => "foreign",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoSymbol => "No symbol",
            Self::BadSymbol => "Bad symbol",
            Self::Duplicate => "Duplicate",
            Self::Foreign => "Foreign GTIN",
        }
    }

    /// Whether its label carries a code that is known beforehand.
    pub const fn shows_code(self) -> bool {
        matches!(self, Self::Duplicate | Self::Foreign)
    }

    /// Whether a product of this kind should be rejected for this reason.
    const fn is_shown_by(self, reason: RejectReason) -> bool {
        use RejectReason as R;
        match self {
            Self::NoSymbol => matches!(reason, R::NoLabel | R::NoRead),
            Self::BadSymbol => matches!(reason, R::NoLabel | R::NoRead | R::NotGs1 | R::LowGrade),
            Self::Duplicate => matches!(reason, R::Duplicate),
            Self::Foreign => matches!(reason, R::Foreign),
        }
    }
}

impl FromStr for ChallengeKind {
    type Err = UnknownChallenge;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == word);
        found.ok_or_else(|| UnknownChallenge(word.to_owned()))
    }
}

impl ChallengeResult {
    /// The word in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

impl FromStr for ChallengeResult {
    type Err = UnknownChallenge;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = [Self::Rejected, Self::Failed, Self::GivenUp];
        let found = found.into_iter().find(|result| result.word() == word);
        found.ok_or_else(|| UnknownChallenge(word.to_owned()))
    }
}

/// A word that names no case of a challenge test and no result of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' names no case of a challenge test; there are no_symbol, bad_symbol, duplicate and foreign"
)]
pub struct UnknownChallenge(String);

impl ChallengeSeen {
    /// For the report.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Bin(reason) | Self::OtherReason(reason) => reason.words(),
            Self::ReadGood => "the camera read a good code on it",
            Self::Passed => "it left on the good side",
            Self::Unconfirmed => "it was not seen falling into the bin",
            Self::Vanished => "it vanished on the way",
        }
    }
}

impl fmt::Display for ChallengeSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// How a line stands with its challenge tests.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Challenges {
    /// How often all cases are to be passed; nothing: never.
    every: Option<Duration>,
    /// By when that must be so again; nothing: now, if `every` says so.
    #[serde(with = "super::at::due")]
    due: Option<Instant>,
    /// One is due.
    missed: bool,
    /// Codes were used before this process began.
    used: bool,
    /// Cases that this test has passed.
    passed: Vec<ChallengeKind>,
    /// All of them, a moment ago.
    #[serde(default)]
    whole: bool,
    /// The case that is under way.
    now: Option<Case>,
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Case {
    kind: ChallengeKind,
    /// The beginning of the text on the product.
    shows: Option<String>,
    /// The product, once it has come.
    tag: Option<Tag>,
    /// What the camera said.
    seen: Option<ChallengeSeen>,
}

impl Challenges {
    fn is_due(&self, now: Instant) -> bool {
        self.every.is_some() && self.due.is_none_or(|due| due <= now)
    }

    /// Whether this is the product of the case that is under way.
    pub(super) fn is_test(&self, tag: Tag) -> bool {
        self.now.as_ref().is_some_and(|case| case.tag == Some(tag))
    }

    /// Whether a case is under way.
    pub(super) const fn is_on(&self) -> bool {
        self.now.is_some()
    }

    /// This case is passed, too. A test is whole when every case was passed since the last whole test
    /// and the last failure; without any label that could be a duplicate (`used`), nobody can test with
    /// one. Whoever wants to know later reads it in the record: this rule stands nowhere else.
    fn is_whole_with(&mut self, kind: ChallengeKind, used: bool) -> bool {
        if !self.passed.contains(&kind) {
            self.passed.push(kind);
        }
        let wanted = |kind: &ChallengeKind| used || *kind != ChallengeKind::Duplicate;
        let whole =
            ChallengeKind::ALL.into_iter().filter(wanted).all(|kind| self.passed.contains(&kind));
        if whole {
            self.passed.clear();
        }
        self.whole |= whole;
        whole
    }

    /// When the next test is due, while none is.
    pub(super) fn due(&self) -> Option<Instant> {
        self.every.and(self.due).filter(|_| !self.missed)
    }
}

impl Line {
    /// Asks for a challenge test so often, the first one in `left`; without that, one is due at once:
    /// before the line makes anything. `used`: whether there is any label that could be a duplicate;
    /// before the first one, nobody can test with one.
    pub fn challenge_every(
        &mut self,
        now: Instant,
        every: Duration,
        left: Option<Duration>,
        used: bool,
    ) {
        self.challenges.used = used;
        self.challenges.every = Some(every);
        self.challenges.due = left.map(|left| now + left);
        self.challenges.missed = left.is_none();
    }

    /// A person puts the product of this case at the infeed: the next one that comes in.
    pub(super) fn note_challenge(
        &mut self,
        kind: ChallengeKind,
        shows: Option<String>,
        records: &mut Vec<Record>,
    ) {
        if !self.settings.scenario.has_belt() {
            return;
        }
        self.end_challenge(ChallengeResult::GivenUp, ChallengeSeen::Vanished, records);
        self.challenges.now = Some(Case { kind, shows, tag: None, seen: None });
    }

    /// While a test is on, only its product is let in, onto an empty belt.
    pub(super) fn wants_test_product(&self) -> Option<bool> {
        let case = self.challenges.now.as_ref()?;
        Some(case.tag.is_none() && self.belt.products.is_empty())
    }

    /// The first product that comes onto the empty belt is the test product.
    pub(super) fn note_test_arrival(&mut self, tag: Tag) {
        let empty = self.belt.products.len() == 1;
        if let Some(case) = self.challenges.now.as_mut().filter(|case| case.tag.is_none() && empty)
        {
            case.tag = Some(tag);
        }
    }

    /// A frame of the test product: what the line would have said of any product that looks so. Its
    /// own label, if it got one, is waste with it.
    pub(super) fn note_test_reading(
        &mut self,
        tag: Tag,
        reading: &Reading,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        let Some(product) = self.belt.product(tag) else { return };
        if product.verdict.is_some() {
            return;
        }
        let labelled = product.code.is_some();
        let said = self.say_of_test(tag, labelled, reading);
        if let Some(case) = self.challenges.now.as_mut() {
            case.seen = Some(said);
        }
        let seen = super::reading::Seen::new(tag, reading, picture);
        let is_strange = matches!(
            said,
            ChallengeSeen::Bin(RejectReason::Foreign)
                | ChallengeSeen::OtherReason(RejectReason::Foreign)
        );
        if let Reading::Symbol { text, .. } = reading
            && is_strange
        {
            self.ask_whether_known(seen, text);
        }
        self.judge(seen, RejectReason::Challenge, records);
    }

    /// The store knows the code of the test product as one that was used up.
    pub(super) fn note_test_is_copy(&mut self, text: &str) {
        let reason = self.strange_reason(text);
        self.note_test_seen(Some(reason));
    }

    /// What the camera and the store say of the test product.
    pub(super) fn note_test_seen(&mut self, reason: Option<RejectReason>) {
        let Some(case) = self.challenges.now.as_mut() else { return };
        case.seen = Some(match reason {
            Some(reason) if case.kind.is_shown_by(reason) => ChallengeSeen::Bin(reason),
            Some(reason) => ChallengeSeen::OtherReason(reason),
            None => ChallengeSeen::ReadGood,
        });
    }

    /// The verdict that the line's own rules give, without the steps that it would take after it:
    /// the labels that follow are as good as before.
    fn say_of_test(&self, tag: Tag, labelled: bool, reading: &Reading) -> ChallengeSeen {
        let reason = match reading {
            Reading::Nothing if labelled => RejectReason::NoRead,
            Reading::Nothing => RejectReason::NoLabel,
            Reading::Symbol { identifier, .. } if identifier != super::reading::GS1_DATAMATRIX => {
                RejectReason::NotGs1
            }
            Reading::Symbol { text, quality, .. } => {
                match (self.belt.place_of(tag, text), self.is_low(*quality)) {
                    (super::belt::Place::Here, true) => RejectReason::LowGrade,
                    (super::belt::Place::Here, false) => return ChallengeSeen::ReadGood,
                    (super::belt::Place::Later(_), _) => RejectReason::WrongCode,
                    (super::belt::Place::Nowhere, _) => self.strange_reason(text),
                }
            }
        };
        match &self.challenges.now {
            Some(case) if case.kind.is_shown_by(reason) => ChallengeSeen::Bin(reason),
            _ => ChallengeSeen::OtherReason(reason),
        }
    }

    /// What a text is that no label under way carries, as far as it is known: of codes that were
    /// verified before this process began, the store is asked.
    fn strange_reason(&self, text: &str) -> RejectReason {
        let case = self.challenges.now.as_ref();
        let is_shown =
            case.is_some_and(|case| case.shows.as_deref().is_some_and(|s| text.starts_with(s)));
        if self.in_doubt.contains_key(text) {
            RejectReason::InDoubt
        } else if self.verified.contains(&hash(text)) {
            RejectReason::Duplicate
        } else if case.is_some_and(|case| case.shows.is_some()) && !is_shown {
            // Another product than the person scanned.
            RejectReason::WrongCode
        } else {
            RejectReason::Foreign
        }
    }

    /// The bin's eye saw the test product fall.
    pub(super) fn note_test_in_bin(&mut self, records: &mut Vec<Record>) {
        let seen = self.challenges.now.as_ref().and_then(|case| case.seen);
        match seen {
            Some(ChallengeSeen::Bin(reason)) => {
                self.end_challenge(ChallengeResult::Rejected, ChallengeSeen::Bin(reason), records);
            }
            Some(seen) => self.fail_challenge(seen, records),
            // Rejected by silence: the camera has not told anything. That is safe, and no proof.
            None => {
                let seen = ChallengeSeen::OtherReason(RejectReason::NoPicture);
                self.fail_challenge(seen, records);
            }
        }
    }

    /// The line did not reject a test product as it must.
    pub(super) fn fail_challenge(&mut self, seen: ChallengeSeen, records: &mut Vec<Record>) {
        if self.challenges.is_on() {
            self.challenges.passed.clear();
            self.challenges.due = None;
            self.end_challenge(ChallengeResult::Failed, seen, records);
            self.latch(StopReason::ChallengeFailed);
        }
    }

    pub(super) fn end_challenge(
        &mut self,
        result: ChallengeResult,
        why: ChallengeSeen,
        records: &mut Vec<Record>,
    ) {
        let Some(Case { kind, tag, .. }) = self.challenges.now.take() else { return };
        let used = self.challenges.used || !self.verified.is_empty();
        let whole =
            result == ChallengeResult::Rejected && self.challenges.is_whole_with(kind, used);
        records.push(Record::Challenged { kind, tag, result, why, whole });
    }

    /// When every case is passed, the next test is due in `every`.
    pub(super) fn decide_challenge(&mut self, now: Instant) {
        let challenges = &mut self.challenges;
        if std::mem::take(&mut challenges.whole) {
            challenges.due = challenges.every.map(|every| now + every);
        }
        challenges.missed = challenges.is_due(now);
    }

    /// A test is due and none is under way: nothing is made meanwhile.
    pub(super) fn challenge_trouble(&self) -> Option<StopReason> {
        (self.challenges.missed && !self.challenges.is_on()).then_some(StopReason::ChallengeDue)
    }

    /// A line that stands for a test alone goes on with it: the person has asked for that.
    pub(super) fn goes_on_for_test(&self) -> bool {
        self.challenges.is_on() && self.why == Some(StopReason::ChallengeDue)
    }
}
