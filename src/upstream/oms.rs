//! A client of the order-management station (СУЗ), API v3: orders, codes, reports, receipts.
use super::OmsError;
use super::pace::Pace;
use super::wire::{
    AttributesBody, BlockList, Buffer, CloseBody, CodeBlock, CodeResult, DropoutReason,
    ListedBlock, ListedOrder, OrderBody, OrderList, Placed, Pong, ProductBody, Receipt,
    ReceiptContent, ReceiptDocument, ReceiptList, ReportBody, ReportInfo, ReportTaken,
};
use crate::code::{CodeText, Gtin, ProductGroup};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The largest answer that is read: 150,000 codes of 150 characters, twice over.
const ANSWER_MAX: usize = 48 << 20;

/// Lists and blocks of codes are slow (a user measured 1 min 52 s for a list of orders): they may
/// take this many times `answer_within`.
const SLOW: u32 = 4;

/// Where the station is and who we are there.
#[derive(Debug, Clone)]
pub struct OmsSettings {
    /// Its address, without `/api/v3`, such as `https://suzgrid.crpt.ru`.
    pub base_url: String,
    /// What it knows us by.
    pub client_token: ClientToken,
    /// The participant's id there.
    pub oms_id: String,
    /// How the goods come to the market: `PRODUCTION`, `IMPORT`, ….
    pub release_method: String,
    /// The longest wait for an answer.
    pub answer_within: Duration,
    /// Calls in one second, all tasks together.
    pub calls_per_second: u32,
    /// After the station could not be reached, it is tried again after this long.
    pub again_after: Duration,
    /// After the station failed (HTTP 5xx), it is left alone for this long.
    pub rest_after_failure: Duration,
}

impl OmsSettings {
    /// The manual's recommendations: ten calls a second (p. 31), 30 seconds of rest after a
    /// failure of the station (p. 421). The other times are ours.
    pub fn new(base_url: &str, client_token: ClientToken, oms_id: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            client_token,
            oms_id: oms_id.to_owned(),
            release_method: "PRODUCTION".to_owned(),
            answer_within: Duration::from_secs(30),
            calls_per_second: 10,
            again_after: Duration::from_secs(5),
            rest_after_failure: Duration::from_secs(30),
        }
    }
}

/// A secret that no log shows.
#[derive(Clone)]
pub struct ClientToken(String);

impl ClientToken {
    /// Takes the token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }
}

impl fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientToken(…)")
    }
}

/// What to order.
#[derive(Debug, Clone, Copy)]
pub struct OrderWish<'a> {
    /// The product group.
    pub group: ProductGroup,
    /// The trade item.
    pub gtin: Gtin,
    /// How many codes.
    pub quantity: u32,
    /// A name of ours that the station keeps (`productionOrderId`), by which an order is found
    /// again whose answer was lost.
    pub mark: &'a str,
}

/// The station. Cheap to clone; all clones share connections and the pace.
#[derive(Clone)]
pub struct Oms {
    http: Client,
    base: Url,
    settings: Arc<OmsSettings>,
    pace: Arc<Pace>,
}

impl fmt::Debug for Oms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oms({})", self.base)
    }
}

impl Oms {
    /// Gets ready; says nothing to the station yet. An error is one of the settings.
    pub fn new(settings: OmsSettings) -> Result<Self, OmsError> {
        let base = settings.base_url.trim_end_matches('/');
        let base = Url::parse(&format!("{base}/api/v3/"))
            .map_err(|why| OmsError::Settings(format!("'{}': {why}", settings.base_url)))?;
        if !matches!(base.scheme(), "http" | "https") {
            let why = format!("'{base}' is not an address; wanted http:// or https://");
            return Err(OmsError::Settings(why));
        }
        let http = http_client(&base, &settings.client_token)?;
        let pace = Arc::new(Pace::new(settings.calls_per_second));
        Ok(Self { http, base, settings: Arc::new(settings), pace })
    }

    /// How long to leave the station alone after this.
    pub fn again_after(&self, error: &OmsError) -> Duration {
        match error {
            OmsError::Failing { .. } => self.settings.rest_after_failure,
            OmsError::Settings(_)
            | OmsError::Unreachable { .. }
            | OmsError::Refused { .. }
            | OmsError::Garbled { .. }
            | OmsError::NotSignedIn { .. }
            | OmsError::Unauthorized { .. } => self.settings.again_after,
        }
    }

