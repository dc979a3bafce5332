//! Commands: their numbers and names, which state takes which, and why another one does not.
use super::{Hand, LineState, LineView, Mode, Request, Run};
use std::borrow::Cow;

impl Request {
    /// Every command, by number.
    pub const ALL: [Self; 10] = [
        Self::Reset,
        Self::Start,
        Self::Stop,
        Self::Hold,
        Self::Unhold,
        Self::Suspend,
        Self::Unsuspend,
        Self::Abort,
        Self::Clear,
        Self::Complete,
    ];

    /// The standard's number (tag `CntrlCmd`; 0 is no command).
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "Reset",
            Self::Start => "Start",
            Self::Stop => "Stop",
            Self::Hold => "Hold",
            Self::Unhold => "Unhold",
            Self::Suspend => "Suspend",
            Self::Unsuspend => "Unsuspend",
            Self::Abort => "Abort",
            Self::Clear => "Clear",
            Self::Complete => "Complete",
        }
    }

    /// A command by its name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|request| request.name().eq_ignore_ascii_case(name))
    }

    /// A command by its number.
    pub fn numbered(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|request| i64::from(request.number()) == number)
    }
}

impl LineState {
    /// Where a command leads from here; nothing if this state does not take it. The whole table
    /// stands in `docs/packml.md`, with what differs from other machines and why.
    pub const fn after(self, request: Request) -> Option<Self> {
        use Request as R;
        Some(match (request, self) {
            (R::Reset, Self::Stopped | Self::Complete) => Self::Resetting,
            // Reset of an aborted line is both in one: Clear, and on to Idle.
            (R::Reset | R::Clear, Self::Aborted) => Self::Clearing,
            (R::Start, Self::Idle) => Self::Starting,
            // Start of a held line is Unhold: the operator has one button to go on.
            (R::Start | R::Unhold, Self::Held) => Self::Unholding,
            (R::Hold, Self::Execute) => Self::Holding,
            (R::Suspend, Self::Execute) => Self::Suspending,
            (R::Unsuspend, Self::Suspended) => Self::Unsuspending,
            (R::Complete, Self::Execute) => Self::Completing,
            (R::Stop, state) if state.may_stop() => Self::Stopping,
            (R::Abort, state) if state.may_abort() => Self::Aborting,
            _ => return None,
        })
    }

    /// The states that a line goes through after this command, down to where it rests, if it has
    /// nothing to do in any of them. Nothing where the command is not taken.
    pub fn way_at_rest(self, request: Request) -> Vec<Self> {
        let mut way: Vec<_> = self.after(request).into_iter().collect();
        while let Some(last) = way.last().copied() {
            // Reset of an aborted line goes on by itself.
            let goes_on = last == Self::Stopped && request == Request::Reset;
            let next = if goes_on { Some(Self::Resetting) } else { last.when_done() };
            let Some(next) = next else { break };
            way.push(next);
        }
        way
    }

    /// Where it leads when what it is for is done (State Complete); nothing for a state that waits.
    pub const fn when_done(self) -> Option<Self> {
        Some(match self {
            Self::Clearing | Self::Stopping => Self::Stopped,
            Self::Resetting => Self::Idle,
            Self::Starting | Self::Unholding | Self::Unsuspending => Self::Execute,
            Self::Execute => Self::Completing,
            Self::Completing => Self::Complete,
            Self::Holding => Self::Held,
            Self::Suspending => Self::Suspended,
            Self::Aborting => Self::Aborted,
            Self::Stopped
            | Self::Idle
            | Self::Suspended
            | Self::Aborted
            | Self::Held
            | Self::Complete => return None,
        })
    }

    /// The state that it is on its way to (tag `StateRequested`): a state that stays is its own.
    #[must_use]
    pub fn leads_to(self) -> Self {
        if self == Self::Execute { self } else { self.when_done().unwrap_or(self) }
    }

    /// Whether a line may go from here to there: by a command, by being done, or by its own reason.
    pub fn may_become(self, next: Self) -> bool {
        let own = matches!(
            (self, next),
            (Self::Execute, Self::Holding | Self::Suspending)
                // Falls back with the reason, instead of running on.
                | (Self::Unholding | Self::Unsuspending | Self::Completing, Self::Holding)
                | (Self::Unsuspending, Self::Suspending)
                // A person put a test product at the infeed of a line that stood for it.
                | (Self::Held, Self::Unholding)
                // The neighbour is ready again.
                | (Self::Suspended, Self::Unsuspending)
                // Reset of an aborted line goes on by itself.
                | (Self::Stopped, Self::Resetting)
        );
        let asked = Request::ALL.into_iter().any(|request| self.after(request) == Some(next));
        own || asked || self.when_done() == Some(next)
    }
}

