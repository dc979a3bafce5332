//! A folder into which somebody drops pictures: each whole file is a frame, once.
use super::ends::{End, Ends};
use super::frames::{Content, Frame, Frames};
use super::session::{Count, Post, Trouble};
use super::source::{Afterwards, FileOrder, FolderSettings};
use crate::line::{Cause, FrameOf, Tag};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// What a file of a picture ends with; everything else is not looked at, so that a writer can give
/// a file its name when it is whole.
const ENDINGS: [&str; 6] = ["jpg", "jpeg", "png", "bmp", "pgm", "jpe"];

/// Hands on every picture that is dropped into the folder from now on, until the folder is gone.
///
/// What is in it at the beginning was taken of products that are gone: it is put away unread. A
/// file is put away before it is told of, so that none is read twice after a restart.
pub(super) async fn watch(
    settings: &FolderSettings,
    most_bytes: usize,
    frames: &Frames,
    post: &Post<'_>,
) -> Trouble {
    let mut folder = Folder {
        settings: settings.clone(),
        most_bytes,
        waiting: BTreeMap::new(),
        done: BTreeSet::new(),
    };
    let mut count = Count::default();
    let mut first = true;
    loop {
        let now = Instant::now();
        let looked = spawn_blocking(move || {
            let found = if first { folder.begin().map(|()| Vec::new()) } else { folder.look(now) };
            (folder, found)
        });
        let Ok((after, found)) = looked.await else { return Trouble::Asked };
        folder = after;
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, folder = %settings.path.display(), "folder of pictures");
                return Cause::Unreachable.into();
            }
        };
        if first && let Err(trouble) = post.up().await {
            return trouble;
        }
        first = false;
        for Dropped { tag, content } in found {
            post.heard();
            let of = match tag {
                Some(tag) => Ok(FrameOf::Tag(tag)),
                None => count.next(None),
            };
            match of {
                Ok(of) => frames.put(Frame { of: Some(of), content }),
                Err(cause) => return cause.into(),
            }
        }
        tokio::time::sleep(settings.every).await;
    }
}

struct Folder {
    settings: FolderSettings,
    most_bytes: usize,
    /// Files that are not whole yet: how long they were, and since when.
    waiting: BTreeMap<String, (u64, Instant)>,
    /// Files that were read and stay.
    done: BTreeSet<String>,
}

/// A file that was dropped.
struct Dropped {
    tag: Option<Tag>,
    content: Content,
}

/// A file in the folder.
struct Entry {
    name: String,
    len: u64,
    changed: SystemTime,
}

/// What is known of a file.
enum State {
    Whole(Vec<u8>),
    Growing,
    Spoiled(&'static str),
}

impl Folder {
    /// Puts away what is there already.
    fn begin(&mut self) -> io::Result<()> {
        let entries = self.entries()?;
        if !entries.is_empty() {
            tracing::info!(files = entries.len(), "pictures from before are not read");
        }
        entries.into_iter().try_for_each(|entry| self.put_away(&entry.name))
    }

    /// The files that became whole, or never will. Files are taken in their order: one that is not
    /// whole yet holds back those after it.
    fn look(&mut self, now: Instant) -> io::Result<Vec<Dropped>> {
        let mut entries = self.entries()?;
        let names: BTreeSet<_> = entries.iter().map(|entry| entry.name.clone()).collect();
        self.waiting.retain(|name, _| names.contains(name));
        self.done.retain(|name| names.contains(name));
        entries.retain(|entry| !self.done.contains(&entry.name));
        let mut found = Vec::new();
        for entry in entries {
            let Ok(tag) = self.tag(&entry.name) else {
                tracing::warn!(file = entry.name, "a file has no tag in its name: not read");
                self.put_away(&entry.name)?;
                continue;
            };
            let content = match self.state(&entry, now) {
                Ok(State::Growing) => break,
                Ok(State::Whole(body)) => Content::File { kind: String::new(), body },
                Ok(State::Spoiled(why)) => {
                    tracing::warn!(file = entry.name, why, "a file is no picture");
                    Content::Spoiled
                }
                // Somebody took it away in this moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            self.put_away(&entry.name)?;
            found.push(Dropped { tag, content });
        }
        Ok(found)
    }

    fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.settings.path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let ending = Path::new(&name).extension().and_then(|ending| ending.to_str());
            let ending = ending.map(str::to_ascii_lowercase).unwrap_or_default();
            if name.starts_with('.') || !ENDINGS.contains(&ending.as_str()) {
                continue;
            }
            let Ok(about) = entry.metadata() else { continue };
            if about.is_file() {
                entries.push(Entry { name, len: about.len(), changed: about.modified()? });
            }
        }
        match self.settings.order {
            FileOrder::Name => entries.sort_by(|a, b| a.name.cmp(&b.name)),
            FileOrder::Time => {
                entries.sort_by(|a, b| (a.changed, &a.name).cmp(&(b.changed, &b.name)));
            }
        }
        Ok(entries)
    }

