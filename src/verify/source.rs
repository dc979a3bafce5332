//! Where pictures or readings come from, and who says when one is taken.
use super::reader::ReaderSettings;
use std::path::PathBuf;
use std::time::Duration;

/// Where pictures or readings come from.
#[expect(clippy::large_enum_variant, reason = "there is one of them a line")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// HTTP, `multipart/x-mixed-replace`, a part a frame: grey map, JPEG, PNG or BMP. Parts may
    /// carry `Content-Length` and `X-Tag` (or `X-Trigger`), and need not.
    Stream {
        /// Its address.
        url: String,
    },
    /// HTTP, one picture a request.
    Snapshot {
        /// Its address.
        url: String,
        /// From one question to the next.
        every: Duration,
    },
    /// A folder into which somebody drops pictures.
    Folder(FolderSettings),
    /// A reader that sends texts over TCP. There are no pictures.
    Reader(ReaderSettings),
    /// A camera of this machine, through `Video4Linux`.
    V4l2 {
        /// Its device file.
        device: PathBuf,
        /// Width and height in pixels; nothing: as the camera stands.
        size: Option<(u32, u32)>,
    },
    /// A `GenICam` camera (`GigE` Vision, USB3 Vision), through Aravis.
    Aravis(AravisSettings),
}

impl Source {
    /// Whether nothing but its number says which product a frame shows, where a wire triggers it;
    /// nothing: the frames will tell.
    pub fn only_counts(&self) -> Option<bool> {
        match self {
            Self::Stream { .. } | Self::Snapshot { .. } => None,
            Self::Folder(folder) => Some(folder.tag_between.is_none()),
            Self::Reader(reader) => Some(!reader.pattern.has_tag()),
            Self::V4l2 { .. } | Self::Aravis(_) => Some(true),
        }
    }

    /// For logs: what it is and where.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Stream { url } | Self::Snapshot { url, .. } => url.clone(),
            Self::Folder(folder) => folder.path.display().to_string(),
            Self::Reader(reader) => reader.address.clone(),
            Self::V4l2 { device, .. } => device.display().to_string(),
            Self::Aravis(camera) => camera.name.clone().unwrap_or_else(|| "any camera".to_owned()),
        }
    }
}

/// Who says when a picture is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A wire to the device, from the PLC or a light barrier: every frame is a product.
    Device,
    /// The line, when the PLC tells it of the trigger: the frame after that is this product.
    Line,
    /// Nobody: frames come as they come, and only a symbol that was not in the frame before is
    /// told. Where it must be known which product a frame shows, this cannot be used.
    Nobody,
}

/// A folder into which somebody drops pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderSettings {
    /// The folder. Folders in it are not looked into.
    pub path: PathBuf,
    /// From one look to the next.
    pub every: Duration,
    /// A file that has not grown for so long and is no whole picture never will be one.
    pub settle: Duration,
    /// What is between the first and the second text of a file's name is the tag: decimal digits.
    /// Nothing: files are counted.
    pub tag_between: Option<(String, String)>,
    /// In which order files that are found together were taken.
    pub order: FileOrder,
    /// What becomes of a file that was read.
    pub afterwards: Afterwards,
}

/// In which order files that are found together were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOrder {
    /// As their names are sorted; numbers in names have leading zeros.
    Name,
    /// By the time of the last change.
    Time,
}

/// What becomes of a file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Afterwards {
    /// It is deleted.
    Delete,
    /// It is moved into this folder, on the same disk.
    Move(PathBuf),
    /// It stays; whoever puts it there takes it away.
    Leave,
}

/// A `GenICam` camera.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AravisSettings {
    /// Its name (`Vendor-Serial`), address or serial number; nothing: the first that is found.
    pub name: Option<String>,
    /// Left, top, width, height in pixels; nothing: as the camera stands.
    pub region: Option<(u32, u32, u32, u32)>,
    /// Exposure in microseconds; nothing: as the camera stands.
    pub exposure_us: Option<u32>,
    /// The input of the hardware trigger, such as `Line0`.
    pub line: String,
}
