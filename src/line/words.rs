//! The words of alarms: for programs, and for the person in front of the line.
use super::{Along, Cause, StopReason, Wear};
use std::borrow::Cow;
use std::str::FromStr;

/// What is wrong, what follows from it, and what to do (ISA-18.2: an alarm without an action is no
/// alarm).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmWords {
    /// What is wrong, without a full stop.
    pub cause: String,
    /// What follows from it, a sentence.
    pub consequence: &'static str,
    /// What to do, a sentence.
    pub action: &'static str,
}

impl AlarmWords {
    /// What is wrong and what to do, in one sentence.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.cause, lowered(self.action))
    }
}

impl StopReason {
    /// Its name for programs, such as `blocked` or `printer.out_of_labels`.
    pub fn kind(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Printer(cause) => return format!("printer.{}", cause.kind()).into(),
            Self::Plc(cause) => return format!("plc.{}", cause.kind()).into(),
            Self::Camera(cause) => return format!("camera.{}", cause.kind()).into(),
            Self::NoCodes => "no_codes",
            Self::PrintLate => "print_late",
            Self::TooManyRejects => "too_many_rejects",
            Self::TooManyOfLast => "too_many_of_last",
            Self::RejectUnconfirmed => "reject_unconfirmed",
            Self::BadProductPassed => "bad_product_passed",
            Self::DuplicateSeen => "duplicate_seen",
            Self::ProductMissing => "product_missing",
            Self::FalseEject => "false_eject",
            Self::BinNotOrdered => "bin_not_ordered",
            Self::NotDriven => "not_driven",
            Self::LabelsOutOfStep => "labels_out_of_step",
            Self::BinFull => "bin_full",
            Self::AirLow => "air_low",
            Self::EmergencyStop => "emergency_stop",
            Self::GuardOpen => "guard_open",
            Self::MachineFault => "machine_fault",
            Self::NotReady => "not_ready",
            Self::BeltStands => "belt_stands",
            Self::Blocked => "blocked",
            Self::Starved => "starved",
            Self::RollFull => "roll_full",
            Self::ForeignSeen => "foreign_seen",
            Self::FramesOutOfStep => "frames_out_of_step",
            Self::ChallengeDue => "challenge_due",
            Self::ChallengeFailed => "challenge_failed",
            Self::QualityFalls => "quality_falls",
            Self::GrowthDrifts => "growth_drifts",
            Self::CodesShort(_) => "codes_short",
            Self::CodesExpire(_) => "codes_expire",
            Self::HeadWears(Wear { along, column, .. }) => {
                return format!("head_wears.{}.{column}", along.word()).into();
            }
        })
    }

    /// What is wrong, what follows, and what to do.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub fn words(self) -> AlarmWords {
        let (cause, consequence, action) = match self {
            Self::Printer(cause) => {
                let consequence = "No label is printed. Labels on their way are set aside and \
                                   never printed again.";
                return of_device("printer", cause, consequence);
            }
            Self::Plc(cause) => {
                let consequence = "Nobody sees the belt; products on it count as unaccounted.";
                return of_device("PLC", cause, consequence);
            }
            Self::Camera(cause) => {
                let consequence =
                    "No label can be read back; every product goes to the reject bin.";
                return of_device("camera", cause, consequence);
            }
            Self::NoCodes => (
                "No codes are left to print",
                "No product can get a label.",
                "Order codes, or wait until ordered codes arrive.",
            ),
            Self::PrintLate => (
                "Labels do not come out of the printer",
                "Products would pass without a label.",
                "Look for a jam at the printer and the applicator.",
            ),
            Self::TooManyRejects => (
                "Too many rejects in a row",
                "Something is wrong with all of them, not with one.",
                "Look at the pictures of the rejects: check print head, label place and camera.",
            ),
            Self::TooManyOfLast => (
                "Too many of the last products were rejected",
                "Something goes wrong again and again.",
                "Look at the pictures of the rejects: check print head, label place and camera.",
            ),
            Self::RejectUnconfirmed => (
                "A reject was not seen falling into the bin",
                "A bad product may lie on the good side.",
                "Find the product behind the gate and take it out; check gate and bin eye.",
            ),
            Self::BadProductPassed => (
                "A bad product left on the good side",
                "It must not be shipped.",
                "Find it behind the gate and take it out; check the gate.",
            ),
            Self::DuplicateSeen => (
                "A code was seen on two products",
                "One of the two labels is a copy.",
                "Take both products off and tell the shift manager.",
            ),
            Self::ChallengeDue => (
                "A challenge test is due",
                "Nothing is made until the line has rejected every test product.",
                "Open Challenge at the page of the line and put the test products on the belt.",
            ),
            Self::ChallengeFailed => (
                "A test product was not rejected as it must be",
                "Products made since the last test may be wrong.",
                "Set aside what was made since the last test; check camera, gate and bin eye; test again.",
            ),
            Self::NotDriven => (
                "The line's program cannot go on",
                "Nothing is printed; it is tried again every few seconds.",
                "Look at the disk and at the log of the program: it says what is wrong.",
            ),
            Self::LabelsOutOfStep => (
                "Labels and products do not match",
                "Labels between printer and camera are set aside and never printed again.",
                "Take loose labels away; the applicator is cleared at the next start.",
            ),
            Self::ProductMissing => (
                "A product vanished between two stations",
                "What became of its label is not known; it is set aside.",
                "Look on and under the belt; take off what lies there.",
            ),
            Self::FalseEject => (
                "A good product fell into the bin",
                "Its code is rejected with it; the gate, or what is before it, pushes out what it \
                 should let pass.",
                "Leave it in the bin. Check the gate: air, valve, and the way of the products.",
            ),
            Self::BinNotOrdered => (
                "The bin's eye saw more fall than the gate pushed out",
                "There is something in the bin that no product in the books stands for.",
                "Find it in the bin; if it is a product of this line, tell the shift manager.",
            ),
            Self::BinFull => (
                "The reject bin is full",
                "The next reject would not fall.",
                "Empty the reject bin.",
            ),
            Self::AirLow => (
                "Air pressure is too low",
                "The gate cannot push rejects out.",
                "Open the air supply and look for a leak.",
            ),
            Self::EmergencyStop => (
                "Emergency stop is pressed",
                "Everything stands; labels on their way are set aside.",
                "Make sure that nobody is in danger, then release the button.",
            ),
            Self::GuardOpen => (
                "A guard is open",
                "Everything stands; labels on their way are set aside.",
                "Close the guard.",
            ),
            Self::MachineFault => (
                "The machine reports a fault",
                "Everything stands.",
                "Read the fault on the machine's panel and clear it there.",
            ),
            Self::NotReady => (
                "The machine is not ready",
                "Everything stands, and the line cannot be started.",
                "Look at the machine's panel: switch the drives on, acknowledge what it shows.",
            ),
            Self::BeltStands => (
                "The belt stands, although it was told to run",
                "What is on it comes neither to the camera nor to the gate.",
                "Look for a jam, a drive that is off, a guard that was open for a moment; then \
                 press Start.",
            ),
            Self::Blocked => (
                "The machine after the line takes no products",
                "The line waits; nothing is lost.",
                "Clear the outfeed.",
            ),
            Self::Starved => (
                "No products come",
                "The line waits; nothing is lost.",
                "Look at the machine before the line.",
            ),
            Self::RollFull => {
                ("Roll is full", "The line waits; nothing is lost.", "Change it, then press Start.")
            }
            Self::FramesOutOfStep => (
                "Pictures and products do not belong together: the camera counted other triggers \
                 than the PLC, or its picture shows another product",
                "What was on the belt is in doubt; the counts begin anew at the next start.",
                "Look at the trigger cable and the camera's trigger input; take products between \
                 camera and gate off.",
            ),
            Self::QualityFalls => (
                "Print quality falls",
                "Labels are still good; soon they will be rejected.",
                "Look at the page Quality: it says what is wrong. Clean the print head, check \
                 ribbon and darkness.",
            ),
            Self::GrowthDrifts => (
                "Modules are printed too big or too small",
                "Labels are still good; soon they will be rejected.",
                "Set darkness and speed of the printer; check ribbon and label material.",
            ),
            Self::HeadWears(wear) => return of_head(wear),
            Self::CodesShort(minutes) => return of_short_stock(minutes),
            Self::CodesExpire(hours) => return of_dying_codes(hours),
            Self::ForeignSeen => (
                "A label that is not of this job was seen on the roll",
                "It must not be used.",
                "Find it behind the print head and take it off.",
            ),
        };
        AlarmWords { cause: cause.to_owned(), consequence, action }
    }
}

