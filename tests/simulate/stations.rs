//! What happens to a product at the stations of the plant in a box: infeed, applicator, camera, gate, bin.
use super::{APPLICATOR, BIN_EYE, CAMERA, CLOSEST, GATE, Item, Place, Print, TOUCHING, World};
use markwright::line::{CameraEvent, FrameOf, PictureId, PlcEvent, Quality, Reading, Tag};

fn quality(low: bool) -> Quality {
    let overall = if low { 12 } else { 36 };
    Quality { overall, parameters: [Some(overall); 8], growth: None, calibrated: false }
}

impl World {
    pub(super) fn arrive(&mut self) {
        self.next_arrival = self.tick + 18 + self.dice.roll(8);
        let tag = Tag(self.items.len() as u32 + 1);
        let near = |item: &&mut Item| item.place == Place::Belt && item.at <= TOUCHING;
        let before = self.items.last_mut().filter(near);
        let touches = before.is_some();
        if let Some(before) = before {
            before.touches = true;
        }
        let test = self.test.take();
        let is_test = test.is_some();
        let label = test.unwrap_or_else(|| self.label_it_came_with());
        self.items.push(Item {
            tag,
            at: 0,
            label,
            place: Place::Belt,
            escaped: false,
            touches,
            tagless: false,
            false_eject: false,
            told: None,
            unknowable: false,
            is_test,
        });
        self.plc_says(PlcEvent::ProductArrived(tag));
        if touches {
            self.plc_says(PlcEvent::Touching(tag));
        }
        self.comes_close = self.unlucky(self.luck.touching);
        if self.comes_close {
            self.next_arrival = self.tick + u64::from(TOUCHING);
        }
    }

    /// On a product that came with its label: the next one of the roll, a copy of one that is on the
    /// belt or was, a strange one, or none.
    fn label_it_came_with(&mut self) -> Option<Print> {
        if !self.way.carries() || self.unlucky(self.luck.came_bare) {
            return None;
        }
        if self.unlucky(self.luck.came_strange) {
            let strange = ["0104600000000008215other", "010481009301169421nobody\u{1d}93aaaa"];
            let text = strange[self.dice.roll(2) as usize];
            let known = self.strange.pop_front().filter(|_| self.dice.roll(3) > 0);
            return known.or_else(|| Some(Print::Strange(text.to_owned())));
        }
        if self.unlucky(self.luck.came_copied) && !self.items.is_empty() {
            // Most copies come close behind, or as long as the first one is still in sight.
            let back = self.dice.roll(10) as usize + 1;
            let first = self.items.len().saturating_sub(back);
            return self.items[first].label.clone();
        }
        self.roll.pop_front()
    }

    /// Where the camera counts, products keep their distance even if the belt stood between them.
    pub(super) fn has_room_at_infeed(&self) -> bool {
        !self.way.counts()
            || self.comes_close
            || self.items.iter().all(|item| item.place != Place::Belt || item.at >= CLOSEST)
    }

    pub(super) fn at_station(&mut self, index: usize) {
        let (tag, at) = (self.items[index].tag, self.items[index].at);
        self.came_to_gate += u64::from(at == GATE);
        if self.items[index].tagless && matches!(at, APPLICATOR | CAMERA | GATE) {
            return;
        }
        match at {
            30 | 90 | 150 if self.unlucky(self.luck.taken_off) => {
                self.items[index].place = Place::TakenOff;
            }
            APPLICATOR if self.way.carries() => {}
            APPLICATOR => match self.pad.pop_front() {
                Some(label) => {
                    // Of two that touch, one may get both labels.
                    let near =
                        |other: &Item| other.place == Place::Belt && other.at <= at + TOUCHING;
                    let other = index > 0 && near(&self.items[index - 1]) && self.dice.roll(2) == 0;
                    let gets = &mut self.items[index - usize::from(other)];
                    // What a person stuck on a test product is what the camera sees.
                    if !gets.is_test {
                        gets.label = Some(label);
                    }
                    self.plc_says(PlcEvent::Applied(tag));
                }
                None => self.plc_says(PlcEvent::NotApplied(tag)),
            },
            CAMERA => self.at_camera(index),
            GATE => self.at_gate(index),
            BIN_EYE => self.at_bin_eye(index),
            _ => {}
        }
    }

