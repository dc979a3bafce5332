//! The one owner of the token of one connection: signs in, renews in time, and never twice at once.
//!
//! A station knows one token per connection: whoever signs in with it a second time ends the
//! former (manual, p. 503). So every connection has one keeper in one process, the token is kept
//! over a restart, and sign-ins that end too soon are made rarer and rarer instead of faster.
mod kept;
mod register;
mod sign_in;

pub use register::{Installation, Registered, RegistrationKey, register};

use super::oms::ClientToken;
use super::planted::Planted;
use super::sign::{SignError, Signer};
use crate::telemetry::clock::Micros;
use kept::{Kept, Place};
use sign_in::SignIn;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a token lives at most (manual, p. 503).
const LIFE: Duration = Duration::from_hours(10);

/// How a keeper signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInSettings {
    /// The address of True API, such as `https://markirovka.crpt.ru/api/v3/true-api`.
    pub base_url: String,
    /// The connection whose station token is wanted; without one, the participant's token of True
    /// API itself.
    pub oms_connection: Option<String>,
    /// The participant's number, only where a person signs by a machine-readable power of attorney.
    pub inn: Option<String>,
    /// The directory in which the token outlives the process, in a private file.
    pub keep_in: Option<PathBuf>,
    /// The longest wait for an answer.
    pub answer_within: Duration,
    /// A token is renewed this long before its life is over.
    pub renew_before: Duration,
    /// The wait after a sign-in that failed, or whose token was refused soon; it doubles from the
    /// first to the longest.
    pub first_wait: Duration,
    /// The longest of those waits.
    pub longest_wait: Duration,
}

impl SignInSettings {
    /// The limits are ours: renewed half an hour early, first wait five seconds, longest ten
    /// minutes.
    pub fn new(base_url: &str, oms_connection: Option<String>) -> Self {
        Self {
            base_url: base_url.to_owned(),
            oms_connection,
            inn: None,
            keep_in: None,
            answer_within: Duration::from_secs(30),
            renew_before: Duration::from_mins(30),
            first_wait: Duration::from_secs(5),
            longest_wait: Duration::from_mins(10),
        }
    }
}

/// Why there is no token. Never holds one.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// What was configured cannot be used.
    #[error("sign-in: {0}")]
    Settings(String),
    /// The file of the token is not as it should be.
    #[error("sign-in: the file {path} {trouble}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and the command that mends it.
        trouble: String,
    },
    /// The file of the token cannot be read or written.
    #[error("sign-in: the file {path}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The challenge could not be signed.
    #[error("sign-in: the challenge is not signed")]
    Sign(#[from] SignError),
    /// No answer.
    #[error("{what}: no answer")]
    Unreachable {
        /// The call.
        what: &'static str,
        /// Why.
        source: reqwest::Error,
    },
    /// The other end said no.
    #[error("{what}: refused with {status}: {words}")]
    Refused {
        /// The call.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// Its words.
        words: String,
    },
    /// An answer that is not what is documented.
    #[error("{what}: the answer makes no sense: {why}")]
    Garbled {
        /// The call.
        what: &'static str,
        /// Where it stops making sense; never the answer itself.
        why: String,
    },
    /// It is too early to try again.
    #[error("sign-in: the next try is in {left:?}; {last}")]
    Waiting {
        /// How long to wait.
        left: Duration,
        /// Why the last try failed, or its token was refused.
        last: String,
    },
}

impl SignInError {
    /// Whether the same call may come through a moment later: nobody answered, or not whole.
    fn is_passing(&self) -> bool {
        let is_server = |status: &u16| *status >= 500;
        matches!(self, Self::Unreachable { .. } | Self::Garbled { .. })
            || matches!(self, Self::Refused { status, .. } if is_server(status))
    }
}

/// Keeps the token of one connection. Cheap to clone; all clones are one owner.
#[derive(Clone)]
pub struct TokenKeeper(Owner);

