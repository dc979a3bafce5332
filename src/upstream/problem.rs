//! What can go wrong with a call to the station, by what it lets the caller conclude.
use super::wire::Complaint;
use super::{SignError, SignInError};
use std::time::Duration;

/// Words of another system that are kept: more helps nobody on a page.
pub(super) const WORDS_KEPT: usize = 500;

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum OmsError {
    /// What was configured cannot be used.
    #[error("order-management station: {0}")]
    Settings(String),
    /// No connection, or no whole answer in time. Unless `nothing_sent`, the station may have done
    /// what it was asked.
    #[error("{what}: the station does not answer")]
    Unreachable {
        /// The call.
        what: &'static str,
        /// No connection came about, so that the station never heard of the call.
        nothing_sent: bool,
        /// Why.
        source: reqwest::Error,
    },
    /// The station understood and said no: nothing was done.
    #[error("{what}: refused with {status}: {words}")]
    Refused {
        /// The call.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The station's own words.
        words: String,
    },
    /// The station fell over itself (HTTP 5xx), or had too many calls (429). It may have done
    /// what it was asked.
    #[error("{what}: the station failed with {status}: {words}")]
    Failing {
        /// The call.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The station's own words.
        words: String,
        /// How long it asked to be left alone.
        again_after: Option<Duration>,
    },
    /// An answer that says "done" but is not what is documented.
    #[error("{what}: the answer makes no sense: {why}")]
    Garbled {
        /// The call.
        what: &'static str,
        /// Where it stops making sense; never the answer itself, it may hold codes.
        why: String,
    },
    /// Nobody is signed in at Electronic Mark, so that nothing was sent.
    #[error("not signed in: {words}")]
    SignedOut {
        /// Why, in the system's words where it has some.
        words: String,
    },
    /// There is no signature: nothing was sent.
    #[error("{what}: {source}")]
    Unsigned {
        /// The call.
        what: &'static str,
        /// Why.
        source: SignError,
    },
    /// There is no token: nothing was sent.
    #[error("{what}: {source}")]
    NotSignedIn {
        /// The call.
        what: &'static str,
        /// Why.
        source: SignInError,
    },
    /// The token is not taken: nothing was done.
    #[error("{what}: the station does not take our client token ({status}); enter a new one")]
    Unauthorized {
        /// The call.
        what: &'static str,
        /// The HTTP status.
        status: u16,
    },
}

impl OmsError {
    /// What becomes of a call that got no answer.
    pub(super) fn unreachable(what: &'static str) -> impl FnOnce(reqwest::Error) -> Self {
        move |source| Self::Unreachable {
            what,
            nothing_sent: source.is_connect(),
            source: source.without_url(),
        }
    }

    /// Whether it is certain that the call changed nothing at the station.
    pub fn nothing_happened(&self) -> bool {
        match self {
            Self::Unreachable { nothing_sent, .. } => *nothing_sent,
            Self::Settings(_)
            | Self::Refused { .. }
            | Self::Unsigned { .. }
            | Self::SignedOut { .. }
            | Self::NotSignedIn { .. }
            | Self::Unauthorized { .. } => true,
            Self::Failing { .. } | Self::Garbled { .. } => false,
        }
    }

    /// Sorts an answer that is not a success.
    pub(super) fn from_answer(
        what: &'static str,
        status: u16,
        body: &[u8],
        again_after: Option<Duration>,
    ) -> Self {
        match status {
            401 | 403 => Self::Unauthorized { what, status },
            429 | 500.. => Self::Failing { what, status, words: words(body), again_after },
            400 | 413 | 422 => Self::Refused { what, status, words: words(body) },
            // Only the station itself complains like this; anything else may be a proxy on the way.
            _ if is_complaint(body) => Self::Refused { what, status, words: words(body) },
            _ => Self::Failing { what, status, words: words(body), again_after },
        }
    }
}

fn is_complaint(body: &[u8]) -> bool {
    serde_json::from_slice::<Complaint>(body).is_ok_and(|complaint| complaint.says_something())
}

/// The station's complaint in one line, without check parts of codes.
pub(super) fn words(body: &[u8]) -> String {
    match serde_json::from_slice::<Complaint>(body) {
        Ok(complaint) if complaint.says_something() => in_one_line(&complaint.to_string()),
        Ok(_) | Err(_) => in_one_line(&String::from_utf8_lossy(body)),
    }
}

/// What another system says, short, without control characters and check parts of codes.
pub(super) fn in_one_line(said: &str) -> String {
    let said = without_check_parts(said);
    let said: String = said.chars().filter(|c| !c.is_control()).take(WORDS_KEPT).collect();
    if said.trim().is_empty() { "no words".to_owned() } else { said }
}

/// Drops what follows a separator up to the end of the word: these words go into logs.
pub(super) fn without_check_parts(said: &str) -> String {
    let mut parts = said.replace("\\u001d", "\u{1d}").replace("\\u001D", "\u{1d}");
    while let Some(start) = parts.find(crate::code::GS) {
        let ends = |c: char| c.is_whitespace();
        let end = parts[start..].find(ends).map_or(parts.len(), |length| start + length);
        parts.replace_range(start..end, "…");
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        OmsError::from_answer("place an order", 400, body.as_bytes(), None).to_string()
    }

    #[test]
    fn the_documented_complaint_becomes_one_line() {
        let body = r#"{"fieldErrors":[{"fieldError":"no such GTIN","fieldName":"products[0].gtin","errorCode":1010}],
            "globalErrors":[{"error":"too many orders","errorCode":"2020"}],"success":false}"#;
        assert_eq!(
            refused(body),
            "place an order: refused with 400: products[0].gtin: no such GTIN (1010); too many orders (2020)"
        );
    }

    #[test]
    fn complaints_of_other_countries_are_plain_texts() {
        assert_eq!(
            refused(r#"{"globalErrors":["closed"],"success":false}"#),
            "place an order: refused with 400: closed"
        );
    }

    #[test]
    fn a_page_of_a_proxy_is_shown_as_it_is() {
        assert_eq!(refused("<h1>Bad</h1>"), "place an order: refused with 400: <h1>Bad</h1>");
        assert_eq!(refused(""), "place an order: refused with 400: no words");
    }

    #[test]
    fn check_parts_of_codes_do_not_get_into_words() {
        let body =
            r#"{"globalErrors":[{"error":"0104810093011694212k6rsrti\u001d93#SzU is bad"}]}"#;
        assert_eq!(
            refused(body),
            "place an order: refused with 400: 0104810093011694212k6rsrti… is bad"
        );
    }

    #[test]
    fn only_some_troubles_prove_that_nothing_happened() {
        let complaint = r#"{"globalErrors":[{"error":"no such order"}]}"#;
        for (status, body, proven) in [
            (400, "", true),
            (401, "", true),
            (404, complaint, true),
            // Perhaps a proxy on the way, which says nothing of the station.
            (404, "<h1>Not found</h1>", false),
            (302, "", false),
            (429, "", false),
            (500, complaint, false),
        ] {
            let error = OmsError::from_answer("place an order", status, body.as_bytes(), None);
            assert_eq!(error.nothing_happened(), proven, "{status} {body}");
        }
    }
}
