//! A roll: rows of labels one behind the other, labels between them that carry no code, and the
//! camera behind the print head, if there is one.
use super::reading::{GS1_DATAMATRIX, Seen};
use super::{
    Cause, Command, FrameOf, Line, LineState, Outcome, PictureId, PrinterCommand, Reading, Record,
    RejectReason, RollMark, StopReason, Tag, Verdict, hash,
};
use crate::code::{Code, CodeId, CodeText, Step, parse};
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

/// A label that the printer got and that is not yet where it should be.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct OnWeb {
    /// Its code; nothing for a mark.
    code: Option<Code>,
    /// Its number among the labels of this process, marks included.
    at: u64,
    printed: bool,
    /// When the camera must have read it.
    #[serde(with = "super::at::due")]
    due: Option<Instant>,
}

/// How the roll stands.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Roll {
    /// Oldest first.
    web: VecDeque<OnWeb>,
    /// The place of the next label.
    next_at: u64,
    /// Pieces begun so far; the number of this one.
    piece: u32,
    /// Whether the next label follows the last one in the books. Otherwise a piece begins.
    open: bool,
    /// Codes handed over for this piece.
    placed: u32,
    /// Good labels of this piece: how many, and the serial numbers of the first and the last.
    pub(super) good: u64,
    first: String,
    last: String,
    /// Good labels since the roll was changed.
    since_change: u64,
    /// Labels that must not be used and of which the roll does not yet say so.
    voids: VecDeque<(String, u64)>,
    /// The labels of the row that came out last, and their job.
    pub(super) last_out: VecDeque<(Code, i64)>,
    /// Labels read good, by the hash of their text: which code, and where.
    read_good: HashMap<u64, (CodeId, u64)>,
    /// Labels found bad, by the hash of their text: a late reading of one is no news.
    found_bad: HashSet<u64>,
    last_frame: Option<FrameOf>,
}

impl Roll {
    pub(super) fn begin_after(&mut self, pieces: u32) {
        self.piece = pieces;
    }

    /// Its triggers may be counted anew.
    pub(super) fn camera_came(&mut self) {
        self.last_frame = None;
    }

    /// A short row leaves places free beside it: a label's number tells which row it is of.
    fn begin_row(&mut self, labels_per_row: usize) {
        let across = u32::try_from(labels_per_row.max(1)).unwrap_or(1);
        self.placed = self.placed.next_multiple_of(across);
    }

    /// Labels with codes that are under way.
    pub(super) fn labels(&self) -> usize {
        self.web.iter().filter(|label| label.code.is_some()).count()
    }

    pub(super) fn unprinted(&self) -> usize {
        self.web.iter().filter(|label| !label.printed).count()
    }

    /// Those that carry a code.
    fn unprinted_codes(&self) -> usize {
        self.web.iter().filter(|label| !label.printed && label.code.is_some()).count()
    }

    /// The earliest time at which a reading is late.
    pub(super) fn reading_due(&self) -> Option<Instant> {
        self.web.iter().filter_map(|label| label.due).min()
    }

    fn put(&mut self, code: Option<Code>) {
        self.web.push_back(OnWeb { code, at: self.next_at, printed: false, due: None });
        self.next_at += 1;
    }

    /// The texts of the labels not yet read, the first one before the camera first.
    pub(super) fn to_be_read(&self) -> impl Iterator<Item = &CodeText> {
        self.web.iter().filter_map(|label| Some(&label.code.as_ref()?.text))
    }

    /// The label of this code.
    fn place_of(&self, text: &str) -> Option<usize> {
        let shows = |label: &OnWeb| label.code.as_ref().is_some_and(|c| c.text.as_str() == text);
        self.web.iter().position(shows)
    }

    /// The code of a label that did not come out is no label any more.
    pub(super) fn take_unprinted(&mut self, id: CodeId) -> Option<Code> {
        let is_it =
            |label: &OnWeb| !label.printed && label.code.as_ref().is_some_and(|code| code.id == id);
        let at = self.web.iter().position(is_it)?;
        self.web.remove(at)?.code
    }

