//! Register maps as data: `line-configs/plc/*.toml`, or a file of your own.
use super::counts::CountsMap;
use super::map::EventsMap;
use super::points::{Keys, Points, overlaps, points, word_order};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

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
        "\"{name}\" tells where its points are, and has neither events nor counters: no line can be run by it alone"
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