#[derive(Clone)]
enum Owner {
    Fixed(ClientToken),
    SignsIn(Arc<Inner>),
}

struct Inner {
    settings: SignInSettings,
    sign_in: SignIn,
    place: Option<Place>,
    /// Whoever holds it is the only one that signs in.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Held>,
    /// The last token that was refused: what a file holds of it is not taken again.
    refused: Option<ClientToken>,
    last: Option<Try>,
    trouble: String,
    sign_ins: u64,
}

/// The last sign-in: when the next one may be, and how long that is after it.
#[derive(Clone, Copy)]
struct Try {
    not_before: Instant,
    wait: Duration,
}

struct Held {
    token: ClientToken,
    ends: Instant,
}

impl fmt::Debug for TokenKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Owner::Fixed(_) => "TokenKeeper(fixed)",
            Owner::SignsIn(_) => "TokenKeeper(signs in)",
        })
    }
}

impl TokenKeeper {
    /// A token that somebody entered: there is nothing to renew.
    pub fn fixed(token: ClientToken) -> Self {
        Self(Owner::Fixed(token))
    }

    /// Gets ready; says nothing to anybody yet. An error is one of the settings or of the file.
    pub fn new(settings: SignInSettings, signer: Signer) -> Result<Self, SignInError> {
        let sign_in = SignIn::new(&settings, signer)?;
        let place =
            settings.keep_in.as_deref().map(|dir| Place::new(dir, &settings)).transpose()?;
        let (flight, state) = (tokio::sync::Mutex::default(), Mutex::default());
        Ok(Self(Owner::SignsIn(Arc::new(Inner { settings, sign_in, place, flight, state }))))
    }

    /// A token that is good as far as we know. Signs in where there is none, at most once for all
    /// who ask at the same time; near the end of its life it is renewed.
    pub async fn token(&self) -> Result<ClientToken, SignInError> {
        match &self.0 {
            Owner::Fixed(token) => Ok(token.clone()),
            Owner::SignsIn(inner) => inner.token().await,
        }
    }

    /// Whether a token that was refused is followed by another one.
    pub fn signs_in(&self) -> bool {
        matches!(self.0, Owner::SignsIn(_))
    }

    /// The token was answered with 401: it is forgotten, if nobody has a newer one yet.
    pub fn refused(&self, token: &ClientToken) {
        let Owner::SignsIn(inner) = &self.0 else { return };
        inner.state().refused(token);
    }

    /// How often somebody signed in, or tried to, since the start.
    pub fn sign_ins(&self) -> u64 {
        match &self.0 {
            Owner::Fixed(_) => 0,
            Owner::SignsIn(inner) => inner.state().sign_ins,
        }
    }
}

impl Inner {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn token(&self) -> Result<ClientToken, SignInError> {
        if Planted::TokenEachTime.is_in() {
            return self.take(&self.sign_in.once().await?);
        }
        if let Some(fresh) = self.state().fresh(self.settings.renew_before) {
            return Ok(fresh);
        }
        let _flight = self.flight.lock().await;
        if let Some(fresh) = self.state().fresh(self.settings.renew_before) {
            return Ok(fresh);
        }
        let renewed = self.renew().await;
        // What is old is still good while the renewal fails.
        match (renewed, self.state().fresh(Duration::ZERO)) {
            (Err(error), Some(old)) => {
                if !matches!(error, SignInError::Waiting { .. }) {
                    tracing::warn!(%error, "the token is not renewed yet");
                }
                Ok(old)
            }
            (renewed, _) => renewed,
        }
    }

