//! `read`: what the symbols in pictures say.
use super::pictures::{self, readable};
use super::{say, say_to_person};
use crate::app::chain;
use crate::grading::{self, Picture};
use crate::symbol::{self, Expected, Hints, Symbol};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::time::Instant;

/// Reads the `DataMatrix` in each picture. Exit code 1 if there is a picture in which nothing can
/// be read, or another code than expected; it is named.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  markwright read frame.png
  markwright read --json rejects
  markwright read --json --expect '0104810093011694212k6rsrti<GS>93#SzU' frame.png
  markwright read --size 20x20 --px-per-module 5 frame.png")]
pub(super) struct Read {
    /// Pictures (PNG, JPEG, PGM, BMP, TIFF), or folders with them.
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// One JSON object a line instead of words.
    #[arg(long)]
    json: bool,
    /// The code that must be there, `<GS>` for the separator.
    #[arg(long)]
    expect: Option<String>,
    #[command(flatten)]
    search: pictures::Search,
}

impl Read {
    pub(super) fn run(&self) -> ExitCode {
        let expected = self.expect.as_deref().map(pictures::code);
        let expected = expected.as_deref().map(Expected::new);
        let hints = self.search.hints();
        let mut all_right = true;
        for path in &self.pictures {
            match pictures::files(path) {
                Ok(files) => {
                    for file in files {
                        all_right &= self.one(&file, &hints, expected.as_ref());
                    }
                }
                Err(error) => {
                    let (name, reason) = (path.display().to_string(), format!("{error:#}"));
                    self.tell(&nothing(&name, &reason, 0.0), &reason);
                    all_right = false;
                }
            }
        }
        if all_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Reads one picture and says what is in it. Whether that is all right.
    fn one(&self, file: &Path, hints: &Hints, expected: Option<&Expected>) -> bool {
        let name = file.display();
        let picture = match Picture::open(file) {
            Ok(picture) => picture,
            Err(error) => {
                let reason = chain(&error);
                self.tell(&nothing(&name.to_string(), &reason, 0.0), &reason);
                return false;
            }
        };
        let begun = Instant::now();
        let left = grading::time_left(begun, self.search.within());
        let found = symbol::find_within(&picture.grey(), hints, expected, &left);
        let ms = grading::ms_since(begun);
        let Some(found) = found else {
            let reason = why_nothing(&picture);
            self.tell(&nothing(&name.to_string(), reason, ms), reason);
            return false;
        };
        let right = expected.is_none_or(|expected| expected.includes(&found.text));
        let words = format!(
            "{} {} {}{}",
            found.identifier,
            readable(&found.text),
            kind(&found),
            if right { "" } else { ": another code than expected" }
        );
        let mut object = described(&found);
        object["file"] = json!(name.to_string());
        object["ms"] = json!(ms);
        if expected.is_some() {
            object["expected"] = json!(right);
        }
        self.tell(&object, &words);
        right
    }

    fn tell(&self, object: &Value, words: &str) {
        let file = object["file"].as_str().unwrap_or_default();
        if self.json {
            say(&object.to_string());
        } else if object["text"].is_null() {
            say_to_person(&format!("{file}: {words}"));
        } else {
            say(&format!("{file}: {words}"));
        }
    }
}

/// The keys that every picture has, where nothing was read.
fn nothing(file: &str, reason: &str, ms: f64) -> Value {
    json!({
        "file": file, "text": null, "identifier": null, "corners": null, "ms": ms,
        "error": reason,
    })
}

fn why_nothing(picture: &Picture) -> &'static str {
    let pixels = u64::from(picture.width) * u64::from(picture.height);
    if pixels > symbol::MOST_PIXELS as u64 {
        "it has more than 67 million pixels: cut out the part with the symbol"
    } else {
        "no symbol can be read"
    }
}

fn described(found: &Symbol) -> Value {
    json!({
        "text": found.text,
        "identifier": found.identifier,
        "corners": found.corners.map(|(x, y)| [x, y]),
        "rows": found.rows,
        "cols": found.cols,
        "corrected": found.wrong.len(),
        "unused": found.unused,
        "mirrored": found.mirrored,
        "inverted": found.inverted,
    })
}

fn kind(found: &Symbol) -> String {
    let mirrored = if found.mirrored { ", mirrored" } else { "" };
    let inverted = if found.inverted { ", light on dark" } else { "" };
    let corrected = found.wrong.len();
    format!(
        "({} x {}, {corrected} codewords corrected{mirrored}{inverted})",
        found.rows, found.cols
    )
}
