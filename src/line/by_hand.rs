//! What people ask of a line: commands, its mode, its parts one by one, and the release of what is
//! latched until somebody with the right has seen to it.
use super::once::Once;
use super::{Hand, Line, LineState, Mode, Pad, Record, Request, Run, STANDS, StopReason};
use std::time::Instant;

/// What a hand lets run, in the mode Manual, and whether it asks for the pad to be cleared.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct ByHand {
    pub(super) run: Run,
    pub(super) clears: bool,
    #[serde(default)]
    pub(super) once: Once,
}

impl Default for ByHand {
    fn default() -> Self {
        Self { run: STANDS, clears: false, once: Once::default() }
    }
}

/// What a command asked for beyond the next state.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Wishes {
    /// Reset was asked for in Aborted: go on from Stopped to Idle.
    pub(super) reset: bool,
    /// Somebody asked it to wait: it does not go on by itself.
    pub(super) suspended: bool,
    /// Somebody ended the job: it is complete with less than was planned.
    pub(super) ends_early: bool,
}

impl Line {
    /// Whether the line runs for goods.
    pub(super) fn produces(&self) -> bool {
        self.state == LineState::Execute && self.mode == Mode::Production
    }

    /// Whether codes are printed and products are labelled now: not while a test product is awaited
    /// or on its way.
    pub(super) fn makes_goods(&self) -> bool {
        self.produces() && !self.challenges.is_on()
    }

    /// A command that this state or mode does not take changes nothing.
    pub(super) fn note_request(
        &mut self,
        now: Instant,
        request: Request,
        records: &mut Vec<Record>,
    ) {
        use Request as R;
        self.heard += 1;
        let next = self.state.after(request).filter(|next| self.mode.has(*next));
        let Some(next) = next else { return };
        self.wishes.reset = request == R::Reset && next == LineState::Clearing;
        if matches!(request, R::Reset | R::Start | R::Unhold | R::Clear) {
            self.latched.retain(|reason| reason.needs_release());
            self.guard.forget();
        }
        self.enter(now, next, None, records);
        self.wishes.suspended = request == R::Suspend;
        self.wishes.ends_early |= request == R::Complete;
    }

    /// Where nothing moves, the line may become there for something else. What lies on the pad
    /// then is not known any more: a hand may move it.
    pub(super) fn note_mode(&mut self, mode: Mode, records: &mut Vec<Record>) {
        self.heard += 1;
        if mode == self.mode || !Mode::may_change_in(self.state) {
            return;
        }
        records.push(Record::Mode { from: self.mode, to: mode });
        self.mode = mode;
        self.by_hand = ByHand::default();
        self.guard.forget();
        if self.settings.scenario.has_belt() {
            self.pad = Pad::Uncertain;
        }
    }

    /// A setter moves something. What is not offered does not happen.
    pub(super) fn note_hand(&mut self, now: Instant, hand: Hand) {
        if self.view().offers_hand(hand).is_err() {
            return;
        }
        match hand {
            Hand::Stand => self.by_hand.run = STANDS,
            Hand::Belt => self.by_hand.run = Run { belt: true, infeed: false },
            Hand::BeltAndInfeed => self.by_hand.run = Run { belt: true, infeed: true },
            Hand::ClearPad => self.by_hand.clears = !matches!(self.pad, Pad::Clearing(_)),
            Hand::TakePicture => self.note_picture_wanted(now),
            Hand::MoveGate => self.note_gate_wanted(now),
        }
    }

    /// Whoever releases it has the right to: whoever lets this event in has asked.
    pub(super) fn note_release(&mut self, reason: StopReason) {
        self.latched.retain(|latched| *latched != reason || !reason.needs_release());
        if self.why == Some(reason) {
            self.why = self.latched.first().copied();
        }
    }

    /// Whether a wait is over: nobody asked for it, and the neighbour is ready.
    pub(super) fn may_unsuspend(&self) -> bool {
        !self.wishes.suspended && self.reason_to_suspend().is_none()
    }
}

impl StopReason {
    /// Whether it is told by whoever looks after the stock of codes, with or without a line that
    /// runs: no line raises or clears it.
    pub const fn is_of_stock(self) -> bool {
        matches!(self, Self::CodesShort(_) | Self::CodesExpire(_))
    }

    /// Whether it stands until somebody with the right has released it: it may be that a product
    /// which nobody answers for lies among the good ones. Any other latched reason ends with the
    /// next Start or Reset.
    pub const fn needs_release(self) -> bool {
        match self {
            Self::RejectUnconfirmed | Self::BadProductPassed | Self::ChallengeFailed => true,
            Self::Printer(_)
            | Self::Plc(_)
            | Self::Camera(_)
            | Self::NoCodes
            | Self::PrintLate
            | Self::TooManyRejects
            | Self::TooManyOfLast
            | Self::DuplicateSeen
            | Self::ProductMissing
            | Self::LabelsOutOfStep
            | Self::BinFull
            | Self::AirLow
            | Self::EmergencyStop
            | Self::GuardOpen
            | Self::MachineFault
            | Self::NotReady
            | Self::BeltStands
            | Self::Blocked
            | Self::Starved
            | Self::RollFull
            | Self::ForeignSeen
            | Self::FramesOutOfStep
            | Self::HeadWears(_)
            | Self::QualityFalls
            | Self::GrowthDrifts
            | Self::CodesShort(_)
            | Self::CodesExpire(_)
            | Self::FalseEject
            | Self::BinNotOrdered
            | Self::ChallengeDue
            | Self::NotDriven => false,
        }
    }
}
