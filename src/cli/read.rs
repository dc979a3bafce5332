//! `read`: what the symbols in pictures say.
use super::{say, say_to_person};
use crate::symbol::{self, Grey, Hints, Symbol};
use crate::telemetry::clock::Micros;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Longest side of a picture that is taken, in pixels.
const LONGEST_SIDE: u32 = 16_384;
/// Memory that decoding one file may take.
const MOST_DECODED_BYTES: u64 = 1 << 30;

/// Reads the `DataMatrix` in each picture. Exit code 1 if there is a picture in which nothing can
/// be read, or another code than expected; it is named.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  markwright read frame.png
  markwright read --json rejects
  markwright read --json --expect '0104810093011694212k6rsrti<GS>93#SzU' frame.png
  markwright read --size 20x20 --px-per-module 5 frame.png")]
pub(super) struct Read {
    /// Pictures (PNG, JPEG), or folders with them.
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// One JSON object a line instead of words.
    #[arg(long)]
    json: bool,
    /// The code that must be there, `<GS>` for the separator.
    #[arg(long)]
    expect: Option<String>,
    /// Rows and columns of modules, if they are known, such as 20x20.
    #[arg(long, value_parser = size)]
    size: Option<(u32, u32)>,
    /// Side of a module in pixels, if it is known, within a third.
    #[arg(long)]
    px_per_module: Option<f32>,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("'{text}' is no size; wanted rows x columns, such as 20x20");
    let (rows, cols) = text.split_once('x').ok_or_else(wrong)?;
    Ok((rows.parse().map_err(|_| wrong())?, cols.parse().map_err(|_| wrong())?))
}

impl Read {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let expected = self.expect.as_ref().map(|code| code.replace("<GS>", "\u{1d}"));
        let hints = Hints { size: self.size, module: self.px_per_module, ..Hints::default() };
        let mut all_right = true;
        for path in &self.pictures {
            for file in pictures(path)? {
                all_right &= self.one(&file, &hints, expected.as_deref());
            }
        }
        Ok(if all_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Reads one picture and says what is in it. Whether that is all right.
    fn one(&self, file: &Path, hints: &Hints, expected: Option<&str>) -> bool {
        let name = file.display();
        let (luma, width, height) = match grey(file) {
            Ok(grey) => grey,
            Err(error) => {
                let reason = format!("{error:#}");
                self.tell(
                    &json!({ "file": name.to_string(), "text": null, "error": reason }),
                    &reason,
                );
                return false;
            }
        };
        let begun = Micros::now();
        let found = Grey::new(&luma, width, height).and_then(|grey| symbol::find(&grey, hints));
        #[expect(clippy::cast_precision_loss, reason = "reading takes no days")]
        let ms = (Micros::now().0 - begun.0) as f64 / 1000.0;
        let Some(found) = found else {
            let reason = "no symbol can be read";
            let object =
                json!({ "file": name.to_string(), "text": null, "error": reason, "ms": ms });
            self.tell(&object, reason);
            return false;
        };
        let right = expected.is_none_or(|expected| expected == found.text);
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

fn readable(text: &str) -> String {
    text.replace('\u{1d}', "<GS>")
}

/// A picture as grey bytes.
fn grey(file: &Path) -> anyhow::Result<(Vec<u8>, u32, u32)> {
    let mut reader = image::ImageReader::open(file)
        .with_context(|| format!("open {}", file.display()))?
        .with_guessed_format()
        .context("read its first bytes")?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_DECODED_BYTES);
    reader.limits(limits);
    let grey = reader.decode().context("it is no picture that can be read")?.into_luma8();
    let (width, height) = grey.dimensions();
    Ok((grey.into_raw(), width, height))
}

/// The file itself, or the pictures of a folder in the order of their names.
fn pictures(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(|| format!("list {}", path.display()))? {
        let file = entry?.path();
        let ending = file.extension().map(OsStr::to_ascii_lowercase);
        if ending.is_some_and(|ending| ["png", "jpg", "jpeg"].iter().any(|known| ending == *known))
        {
            files.push(file);
        }
    }
    files.sort();
    anyhow::ensure!(!files.is_empty(), "no picture (png, jpg, jpeg) in {}", path.display());
    Ok(files)
}
