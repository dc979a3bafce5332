//! Calibration of a camera with a card of known reflectance: measured once, kept in a file beside
//! the data, loaded by the camera's name.
mod patch;

pub use patch::{Measured, PatchProblem, measure};

use crate::telemetry::clock::Micros;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between the two patches must lie so many of the 255 greys: less, and noise of the camera decides.
const LEAST_GREYS: f32 = 40.0;
/// And so much reflectance: cards have 3 to 5 % and 80 to 90 %.
const LEAST_REFLECTANCE: f32 = 0.3;
/// What a camera can be, in pixels a millimetre.
pub const PX_PER_MM: std::ops::RangeInclusive<f32> = 1.0..=1_000.0;
/// The longest name of a camera.
const NAME_CHARS: usize = 64;

/// After this long a card is to be measured again: lamps age, glass gathers dust. A rule of this
/// house; makers of verifiers ask for it every few weeks.
pub const FRESH_FOR: Duration = Duration::from_hours(30 * 24);

/// One patch: how bright the camera sees it, and how bright it is by the card's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Mean grey, 0 to 255.
    pub grey: f32,
    /// Reflectance, 0 to 1.
    pub reflectance: f32,
}

/// What is known of a camera: which grey is which reflectance, and how large a pixel is.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The camera, or the line that has it.
    pub camera: String,
    /// When.
    pub taken: Micros,
    /// The dark patch.
    pub dark: Patch,
    /// The light patch.
    pub light: Patch,
    /// Pixels a millimetre on the label, if they were measured.
    pub px_per_mm: Option<f32>,
    /// Which card: its number or name.
    pub card: Option<String>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    camera: String,
    taken: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    px_per_mm: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<String>,
    dark: Patch,
    light: Patch,
}

