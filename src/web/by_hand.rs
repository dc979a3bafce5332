//! What came of what a setter had done once, in words.
use crate::line::{Asked, HandPicture, LineView, Mode, Reading};
use serde::Serialize;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ByHandNow {
    /// What became of the picture that was asked for last.
    pub(super) camera: Option<&'static str>,
    /// What the last one showed.
    pub(super) shown: Option<ShownNow>,
    /// What became of the move of the gate.
    pub(super) gate: Option<&'static str>,
}

/// What a picture showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ShownNow {
    /// What was read: its beginning, up to the first separator. The rest is nobody's business here.
    pub(super) read: Option<String>,
    /// Its AIM identifier.
    pub(super) identifier: String,
    /// Its print grade, where it was graded.
    pub(super) grade: Option<String>,
    /// Where the picture is.
    pub(super) picture: Option<String>,
}

/// The longest text that is shown: trade item and serial number need 38 characters.
const READ_CHARS_MAX: usize = 60;

impl ByHandNow {
    /// Nothing outside the mode Manual.
    pub(super) fn of(line: &str, view: &LineView) -> Option<Self> {
        let once = &view.once;
        (view.mode == Mode::Manual).then(|| Self {
            camera: camera(once.asked),
            shown: once.shown.as_ref().map(|shown| ShownNow::of(line, shown)),
            gate: gate(once.gate),
        })
    }
}

impl ShownNow {
    fn of(line: &str, HandPicture { reading, picture }: &HandPicture) -> Self {
        let picture = picture.map(|id| format!("/lines/{line}/pictures/{}.png", id.0));
        let Reading::Symbol { text, identifier, quality } = reading else {
            return Self { read: None, identifier: String::new(), grade: None, picture };
        };
        let beginning = text.split('\u{1d}').find(|part| !part.is_empty()).unwrap_or_default();
        Self {
            read: Some(beginning.chars().take(READ_CHARS_MAX).collect()),
            identifier: identifier.clone(),
            grade: quality.map(|quality| quality.figure()),
            picture,
        }
    }
}

const fn camera(asked: Asked) -> Option<&'static str> {
    match asked {
        Asked::No | Asked::Done => None,
        Asked::Waits => Some("its picture is awaited."),
        Asked::Triggered => Some("the PLC has triggered it, and its picture has not come yet."),
        Asked::Silent => Some(
            "no picture came. Where the PLC triggers it: the PLC has not said that it did, and its \
             program may not know this order (bit 6 of the command).",
        ),
    }
}

const fn gate(asked: Asked) -> Option<&'static str> {
    match asked {
        Asked::No => None,
        Asked::Waits | Asked::Triggered => Some("it opens and falls."),
        Asked::Done => Some("it opened and fell, and is at rest."),
        Asked::Silent => Some(
            "the PLC has not said that it moved. Its shift register may have a product, or its \
             program may not know this order (bit 7 of the command).",
        ),
    }
}
