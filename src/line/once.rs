//! What a setter has done once, in the mode Manual: one picture, one move of the gate.
//!
//! Neither lets a product pass. A frame that a hand asked for is of no product: it is shown and
//! forgotten. The gate moves only on a belt that stands and has no product in the books, and the PLC,
//! which knows more, refuses for its own shift register.
use super::{
    Command, FrameOf, Hand, Line, LineState, LineView, Mode, Outcome, PictureId, PlcCommand,
    Reading, Tag,
};
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// In place of a product's tag, where a fact or a picture is of none: tags begin at one.
const NO_PRODUCT: Tag = Tag(0);

/// A gate needs less to open and to fall, and its PLC to be heard.
const GATE_WITHIN: Duration = Duration::from_secs(3);

/// What the devices of a line can do once when a setter asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct OnceByHand {
    /// Who has a picture taken.
    pub picture: PictureBy,
    /// Whether the PLC moves the gate.
    pub gate: bool,
}

/// Who has a picture taken that belongs to no product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum PictureBy {
    /// Nobody: the camera waits for a trigger that cannot be asked for.
    #[default]
    Nobody,
    /// The camera is asked.
    Camera,
    /// The PLC pulses the camera's trigger.
    Plc,
}

/// What became of something that was asked for once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Asked {
    /// Nobody asked.
    #[default]
    No,
    /// It is awaited.
    Waits,
    /// The camera was triggered; its picture is awaited.
    Triggered,
    /// It is done.
    Done,
    /// Nothing was heard of it in time.
    Silent,
}

/// What a picture showed that a setter asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HandPicture {
    /// What was read.
    pub reading: Reading,
    /// The picture, where the camera gives one.
    pub picture: Option<PictureId>,
}

/// What is done once by hand on this line, and what came of it, for everybody who only looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnceView {
    /// What its devices can do.
    pub can: OnceByHand,
    /// What became of the picture that was asked for.
    pub asked: Asked,
    /// What the last one showed.
    pub shown: Option<HandPicture>,
    /// What became of the move of the gate.
    pub gate: Asked,
}

/// How far the two are.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Once {
    takes: bool,
    moves: bool,
    picture: Asked,
    gate: Asked,
    shown: Option<HandPicture>,
    #[serde(with = "super::at::due")]
    picture_due: Option<Instant>,
    #[serde(with = "super::at::due")]
    gate_due: Option<Instant>,
}

impl Once {
    /// When one of them should have happened.
    pub(super) fn due(&self) -> Option<Instant> {
        self.picture_due.into_iter().chain(self.gate_due).min()
    }

    pub(super) fn view(&self, can: OnceByHand) -> OnceView {
        OnceView { can, asked: self.picture, shown: self.shown.clone(), gate: self.gate }
    }

    /// What did not happen in time is said to be silent.
    pub(super) fn give_up(&mut self, now: Instant) {
        if self.picture_due.take_if(|due| *due <= now).is_some() && self.picture == Asked::Waits {
            self.picture = Asked::Silent;
        }
        if self.gate_due.take_if(|due| *due <= now).is_some() {
            self.gate = Asked::Silent;
        }
    }
}

impl Line {
    /// A picture is asked for. Frames and triggers are counted against each other from the next
    /// standstill on: whether this frame comes is nobody's business but the setter's.
    pub(super) fn note_picture_wanted(&mut self, now: Instant) {
        let once = &mut self.by_hand.once;
        (once.takes, once.picture) = (true, Asked::Waits);
        once.picture_due = Some(now + self.settings.picture_within + self.settings.trigger_within);
        self.lose_count();
        self.wait_for_quiet(now);
    }

    pub(super) fn note_gate_wanted(&mut self, now: Instant) {
        let once = &mut self.by_hand.once;
        (once.moves, once.gate, once.gate_due) = (true, Asked::Waits, Some(now + GATE_WITHIN));
    }

    /// The PLC moved the gate and it is at rest again.
    pub(super) fn note_gate_moved(&mut self) {
        let once = &mut self.by_hand.once;
        (once.gate, once.gate_due) = (Asked::Done, None);
    }

    /// Whether this trigger was a hand's. The PLC gives such a trigger no tag.
    pub(super) fn note_trigger_by_hand(&mut self, tag: Tag) -> bool {
        let of_none = tag == NO_PRODUCT;
        if of_none && matches!(self.by_hand.once.picture, Asked::Waits | Asked::Silent) {
            self.by_hand.once.picture = Asked::Triggered;
        }
        of_none
    }

