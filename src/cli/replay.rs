//! `replay`: a recorded hour through today's core.
use super::{say, say_to_person};
use crate::app::chain;
use crate::record::{Replay as Replayed, replay};
use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::time::Instant;

/// Not a recording, or none that this program understands.
const EX_UNREADABLE: u8 = 2;

/// Tells today's core what a line was told, and shows where it answers in another way.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 the same, 1 something differs, 2 the recording cannot be read.
Recordings are in data_dir/recordings/LINE; codes are in them as text: treat them as secrets.

Examples:
  markwright replay data/recordings/line-1/00001795342800000000.rec
  markwright replay --json FILE.rec | jq .differs"
)]
pub(super) struct Replay {
    /// The recording.
    file: PathBuf,
    /// Says it as JSON.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) fn run(&self) -> ExitCode {
        let opened = File::open(&self.file).map_err(crate::record::ReplayError::from);
        let done = opened.and_then(|file| replay(BufReader::new(file), Instant::now().into_std()));
        match done {
            Ok(done) => {
                say(&if self.json { json(&done) } else { words(&done) });
                if done.differs.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            }
            Err(problem) => {
                say_to_person(&format!("{}: {}", self.file.display(), chain(&problem)));
                ExitCode::from(EX_UNREADABLE)
            }
        }
    }
}

fn json(done: &Replayed) -> String {
    serde_json::to_string(done).expect("words and numbers become JSON")
}

fn words(done: &Replayed) -> String {
    let Replayed { line, program, facts, .. } = done;
    let mut words = format!("{line}, recorded by markwright {program}: {facts} facts replayed");
    if let Some(differs) = &done.differs {
        let _ =
            write!(words, "\nfact {} differs, at {} us: {}", differs.n, differs.at, differs.event);
        for (side, said) in [("recorded", &differs.recorded), ("today", &differs.today)] {
            let _ = write!(words, "\n  {side}:");
            words.extend(said.iter().map(|what| format!("\n    {what}")));
        }
        return words;
    }
    words += ", all the same";
    if done.is_cut {
        words += "; the file ends in the middle of a fact (the process was killed)";
    }
    if done.lost > 0 {
        let _ =
            write!(words, "; here {} facts are missing, what follows was not replayed", done.lost);
    }
    words
}
