//! What can be asked of a line now: commands, modes, things moved by hand, what is to be released.
use super::by_hand::ByHandNow;
use super::words::{self, BUTTONS, MORE};
use crate::line::{AlarmWords, LineState, LineView, Mode, Request, StopReason};
use serde::Serialize;
use std::borrow::Cow;

/// What can be asked of a line now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Offers {
    pub(super) buttons: Vec<ButtonNow>,
    /// Commands that are taken just now and are not always shown.
    pub(super) more_buttons: Vec<ButtonNow>,
    /// What the line is there for, by its standard name and number.
    pub(super) mode: &'static str,
    pub(super) mode_number: u8,
    pub(super) mode_means: &'static str,
    /// Modes that it may change to now.
    pub(super) modes: Vec<&'static str>,
    /// What a hand may move now.
    pub(super) hands: Vec<HandNow>,
    /// What came of what a hand had done once.
    pub(super) once: Option<ByHandNow>,
    /// What somebody with the right must release.
    pub(super) to_release: Vec<ReleaseNow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct HandNow {
    pub(super) word: &'static str,
    pub(super) label: &'static str,
    /// Whether it is so just now.
    pub(super) is_on: bool,
    /// Why it is not done now, and what to do instead.
    pub(super) because: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ReleaseNow {
    pub(super) kind: String,
    pub(super) cause: String,
    pub(super) action: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ButtonNow {
    pub(super) label: &'static str,
    /// What it does, where that needs a word.
    pub(super) means: &'static str,
    /// Why it leads nowhere in this state.
    pub(super) because: Option<String>,
    pub(super) primary: bool,
}

impl Offers {
    pub(super) fn of(line: &str, view: &LineView) -> Self {
        Self {
            buttons: BUTTONS.into_iter().map(|request| button(view, request, "")).collect(),
            more_buttons: MORE
                .into_iter()
                .filter(|(request, _)| view.offers(*request).is_ok())
                .map(|(request, means)| button(view, request, means))
                .collect(),
            mode: view.mode.name(),
            mode_number: view.mode.number(),
            mode_means: view.mode.meaning(),
            modes: modes(view),
            hands: hands(view),
            once: ByHandNow::of(line, view),
            to_release: view.to_release().map(release).collect(),
        }
    }
}

fn button(view: &LineView, request: Request, means: &'static str) -> ButtonNow {
    ButtonNow {
        label: request.name(),
        means,
        because: view.offers(request).err().map(Cow::into_owned),
        primary: words::is_primary(view.state, request) && view.offers(request).is_ok(),
    }
}

fn modes(view: &LineView) -> Vec<&'static str> {
    let others = Mode::ALL.into_iter().filter(|mode| view.offers_mode(*mode).is_ok());
    others.map(Mode::name).collect()
}

fn hands(view: &LineView) -> Vec<HandNow> {
    let no_device = view.plc.is_none() && view.camera.is_none();
    if no_device || view.mode != Mode::Manual || view.state != LineState::Execute {
        return Vec::new();
    }
    let now = |(hand, word, label)| {
        let because = view.offers_hand(hand).err().map(Cow::into_owned);
        HandNow { word, label, is_on: view.hand_is(hand), because }
    };
    words::HANDS.into_iter().map(now).collect()
}

fn release(reason: StopReason) -> ReleaseNow {
    let AlarmWords { cause, action, .. } = reason.words();
    ReleaseNow { kind: reason.kind().into_owned(), cause, action }
}
