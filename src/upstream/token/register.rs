//! Registers an installation at the operator: once, by a person (manual, p. 512 to 515).
use super::SignInError;
use super::sign_in::send;
use crate::upstream::call;
use crate::upstream::sign::{Form, Signer};
use crate::upstream::words::words;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A longer wait than elsewhere: a person waits, and a second try makes a second installation.
const ANSWER_WITHIN: Duration = Duration::from_mins(2);

/// The integrator's key. A secret that no log shows.
#[derive(Clone)]
pub struct RegistrationKey(String);

impl RegistrationKey {
    /// Takes the key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for RegistrationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistrationKey(…)")
    }
}

/// What is registered, and where.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The address for registrations, without `/api/v3`, such as `https://suzgrid.crpt.ru:16443`.
    pub base_url: String,
    /// The participant's id at the station.
    pub oms_id: String,
    /// The integrator's key.
    pub key: RegistrationKey,
    /// A name that no other installation of the participant has.
    pub name: String,
    /// Where it stands.
    pub address: String,
}

/// An installation that the operator knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// Its connection: with it, and with nothing else, a station token is asked for.
    pub oms_connection: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

#[derive(Serialize)]
struct Body<'a> {
    address: &'a str,
    name: &'a str,
}

#[derive(Deserialize)]
struct Verdict {
    status: String,
}

/// Registers an installation. Not to be repeated blindly: a name can be given once.
pub async fn register(what: &Installation, signer: &Signer) -> Result<Registered, SignInError> {
    let doing = "register an installation";
    let settings = SignInError::Settings;
    let base = call::base(&what.base_url).map_err(settings)?;
    let mut url =
        base.join("api/v3/integration/connection").map_err(|e| settings(e.to_string()))?;
    url.query_pairs_mut().append_pair("omsId", &what.oms_id);
    let body = Body { address: &what.address, name: &what.name };
    let bytes = serde_json::to_vec(&body).expect("texts become JSON");
    let signature = signer.sign(&bytes, Form::Detached).await?;
    let mut key = HeaderValue::from_str(&what.key.0)
        .map_err(|_| settings("the registration key holds odd characters".to_owned()))?;
    key.set_sensitive(true);
    let request = call::client(&base)
        .map_err(settings)?
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("X-RegistrationKey", key)
        .header("X-Signature", signature)
        .timeout(ANSWER_WITHIN)
        .body(bytes);
    let answer = send(doing, request).await?;
    let garbled =
        |_| SignInError::Garbled { what: doing, why: "not the documented JSON".to_owned() };
    let verdict: Verdict = serde_json::from_slice(&answer).map_err(garbled)?;
    if verdict.status != "SUCCESS" {
        return Err(SignInError::Refused { what: doing, status: 200, words: words(&answer) });
    }
    serde_json::from_slice(&answer).map_err(garbled)
}