impl StopReason {
    /// Reasons that are no device's.
    const OWN: [Self; 30] = [
        Self::NoCodes,
        Self::PrintLate,
        Self::TooManyRejects,
        Self::TooManyOfLast,
        Self::RejectUnconfirmed,
        Self::BadProductPassed,
        Self::DuplicateSeen,
        Self::ProductMissing,
        Self::FalseEject,
        Self::BinNotOrdered,
        Self::NotDriven,
        Self::LabelsOutOfStep,
        Self::BinFull,
        Self::AirLow,
        Self::EmergencyStop,
        Self::GuardOpen,
        Self::MachineFault,
        Self::NotReady,
        Self::BeltStands,
        Self::Blocked,
        Self::Starved,
        Self::RollFull,
        Self::ForeignSeen,
        Self::FramesOutOfStep,
        Self::QualityFalls,
        Self::GrowthDrifts,
        Self::CodesShort(None),
        Self::CodesExpire(None),
        Self::ChallengeDue,
        Self::ChallengeFailed,
    ];

    /// Every reason, each device with every cause; of the places where a head wears, the first.
    pub fn every() -> impl Iterator<Item = Self> {
        let of = |cause| [Self::Printer(cause), Self::Plc(cause), Self::Camera(cause)];
        let wears = Self::HeadWears(Wear { along: Along::Column, column: 1, share: 0 });
        Self::OWN.into_iter().chain(Cause::ALL.into_iter().flat_map(of)).chain([wears])
    }
}

