//! A client of True API (ГИС МТ): documents handed in and followed, and how codes stand there.
use super::call;
use super::oms::ClientToken;
use super::pace::Pace;
use super::sign::{Form, SignError, Signer};
use super::token::{SignInError, TokenKeeper};
use super::true_api_wire::{
    Created, DocumentList, ListedCode, ListedDocument, create_body, read_info, shows,
};
use super::words::words;
use crate::code::ProductGroup;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use super::true_api_wire::{CodeInfo, DocumentInfo, DocumentStatus};

/// Codes in one question after codes (True API, chapter 5).
pub const CODES_IN_A_QUESTION_MAX: usize = 1_000;

/// Documents on one page of the list: up to a thousand are allowed, public clients ask for fifty to
/// a thousand.
const LISTED_MAX: u32 = 100;

/// Pages of the list that are read in one search.
const PAGES_MAX: usize = 100;

/// The largest answer that is read: a document of 30,000 codes with its content.
const ANSWER_MAX: usize = 48 << 20;

/// Handing in a large document may take this many times `answer_within`.
const SLOW: u32 = 4;

/// Where True API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrueApiSettings {
    /// Its address, such as `https://markirovka.crpt.ru/api/v3/true-api`. Calls of version 4 go to
    /// the same address with `v4` instead of `v3`.
    pub base_url: String,
    /// The longest wait for an answer.
    pub answer_within: Duration,
    /// Calls in one second, all tasks together.
    pub calls_per_second: u32,
    /// After it could not be reached, it is tried again after this long.
    pub again_after: Duration,
    /// After it failed (HTTP 5xx), it is left alone for this long.
    pub rest_after_failure: Duration,
}

impl TrueApiSettings {
    /// Ten calls a second: 50 are said to be allowed [seen in public clients], nobody needs them.
    pub fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            answer_within: Duration::from_secs(30),
            calls_per_second: 10,
            again_after: Duration::from_secs(5),
            rest_after_failure: Duration::from_secs(30),
        }
    }
}

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum TrueApiError {
    /// What was configured cannot be used.
    #[error("True API: {0}")]
    Settings(String),
    /// There is no token: nothing was sent.
    #[error("{what}: not signed in")]
    NotSignedIn {
        /// The call.
        what: &'static str,
        /// Why.
        source: SignInError,
    },
    /// The document is not signed: nothing was sent.
    #[error("{what}: not signed")]
    Unsigned {
        /// The call.
        what: &'static str,
        /// Why.
        source: SignError,
    },
    /// No connection, or no whole answer in time.
    #[error("{what}: True API does not answer")]
    Unreachable {
        /// The call.
        what: &'static str,
        /// No connection came about: nobody heard of the call.
        nothing_sent: bool,
        /// Why.
        source: reqwest::Error,
    },
    /// It understood and said no: nothing was done.
    #[error("{what}: refused with {status}: {words}")]
    Refused {
        /// The call.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// Its own words.
        words: String,
    },
    /// It fell over itself, or had too many calls. It may have done what it was asked.
    #[error("{what}: True API failed with {status}: {words}")]
    Failing {
        /// The call.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// Its own words.
        words: String,
    },
    /// An answer that says "done" but is not what is documented.
    #[error("{what}: the answer makes no sense")]
    Garbled {
        /// The call.
        what: &'static str,
    },
}

impl TrueApiError {
    /// Whether it is certain that the call changed nothing.
    pub fn nothing_happened(&self) -> bool {
        match self {
            Self::Unreachable { nothing_sent, .. } => *nothing_sent,
            Self::Settings(_)
            | Self::NotSignedIn { .. }
            | Self::Unsigned { .. }
            | Self::Refused { .. } => true,
            Self::Failing { .. } | Self::Garbled { .. } => false,
        }
    }

    /// What it says, with the reasons behind it, for a page.
    pub fn whole(&self) -> String {
        let mut said = self.to_string();
        let mut why = std::error::Error::source(self);
        while let Some(reason) = why {
            said = format!("{said}: {reason}");
            why = reason.source();
        }
        said
    }
}

/// True API. Cheap to clone; all clones share connections, token and pace.
#[derive(Clone)]
pub struct TrueApi {
    http: Client,
    v3: Url,
    v4: Url,
    settings: Arc<TrueApiSettings>,
    token: TokenKeeper,
    signer: Signer,
    pace: Arc<Pace>,
}

impl fmt::Debug for TrueApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrueApi({})", self.v3)
    }
}

