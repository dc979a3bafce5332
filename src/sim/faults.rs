//! What can go wrong in the fake world, by a script while it runs or by seeded chance.
use std::time::Duration;

/// All that can go wrong. A chance is a probability from 0 (never) to 1 (always).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults {
    /// How the PLC talks.
    pub talk: TalkFaults,
    /// What the machine around the line reports.
    pub machine: MachineBits,
    /// What happens to products and labels.
    pub luck: Luck,
}

impl Faults {
    /// The world of the demo: all is well, but one label in fifty cannot be read.
    pub fn demo() -> Self {
        let luck = Luck { spoiled_chance: 0.015, no_symbol_chance: 0.005, ..Luck::default() };
        Self { luck, ..Self::default() }
    }
}

/// Faults of the PLC as a device on the network.
#[derive(Debug, Clone, PartialEq)]
pub struct TalkFaults {
    /// A request is not heard at all.
    pub silent_chance: f64,
    /// A request is carried out at once and answered late.
    pub late_chance: f64,
    /// How late.
    pub late_by: Duration,
    /// A request is carried out and answered with nonsense.
    pub garbled_chance: f64,
    /// A request is carried out and the connection closed instead of an answer.
    pub drop_chance: f64,
    /// A request is not carried out and refused as "busy" (exception 6).
    pub refused_chance: f64,
    /// The program of the PLC stands (belt too), while its network card goes on answering.
    pub frozen: bool,
    /// A program of before: it keeps the command when nothing is heard for too long, and goes on with
    /// the next beat, whoever sends it. So does one that takes a dead connection for a living client.
    pub keeps_command: bool,
    /// The version of the register map that it names.
    pub map_version: u16,
}

impl Default for TalkFaults {
    fn default() -> Self {
        Self {
            silent_chance: 0.0,
            late_chance: 0.0,
            late_by: Duration::from_millis(400),
            garbled_chance: 0.0,
            drop_chance: 0.0,
            refused_chance: 0.0,
            frozen: false,
            keeps_command: false,
            map_version: 1,
        }
    }
}

/// Bits of the status register that people and machines around the line cause.
#[expect(clippy::struct_excessive_bools, reason = "each is one bit of the status register")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MachineBits {
    /// The PLC reports a fault of the machine.
    pub fault: bool,
    /// The machine after the line takes no products.
    pub blocked: bool,
    /// The machine before the line gives none.
    pub starved: bool,
    /// The emergency stop is pressed: the belt stands until it is commanded anew.
    pub emergency_stop: bool,
    /// A guard is open: likewise.
    pub guard_open: bool,
    /// Not enough air for the gate.
    pub air_low: bool,
    /// The reject bin is full.
    pub bin_full: bool,
    /// The machine is not ready, and no other bit says why: its drives are off.
    pub not_ready: bool,
    /// The belt stands, whatever is ordered: a jam, or a drive that tripped.
    pub belt_stuck: bool,
}

/// What may happen to a product or a label.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Luck {
    /// Dirt or a dead part of the print head makes the symbol unreadable.
    pub spoiled_chance: f64,
    /// The place of the symbol stayed white.
    pub no_symbol_chance: f64,
    /// The camera does not see its trigger: no frame.
    pub missed_trigger_chance: f64,
    /// The eye of the bin does not see a product fall.
    pub bin_eye_blind_chance: f64,
    /// Somebody takes the product off by hand behind the camera.
    pub taken_off_chance: f64,
    /// A product enters so close behind the one before it that the two touch.
    pub touching_chance: f64,
    /// The gate pushes out a product that may pass, and does not notice.
    pub false_eject_chance: f64,
}
