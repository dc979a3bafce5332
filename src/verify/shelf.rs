//! Pictures: the last ones in memory, those worth keeping in files. The oldest make room.
use super::marked::marked;
use super::picture::Picture;
use super::reading::Spot;
use crate::line::PictureId;
use crate::symbol::grade::Grade;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

/// Pictures that can still be asked for: more than there are products between camera and verdict.
const PICTURES_IN_MEMORY: usize = 64;
/// And no more than this many pixels of them.
const BYTES_IN_MEMORY: usize = 24 * 1024 * 1024;

/// The last pictures. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Recent(Arc<Mutex<VecDeque<Taken>>>);

type Taken = (PictureId, Arc<Shown>);

/// A picture, what was found in it, and how that was graded.
pub(super) struct Shown {
    pub(super) picture: Picture,
    pub(super) spot: Spot,
    pub(super) grade: Option<Grade>,
}

impl Recent {
    pub(super) fn put(&self, id: PictureId, shown: Arc<Shown>) {
        let mut pictures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pictures.push_back((id, shown));
        let size = |shown: &Arc<Shown>| shown.picture.luma.len();
        let mut bytes: usize = pictures.iter().map(|(_, shown)| size(shown)).sum();
        while pictures.len() > PICTURES_IN_MEMORY || (bytes > BYTES_IN_MEMORY && pictures.len() > 1)
        {
            bytes -= pictures.pop_front().map_or(0, |(_, shown)| size(&shown));
        }
    }

    pub(super) fn get(&self, id: PictureId) -> Option<Arc<Shown>> {
        let pictures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pictures.iter().find(|(known, _)| *known == id).map(|(_, shown)| Arc::clone(shown))
    }
}

/// Why a picture is not in a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    #[error("cannot {what} {path}")]
    File { what: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot make a PNG")]
    Png(#[from] image::ImageError),
}

/// A folder of pictures by number, at most so many bytes. It waits for the disk: only for threads
/// that may.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    most_bytes: u64,
    /// Bytes of each picture, its overlay counted with it.
    sizes: BTreeMap<u64, u64>,
    bytes: u64,
}

impl Shelf {
    /// Opens a folder, and makes it where there is none.
    pub(super) fn open(folder: PathBuf, most_bytes: u64) -> Result<Self, ShelfError> {
        fs::create_dir_all(&folder).map_err(|e| failed("make the folder", &folder, e))?;
        let entries = fs::read_dir(&folder).map_err(|e| failed("list", &folder, e))?;
        let mut sizes = BTreeMap::new();
        for (id, size) in entries.flatten().filter_map(|entry| size_of(&entry)) {
            *sizes.entry(id).or_insert(0) += size;
        }
        let bytes = sizes.values().sum();
        Ok(Self { folder, most_bytes, sizes, bytes })
    }

    /// Puts a picture into a file, and what was found in it, or where was looked, drawn over it into
    /// another, each whole or not at all; throws away the oldest ones while there are too many bytes.
    pub(super) fn put(&mut self, id: PictureId, shown: &Shown) -> Result<(), ShelfError> {
        let Picture { width, height, luma } = &shown.picture;
        let mut size =
            self.write(&self.path(id.0), luma, (*width, *height), ExtendedColorType::L8)?;
        if let Some(drawn) = marked(shown) {
            let (path, sides) = (self.overlay_path(id.0), (drawn.width, drawn.height));
            size += self.write(&path, &drawn.rgb, sides, ExtendedColorType::Rgb8)?;
        }
        let before = self.sizes.insert(id.0, size).unwrap_or(0);
        self.bytes = self.bytes - before + size;
        self.make_room()
    }

    fn write(
        &self,
        path: &Path,
        pixels: &[u8],
        (width, height): (u32, u32),
        colours: ExtendedColorType,
    ) -> Result<u64, ShelfError> {
        let mut png = Vec::new();
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive)
            .write_image(pixels, width, height, colours)?;
        let unfinished = self.folder.join("unfinished.part");
        fs::write(&unfinished, &png).map_err(|e| failed("write", &unfinished, e))?;
        fs::rename(&unfinished, path).map_err(|e| failed("name", path, e))?;
        Ok(png.len() as u64)
    }

    fn make_room(&mut self) -> Result<(), ShelfError> {
        while self.bytes > self.most_bytes
            && self.sizes.len() > 1
            && let Some((id, size)) = self.sizes.pop_first()
        {
            self.bytes -= size;
            for path in [self.path(id), self.overlay_path(id)] {
                match fs::remove_file(&path) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => {
                        return Err(failed("throw away", &path, e));
                    }
                    Ok(()) | Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id}.png"))
    }

    fn overlay_path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id}-overlay.png"))
    }
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> ShelfError {
    ShelfError::File { what, path: path.to_owned(), source }
}