    /// A label that the books do not have lies before those on the web: where it is.
    fn one_more(&mut self) -> u64 {
        let at = self.web.front().map_or(self.next_at, |label| label.at);
        self.web.iter_mut().for_each(|label| label.at += 1);
        self.next_at += 1;
        at
    }
}

impl Line {
    /// Fewer codes in hand than this do not make a row. The last row may be short.
    pub(super) fn row_least(&self) -> usize {
        if self.settings.ends_with_codes { 1 } else { self.row_wanted().max(1) }
    }

    /// Labels in a row, if the roll has room: fewer where fewer are wanted.
    fn row_wanted(&self) -> usize {
        let left = match self.order.planned {
            0 => u64::MAX,
            _ => self.goal().saturating_sub(self.promised()),
        };
        usize::try_from(left).unwrap_or(usize::MAX).min(self.settings.roll.labels_per_row.max(1))
    }

    /// How many labels still go on this roll.
    fn room(&self) -> u64 {
        let gone = self.roll.since_change + self.roll.labels() as u64;
        self.settings.roll.pause_after.map_or(u64::MAX, |most| most.saturating_sub(gone))
    }

    /// Labels of the row that can be made now. The printer has as many rows ahead as it has labels
    /// where none stand side by side: its web moves by rows.
    fn next_row(&self) -> Option<usize> {
        let room = usize::try_from(self.room()).unwrap_or(usize::MAX);
        let wanted = self.row_wanted().min(room);
        let across = self.settings.roll.labels_per_row.max(1);
        let ahead = self.settings.labels_ahead * across;
        let in_printer = self.settings.rows_in_printer.max(1) * across;
        let full = self.roll.labels() + wanted > ahead
            || self.roll.unprinted_codes() + wanted > in_printer;
        if wanted == 0 || full {
            return None;
        }
        let no_more_come = self.settings.ends_with_codes && self.refill_at.is_some();
        match self.stock.len() {
            0 => None,
            have if have >= wanted => Some(wanted),
            have => no_more_come.then_some(have),
        }
    }

    /// Whether the roll must be changed before the next label.
    pub(super) fn roll_is_full(&self) -> bool {
        self.room() == 0 && self.roll.labels() == 0
    }

    /// Whether this piece of the roll comes to its end now.
    fn ends_piece(&self) -> bool {
        let full = self.latched.contains(&StopReason::RollFull);
        matches!(self.state, LineState::Stopping | LineState::Completing)
            || (self.state == LineState::Holding && full)
    }

    fn has_trailer_to_print(&self) -> bool {
        self.settings.roll.trailer && self.roll.open
    }

    /// Whether marks are still to be printed before the piece is whole.
    pub(super) fn has_marks_to_print(&self) -> bool {
        let left = self.has_trailer_to_print() || !self.roll.voids.is_empty();
        left && self.ends_piece() && self.can_print()
    }

    /// Whether every label is where it should be and the piece is whole. What a printer cannot
    /// print is not waited for: the passport says it, too.
    pub(super) fn roll_rests(&self) -> bool {
        self.roll.web.is_empty() && !self.has_marks_to_print()
    }

    pub(super) fn decide_roll(&mut self, now: Instant, out: &mut Outcome) {
        let runs = self.makes_goods();
        if !self.can_print() || !(runs || self.ends_piece()) {
            return;
        }
        while let Some((serial, at)) = self.roll.voids.pop_front() {
            let back = u32::try_from(self.roll.next_at - at).unwrap_or(u32::MAX);
            self.print_mark(now, RollMark::Void { serial, back }, out);
        }
        if runs {
            self.decide_rows(now, out);
        } else if self.roll.labels() == 0 && self.has_trailer_to_print() {
            self.end_piece(now, out);
        }
    }

