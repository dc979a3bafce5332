//! A file that is written whole or not at all.
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Where the bytes go: a file, or standard output for `-`. A file gets its name when all of it is
/// on the disk; until then it has another, and what stood there before stays.
pub(super) fn write(
    to: &Path,
    draw: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if to == Path::new("-") {
        let mut out = BufWriter::new(io::stdout().lock());
        draw(&mut out)?;
        return out.flush().context("write to standard output");
    }
    let part = part(to)?;
    let written = File::create(&part)
        .with_context(|| format!("create {}", part.display()))
        .and_then(|file| {
            let mut write = BufWriter::new(file);
            draw(&mut write)?;
            write.flush()?;
            write.get_ref().sync_all()?;
            fs::rename(&part, to).with_context(|| format!("name {}", to.display()))
        });
    if written.is_err() {
        // It is of no use to anybody; that it cannot be removed is not what went wrong.
        let _ = fs::remove_file(&part);
    }
    written
}

/// The name of a file that is being written, beside its last one.
fn part(to: &Path) -> anyhow::Result<PathBuf> {
    let Some(name) = to.file_name() else {
        bail!("{} is no file name; use `-o FILE`, or `-o -` for standard output", to.display());
    };
    let mut part = OsString::from(".");
    part.push(name);
    part.push(format!(".{}.part", std::process::id()));
    Ok(to.with_file_name(part))
}
