//! Installations, challenges and tokens: one living token for each installation.
use super::refusal::Refusal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A token lives ten hours (CRPT "API СУЗ 3.0", page 503).
const LIVES_MS: i64 = 10 * 3_600_000;
/// A challenge must be answered within; the real time is not known.
const CHALLENGE_MS: i64 = 5 * 60_000;

/// The body of a registration.
#[derive(Debug, Deserialize)]
pub(super) struct Registration {
    address: String,
    name: Option<String>,
}

/// The answer to a challenge, after its signature was looked at: what was signed.
#[derive(Debug, Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignIn {
    pub(super) uuid: String,
    pub(super) signed: String,
    #[serde(default)]
    pub(super) united_token: bool,
}

#[derive(Debug)]
struct Installation {
    name: String,
    address: String,
    token: Option<Token>,
}

#[derive(Debug)]
struct Token {
    text: String,
    until_ms: i64,
}

/// A token that was just given out.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) answer: Value,
    /// It killed one that had more than half of its life before it.
    pub(super) thrown_out: bool,
}

/// Everybody who may come in.
#[derive(Debug)]
pub(super) struct Tokens {
    /// Always good, until the first sign-in where `fixed_ends`.
    fixed: Option<String>,
    fixed_ends: bool,
    /// A token is called `uuidToken` in every answer.
    new_words: bool,
    installations: BTreeMap<String, Installation>,
    challenges: BTreeMap<String, (String, i64)>,
    /// Tokens of True API.
    persons: Vec<Token>,
}

impl Tokens {
    pub(super) fn new(settings: &super::IssuerSettings) -> Self {
        let demo =
            Installation { name: "demo".to_owned(), address: "here".to_owned(), token: None };
        Self {
            fixed: Some(settings.client_token.clone()),
            fixed_ends: settings.fixed_token_ends,
            new_words: settings.new_sign_in,
            installations: BTreeMap::from([(settings.oms_connection.clone(), demo)]),
            challenges: BTreeMap::new(),
            persons: Vec::new(),
        }
    }

    /// Whether a station takes it.
    pub(super) fn opens_station(&self, token: &str, now_ms: i64) -> bool {
        let live = |token: &&Token| token.until_ms > now_ms;
        let mut tokens = self.installations.values().filter_map(|i| i.token.as_ref()).filter(live);
        self.fixed.as_deref() == Some(token) || tokens.any(|t| t.text == token)
    }

    /// Whether True API takes it.
    pub(super) fn opens_true_api(&self, token: &str, now_ms: i64) -> bool {
        let mut live = self.persons.iter().filter(|t| t.until_ms > now_ms);
        self.fixed.as_deref() == Some(token) || live.any(|t| t.text == token)
    }

    /// Forgets a token.
    pub(super) fn forget(&mut self, token: &str) {
        for installation in self.installations.values_mut() {
            installation.token.take_if(|t| t.text == token);
        }
        self.persons.retain(|t| t.text != token);
    }

    /// `POST /integration/connection`. A name is unique.
    pub(super) fn register(&mut self, id: String, new: &Registration) -> Value {
        let name = new.name.clone().unwrap_or_else(|| id.clone());
        if self.installations.values().any(|i| i.name == name) {
            let reason = format!("there is an installation {name} already");
            return json!({ "status": "REJECTED", "rejectionReason": reason });
        }
        let answer = json!({ "status": "SUCCESS", "omsConnection": id, "name": name });
        let installation = Installation { name, address: new.address.clone(), token: None };
        self.installations.insert(id, installation);
        answer
    }

    /// `GET /integration/connection`.
    pub(super) fn list(&self, limit: usize, offset: usize) -> Value {
        let info = |(id, i): (&String, &Installation)| json!({ "omsConnection": id, "address": i.address, "programName": i.name });
        let page: Vec<_> = self.installations.iter().skip(offset).take(limit).map(info).collect();
        json!({ "omsConnectionInfos": page, "total": self.installations.len() })
    }

    /// `DELETE /integration/connection`.
    pub(super) fn remove(&mut self, id: &str) -> Result<Value, Refusal> {
        let removed = self.installations.remove(id);
        removed
            .map(|_| json!({ "success": true }))
            .ok_or_else(|| Refusal::not_found("omsConnection", id))
    }

    /// `GET /auth/key`.
    pub(super) fn challenge(&mut self, id: String, data: String, now_ms: i64) -> Value {
        self.challenges.retain(|_, (_, until)| *until > now_ms);
        let answer = json!({ "uuid": id, "data": data });
        self.challenges.insert(id, (data, now_ms + CHALLENGE_MS));
        answer
    }

    /// `POST /auth/simpleSignIn`, for an installation or for True API itself. A new token of an
    /// installation kills the one before; True API's tokens stand side by side, which is a guess.
    pub(super) fn sign_in(
        &mut self,
        connection: Option<&str>,
        answer: &SignIn,
        token: &str,
        now_ms: i64,
    ) -> Result<Given, Refusal> {
        let challenge = self.challenges.remove(&answer.uuid);
        let Some((data, _)) = challenge.filter(|(_, until)| *until > now_ms) else {
            return Err(Refusal::forbidden("there is no such challenge, or it is old", 1));
        };
        if data != answer.signed {
            return Err(Refusal::forbidden("another text was signed than the challenge", 3));
        }
        let until_ms = now_ms + LIVES_MS;
        let new = Token { text: token.to_owned(), until_ms };
        let before = match connection {
            None => {
                self.persons.retain(|t| t.until_ms > now_ms);
                self.persons.push(new);
                None
            }
            Some(id) => {
                let found = self.installations.get_mut(id);
                let found = found.ok_or_else(|| Refusal::not_found("omsConnection", id))?;
                found.token.replace(new)
            }
        };
        self.fixed.take_if(|_| self.fixed_ends);
        let words = if self.new_words || answer.united_token {
            let until = jiff::Timestamp::from_millisecond(until_ms).unwrap_or_default();
            json!({ "uuidToken": token, "expireDate": until.to_string() })
        } else {
            json!({ "token": token })
        };
        let thrown_out = before.is_some_and(|t| t.until_ms > now_ms + LIVES_MS / 2);
        Ok(Given { answer: words, thrown_out })
    }
}