    fn decide_rows(&mut self, now: Instant, out: &mut Outcome) {
        while let Some(labels) = self.next_row() {
            if !self.roll.open {
                self.begin_piece(now, out);
            }
            let row: Vec<_> = self.stock.drain(..labels).collect();
            self.roll.begin_row(self.settings.roll.labels_per_row);
            for code in &row {
                self.roll.placed += 1;
                let (piece, place) = (self.roll.piece, self.roll.placed);
                let to_read = self.settings.roll.camera;
                self.send(code.id, &mut out.records);
                out.records.push(Record::OnRoll { code: code.id, piece, place, to_read });
                self.roll.put(Some(code.clone()));
            }
            out.commands.push(Command::Printer(PrinterCommand::Row(row)));
            self.print_due.get_or_insert(now + self.settings.print_within);
        }
    }

    fn begin_piece(&mut self, now: Instant, out: &mut Outcome) {
        let roll = &mut self.roll;
        (roll.open, roll.piece, roll.placed, roll.good) = (true, roll.piece + 1, 0, 0);
        roll.first.clear();
        roll.last.clear();
        if self.settings.roll.leader {
            let first = self.stock.front().map(serial).unwrap_or_default();
            let left = self.goal().saturating_sub(self.order.done);
            let room = self.settings.roll.pause_after.map(|_| self.room());
            let count = match (self.order.planned, room) {
                (0, room) => room.unwrap_or(0),
                (_, room) => room.map_or(left, |room| left.min(room)),
            };
            self.print_mark(now, RollMark::Leader { job: self.order.job, first, count }, out);
        }
    }

    fn end_piece(&mut self, now: Instant, out: &mut Outcome) {
        let roll = &mut self.roll;
        roll.open = false;
        let (first, last) = (roll.first.clone(), roll.last.clone());
        let mark = RollMark::Trailer { job: self.order.job, first, last, count: roll.good };
        self.print_mark(now, mark, out);
    }

    fn print_mark(&mut self, now: Instant, mark: RollMark, out: &mut Outcome) {
        self.roll.put(None);
        out.commands.push(Command::Printer(PrinterCommand::Mark(mark)));
        self.print_due.get_or_insert(now + self.settings.print_within);
    }

    /// After a rest or a change of the roll, nobody knows that what follows is the same piece.
    pub(super) fn enter_with_roll(&mut self, next: LineState) {
        use LineState::{Complete, Held, Resetting, Stopped};
        let full = self.latched.contains(&StopReason::RollFull);
        if matches!(next, Resetting | Stopped | Complete) || (next == Held && full) {
            self.roll.open = false;
            self.roll.since_change = 0;
        }
    }

    /// Somebody opens the printer. What it still holds comes out before the next leader.
    pub(super) fn note_hands_in_printer(&mut self, cause: Cause) {
        let opened = matches!(cause, Cause::OutOfLabels | Cause::OutOfRibbon | Cause::HeadOpen);
        if opened {
            self.roll.open = false;
        }
        if cause == Cause::OutOfLabels {
            self.roll.since_change = 0;
        }
    }

    pub(super) fn note_label_out(&mut self, now: Instant, id: CodeId, records: &mut Vec<Record>) {
        let is_it = |label: &OnWeb| label.code.as_ref().is_some_and(|code| code.id == id);
        match self.roll.web.iter().position(is_it) {
            Some(at) => self.note_out(now, at, records),
            // It was found bad before the printer counted it.
            None => self.await_print(now),
        }
    }

    pub(super) fn note_mark_out(&mut self, now: Instant, records: &mut Vec<Record>) {
        let is_it = |label: &OnWeb| label.code.is_none() && !label.printed;
        if let Some(at) = self.roll.web.iter().position(is_it) {
            self.note_out(now, at, records);
        }
    }