impl TrueApi {
    /// Gets ready; says nothing yet. `token` is the keeper of True API's own token.
    pub fn new(
        settings: TrueApiSettings,
        token: TokenKeeper,
        signer: Signer,
    ) -> Result<Self, TrueApiError> {
        let v3 = call::base(&settings.base_url).map_err(TrueApiError::Settings)?;
        if !v3.path().contains("/v3/") {
            let why = format!("'{v3}' does not hold /v3/, as in …/api/v3/true-api");
            return Err(TrueApiError::Settings(why));
        }
        let mut v4 = v3.clone();
        v4.set_path(&v3.path().replacen("/v3/", "/v4/", 1));
        let http = call::client(&v3).map_err(TrueApiError::Settings)?;
        let pace = Arc::new(Pace::new(settings.calls_per_second));
        Ok(Self { http, v3, v4, settings: Arc::new(settings), token, signer, pace })
    }

    /// How long to leave it alone after this.
    pub fn again_after(&self, error: &TrueApiError) -> Duration {
        match error {
            TrueApiError::Failing { .. } => self.settings.rest_after_failure,
            TrueApiError::NotSignedIn { source: SignInError::Waiting { left, .. }, .. } => *left,
            TrueApiError::NotSignedIn { .. }
            | TrueApiError::Settings(_)
            | TrueApiError::Unsigned { .. }
            | TrueApiError::Unreachable { .. }
            | TrueApiError::Refused { .. }
            | TrueApiError::Garbled { .. } => self.settings.again_after,
        }
    }

    /// Hands in a document of this type: exactly these bytes, with a detached signature over them.
    /// Not to be repeated blindly: every call is a new document. Answers with its name.
    pub async fn create(
        &self,
        group: ProductGroup,
        document_type: &str,
        document: &[u8],
    ) -> Result<String, TrueApiError> {
        let what = "hand in a document";
        let unsigned = |source| TrueApiError::Unsigned { what, source };
        let signature = self.signer.sign(document, Form::Detached).await.map_err(unsigned)?;
        let body = create_body(document_type, document, &signature);
        let url = address(what, &self.v3, "lk/documents/create", &[("pg", group.alias())])?;
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .timeout(self.settings.answer_within * SLOW)
            .body(body);
        let answer = self.send(what, request).await?;
        Created::read(&answer).ok_or(TrueApiError::Garbled { what })
    }

    /// How far a document is.
    pub async fn document(
        &self,
        group: ProductGroup,
        name: &str,
    ) -> Result<DocumentInfo, TrueApiError> {
        let what = "ask after a document";
        read_info(&self.info(what, group, name, false).await?).ok_or(TrueApiError::Garbled { what })
    }

    /// Whether a document holds this code, by its content as True API shows it; nothing where it
    /// shows none. That `body=true` asks for it is known from memory only.
    pub async fn document_holds(
        &self,
        group: ProductGroup,
        name: &str,
        code: &str,
    ) -> Result<Option<bool>, TrueApiError> {
        let what = "look into a document";
        let answer = self.info(what, group, name, true).await?;
        Ok(shows(&answer, code))
    }

    /// The names of our documents of this type between two times, page after page, and whether that
    /// is all. `from` and `to` are times such as `2026-11-22T08:00:00.000Z`.
    pub async fn documents(
        &self,
        group: ProductGroup,
        document_type: &str,
        from: &str,
        to: &str,
    ) -> Result<(Vec<String>, bool), TrueApiError> {
        let mut names = Vec::new();
        let mut behind: Option<ListedDocument> = None;
        for _ in 0..PAGES_MAX {
            let times = (from, to, behind.as_ref());
            let page = self.documents_page(group, document_type, times).await?;
            let last = page.results.last().cloned();
            names.extend(page.results.into_iter().map(|document| document.number));
            if !page.next_page {
                return Ok((names, true));
            }
            // A list that stands still cannot be read to its end.
            let before = behind.map(|document| document.number);
            behind = last.filter(|last| before.as_ref() != Some(&last.number));
            if behind.is_none() {
                break;
            }
        }
        Ok((names, false))
    }

    /// The page of the list that stands behind a document; without one, the first. A page is asked for
    /// by number and date of the last document before it (seen in public clients).
    async fn documents_page(
        &self,
        group: ProductGroup,
        document_type: &str,
        (from, to, behind): (&str, &str, Option<&ListedDocument>),
    ) -> Result<DocumentList, TrueApiError> {
        let what = "list the documents";
        let limit = LISTED_MAX.to_string();
        let mut query = vec![
            ("pg", group.alias()),
            ("input", "false"),
            ("documentType", document_type),
            ("dateFrom", from),
            ("dateTo", to),
            ("limit", &limit),
        ];
        if let Some(last) = behind {
            let date = ("orderedColumnValue", last.doc_date.as_str());
            query.extend([("did", last.number.as_str()), date, ("pageDir", "NEXT")]);
        }
        let url = address(what, &self.v4, "doc/list", &query)?;
        let answer = self.send(what, self.get(url)).await?;
        serde_json::from_slice(&answer).map_err(|_| TrueApiError::Garbled { what })
    }

