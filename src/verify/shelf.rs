//! Pictures: the last ones in memory, those worth keeping in files. The oldest make room.
use super::picture::Picture;
use crate::line::PictureId;
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

type Taken = (PictureId, Arc<Picture>);

impl Recent {
    pub(super) fn put(&self, id: PictureId, picture: Arc<Picture>) {
        let mut pictures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pictures.push_back((id, picture));
        let mut bytes: usize = pictures.iter().map(|(_, picture)| picture.luma.len()).sum();
        while pictures.len() > PICTURES_IN_MEMORY || (bytes > BYTES_IN_MEMORY && pictures.len() > 1)
        {
            bytes -= pictures.pop_front().map_or(0, |(_, picture)| picture.luma.len());
        }
    }

    pub(super) fn get(&self, id: PictureId) -> Option<Arc<Picture>> {
        let pictures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pictures.iter().find(|(known, _)| *known == id).map(|(_, picture)| Arc::clone(picture))
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
    sizes: BTreeMap<u64, u64>,
    bytes: u64,
}

impl Shelf {
    /// Opens a folder, and makes it where there is none.
    pub(super) fn open(folder: PathBuf, most_bytes: u64) -> Result<Self, ShelfError> {
        fs::create_dir_all(&folder).map_err(|e| failed("make the folder", &folder, e))?;
        let entries = fs::read_dir(&folder).map_err(|e| failed("list", &folder, e))?;
        let sizes: BTreeMap<_, _> = entries.flatten().filter_map(|entry| size_of(&entry)).collect();
        let bytes = sizes.values().sum();
        Ok(Self { folder, most_bytes, sizes, bytes })
    }

    /// Puts a picture into a file, whole or not at all, and throws away the oldest ones while
    /// there are too many bytes.
    pub(super) fn put(&mut self, id: PictureId, picture: &Picture) -> Result<(), ShelfError> {
        let png = png(picture)?;
        let path = self.path(id.0);
        let unfinished = path.with_extension("part");
        fs::write(&unfinished, &png).map_err(|e| failed("write", &unfinished, e))?;
        fs::rename(&unfinished, &path).map_err(|e| failed("name", &path, e))?;
        let size = png.len() as u64;
        let before = self.sizes.insert(id.0, size).unwrap_or(0);
        self.bytes = self.bytes - before + size;
        self.make_room()
    }

    fn make_room(&mut self) -> Result<(), ShelfError> {
        while self.bytes > self.most_bytes
            && self.sizes.len() > 1
            && let Some((id, size)) = self.sizes.pop_first()
        {
            self.bytes -= size;
            let path = self.path(id);
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("throw away", &path, e));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id}.png"))
    }
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> ShelfError {
    ShelfError::File { what, path: path.to_owned(), source }
}

fn size_of(entry: &fs::DirEntry) -> Option<(u64, u64)> {
    let name = entry.file_name();
    let id = name.to_str()?.strip_suffix(".png")?.parse().ok()?;
    Some((id, entry.metadata().ok()?.len()))
}

fn png(picture: &Picture) -> Result<Vec<u8>, ShelfError> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&picture.luma, picture.width, picture.height, ExtendedColorType::L8)?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u32) -> Picture {
        let luma =
            (0..64 * 64_u32).map(|n| (n.wrapping_mul(n ^ seed) >> 3).to_le_bytes()[0]).collect();
        Picture { width: 64, height: 64, luma }
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
        assert_eq!(kept.into_raw(), noise(1).luma);
    }

    #[test]
    fn the_oldest_pictures_make_room_and_a_restart_knows_them() {
        let folder = tempfile::tempdir().unwrap();
        let one = png(&noise(1)).unwrap().len() as u64;
        let mut shelf = Shelf::open(folder.path().to_owned(), one * 5 / 2).unwrap();
        (1..=2).for_each(|id| shelf.put(PictureId(id), &noise(1)).unwrap());
        let mut shelf = Shelf::open(folder.path().to_owned(), one * 5 / 2).unwrap();
        (3..=4).for_each(|id| shelf.put(PictureId(id), &noise(1)).unwrap());
        assert_eq!(names(folder.path()), ["3.png", "4.png"]);
    }

    #[test]
    fn only_the_last_pictures_stay_in_memory() {
        let recent = Recent::default();
        (0..100).for_each(|id| recent.put(PictureId(id), Arc::new(noise(0))));
        assert!(recent.get(PictureId(35)).is_none());
        assert!(recent.get(PictureId(36)).is_some() && recent.get(PictureId(99)).is_some());
    }
}