    /// Whether this frame is of no product: it has no tag, or it is the one that a setter waits for
    /// while the belt stands. It is shown, and says nothing about any product.
    pub(super) fn note_frame_by_hand(
        &mut self,
        of: FrameOf,
        reading: &Reading,
        picture: Option<PictureId>,
    ) -> bool {
        let stands = self.is_in_hand() && !self.belt_runs();
        let waits = !matches!(self.by_hand.once.picture, Asked::No | Asked::Done);
        match of {
            FrameOf::Tag(NO_PRODUCT) => {}
            FrameOf::Count(count) if stands && waits => self.skip_frame(count),
            FrameOf::Tag(_) | FrameOf::Count(_) => return false,
        }
        if stands && waits {
            self.to_keep.extend(picture);
            let once = &mut self.by_hand.once;
            (once.picture, once.picture_due) = (Asked::Done, None);
            once.shown = Some(HandPicture { reading: reading.clone(), picture });
        }
        true
    }

    /// Whether a setter moves things now.
    pub(super) fn is_in_hand(&self) -> bool {
        self.mode == Mode::Manual && self.state == LineState::Execute
    }

    /// What was asked for once is ordered once. Nothing of it outlives a connection.
    pub(super) fn decide_once(&mut self, out: &mut Outcome) {
        let once = &mut self.by_hand.once;
        let (takes, moves) = (std::mem::take(&mut once.takes), std::mem::take(&mut once.moves));
        match self.settings.once.picture {
            PictureBy::Camera if takes => out.commands.push(Command::TakePicture(NO_PRODUCT)),
            PictureBy::Plc if takes => out.commands.push(Command::Plc(PlcCommand::TriggerCamera)),
            PictureBy::Nobody | PictureBy::Camera | PictureBy::Plc => {}
        }
        if moves {
            out.commands.push(Command::Plc(PlcCommand::MoveGate));
        }
    }
}

impl LineView {
    /// Whether a hand may do this now; if not, why, and what to do instead.
    pub fn offers_hand(&self, hand: Hand) -> Result<(), Cow<'static, str>> {
        if self.mode != Mode::Manual || self.state != LineState::Execute {
            return Err(
                "Things are moved by hand in the mode Manual, after Reset and Start.".into()
            );
        }
        let refused = match hand {
            Hand::Stand | Hand::Belt | Hand::BeltAndInfeed | Hand::ClearPad
                if self.plc.is_none() =>
            {
                Some("This line has no belt.")
            }
            Hand::Belt | Hand::BeltAndInfeed if self.endangers_rejects().is_some() => {
                Some("A reject might not end in the bin: see what stands among the alarms.")
            }
            Hand::Belt | Hand::BeltAndInfeed => {
                (self.once.gate == Asked::Waits).then_some("Wait until the gate is at rest.")
            }
            Hand::Stand | Hand::ClearPad => None,
            Hand::TakePicture => self.why_no_picture(),
            Hand::MoveGate => self.why_gate_rests(),
        };
        refused.map_or(Ok(()), |because| Err(because.into()))
    }

    fn why_no_picture(&self) -> Option<&'static str> {
        if self.camera.is_none() {
            return Some("This line has no camera.");
        }
        if self.once.can.picture == PictureBy::Nobody {
            return Some(
                "Nobody can trigger this camera by hand: it waits for its own wire, and the \
                 profile of the PLC has no trigger to give (docs/plc/maps.md).",
            );
        }
        if self.camera != Some(super::DeviceView::Up) {
            return Some("The camera is not there: see its line among the devices.");
        }
        self.by_hand.belt.then_some(
            "The belt runs, and products trigger the camera themselves: press Belt off first.",
        )
    }

    fn why_gate_rests(&self) -> Option<&'static str> {
        if self.plc.is_none() {
            return Some("This line has no gate.");
        }
        if !self.once.can.gate {
            return Some(
                "The profile of this PLC cannot move the gate by hand (docs/plc/maps.md).",
            );
        }
        if self.by_hand.belt {
            return Some("The gate is moved only while the belt stands: press Belt off first.");
        }
        (self.products_on_belt > 0).then_some(
            "There are products on the belt, and none may pass by hand: run it until it is empty. \
             What was taken off by hand is forgotten when the line is stopped in Production.",
        )
    }
}
