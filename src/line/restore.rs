//! A line comes back: from the journal, with doubt for whatever was under way.
use super::belt::OnProduct;
use super::planted::Planted;
use super::{
    Belt, Conditions, Device, Frames, Guard, Line, LineSettings, LineState, Mode, Order, Outcome,
    Pad, Product, Record, RejectReason, Roll, StopReason, Tag, Trend, Verdict, hash,
};
use crate::code::{Code, CodeId, CodeState};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// What the store knows of a line that was not at rest when it was last heard.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Restored {
    /// The mode that the last record gave it.
    pub mode: Mode,
    /// The state that the last record gave it.
    pub state: Option<LineState>,
    /// Codes of its job that are sent, printed, applied or doubtful, or verified on a product
    /// whose fate is not known yet. Of a roll with a camera: only printed ones that nobody read.
    pub under_way: Vec<(Code, CodeState)>,
    /// Those of them that are doubtful and were verified before: they may have left as good.
    #[serde(default)]
    pub were_good: Vec<CodeId>,
    /// Products that had entered and were not settled.
    pub products: Vec<OpenProduct>,
    /// Alarms that stood.
    pub alarms: Vec<StopReason>,
    /// Pieces of the roll that its job has begun.
    pub pieces: u32,
    /// What came out last on that roll, if no camera looks at it.
    pub last_out: LastOut,
}

/// The label that came out last on a roll, and those about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LastOut {
    /// Its number on the piece.
    pub place: u32,
    /// Labels of that piece that lie about it and still count, each with its number.
    pub counting: Vec<(u32, Code)>,
}

/// A product that was on the belt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OpenProduct {
    /// Its tag.
    pub tag: Tag,
    /// The code on its label, if it had got one.
    pub code: Option<CodeId>,
    /// Whether it was found good, if it was judged.
    pub good: Option<bool>,
}

impl Line {
    /// A line that never ran.
    pub fn new(settings: LineSettings, order: Order) -> Self {
        Self {
            settings,
            order,
            state: LineState::Stopped,
            mode: Mode::Production,
            by_hand: super::ByHand::default(),
            wishes: super::Wishes::default(),
            heard: 0,
            why: None,
            latched: Vec::new(),
            alarms: Vec::new(),
            printer: Device::Unknown,
            blocked: None,
            plc: Device::Unknown,
            camera: Device::Unknown,
            conditions: Conditions::default(),
            stock: VecDeque::new(),
            taken_back: HashSet::new(),
            gives_back: false,
            refilling: false,
            refill_at: None,
            // A new process does not know what lies on the pad.
            pad: Pad::Uncertain,
            belt: Belt::default(),
            roll: Roll::default(),
            frames: Frames::default(),
            trend: Trend::default(),
            print_due: None,
            drain_due: None,
            drain_paused: false,
            belt_ran: None,
            settle_due: None,
            belt_due: None,
            guard: Guard::default(),
            to_pass: Vec::new(),
            to_take: Vec::new(),
            left: VecDeque::new(),
            to_keep: Vec::new(),
            to_look_up: Vec::new(),
            scanned_good: None,
            expected: Vec::new(),
            good_since_kept: 0,
            verified: HashSet::new(),
            in_doubt: BTreeMap::new(),
            verdicts: VecDeque::new(),
            told: None,
            plc_counts: None,
            plc_counts_kept: None,
            challenges: super::Challenges::default(),
        }
    }

    /// Rebuilds a line from what the store knows. Labels between printer and camera are in doubt.
    /// Products stay on the belt: found good before, they wait for the gate. Those that nobody had
    /// read are flushed: whatever is seen of them now, they are rejected by silence.
    pub fn restore(settings: LineSettings, order: Order, known: Restored) -> (Self, Outcome) {
        let mut line = Self::new(settings, order);
        let mut out = Outcome::default();
        if let Some(from) = known.state.filter(|state| *state != LineState::Stopped) {
            let to = LineState::Stopped;
            out.records.push(Record::Line { from, to, why: None });
        }
        line.mode = known.mode;
        // Whatever stood belonged to the process that is gone; what still stands comes anew. What
        // somebody with the right must release stands until he does.
        let (kept, gone): (Vec<_>, Vec<_>) =
            known.alarms.into_iter().partition(|reason| reason.needs_release());
        out.records.extend(gone.into_iter().map(Record::AlarmCleared));
        line.why = kept.first().copied();
        line.latched.clone_from(&kept);
        line.alarms = kept;
        line.roll.begin_after(known.pieces);
        line.restore_last_out(&known.last_out, &mut out.records);
        let mut states = BTreeMap::new();
        for (code, state) in known.under_way {
            if state == CodeState::Verified || known.were_good.contains(&code.id) {
                line.verified.insert(hash(code.text.as_str()));
            }
            let settings = &line.settings;
            let is_read_here = settings.has_camera() && settings.scenario.prints();
            let rests =
                state == CodeState::Verified || (state == CodeState::Printed && !is_read_here);
            if rests {
                states.insert(code.id, state);
            } else if state == CodeState::Doubtful {
                states.insert(code.id, state);
                line.look_for(&code.text, code.id);
            } else {
                line.doubt(&code, &mut out.records);
                states.insert(code.id, CodeState::Doubtful);
            }
        }
        line.belt.products = known.products.iter().map(|open| back(open, &states)).collect();
        let flushed = Verdict::Bad(RejectReason::Flushed);
        let unread = known.products.iter().filter(|open| open.good.is_none());
        let judged = |tag| Record::ProductJudged { tag, verdict: flushed, picture: None };
        out.records.extend(unread.map(|open| judged(open.tag)));
        (line, out)
    }
}

fn back(open: &OpenProduct, states: &BTreeMap<CodeId, CodeState>) -> Product {
    let mut product = Product::new(open.tag);
    product.code = open.code.and_then(|id| {
        let state = *states.get(&id)?;
        Some(OnProduct { id, text: None, state })
    });
    product.verdict = match open.good {
        Some(true) => Some(Verdict::Good),
        Some(false) => Some(Verdict::Bad(RejectReason::InDoubt)),
        None if Planted::RestartPasses.is_in() => Some(Verdict::Good),
        None => Some(Verdict::Bad(RejectReason::Flushed)),
    };
    product
}