/// Why there is no calibration.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationProblem {
    /// The name would not be a file's.
    #[error(
        "'{0}' is no name of a camera; wanted letters, digits, '-', '_' and '.', not first, at \
         most {NAME_CHARS}"
    )]
    Name(String),
    /// Dark is lighter than light, or the greys lie too near each other.
    #[error(
        "the light patch is seen as grey {light:.1} and the dark one as {dark:.1}; wanted at least \
         {LEAST_GREYS} greys more: are they exchanged, or is the picture under-exposed?"
    )]
    Greys {
        /// Of the light patch.
        light: f32,
        /// Of the dark patch.
        dark: f32,
    },
    /// The reflectances are no card's.
    #[error(
        "reflectance {light} of the light patch and {dark} of the dark one; wanted 0 to 1 and at \
         least {LEAST_REFLECTANCE} between them, as the card's certificate says"
    )]
    Reflectances {
        /// Of the light patch.
        light: f32,
        /// Of the dark patch.
        dark: f32,
    },
    /// No camera sees so many or so few.
    #[error("{0} pixels a millimetre; wanted 1 to 1000")]
    Scale(f32),
    /// There is none of this name.
    #[error("camera '{name}' has no calibration in {folder}; there are: {known}")]
    Missing {
        /// The name.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// Which there are.
        known: String,
    },
    /// The file cannot be read or written.
    #[error("cannot {what} {path}")]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file does not say what it should.
    #[error("{path}: {why}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl Calibration {
    /// Where the calibrations are kept in a folder of data.
    pub fn folder(data_dir: &Path) -> PathBuf {
        data_dir.join("calibration")
    }

    /// Refuses what is no calibration.
    pub fn checked(self) -> Result<Self, CalibrationProblem> {
        check_name(&self.camera)?;
        let (light, dark) = (self.light, self.dark);
        let known = |patch: Patch| (0.0..=1.0).contains(&patch.reflectance);
        // Written so that what is not a number is refused, too.
        let apart = light.reflectance - dark.reflectance >= LEAST_REFLECTANCE;
        if !(known(light) && known(dark) && apart) {
            let (light, dark) = (light.reflectance, dark.reflectance);
            return Err(CalibrationProblem::Reflectances { light, dark });
        }
        let seen = |patch: Patch| (0.0..=255.0).contains(&patch.grey);
        if !(seen(light) && seen(dark) && light.grey - dark.grey >= LEAST_GREYS) {
            return Err(CalibrationProblem::Greys { light: light.grey, dark: dark.grey });
        }
        match self.px_per_mm {
            Some(scale) if !PX_PER_MM.contains(&scale) => Err(CalibrationProblem::Scale(scale)),
            Some(_) | None => Ok(self),
        }
    }

    /// The calibration of a camera, if one is kept in this folder.
    pub fn load(folder: &Path, camera: &str) -> Result<Self, CalibrationProblem> {
        check_name(camera)?;
        let path = file(folder, camera);
        if path.exists() {
            return Self::open(&path);
        }
        let known = Self::names(folder).join(", ");
        let known = if known.is_empty() { "none".to_owned() } else { known };
        let (name, folder) = (camera.to_owned(), folder.to_owned());
        Err(CalibrationProblem::Missing { name, folder, known })
    }

    /// The calibration of a line's camera, if there is one that can be used; why not is in the log.
    pub fn of_line(folder: &Path, line: &str) -> Option<Self> {
        match Self::load(folder, line) {
            Ok(found) => Some(found),
            Err(CalibrationProblem::Missing { .. }) => None,
            Err(problem) => {
                tracing::warn!(line, %problem, "a calibration is not used");
                None
            }
        }
    }

    /// Reads one file.
    pub fn open(path: &Path) -> Result<Self, CalibrationProblem> {
        let text = fs::read_to_string(path).map_err(|e| failed("read", path, e))?;
        let wrong = |why: String| CalibrationProblem::Content { path: path.to_owned(), why };
        let written: Written = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        let Written { camera, taken, px_per_mm, card, dark, light } = written;
        let taken: Timestamp =
            taken.parse().map_err(|_| wrong(format!("taken: '{taken}' is no time")))?;
        let taken = Micros(taken.as_microsecond());
        let read = Self { camera, taken, dark, light, px_per_mm, card };
        read.checked().map_err(|problem| wrong(problem.to_string()))
    }

    /// Keeps it, whole or not at all, in place of the one before. Gives the file.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, CalibrationProblem> {
        check_name(&self.camera)?;
        let path = file(folder, &self.camera);
        let taken = Timestamp::from_microsecond(self.taken.0).unwrap_or_default().to_string();
        let written = Written {
            camera: self.camera.clone(),
            taken,
            px_per_mm: self.px_per_mm,
            card: self.card.clone(),
            dark: self.dark,
            light: self.light,
        };
        let text = toml::to_string(&written).expect("texts and numbers");
        fs::create_dir_all(folder).map_err(|e| failed("make the folder", folder, e))?;
        let unfinished = path.with_extension("part");
        fs::write(&unfinished, text).map_err(|e| failed("write", &unfinished, e))?;
        fs::rename(&unfinished, &path).map_err(|e| failed("name", &path, e))?;
        Ok(path)
    }

    /// The cameras whose calibration is kept in a folder, in the order of their names.
    pub fn names(folder: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".toml").map(str::to_owned)
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// Reflectance of a grey: a straight line through the two patches.
    pub fn reflectance(&self, grey: f32) -> f32 {
        let Self { dark, light, .. } = self;
        let slope = (light.reflectance - dark.reflectance) / (light.grey - dark.grey);
        dark.reflectance + (grey - dark.grey) * slope
    }

    /// How old it is, in words: `3 days old`.
    pub fn age(&self, now: Micros) -> String {
        let minutes = now.0.saturating_sub(self.taken.0) / 60_000_000;
        let some = |n: i64, what: &str| format!("{n} {what}{} old", if n == 1 { "" } else { "s" });
        match minutes {
            ..0 => "measured in the future: is the clock right?".to_owned(),
            0..=119 => some(minutes, "minute"),
            120..=2_879 => some(minutes / 60, "hour"),
            _ => some(minutes / 1_440, "day"),
        }
    }

    /// Whether the card is to be measured again: after [`FRESH_FOR`], or if the clock was changed.
    pub fn is_stale(&self, now: Micros) -> bool {
        let age = now.0.saturating_sub(self.taken.0);
        u64::try_from(age).map_or(true, |age| Duration::from_micros(age) > FRESH_FOR)
    }
}

