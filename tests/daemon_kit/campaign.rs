//! What campaigns have in common: their numbers, their plays, and the place of each.
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::task::{JoinError, JoinSet};

/// A number that a person gave by this name.
pub(crate) fn number_from(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

/// Plays every seed, so many at a time, and hands over what comes of each; the seed of one that
/// broke off.
pub(crate) async fn play_all<Report: Send + 'static, Play>(
    mut seeds: std::ops::Range<u64>,
    at_once: u64,
    play: impl Fn(u64) -> Play,
    mut take: impl FnMut(Result<Report, (u64, JoinError)>),
) where
    Play: Future<Output = Report> + Send + 'static,
{
    let (mut running, mut seed_of) = (JoinSet::new(), HashMap::new());
    loop {
        while (running.len() as u64) < at_once
            && let Some(seed) = seeds.next()
        {
            seed_of.insert(running.spawn(play(seed)).id(), seed);
        }
        let Some(done) = running.join_next_with_id().await else { break };
        take(done.map(|(_, report)| report).map_err(|broken| (seed_of[&broken.id()], broken)));
    }
}

/// A new folder, in memory where the machine has such a place: what `kill -9` leaves behind does
/// not depend on a disk.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::with_prefix_in("markwright-", memory) } else { TempDir::new() }
        .unwrap()
}

pub(crate) fn store_file(folder: &Path) -> PathBuf {
    folder.join("data/markwright.db")
}

/// How every configuration begins.
pub(crate) fn head(folder: &Path) -> String {
    let data = folder.join("data");
    format!("data_dir = \"{}\"\n[web]\nlisten = \"127.0.0.1:0\"\n", data.display())
}
