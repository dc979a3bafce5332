//! Pictures that a command is given: files, and folders with them.
use crate::grading::ENDINGS;
use anyhow::Context as _;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The file itself, or the pictures of a folder in the order of their names.
pub(super) fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        let special = path.exists() && !path.is_file();
        anyhow::ensure!(!special, "{} is neither a file nor a folder", path.display());
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(|| format!("list {}", path.display()))? {
        let file = entry?.path();
        let ending = file.extension().map(OsStr::to_ascii_lowercase);
        if ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
            files.push(file);
        }
    }
    files.sort();
    let wanted = ENDINGS.join(", ");
    anyhow::ensure!(!files.is_empty(), "no picture ({wanted}) in {}", path.display());
    Ok(files)
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
