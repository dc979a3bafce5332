//! A line on a bench: facts in, and everything that it said since it was last asked.
use markwright::code::{Code, CodeId, CodeText, Step};
use markwright::line::*;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

pub(crate) const MS: Duration = Duration::from_millis(1);

pub(crate) fn settings() -> LineSettings {
    LineSettings {
        scenario: Scenario::PrintApply,
        stock_low: 4,
        stock_full: 8,
        labels_ahead: 3,
        rows_in_printer: 3,
        print_within: 500 * MS,
        picture_within: 200 * MS,
        trigger_within: 60 * MS,
        quality: QualitySettings::default(),
        drain_within: 5_000 * MS,
        settle_within: 300 * MS,
        clear_within: 200 * MS,
        belt_within: 400 * MS,
        refill_after: 500 * MS,
        ends_with_codes: false,
        passes_before_bin_eye_max: 2,
        on_belt_max: 0,
        rejects_in_a_row_max: 3,
        rejects_of_last: RejectShare::default(),
        asks_for_pictures: false,
        once: OnceByHand::default(),
        roll: RollSettings::default(),
    }
}

pub(crate) fn code(n: i64) -> Code {
    Code { id: CodeId(n), text: CodeText::new(format!("0104810093011694212k{n:06}\u{1d}93#SzU")) }
}

pub(crate) fn symbol(n: i64) -> Reading {
    Reading::Symbol {
        text: code(n).text.as_str().to_owned(),
        identifier: "]d2".to_owned(),
        quality: None,
    }
}

/// A line and everything that it said since it was last asked.
pub(crate) struct Bench {
    pub(crate) line: Line,
    pub(crate) now: Instant,
    pub(crate) records: Vec<Record>,
    pub(crate) commands: Vec<Command>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let line = Line::new(settings(), Order::default());
        Self { line, now: Instant::now(), records: Vec::new(), commands: Vec::new() }
    }

    /// In Execute, with codes 1, 2 and 3 handed to the printer, and 4 to 8 in stock.
    pub(crate) fn running() -> Self {
        let mut bench = Self::new();
        bench.start(1..=8);
        assert_eq!(bench.take_prints(), [1, 2, 3]);
        bench.forget();
        bench
    }

    /// From rest to Execute, with these codes from the store.
    pub(crate) fn start(&mut self, codes: RangeInclusive<i64>) {
        self.say(Event::Printer(PrinterEvent::Up));
        self.say(Event::Camera(CameraEvent::Up));
        self.plc(PlcEvent::Up(Since::Known));
        self.ask(Request::Reset);
        self.say(Event::CodesArrived(codes.map(code).collect()));
        self.ask(Request::Start);
        self.plc(PlcEvent::PadCleared);
        // What a camera or a PLC tells late has been told.
        self.later(260 * MS);
        assert_eq!(self.line.state(), LineState::Execute);
    }

    pub(crate) fn say(&mut self, event: Event) {
        let Outcome { records, commands } = self.line.handle(self.now, event);
        self.records.extend(records);
        self.commands.extend(commands);
    }

    pub(crate) fn plc(&mut self, event: PlcEvent) {
        self.say(Event::Plc(event));
    }

    pub(crate) fn ask(&mut self, request: Request) {
        self.say(Event::Operator(request));
    }

    pub(crate) fn printed(&mut self, n: i64) {
        self.say(Event::Printer(PrinterEvent::Printed(CodeId(n))));
    }

    /// A product comes in, gets a label, and comes before the camera.
    pub(crate) fn labelled(&mut self, tag: u32) {
        self.plc(PlcEvent::ProductArrived(Tag(tag)));
        self.plc(PlcEvent::Applied(Tag(tag)));
        self.plc(PlcEvent::Triggered(Tag(tag)));
    }

    pub(crate) fn read(&mut self, tag: u32, reading: Reading) {
        let (of, picture) = (FrameOf::Tag(Tag(tag)), Some(PictureId(u64::from(tag))));
        self.say(Event::Camera(CameraEvent::Read { of, reading, picture }));
    }

    pub(crate) fn later(&mut self, by: Duration) {
        self.now += by;
        self.say(Event::Wake);
    }

    pub(crate) fn forget(&mut self) {
        self.records.clear();
        self.commands.clear();
    }

    pub(crate) fn take_prints(&mut self) -> Vec<i64> {
        let row = |command| {
            if let Command::Printer(PrinterCommand::Row(codes)) = command {
                codes
            } else {
                Vec::new()
            }
        };
        self.commands.drain(..).flat_map(row).map(|code| code.id.0).collect()
    }

    pub(crate) fn moved(&self, n: i64) -> Vec<Step> {
        let of_code = |record: &Record| {
            let Record::Moved { code, step } = record else { return None };
            (code.0 == n).then_some(*step)
        };
        self.records.iter().filter_map(of_code).collect()
    }

    pub(crate) fn verdict(&self, tag: u32) -> Option<Verdict> {
        self.records.iter().rev().find_map(|record| {
            let Record::ProductJudged { tag: of, verdict, .. } = record else { return None };
            (of.0 == tag).then_some(*verdict)
        })
    }

    pub(crate) fn passes(&self) -> Vec<u32> {
        let pass = |command: &Command| {
            if let Command::Plc(PlcCommand::Pass(tag)) = command { Some(tag.0) } else { None }
        };
        self.commands.iter().filter_map(pass).collect()
    }

    pub(crate) fn asked_to_clear(&self) -> bool {
        self.commands.contains(&Command::Plc(PlcCommand::ClearPad))
    }
}
