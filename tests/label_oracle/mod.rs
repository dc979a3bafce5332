//! Programs that are not ours, to judge what we draw. `tests/run` installs them.
#![allow(dead_code, reason = "each test program needs a part of it")]
pub(crate) mod codes;
pub(crate) mod printers;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints, for every picture, each symbol as hex of identifier and bytes, from left to right.
const READ: &str = r"
import sys, zxingcpp
from PIL import Image
for name in sys.argv[1:]:
    found = zxingcpp.read_barcodes(Image.open(name).convert('L'), formats=zxingcpp.BarcodeFormat.DataMatrix)
    found = sorted(found, key=lambda r: r.position.top_left.x)
    print(' '.join(r.symbology_identifier.encode().hex() + r.bytes.hex() for r in found))
";

/// Runs Python with zplkit, zxing-cpp and pillow on a script.
pub(crate) fn python(script: &str, arguments: &[&str]) -> String {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing: `tests/run` makes it (python3 -m venv target/test-venv; \
         target/test-venv/bin/pip install zplkit zxing-cpp pillow)",
        python.display()
    );
    output(Command::new(python).args(["-c", script]).args(arguments))
}

/// Runs a program and gives what it printed.
pub(crate) fn output(command: &mut Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command.output().unwrap_or_else(|e| {
        panic!("{program} does not start ({e}): `tests/run` installs it with apt-get")
    });
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program}: {errors}");
    String::from_utf8(done.stdout).expect("tools print UTF-8")
}

/// Identifier of GS1 `DataMatrix` and bytes of the code, as the scripts print what they read.
pub(crate) fn as_read(code: &str) -> String {
    let bytes = format!("]d2{code}").into_bytes();
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// What zxing-cpp reads on each page at 300 dpi.
pub(crate) fn read_pages(pdf: &Path, dir: &Path) -> Vec<String> {
    let prefix = dir.join("page");
    output(Command::new("pdftoppm").args(["-r", "300", "-gray", "-png"]).arg(pdf).arg(prefix));
    let mut pages: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "png"))
        .collect();
    pages.sort();
    let pages: Vec<&str> = pages.iter().map(|path| path.to_str().unwrap()).collect();
    python(READ, &pages).lines().map(str::to_owned).collect()
}
