//! Printer profiles: what a model is and how far it may be trusted, as data in `printers/*.toml`.
use super::{Evidence, PrinterSettings};
use crate::label::Language;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Table, Value};

/// What is known of a printer model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// For people.
    pub name: String,
    /// Its language.
    pub language: Language,
    /// Its resolution as its maker names it: 6, 8, 12 or 24. [`Self::exact_dots_per_mm`] is exact.
    pub dots_per_mm: u32,
    /// The widest line that its head prints, in dots.
    pub head_width_dots: u32,
    /// Memory for stored formats and pictures, in kilobytes.
    pub memory_kilobytes: u32,
    /// What it can confirm a label with, the best first. Nothing: it can print, but nobody knows
    /// what came out.
    pub confirms: Vec<Confirms>,
    /// Where its status is asked.
    pub status: StatusChannel,
    /// Labels that may be out and not yet confirmed, 1 to 4.
    pub window: usize,
    /// Whether it can be told not to print a label again after an error.
    pub sets_reprint_off: bool,
    /// Whether a TSPL printer can have a peeler, so that it is told not to wait for a hand. A key
    /// that may be left out: no.
    pub sets_peel_off: bool,
    /// The speed that it is set to, in millimetres a second: one that still gives a good
    /// `DataMatrix`. How long a row takes is reckoned with it; it is not sent to the printer, because
    /// whoever stands at the printer tunes speed together with ribbon and darkness.
    pub speed_mm_per_s: u32,
    /// How long one label takes at most, in milliseconds.
    pub label_ms: u64,
}

/// What a printer can confirm a label with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirms {
    /// A counter of all labels that it printed.
    Counter,
    /// It sends the label's code back when the label is out (`^HV`).
    Echo,
    /// It can be seen becoming empty.
    BatchDrain,
    /// A pulse at its applicator port. No line uses it yet: that is wired to a PLC.
    ExternalIo,
}

/// Where a printer's status is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChannel {
    /// On the connection that carries the labels.
    Same,
    /// As JSON on a connection of its own.
    Json {
        /// 9200, if nobody changed it.
        port: u16,
    },
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Neither the name of a built-in profile nor a file.
    #[error(
        "there is no printer profile \"{name}\"; there are {}, or the path of a file",
        names_in_a_row()
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// A file that cannot be read.
    #[error("printer profile {} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("printer profile is no TOML")]
    Form(#[from] toml::de::Error),
    /// Keys that are missing, wrong or not known: all of them.
    #[error("printer profile: {}", problems.join("; "))]
    Wrong {
        /// Each with key, what was found and what may stand there.
        problems: Vec<String>,
    },
}

/// The profiles that are part of the program, by name.
const BUILT_IN: [(&str, &str); 20] = [
    ("desk-zpl-203", include_str!("../../printers/desk-zpl-203.toml")),
    ("generic-tspl-203", include_str!("../../printers/generic-tspl-203.toml")),
    ("generic-zpl-203", include_str!("../../printers/generic-zpl-203.toml")),
    ("generic-zpl-300", include_str!("../../printers/generic-zpl-300.toml")),
    ("tsc-ml241-203", include_str!("../../printers/tsc-ml241-203.toml")),
    ("tsc-mx241p-203", include_str!("../../printers/tsc-mx241p-203.toml")),
    ("tsc-pex-1121", include_str!("../../printers/tsc-pex-1121.toml")),
    ("tsc-pex-1131", include_str!("../../printers/tsc-pex-1131.toml")),
    ("zebra-zd621-203", include_str!("../../printers/zebra-zd621-203.toml")),
    ("zebra-zd621-300", include_str!("../../printers/zebra-zd621-300.toml")),
    ("zebra-ze511-203", include_str!("../../printers/zebra-ze511-203.toml")),
    ("zebra-ze511-300", include_str!("../../printers/zebra-ze511-300.toml")),
    ("zebra-ze521-203", include_str!("../../printers/zebra-ze521-203.toml")),
    ("zebra-ze521-300", include_str!("../../printers/zebra-ze521-300.toml")),
    ("zebra-zt411-203", include_str!("../../printers/zebra-zt411-203.toml")),
    ("zebra-zt411-300", include_str!("../../printers/zebra-zt411-300.toml")),
    ("zebra-zt411-600", include_str!("../../printers/zebra-zt411-600.toml")),
    ("zebra-zt610-203", include_str!("../../printers/zebra-zt610-203.toml")),
    ("zebra-zt610-300", include_str!("../../printers/zebra-zt610-300.toml")),
    ("zebra-zt610-600", include_str!("../../printers/zebra-zt610-600.toml")),
];

fn names_in_a_row() -> String {
    Profile::names().collect::<Vec<_>>().join(", ")
}

