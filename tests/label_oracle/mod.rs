//! Programs that are not ours, to judge what we draw. `tests/run` installs them.
use std::path::Path;
use std::process::Command;

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
