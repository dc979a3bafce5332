//! Signing by somebody else: the bytes are sent to an address in the house, a signature comes back.
use super::{Form, SignError, first_words};
use crate::upstream::call;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Url};
use std::fmt;
use std::time::Duration;

/// Where a signing service is, such as on the office computer with the token.
#[derive(Clone)]
pub struct SignAddress {
    /// Its address. The bytes are posted there as they are, with `form=detached` or
    /// `form=attached` in the query; the answer is the CMS, as base64 or DER.
    pub url: String,
    /// What it knows us by (`Authorization: Bearer …`), if it asks.
    pub token: Option<String>,
    /// The longest wait for a signature.
    pub within: Duration,
    /// How many signatures it may make at the same time.
    pub at_once: usize,
}

impl fmt::Debug for SignAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignAddress({})", self.url)
    }
}

pub(super) struct Remote {
    http: Client,
    url: Url,
    token: Option<HeaderValue>,
    within: Duration,
}

impl Remote {
    pub(super) fn new(settings: SignAddress) -> Result<Self, SignError> {
        let url = call::address(&settings.url).map_err(SignError::Settings)?;
        let http = call::client(&url).map_err(SignError::Settings)?;
        let token = settings.token.map(|token| bearer(&token)).transpose()?;
        Ok(Self { http, url, token, within: settings.within })
    }

    /// Where it is, without what may be secret in the address.
    pub(super) fn name(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{host}{port}{}", self.url.scheme(), self.url.path())
    }

    pub(super) async fn sign(&self, bytes: &[u8], form: Form) -> Result<Vec<u8>, SignError> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("form", form.word());
        let mut request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/octet-stream")
            .timeout(self.within)
            .body(bytes.to_vec());
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        let answer = request.send().await.map_err(|source| self.unreachable(source))?;
        let status = answer.status();
        let body = match call::whole(answer, super::command::answer_max(bytes)).await {
            Ok(body) => body,
            Err(call::Unread::Broken(source)) => return Err(self.unreachable(source)),
            Err(endless) => return Err(self.failed(status, endless.to_string())),
        };
        if status.is_success() { Ok(body) } else { Err(self.failed(status, first_words(&body))) }
    }

    fn failed(&self, status: reqwest::StatusCode, words: String) -> SignError {
        SignError::Failed { by: self.name(), how: status.to_string(), words }
    }

    fn unreachable(&self, source: reqwest::Error) -> SignError {
        if source.is_timeout() {
            return SignError::TooLate { by: self.name(), within: self.within };
        }
        SignError::Unreachable { by: self.name(), source: source.without_url() }
    }
}

fn bearer(token: &str) -> Result<HeaderValue, SignError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
        SignError::Settings("the token of the signing address holds odd characters".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}