    fn at_camera(&mut self, index: usize) {
        let tag = self.items[index].tag;
        if self.unlucky(self.luck.trigger_missed) {
            return;
        }
        self.plc_says(PlcEvent::Triggered(tag));
        if !self.camera_up || (self.way.counts() && self.unlucky(self.luck.pulse_missed)) {
            return;
        }
        self.frames += 1;
        if self.unlucky(self.luck.frame_lost) {
            return;
        }
        let unreadable = self.unlucky(self.luck.unreadable);
        let misread = self.unlucky(self.luck.misread);
        let reading = match &self.items[index].label {
            Some(Print::Code(_, text) | Print::Strange(text)) if !unreadable => {
                let text = text.clone();
                let text = if misread { "0104600000000008215other".into() } else { text };
                let low = self.unlucky(self.luck.low_grade);
                Reading::Symbol { text, identifier: "]d2".into(), quality: Some(quality(low)) }
            }
            Some(Print::Code(..) | Print::Strange(_) | Print::Blank) | None => Reading::Nothing,
        };
        if let Some(label) = self.items[index].label.clone() {
            self.camera_saw.insert(tag, label);
        }
        let picture = Some(PictureId(self.tick));
        self.pictures.insert(PictureId(self.tick), tag);
        let late = if self.unlucky(self.luck.frame_late) { 40 } else { 0 };
        let delay = 1 + self.dice.roll(8) + late;
        let of =
            if self.way.counts() { FrameOf::Count(self.frames) } else { self.tag_named(index) };
        self.camera_says(delay, CameraEvent::Read { of, reading: reading.clone(), picture });
        if self.unlucky(self.luck.said_twice) {
            let reading = reading.clone();
            self.camera_says(delay + 1, CameraEvent::Read { of, reading, picture });
        }
        if self.way.counts() && self.unlucky(self.luck.pulse_twice) {
            self.frames += 1;
            let of = FrameOf::Count(self.frames);
            self.camera_says(delay + 1, CameraEvent::Read { of, reading, picture });
        }
    }

    /// A setter has the camera triggered: it shows whatever stands there, and is told no tag.
    pub(super) fn take_by_hand(&mut self) {
        self.plc_says(PlcEvent::Triggered(Tag(0)));
        if !self.camera_up || (self.way.counts() && self.unlucky(self.luck.pulse_missed)) {
            return;
        }
        self.frames += 1;
        if self.unlucky(self.luck.frame_lost) {
            return;
        }
        let near = |item: &&Item| item.place == Place::Belt && item.at.abs_diff(CAMERA) < TOUCHING;
        let label = self.items.iter().find(near).and_then(|item| item.label.clone());
        let reading = match label {
            Some(Print::Code(_, text) | Print::Strange(text)) => {
                Reading::Symbol { text, identifier: "]d2".into(), quality: Some(quality(false)) }
            }
            Some(Print::Blank) | None => Reading::Nothing,
        };
        let of = if self.way.counts() { FrameOf::Count(self.frames) } else { FrameOf::Tag(Tag(0)) };
        let late = if self.unlucky(self.luck.frame_late) { 40 } else { 0 };
        let delay = 1 + self.dice.roll(8) + late;
        let picture = Some(PictureId(self.tick));
        self.camera_says(delay, CameraEvent::Read { of, reading, picture });
    }

    /// A setter moves the gate: the PLC does so while nothing of its own is on the belt.
    pub(super) fn move_gate(&mut self) {
        let before_gate =
            |item: &Item| item.place == Place::Belt && item.at < GATE && !item.tagless;
        if self.items.iter().any(before_gate) {
            return;
        }
        assert!(!self.run.belt, "by hand: the gate moves while the belt runs");
        self.gate_moves += 1;
        self.plc_says(PlcEvent::GateMoved);
    }

    /// Whom a camera with tags names: the one before it where it is wrong. Where nobody could tell it
    /// does not: two labels of one code; and a label that came one product too late, behind a second
    /// one or a blank one that the camera did not see.
    fn tag_named(&mut self, index: usize) -> FrameOf {
        let item = &self.items[index];
        let tag = item.tag;
        let can_tell = index > 0 && {
            let before = &self.items[index - 1];
            let second = index > 1 && self.items[index - 2].label == before.label;
            let late = second || before.label == Some(Print::Blank);
            before.label != item.label && (!late || self.camera_saw.contains_key(&before.tag))
        };
        let wrong = can_tell && self.unlucky(self.luck.wrong_tag);
        FrameOf::Tag(Tag(tag.0 - u32::from(wrong)))
    }

    fn at_gate(&mut self, index: usize) {
        let tag = self.items[index].tag;
        if self.passes.contains(&tag) && self.unlucky(self.luck.false_eject) {
            self.items[index].false_eject = true;
            // Whether the gate's own eye sees that it does not leave.
            if self.dice.roll(2) == 0 {
                self.plc_says(PlcEvent::Passed(tag));
            }
        } else if self.passes.contains(&tag) {
            self.items[index].place = Place::Good;
            self.plc_says(PlcEvent::Passed(tag));
        } else if self.unlucky(self.luck.gate_leaks) {
            self.items[index].place = Place::Good;
            self.items[index].escaped = true;
            self.plc_says(PlcEvent::Passed(tag));
        }
    }

    fn at_bin_eye(&mut self, index: usize) {
        let item = &mut self.items[index];
        item.place = Place::Bin;
        if item.false_eject && !item.tagless {
            let tag = item.tag;
            self.plc_says(PlcEvent::NotOrdered(tag));
            self.items[index].told = Some((self.boot, self.seq));
            return;
        }
        let tag = if item.tagless { Tag(0) } else { item.tag };
        let blind = self.unlucky(self.luck.eye_blind);
        self.plc_says(if blind {
            PlcEvent::RejectUnconfirmed(tag)
        } else {
            PlcEvent::RejectConfirmed(tag)
        });
    }
}
