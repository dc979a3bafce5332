//! Cameras of this machine, through `Video4Linux`: frames by memory mapping, as grey, YUYV or JPEG.
use super::frames::{Content, Frame, Shots};
use super::thread::{Eyes, Said};
use super::{Trigger, luma};
use crate::line::{Cause, FrameOf};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;
use v4l::buffer::{Metadata, Type};
use v4l::io::traits::CaptureStream as _;
use v4l::prelude::MmapStream;
use v4l::video::Capture as _;
use v4l::{Device, Format, FourCC};

/// What we can read, the best first.
const FORMATS: [[u8; 4]; 3] = [*b"GREY", *b"YUYV", *b"MJPG"];
/// Frames that the driver fills while we look at others.
const BUFFERS: u32 = 4;
/// So late a stop is seen.
const LOOK: Duration = Duration::from_millis(100);

/// One connection: hands on every frame until the camera is lost.
pub(super) fn work(
    path: &Path,
    size: Option<(u32, u32)>,
    trigger: Trigger,
    shots: &Shots,
    eyes: &Eyes,
) -> Result<(), Cause> {
    let device = Device::with_path(path).map_err(|error| {
        tracing::debug!(%error, device = %path.display(), "no camera");
        Cause::Unreachable
    })?;
    let format = choose(&device, size)?;
    let stream = MmapStream::with_buffers(&device, Type::VideoCapture, BUFFERS);
    let mut stream = stream.map_err(|error| not_usable(&error))?;
    stream.set_timeout(LOOK);
    eyes.say(Said::Up);
    let mut before = Instant::now();
    let mut counted = Counted::default();
    while !eyes.are_to_close() {
        let (bytes, about) = match stream.next() {
            Ok(frame) => frame,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => continue,
            Err(error) => return Err(not_usable(&error)),
        };
        eyes.heard();
        let now = Instant::now();
        let count = counted.next(about.sequence);
        let of = match trigger {
            Trigger::Device => Some(FrameOf::Count(count)),
            // What comes out now began after the one before it had come out.
            Trigger::Line | Trigger::Nobody => shots.of_frame(before).map(FrameOf::Tag),
        };
        before = now;
        if of.is_some() || trigger == Trigger::Nobody {
            eyes.put(Frame { of, content: content(bytes, about, &format) });
        }
    }
    Ok(())
}

fn not_usable(error: &io::Error) -> Cause {
    tracing::warn!(%error, "the camera gives no frames");
    Cause::Faulty
}

/// The best format that the camera has.
fn choose(device: &Device, size: Option<(u32, u32)>) -> Result<Format, Cause> {
    let offered = device.enum_formats().map_err(|error| not_usable(&error))?;
    let known = FORMATS.into_iter().find(|known| offered.iter().any(|f| f.fourcc.repr == *known));
    let Some(known) = known else {
        tracing::warn!("the camera gives neither GREY nor YUYV nor MJPG");
        return Err(Cause::WrongDevice);
    };
    let mut format = device.format().map_err(|error| not_usable(&error))?;
    format.fourcc = FourCC::new(&known);
    if let Some((width, height)) = size {
        (format.width, format.height) = (width, height);
    }
    let format = device.set_format(&format).map_err(|error| not_usable(&error))?;
    let as_wished = size.is_none_or(|size| size == (format.width, format.height));
    if format.fourcc.repr != known || !as_wished {
        tracing::warn!(%format, "the camera does not take this size or format");
        return Err(Cause::WrongDevice);
    }
    Ok(format)
}

fn content(bytes: &[u8], about: &Metadata, format: &Format) -> Content {
    let bytes = &bytes[..bytes.len().min(about.bytesused as usize)];
    let (sides, stride) = ((format.width, format.height), format.stride as usize);
    let picture = match &format.fourcc.repr {
        b"GREY" => luma::grey(bytes, sides, stride),
        b"YUYV" => luma::yuyv(bytes, sides, stride),
        _ => return Content::File { kind: "image/jpeg".to_owned(), body: bytes.to_vec() },
    };
    picture.map_or(Content::Spoiled, Content::Grey)
}

/// Counts frames by the driver's numbers.
#[derive(Default)]
struct Counted {
    last: Option<u32>,
    count: u32,
}

impl Counted {
    fn next(&mut self, sequence: u32) -> u32 {
        let ahead = self.last.map_or(1, |last| sequence.wrapping_sub(last).max(1));
        self.last = Some(sequence);
        self.count = self.count.saturating_add(ahead);
        self.count
    }
}
