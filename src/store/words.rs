//! Names and sentences for alarms: in the store, in topics and on the pages.
use crate::line::{Cause, StopReason};
use std::borrow::Cow;

/// The name of an alarm's kind, such as `blocked` or `printer.out_of_labels`.
pub fn alarm_kind(reason: StopReason) -> Cow<'static, str> {
    Cow::Borrowed(match reason {
        StopReason::Printer(cause) => return format!("printer.{}", cause_kind(cause)).into(),
        StopReason::Plc(cause) => return format!("plc.{}", cause_kind(cause)).into(),
        StopReason::Camera(cause) => return format!("camera.{}", cause_kind(cause)).into(),
        StopReason::NoCodes => "no_codes",
        StopReason::PrintLate => "print_late",
        StopReason::TooManyRejects => "too_many_rejects",
        StopReason::RejectUnconfirmed => "reject_unconfirmed",
        StopReason::BadProductPassed => "bad_product_passed",
        StopReason::DuplicateSeen => "duplicate_seen",
        StopReason::ProductMissing => "product_missing",
        StopReason::BinFull => "bin_full",
        StopReason::AirLow => "air_low",
        StopReason::EmergencyStop => "emergency_stop",
        StopReason::GuardOpen => "guard_open",
        StopReason::MachineFault => "machine_fault",
        StopReason::Blocked => "blocked",
        StopReason::Starved => "starved",
    })
}

/// What is wrong and what to do, for a person, in one sentence.
pub fn alarm_words(reason: StopReason) -> Cow<'static, str> {
    Cow::Borrowed(match reason {
        StopReason::Printer(cause) => return format!("The printer {}.", cause.words()).into(),
        StopReason::Plc(cause) => return format!("The PLC {}.", cause.words()).into(),
        StopReason::Camera(cause) => return format!("The camera {}.", cause.words()).into(),
        StopReason::NoCodes => "No codes are left to print: order or load codes.",
        StopReason::PrintLate => "Labels do not come out of the printer: look at it.",
        StopReason::TooManyRejects => {
            "Too many products were rejected one after another: look at print and camera."
        }
        StopReason::RejectUnconfirmed => {
            "A rejected product did not fall into the bin: find it and take it off the belt."
        }
        StopReason::BadProductPassed => {
            "A product that was not good left on the good side: find it and take it out."
        }
        StopReason::DuplicateSeen => {
            "A code was read that is already on another product: take the product out."
        }
        StopReason::ProductMissing => {
            "A product vanished between two stations: find it and take it off the belt."
        }
        StopReason::BinFull => "The reject bin is full: empty it.",
        StopReason::AirLow => "Not enough air for the reject gate: check the compressed air.",
        StopReason::EmergencyStop => "Emergency stop is pressed: release it when it is safe.",
        StopReason::GuardOpen => "A guard is open: close it.",
        StopReason::MachineFault => "The PLC reports a fault of the machine: look at it there.",
        StopReason::Blocked => "The machine after the line takes no products.",
        StopReason::Starved => "No products come to the line.",
    })
}

const fn cause_kind(cause: Cause) -> &'static str {
    match cause {
        Cause::Unreachable => "unreachable",
        Cause::Silent => "silent",
        Cause::Garbled => "garbled",
        Cause::WrongDevice => "wrong_device",
        Cause::Swapped => "swapped",
        Cause::CounterOff => "counter_off",
        Cause::OutOfLabels => "out_of_labels",
        Cause::OutOfRibbon => "out_of_ribbon",
        Cause::HeadOpen => "head_open",
        Cause::Paused => "paused",
        Cause::TooHot => "too_hot",
        Cause::HeartbeatLost => "heartbeat_lost",
    }
}