    /// The web moves one way: this label came out, and all before it.
    fn note_out(&mut self, now: Instant, at: usize, records: &mut Vec<Record>) {
        let camera = self.settings.roll.camera;
        for label in self.roll.web.iter_mut().take(at + 1).filter(|label| !label.printed) {
            label.printed = true;
            label.due = camera.then(|| now + self.settings.picture_within);
            let code = label.code.as_ref();
            records.extend(code.map(|c| Record::Moved { code: c.id, step: Step::Print }));
        }
        if !camera {
            let there: Vec<_> = self.roll.web.drain(..=at).filter_map(|label| label.code).collect();
            for code in there {
                self.count_good(&code);
                self.roll.last_out.push_back((code, self.order.job));
            }
            let row = self.settings.roll.labels_per_row.max(1);
            let older = self.roll.last_out.len().saturating_sub(row);
            self.roll.last_out.drain(..older);
        }
        self.await_print(now);
    }

    fn count_good(&mut self, code: &Code) {
        let serial = serial(code);
        self.order.done += 1;
        let roll = &mut self.roll;
        roll.since_change += 1;
        roll.good += 1;
        if roll.good == 1 {
            roll.first.clone_from(&serial);
        }
        roll.last = serial;
    }

    /// Readings come in the order of the labels. The text says which label it is; where there is
    /// none, it is the next one.
    pub(super) fn note_roll_reading(
        &mut self,
        now: Instant,
        of: FrameOf,
        reading: &Reading,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        if self.roll.last_frame.replace(of) == Some(of) {
            return;
        }
        let seen = Seen::new(number_of(of), reading, picture);
        match reading {
            // A label that carries no code shows none.
            Reading::Nothing if self.roll.web.front().is_some_and(|l| l.code.is_none()) => {
                self.note_out(now, 0, records);
                self.roll.web.pop_front();
            }
            Reading::Nothing => {
                self.void_label(Some(0), RejectReason::NoRead, seen, records);
            }
            Reading::Symbol { text, identifier, .. } if identifier != GS1_DATAMATRIX => {
                let at = self.roll.place_of(text).or_else(|| self.next_label());
                self.void_label(at, RejectReason::NotGs1, seen, records);
            }
            Reading::Symbol { text, .. } => self.note_roll_text(now, text, seen, records),
        }
        self.await_print(now);
    }

    fn next_label(&self) -> Option<usize> {
        self.roll.web.iter().position(|label| label.code.is_some())
    }

    fn note_roll_text(&mut self, now: Instant, text: &str, seen: Seen, records: &mut Vec<Record>) {
        if let Some(at) = self.roll.place_of(text) {
            self.note_out(now, at, records);
            self.pass_over(at, seen.tag, records);
            self.note_roll_label(text, seen, records);
        } else if let Some((id, at)) = self.roll.read_good.remove(&hash(text)) {
            // Two labels of one code: neither of them may be used.
            records.push(Record::Moved { code: id, step: Step::Doubt });
            self.in_doubt.insert(text.to_owned(), id);
            self.order.done = self.order.done.saturating_sub(1);
            let copy = self.roll.one_more();
            let serial = serial_of(text);
            self.roll.voids.extend([(serial.clone(), at), (serial, copy)]);
            self.say_label(id, Verdict::Bad(RejectReason::Duplicate), seen, records);
            self.latch(StopReason::DuplicateSeen);
        } else if self.roll.found_bad.contains(&hash(text)) {
            // The roll says already that it must not be used.
        } else if let Some(id) = self.in_doubt.remove(text) {
            // It came out after all.
            records.push(Record::Moved { code: id, step: Step::Reject });
            let at = self.roll.one_more();
            self.roll.voids.push_back((serial_of(text), at));
            self.roll.found_bad.insert(hash(text));
            self.say_label(id, Verdict::Bad(RejectReason::InDoubt), seen, records);
        } else {
            self.void_label(self.next_label(), RejectReason::Foreign, seen, records);
            self.latch(StopReason::ForeignSeen);
        }
    }

    /// A later label was seen: those before it were not, and their places are theirs all the same.
    fn pass_over(&mut self, labels: usize, tag: Tag, records: &mut Vec<Record>) {
        for _ in 0..labels {
            let unseen = Seen { tag, picture: None, quality: None };
            self.void_label(Some(0), RejectReason::NoPicture, unseen, records);
        }
    }

