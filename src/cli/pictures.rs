//! Pictures that a command is given: files, and folders with them.
use super::number::whole;
use crate::grading::ENDINGS;
use crate::symbol::Hints;
use anyhow::Context as _;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file itself, or the pictures of a folder in the order of their names.
pub(super) fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        let special = path.exists() && !path.is_file();
        anyhow::ensure!(!special, "{} is neither a file nor a folder", path.display());
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(|| format!("list {}", path.display()))? {
        let file = entry.with_context(|| format!("list {}", path.display()))?.path();
        let ending = file.extension().map(OsStr::to_ascii_lowercase);
        let known = ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        if known && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    let wanted = ENDINGS.join(", ");
    anyhow::ensure!(!files.is_empty(), "no picture ({wanted}) in {}", path.display());
    Ok(files)
}

/// What is known of a symbol before it is looked for, and for how long it is.
#[derive(Debug, clap::Args)]
pub(super) struct Search {
    /// Rows and columns of modules, if they are known, such as 20x20.
    #[arg(long, value_parser = size)]
    size: Option<(u32, u32)>,
    /// Side of a module in pixels, if it is known, within a third.
    #[arg(long, value_parser = pitch)]
    px_per_module: Option<f32>,
    /// How long to look for a symbol that is hard to read, in milliseconds a picture.
    #[arg(long, value_name = "MS", default_value_t = 1000,
        value_parser = whole::<u32>(0..=600_000, "milliseconds"))]
    deep_within: u32,
}

impl Search {
    pub(super) fn hints(&self) -> Hints {
        Hints { size: self.size, module: self.px_per_module, ..Hints::default() }
    }

    pub(super) fn within(&self) -> Duration {
        Duration::from_millis(self.deep_within.into())
    }
}

/// A length in pixels, as an argument.
fn pitch(text: &str) -> Result<f32, String> {
    let wanted = 1.0..=1000.0;
    let pitch = text.parse().ok().filter(|pitch| wanted.contains(pitch));
    pitch.ok_or_else(|| format!("'{text}' is no module's side; wanted 1 to 1000 pixels"))
}

/// Rows x columns of modules, as an argument.
pub(super) fn size(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("'{text}' is no size; wanted rows x columns, such as 20x20");
    let (rows, cols) = text.split_once('x').ok_or_else(wrong)?;
    Ok((rows.parse().map_err(|_| wrong())?, cols.parse().map_err(|_| wrong())?))
}

/// A code as people write it on a command line, with `<GS>` for the separator.
pub(super) fn code(text: &str) -> String {
    text.replace("<GS>", "\u{1d}")
}

/// The same the other way.
pub(super) fn readable(text: &str) -> String {
    text.replace('\u{1d}', "<GS>")
}
