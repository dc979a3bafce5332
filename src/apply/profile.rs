//! Register maps as data: `line-configs/plc/*.toml`, or a file of your own.
use super::counts::CountsMap;
use super::events::EventsMap;
use super::points::{Keys, Points, overlaps, points, word_order};
use super::serial::SerialLine;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often our heartbeat must move (`docs/plc/markwright.v1.md`, `pc_heartbeat`).
const BEAT_MAX: Duration = Duration::from_millis(100);

/// What is known of a kind of PLC: where its points are and how it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlcProfile {
    /// Its name, for people.
    pub name: String,
    /// Modbus unit, unless the line says otherwise.
    pub unit: u8,
    pub(super) map: Map,
    says: Points,
    hears: Points,
}

/// How it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Map {
    /// By a numbered ring of events, with tags.
    Events(EventsMap),
    /// By counters, inputs and coils, without tags.
    Counts(CountsMap),
}

#[derive(Clone, Copy)]
enum Speaks {
    Events,
    Counts,
    Points,
}

/// Why a map cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlcProfileError {
    /// Neither the name of a built-in map nor a file.
    #[error(
        "there is no PLC profile \"{name}\"; there are {}, or the path of a file",
        PlcProfile::names().collect::<Vec<_>>().join(", ")
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// A file that cannot be read.
    #[error("PLC profile {} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("PLC profile is no TOML")]
    Form(#[from] toml::de::Error),
    /// Points or keys that are missing, wrong or not known: all of them.
    #[error("PLC profile: {}", problems.join("; "))]
    Wrong {
        /// Each with its place, what was found and what may stand there.
        problems: Vec<String>,
    },
    /// A map that is published and tells too little to run a line by.
    #[error(
        "\"{name}\" only tells where its points are, and not which product is where: no line can be run by it alone"
    )]
    OnlyPoints {
        /// Its name.
        name: String,
    },
}

/// The maps that are part of the program, by name.
const BUILT_IN: [(&str, &str); 3] = [
    ("markwright.v1", include_str!("../../line-configs/plc/markwright.v1.toml")),
    ("remote-io", include_str!("../../line-configs/plc/remote-io.toml")),
    ("evolabel", include_str!("../../line-configs/plc/evolabel.toml")),
];

impl PlcProfile {
    /// The names of the maps that are part of the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// `markwright.v1`: what a PLC speaks unless the line says otherwise.
    pub fn usual() -> Self {
        Self::parse(BUILT_IN[0].1).expect("a test reads every map that is built in")
    }

    /// The built-in map of this name, or the one in this file.
    pub fn load(name_or_path: &str) -> Result<Self, PlcProfileError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name_or_path) {
            return Self::parse(text);
        }
        let path = Path::new(name_or_path);
        let is_path = path.components().count() > 1
            || path.extension().is_some_and(|extension| extension == "toml");
        if !is_path {
            return Err(PlcProfileError::Unknown { name: name_or_path.to_owned() });
        }
        let text = std::fs::read_to_string(path)
            .map_err(|source| PlcProfileError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a map; names everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PlcProfileError> {
        let mut problems = Vec::new();
        let mut keys = Keys::new("", text.parse()?);
        let name = keys.text("name", &mut problems);
        let ways =
            [("events", Speaks::Events), ("counts", Speaks::Counts), ("points", Speaks::Points)];
        let speaks = keys.word("speaks", ways, None, &mut problems);
        let unit = keys.number("unit", (0, 255), Some(1), &mut problems);
        let order = word_order(&mut keys, &mut problems);
        let says = keys.table("says", &mut problems);
        let says = points("says", says, order, &mut problems);
        let hears = keys.table("hears", &mut problems);
        let hears = points("hears", hears, order, &mut problems);
        let both = says.iter().chain(&hears).map(|(name, p)| (name.clone(), p.clone())).collect();
        overlaps(&both, &mut problems);
        let map = match speaks {
            Speaks::Events => {
                EventsMap::of(says.clone(), hears.clone(), &mut problems).map(Map::Events)
            }
            Speaks::Counts => CountsMap::of(&mut keys, says.clone(), hears.clone(), &mut problems)
                .map(Map::Counts),
            Speaks::Points => None,
        };
        keys.end(&mut problems);
        if !problems.is_empty() {
            return Err(PlcProfileError::Wrong { problems });
        }
        let Some(map) = map else { return Err(PlcProfileError::OnlyPoints { name }) };
        let unit = u8::try_from(unit).unwrap_or(1);
        Ok(Self { name, unit, map, says, hears })
    }

    /// Whether it triggers the camera when a setter asks.
    pub fn triggers_camera(&self) -> bool {
        self.can("trigger_camera")
    }

    /// Whether it moves the gate when a setter asks.
    pub fn moves_gate(&self) -> bool {
        self.can("move_gate")
    }

    /// A module without a program does nothing that is not a level.
    fn can(&self, order: &str) -> bool {
        match &self.map {
            Map::Events(map) => map.can(order),
            Map::Counts(_) => false,
        }
    }

    /// How often it must be read at least. A PLC with events watches our heartbeat for one second
    /// (`docs/plc/markwright.v1.md`); counters are read in an eighth of the time between two products.
    pub fn cycle_max(&self) -> Duration {
        self.hurries().map_or(BEAT_MAX, |within| within.min(BEAT_MAX))
    }

    /// How long an answer may take, whatever the line says; nothing if it has no limit of its own.
    pub fn hurries(&self) -> Option<Duration> {
        match &self.map {
            Map::Events(_) => None,
            Map::Counts(map) => Some(map.travel.apart / 8),
        }
    }

    /// How long its longest request with the answer is on a serial line of this speed.
    pub fn on_the_line(&self, line: SerialLine) -> Duration {
        let characters = match &self.map {
            Map::Events(map) => map.longest_exchange(),
            Map::Counts(map) => map.longest_exchange(),
        };
        line.silence() * 2 + line.character() * characters
    }

    /// Its points as the tables of a document: what the PLC says, and what it hears.
    pub fn tables(&self) -> [String; 2] {
        [&self.says, &self.hears].map(table)
    }
}

