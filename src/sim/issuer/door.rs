//! The door that every request comes through: it is counted, may come too fast, and may meet with
//! trouble.
use super::Office;
use super::refusal::Refusal;
use super::routes::token_of;
use super::trouble::{Luck, Trouble};
use super::wire::Knife;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::stream;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Ten requests a second are recommended (CRPT "API СУЗ 3.0", page 31). Counted over a little less
/// than a second: the network may bring two of them closer together than they were sent.
const RECOMMENDED: usize = 10;
const RECOMMENDED_WITHIN: Duration = Duration::from_millis(950);
/// How long somebody too fast stays outside. The real time is not known.
const OUTSIDE: Duration = Duration::from_secs(10);

/// Requests that came.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    /// By path.
    pub(super) requests: HashMap<String, u64>,
    /// The last second of the stations' requests.
    recent: VecDeque<Instant>,
    outside_until: Option<Instant>,
}

impl Traffic {
    /// Notes a request to a station. Says whether ten were there just before, and for how long it
    /// must stay outside.
    fn note(&mut self, now: Instant, most: Option<usize>) -> (bool, Option<Duration>) {
        while self.recent.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
            self.recent.pop_front();
        }
        let close = |at: &&Instant| now - **at < RECOMMENDED_WITHIN;
        let hurried = self.recent.iter().rev().take_while(close).count() >= RECOMMENDED;
        if most.is_some_and(|most| self.recent.len() >= most) {
            self.outside_until = Some(now + OUTSIDE);
        }
        // More need not be remembered than is asked for.
        if self.recent.len() <= most.unwrap_or(RECOMMENDED) {
            self.recent.push_back(now);
        } else {
            self.recent.pop_front();
            self.recent.push_back(now);
        }
        let left = self.outside_until.and_then(|until| until.checked_duration_since(now));
        (hurried, left.filter(|left| !left.is_zero()))
    }
}

/// Every request comes through here.
pub(super) async fn door(
    State(office): State<Arc<Office>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let tongue = office.tongue(&path);
    if let Some(outside) = office.count(&path) {
        return wait(Refusal::too_many().answer(tongue), Some(outside.as_secs() + 1));
    }
    let mut luck = Luck::default();
    let trouble = office.strike(&path).and_then(|trouble| luck.take(trouble));
    request.extensions_mut().insert(luck);
    match trouble {
        None => office.run(next, request).await,
        Some(Trouble::Error500) => Refusal::internal().answer(tongue),
        Some(Trouble::TooMany(after)) => wait(Refusal::too_many().answer(tongue), after),
        Some(Trouble::Refused(status, text)) => Refusal::by_script(status, text).answer(tongue),
        Some(Trouble::TokenGone) => {
            if let Some(token) = token_of(request.headers()) {
                office.with(|desk, _| desk.tokens.forget(token));
            }
            Refusal::token().answer(tongue)
        }
        Some(Trouble::Unheard) => cut(&knife),
        Some(Trouble::Silent(time)) => {
            tokio::time::sleep(time).await;
            cut(&knife)
        }
        Some(Trouble::DoneLate(time)) => {
            // Nobody waits for it: the connection is gone before it is done.
            let answer = cut(&knife);
            let same = Arc::clone(&office);
            office.errand(async move {
                tokio::time::sleep(time).await;
                same.run(next, request).await;
            });
            answer
        }
        Some(done) => {
            let response = office.run(next, request).await;
            afterwards(&office, done, &knife, response).await
        }
    }
}

/// What goes wrong with an answer.
async fn afterwards(
    office: &Office,
    trouble: Trouble,
    knife: &Knife,
    response: Response,
) -> Response {
    match trouble {
        Trouble::Slow(by) => tokio::time::sleep(by).await,
        Trouble::LostAnswer => knife.cut(),
        Trouble::Restart(time) => {
            office.down.store(true, Ordering::SeqCst);
            let down = Arc::clone(&office.down);
            office.errand(async move {
                tokio::time::sleep(time).await;
                down.store(false, Ordering::SeqCst);
            });
        }
        Trouble::Garbled => return garble(response).await,
        Trouble::HalfAnswer => return halve(response).await,
        // The others were dealt with before it was done.
        Trouble::Error500
        | Trouble::TooMany(_)
        | Trouble::Refused(..)
        | Trouble::Unheard
        | Trouble::Silent(_)
        | Trouble::DoneLate(_)
        | Trouble::TokenGone
        | Trouble::Declined(_)
        | Trouble::OrderTakes(_)
        | Trouble::ReportRefused(_)
        | Trouble::CodesRefused(..)
        | Trouble::Annulled => {}
    }
    response
}

impl Office {
    /// Counts a request. Says how long it must stay outside.
    fn count(&self, path: &str) -> Option<Duration> {
        let now = Instant::now();
        let (hurried, outside) = self.traffic(|traffic| {
            *traffic.requests.entry(path.to_owned()).or_default() += 1;
            let station = path.starts_with("/api/") && !path.contains("/true-api/");
            if station { traffic.note(now, self.most_a_second) } else { (false, None) }
        });
        if hurried {
            self.with(|desk, _| desk.ledger.hurried += 1);
        }
        outside
    }

    /// Does something that nobody waits for.
    fn errand(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner);
        while errands.try_join_next().is_some() {}
        errands.spawn(work);
    }

    fn strike(&self, path: &str) -> Option<Trouble> {
        self.troubles(|troubles| troubles.strike(path))
    }

    /// Does a request, and keeps what Electronic Mark remembers, where it is to be kept.
    async fn run(&self, next: Next, request: Request) -> Response {
        let other = !request.uri().path().starts_with("/api/") && request.method() == "POST";
        let response = next.run(request).await;
        if other && let Err(error) = self.keep_mark() {
            tracing::error!(%error, "the fake issuer's memory of Electronic Mark cannot be written");
        }
        response
    }
}

fn cut(knife: &Knife) -> Response {
    knife.cut();
    Response::default()
}

fn wait(mut response: Response, seconds: Option<u64>) -> Response {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

async fn whole(body: Body) -> Bytes {
    axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default()
}

/// Half of the answer, under a good status.
async fn garble(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let bytes = whole(body).await;
    Response::from_parts(parts, Body::from(bytes.slice(..bytes.len() / 2)))
}

/// Half of the answer, under the length of the whole; then the connection breaks.
async fn halve(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = whole(body).await;
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let half = Ok(bytes.slice(..bytes.len() / 2));
    let broken = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    Response::from_parts(parts, Body::from_stream(stream::iter([half, broken])))
}