    /// Asks whether it is there and takes our token.
    pub async fn ping(&self) -> Result<Pong, OmsError> {
        self.get("ping the station", "ping", &[], 1).await
    }

    /// Places an order for codes of one trade item. Not to be repeated blindly: every call is a
    /// new order.
    pub async fn place(&self, wish: OrderWish<'_>) -> Result<Placed, OmsError> {
        let product = ProductBody {
            gtin: wish.gtin.as_str(),
            quantity: wish.quantity,
            serial_number_type: "OPERATOR",
            template_id: wish.group.template_id(),
            cis_type: "UNIT",
        };
        let attributes = AttributesBody {
            release_method_type: &self.settings.release_method,
            create_method_type: "SELF_MADE",
            production_order_id: wish.mark,
        };
        let product_group = wish.group.alias();
        let body = OrderBody { product_group, products: [product], attributes };
        self.post("place an order", "order", &body).await
    }

    /// How the codes of an order stand.
    pub async fn order_status(&self, order: &str, gtin: Gtin) -> Result<Vec<Buffer>, OmsError> {
        let query = [("orderId", order), ("gtin", gtin.as_str())];
        self.get("ask after an order", "order/status", &query, 1).await
    }

    /// All orders that the station remembers. For recovery only: the manual forbids routine use.
    pub async fn orders(&self) -> Result<Vec<ListedOrder>, OmsError> {
        let list: OrderList = self.get("list the orders", "order/list", &[], SLOW).await?;
        Ok(list.order_infos)
    }

    /// Takes codes (at most 150,000). Not to be repeated blindly: every call takes *new* codes.
    /// Whoever loses the answer finds the block with [`Oms::blocks`].
    pub async fn codes(
        &self,
        order: &str,
        gtin: Gtin,
        quantity: u32,
    ) -> Result<CodeBlock, OmsError> {
        let quantity = quantity.to_string();
        let query = [("orderId", order), ("gtin", gtin.as_str()), ("quantity", &quantity)];
        self.get("take codes", "codes", &query, SLOW).await
    }

    /// The blocks that were given out. Works until the sub-order is closed.
    pub async fn blocks(&self, order: &str, gtin: Gtin) -> Result<Vec<ListedBlock>, OmsError> {
        let query = [("orderId", order), ("gtin", gtin.as_str())];
        let list: BlockList =
            self.get("list the blocks of an order", "order/codes/blocks", &query, SLOW).await?;
        Ok(list.blocks)
    }

    /// The codes of a block again. Works until the sub-order is closed.
    pub async fn codes_again(&self, block: &str) -> Result<CodeBlock, OmsError> {
        let query = [("blockId", block)];
        self.get("take a block again", "order/codes/retry", &query, SLOW).await
    }

    /// Closes the sub-order of a trade item. Codes that were not taken are annulled.
    pub async fn close(&self, order: &str, gtin: Gtin) -> Result<(), OmsError> {
        let body = CloseBody { order_id: order, gtin: gtin.as_str() };
        let _: IgnoredAny = self.post("close an order", "order/close", &body).await?;
        Ok(())
    }

    /// Reports codes as applied (at most 30,000). Answers with the station's name for the report.
    pub async fn utilise(
        &self,
        group: ProductGroup,
        codes: &[CodeText],
    ) -> Result<String, OmsError> {
        self.report("report applied codes", "utilisation", group, None, codes).await
    }

    /// Reports codes as dropped out (at most 30,000). Answers with the station's name for the
    /// report.
    pub async fn drop_out(
        &self,
        group: ProductGroup,
        reason: DropoutReason,
        codes: &[CodeText],
    ) -> Result<String, OmsError> {
        self.report("report spoiled codes", "dropout", group, Some(reason.word()), codes).await
    }

    /// How far the station is with a report.
    pub async fn report_info(&self, report: &str) -> Result<ReportInfo, OmsError> {
        self.get("ask after a report", "report/info", &[("reportId", report)], 1).await
    }

    /// The station's account of a report, an order or a block, by the name that it gave it.
    pub async fn receipts(&self, document: &str) -> Result<Vec<Receipt>, OmsError> {
        let query = [("resultDocId", document)];
        let list: ReceiptList =
            self.get("ask for a receipt", "receipts/receipt", &query, 1).await?;
        Ok(list.results)
    }

    /// What became of each code, by one operation of a receipt.
    pub async fn code_results(
        &self,
        document: &str,
        operation_document: &str,
    ) -> Result<Vec<CodeResult>, OmsError> {
        let what = "ask for the results of a report";
        let query = [("resultDocId", document), ("docId", operation_document)];
        let holder: ReceiptDocument = self.get(what, "receipts/document", &query, SLOW).await?;
        let content: ReceiptContent = read_json(what, holder.content.as_bytes())?;
        Ok(content.results)
    }

