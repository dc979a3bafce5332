//! A client of Electronic Mark (datamark.by), the state system of Belarus: orders of codes, arrays,
//! reports, shipments. What is not sure about it stands in `dialect`.
mod dialect;
mod session;
mod talk;
mod wire;

pub use dialect::{Dialect, DownloadBy, LabelsAs, Most, Numbers, OrderStands, Paths, SignInForm};
pub use wire::{
    Agent, KnownLabel, KnownOrder, KnownReport, MarkOrder, Params, ReportEnds, ReportLabels,
    ReportResult, Shipment, Stands,
};

use super::oms_call::{read_body, read_json};
use super::pace::Pace;
use super::{OmsError, call};
use crate::code::{CodeText, Gtin, ProductGroup};
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use session::{Session, SignedIn, Token};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Lists and arrays may take this many times `answer_within`.
const SLOW: u32 = 4;

/// Who we are there. No log shows it.
#[derive(Clone)]
pub struct MarkUser {
    name: String,
    password: String,
}

impl MarkUser {
    /// Takes a name and a password.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { name: name.into(), password: password.into() }
    }

    /// Reads `name:password`; a name has no colon. Nothing if a part is missing.
    pub fn from_line(line: &str) -> Option<Self> {
        let (name, password) = line.split_once(':')?;
        (!name.is_empty() && !password.is_empty()).then(|| Self::new(name, password))
    }
}

impl fmt::Debug for MarkUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MarkUser(…)")
    }
}

/// What the system calls a product group of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The kind of its codes.
    pub label_type: u32,
    /// Its word for the group.
    pub group: String,
}

/// Where the system is, and who we are there.
#[derive(Debug, Clone)]
pub struct MarkSettings {
    /// Its address, such as `https://api.datamark.by`.
    pub base_url: String,
    /// Who we are there.
    pub user: MarkUser,
    /// Product groups by our alias.
    pub terms: BTreeMap<String, Terms>,
    /// What is not sure.
    pub dialect: Dialect,
    /// The longest wait for an answer.
    pub answer_within: Duration,
    /// Calls in one second, all tasks together.
    pub calls_per_second: u32,
    /// After the system could not be reached, it is tried again after this long.
    pub again_after: Duration,
    /// After the system failed (HTTP 5xx), it is left alone for this long.
    pub rest_after_failure: Duration,
}

impl MarkSettings {
    /// No limit of calls and no time of rest was found: those of the Russian station are taken.
    pub fn new(base_url: &str, user: MarkUser) -> Self {
        Self {
            base_url: base_url.to_owned(),
            user,
            terms: usual_terms(),
            dialect: Dialect::default(),
            answer_within: Duration::from_secs(30),
            calls_per_second: 5,
            again_after: Duration::from_secs(5),
            rest_after_failure: Duration::from_secs(30),
        }
    }
}

/// Kinds of codes as a public description has them: 12 = dairy, 20 = footwear, clothing, tyres.
pub fn usual_terms() -> BTreeMap<String, Terms> {
    [("milk", 12), ("shoes", 20), ("lp", 20), ("tires", 20)]
        .map(|(group, label_type)| {
            (group.to_owned(), Terms { label_type, group: group.to_owned() })
        })
        .into()
}

/// Codes to be reported.
#[derive(Debug, Clone, Copy)]
pub struct MarkReport<'a> {
    /// Their product group.
    pub group: ProductGroup,
    /// Their trade item.
    pub gtin: Gtin,
    /// The codes, with their check parts.
    pub labels: &'a [CodeText],
    /// What is said of all of them.
    pub params: &'a Params,
}

/// Electronic Mark. Cheap to clone; all clones share the token, connections and the pace.
#[derive(Clone)]
pub struct ElectronicMark {
    http: Client,
    base: Url,
    settings: Arc<MarkSettings>,
    session: Arc<Session>,
    pace: Arc<Pace>,
}

impl fmt::Debug for ElectronicMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ElectronicMark({})", self.base)
    }
}