impl FromStr for StopReason {
    type Err = UnknownStopReason;
    fn from_str(kind: &str) -> Result<Self, Self::Err> {
        if let Some(wear) = kind.strip_prefix("head_wears.").and_then(worn) {
            return Ok(Self::HeadWears(wear));
        }
        let found = Self::every().find(|reason| reason.kind() == kind);
        found.ok_or_else(|| UnknownStopReason(kind.to_owned()))
    }
}

/// The place that a kind of alarm names; the share is not part of it.
fn worn(place: &str) -> Option<Wear> {
    let (along, column) = place.split_once('.')?;
    let along = [Along::Column, Along::Row].into_iter().find(|known| known.word() == along)?;
    Some(Wear { along, column: column.parse().ok()?, share: 0 })
}

impl Along {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Row => "row",
        }
    }
}

fn of_head(Wear { along, column, share }: Wear) -> AlarmWords {
    let along = along.word();
    let often =
        if share == 0 { String::new() } else { format!(" in {share} % of the last labels") };
    AlarmWords {
        cause: format!("A print-head dot fails: {along} {column} of the symbol is light{often}"),
        consequence: "Labels are still good; soon they will be rejected.",
        action: "Clean the head, replace it before labels are rejected.",
    }
}

fn of_short_stock(minutes: Option<u32>) -> AlarmWords {
    let cause = match minutes {
        None => "Codes run out before the next ones can be here".to_owned(),
        Some(1) => "Codes run out in 1 minute, before the next ones can be here".to_owned(),
        Some(minutes) => {
            format!("Codes run out in {minutes} minutes, before the next ones can be here")
        }
    };
    AlarmWords {
        cause,
        consequence: "The line will stand until codes come.",
        action: "Look at the page Stock: order codes, or find out why ordered ones do not come.",
    }
}

fn of_dying_codes(hours: Option<u32>) -> AlarmWords {
    let cause = match hours {
        None => "Codes of the stock die soon".to_owned(),
        Some(0) => "Codes of the stock die within an hour".to_owned(),
        Some(1) => "Codes of the stock die within two hours".to_owned(),
        Some(hours) => format!("Codes of the stock die in {hours} hours"),
    };
    AlarmWords {
        cause,
        consequence: "What is not on a product by then is annulled and paid for in vain.",
        action: "Look at the page Stock: use them first, and order less at a time.",
    }
}

