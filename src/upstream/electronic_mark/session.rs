//! The token of Electronic Mark: twenty minutes long, one sign-in at a time.
use super::super::OmsError;
use super::super::planted::Planted;
use jiff::civil::DateTime;
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A longer life than this is a mistake in reading its end.
const LIFE_MAX: Duration = Duration::from_hours(2);
/// Belarus keeps this time all year; the end of a token is said without a zone.
const HOURS_OF_MINSK: i64 = 3;
/// After a refusal, name and password are not tried again so soon: a system may lock the account.
const REST_AFTER_REFUSAL: Duration = Duration::from_mins(1);

/// A secret that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A token and how long it is good.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    pub(super) token: Token,
    pub(super) life: Duration,
}

/// Who owns the token.
#[derive(Debug)]
pub(super) struct Session {
    held: Mutex<Held>,
    /// After any other trouble than a refusal.
    rest_after_trouble: Duration,
}

#[derive(Debug, Default)]
struct Held {
    token: Option<(Token, Instant)>,
    rest: Option<(Instant, String)>,
}

impl Session {
    pub(super) fn new(rest_after_trouble: Duration) -> Self {
        Self { held: Mutex::default(), rest_after_trouble }
    }

    /// The token, which is good for a while yet. Whoever comes while another one signs in waits for
    /// that one's token. After a refusal nobody is let through for a while.
    pub(super) async fn token(
        &self,
        sign_in: impl Future<Output = Result<SignedIn, OmsError>>,
    ) -> Result<Token, OmsError> {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        if let Some((token, until)) = &held.token
            && now < *until
            && !Planted::TokenEachTime.is_in()
        {
            return Ok(token.clone());
        }
        if let Some((until, words)) = &held.rest
            && now < *until
        {
            return Err(OmsError::SignedOut { words: words.clone() });
        }
        match sign_in.await {
            Ok(SignedIn { token, life }) => {
                // Renewed before the end: a call takes its time, and clocks differ.
                let until = Instant::now() + life.mul_f32(0.8);
                *held = Held { token: Some((token.clone(), until)), rest: None };
                Ok(token)
            }
            Err(error) => {
                let refused =
                    matches!(error, OmsError::Refused { .. } | OmsError::Unauthorized { .. });
                let rest = if refused { REST_AFTER_REFUSAL } else { self.rest_after_trouble };
                let words = in_words(&error);
                held.token = None;
                held.rest = Some((Instant::now() + rest, words.clone()));
                Err(OmsError::SignedOut { words })
            }
        }
    }

    /// The system does not take this token any more: forgotten if it is still the one in hand.
    pub(super) async fn refused(&self, token: &Token) {
        let mut held = self.held.lock().await;
        if held.token.as_ref().is_some_and(|(current, _)| current == token) {
            held.token = None;
        }
    }
}

fn in_words(error: &OmsError) -> String {
    match error {
        OmsError::Refused { status, words, .. } | OmsError::Failing { status, words, .. } => {
            format!("{status}, {words}")
        }
        OmsError::Unauthorized { status, .. } => {
            format!("name or password are not taken ({status})")
        }
        other @ (OmsError::Settings(_)
        | OmsError::Unreachable { .. }
        | OmsError::Garbled { .. }
        | OmsError::SignedOut { .. }
        | OmsError::Unsigned { .. }
        | OmsError::NotSignedIn { .. }) => other.to_string(),
    }
}

/// How long a token is good that ends at `ends`, when the answer says that it is now `date`
/// (`Date` of HTTP). The end is said without a zone: it is read as the time of Minsk and as UTC,
/// and taken where it makes sense. Nothing where it does not.
pub(super) fn life(ends: &str, date: Option<&str>) -> Option<Duration> {
    let ends = DateTime::strptime("%Y-%m-%d %H:%M:%S", ends.trim()).ok()?;
    let now = jiff::fmt::rfc2822::parse(date?).ok()?.timestamp();
    [HOURS_OF_MINSK, 0].into_iter().find_map(|hours| {
        let zone = jiff::tz::Offset::from_seconds(i32::try_from(hours * 3600).ok()?).ok()?;
        let left = zone.to_timestamp(ends).ok()?.as_second() - now.as_second();
        let left = Duration::from_secs(u64::try_from(left).ok()?);
        (!left.is_zero() && left <= LIFE_MAX).then_some(left)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    const DATE: Option<&str> = Some("Sun, 22 Nov 2026 10:00:00 GMT");

    #[test]
    fn the_end_of_a_token_is_read_as_the_time_of_minsk_or_as_utc() {
        let twenty = Some(Duration::from_mins(20));
        assert_eq!(life("2026-11-22 13:20:00", DATE), twenty);
        assert_eq!(life("2026-11-22 10:20:00", DATE), twenty);
    }

    #[test]
    fn an_end_that_makes_no_sense_is_not_believed() {
        for ends in ["2026-11-22 09:59:59", "2026-11-23 10:00:00", "soon", ""] {
            assert_eq!(life(ends, DATE), None, "{ends}");
        }
        assert_eq!(life("2026-11-22 10:20:00", None), None);
    }

    async fn sign_in(count: &AtomicU32) -> Result<SignedIn, OmsError> {
        let n = count.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(SignedIn { token: Token::new(format!("t{n}")), life: Duration::from_mins(20) })
    }

    #[tokio::test(start_paused = true)]
    async fn two_that_come_at_once_sign_in_once() {
        let (session, count) = (Session::new(Duration::from_secs(5)), AtomicU32::new(0));
        let (one, two) =
            tokio::join!(session.token(sign_in(&count)), session.token(sign_in(&count)));
        assert_eq!(one.unwrap(), two.unwrap());
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_before_its_end_and_after_it_was_refused() {
        let (session, count) = (Session::new(Duration::from_secs(5)), AtomicU32::new(0));
        let first = session.token(sign_in(&count)).await.unwrap();
        tokio::time::advance(Duration::from_mins(15)).await;
        assert_eq!(session.token(sign_in(&count)).await.unwrap(), first);
        tokio::time::advance(Duration::from_secs(61)).await;
        let second = session.token(sign_in(&count)).await.unwrap();
        assert_ne!(second, first);
        // The old one was refused late: the new one stays.
        session.refused(&first).await;
        assert_eq!(session.token(sign_in(&count)).await.unwrap(), second);
        session.refused(&second).await;
        assert_ne!(session.token(sign_in(&count)).await.unwrap(), second);
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_password_is_not_tried_again_and_again() {
        let (session, count) = (Session::new(Duration::from_secs(5)), AtomicU32::new(0));
        for _ in 0..5 {
            let refused = async {
                count.fetch_add(1, Ordering::Relaxed);
                Err(OmsError::Unauthorized { what: "sign in", status: 401 })
            };
            let error = session.token(refused).await.unwrap_err();
            assert!(error.nothing_happened());
            assert!(error.to_string().contains("name or password"), "{error}");
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
        tokio::time::advance(Duration::from_secs(61)).await;
        session.token(sign_in(&count)).await.unwrap();
    }
}