impl ElectronicMark {
    /// Gets ready; says nothing to the system yet. An error is one of the settings.
    pub fn new(settings: MarkSettings) -> Result<Self, OmsError> {
        let base = call::base(&settings.base_url).map_err(OmsError::Settings)?;
        let http = call::client(&base).map_err(OmsError::Settings)?;
        let pace = Arc::new(Pace::new(settings.calls_per_second));
        let session = Arc::new(Session::new(settings.again_after));
        Ok(Self { http, base, settings: Arc::new(settings), session, pace })
    }

    /// What is not sure, as configured.
    pub fn dialect(&self) -> &Dialect {
        &self.settings.dialect
    }

    /// What the system calls this group; nothing where nobody said so.
    pub fn terms(&self, group: ProductGroup) -> Option<&Terms> {
        self.settings.terms.get(group.alias())
    }

    /// How long to leave the system alone after this.
    pub fn again_after(&self, error: &OmsError) -> Duration {
        if matches!(error, OmsError::Failing { .. }) {
            self.settings.rest_after_failure
        } else {
            self.settings.again_after
        }
    }

    /// The kinds of codes, as the system has them; for a person.
    pub async fn label_types(&self) -> Result<Value, OmsError> {
        self.get("ask for the kinds of codes", &self.dialect().paths.label_types).await
    }

    /// Has a trade item taken over from the catalogue of barcodes (ePASS).
    pub async fn add_by_gtin(&self, gtin: Gtin) -> Result<Value, OmsError> {
        let body = json!({"gtin": gtin.as_str()});
        self.post("take over a trade item", &self.dialect().paths.item_by_gtin, &body).await
    }

    /// Asks whether trade items are known, as many at once as the system takes.
    pub async fn check_gtins(&self, gtins: &[Gtin]) -> Result<Vec<Value>, OmsError> {
        let most = self.dialect().most.gtins.max(1) as usize;
        let mut answers = Vec::new();
        for part in gtins.chunks(most) {
            let body: Vec<&str> = part.iter().map(Gtin::as_str).collect();
            let path = &self.dialect().paths.check_gtins;
            answers.push(self.post("ask after trade items", path, &body).await?);
        }
        Ok(answers)
    }

    /// Places one order. Not to be repeated blindly.
    pub async fn place(&self, order: &MarkOrder) -> Result<String, OmsError> {
        let placed: wire::Placed =
            self.post("place an order", &self.dialect().paths.order, order).await?;
        Ok(placed.id)
    }

    /// Places several orders at once, each under a key of ours; answers their numbers by these
    /// keys. Not to be repeated blindly: whoever loses the answer looks in [`Self::orders`] for
    /// his comments.
    pub async fn place_group(
        &self,
        group: &str,
        orders: &BTreeMap<String, MarkOrder>,
    ) -> Result<BTreeMap<String, String>, OmsError> {
        let body = json!({"group": group, "orders": orders});
        let path = &self.dialect().paths.group_orders;
        let placed: wire::PlacedGroup = self.post("place a group of orders", path, &body).await?;
        Ok(placed.into_names())
    }

    /// One order.
    pub async fn order(&self, id: &str) -> Result<KnownOrder, OmsError> {
        let path = format!("{}/{id}", self.dialect().paths.order_by_id.trim_end_matches('/'));
        let answer: wire::Detail = self.get("ask after an order", &path).await?;
        Ok(answer.detail)
    }

    /// A page of the orders of one kind of codes, from one; an empty one is the last.
    pub async fn orders(&self, label_type: u32, page: u32) -> Result<Vec<KnownOrder>, OmsError> {
        let body = json!({"label_type": label_type, "page": page});
        let path = &self.dialect().paths.orders;
        let list: wire::OrdersList = self.post("list the orders", path, &body).await?;
        Ok(list.orders_list)
    }

    /// The codes of a ready order. May be asked for again and again: the answer is the same.
    pub async fn array(&self, order: &KnownOrder) -> Result<Vec<CodeText>, OmsError> {
        let what = "take an array of codes";
        let body = match self.dialect().download {
            DownloadBy::OrderId => json!({"order_id": wire::as_it_came(&order.id)}),
            DownloadBy::Filename => {
                let why = || "the order names no file".to_owned();
                let name =
                    order.filename().ok_or_else(|| OmsError::Garbled { what, why: why() })?;
                json!({"filename": name})
            }
        };
        let array: wire::Array = self.post(what, &self.dialect().paths.download, &body).await?;
        Ok(array.labels)
    }