impl LineView {
    /// Where this command leads now, or why it is not taken and what to do instead.
    pub fn offers(&self, request: Request) -> Result<LineState, Cow<'static, str>> {
        let Some(next) = self.state.after(request) else {
            return Err(refusal(request, self.state).into());
        };
        if !self.mode.has(next) {
            let name = self.mode.name();
            return Err(format!("There is no {} in the mode {name}.", next.name()).into());
        }
        if next == LineState::Starting && !self.has_job {
            return Err(NO_JOB.into());
        }
        let goes_on = matches!(next, LineState::Starting | LineState::Unholding);
        if let Some(reason) = self.to_release().next().filter(|_| goes_on) {
            let cause = reason.words().cause;
            return Err(format!("{cause}: it must be released first, by a manager.").into());
        }
        Ok(next)
    }

    /// Whether the line does what this hand asks for, until another one comes.
    pub fn hand_is(&self, hand: Hand) -> bool {
        let Run { belt, infeed } = self.by_hand;
        match hand {
            Hand::Stand => !belt && !infeed,
            Hand::Belt => belt && !infeed,
            Hand::BeltAndInfeed => belt && infeed,
            Hand::ClearPad | Hand::TakePicture | Hand::MoveGate => false,
        }
    }

    /// Whether the mode may change now; if not, what to do.
    pub fn offers_mode(&self, mode: Mode) -> Result<(), Cow<'static, str>> {
        if self.mode == mode {
            return Err(format!("It is in the mode {mode} already.").into());
        }
        if !Mode::may_change_in(self.state) {
            return Err("The mode changes only where nothing moves: in Stopped, Idle or Aborted. \
                        Press Stop first."
                .into());
        }
        Ok(())
    }
}

/// Without a job there are no devices and no codes.
const NO_JOB: &str =
    "No job is on the line: start one from the list of its jobs. Its codes must be here, too.";

/// Why a state does not take a command (TR88.00.02, base state model).
const fn refusal(request: Request, state: LineState) -> &'static str {
    use LineState as S;
    use Request as R;
    match (request, state) {
        (R::Stop, S::Stopped | S::Stopping) => "The line stops or stands already.",
        (R::Abort, _) => "The line is aborted already.",
        (R::Clear, _) => "Only an aborted line needs clearing.",
        (_, S::Aborted) => "The line is aborted: press Reset first.",
        (_, S::Aborting | S::Clearing) => "Wait: the line is being aborted or cleared.",
        (R::Start, S::Stopped | S::Complete) => "Press Reset first.",
        (R::Start | R::Hold, S::Suspended) => {
            "The line waits for a neighbour machine and goes on by itself, or after Unsuspend."
        }
        (R::Start, S::Execute) => "The line runs already.",
        (R::Hold, S::Held | S::Holding) => "The line is held already.",
        (R::Suspend, S::Suspended | S::Suspending) => "The line is suspended already.",
        (R::Unhold, S::Idle | S::Execute | S::Suspended | S::Stopped | S::Complete) => {
            "The line is not held."
        }
        (R::Unsuspend, S::Idle | S::Execute | S::Held | S::Stopped | S::Complete) => {
            "The line is not suspended."
        }
        (R::Hold | R::Suspend | R::Complete, S::Stopped | S::Idle | S::Complete) => {
            "The line does not run."
        }
        (R::Suspend | R::Complete, S::Held) => "The line is held: press Start first.",
        (R::Complete, S::Suspended) => "The line is suspended: let it go on first.",
        (R::Reset, S::Idle) => "The line is ready already.",
        (R::Reset, S::Execute | S::Held | S::Suspended) => "Press Stop first.",
        _ => "Wait: the line is changing its state.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_the_standards_numbers_and_are_read_back() {
        for (number, request) in (1..).zip(Request::ALL) {
            assert_eq!(request.number(), number);
            assert_eq!(Request::numbered(number.into()), Some(request));
            assert_eq!(Request::named(&request.name().to_lowercase()), Some(request));
        }
        assert_eq!((Request::numbered(0), Request::named("explode")), (None, None));
    }

    #[test]
    fn what_is_on_its_way_ends_in_a_state_that_stays() {
        for state in LineState::ALL {
            let end = state.leads_to();
            assert_eq!(end.leads_to(), end, "{state}");
            assert!(state.may_become(state.when_done().unwrap_or(end)) || state == end, "{state}");
        }
    }
}
