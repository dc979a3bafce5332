//! One call to the station: never faster than its pace, the body signed as it is sent, the answer
//! read whole and sorted.
use super::OmsError;
use super::call::{Unread, whole};
use super::oms::{Api, ClientToken, Oms};
use super::sign::Form;
use crate::code::ProductGroup;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The largest answer that is read: 150,000 codes of 150 characters, twice over.
const ANSWER_MAX: usize = 48 << 20;

const JSON: &str = "application/json";

/// Lists and blocks of codes are slow (a user measured 1 min 52 s for a list of orders): they may
/// take this many times `answer_within`.
pub(super) const SLOW: u32 = 4;

/// The longest that the station may ask us to stay away; a longer time is taken for a mistake.
const STAY_AWAY_MAX: Duration = Duration::from_mins(10);

impl Oms {
    /// The path of a call: version 2 has other names, and the product group before them.
    pub(super) fn path(&self, group: ProductGroup, v3: &str, v2: &str) -> String {
        match &self.settings.api {
            Api::V3 => v3.to_owned(),
            Api::V2(profile) => format!("{}/{v2}", profile.extension(group)),
        }
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        query: &[(&str, &str)],
        patience: u32,
    ) -> Result<T, OmsError> {
        let within = self.settings.answer_within * patience;
        self.send(what, self.http.get(self.address(what, path, query)?).timeout(within)).await
    }

    /// Sends a body as JSON.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<T, OmsError> {
        let bytes = serde_json::to_vec(body).expect("texts and numbers become JSON");
        self.post_bytes(what, path, query, bytes).await
    }

    /// Sends these bytes. The station checks their signature (`X-Signature`) over the very bytes
    /// that it receives: they are signed here and sent as they are.
    pub(super) async fn post_bytes<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        query: &[(&str, &str)],
        bytes: Vec<u8>,
    ) -> Result<T, OmsError> {
        let mut request = self.http.post(self.address(what, path, query)?);
        if let Some(signer) = &self.settings.signer {
            let unsigned = |source| OmsError::Unsigned { what, source };
            let signature = signer.sign(&bytes, Form::Detached).await.map_err(unsigned)?;
            request = request.header("X-Signature", signature);
        }
        if let Some(name) = self.reports_as(path) {
            request = request.header("userName", name);
        }
        let request = request
            .header(CONTENT_TYPE, JSON)
            .timeout(self.settings.answer_within * SLOW)
            .body(bytes);
        self.send(what, request).await
    }

    /// Who reports: version 2 has a header for it on reports of every country, and on nothing else.
    pub(super) fn reports_as(&self, path: &str) -> Option<&str> {
        let Api::V2(profile) = &self.settings.api else { return None };
        let reports = ["/utilisation", "/dropout", "/aggregation"];
        let is_report = reports.iter().any(|name| path.ends_with(name));
        (is_report && !profile.user_name.is_empty()).then_some(&profile.user_name)
    }

    pub(super) fn address(
        &self,
        what: &'static str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Url, OmsError> {
        let joined = self.base.join(path);
        let mut url = joined.map_err(|why| OmsError::Settings(format!("{what}: {why}")))?;
        url.query_pairs_mut().append_pair("omsId", &self.settings.oms_id).extend_pairs(query);
        Ok(url)
    }

    /// Makes a call; with a fresh token once more if the one that we had is not taken.
    async fn send<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<T, OmsError> {
        let again = request.try_clone().filter(|_| self.settings.token.signs_in());
        match self.send_once(what, request).await {
            Err(OmsError::Unauthorized { status: 401, .. }) if again.is_some() => {
                self.send_once(what, again.expect("it is some")).await
            }
            said => said,
        }
    }

    async fn send_once<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<T, OmsError> {
        let not_signed_in = |source| OmsError::NotSignedIn { what, source };
        let token = self.settings.token.token().await.map_err(not_signed_in)?;
        let request = self.with_token(request, &token)?;
        self.pace.my_turn().await;
        let answer = request.header(ACCEPT, JSON).send().await;
        let answer = answer.map_err(OmsError::unreachable(what))?;
        let (status, stay_away) = (answer.status(), stay_away(answer.headers()));
        let body = read_body(what, answer).await?;
        tracing::debug!(what, status = status.as_u16(), bytes = body.len(), "answer");
        if status.is_success() {
            return read_json(what, &body);
        }
        if status == StatusCode::UNAUTHORIZED {
            self.settings.token.refused(&token);
        }
        if let Some(wait) = stay_away {
            self.pace.rest(wait);
        }
        Err(OmsError::from_answer(what, status.as_u16(), &body, stay_away))
    }

    fn with_token(
        &self,
        request: RequestBuilder,
        token: &ClientToken,
    ) -> Result<RequestBuilder, OmsError> {
        let secret = |text: &str| {
            let mut value = HeaderValue::from_str(text).map_err(|_| {
                let why = "the client token holds characters that no token has".to_owned();
                OmsError::Settings(why)
            })?;
            value.set_sensitive(true);
            Ok(value)
        };
        let request = request.header("clientToken", secret(token.secret())?);
        if !matches!(&self.settings.api, Api::V2(profile) if profile.bearer_too) {
            return Ok(request);
        }
        let bearer = secret(&format!("Bearer {}", token.secret()))?;
        Ok(request.header(AUTHORIZATION, bearer))
    }
}

/// How long the station wants to be left alone, by `Retry-After`; a date is not understood, and
/// then the usual wait holds.
fn stay_away(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(STAY_AWAY_MAX))
}

/// The whole body of an answer.
pub(super) async fn read_body(what: &'static str, answer: Response) -> Result<Vec<u8>, OmsError> {
    whole(answer, ANSWER_MAX).await.map_err(|why| match why {
        Unread::Broken(source) => OmsError::Unreachable { what, nothing_sent: false, source },
        Unread::Endless(_) => OmsError::Garbled { what, why: why.to_string() },
    })
}

/// Errors of the parser quote what they stumble over, which may be a code: only the place is told.
pub(super) fn read_json<T: DeserializeOwned>(
    what: &'static str,
    body: &[u8],
) -> Result<T, OmsError> {
    serde_json::from_slice(body).map_err(|error| {
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        OmsError::Garbled {
            what,
            why: format!("not the documented JSON ({kind:?} at line {line}, column {column})"),
        }
    })
}
