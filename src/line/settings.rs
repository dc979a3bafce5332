//! How a line is set up, and what it is asked to make.
use super::{OnceByHand, QualitySettings, RejectShare};
use std::time::Duration;

/// Which stations a code passes, in which order. Data, not a second machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Scenario {
    /// A label is printed for each product, applied, read on the product; the gate acts.
    PrintApply,
    /// Labels are printed on a roll; they are applied and validated elsewhere, by hand.
    Roll,
    /// Products carry their labels already (from a roll, or printed on the pack); each is read, and
    /// the gate acts. There is no printer.
    Preprinted,
    /// Labels are put on by hand; a person reads each with a scanner. There is no device.
    Manual,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 4] = [Self::PrintApply, Self::Roll, Self::Preprinted, Self::Manual];

    /// The word in the store and in configurations.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PrintApply => "print_apply",
            Self::Roll => "roll",
            Self::Preprinted => "preprinted",
            Self::Manual => "manual",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::PrintApply => "print and apply",
            Self::Roll => "labels on a roll",
            Self::Preprinted => "products that come with labels",
            Self::Manual => "labels put on by hand",
        }
    }

    /// Whether products pass on a belt with PLC, camera and gate.
    pub const fn has_belt(self) -> bool {
        matches!(self, Self::PrintApply | Self::Preprinted)
    }

    /// Whether the line prints labels, and takes codes from the stock for them.
    pub const fn prints(self) -> bool {
        matches!(self, Self::PrintApply | Self::Roll)
    }

    /// Whether labels lie between a printer and an applicator.
    pub const fn has_pad(self) -> bool {
        matches!(self, Self::PrintApply)
    }

    /// Whether rejected products lie in a bin; where labels are put on by hand, in the box beside the
    /// person.
    pub const fn has_bin(self) -> bool {
        !self.is_roll()
    }

    /// Whether the line makes labels on a roll.
    pub const fn is_roll(self) -> bool {
        matches!(self, Self::Roll)
    }
}

/// The limits that a line works within.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LineSettings {
    /// The stations.
    pub scenario: Scenario,
    /// With fewer codes than this in hand, more are fetched from the store.
    pub stock_low: usize,
    /// Up to so many are held in hand.
    pub stock_full: usize,
    /// Labels between printer and applicator at most: handed to the printer or waiting on the
    /// pad. On a roll: rows.
    pub labels_ahead: usize,
    /// Rows of labels at the printer at most, not yet printed. All of them are in doubt when the
    /// printer is lost, so that no more are handed over than its window takes.
    pub rows_in_printer: usize,
    /// A label handed to a ready printer comes out within this time after the one before it.
    pub print_within: Duration,
    /// A triggered camera delivers a reading within this time.
    pub picture_within: Duration,
    /// The PLC tells of a trigger at the latest this much later than the camera delivers its
    /// frame, or than it happened, where there is no frame. For cameras that only count their
    /// triggers: so long after the frame a good product is passed, and products must not follow
    /// each other closer than `picture_within` and twice this time together.
    pub trigger_within: Duration,
    /// A stop empties the belt within this time, or gives up and counts.
    pub drain_within: Duration,
    /// A hold waits so long for pictures and labels that are under way.
    pub settle_within: Duration,
    /// The PLC clears the pad within this time, or is asked again.
    pub clear_within: Duration,
    /// The belt runs at the latest so long after it was ordered to, and stands for no longer
    /// meanwhile, as far as the PLC tells: otherwise the line is held.
    #[serde(default = "LineSettings::usual_belt_within")]
    pub belt_within: Duration,
    /// When the store had no codes, it is asked again after this time.
    pub refill_after: Duration,
    /// The job ends when its codes are used up, because no more will come: a roll, an array from a
    /// file. Otherwise the line is held until codes come.
    pub ends_with_codes: bool,
    /// So many products may pass the gate before the bin's eye sees one that was rejected before
    /// them: the way from the gate to the eye, in products.
    pub passes_before_bin_eye_max: u32,
    /// So many products at most are between the infeed and the eye of the bin: what stands in the
    /// books beyond that is not on the belt any more. 0 where the distances are not known.
    pub on_belt_max: usize,
    /// So many rejects one after another hold the line.
    pub rejects_in_a_row_max: u32,
    /// So many rejects among the last ones hold the line, also where good ones lie between them.
    pub rejects_of_last: RejectShare,
    /// The camera has no trigger of its own: it is told when to take a picture of which product.
    pub asks_for_pictures: bool,
    /// What its devices can do once when a setter asks for it.
    #[serde(default)]
    pub once: OnceByHand,
    /// How well symbols must be printed, and which pictures of good ones are kept.
    pub quality: QualitySettings,
    /// How a roll is made; of no meaning for a line with a belt.
    pub roll: RollSettings,
}

/// How a roll is made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RollSettings {
    /// Labels that stand side by side on the web, 1 or more. One row leaves the printer at once.
    pub labels_per_row: usize,
    /// Whether every piece of the roll begins with a label that says what follows.
    pub leader: bool,
    /// Whether every piece ends with a label that says what it holds.
    pub trailer: bool,
    /// So many good labels fill a roll: the line is held until a person has changed it.
    pub pause_after: Option<u64>,
    /// So many labels in a hundred are made beyond the number ordered, if there are codes.
    pub spare_percent: u32,
    /// Whether a camera right behind the print head reads every label. Then only labels that were
    /// read count, and a bad one is replaced by a new code.
    pub camera: bool,
}

impl Default for RollSettings {
    fn default() -> Self {
        Self {
            labels_per_row: 1,
            leader: false,
            trailer: false,
            pause_after: None,
            spare_percent: 0,
            camera: false,
        }
    }
}

impl LineSettings {
    /// How long a belt may take to run, unless the configuration says otherwise: a drive with a ramp
    /// takes one second.
    pub const fn usual_belt_within() -> Duration {
        Duration::from_secs(2)
    }

    /// Whether a camera reads the labels.
    pub const fn has_camera(&self) -> bool {
        self.scenario.has_belt() || self.roll.camera
    }
}

impl RollSettings {
    /// How many labels are made where `planned` are ordered: spare ones included, rounded up.
    pub const fn goal(&self, planned: u64) -> u64 {
        let spare = planned.saturating_mul(self.spare_percent as u64).div_ceil(100);
        planned.saturating_add(spare)
    }
}

/// What a line is asked to make, and how far it had come when it was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Order {
    /// Good products (labels, for a roll) wanted; 0 = until somebody stops the line.
    pub planned: u64,
    /// Already made.
    pub done: u64,
    /// The job's number, as it is printed on the labels that belong to the roll.
    pub job: i64,
}

impl std::str::FromStr for Scenario {
    type Err = UnknownScenario;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.word() == word)
            .ok_or_else(|| UnknownScenario(word.to_owned()))
    }
}

/// A word that names no scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no scenario; there are print_apply, roll, preprinted and manual")]
pub struct UnknownScenario(String);
