//! The bad luck of a shift.

/// How likely each bad thing is: one in so many chances; 0 = never.
#[derive(Debug, Clone, Copy)]
pub struct Luck {
    pub label_swallowed: u64,
    pub label_twice: u64,
    pub blank_fed: u64,
    pub unreadable: u64,
    pub misread: u64,
    pub trigger_missed: u64,
    pub frame_lost: u64,
    pub frame_late: u64,
    /// Only of a camera that counts: it takes no notice of a trigger, or of one too many.
    pub pulse_missed: u64,
    pub pulse_twice: u64,
    pub low_grade: u64,
    pub taken_off: u64,
    pub gate_leaks: u64,
    pub eye_blind: u64,
    pub printer_lost: u64,
    pub printer_blocked: u64,
    pub camera_lost: u64,
    pub plc_lost: u64,
    pub machine_trouble: u64,
    pub touching: u64,
    /// A product that may pass is pushed out.
    pub false_eject: u64,
    /// Something is thrown into the bin.
    pub stray: u64,
    /// Only of a camera with tags: it names the product before.
    pub wrong_tag: u64,
    /// The camera says the same once more.
    pub said_twice: u64,
    /// Only of products that come with their labels: a copy, a code that is not the job's or used
    /// up, none; and how the store answers.
    pub came_copied: u64,
    pub came_strange: u64,
    pub came_bare: u64,
    pub answer_lost: u64,
    pub answer_late: u64,
}

/// How products get their labels, and how the camera names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Printed here; the camera is told tags.
    Tags,
    /// Printed here; the camera counts its triggers.
    Counts,
    /// They come with their labels; the camera is told tags.
    Carried,
}

impl Way {
    pub const ALL: [Self; 3] = [Self::Tags, Self::Counts, Self::Carried];

    pub fn counts(self) -> bool {
        self == Self::Counts
    }

    pub fn carries(self) -> bool {
        self == Self::Carried
    }
}
