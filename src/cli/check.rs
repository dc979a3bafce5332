//! `check`: is every configuration right?
use super::{EX_CONFIG, say, say_to_person};
use crate::config;
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks files, or all files of folders, and names everything that is wrong:
/// `file: key: found …, wanted …`. Exit code 78 if anything is.
///
/// Whether the files that a configuration names (tokens, passwords) are on this machine is said,
/// too, but it is no fault of the configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  markwright check line-configs
  markwright check line-configs/print-apply.toml")]
pub(super) struct Check {
    /// Files (*.toml) or folders with them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

impl Check {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut wrong = false;
        for path in &self.paths {
            for file in files(path)? {
                match config::load(&file) {
                    Ok(_) => say(&format!("{}: right", file.display())),
                    Err(error) if error.is_of_this_machine() => {
                        say(&format!("{}: right; before it runs on this machine:", file.display()));
                        say(&error.to_string());
                    }
                    Err(error) => {
                        wrong = true;
                        say_to_person(&error.to_string());
                    }
                }
            }
        }
        Ok(if wrong { ExitCode::from(EX_CONFIG) } else { ExitCode::SUCCESS })
    }
}

fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let list = || format!("list {}", path.display());
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(list)? {
        let file = entry.with_context(list)?.path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
