//! One sign-in: take the challenge, have it signed, hand it back (manual, p. 523 to 527; True API,
//! chapter 11).
use super::kept::Kept;
use super::{ClientToken, SignInError, SignInSettings};
use crate::telemetry::clock::Micros;
use crate::upstream::call;
use crate::upstream::sign::{Form, Signer};
use crate::upstream::words::words;
use reqwest::{Client, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// No answer of a sign-in is longer: a token is a few kilobytes at most.
const ANSWER_MAX: usize = 256 << 10;

/// What is to be signed.
#[derive(Deserialize)]
pub(super) struct Challenge {
    uuid: String,
    data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignedChallenge<'a> {
    uuid: &'a str,
    data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inn: Option<&'a str>,
    /// Asks for the newer token of True API; the older one is promised until the end of 2026.
    #[serde(skip_serializing_if = "Option::is_none")]
    united_token: Option<bool>,
}

/// Servers answer with one of the two.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedIn {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    uuid_token: Option<String>,
    #[serde(default)]
    expire_date: Option<Moment>,
}

/// Seen as text only; its form is not documented, so a number of milliseconds is taken, too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Number(i64),
    Text(String),
}

impl Moment {
    /// Nothing where it cannot be read: then the documented life of a token counts.
    fn read(&self) -> Option<Micros> {
        match self {
            Self::Number(milliseconds) => milliseconds.checked_mul(1000).map(Micros),
            Self::Text(text) => {
                let text = text.trim();
                let zoned = text.parse::<jiff::Timestamp>().ok();
                let zoned = zoned.or_else(|| {
                    // Without a zone it is taken for Moscow's: if Greenwich's was meant, the token is
                    // renewed three hours early.
                    let local = text.parse::<jiff::civil::DateTime>().ok()?;
                    let moscow = jiff::tz::Offset::constant(3);
                    moscow.to_timestamp(local).ok()
                });
                zoned.map(|at| Micros(at.as_microsecond()))
            }
        }
    }
}

pub(super) struct SignIn {
    http: Client,
    key_at: Url,
    answer_at: Url,
    inn: Option<String>,
    united: bool,
    within: Duration,
    signer: Signer,
}

impl SignIn {
    pub(super) fn new(settings: &SignInSettings, signer: Signer) -> Result<Self, SignInError> {
        let base = call::base(&settings.base_url).map_err(SignInError::Settings)?;
        let path = match &settings.oms_connection {
            None => "auth/simpleSignIn".to_owned(),
            Some(connection) if is_plain(connection) => format!("auth/simpleSignIn/{connection}"),
            Some(connection) => {
                let why =
                    format!("'{connection}' is no name of a connection: letters, digits, '-'");
                return Err(SignInError::Settings(why));
            }
        };
        let join = |path: &str| base.join(path).map_err(|e| SignInError::Settings(e.to_string()));
        Ok(Self {
            http: call::client(&base).map_err(SignInError::Settings)?,
            key_at: join("auth/key")?,
            answer_at: join(&path)?,
            inn: settings.inn.clone(),
            united: settings.oms_connection.is_none(),
            within: settings.answer_within,
            signer,
        })
    }

    pub(super) async fn once(&self) -> Result<Kept, SignInError> {
        self.answer(&self.challenge().await?).await
    }

    /// Asks for something to sign. This spends no token.
    pub(super) async fn challenge(&self) -> Result<Challenge, SignInError> {
        self.ask("take the challenge of a sign-in", self.http.get(self.key_at.clone())).await
    }

    /// Signs in with the signed challenge: from here on the token before it may be gone.
    pub(super) async fn answer(&self, challenge: &Challenge) -> Result<Kept, SignInError> {
        let signature = self.signer.sign(challenge.data.as_bytes(), Form::Attached).await?;
        let made = Micros::now();
        let body = SignedChallenge {
            uuid: &challenge.uuid,
            data: &signature,
            inn: self.inn.as_deref(),
            united_token: self.united.then_some(true),
        };
        let what = "sign in";
        let request = self.http.post(self.answer_at.clone()).json(&body);
        let answer: SignedIn = self.ask(what, request).await?;
        let token = [answer.token, answer.uuid_token].into_iter().flatten();
        let token = token.map(|token| token.trim().to_owned()).find(|token| is_token(token));
        let token = token.ok_or_else(|| SignInError::Garbled {
            what,
            why: "there is no token in it".to_owned(),
        })?;
        let ends = answer.expire_date.as_ref().and_then(Moment::read);
        Ok(Kept::new(ClientToken::new(token), made, ends))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<T, SignInError> {
        let body = send(what, request.timeout(self.within)).await?;
        serde_json::from_slice(&body)
            .map_err(|_| SignInError::Garbled { what, why: "not the documented JSON".to_owned() })
    }
}

/// Sends a call and reads its answer, if it is a success.
pub(super) async fn send(
    what: &'static str,
    request: RequestBuilder,
) -> Result<Vec<u8>, SignInError> {
    let unreachable =
        |source: reqwest::Error| SignInError::Unreachable { what, source: source.without_url() };
    let answer = request
        .header(reqwest::header::ACCEPT, "application/json")
        .send()
        .await
        .map_err(unreachable)?;
    let status = answer.status();
    let body = match call::whole(answer, ANSWER_MAX).await {
        Ok(body) => body,
        Err(call::Unread::Broken(source)) => return Err(unreachable(source)),
        Err(endless) => return Err(SignInError::Garbled { what, why: endless.to_string() }),
    };
    if status.is_success() {
        return Ok(body);
    }
    Err(SignInError::Refused { what, status: status.as_u16(), words: words(&body) })
}

/// What can stand in a path without being written otherwise.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// What can stand in a header.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_with_and_without_a_zone_and_as_a_number() {
        let read = |json: &str| serde_json::from_str::<Moment>(json).unwrap().read();
        let end = Some(Micros(1_790_000_000_000_000));
        assert_eq!(read("1790000000000"), end);
        assert_eq!(read("\"2026-09-21T14:13:20Z\""), end);
        assert_eq!(read("\"2026-09-21T17:13:20+03:00\""), end);
        assert_eq!(read("\"2026-09-21T17:13:20\""), end);
        assert_eq!(read("\"2026-09-21 17:13:20\""), end);
        assert_eq!(read("\"tomorrow\""), None);
    }
}