fn size_of(entry: &fs::DirEntry) -> Option<(u64, u64)> {
    let name = entry.file_name();
    let stem = name.to_str()?.strip_suffix(".png")?;
    let id = stem.strip_suffix("-overlay").unwrap_or(stem).parse().ok()?;
    Some((id, entry.metadata().ok()?.len()))
}

#[cfg(test)]
mod tests {
    use super::super::reading::{self, Known};
    use super::*;
    use crate::symbol::{self, Separator, Size};

    fn noise(seed: u32) -> Shown {
        let luma =
            (0..64 * 64_u32).map(|n| (n.wrapping_mul(n ^ seed) >> 3).to_le_bytes()[0]).collect();
        let picture = Picture { width: 64, height: 64, luma };
        Shown { picture, spot: Spot::Unread, grade: None }
    }

    /// A symbol of ours, five pixels a module, and its grade.
    fn graded() -> Shown {
        let text = "0104810093011694212k6rsrti\u{1d}93#SzU";
        let modules = symbol::encode_gs1(text, Size::Smallest, Separator::Fnc1).unwrap();
        let side = (modules.side() + 8) * 5;
        let dark = |at: u32| {
            let (x, y) = (at % side / 5, at / side / 5);
            (4..modules.side() + 4).contains(&x)
                && (4..modules.side() + 4).contains(&y)
                && modules.get(x - 4, y - 4)
        };
        let luma = (0..side * side).map(|at| if dark(at) { 30 } else { 220 }).collect();
        let picture = Picture { width: side, height: side, luma };
        let conditions = symbol::grade::Conditions::default();
        let left = || std::time::Duration::MAX;
        let seen = reading::read(&picture, &Known::default(), Some(&conditions), &left);
        Shown { picture, spot: seen.spot, grade: Some(seen.grade.unwrap()) }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_kept_picture_is_the_same_picture() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::open(folder.path().join("line"), 1 << 20).unwrap();
        shelf.put(PictureId(7), &noise(1)).unwrap();
        let kept = image::open(folder.path().join("line/7.png")).unwrap().into_luma8();
        assert_eq!(kept.into_raw(), noise(1).picture.luma);
    }

    #[test]
    fn the_oldest_pictures_make_room_and_a_restart_knows_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::open(folder.path().to_owned(), u64::MAX).unwrap();
        shelf.put(PictureId(0), &noise(1)).unwrap();
        let one = shelf.bytes;
        let mut shelf = Shelf::open(folder.path().to_owned(), one * 5 / 2).unwrap();
        (1..=2).for_each(|id| shelf.put(PictureId(id), &noise(1)).unwrap());
        let mut shelf = Shelf::open(folder.path().to_owned(), one * 5 / 2).unwrap();
        (3..=4).for_each(|id| shelf.put(PictureId(id), &noise(1)).unwrap());
        let kept = ["3-overlay.png", "3.png", "4-overlay.png", "4.png"];
        assert_eq!(names(folder.path()), kept);
    }

    #[test]
    fn a_graded_picture_has_an_overlay_that_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::open(folder.path().to_owned(), u64::MAX).unwrap();
        shelf.put(PictureId(1), &graded()).unwrap();
        let drawn = image::open(folder.path().join("1-overlay.png")).unwrap();
        assert_eq!(drawn.color(), image::ColorType::Rgb8);
        let size = |name| fs::metadata(folder.path().join(name)).unwrap().len();
        let both = size("1.png") + size("1-overlay.png");
        assert_eq!(shelf.bytes, both);
        let mut shelf = Shelf::open(folder.path().to_owned(), both).unwrap();
        assert_eq!(shelf.bytes, both, "a restart counts both");
        shelf.put(PictureId(2), &noise(1)).unwrap();
        assert_eq!(names(folder.path()), ["2-overlay.png", "2.png"]);
    }

    #[test]
    fn only_the_last_pictures_stay_in_memory() {
        let recent = Recent::default();
        (0..100).for_each(|id| recent.put(PictureId(id), Arc::new(noise(0))));
        assert!(recent.get(PictureId(35)).is_none());
        assert!(recent.get(PictureId(36)).is_some() && recent.get(PictureId(99)).is_some());
    }
}