    /// Takes the token that another process of ours left in the file, or signs in.
    async fn renew(&self) -> Result<ClientToken, SignInError> {
        let _locked = self.place.as_ref().map(Place::lock).transpose()?;
        if let Some(kept) = self.kept()? {
            let token = kept.token.clone();
            self.state().current = Some(held(&kept));
            return Ok(token);
        }
        self.state().begin(&self.settings)?;
        let signed_in = match self.sign_in.challenge().await {
            Ok(challenge) => self.sign_in.answer(&challenge).await,
            Err(error) => {
                if error.is_passing() {
                    self.state().not_begun(&self.settings);
                }
                Err(error)
            }
        };
        match signed_in {
            Ok(kept) => self.take(&kept),
            Err(error) => {
                self.state().trouble = error.to_string();
                Err(error)
            }
        }
    }

    /// The token in the file, if it is another one than ours and lives long enough.
    fn kept(&self) -> Result<Option<Kept>, SignInError> {
        let Some(place) = &self.place else { return Ok(None) };
        let Some(kept) = place.read()? else { return Ok(None) };
        let state = self.state();
        let is_ours = state.current.as_ref().is_some_and(|held| held.token == kept.token);
        let is_dead = state.refused.as_ref() == Some(&kept.token);
        let left = kept.left(Micros::now());
        Ok((!is_ours && !is_dead && left > self.settings.renew_before).then_some(kept))
    }

    fn take(&self, kept: &Kept) -> Result<ClientToken, SignInError> {
        let mut state = self.state();
        state.current = Some(held(kept));
        state.trouble.clear();
        state.trouble.push_str(
            "its token was refused soon after: does another program sign in with the same connection?",
        );
        drop(state);
        tracing::info!("signed in");
        if let Some(place) = &self.place {
            place.write(kept)?;
        }
        Ok(kept.token.clone())
    }
}

fn held(kept: &Kept) -> Held {
    Held { token: kept.token.clone(), ends: Instant::now() + kept.left(Micros::now()) }
}

impl State {
    /// The token, if it lives longer than this.
    fn fresh(&self, than: Duration) -> Option<ClientToken> {
        let held = self.current.as_ref()?;
        (held.ends > Instant::now() + than).then(|| held.token.clone())
    }

    /// Marks the beginning of a sign-in: whatever becomes of it, also of a caller who gives up
    /// waiting, the next one keeps its distance.
    fn begin(&mut self, settings: &SignInSettings) -> Result<(), SignInError> {
        let now = Instant::now();
        let last = self.last.filter(|last| now < last.not_before + settings.longest_wait);
        if let Some(Try { not_before, .. }) = last
            && now < not_before
        {
            let (left, last) = (not_before - now, self.trouble.clone());
            return Err(SignInError::Waiting { left, last });
        }
        let wait = last.map_or(settings.first_wait, |last| last.wait * 2);
        let wait = wait.min(settings.longest_wait);
        self.last = Some(Try { not_before: now + wait, wait });
        "the last one did not come to an end".clone_into(&mut self.trouble);
        self.sign_ins += 1;
        Ok(())
    }

    /// There was not even a challenge: nobody signed in, and no token was spent. After a network
    /// that was down for an hour, the next one must not wait for as long as that.
    fn not_begun(&mut self, settings: &SignInSettings) {
        if let Some(last) = &mut self.last {
            last.not_before = last.not_before.min(Instant::now() + settings.first_wait);
            last.wait /= 2;
        }
    }

    fn refused(&mut self, token: &ClientToken) {
        if self.current.take_if(|held| held.token == *token).is_some() {
            self.refused = Some(token.clone());
            tracing::warn!("the token is refused");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sign_ins_keep_more_and_more_distance_but_for_a_challenge_that_did_not_come() {
        let settings = SignInSettings::new("https://example.com", None);
        let (first, mut state) = (settings.first_wait, State::default());
        for _ in 0..5 {
            state.begin(&settings).unwrap();
            state.not_begun(&settings);
            assert!(state.begin(&settings).is_err());
            tokio::time::advance(first).await;
        }
        for times in [1, 2, 4] {
            state.begin(&settings).unwrap();
            let left = state.last.unwrap().not_before - Instant::now();
            assert_eq!(left, first * times);
            tokio::time::advance(left).await;
        }
    }
}