    /// How codes stand, by their identification (without the check part), at most
    /// [`CODES_IN_A_QUESTION_MAX`].
    pub async fn codes(
        &self,
        group: ProductGroup,
        codes: &[&str],
    ) -> Result<Vec<CodeInfo>, TrueApiError> {
        let what = "ask after codes";
        if codes.len() > CODES_IN_A_QUESTION_MAX {
            let why =
                format!("{} codes in one question; at most {CODES_IN_A_QUESTION_MAX}", codes.len());
            return Err(TrueApiError::Settings(why));
        }
        let url = address(what, &self.v3, "cises/info", &[("pg", group.alias())])?;
        let request = self.http.post(url).timeout(self.settings.answer_within * SLOW).json(codes);
        let answer = self.send(what, request).await?;
        let rows: Vec<ListedCode> =
            serde_json::from_slice(&answer).map_err(|_| TrueApiError::Garbled { what })?;
        Ok(rows.into_iter().map(CodeInfo::from).collect())
    }

    async fn info(
        &self,
        what: &'static str,
        group: ProductGroup,
        name: &str,
        body: bool,
    ) -> Result<Vec<u8>, TrueApiError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'.';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(TrueApiError::Settings(format!("'{name}' is no name of a document")));
        }
        let query = [("pg", group.alias()), ("body", if body { "true" } else { "false" })];
        let url = address(what, &self.v4, &format!("doc/{name}/info"), &query)?;
        self.send(what, self.get(url)).await
    }

    fn get(&self, url: Url) -> RequestBuilder {
        self.http.get(url).timeout(self.settings.answer_within)
    }

    /// Makes a call; with a fresh token once more if the one that we had is not taken.
    async fn send(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Vec<u8>, TrueApiError> {
        let again = request.try_clone().filter(|_| self.token.signs_in());
        match (self.send_once(what, request).await, again) {
            (Err(TrueApiError::Refused { status: 401, .. }), Some(again)) => {
                self.send_once(what, again).await
            }
            (said, _) => said,
        }
    }

    async fn send_once(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Vec<u8>, TrueApiError> {
        let not_signed_in = |source| TrueApiError::NotSignedIn { what, source };
        let token = self.token.token().await.map_err(not_signed_in)?;
        let request = request.header(AUTHORIZATION, bearer(&token)?);
        self.pace.my_turn().await;
        let unreachable = |source: reqwest::Error| TrueApiError::Unreachable {
            what,
            nothing_sent: source.is_connect(),
            source: source.without_url(),
        };
        let answer = request
            .header(ACCEPT, "application/json, text/plain")
            .send()
            .await
            .map_err(unreachable)?;
        let status = answer.status();
        let body = match call::whole(answer, ANSWER_MAX).await {
            Ok(body) => body,
            Err(call::Unread::Broken(source)) => {
                return Err(TrueApiError::Unreachable { what, nothing_sent: false, source });
            }
            Err(call::Unread::Endless(_)) => return Err(TrueApiError::Garbled { what }),
        };
        tracing::debug!(what, status = status.as_u16(), bytes = body.len(), "answer");
        if status.is_success() {
            return Ok(body);
        }
        if status == StatusCode::UNAUTHORIZED {
            self.token.refused(&token);
        }
        Err(from_answer(what, status.as_u16(), &body))
    }
}

fn bearer(token: &ClientToken) -> Result<HeaderValue, TrueApiError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.secret())).map_err(|_| {
        TrueApiError::Settings("the token holds characters that no token has".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sorts an answer that is not a success. A page of a proxy says nothing of True API.
fn from_answer(what: &'static str, status: u16, body: &[u8]) -> TrueApiError {
    let words = words(body);
    let is_json = serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|v| v.is_object());
    match status {
        400 | 401 | 403 | 413 | 422 => TrueApiError::Refused { what, status, words },
        402 | 404..=428 if is_json => TrueApiError::Refused { what, status, words },
        _ => TrueApiError::Failing { what, status, words },
    }
}

fn address(
    what: &'static str,
    base: &Url,
    path: &str,
    query: &[(&str, &str)],
) -> Result<Url, TrueApiError> {
    let joined = base.join(path);
    let mut url = joined.map_err(|why| TrueApiError::Settings(format!("{what}: {why}")))?;
    url.query_pairs_mut().extend_pairs(query);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_refusals_prove_that_nothing_happened() {
        let complaint = br#"{"error_message":"no such document"}"#;
        for (status, body, proven) in [
            (400, &b""[..], true),
            (401, b"", true),
            (404, complaint, true),
            (404, b"<h1>Not found</h1>", false),
            (429, complaint, false),
            (500, complaint, false),
            (302, b"", false),
        ] {
            let error = from_answer("hand in a document", status, body);
            assert_eq!(error.nothing_happened(), proven, "{status}");
        }
    }
}
