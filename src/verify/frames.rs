//! What waits between a source and the reader of its frames: bounded, the oldest gives way.
use super::picture::Picture;
use crate::line::{Cause, FrameOf, Tag};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Frames that wait to be read. More would only be late.
const FRAMES_WAITING: usize = 4;
/// Products whose picture was asked for and not yet taken.
const SHOTS_WAITING: usize = 16;
/// A product is still in front of the camera within this time after it was triggered for: at
/// 30 m/min it goes 75 mm, about what a camera that reads symbols of 10 to 20 mm has in view.
const IN_VIEW: Duration = Duration::from_millis(150);

/// One frame.
pub(super) struct Frame {
    /// What it is of; nothing: nobody knows.
    pub(super) of: Option<FrameOf>,
    pub(super) content: Content,
}

/// What a frame shows.
pub(super) enum Content {
    /// A picture as a file of this content type.
    File { kind: String, body: Vec<u8> },
    /// A picture.
    #[cfg_attr(
        not(any(feature = "aravis", feature = "v4l2")),
        expect(dead_code, reason = "only these give pixels")
    )]
    Grey(Picture),
    /// A frame that was taken and then lost or spoiled: nothing can be read in it.
    Spoiled,
}

/// Frames that wait to be read. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Frames(Arc<Inner<Waiting>>);

#[derive(Default)]
struct Inner<T> {
    state: Mutex<T>,
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    frames: VecDeque<Frame>,
    over: Option<Cause>,
}

impl Frames {
    /// Puts a frame behind the others. If too many wait, the oldest is lost: the line sees a gap
    /// in the count, or waits for this product's picture in vain.
    pub(super) fn put(&self, frame: Frame) {
        let mut state = locked(&self.0.state);
        state.frames.push_back(frame);
        let lost = (state.frames.len() > FRAMES_WAITING).then(|| state.frames.pop_front());
        drop(state);
        if let Some(Some(Frame { of: Some(of), .. })) = lost {
            tracing::warn!(%of, "frames come faster than they are read: one is lost");
        }
        self.0.changed.notify_one();
    }

    /// No more frames come, and why. What is here is still read.
    pub(super) fn end(&self, cause: Cause) {
        locked(&self.0.state).over = Some(cause);
        self.0.changed.notify_one();
    }

    /// The next frame, or why there are no more.
    pub(super) async fn next(&self) -> Result<Frame, Cause> {
        loop {
            {
                let mut state = locked(&self.0.state);
                if let Some(frame) = state.frames.pop_front() {
                    return Ok(frame);
                }
                if let Some(cause) = state.over {
                    return Err(cause);
                }
            }
            self.0.changed.notified().await;
        }
    }
}

/// Products whose picture the line has asked for. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Shots(Arc<Inner<VecDeque<(Tag, Instant)>>>);

impl Shots {
    /// The line wants a picture of this product.
    pub(super) fn put(&self, tag: Tag) {
        let mut shots = locked(&self.0.state);
        shots.push_back((tag, Instant::now()));
        if shots.len() > SHOTS_WAITING {
            shots.pop_front();
        }
        drop(shots);
        self.0.changed.notify_one();
    }

    /// What was asked for before now is of no use any more.
    pub(super) fn clear(&self) {
        locked(&self.0.state).clear();
    }

    /// Waits until a picture is asked for of a product that is in front of the camera.
    pub(super) async fn next(&self) -> Tag {
        loop {
            if let Some(tag) = self.try_next() {
                return tag;
            }
            self.0.changed.notified().await;
        }
    }

    /// The product that is in front of the camera, if its picture is asked for. Those before it
    /// have gone by while the camera was busy: a picture taken now would show another one, so they
    /// get none, and the line rejects them.
    pub(super) fn try_next(&self) -> Option<Tag> {
        let mut shots = locked(&self.0.state);
        let asked = shots.len();
        let newest = shots.drain(..).next_back();
        drop(shots);
        let in_view = newest.filter(|(_, at)| at.elapsed() <= IN_VIEW).map(|(tag, _)| tag);
        let missed = asked - usize::from(in_view.is_some());
        if missed > 0 {
            tracing::warn!(missed, "products come faster than the camera takes their pictures");
        }
        in_view
    }

    /// The product of a frame that began at this moment: the last one that was asked for before.
    /// Those before it got no frame in time.
    pub(super) fn of_frame(&self, begun: Instant) -> Option<Tag> {
        let mut shots = locked(&self.0.state);
        let asked = shots.iter().take_while(|(_, at)| *at <= begun).count();
        shots.drain(..asked).next_back().map(|(tag, _)| tag)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(count: u32) -> Frame {
        Frame { of: Some(FrameOf::Count(count)), content: Content::Spoiled }
    }

    #[tokio::test]
    async fn the_oldest_frame_gives_way_and_the_rest_is_read_before_the_end() {
        let frames = Frames::default();
        (1..=6).for_each(|count| frames.put(frame(count)));
        frames.end(Cause::Silent);
        for count in 3..=6 {
            assert_eq!(frames.next().await.ok().unwrap().of, Some(FrameOf::Count(count)));
        }
        assert_eq!(frames.next().await.err(), Some(Cause::Silent));
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_is_of_the_product_that_was_asked_for_last_before_it_began() {
        let shots = Shots::default();
        let before = Instant::now();
        tokio::time::advance(Duration::from_millis(10)).await;
        shots.put(Tag(1));
        shots.put(Tag(2));
        assert_eq!(shots.of_frame(before), None, "it was under way already");
        assert_eq!(shots.of_frame(Instant::now()), Some(Tag(2)), "two products, one frame");
        assert_eq!(shots.of_frame(Instant::now()), None);
        shots.put(Tag(3));
        assert_eq!(shots.next().await, Tag(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_product_that_has_gone_by_while_the_camera_was_busy_gets_no_picture() {
        let shots = Shots::default();
        shots.put(Tag(1));
        tokio::time::advance(IN_VIEW.saturating_sub(Duration::from_millis(20))).await;
        shots.put(Tag(2));
        assert_eq!(shots.try_next(), Some(Tag(2)), "1 is older, and 2 where the camera looks");
        assert_eq!(shots.try_next(), None, "1 does not come back");
        shots.put(Tag(3));
        tokio::time::advance(IN_VIEW).await;
        assert_eq!(shots.try_next(), Some(Tag(3)), "just in time");
        shots.put(Tag(4));
        tokio::time::advance(IN_VIEW + Duration::from_millis(1)).await;
        let later = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            shots.put(Tag(5));
        };
        assert_eq!(tokio::join!(shots.next(), later).0, Tag(5), "4 has gone by");
    }
}