impl Profile {
    /// The names of the profiles that are part of the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The built-in profile of this name, or the one in this file.
    pub fn load(name_or_path: &str) -> Result<Self, ProfileError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name_or_path) {
            return Self::parse(text);
        }
        let path = Path::new(name_or_path);
        let is_path = path.components().count() > 1 || path.extension().is_some();
        if !is_path {
            return Err(ProfileError::Unknown { name: name_or_path.to_owned() });
        }
        let text = std::fs::read_to_string(path)
            .map_err(|source| ProfileError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a profile; names everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let mut keys = Keys { table: text.parse()?, problems: Vec::new() };
        let confirms = keys.confirms();
        let profile = Self {
            name: keys.text("name"),
            language: keys.word("language", [("zpl", Language::Zpl), ("tspl", Language::Tspl)]),
            dots_per_mm: small(keys.number_of("dots_per_mm", &[6, 8, 12, 24])),
            head_width_dots: small(keys.number("head_width_dots", 100, 10_000)),
            memory_kilobytes: small(keys.number("memory_kilobytes", 64, 16_000_000)),
            status: keys.status(),
            window: usize::try_from(keys.number("window", 1, 4)).unwrap_or(1),
            sets_reprint_off: keys
                .word("reprint_on_error", [("off", true), ("cannot_be_set", false)]),
            sets_peel_off: keys.peeler(),
            speed_mm_per_s: small(keys.number("speed_mm_per_s", 10, 1_000)),
            label_ms: keys.number("label_ms", 100, 10_000),
            confirms,
        };
        keys.known();
        profile.fits(&mut keys.problems);
        if keys.problems.is_empty() {
            Ok(profile)
        } else {
            Err(ProfileError::Wrong { problems: keys.problems })
        }
    }

    /// What does not go together.
    fn fits(&self, problems: &mut Vec<String>) {
        if self.evidence() == Some(Evidence::BatchDrain) && self.window != 1 {
            problems.push("window: wanted 1, because labels are confirmed by batch_drain".into());
        }
        if self.language == Language::Tspl {
            if self.confirms.contains(&Confirms::Counter) || self.confirms.contains(&Confirms::Echo)
            {
                problems.push("confirms: a TSPL printer has neither counter nor echo".into());
            }
            if self.status != StatusChannel::Same {
                problems.push("status: a TSPL printer has only the channel \"same\"".into());
            }
        }
    }

    /// The best evidence that it gives and a line can use.
    pub fn evidence(&self) -> Option<Evidence> {
        self.confirms.iter().find_map(|confirms| match confirms {
            Confirms::Counter => Some(Evidence::Counter),
            Confirms::Echo => Some(Evidence::Echo),
            Confirms::BatchDrain => Some(Evidence::BatchDrain),
            Confirms::ExternalIo => None,
        })
    }

    /// The exact resolution: makers name it by a rounded number, and heads are made in dots an inch
    /// (152.4, 203.2, 300, 600).
    pub fn exact_dots_per_mm(&self) -> f32 {
        match self.dots_per_mm {
            6 => 152.4 / 25.4,
            12 => 300.0 / 25.4,
            24 => 600.0 / 25.4,
            _ => 203.2 / 25.4,
        }
    }

    /// What it can store, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.memory_kilobytes as usize * 1024
    }

    /// How a printer of this model at `addr` is to be treated; nothing if no line can use it.
    ///
    /// See also [`PrinterSettings::for_rows_of`].
    pub fn settings(&self, addr: impl Into<String>) -> Option<PrinterSettings> {
        Some(PrinterSettings {
            language: self.language,
            evidence: self.evidence()?,
            status_port: match self.status {
                StatusChannel::Same => None,
                StatusChannel::Json { port } => Some(port),
            },
            sets_reprint_off: self.sets_reprint_off,
            sets_peel_off: self.sets_peel_off,
            dots_per_mm: Some(self.dots_per_mm),
            head_width_dots: Some(self.head_width_dots),
            memory_bytes: Some(self.memory_bytes()),
            speed_mm_per_s: Some(self.speed_mm_per_s),
            window: self.window,
            still_for: Duration::from_millis(self.label_ms),
            ..PrinterSettings::new(addr)
        })
    }
}

impl PrinterSettings {
    /// The same printer with rows of labels of this length, gap included: a row that takes longer
    /// than the profile thought of, at the profile's speed, is given its time, because a printer
    /// that still prints must not be taken for one at rest.
    #[must_use]
    pub fn for_rows_of(mut self, row_mm: f32) -> Self {
        let Some(speed) = self.speed_mm_per_s.filter(|speed| *speed > 0) else { return self };
        let seconds = f64::from(row_mm.max(0.0)) / f64::from(speed);
        let row = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        self.still_for = self.still_for.max(row);
        self.rest_within = self.rest_within.max(row * RESTS_WITHIN_ROWS);
        self
    }