    /// How these codes stand, as many at once as the system takes. What it does not know is not in
    /// the answer.
    pub async fn labels(&self, codes: &[CodeText]) -> Result<Vec<KnownLabel>, OmsError> {
        let what = "ask how codes stand";
        let mut known = Vec::new();
        for part in codes.chunks(self.dialect().most.labels.max(1) as usize) {
            let labels: Vec<&str> = part.iter().map(CodeText::as_str).collect();
            let path = &self.dialect().paths.labels;
            let answer: Value = self.post(what, path, &json!({"labels": labels})).await?;
            let why = "no list of codes in it".to_owned();
            known.extend(wire::known_labels(&answer).ok_or(OmsError::Garbled { what, why })?);
        }
        Ok(known)
    }

    /// Reports codes as labelled. Answers with the system's name for the report.
    pub async fn add_mark(&self, report: MarkReport<'_>) -> Result<String, OmsError> {
        self.report("report labelled codes", &self.dialect().paths.mark, report).await
    }

    /// Reports labelled codes as produced. Answers with the system's name for the report.
    pub async fn add_manufacture(&self, report: MarkReport<'_>) -> Result<String, OmsError> {
        self.report("report produced goods", &self.dialect().paths.manufacture, report).await
    }

    /// Reports spoiled codes, where the configuration says how; nothing where it does not.
    pub async fn write_off(&self, report: MarkReport<'_>) -> Result<Option<String>, OmsError> {
        let path = &self.dialect().paths.write_off;
        if path.is_empty() {
            return Ok(None);
        }
        self.report("report spoiled codes", path, report).await.map(Some)
    }

    /// How far reports are. One that the system does not know is not in the answer.
    pub async fn reports(&self, names: &[&str]) -> Result<Vec<KnownReport>, OmsError> {
        let path = &self.dialect().paths.reports;
        let answer: wire::Reports =
            self.post("ask after reports", path, &json!({"uuid_list": names})).await?;
        Ok(answer.results)
    }

    /// Reports goods as sent off. Answers with the system's name for the shipment, if it gives one.
    pub async fn ship(&self, shipment: &Shipment) -> Result<Option<String>, OmsError> {
        let path = &self.dialect().paths.ship;
        let answer: Value = self.post("report a shipment", path, shipment).await?;
        let name = ["id", "ship_id", "report_uid", "report_id"]
            .iter()
            .find_map(|key| answer.get(*key))
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        Ok(name)
    }

    /// The partners of a country (its number; 643 = Russia).
    pub async fn agents(&self, country: &str) -> Result<Vec<Agent>, OmsError> {
        let what = "ask for partners";
        let path = &self.dialect().paths.agents;
        let answer: Value = self.post(what, path, &json!({"country": country})).await?;
        let why = "no list of partners in it".to_owned();
        wire::agents(&answer).ok_or(OmsError::Garbled { what, why })
    }

