//! The token between two lives of the process: in a file that only its owner may read, in a
//! directory that backups leave out.
use super::{ClientToken, LIFE, SignInError, SignInSettings};
use crate::telemetry::clock::Micros;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Programs that back up leave out a directory with this file in it (tar, borg, restic, …;
/// bford.info/cachedir).
const LEFT_OUT: (&str, &str) = (
    "CACHEDIR.TAG",
    "Signature: 8a477f597d28d172789f06886806bc55\n# Tokens: not to be backed up.\n",
);

/// A token and its life.
pub(super) struct Kept {
    pub(super) token: ClientToken,
    pub(super) made: Micros,
    pub(super) ends: Micros,
}

impl Kept {
    /// A token that was asked for at `made`, and that the other end says to end at `ends`.
    pub(super) fn new(token: ClientToken, made: Micros, ends: Option<Micros>) -> Self {
        let longest = Micros(made.0.saturating_add(micros(LIFE)));
        let ends = ends.filter(|ends| *ends > made).map_or(longest, |ends| ends.min(longest));
        Self { token, made, ends }
    }

    pub(super) fn left(&self, now: Micros) -> Duration {
        // A clock that was set back must not make it live longer.
        if now < self.made {
            return Duration::ZERO;
        }
        Duration::from_micros(u64::try_from(self.ends.0.saturating_sub(now.0)).unwrap_or_default())
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[derive(Serialize, Deserialize)]
struct Row {
    token: String,
    made: i64,
    ends: i64,
}

/// Where the token of one connection is kept.
pub(super) struct Place {
    dir: PathBuf,
    name: String,
}

impl Place {
    /// The name of the file tells apart addresses and connections without naming them.
    pub(super) fn new(dir: &Path, settings: &SignInSettings) -> Result<Self, SignInError> {
        let connection = settings.oms_connection.as_deref().unwrap_or_default();
        let whose = Sha256::digest(format!("{}\n{connection}", settings.base_url));
        let name =
            whose[..8].iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
        let place = Self { dir: dir.to_owned(), name };
        let disk = |source| SignInError::Disk { path: dir.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(disk)?;
        std::fs::write(dir.join(LEFT_OUT.0), LEFT_OUT.1).map_err(disk)?;
        place.read()?;
        Ok(place)
    }

    fn path(&self, end: &str) -> PathBuf {
        self.dir.join(format!("token-{}{end}", self.name))
    }

    fn disk(&self) -> impl FnOnce(io::Error) -> SignInError {
        |source| SignInError::Disk { path: self.path(".json"), source }
    }

    /// Holds other processes of ours off while this one signs in.
    pub(super) fn lock(&self) -> Result<File, SignInError> {
        let file = private().create(true).truncate(false).open(self.path(".lock"));
        let file = file.map_err(self.disk())?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(SignInError::Waiting {
                left: Duration::from_secs(1),
                last: "another process of ours is signing in".to_owned(),
            }),
            Err(std::fs::TryLockError::Error(source)) => Err(self.disk()(source)),
        }
    }

    /// The token, if there is one that can be read. A file that others may read is an error: the
    /// token in it is theirs, too.
    pub(super) fn read(&self) -> Result<Option<Kept>, SignInError> {
        let path = self.path(".json");
        let mode = match std::fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found.map_err(self.disk())?.permissions().mode(),
        };
        if mode & 0o077 != 0 {
            let file = path.display();
            let trouble = format!("may be read by others (mode {:o}): rm '{file}'", mode & 0o777);
            return Err(SignInError::File { path, trouble });
        }
        let text = std::fs::read(&path).map_err(self.disk())?;
        // Half a file, or one of another version: it is as if there were none.
        let row: Option<Row> = serde_json::from_slice(&text).ok();
        Ok(row.map(|row| {
            Kept::new(ClientToken::new(row.token), Micros(row.made), Some(Micros(row.ends)))
        }))
    }

    /// Writes it beside, then in place: there is always a whole file or none.
    pub(super) fn write(&self, kept: &Kept) -> Result<(), SignInError> {
        let row =
            Row { token: kept.token.secret().to_owned(), made: kept.made.0, ends: kept.ends.0 };
        let text = serde_json::to_vec(&row).expect("texts and numbers become JSON");
        let (beside, path) = (self.path(".new"), self.path(".json"));
        let mut file = private().create(true).truncate(true).open(&beside).map_err(self.disk())?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(self.disk())?;
        std::fs::rename(beside, path).map_err(self.disk())
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}
