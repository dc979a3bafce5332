//! `GenICam` cameras (`GigE` Vision, USB3 Vision) through Aravis. Its objects live on one thread of
//! their own, which hands frames out.
use super::Trigger;
use super::frames::{Content, Frame, Shots};
use super::picture::Picture;
use super::source::AravisSettings;
use super::thread::{Eyes, Said};
use crate::line::{Cause, FrameOf};
use aravis::{
    AcquisitionMode, Buffer, BufferStatus, Camera, CameraExt as _, CameraExtManual as _,
    DeviceExt as _, GvStreamOption, PixelFormat, Stream, StreamExt as _,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Buffers that Aravis fills while we look at others.
const BUFFERS: usize = 8;
/// How long one look for a frame takes at most: so late a stop, or a wish of the line, is seen.
const LOOK: Duration = Duration::from_millis(5);
/// Whether the camera is still there is asked so often.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Register of the control channel's privilege (`GigE` Vision, bootstrap registers): 0 is nobody's.
const PRIVILEGE: u64 = 0x0a00;
/// `GigE` Vision counts frames from 1 to this, and then from 1 again.
const LAST_ID: u64 = 65_535;
/// A first frame with such a number says how many were lost before it; a greater one says that the
/// camera did not begin anew.
const FIRST_IDS: u64 = 16;

/// One connection: hands on every frame until the camera is lost. When this ends, the camera is let
/// go of.
pub(super) fn work(
    settings: &AravisSettings,
    trigger: Trigger,
    shots: &Shots,
    eyes: &Eyes,
) -> Result<(), Cause> {
    let camera = Camera::new(settings.name.as_deref()).map_err(|error| {
        tracing::debug!(%error, "no camera");
        Cause::Unreachable
    })?;
    let stream = prepare(&camera, settings, trigger).map_err(|error| {
        tracing::warn!(%error, "the camera does not take its settings");
        Cause::WrongDevice
    })?;
    camera.start_acquisition().map_err(|_| Cause::Faulty)?;
    eyes.say(Said::Up);
    let ended = look(&camera, &stream, trigger, shots, eyes);
    match ended {
        // To let go of a camera that is gone takes long; the line must know at once.
        Err(cause @ Cause::Unreachable) => eyes.say(Said::Lost(cause)),
        Ok(()) | Err(_) => {
            if let Err(error) = camera.stop_acquisition() {
                tracing::debug!(%error, "the camera does not stop");
            }
        }
    }
    ended
}

fn prepare(
    camera: &Camera,
    settings: &AravisSettings,
    trigger: Trigger,
) -> Result<Stream, aravis::glib::Error> {
    if let Some((left, top, width, height)) = settings.region {
        let [left, top, width, height] =
            [left, top, width, height].map(|pixels| i32::try_from(pixels).unwrap_or(i32::MAX));
        camera.set_region(left, top, width, height)?;
    }
    if let Some(exposure) = settings.exposure_us {
        camera.set_exposure_time(f64::from(exposure))?;
    }
    camera.set_string("PixelFormat", "Mono8")?;
    camera.set_acquisition_mode(AcquisitionMode::Continuous)?;
    match trigger {
        Trigger::Device if settings.line.is_empty() => {}
        Trigger::Device => camera.set_trigger(&settings.line)?,
        Trigger::Line => camera.set_trigger("Software")?,
        Trigger::Nobody => camera.clear_triggers()?,
    }
    if camera.is_gv_device() {
        // Raw sockets are for root only, and see nothing on some interfaces.
        camera.gv_set_stream_options(GvStreamOption::PACKET_SOCKET_DISABLED);
    }
    let stream = camera.create_stream()?;
    let len = camera.payload()? as usize;
    for _ in 0..BUFFERS {
        stream.push_buffer(Buffer::new_allocate(len));
    }
    Ok(stream)
}

/// Takes frame after frame until it is told to stop or the camera is gone.
fn look(
    camera: &Camera,
    stream: &Stream,
    trigger: Trigger,
    shots: &Shots,
    eyes: &Eyes,
) -> Result<(), Cause> {
    let lost = Arc::new(AtomicBool::new(false));
    if let Some(device) = camera.device() {
        let lost = Arc::clone(&lost);
        device.connect_control_lost(move |_| lost.store(true, Ordering::Relaxed));
    }
    let mut ids = Ids { last: None, of_gige: camera.is_gv_device() };
    let mut asked = None;
    let mut ask_at = Instant::now() + ASK_EVERY;
    while !eyes.are_to_close() {
        if trigger == Trigger::Line
            && asked.is_none()
            && let Some(tag) = shots.try_next()
        {
            throw_away_late(stream);
            camera.software_trigger().map_err(|_| Cause::Unreachable)?;
            asked = Some((tag, Instant::now()));
        }
        let patience = u64::try_from(LOOK.as_micros()).unwrap_or(u64::MAX);
        let Some(buffer) = stream.timeout_pop_buffer(patience) else {
            let late = |(_, since): &mut (_, Instant)| since.elapsed() > ASK_EVERY;
            // Its frame is lost; the line rejects what it has not seen.
            asked.take_if(late);
            if ask_at <= Instant::now() {
                if lost.load(Ordering::Relaxed) || !is_ours(camera) {
                    return Err(Cause::Unreachable);
                }
                eyes.heard();
                ask_at = Instant::now() + ASK_EVERY;
            }
            continue;
        };
        eyes.heard();
        let count = ids.next(buffer.frame_id());
        let of = match trigger {
            Trigger::Device => Some(FrameOf::Count(count)),
            Trigger::Line => asked.take().map(|(tag, _)| FrameOf::Tag(tag)),
            Trigger::Nobody => shots.of_frame(Instant::now()).map(FrameOf::Tag),
        };
        let content = content(&buffer);
        stream.push_buffer(buffer);
        if of.is_some() || trigger == Trigger::Nobody {
            eyes.put(Frame { of, content: content? });
        }
    }
    Ok(())
}

/// Frames that are here before a picture is asked for are of a product before, which was given up.
fn throw_away_late(stream: &Stream) {
    // A buffer that is given back is filled before it comes again; more than all are not here.
    for late in (0..BUFFERS).map_while(|_| stream.try_pop_buffer()) {
        tracing::debug!(id = late.frame_id(), "a frame comes too late for its product");
        stream.push_buffer(late);
    }
}

/// Whether a camera that may be asked still says that we control it.
fn is_ours(camera: &Camera) -> bool {
    let Some(device) = camera.device() else { return false };
    let privilege = || device.read_register(PRIVILEGE);
    !camera.is_gv_device() || privilege().is_ok_and(|(_, value)| value != 0)
}

/// The picture in a buffer. A frame of which packets were lost is no picture.
fn content(buffer: &Buffer) -> Result<Content, Cause> {
    let status = buffer.status();
    if status != BufferStatus::Success {
        tracing::warn!(?status, id = buffer.frame_id(), "a frame is not whole");
        return Ok(Content::Spoiled);
    }
    let format = buffer.image_pixel_format();
    let sides = (u32::try_from(buffer.image_width()), u32::try_from(buffer.image_height()));
    let (PixelFormat::MONO_8, (Ok(width), Ok(height))) = (format, sides) else {
        tracing::warn!(
            format = format.raw(),
            "the camera sends something else than 8 bits of grey"
        );
        return Err(Cause::Garbled);
    };
    let mut luma = buffer.image_data();
    luma.truncate(width as usize * height as usize);
    if luma.len() < width as usize * height as usize {
        return Ok(Content::Spoiled);
    }
    Ok(Content::Grey(Picture { width, height, luma }))
}

/// Counts frames by the numbers that the camera gives them.
struct Ids {
    last: Option<(u64, u32)>,
    of_gige: bool,
}

impl Ids {
    fn next(&mut self, id: u64) -> u32 {
        let count = match self.last {
            None if self.of_gige && (1..=FIRST_IDS).contains(&id) => u32::try_from(id).unwrap_or(1),
            None => 1,
            Some((last, count)) if id > last => {
                count.saturating_add(u32::try_from(id - last).unwrap_or(u32::MAX))
            }
            // There is no frame 0.
            Some((last, count)) if self.of_gige && last <= LAST_ID => {
                count.saturating_add(u32::try_from(LAST_ID - last + id.max(1)).unwrap_or(1))
            }
            Some((_, count)) => count.saturating_add(1),
        };
        self.last = Some((id, count));
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_by_their_numbers() {
        let counts = |of_gige, ids: &[u64]| -> Vec<u32> {
            let mut counted = Ids { last: None, of_gige };
            ids.iter().map(|id| counted.next(*id)).collect()
        };
        assert_eq!(counts(true, &[1, 2, 5]), [1, 2, 5]);
        assert_eq!(counts(true, &[3, 4]), [3, 4], "two were lost before we saw any");
        assert_eq!(counts(true, &[65_534, 65_535, 1, 3]), [1, 2, 3, 5]);
        assert_eq!(counts(false, &[0, 1, 4]), [1, 2, 5]);
    }
}