    async fn report(
        &self,
        what: &'static str,
        path: &str,
        report: MarkReport<'_>,
    ) -> Result<String, OmsError> {
        let Some(terms) = self.terms(report.group) else {
            let why = format!("nobody said what Electronic Mark calls '{}'", report.group);
            return Err(OmsError::Settings(why));
        };
        let (gtin, labels_as) = (report.gtin, self.dialect().labels);
        let body =
            wire::report(&terms.group, gtin.as_str(), report.labels, report.params, labels_as);
        let taken: wire::ReportTaken = self.post(what, path, &body).await?;
        Ok(taken.report_uid)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
    ) -> Result<T, OmsError> {
        let url = self.address(what, path)?;
        self.ask(what, || self.http.get(url.clone())).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, OmsError> {
        let url = self.address(what, path)?;
        let bytes = serde_json::to_vec(body).expect("texts and numbers become JSON");
        let request = || {
            let json = self.http.post(url.clone()).header(CONTENT_TYPE, "application/json");
            json.body(bytes.clone())
        };
        self.ask(what, request).await
    }

    /// Asks with our token; once again with a new one if it is not taken: then nothing was done.
    async fn ask<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<T, OmsError> {
        let token = self.session.token(self.sign_in()).await?;
        match self.ask_with(what, &token, request()).await {
            Err(OmsError::Unauthorized { .. }) => {
                self.session.refused(&token).await;
                let token = self.session.token(self.sign_in()).await?;
                self.ask_with(what, &token, request()).await
            }
            answer => answer,
        }
    }

    async fn ask_with<T: DeserializeOwned>(
        &self,
        what: &'static str,
        token: &Token,
        request: RequestBuilder,
    ) -> Result<T, OmsError> {
        let mut secret = HeaderValue::from_str(token.as_str()).map_err(|_| {
            OmsError::Settings("the token holds characters that no token has".to_owned())
        })?;
        secret.set_sensitive(true);
        let request = request.header("Token", secret).timeout(self.settings.answer_within * SLOW);
        let (_, body) = self.send(what, request).await?;
        read_json(what, &body)
    }

    async fn sign_in(&self) -> Result<SignedIn, OmsError> {
        let what = "sign in";
        let url = self.address(what, &self.dialect().paths.sign_in)?;
        let MarkUser { name, password } = &self.settings.user;
        let request = self.http.post(url).timeout(self.settings.answer_within);
        let request = match self.dialect().sign_in {
            SignInForm::Form => {
                let form = talk::form(&self.base, &[("username", name), ("password", password)]);
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
            }
            SignInForm::Json => {
                let body = json!({"username": name, "password": password, "is_rules_agree": true});
                request.header(CONTENT_TYPE, "application/json").body(body.to_string())
            }
        };
        let (date, body) = self.send(what, request).await?;
        let answer: Value = read_json(what, &body)?;
        let Some(token) = answer.get("token").and_then(Value::as_str) else {
            let why = "no token in it".to_owned();
            return Err(OmsError::Garbled { what, why });
        };
        let ends = answer.pointer("/user/expires_in").or_else(|| answer.get("expires_in"));
        let ends = ends.and_then(Value::as_str).unwrap_or_default();
        let life = session::life(ends, date.as_deref()).unwrap_or(self.dialect().token_life);
        tracing::info!(seconds = life.as_secs(), "signed in to Electronic Mark");
        Ok(SignedIn { token: Token::new(token.to_owned()), life })
    }

    fn address(&self, what: &'static str, path: &str) -> Result<Url, OmsError> {
        let joined = self.base.join(path.trim_start_matches('/'));
        joined.map_err(|why| OmsError::Settings(format!("{what}: {why}")))
    }

    /// Sends a request; answers with the server's time and the body of a success.
    async fn send(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<(Option<String>, Vec<u8>), OmsError> {
        self.pace.my_turn().await;
        let answer = request.header(ACCEPT, "application/json").send().await;
        let answer = answer.map_err(OmsError::unreachable(what))?;
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        let (date, status) = (date.map(str::to_owned), answer.status());
        let body = read_body(what, answer).await?;
        tracing::debug!(what, status = status.as_u16(), bytes = body.len(), "answer");
        if status.is_success() {
            return Ok((date, body));
        }
        Err(talk::refusal(what, status.as_u16(), &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> MarkSettings {
        MarkSettings::new(url, MarkUser::new("us", "very-secret"))
    }

    #[test]
    fn the_password_is_in_no_debug_text() {
        let settings = settings("http://127.0.0.1:1");
        assert!(!format!("{settings:?}").contains("very-secret"));
        assert!(!format!("{:?}", ElectronicMark::new(settings).unwrap()).contains("very-secret"));
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_its_text() {
        for wrong in ["datamark.example", "ftp://datamark.example"] {
            let error = ElectronicMark::new(settings(wrong)).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn a_user_is_a_name_and_a_password_with_whatever_it_holds() {
        let user = MarkUser::from_line("us@firm.by:pass:word").unwrap();
        assert_eq!((user.name.as_str(), user.password.as_str()), ("us@firm.by", "pass:word"));
        assert!(MarkUser::from_line("us").is_none() && MarkUser::from_line(":x").is_none());
    }

    #[tokio::test]
    async fn a_sign_in_that_fails_proves_that_nothing_was_done() {
        let mark = ElectronicMark::new(settings("http://127.0.0.1:1")).unwrap();
        let error = mark.label_types().await.unwrap_err();
        assert!(error.nothing_happened(), "{error}");
        assert!(error.to_string().starts_with("not signed in"), "{error}");
    }
}