    /// How long a printer that is full may say of no label that it came out: one whose counter does
    /// not fit at every moment is believed when all of them have been out for the time of one.
    pub fn tells_within(&self) -> Duration {
        let window = u32::try_from(self.window).unwrap_or(u32::MAX);
        self.still_for.saturating_mul(window.saturating_add(1)).saturating_add(SEES_REST_WITHIN)
    }
}

/// So long it takes at most to see that a printer has come to rest: two looks at an idle one.
const SEES_REST_WITHIN: Duration = Duration::from_secs(1);

/// A printer whose labels were cancelled comes to rest within the time of so many rows: those of
/// the largest window, and twice the time that it must be seen at rest.
const RESTS_WITHIN_ROWS: u32 = 6;

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A table that is taken apart key by key; what is wrong is collected.
struct Keys {
    table: Table,
    problems: Vec<String>,
}

impl Keys {
    fn wrong(&mut self, key: &str, found: Option<&Value>, wanted: impl fmt::Display) {
        let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        self.problems.push(format!("{key}: found {found}, wanted {wanted}"));
    }

    fn text(&mut self, key: &str) -> String {
        match self.table.remove(key) {
            Some(Value::String(text)) if !text.is_empty() => text,
            other => {
                self.wrong(key, other.as_ref(), "text in quotes");
                String::new()
            }
        }
    }

    /// One of these words; the first one where it is wrong.
    fn word<T: Copy, const N: usize>(&mut self, key: &str, words: [(&str, T); N]) -> T {
        let value = self.table.remove(key);
        let text = value.as_ref().and_then(Value::as_str);
        if let Some((_, meant)) = words.iter().find(|(word, _)| Some(*word) == text) {
            return *meant;
        }
        self.wrong(key, value.as_ref(), words.map(|(word, _)| format!("\"{word}\"")).join(" or "));
        words[0].1
    }