    /// The label at the front of the web was read.
    fn note_roll_label(&mut self, text: &str, seen: Seen, records: &mut Vec<Record>) {
        let code = self.roll.web.front().and_then(|label| label.code.as_ref()).map(|code| code.id);
        if self.is_low(seen.quality) {
            self.void_label(Some(0), RejectReason::LowGrade, seen, records);
        } else {
            self.label_is_good(text, seen, records);
        }
        self.say_grade(seen, code, records);
    }

    fn label_is_good(&mut self, text: &str, seen: Seen, records: &mut Vec<Record>) {
        let Some(OnWeb { code: Some(code), at, .. }) = self.roll.web.pop_front() else { return };
        self.roll.read_good.insert(hash(text), (code.id, at));
        self.guard.good(self.settings.rejects_of_last);
        self.count_good(&code);
        self.keep_one_in_many(seen.picture);
        self.say_label(code.id, Verdict::Good, seen, records);
    }

    /// A label must not be used: its code is used up, the roll says so, and a new code takes its
    /// place. A mark is only taken off the books.
    fn void_label(
        &mut self,
        at: Option<usize>,
        reason: RejectReason,
        seen: Seen,
        records: &mut Vec<Record>,
    ) {
        let Some(label) = at.and_then(|at| self.roll.web.remove(at)) else { return };
        let Some(code) = label.code else { return };
        records.push(Record::Moved { code: code.id, step: Step::Reject });
        self.roll.found_bad.insert(hash(code.text.as_str()));
        self.roll.voids.push_back((serial(&code), label.at));
        self.guard.bad(self.settings.rejects_of_last);
        self.to_keep.extend(seen.picture);
        self.say_label(code.id, Verdict::Bad(reason), seen, records);
    }

    fn say_label(&mut self, code: CodeId, verdict: Verdict, seen: Seen, records: &mut Vec<Record>) {
        let picture = seen.picture;
        records.push(Record::LabelRead { code, verdict, picture });
        self.show_verdict(seen, verdict);
    }

    /// Labels that should have been read by now.
    pub(super) fn decide_unread(&mut self, now: Instant, records: &mut Vec<Record>) {
        let late = |label: &OnWeb| label.due.is_some_and(|due| due <= now);
        while let Some(at) = self.roll.web.iter().position(late) {
            let tag = self.roll.last_frame.map_or(Tag(0), number_of);
            let unseen = Seen { tag, picture: None, quality: None };
            self.void_label(Some(at), RejectReason::NoPicture, unseen, records);
        }
    }

    /// The printer is lost: what did not come out is in doubt, and the piece ends here.
    pub(super) fn lose_roll(&mut self, records: &mut Vec<Record>) {
        let (out, lost): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.roll.web).into_iter().partition(|label| label.printed);
        self.roll.web = out;
        self.roll.open = false;
        lost.into_iter().filter_map(|l| l.code).for_each(|code| self.doubt(&code, records));
    }

    /// Nothing is waited for any longer.
    pub(super) fn give_up_roll(&mut self, records: &mut Vec<Record>) {
        let left = std::mem::take(&mut self.roll.web);
        left.into_iter().filter_map(|l| l.code).for_each(|code| self.doubt(&code, records));
        self.roll.voids.clear();
        self.roll.open = false;
    }
}

/// On a roll, a label is shown under the number of the trigger that it was read with.
const fn number_of(frame: FrameOf) -> Tag {
    match frame {
        FrameOf::Tag(tag) => tag,
        FrameOf::Count(count) => Tag(count),
    }
}

fn serial(code: &Code) -> String {
    serial_of(code.text.as_str())
}

/// The serial number as people read it; of a text that is no code, its first part.
fn serial_of(text: &str) -> String {
    let plain = || text.split(crate::code::GS).next().unwrap_or_default().to_owned();
    parse(text).map_or_else(|_| plain(), |parts| parts.serial.to_owned())
}
