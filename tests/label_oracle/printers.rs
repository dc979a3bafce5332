//! Printers that are not ours: zplkit draws ZPL, labelize draws ZPL and TSPL, zxing-cpp reads it.
use super::{READ, output, python};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Draws every file and writes a picture for each label. zplkit refuses commands of the device;
/// ours are the quantity and the echo.
const DRAW: &str = r"
import re, sys
from zplkit import Options, render
from zplkit.rendering import Limits
limits = Limits(labels=1000, pixels=2**30, input_bytes=2**24)
size = dict(width=int(sys.argv[1]), height=int(sys.argv[2]), dpi=int(sys.argv[3]))
for name in sys.argv[4:]:
    zpl = re.sub(rb'\^PQ[^^]*|\^FH_\^HV[^^]*\^FS', b'', open(name, 'rb').read())
    drawn = render(zpl, Options(profile='zd621', **size), limits=limits)
    for at, label in enumerate(drawn.labels, 1):
        open(f'{name}_{at}.png', 'wb').write(label.png())
";

/// Compares pictures by their black dots: how many differ, and how many the first one has.
const COMPARE: &str = r"
import sys
from PIL import Image, ImageChops
a, b = (Image.open(name).convert('L').point(lambda v: 255 * (v < 128)) for name in sys.argv[1:3])
if len(sys.argv) > 3:
    x, y = map(int, sys.argv[3:5])
    b = b.crop((x, y, x + a.width, y + a.height))
assert a.size == b.size, (a.size, b.size)
print(ImageChops.difference(a, b).histogram()[255], a.histogram()[255])
";

/// What the labels are printed on.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "units last")]
pub(crate) struct Paper {
    pub(crate) width_mm: f32,
    pub(crate) height_mm: f32,
    pub(crate) dots_per_mm: f32,
}

/// A folder full of label files and their pictures, gone with its value.
pub(crate) struct Pictures {
    _dir: tempfile::TempDir,
    /// One for each label, in the order of printing.
    pub(crate) files: Vec<PathBuf>,
}

impl Pictures {
    /// What zplkit makes of these files.
    pub(crate) fn by_zplkit(files: &[Vec<u8>], paper: Paper) -> Self {
        let (dir, names) = written(files, "zpl");
        let dots = |mm: f32| (mm * paper.dots_per_mm).round().to_string();
        let dpi = match paper.dots_per_mm {
            dots if dots < 10.0 => "203",
            dots if dots < 20.0 => "300",
            _ => "600",
        };
        let mut arguments = vec![dots(paper.width_mm), dots(paper.height_mm), dpi.to_owned()];
        arguments.extend(names.iter().map(|name| name.to_str().unwrap().to_owned()));
        python(DRAW, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let files = names.iter().flat_map(|name| drawn(&format!("{}_", name.display()))).collect();
        Self { _dir: dir, files }
    }

    /// What labelize makes of these files of the language that `ending` says.
    pub(crate) fn by_labelize(files: &[Vec<u8>], ending: &str, paper: Paper) -> Self {
        let (dir, names) = written(files, ending);
        let mut drawn_files = Vec::new();
        for name in &names {
            let picture = name.with_extension("png");
            let mut labelize = Command::new(labelize());
            labelize.arg("convert").arg(name).arg("-o").arg(&picture);
            labelize.args(["--dpmm", &paper.dots_per_mm.to_string()]);
            if ending == "zpl" {
                // TSPL says itself how large the paper is.
                labelize.args(["--width", &paper.width_mm.to_string()]);
                labelize.args(["--height", &paper.height_mm.to_string()]);
            }
            output(&mut labelize);
            if picture.exists() {
                drawn_files.push(picture);
            } else {
                let stem = picture.with_extension("");
                drawn_files.extend(drawn(&format!("{}_", stem.display())));
            }
        }
        Self { _dir: dir, files: drawn_files }
    }

    /// For each label what zxing-cpp reads, from left to right.
    pub(crate) fn read(&self) -> Vec<String> {
        let names: Vec<&str> = self.files.iter().map(|file| file.to_str().unwrap()).collect();
        python(READ, &names).lines().map(str::to_owned).collect()
    }
}

/// How many dots differ between two pictures, and how many the first one has. With a place, the
/// first one is held against that place of the second.
pub(crate) fn compared(a: &Path, b: &Path, place: Option<(u32, u32)>) -> (u32, u32) {
    let mut arguments = vec![a.to_str().unwrap().to_owned(), b.to_str().unwrap().to_owned()];
    arguments.extend(place.iter().flat_map(|(x, y)| [x.to_string(), y.to_string()]));
    let printed = python(COMPARE, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let (differ, black) = printed.trim().split_once(' ').unwrap();
    (differ.parse().unwrap(), black.parse().unwrap())
}

fn labelize() -> PathBuf {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/oracles/bin/labelize");
    assert!(program.exists(), "{} is missing: `tests/run` installs it", program.display());
    program
}

fn written(files: &[Vec<u8>], ending: &str) -> (tempfile::TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let names = (0..files.len()).map(|at| dir.path().join(format!("labels{at}.{ending}")));
    let names: Vec<PathBuf> = names.collect();
    for (name, bytes) in names.iter().zip(files) {
        std::fs::write(name, bytes).unwrap();
    }
    (dir, names)
}

/// The pictures `<start>1.png`, `<start>2.png` and so on.
fn drawn(start: &str) -> Vec<PathBuf> {
    let names = (1..).map(|at| PathBuf::from(format!("{start}{at}.png")));
    names.take_while(|name| name.exists()).collect()
}
