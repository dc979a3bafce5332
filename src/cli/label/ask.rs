//! What the arguments of `label` name: designs, printers, codes.
use super::super::EX_CONFIG;
use super::super::say_to_person;
use crate::app::chain;
use crate::code::{self, CodeText};
use crate::label::{Design, DesignProblem, Goods, Head, LabelFormat, Language, designs};
use crate::print::{Profile, ProfileError};
use std::path::Path;
use std::process::ExitCode;

/// Dots a millimetre of a 300 dpi head.
const DEFAULT_HEAD: f32 = 300.0 / 25.4;

/// Something named by an argument that is not as it should be.
#[derive(Debug)]
pub(super) struct Wrong {
    words: String,
    code: ExitCode,
}

impl Wrong {
    /// The argument names nothing that there is.
    fn argument(words: String) -> Self {
        Self { words, code: ExitCode::FAILURE }
    }

    /// The file is there, and its content is wrong.
    fn file(path: &Path, words: &dyn std::fmt::Display) -> Self {
        Self { words: format!("{}: {words}", path.display()), code: ExitCode::from(EX_CONFIG) }
    }

    /// Says it, and with which exit code the process ends.
    pub(super) fn tell(&self) -> ExitCode {
        say_to_person(&format!("markwright: {}", self.words));
        self.code
    }
}

/// A shipped design by its name, or one from a file.
pub(super) fn design(named: &str) -> Result<Design, Wrong> {
    if let Some(shipped) = crate::label::design(named) {
        return Ok(shipped.clone());
    }
    let shipped: Vec<&str> = designs().iter().map(|design| design.name.as_str()).collect();
    let text = read(named, &shipped)?;
    let folder = Path::new(named).parent().unwrap_or(Path::new(""));
    let beside = |name: &str| std::fs::read(folder.join(name)).ok();
    Design::parse_with(&text, beside).map_err(|problem| Wrong::file(Path::new(named), &problem))
}

/// The head of a printer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Printer {
    pub(super) name: String,
    pub(super) dots_per_mm: f32,
    /// What is known of it, where one was named.
    profile: Option<Profile>,
}

impl Printer {
    /// What it speaks, where that is known.
    pub(super) fn language(&self) -> Option<Language> {
        self.profile.as_ref().map(|profile| profile.language)
    }

    /// Refuses a label that this printer cannot print or store; a head that nobody named prints any.
    pub(super) fn takes(
        &self,
        design: &Design,
        goods: &Goods,
        code: &CodeText,
    ) -> Result<(), DesignProblem> {
        let Some(profile) = &self.profile else { return Ok(()) };
        let mut head = Head::new(profile.language, self.dots_per_mm);
        head.width_dots = Some(profile.head_width_dots);
        head.memory_bytes = Some(profile.memory_bytes());
        LabelFormat::new(design, goods, code, &head).map(drop)
    }
}

/// A shipped profile by its name, or one from a file.
pub(super) fn printer(named: Option<&str>) -> Result<Printer, Wrong> {
    let Some(named) = named else {
        let name = "a 300 dpi head".to_owned();
        return Ok(Printer { name, dots_per_mm: DEFAULT_HEAD, profile: None });
    };
    let profile = Profile::load(named).map_err(|error| match error {
        ProfileError::Unknown { .. } | ProfileError::Unreadable { .. } => {
            Wrong::argument(chain(&error))
        }
        ProfileError::Form(_) | ProfileError::Wrong { .. } => {
            Wrong::file(Path::new(named), &chain(&error))
        }
    })?;
    let dots_per_mm = profile.exact_dots_per_mm();
    Ok(Printer { name: profile.name.clone(), dots_per_mm, profile: Some(profile) })
}

fn read(named: &str, shipped: &[&str]) -> Result<String, Wrong> {
    std::fs::read_to_string(named).map_err(|error| {
        let shipped = shipped.join(", ");
        Wrong::argument(format!(
            "no label design is called '{named}', and as a file it cannot be read ({error}); \
             shipped are {shipped}"
        ))
    })
}

/// A code as people write it: with its separator as `<GS>`, `\u001d`, `\x1d` or as it is.
pub(super) fn code(written: &str) -> Result<CodeText, Wrong> {
    let written = written.replace("\\x1d", "\u{1d}").replace("\\x1D", "\u{1d}");
    let (mut taken, aside) = code::read_array(&written, None);
    let hint = "a code looks like 0104810093011694212k6rsrti<GS>93#SzU, in single quotes";
    match (taken.pop(), aside.first()) {
        (_, Some(bad)) => Err(Wrong::argument(format!("--code: {}; {hint}", bad.refusal))),
        (Some(code), None) if taken.is_empty() => Ok(code.text),
        (Some(_), None) => {
            Err(Wrong::argument("--code: more than one; `label sheet` takes many".into()))
        }
        (None, None) => Err(Wrong::argument(format!("--code: empty; {hint}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_understood_in_every_way_of_writing_it() {
        for gs in ["<GS>", "\\u001d", "\\u001D", "\\x1d", "\\x1D", "\u{1d}"] {
            let code = code(&format!("0104810093011694212k6rsrti{gs}93#SzU")).unwrap();
            assert_eq!(code.as_str(), "0104810093011694212k6rsrti\u{1d}93#SzU", "{gs}");
        }
        for bad in ["", "rubbish", "0104810093011694212k6rsrti<GS>93#SzU\nrubbish"] {
            assert!(code(bad).unwrap_err().words.starts_with("--code: "), "{bad}");
        }
    }

    #[test]
    fn what_is_not_there_is_answered_with_what_is() {
        let words = design("58x41").unwrap_err().words;
        assert!(words.contains("'58x41'") && words.contains("58x40"), "{words}");
        let words = printer(Some("typewriter")).unwrap_err().words;
        assert!(words.contains("generic-zpl-300"), "{words}");
        let head = printer(Some("zebra-zt411-300")).unwrap().dots_per_mm;
        assert!((head - 11.811).abs() < 0.001 && (head - DEFAULT_HEAD).abs() < 1e-6);
    }
}