fn check_name(name: &str) -> Result<(), CalibrationProblem> {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = !name.is_empty() && name.len() <= NAME_CHARS && name.chars().all(known);
    if good && !name.starts_with('.') {
        return Ok(());
    }
    Err(CalibrationProblem::Name(name.to_owned()))
}

fn file(folder: &Path, camera: &str) -> PathBuf {
    folder.join(format!("{camera}.toml"))
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> CalibrationProblem {
    CalibrationProblem::File { what, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Calibration {
        Calibration {
            camera: "line-1".into(),
            taken: Micros(1_800_000_000_000_000),
            dark: Patch { grey: 14.5, reflectance: 0.04 },
            light: Patch { grey: 214.25, reflectance: 0.85 },
            px_per_mm: Some(17.5),
            card: Some("no. 123".into()),
        }
    }

    #[test]
    fn what_was_kept_is_loaded_by_its_name() {
        let data = tempfile::tempdir().unwrap();
        let folder = Calibration::folder(data.path());
        assert!(Calibration::names(&folder).is_empty());
        good().save(&folder).unwrap();
        let other = Calibration { px_per_mm: None, card: None, camera: "b".into(), ..good() };
        other.save(&folder).unwrap();
        assert_eq!(Calibration::load(&folder, "line-1").unwrap(), good());
        assert_eq!(Calibration::load(&folder, "b").unwrap(), other);
        assert_eq!(Calibration::names(&folder), ["b", "line-1"]);
        let missing = Calibration::load(&folder, "c").unwrap_err().to_string();
        assert!(missing.contains("there are: b, line-1"), "{missing}");
    }

    #[test]
    fn a_grey_between_the_patches_has_a_reflectance_between_them() {
        let middle = good().reflectance(f32::midpoint(14.5, 214.25));
        assert!((middle - 0.445).abs() < 1e-4, "{middle}");
        assert!((good().reflectance(214.25) - 0.85).abs() < 1e-4);
    }

    #[test]
    fn nonsense_is_refused_with_the_reason() {
        let refused = |calibration: Calibration| calibration.checked().unwrap_err().to_string();
        let patch = |grey, reflectance| Patch { grey, reflectance };
        let said = refused(Calibration { light: patch(14.0, 0.85), ..good() });
        assert!(said.contains("exchanged"), "{said}");
        let said = refused(Calibration { light: patch(214.0, 0.02), ..good() });
        assert!(said.contains("certificate"), "{said}");
        assert!(refused(Calibration { dark: patch(f32::NAN, 0.04), ..good() }).contains("NaN"));
        assert!(refused(Calibration { light: patch(214.0, 85.0), ..good() }).contains("85"));
        assert!(refused(Calibration { px_per_mm: Some(0.0), ..good() }).contains("millimetre"));
        for name in ["", "../x", ".hidden", "a b", "a/b"] {
            assert!(refused(Calibration { camera: name.into(), ..good() }).contains("no name"));
            assert!(Calibration::load(Path::new("."), name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_file_that_says_something_else_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        for text in [
            "",
            "camera = 3",
            "camera='x'\ntaken='soon'\ndark={grey=1,reflectance=0}\nlight={grey=200,reflectance=0.8}",
        ] {
            fs::write(&path, text).unwrap();
            let said = Calibration::open(&path).unwrap_err().to_string();
            assert!(said.contains("x.toml"), "{said}");
        }
    }

    #[test]
    fn its_age_is_said_in_words() {
        let after = |minutes: i64| good().age(Micros(good().taken.0 + minutes * 60_000_000));
        assert_eq!(
            [after(1), after(119), after(120)],
            ["1 minute old", "119 minutes old", "2 hours old"]
        );
        assert_eq!(after(3 * 1_440 + 5), "3 days old");
        assert!(after(-1).contains("future"));
        let stale = |minutes: i64| good().is_stale(Micros(good().taken.0 + minutes * 60_000_000));
        assert_eq!([stale(0), stale(30 * 1_440), stale(30 * 1_440 + 1)], [false, false, true]);
        assert!(stale(-2), "nobody knows how old it is");
    }
}
