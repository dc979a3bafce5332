//! The devices of a line as its page and the JSON show them.
use super::words;
use crate::line::{DeviceView, LineView};
use serde::Serialize;
use std::time::Duration;

/// A device that says nothing for longer than this is shown as stale: every driver asks its device
/// at least once a second.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// A device, and how far it can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct DeviceNow {
    pub(super) name: &'static str,
    pub(super) standing: Standing,
    pub(super) words: String,
    pub(super) age_seconds: Option<f64>,
}

/// How far a device can be trusted just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    Up,
    Stale,
    Down,
}

impl DeviceNow {
    /// For the pages: how long ago the device said something.
    pub(super) fn age_words(&self) -> String {
        match self.age_seconds {
            None => "not heard yet".to_owned(),
            Some(age) if age < 60.0 => format!("{age:.1} s ago"),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an age")]
            Some(age) => format!("{} ago", words::span(&(age as u64))),
        }
    }
}

impl Standing {
    /// A shape and a class, so that colour is never the only sign.
    pub(super) const fn shape(self) -> &'static str {
        match self {
            Self::Up => "●",
            Self::Stale => "○",
            Self::Down => "✕",
        }
    }

    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Stale => "stale",
            Self::Down => "down",
        }
    }
}

/// How they stand, as the view knows it and by their silence: printer, PLC, camera.
pub(super) fn devices(view: &LineView, ages: [Option<Duration>; 3]) -> Vec<DeviceNow> {
    let views = [view.printer, view.plc, view.camera];
    let names = ["Printer", "PLC", "Camera"];
    let all = names.into_iter().zip(views).zip(ages);
    let mut all: Vec<_> =
        all.filter_map(|((name, view), age)| Some(device(name, view?, age))).collect();
    let is_plc = |device: &&mut DeviceNow| device.name == "PLC" && device.standing == Standing::Up;
    if let (Some(plc), Some(clear)) = (all.iter_mut().find(is_plc), view.pad_clear) {
        plc.words += if clear { ", the pad is clear" } else { ", labels on the pad" };
    }
    all
}

fn device(name: &'static str, view: DeviceView, age: Option<Duration>) -> DeviceNow {
    let silent = age.is_none_or(|age| age > STALE_AFTER);
    let (standing, words) = match view {
        DeviceView::Down(cause) => (Standing::Down, cause.words()),
        DeviceView::Up if silent => (Standing::Stale, "stale: what it said is old".to_owned()),
        DeviceView::Up => (Standing::Up, "OK".to_owned()),
    };
    DeviceNow { name, standing, words, age_seconds: age.map(|age| age.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::super::look::tests::view;
    use super::*;
    use crate::line::LineState;

    #[test]
    fn what_the_plc_sees_on_the_pad_is_shown_beside_it_while_it_is_up() {
        let words = |pad_clear, age| {
            let plc = Some(DeviceView::Up);
            let view = LineView { printer: None, plc, pad_clear, ..view(LineState::Idle) };
            devices(&view, [None, age, None])[0].words.clone()
        };
        let now = Some(Duration::ZERO);
        assert_eq!(words(Some(true), now), "OK, the pad is clear");
        assert_eq!(words(Some(false), now), "OK, labels on the pad");
        assert_eq!(words(None, now), "OK");
        assert_eq!(words(Some(true), None), "stale: what it said is old");
    }
}
