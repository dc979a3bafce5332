//! Printer profiles: what a model is and how far it may be trusted, as data in `printers/*.toml`.
use super::PrinterSettings;
use serde::Deserialize;
use std::time::Duration;

/// What is known of a printer model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// For people.
    pub name: String,
    /// Its language.
    pub language: Language,
    /// Its resolution: 8, 12 or 24.
    pub dots_per_mm: u32,
    /// The widest line that its head prints, in dots.
    pub head_width_dots: u32,
    /// Labels that may be out and not yet counted, 1 to 4.
    pub window: usize,
    /// Print speed in millimetres a second that still gives a good `DataMatrix`.
    pub speed_mm_per_s: u32,
    /// How long one label takes at most, in milliseconds; its counter is believed after that.
    pub label_ms: u64,
}

/// Printer languages that can be spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Zebra's, and its emulations.
    Zpl,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not the form of a profile.
    #[error("printer profile is not understood")]
    Form(#[from] toml::de::Error),
    /// A number that cannot be.
    #[error("printer profile: {key}: found {found}, wanted {wanted}")]
    Number {
        /// Which.
        key: &'static str,
        /// Its value.
        found: u64,
        /// What may stand there.
        wanted: &'static str,
    },
}

/// The profiles that are part of the program, by name.
const BUILT_IN: [(&str, &str); 3] = [
    ("generic-zpl-300", include_str!("../../printers/generic-zpl-300.toml")),
    ("zebra-zt411-300", include_str!("../../printers/zebra-zt411-300.toml")),
    ("desk-zpl-203", include_str!("../../printers/desk-zpl-203.toml")),
];

impl Profile {
    /// The names of the profiles that are part of the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The profile of this name, if it is part of the program.
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Some(Self::parse(text).expect("a test reads every built-in profile"))
    }

    /// Reads a profile.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)?;
        let wrong = |key, found, wanted| Err(ProfileError::Number { key, found, wanted });
        if !matches!(profile.dots_per_mm, 6 | 8 | 12 | 24) {
            return wrong("dots_per_mm", profile.dots_per_mm.into(), "6, 8, 12 or 24");
        }
        if !(1..=4).contains(&profile.window) {
            return wrong("window", profile.window as u64, "1 to 4");
        }
        if !(100..=10_000).contains(&profile.label_ms) {
            return wrong("label_ms", profile.label_ms, "100 to 10000");
        }
        Ok(profile)
    }

    /// How a printer of this model at `addr` is to be treated.
    pub fn settings(&self, addr: impl Into<String>) -> PrinterSettings {
        PrinterSettings {
            dots_per_mm: Some(self.dots_per_mm),
            window: self.window,
            still_for: Duration::from_millis(self.label_ms),
            ..PrinterSettings::new(addr)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_read_and_found_by_its_name() {
        for name in Profile::names() {
            let profile = Profile::named(name).unwrap();
            assert_eq!(profile.settings("p:9100").dots_per_mm, Some(profile.dots_per_mm), "{name}");
        }
        assert_eq!(Profile::named("typewriter"), None);
    }

    #[test]
    fn a_wrong_number_is_named_with_what_may_stand_there() {
        let text = include_str!("../../printers/generic-zpl-300.toml");
        let wrong = text.replace("window = 2", "window = 9");
        let error = Profile::parse(&wrong).unwrap_err();
        assert_eq!(error.to_string(), "printer profile: window: found 9, wanted 1 to 4");
        assert!(matches!(Profile::parse("name = 3"), Err(ProfileError::Form(_))));
    }
}