    async fn report(
        &self,
        what: &'static str,
        path: &str,
        group: ProductGroup,
        reason: Option<&str>,
        codes: &[CodeText],
    ) -> Result<String, OmsError> {
        let sntins = codes.iter().map(CodeText::as_str).collect();
        let body = ReportBody { product_group: group.alias(), dropout_reason: reason, sntins };
        let taken: ReportTaken = self.post(what, path, &body).await?;
        Ok(taken.report_id)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        query: &[(&str, &str)],
        patience: u32,
    ) -> Result<T, OmsError> {
        let within = self.settings.answer_within * patience;
        self.send(what, self.http.get(self.address(what, path, query)?).timeout(within)).await
    }

    /// Sends a body. The station checks its signature (`X-Signature`) over the very bytes that it
    /// receives: they are made here, once, and this is the place to sign them.
    async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, OmsError> {
        let bytes = serde_json::to_vec(body).expect("texts and numbers become JSON");
        let request = self
            .http
            .post(self.address(what, path, &[])?)
            .header(CONTENT_TYPE, "application/json")
            .timeout(self.settings.answer_within * SLOW)
            .body(bytes);
        self.send(what, request).await
    }

    fn address(
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

    async fn send<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<T, OmsError> {
        self.pace.my_turn().await;
        let unreachable = |source: reqwest::Error| OmsError::Unreachable {
            what,
            nothing_sent: source.is_connect(),
            source: source.without_url(),
        };
        let mut answer = request.send().await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + part.len() > ANSWER_MAX {
                return Err(OmsError::Garbled { what, why: "it does not end".to_owned() });
            }
            body.extend_from_slice(&part);
        }
        tracing::debug!(what, status = answer.status().as_u16(), bytes = body.len(), "answer");
        if !answer.status().is_success() {
            return Err(OmsError::from_answer(what, answer.status().as_u16(), &body));
        }
        read_json(what, &body)
    }
}

/// Errors of the parser quote what they stumble over, which may be a code: only the place is told.
fn read_json<T: DeserializeOwned>(what: &'static str, body: &[u8]) -> Result<T, OmsError> {
    serde_json::from_slice(body).map_err(|error| {
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        OmsError::Garbled {
            what,
            why: format!("not the documented JSON ({kind:?} at line {line}, column {column})"),
        }
    })
}

fn http_client(base: &Url, token: &ClientToken) -> Result<Client, OmsError> {
    // Somebody may have chosen the cryptography already: that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut token = HeaderValue::from_str(&token.0).map_err(|_| {
        OmsError::Settings("the client token holds characters that no token has".to_owned())
    })?;
    token.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert("clientToken", token);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let mut builder = Client::builder()
        .default_headers(headers)
        // The token goes nowhere else.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // A call may change the station: only its callers know whether to repeat it.
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_secs(10));
    if base.scheme() == "http" {
        // A machine without certificates of its own can still talk to a station in the house.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|why| OmsError::Settings(format!("cannot use TLS: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> OmsSettings {
        OmsSettings::new(url, ClientToken::new("very-secret"), "OMS-Id")
    }

    #[test]
    fn the_token_is_in_no_debug_text() {
        let settings = settings("http://127.0.0.1:1");
        assert!(!format!("{settings:?}").contains("very-secret"));
        assert!(!format!("{:?}", Oms::new(settings).unwrap()).contains("very-secret"));
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_its_text() {
        for wrong in ["suz.example", "ftp://suz.example"] {
            let error = Oms::new(settings(wrong)).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn ids_are_sent_back_as_they_came() {
        let oms = Oms::new(settings("https://suz.example/prefix/")).unwrap();
        let url = oms.address("test", "order/status", &[("orderId", "aB-1/2")]).unwrap();
        assert_eq!(
            url.as_str(),
            "https://suz.example/prefix/api/v3/order/status?omsId=OMS-Id&orderId=aB-1%2F2"
        );
    }

    #[test]
    fn the_rest_after_a_failure_is_the_longer_one() {
        let oms = Oms::new(settings("http://127.0.0.1:1")).unwrap();
        let failing = OmsError::from_answer("test", 500, b"");
        assert_eq!(oms.again_after(&failing), Duration::from_secs(30));
    }
}