/// A word that names no kind of alarm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no kind of alarm")]
pub struct UnknownStopReason(String);

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 14] = [
        Self::Unreachable,
        Self::Silent,
        Self::Garbled,
        Self::WrongDevice,
        Self::Swapped,
        Self::CounterOff,
        Self::OutOfLabels,
        Self::OutOfRibbon,
        Self::HeadOpen,
        Self::Paused,
        Self::TooHot,
        Self::Faulty,
        Self::HeartbeatLost,
        Self::Miscounted,
    ];

    /// Its name for programs, such as `out_of_labels`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::Garbled => "garbled",
            Self::WrongDevice => "wrong_device",
            Self::Swapped => "swapped",
            Self::CounterOff => "counter_off",
            Self::OutOfLabels => "out_of_labels",
            Self::OutOfRibbon => "out_of_ribbon",
            Self::HeadOpen => "head_open",
            Self::Paused => "paused",
            Self::TooHot => "too_hot",
            Self::Faulty => "faulty",
            Self::HeartbeatLost => "heartbeat_lost",
            Self::Miscounted => "miscounted",
        }
    }

    /// What is wrong, for a person, without the device's name.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Unreachable => "cannot be reached",
            Self::Silent => "does not answer",
            Self::Garbled => "answers nonsense",
            Self::WrongDevice => "is not the device that the configuration names",
            Self::Swapped => "was exchanged for another one",
            Self::CounterOff => "counted other labels than were sent",
            Self::OutOfLabels => "is out of labels",
            Self::OutOfRibbon => "is out of ribbon",
            Self::HeadOpen => "has its print head open",
            Self::Paused => "is paused",
            Self::TooHot => "is too hot",
            Self::Faulty => "reports a fault",
            Self::HeartbeatLost => "has lost its heartbeat",
            Self::Miscounted => "counted products that do not fit together",
        }
    }

    /// What to do about it, a sentence.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Unreachable => "Check its power and its network cable.",
            Self::Silent => "Look at its display; switch it off and on if it shows nothing.",
            Self::Garbled => "Switch it off and on.",
            Self::WrongDevice => "Check its address in the configuration.",
            Self::Swapped => {
                "Connect the former one again, or confirm the new one at the line's page or in the \
                 configuration."
            }
            Self::CounterOff => {
                "Did somebody press feed or print a label by hand? Take such labels off."
            }
            Self::OutOfLabels => "Load a new roll of labels.",
            Self::OutOfRibbon => "Load a new ribbon.",
            Self::HeadOpen => "Close the print head.",
            Self::Paused => "Press pause on the printer.",
            Self::TooHot => "Wait until it has cooled down.",
            Self::Faulty => "Look at its display.",
            Self::HeartbeatLost => "Check that the PLC is in RUN.",
            Self::Miscounted => {
                "Take everything off the belt, then start. If it comes again, check the eyes."
            }
        }
    }

    /// What is wrong and what to do, without the device's name and a full stop.
    pub fn words(self) -> String {
        format!("{}: {}", self.what(), lowered(self.action()).trim_end_matches('.'))
    }
}

fn of_device(device: &str, cause: Cause, consequence: &'static str) -> AlarmWords {
    let action = cause.action();
    AlarmWords { cause: format!("The {device} {}", cause.what()), consequence, action }
}

/// A sentence as it goes on behind a colon.
fn lowered(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_alarm_is_read_back() {
        for reason in StopReason::OWN {
            assert_eq!(reason.kind().parse(), Ok(reason));
        }
        for cause in Cause::ALL {
            assert_eq!(StopReason::Plc(cause).kind().parse(), Ok(StopReason::Plc(cause)));
        }
        let worn = StopReason::HeadWears(Wear { along: Along::Row, column: 7, share: 0 });
        assert_eq!(worn.kind().parse(), Ok(worn));
        assert!("no_such".parse::<StopReason>().is_err());
    }

    #[test]
    fn an_alarm_says_in_one_sentence_what_is_wrong_and_what_to_do() {
        let ribbon = StopReason::Printer(Cause::OutOfRibbon);
        assert_eq!(ribbon.kind(), "printer.out_of_ribbon");
        assert_eq!(ribbon.words().sentence(), "The printer is out of ribbon: load a new ribbon.");
        assert_eq!(Cause::OutOfRibbon.words(), "is out of ribbon: load a new ribbon");
        assert_eq!(
            StopReason::BinFull.words().sentence(),
            "The reject bin is full: empty the reject bin."
        );
    }
}
