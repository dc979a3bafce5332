//! One stream of frames, from the request to the reason for its end.
use super::multipart::{Next, Part, Parts};
use super::picture::Picture;
use super::reading;
use super::shelf::Recent;
use super::{CameraSettings, Cause};
use crate::line::{CameraEvent, Event, FrameOf, PictureId, Tag};
use crate::symbol::Region;
use crate::telemetry::LastWord;
use crate::telemetry::clock::Micros;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// Why a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// We were told to stop, or nobody is there to work for.
    Asked,
    /// The camera is lost, or not to be trusted.
    Lost {
        /// Why.
        cause: Cause,
        /// Whether it was usable before.
        was_up: bool,
    },
}

/// Why one step did not work out.
enum Trouble {
    Asked,
    Lost(Cause),
}

impl From<Cause> for Trouble {
    fn from(cause: Cause) -> Self {
        Self::Lost(cause)
    }
}

/// One camera over all its connections.
pub(super) struct Camera<'a> {
    settings: &'a CameraSettings,
    recent: &'a Recent,
    facts: &'a mpsc::Sender<Event>,
    last_word: LastWord,
    client: Client,
    /// Where the last symbol was.
    near: Option<Region>,
    last_picture: u64,
    frames: u32,
    up: bool,
}

impl<'a> Camera<'a> {
    pub(super) fn new(
        settings: &'a CameraSettings,
        recent: &'a Recent,
        facts: &'a mpsc::Sender<Event>,
        last_word: LastWord,
    ) -> Self {
        let client = client(settings.connect_within);
        let (near, last_picture, frames, up) = (None, 0, 0, false);
        Self { settings, recent, facts, last_word, client, near, last_picture, frames, up }
    }

    /// Connects once and reads frames until something ends this.
    pub(super) async fn session(&mut self, stop: &CancellationToken) -> End {
        self.up = false;
        let trouble = tokio::select! {
            () = stop.cancelled() => Trouble::Asked,
            trouble = self.read_frames() => trouble,
        };
        match trouble {
            Trouble::Asked => End::Asked,
            Trouble::Lost(cause) => End::Lost { cause, was_up: self.up },
        }
    }

    async fn read_frames(&mut self) -> Trouble {
        let (mut response, mut parts) = match self.connect().await {
            Ok(opened) => opened,
            Err(cause) => return cause.into(),
        };
        self.up = true;
        if let Err(trouble) = self.say(CameraEvent::Up).await {
            return trouble;
        }
        loop {
            if let Err(trouble) = self.next_frame(&mut response, &mut parts).await {
                return trouble;
            }
        }
    }

    async fn connect(&self) -> Result<(Response, Parts), Cause> {
        let request = self.client.get(&self.settings.url).send();
        let response = match timeout(self.settings.connect_within, request).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                tracing::debug!(%error, "camera not reached");
                return Err(Cause::Unreachable);
            }
            Err(_) => return Err(Cause::Silent),
        };
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let parts = kind.and_then(|kind| Parts::of(kind, self.settings.frame_max_bytes));
        match parts {
            Some(parts) if response.status().is_success() => Ok((response, parts)),
            Some(_) | None => {
                tracing::warn!(status = %response.status(), kind, "this is no camera stream");
                Err(Cause::WrongDevice)
            }
        }
    }

    async fn next_frame(
        &mut self,
        response: &mut Response,
        parts: &mut Parts,
    ) -> Result<(), Trouble> {
        let mut deadline = None;
        loop {
            match parts.next() {
                Ok(Next::Part(part)) => return self.look(part).await,
                Ok(Next::Over) => return Err(Cause::Unreachable.into()),
                Ok(Next::More) => {}
                Err(error) => {
                    tracing::warn!(%error, "camera stream");
                    return Err(Cause::Garbled.into());
                }
            }
            if parts.is_in_part() && deadline.is_none() {
                deadline = Some(Instant::now() + self.settings.frame_within);
            }
            let late = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            let chunk = tokio::select! {
                chunk = response.chunk() => chunk,
                () = late => return Err(Cause::Silent.into()),
            };
            let Ok(Some(chunk)) = chunk else { return Err(Cause::Unreachable.into()) };
            self.last_word.heard();
            parts.push(&chunk);
        }
    }

    /// Reads one frame on a thread that may take its time; one frame at a time.
    async fn look(&mut self, part: Part) -> Result<(), Trouble> {
        self.frames = self.frames.wrapping_add(1);
        let tag = Tag(part.tag.unwrap_or(self.frames));
        let near = self.near;
        let read = spawn_blocking(move || {
            let picture = Picture::read(&part.kind, &part.body)?;
            let (reading, near) = reading::read(&picture, near);
            Ok::<_, super::picture::NoPicture>((Arc::new(picture), reading, near))
        });
        let (picture, reading, near) = match read.await {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => {
                tracing::warn!(%error, %tag, "camera frame");
                return Err(Cause::Garbled.into());
            }
            // Only while the whole program goes down.
            Err(_) => return Err(Trouble::Asked),
        };
        self.near = near.or(self.near);
        let id = self.next_picture();
        self.recent.put(id, picture);
        self.say(CameraEvent::Read { of: FrameOf::Tag(tag), reading, picture: Some(id) }).await
    }

    /// Microseconds since 1970 make a number that is new after a restart, too.
    fn next_picture(&mut self) -> PictureId {
        let now = u64::try_from(Micros::now().0).unwrap_or_default();
        self.last_picture = now.max(self.last_picture + 1);
        PictureId(self.last_picture)
    }

    async fn say(&self, event: CameraEvent) -> Result<(), Trouble> {
        self.facts.send(Event::Camera(event)).await.map_err(|_| Trouble::Asked)
    }
}

/// A client that goes straight to the camera. No certificate is trusted: cameras of a line speak
/// plain HTTP on the line's own network.
fn client(connect_within: Duration) -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .http1_only()
        .connect_timeout(connect_within)
        .tcp_keepalive(Duration::from_secs(5))
        .tcp_keepalive_interval(Duration::from_secs(2))
        .tcp_keepalive_retries(3)
        .build()
        .expect("nothing here depends on the machine")
}