fn table(points: &Points) -> String {
    let mut placed: Vec<_> = points.iter().collect();
    placed.sort_by_key(|(_, point)| (point.table as u8, point.at));
    let mut text = String::new();
    for (name, point) in placed {
        let last = point.end() - 1;
        let at = point.at;
        let place = if last == u32::from(at) { at.to_string() } else { format!("{at}–{last}") };
        let _ = writeln!(text, "| {place} | `{name}` | {} |", point.meaning);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        match PlcProfile::parse(text) {
            Err(PlcProfileError::Wrong { problems }) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_file_of_a_map_is_built_in_and_right() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("line-configs/plc");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        let mut names: Vec<_> = PlcProfile::names().collect();
        names.sort_unstable();
        assert_eq!(files, names);
        for name in names {
            match PlcProfile::load(name) {
                Ok(profile) => assert_eq!(profile.name, name),
                Err(PlcProfileError::OnlyPoints { name: found }) => assert_eq!(found, "evolabel"),
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }

    #[test]
    fn of_a_map_that_is_only_a_record_every_published_block_has_its_place() {
        let evolabel: toml::Table = BUILT_IN[2].1.parse().unwrap();
        let block = &evolabel["says"]["registers"];
        let [at, count] = ["at", "count"].map(|key| block[key].as_integer().unwrap());
        assert_eq!((block["table"].as_str(), at, count), (Some("input_register"), 0, 80));
        let told = PlcProfile::parse(BUILT_IN[2].1).unwrap_err().to_string();
        assert!(told.contains("not which product is where"), "{told}");
    }

    #[test]
    fn the_documents_show_what_the_maps_say() {
        let document = |name: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plc");
            std::fs::read_to_string(folder.join(name)).unwrap()
        };
        for (map, file) in [("markwright.v1", "markwright.v1.md"), ("remote-io", "remote-io.md")] {
            let document = document(file);
            for table in PlcProfile::load(map).unwrap().tables() {
                assert!(document.contains(&table), "{file} wants:\n{table}");
            }
        }
    }

    /// Address, name, table with its function, type, word order and direction of every register.
    #[test]
    fn the_wiring_table_of_the_document_is_that_of_the_map() {
        use crate::apply::points::Type;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plc/markwright.v1.md");
        let document = std::fs::read_to_string(path).unwrap();
        let profile = PlcProfile::usual();
        for (points, table, way) in [
            (&profile.says, "input register (4)", "PLC → Markwright"),
            (&profile.hears, "holding register (16)", "Markwright → PLC"),
        ] {
            for (name, point) in points {
                let kind = match point.kind {
                    Type::Bit => "bit",
                    Type::U16 => "u16",
                    Type::U32 => "u32",
                    Type::Event => "u16, u32",
                    Type::Verdict => "u32, u16",
                };
                let wide = !matches!(point.kind, Type::Bit | Type::U16);
                let order = if wide { "high word first" } else { "–" };
                let times =
                    if point.count > 1 { format!(" × {}", point.count) } else { String::new() };
                let row = format!(
                    "| {} | `{name}` | {table} | {kind}{times} | {order} | {way} |",
                    point.at
                );
                assert!(document.contains(&row), "wanted: {row}");
            }
        }
    }

    #[test]
    fn a_map_of_your_own_may_stand_elsewhere_and_in_another_word_order() {
        let text = BUILT_IN[0].1;
        let moved =
            text.replace("\"ABCD\"", "\"CDAB\"").replace("input_register", "holding_register");
        let mut table: toml::Table = moved.parse().unwrap();
        for points in ["says", "hears"] {
            let shift = if points == "says" { 1000 } else { 2000 };
            for (_, point) in table[points].as_table_mut().unwrap() {
                let at = point["at"].as_integer().unwrap();
                point.as_table_mut().unwrap().insert("at".into(), (at + shift).into());
            }
        }
        let profile = PlcProfile::parse(&toml::to_string(&table).unwrap()).unwrap();
        let Map::Events(map) = profile.map else { panic!("{profile:?}") };
        assert_eq!((map.block.at, map.block.len), (1000, 125));
        assert_eq!((map.orders.at, map.verdicts.at), (2000, 2003));
        let mut words = [0; 125];
        (words[28], words[32], words[33], words[34]) = (1, 4, 0x0002, 0x0001);
        let block = super::super::map::Block::read(&map, &words).unwrap();
        let wanted = crate::line::PlcEvent::Triggered(crate::line::Tag(0x0001_0002));
        assert_eq!(block.events_after(0), Ok(Some(vec![wanted])));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let text = BUILT_IN[0].1;
        let wrong = text
            .replace("must_be = 1\n", "")
            .replace("[says.boot_id]", "[says.boots]")
            .replace("\nat = 2\n", "\nat = 70000\n")
            .replace("count = 8", "count = 7")
            .replace("fault = 3, ", "")
            .replace("unit = 1", "unit = 300");
        let told = problems(&wrong);
        for wanted in [
            "unit: found 300, wanted 0 to 255",
            "says.heartbeat.at: found 70000, wanted 0 to 65535",
            "hears.command_seq.at: found 70000, wanted 0 to 65535",
            "boot_id: found nothing, wanted a point of this name",
            "says.boots: means nothing here",
            "map_version: found no must_be, wanted the number that a right PLC shows",
            "status.bits.fault: found nothing, wanted 0 to 15",
            "verdicts.count: found 7, wanted 4, 8, 16 or 32",
        ] {
            assert!(told.iter().any(|problem| problem == wanted), "{wanted}\n{told:#?}");
        }
    }

    #[test]
    fn a_map_whose_products_could_be_mistaken_for_each_other_is_refused() {
        let text = BUILT_IN[1].1.replace("gate_within_ms = 1200", "gate_within_ms = 1400");
        let told = problems(&text);
        assert!(
            told.len() == 1 && told[0].starts_with("gate_within_ms: wanted at most half"),
            "{told:?}"
        );
    }

    #[test]
    fn a_line_on_which_a_product_comes_to_the_gate_too_soon_is_refused() {
        let text = BUILT_IN[1].1.replace("gate_after_ms = 900", "gate_after_ms = 499");
        let told = problems(&text.replace("gate_within_ms = 1200", "gate_within_ms = 800"));
        assert!(
            told.len() == 1 && told[0].starts_with("gate_after_ms: wanted at least 5/8"),
            "{told:?}"
        );
    }

    #[test]
    fn a_module_is_asked_eight_times_between_two_products_and_its_answers_hurry() {
        let text = BUILT_IN[1].1.replace("products_apart_ms = 800", "products_apart_ms = 640");
        let profile = PlcProfile::parse(&text).unwrap();
        assert_eq!(profile.cycle_max(), Duration::from_millis(80));
        assert_eq!(profile.hurries(), Some(Duration::from_millis(80)));
        // Slower lines are asked as often as our own heartbeat must move.
        assert_eq!(PlcProfile::usual().cycle_max(), BEAT_MAX);
    }

    #[test]
    fn a_key_that_would_do_nothing_is_refused() {
        let after = |text: &str, point: &str, key: &str| {
            let head = format!("[{point}]\n");
            assert!(text.contains(&head), "{point}");
            problems(&text.replace(&head, &format!("{head}{key}\n")))
        };
        let [events, counts] = [BUILT_IN[0].1, BUILT_IN[1].1];
        let told = [
            after(counts, "hears.pass", "inverted = true"),
            after(counts, "says.gate", "inverted = true"),
            after(counts, "says.pad_clear", "count = 2"),
            after(counts, "says.gate", "must_be = 1"),
            after(counts, "says.gate", "bits = { fault = 1 }"),
            after(events, "says.boot_id", "must_be = 1"),
            after(events, "says.status", "count = 1\ninverted = true"),
            after(events, "hears.command_seq", "bits = { belt_runs = 1 }"),
        ];
        let wanted = [
            "hears.pass.inverted: only a discrete_input can be",
            "says.gate.inverted: only a discrete_input can be",
            "pad_clear.count: means nothing here",
            "gate.must_be: means nothing here",
            "gate.bits: means nothing here",
            "boot_id.must_be: means nothing here",
            "says.status.inverted: only a discrete_input can be",
            "command_seq.bits: means nothing here",
        ];
        for (told, wanted) in told.iter().zip(wanted) {
            assert!(told.iter().any(|problem| problem == wanted), "{wanted}\n{told:?}");
        }
    }

    #[test]
    fn a_line_without_the_guard_s_input_is_refused() {
        let text = BUILT_IN[1].1.replace("[says.guard_open]", "[says.guards]");
        let told = problems(&text);
        assert!(
            told.iter().any(|problem| problem.starts_with("guard_open: found nothing")),
            "{told:?}"
        );
    }

    #[test]
    fn a_name_that_is_not_known_is_told_with_those_that_are() {
        let error = PlcProfile::load("s7").unwrap_err().to_string();
        assert!(error.contains("there are markwright.v1, remote-io, evolabel"), "{error}");
    }
}
