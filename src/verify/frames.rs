//! What waits between a source and the reader of its frames: bounded, the oldest gives way.
use super::picture::Picture;
use crate::line::{Cause, FrameOf, Tag};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Frames that wait to be read. More would only be late.
const FRAMES_WAITING: usize = 4;
/// Products whose picture was asked for and not yet taken.
const SHOTS_WAITING: usize = 16;

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

    /// Waits until a picture is asked for.
    pub(super) async fn next(&self) -> Tag {
        loop {
            if let Some((tag, _)) = locked(&self.0.state).pop_front() {
                return tag;
            }
            self.0.changed.notified().await;
        }
    }

    /// A product whose picture is asked for.
    #[cfg(feature = "aravis")]
    pub(super) fn try_next(&self) -> Option<Tag> {
        locked(&self.0.state).pop_front().map(|(tag, _)| tag)
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
    use std::time::Duration;

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
}