    fn number(&mut self, key: &str, from: u64, to: u64) -> u64 {
        let value = self.table.remove(key);
        let number = value.as_ref().and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok());
        number.filter(|number| (from..=to).contains(number)).unwrap_or_else(|| {
            self.wrong(key, value.as_ref(), format_args!("{from} to {to}"));
            from
        })
    }

    fn number_of(&mut self, key: &str, known: &[u64]) -> u64 {
        let value = self.table.remove(key);
        let number = value.as_ref().and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok());
        number.filter(|number| known.contains(number)).unwrap_or_else(|| {
            let wanted: Vec<_> = known.iter().map(ToString::to_string).collect();
            self.wrong(key, value.as_ref(), format_args!("one of {}", wanted.join(", ")));
            known[0]
        })
    }

    fn peeler(&mut self) -> bool {
        let words = [("off", true), ("none", false)];
        self.table.contains_key("peeler") && self.word("peeler", words)
    }

    fn confirms(&mut self) -> Vec<Confirms> {
        const WANTED: &str =
            "a list of \"counter\", \"echo\", \"batch_drain\", \"external_io\", or []";
        let value = self.table.remove("confirms");
        let Some(Value::Array(listed)) = &value else {
            self.wrong("confirms", value.as_ref(), WANTED);
            return Vec::new();
        };
        let mut confirms = Vec::new();
        for item in listed {
            match item.as_str() {
                Some("counter") => confirms.push(Confirms::Counter),
                Some("echo") => confirms.push(Confirms::Echo),
                Some("batch_drain") => confirms.push(Confirms::BatchDrain),
                Some("external_io") => confirms.push(Confirms::ExternalIo),
                _ => self.wrong("confirms", Some(item), WANTED),
            }
        }
        confirms
    }

    fn status(&mut self) -> StatusChannel {
        const WANTED: &str = "{ channel = \"same\" } or { channel = \"json\", port = 9200 }";
        let value = self.table.remove("status");
        let found = value.as_ref().and_then(Value::as_table).and_then(|table| {
            let port = table.get("port").map(|port| u16::try_from(port.as_integer()?).ok());
            match (table.get("channel")?.as_str()?, port, table.len()) {
                ("same", None, 1) => Some(StatusChannel::Same),
                ("json", Some(Some(port)), 2) if port > 0 => Some(StatusChannel::Json { port }),
                _ => None,
            }
        });
        found.unwrap_or_else(|| {
            self.wrong("status", value.as_ref(), WANTED);
            StatusChannel::Same
        })
    }

    /// Whatever is left was not asked for.
    fn known(&mut self) {
        let left: Vec<_> = self.table.keys().cloned().collect();
        self.problems.extend(left.iter().map(|key| format!("{key}: means nothing here")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = include_str!("../../printers/generic-zpl-300.toml");

    #[test]
    fn every_built_in_profile_is_right_and_a_line_can_use_it() {
        for name in Profile::names() {
            let profile = Profile::load(name).unwrap();
            let settings = profile.settings("p:9100").unwrap();
            assert_eq!(settings.dots_per_mm, Some(profile.dots_per_mm), "{name}");
            let width_mm =
                f64::from(profile.head_width_dots) / f64::from(profile.exact_dots_per_mm());
            assert!((100.0..=180.0).contains(&width_mm), "{name}: {width_mm}");
        }
    }

    #[test]
    fn a_row_longer_than_the_profile_thought_of_is_given_its_time() {
        let settings = Profile::load("desk-zpl-203").unwrap().settings("p:9100").unwrap();
        let speed = settings.speed_mm_per_s.unwrap();
        let short = settings.clone().for_rows_of(42.0);
        assert_eq!(short, settings, "the profile's time is enough");
        let long = settings.for_rows_of(302.0);
        let takes = Duration::from_secs_f64(302.0 / f64::from(speed));
        assert!(long.still_for > Duration::from_secs(1), "{:?}", long.still_for);
        let window = u32::try_from(long.window).unwrap();
        assert!(long.tells_within() > takes * window, "{:?}", long.tells_within());
        assert!(long.still_for >= takes && long.rest_within > long.still_for * 2, "{long:?}");
    }

    #[test]
    fn every_file_of_a_printer_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("printers");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        assert_eq!(files, Profile::names().collect::<Vec<_>>());
    }

    #[test]
    fn a_name_that_is_not_known_is_told_with_those_that_are() {
        let error = Profile::load("typewriter").unwrap_err().to_string();
        assert!(
            error.starts_with(
                "there is no printer profile \"typewriter\"; there are desk-zpl-203, "
            ),
            "{error}"
        );
        let missing = Profile::load("no/such.toml").unwrap_err();
        assert!(matches!(missing, ProfileError::Unreadable { .. }), "{missing}");
    }

    #[test]
    fn a_profile_may_be_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, RIGHT).unwrap();
        assert_eq!(Profile::load(file.to_str().unwrap()).unwrap(), Profile::parse(RIGHT).unwrap());
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let wrong = RIGHT
            .replace("window = 2", "window = 9\nspeed = 3")
            .replace("dots_per_mm = 12", "dots_per_mm = 11")
            .replace("language = \"zpl\"", "language = \"epl\"")
            .replace("status = { channel = \"same\" }", "status = { channel = \"json\" }")
            .replace("confirms = [\"counter\"", "confirms = [\"hope\"");
        let error = Profile::parse(&wrong).unwrap_err().to_string();
        for part in [
            "window: found 9, wanted 1 to 4",
            "speed: means nothing here",
            "dots_per_mm: found 11, wanted one of 6, 8, 12, 24",
            "language: found \"epl\", wanted \"zpl\" or \"tspl\"",
            "status: found { channel = \"json\" }, wanted ",
            "confirms: found \"hope\", wanted a list of ",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(
            Profile::parse("name = 3").unwrap_err().to_string().contains("window: found nothing")
        );
        assert!(matches!(Profile::parse("name"), Err(ProfileError::Form(_))));
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        let tspl = include_str!("../../printers/generic-tspl-203.toml");
        let error = Profile::parse(&tspl.replace("window = 1", "window = 2")).unwrap_err();
        assert!(error.to_string().contains("window: wanted 1"), "{error}");
        let error = Profile::parse(&tspl.replace("\"batch_drain\"", "\"counter\"")).unwrap_err();
        assert!(error.to_string().contains("neither counter nor echo"), "{error}");
    }

    #[test]
    fn the_best_evidence_is_taken_and_a_printer_may_have_none() {
        let with = |list: &str| {
            let text = include_str!("../../printers/desk-zpl-203.toml");
            let start = text.find("confirms = ").unwrap();
            let end = start + text[start..].find('\n').unwrap();
            let text = format!("{}confirms = {list}{}", &text[..start], &text[end..]);
            let profile = Profile::parse(&text).unwrap();
            (profile.evidence(), profile.settings("p:9100").is_some())
        };
        assert_eq!(with(r#"["counter", "batch_drain"]"#), (Some(Evidence::Counter), true));
        assert_eq!(with(r#"["echo", "batch_drain"]"#), (Some(Evidence::Echo), true));
        assert_eq!(with(r#"["external_io"]"#), (None, false));
        assert_eq!(with("[]"), (None, false));
    }
}
