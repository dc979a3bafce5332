//! Pictures over HTTP: a stream of them, or one a request.
use super::frames::{Content, Frame, Frames, Shots};
use super::multipart::{Next, Part, Parts};
use super::session::{Count, Post, Trouble};
use super::{CameraSettings, Trigger};
use crate::line::{Cause, FrameOf, Tag};
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// A client that goes straight to the camera. No certificate is trusted: cameras of a line speak
/// plain HTTP on the line's own network.
pub(super) fn client(connect_within: Duration) -> Client {
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

/// A camera over HTTP during one session.
pub(super) struct Http<'a> {
    pub(super) settings: &'a CameraSettings,
    pub(super) client: &'a Client,
    pub(super) frames: &'a Frames,
    pub(super) shots: &'a Shots,
    pub(super) post: &'a Post<'a>,
    pub(super) count: Count,
}

impl Http<'_> {
    /// Hands on every frame of a stream until that ends.
    pub(super) async fn stream(mut self, url: &str) -> Trouble {
        let (mut response, mut parts) = match self.open(url).await {
            Ok(opened) => opened,
            Err(cause) => return cause.into(),
        };
        if let Err(trouble) = self.post.up().await {
            return trouble;
        }
        let mut begun = Instant::now();
        loop {
            match self.next_part(&mut response, &mut parts, &mut begun).await {
                Ok(part) => {
                    if let Err(cause) = self.hand_on(part, begun) {
                        return cause.into();
                    }
                }
                Err(cause) => return cause.into(),
            }
        }
    }

    async fn open(&self, url: &str) -> Result<(Response, Parts), Cause> {
        let response = answer(self.client.get(url), self.settings.connect_within).await?;
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

    /// The next part, and in `begun` when its first byte came.
    async fn next_part(
        &self,
        response: &mut Response,
        parts: &mut Parts,
        begun: &mut Instant,
    ) -> Result<Part, Cause> {
        let mut deadline = None;
        loop {
            match parts.next() {
                Ok(Next::Part(part)) => return Ok(part),
                Ok(Next::Over) => return Err(Cause::Unreachable),
                Ok(Next::More) => {}
                Err(error) => {
                    tracing::warn!(%error, "camera stream");
                    return Err(Cause::Garbled);
                }
            }
            if !parts.is_in_part() {
                deadline = None;
            } else if deadline.is_none() {
                *begun = Instant::now();
                deadline = Some(*begun + self.settings.frame_within);
            }
            let late = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            let chunk = tokio::select! {
                chunk = response.chunk() => chunk,
                () = late => return Err(Cause::Silent),
            };
            let Ok(Some(chunk)) = chunk else { return Err(Cause::Unreachable) };
            if deadline.is_none() {
                *begun = Instant::now();
            }
            self.post.heard();
            parts.push(&chunk);
        }
    }

    fn hand_on(&mut self, part: Part, begun: Instant) -> Result<(), Cause> {
        let Part { kind, tag, trigger, body } = part;
        let of = match (self.settings.trigger, tag) {
            (Trigger::Line, _) => match self.shots.of_frame(begun) {
                Some(tag) => Some(FrameOf::Tag(tag)),
                None => return Ok(()),
            },
            (_, Some(tag)) => Some(FrameOf::Tag(Tag(tag))),
            (Trigger::Device, None) => Some(self.count.next(trigger)?),
            (Trigger::Nobody, None) => self.shots.of_frame(begun).map(FrameOf::Tag),
        };
        self.frames.put(Frame { of, content: Content::File { kind, body } });
        Ok(())
    }

    /// Asks for a picture again and again, or when the line wants one.
    pub(super) async fn snapshots(mut self, url: &str, every: Duration) -> Trouble {
        let mut last = Seen::default();
        let first = match self.snapshot(url, &mut last).await {
            Ok(first) => first,
            Err(cause) => return cause.into(),
        };
        // What it shows now was taken before we were there.
        if let Some((headers, _, _)) = first {
            self.count.begin_after(number(&headers, "x-trigger"));
        }
        if let Err(trouble) = self.post.up().await {
            return trouble;
        }
        self.shots.clear();
        loop {
            let taken = match self.settings.trigger {
                Trigger::Line => self.on_demand(url).await,
                Trigger::Device | Trigger::Nobody => {
                    tokio::time::sleep(every).await;
                    match self.snapshot(url, &mut last).await {
                        Ok(Some(new)) => self.frame(new).map(Some),
                        Ok(None) => Ok(None),
                        Err(cause) => Err(cause),
                    }
                }
            };
            match taken {
                Ok(Some(frame)) => self.frames.put(frame),
                Ok(None) => {}
                Err(cause) => return cause.into(),
            }
        }
    }

    async fn on_demand(&self, url: &str) -> Result<Option<Frame>, Cause> {
        let tag = self.shots.next().await;
        let taken = self.snapshot(url, &mut Seen::default()).await?;
        let of = Some(FrameOf::Tag(tag));
        Ok(taken.map(|(_, kind, body)| Frame { of, content: Content::File { kind, body } }))
    }

    fn frame(&mut self, (headers, kind, body): Shown) -> Result<Frame, Cause> {
        let of = match (number(&headers, "x-tag"), self.settings.trigger) {
            (Some(tag), _) => Some(FrameOf::Tag(Tag(tag))),
            (None, Trigger::Nobody) => self.shots.of_frame(Instant::now()).map(FrameOf::Tag),
            (None, _) => Some(self.count.next(number(&headers, "x-trigger"))?),
        };
        Ok(Frame { of, content: Content::File { kind, body } })
    }

    /// One request. Nothing: the same picture as before, or none yet.
    async fn snapshot(&self, url: &str, last: &mut Seen) -> Result<Option<Shown>, Cause> {
        let mut request = self.client.get(url);
        if let Some(etag) = &last.etag {
            request = request.header(IF_NONE_MATCH, etag.as_str());
        }
        let response = answer(request, self.settings.connect_within).await?;
        match response.status() {
            StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT | StatusCode::SERVICE_UNAVAILABLE => {
                self.post.heard();
                return Ok(None);
            }
            status if status.is_success() => {}
            status => {
                tracing::warn!(%status, "this is no camera picture");
                return Err(Cause::WrongDevice);
            }
        }
        let headers = response.headers().clone();
        let text = |name| headers.get(name).and_then(|text| text.to_str().ok());
        let kind = text(CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default();
        let kind = kind.trim().to_ascii_lowercase();
        if !(kind.is_empty() || kind.starts_with("image/") || kind == "application/octet-stream") {
            tracing::warn!(kind, "this is no camera picture");
            return Err(Cause::WrongDevice);
        }
        let body = self.body(response).await?;
        let now = Seen { etag: text(ETAG).map(str::to_owned), hash: hash(&body) };
        let same = now.hash == last.hash;
        *last = now;
        Ok((!same).then_some((headers, kind, body)))
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Cause> {
        let deadline = Instant::now() + self.settings.frame_within;
        let mut body = Vec::new();
        loop {
            match timeout_at(deadline, response.chunk()).await {
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                Ok(Ok(None)) => break,
                Ok(Err(_)) => return Err(Cause::Unreachable),
                Err(_) => return Err(Cause::Silent),
            }
            if body.len() > self.settings.frame_max_bytes {
                tracing::warn!(most = self.settings.frame_max_bytes, "a picture is too big");
                return Err(Cause::Garbled);
            }
        }
        self.post.heard();
        Ok(body)
    }
}

/// Headers, content type and content of a picture.
type Shown = (HeaderMap, String, Vec<u8>);

/// By what a picture is known again.
#[derive(Default)]
struct Seen {
    etag: Option<String>,
    hash: Option<u64>,
}

#[expect(clippy::unnecessary_wraps, reason = "nothing is the hash of no picture")]
fn hash(body: &[u8]) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    Some(hasher.finish())
}

fn number(headers: &HeaderMap, name: &'static str) -> Option<u32> {
    headers.get(HeaderName::from_static(name))?.to_str().ok()?.trim().parse().ok()
}

async fn answer(request: reqwest::RequestBuilder, within: Duration) -> Result<Response, Cause> {
    match timeout(within, request.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => {
            tracing::debug!(%error, "camera not reached");
            Err(Cause::Unreachable)
        }
        Err(_) => Err(Cause::Silent),
    }
}
