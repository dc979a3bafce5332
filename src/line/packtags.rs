//! The change-request handshake of the `PackTags`: write a value, then raise its request. The line
//! takes it once, at the rising edge, takes the request down again, and shows what is on its way.
use super::{Event, LineState, LineView, Mode, Request, StopReason};
use std::time::{Duration, Instant};

/// A line that lives answers a request within this time. One that did not has not taken it: nobody
/// drives it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// The tags that a client writes. A request is down again as soon as it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CommandTags {
    /// Number of the mode that is asked for; 0 = none.
    pub unit_mode: i64,
    /// Raised: the mode shall change.
    pub unit_mode_change_request: bool,
    /// Number of the command; 0 = none.
    pub cntrl_cmd: i64,
    /// Raised: the command shall be carried out.
    pub cmd_change_request: bool,
}

/// What a client writes at once: the tags that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// `UnitMode`.
    pub unit_mode: Option<i64>,
    /// `UnitModeChangeRequest`.
    pub unit_mode_change_request: Option<bool>,
    /// `CntrlCmd`.
    pub cntrl_cmd: Option<i64>,
    /// `CmdChangeRequest`.
    pub cmd_change_request: Option<bool>,
}

/// How a line stands, as `PackTags`: numbers by `number()`, names by `name()`.
#[expect(clippy::struct_excessive_bools, reason = "each is one tag of the standard")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusTags {
    /// The mode that was asked for last and taken.
    pub unit_mode_requested: Mode,
    /// The mode.
    pub unit_mode_current: Mode,
    /// The line has not answered yet.
    pub unit_mode_change_in_process: bool,
    /// The state that it is on its way to; the current one, if it stays.
    pub state_requested: LineState,
    /// The state.
    pub state_current: LineState,
    /// It is on its way, or has not answered yet.
    pub state_change_in_process: bool,
    /// It waits for the machine after it.
    pub equipment_blocked: bool,
    /// It waits for the machine before it.
    pub equipment_starved: bool,
}

impl StatusTags {
    /// What a mode, a state and the reason for it say.
    pub fn of(mode: Mode, state: LineState, why: Option<StopReason>) -> Self {
        let target = state.leads_to();
        Self {
            unit_mode_requested: mode,
            unit_mode_current: mode,
            unit_mode_change_in_process: false,
            state_requested: target,
            state_current: state,
            state_change_in_process: target != state,
            equipment_blocked: why == Some(StopReason::Blocked),
            equipment_starved: why == Some(StopReason::Starved),
        }
    }
}

/// A request that was not taken: what was asked, and why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{asked}: {why}")]
pub struct Refused {
    /// The command or mode, or the tag and its value.
    pub asked: String,
    /// Why not, and what to do instead.
    pub why: String,
}

/// What was handed to the line, which has not answered yet: how it stood then, how many requests it
/// had dealt with, and where it is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked<T> {
    from: T,
    heard: u64,
    to: T,
    until: Instant,
}

impl<T: Copy + PartialEq> Asked<T> {
    fn waits(&self, now: Instant, is: T, view: &LineView) -> bool {
        self.from == is && self.heard == view.heard && now < self.until
    }
}

/// The handshake of one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handshake {
    tags: CommandTags,
    state: Option<Asked<LineState>>,
    mode: Option<Asked<Mode>>,
}

impl Handshake {
    /// The tags as a client reads them back.
    pub const fn tags(&self) -> CommandTags {
        self.tags
    }

    /// A client writes. For every request that rose: what the line is to be told, or why not.
    /// Values are written before requests, and a mode is taken before a command. Every request is
    /// down again after this, taken or refused.
    pub fn write(
        &mut self,
        now: Instant,
        written: Written,
        view: &LineView,
    ) -> Vec<Result<Event, Refused>> {
        self.see(now, view);
        let was = self.tags;
        self.tags.unit_mode = written.unit_mode.unwrap_or(was.unit_mode);
        self.tags.cntrl_cmd = written.cntrl_cmd.unwrap_or(was.cntrl_cmd);
        let raised = |request: Option<bool>| request == Some(true);
        let mode = raised(written.unit_mode_change_request).then(|| self.take_mode(now, view));
        let command = raised(written.cmd_change_request).then(|| self.take_command(now, view));
        [mode, command].into_iter().flatten().collect()
    }

    /// The line shows how it stands: what it was asked is answered as soon as it has dealt with it,
    /// taken or not, and was not taken if it did not do so in time.
    pub fn see(&mut self, now: Instant, view: &LineView) {
        self.state = self.state.filter(|asked| asked.waits(now, view.state, view));
        self.mode = self.mode.filter(|asked| asked.waits(now, view.mode, view));
    }

    /// What was handed over never reached the line.
    pub const fn take_back(&mut self) {
        self.state = None;
        self.mode = None;
    }

    /// The status, with what the line has not answered yet.
    pub fn status(&mut self, now: Instant, view: &LineView) -> StatusTags {
        self.see(now, view);
        let mut status = StatusTags::of(view.mode, view.state, view.why);
        if let Some(asked) = self.state {
            status.state_requested = asked.to;
            status.state_change_in_process = true;
        }
        if let Some(asked) = self.mode {
            status.unit_mode_requested = asked.to;
            status.unit_mode_change_in_process = true;
        }
        status
    }

    fn take_command(&mut self, now: Instant, view: &LineView) -> Result<Event, Refused> {
        let number = self.tags.cntrl_cmd;
        let Some(request) = Request::numbered(number) else {
            let why = "there are the commands 1 Reset to 10 Complete.".to_owned();
            return Err(Refused { asked: format!("CntrlCmd {number}"), why });
        };
        let refused = |why: String| Refused { asked: request.name().to_owned(), why };
        // Whatever is on its way: whoever wants the line to stand does not wait for it.
        let at_once = matches!(request, Request::Stop | Request::Abort);
        if !at_once && (self.state.is_some() || self.mode.is_some()) {
            return Err(refused("the request before this one is still on its way.".to_owned()));
        }
        let next = view.offers(request).map_err(|why| refused(why.into_owned()))?;
        let until = now + ANSWERS_WITHIN;
        let (from, heard) = (view.state, view.heard);
        self.state = Some(Asked { from, heard, to: next.leads_to(), until });
        Ok(Event::Operator(request))
    }

    fn take_mode(&mut self, now: Instant, view: &LineView) -> Result<Event, Refused> {
        let number = self.tags.unit_mode;
        let known = Mode::ALL.into_iter().find(|mode| i64::from(mode.number()) == number);
        let Some(mode) = known else {
            let why = "there are the modes 1 Production, 2 Maintenance and 3 Manual.".to_owned();
            return Err(Refused { asked: format!("UnitMode {number}"), why });
        };
        let refused = |why: String| Refused { asked: mode.name().to_owned(), why };
        if self.state.is_some() || self.mode.is_some() {
            return Err(refused("the request before this one is still on its way.".to_owned()));
        }
        view.offers_mode(mode).map_err(|why| refused(why.into_owned()))?;
        let (from, heard, until) = (view.mode, view.heard, now + ANSWERS_WITHIN);
        self.mode = Some(Asked { from, heard, to: mode, until });
        Ok(Event::Mode(mode))
    }
}
