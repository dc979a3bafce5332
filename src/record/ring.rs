//! How much of the past is kept.
use crate::telemetry::clock::Micros;
use std::fs;
use std::path::{Path, PathBuf};

/// How much of the past of a line is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingSettings {
    /// Bytes of all recordings together.
    pub bytes_max: u64,
    /// Hours after which a recording goes.
    pub hours_max: u32,
}

impl RingSettings {
    /// A recording is divided into files of about so many bytes: an eighth of all of it, so that what
    /// must go at once is not much.
    pub(super) const fn bytes_of_a_file(self) -> u64 {
        self.bytes_max / 8
    }

    /// Deletes the oldest recordings of a folder until `keep` fits in with the rest.
    pub(super) fn make_room(self, keep: &Path, keep_bytes: u64) {
        let mut others = others(keep);
        let mut total = keep_bytes + others.iter().map(|(_, bytes)| bytes).sum::<u64>();
        let hours = i64::from(self.hours_max);
        let too_old = Micros::now().0.saturating_sub(hours.saturating_mul(3_600_000_000));
        others.sort();
        for (path, bytes) in others {
            let is_old = began(&path).is_some_and(|at| at < too_old);
            if (total > self.bytes_max || is_old) && fs::remove_file(&path).is_ok() {
                total -= bytes;
            }
        }
    }
}

/// The recordings beside this one, with their sizes.
fn others(keep: &Path) -> Vec<(PathBuf, u64)> {
    let Some(entries) = keep.parent().and_then(|folder| fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "rec"))
        .filter(|entry| entry.path() != keep)
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.len())))
        .collect()
}

/// The name of a recording says when it began.
fn began(path: &Path) -> Option<i64> {
    path.file_stem()?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_recordings_make_room_and_those_that_are_too_old_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = |at: i64| folder.path().join(format!("{at:020}.rec"));
        let now = Micros::now().0;
        for age in [3_000, 2_000, 1_000] {
            fs::write(path(now - age), [0; 100]).unwrap();
        }
        fs::write(path(now - 7_200_000_000), [0; 1]).unwrap();
        let ring = RingSettings { bytes_max: 250, hours_max: 1 };
        ring.make_room(&path(now), 50);
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        left.sort();
        assert_eq!(left, [path(now - 2_000), path(now - 1_000)]);
    }
}