    /// The tag in a file's name; nothing where files are counted.
    fn tag(&self, name: &str) -> Result<Option<Tag>, ()> {
        let Some((before, after)) = &self.settings.tag_between else { return Ok(None) };
        let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).ok_or(())?;
        tag_between(stem, before, after).map(Some).ok_or(())
    }

    fn state(&mut self, entry: &Entry, now: Instant) -> io::Result<State> {
        if entry.len > self.most_bytes as u64 {
            return Ok(State::Spoiled("too big"));
        }
        let (len, since) = *self.waiting.entry(entry.name.clone()).or_insert((u64::MAX, now));
        let settled = len == entry.len && now.duration_since(since) >= self.settings.settle;
        // Only what has grown can have become whole.
        if len == entry.len && !settled {
            return Ok(State::Growing);
        }
        let body = self.read(&entry.name)?;
        match Ends::default().of(&body) {
            End::At(end) if end == body.len() => return Ok(State::Whole(body)),
            // Something follows the picture, and may still grow.
            End::At(_) if settled => return Ok(State::Whole(body)),
            _ if settled => return Ok(State::Spoiled("it is not whole")),
            End::At(_) | End::Later | End::Unknown => {}
        }
        self.waiting.insert(entry.name.clone(), (body.len() as u64, now));
        Ok(State::Growing)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        let file = fs::File::open(self.settings.path.join(name))?;
        file.take(self.most_bytes as u64).read_to_end(&mut body)?;
        Ok(body)
    }

    fn put_away(&mut self, name: &str) -> io::Result<()> {
        self.waiting.remove(name);
        let path = self.settings.path.join(name);
        let done = match &self.settings.afterwards {
            Afterwards::Delete => fs::remove_file(path),
            Afterwards::Move(folder) => {
                fs::create_dir_all(folder)?;
                fs::rename(path, free_name(folder, name))
            }
            Afterwards::Leave => {
                self.done.insert(name.to_owned());
                Ok(())
            }
        };
        match done {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

/// A reader that begins to count anew after a restart must not overwrite what it dropped before.
fn free_name(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let again = |n: u32| folder.join(format!("{n}-{name}"));
    if !path.exists() {
        return path;
    }
    (2..10_000).map(again).find(|path| !path.exists()).unwrap_or(path)
}

/// The number between two texts in a name; the last such place counts.
fn tag_between(stem: &str, before: &str, after: &str) -> Option<Tag> {
    let number_before = |end: usize| {
        let digits = stem[..end].bytes().rev().take_while(u8::is_ascii_digit).count();
        let (head, number) = stem[..end].split_at(end - digits);
        if head.ends_with(before) { number.parse().ok().map(Tag) } else { None }
    };
    if after.is_empty() {
        return number_before(stem.len());
    }
    stem.rmatch_indices(after).find_map(|(end, _)| number_before(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const GREY_MAP: &[u8] = b"P5 2 2 255\n1234";
    const SETTLE: Duration = Duration::from_secs(2);

    struct Bench {
        here: tempfile::TempDir,
        folder: Folder,
        now: Instant,
    }

    fn bench(change: impl FnOnce(&mut FolderSettings)) -> Bench {
        let here = tempfile::tempdir().unwrap();
        let mut settings = FolderSettings {
            path: here.path().to_owned(),
            every: Duration::from_millis(20),
            settle: SETTLE,
            tag_between: None,
            order: FileOrder::Name,
            afterwards: Afterwards::Delete,
        };
        change(&mut settings);
        let (waiting, done) = (BTreeMap::new(), BTreeSet::new());
        let folder = Folder { settings, most_bytes: 100, waiting, done };
        Bench { here, folder, now: Instant::now() }
    }

    impl Bench {
        fn drop_file(&self, name: &str, content: &[u8]) {
            fs::write(self.here.path().join(name), content).unwrap();
        }

        fn look(&mut self) -> Vec<(Option<u32>, bool)> {
            let found = self.folder.look(self.now).unwrap();
            let whole = |content: &Content| matches!(content, Content::File { .. });
            found.iter().map(|f| (f.tag.map(|tag| tag.0), whole(&f.content))).collect()
        }

        fn names(&self, folder: &str) -> Vec<String> {
            let entries = fs::read_dir(self.here.path().join(folder)).unwrap();
            let mut names: Vec<_> =
                entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn whole_files_come_in_order_and_once_and_others_are_not_looked_at() {
        let mut bench = bench(|settings| {
            settings.tag_between = Some(("_".to_owned(), "_ok".to_owned()));
        });
        for name in ["l_0010_ok.pgm", "l_0009_ok.PGM", "notes.txt", "l_0011_ok.pgm.part"] {
            bench.drop_file(name, GREY_MAP);
        }
        assert_eq!(bench.look(), [(Some(9), true), (Some(10), true)]);
        assert_eq!(bench.look(), []);
        assert_eq!(bench.names(""), ["l_0011_ok.pgm.part", "notes.txt"]);
    }

    #[test]
    fn a_file_that_grows_is_waited_for_and_holds_back_those_after_it() {
        let mut bench = bench(|_| {});
        bench.drop_file("1.pgm", &GREY_MAP[..12]);
        bench.drop_file("2.pgm", GREY_MAP);
        assert_eq!(bench.look(), []);
        bench.drop_file("1.pgm", GREY_MAP);
        assert_eq!(bench.look(), [(None, true), (None, true)]);
    }

    #[test]
    fn a_file_that_never_becomes_whole_is_a_frame_with_nothing_in_it() {
        let mut bench = bench(|_| {});
        bench.drop_file("1.pgm", &GREY_MAP[..12]);
        bench.drop_file("2.pgm", &[7; 200]);
        assert_eq!(bench.look(), []);
        bench.now += SETTLE;
        assert_eq!(bench.look(), [(None, false), (None, false)]);
        assert!(bench.names("").is_empty());
    }

    #[test]
    fn what_follows_a_picture_in_its_file_is_waited_for() {
        let mut bench = bench(|_| {});
        bench.drop_file("1.pgm", &[GREY_MAP, b"more"].concat());
        assert_eq!(bench.look(), []);
        bench.now += SETTLE;
        assert_eq!(bench.look().len(), 1);
    }

    #[test]
    fn files_from_before_are_put_away_unread() {
        let mut leave = bench(|settings| settings.afterwards = Afterwards::Leave);
        leave.drop_file("1.pgm", GREY_MAP);
        leave.folder.begin().unwrap();
        leave.drop_file("2.pgm", GREY_MAP);
        assert_eq!(leave.look().len(), 1);
        assert_eq!(leave.look().len(), 0);
        assert_eq!(leave.names("").len(), 2);
    }

    #[test]
    fn moved_files_do_not_overwrite_each_other() {
        let mut bench = bench(|settings| {
            settings.afterwards = Afterwards::Move(settings.path.join("done"));
        });
        for _ in 0..2 {
            bench.drop_file("1.pgm", GREY_MAP);
            assert_eq!(bench.look().len(), 1);
        }
        assert_eq!(bench.names("done"), ["1.pgm", "2-1.pgm"]);
    }

    #[test]
    fn the_tag_is_the_number_between_two_texts() {
        let cases = [
            ("img_0042", "_", "", Some(42)),
            ("7", "", "", Some(7)),
            ("a-7-b-8-b", "a-7-b-", "-b", Some(8)),
            ("t12x34", "t", "x", Some(12)),
            ("t12x34x", "t", "x", Some(12)),
            ("t12x34", "t", "x34", Some(12)),
            ("t12", "s", "", None),
            ("t", "t", "", None),
            ("t99999999999", "t", "", None),
        ];
        for (stem, before, after, wanted) in cases {
            assert_eq!(tag_between(stem, before, after).map(|tag| tag.0), wanted, "{stem}");
        }
    }
}
