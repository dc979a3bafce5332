//! A client of the order-management station (СУЗ), API v3 and v2: orders and codes. Reports and
//! receipts: `oms_reports`. How a call is made: `oms_call`. What version 2 has otherwise: `oms_v2`.
use super::oms_block::CodeBlock;
use super::oms_call::SLOW;
use super::oms_v2::{self, V2Profile};
use super::pace::Pace;
use super::wire::{
    AttributesBody, BlockList, Buffer, CloseBody, ListedBlock, ListedOrder, OrderBody, OrderList,
    Placed, Pong, ProductBody,
};
use super::{
    OmsError, ProductProblem, ProductRules, ProductWords, ReportWords, SignInError, Signer,
    TokenKeeper, call,
};
use crate::code::{Gtin, ProductGroup};
use reqwest::{Client, Url};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Which version of the interface a station speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Api {
    /// Russia today.
    #[default]
    V3,
    /// Kazakhstan, Kyrgyzstan, Uzbekistan, and Russia before.
    V2(V2Profile),
}

/// What a station takes in one call, and how much it lets stand open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Codes of one trade item in one order.
    pub codes_in_an_order: u32,
    /// Codes in one call for codes.
    pub codes_in_a_call: u32,
    /// Codes in one report.
    pub codes_in_a_report: u32,
    /// Orders that give codes or wait for them.
    pub open_orders: usize,
}

/// Where the station is and who we are there.
#[derive(Debug, Clone)]
pub struct OmsSettings {
    /// Its address, without `/api/v3`, such as `https://suzgrid.crpt.ru`.
    pub base_url: String,
    /// What it knows us by.
    pub token: TokenKeeper,
    /// The participant's id there.
    pub oms_id: String,
    /// Who signs what is sent, where the station wants that: all product groups but medicines.
    pub signer: Option<Signer>,
    /// The version that it speaks.
    pub api: Api,
    /// How the goods come to the market: `PRODUCTION`, `IMPORT`, ….
    pub release_method: String,
    /// What an order of a product group says besides, by the group's alias.
    pub order_attributes: BTreeMap<String, Map<String, Value>>,
    /// What an order says of its goods.
    pub products: ProductRules,
    /// The longest wait for an answer.
    pub answer_within: Duration,
    /// Calls in one second, all tasks together.
    pub calls_per_second: u32,
    /// After the station could not be reached, it is tried again after this long.
    pub again_after: Duration,
    /// After the station failed (HTTP 5xx), it is left alone for this long.
    pub rest_after_failure: Duration,
}

/// Calls a second at most, whatever is set (manual, p. 31); a fake on this machine takes more.
pub(super) const CALLS_A_SECOND_MAX: u32 = 10;

impl OmsSettings {
    /// The manual's recommendations: ten calls a second (p. 31), 30 seconds of rest after a
    /// failure of the station (p. 421). The other times are ours.
    pub fn new(base_url: &str, client_token: ClientToken, oms_id: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            token: TokenKeeper::fixed(client_token),
            oms_id: oms_id.to_owned(),
            signer: None,
            api: Api::V3,
            release_method: "PRODUCTION".to_owned(),
            order_attributes: BTreeMap::new(),
            products: ProductRules::default(),
            answer_within: Duration::from_secs(30),
            calls_per_second: CALLS_A_SECOND_MAX,
            again_after: Duration::from_secs(5),
            rest_after_failure: Duration::from_secs(30),
        }
    }
}

/// A secret that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientToken(String);

impl ClientToken {
    /// Takes the token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself, for the header of a call.
    pub(super) fn secret(&self) -> &str {
        &self.0
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
    /// The codes are for products that came back, whatever the settings say of the way to the
    /// market: who owns the card of the trade item, empty where it is the participant.
    pub remarked_by: Option<&'a str>,
}

/// The part of an order that is of one trade item.
#[derive(Debug, Clone, Copy)]
pub struct SubOrder<'a> {
    /// The product group.
    pub group: ProductGroup,
    /// The station's name for the order.
    pub order: &'a str,
    /// The trade item.
    pub gtin: Gtin,
}

impl SubOrder<'_> {
    fn query(&self) -> [(&str, &str); 2] {
        [("orderId", self.order), ("gtin", self.gtin.as_str())]
    }
}

/// The station. Cheap to clone; all clones share connections and the pace.
#[derive(Clone)]
pub struct Oms {
    pub(super) http: Client,
    pub(super) base: Url,
    pub(super) settings: Arc<OmsSettings>,
    pub(super) pace: Arc<Pace>,
}

impl fmt::Debug for Oms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oms({})", self.base)
    }
}

impl Oms {
    /// Gets ready; says nothing to the station yet. An error is one of the settings.
    pub fn new(settings: OmsSettings) -> Result<Self, OmsError> {
        let version = if settings.api == Api::V3 { "api/v3/" } else { "api/v2/" };
        let base = call::base(&settings.base_url).map_err(OmsError::Settings)?;
        let base = base.join(version).map_err(|why| OmsError::Settings(why.to_string()))?;
        let http = call::client(&base).map_err(OmsError::Settings)?;
        let most = if call::is_loopback(&base) { u32::MAX } else { CALLS_A_SECOND_MAX };
        let pace = Arc::new(Pace::new(settings.calls_per_second.min(most)));
        Ok(Self { http, base, settings: Arc::new(settings), pace })
    }

    /// Whether it speaks version 2.
    pub fn is_v2(&self) -> bool {
        matches!(self.settings.api, Api::V2(_))
    }

    /// Whether it says of single codes of a report what became of them: the neighbours have
    /// receipts without.
    pub fn tells_of_codes(&self) -> bool {
        !matches!(&self.settings.api, Api::V2(profile) if profile.old_receipts)
    }

    /// The fields that it wants to hear of a lot.
    pub fn words(&self) -> ReportWords {
        match &self.settings.api {
            Api::V3 => ReportWords::V3,
            Api::V2(profile) if profile.by_series => ReportWords::V2BySeries,
            Api::V2(_) => ReportWords::V2,
        }
    }

    /// Manual, p. 17, 32, 156, 176; version 2: the schema of an order line.
    pub fn limits(&self) -> Limits {
        let codes_in_an_order = if self.settings.api == Api::V3 { 2_000_000 } else { 150_000 };
        Limits {
            codes_in_an_order,
            codes_in_a_call: 150_000,
            codes_in_a_report: 30_000,
            open_orders: 100,
        }
    }

    /// How long to leave the station alone after this.
    pub fn again_after(&self, error: &OmsError) -> Duration {
        match error {
            OmsError::NotSignedIn { source: SignInError::Waiting { left, .. }, .. } => *left,
            OmsError::Failing { again_after: Some(wait), .. } => *wait,
            OmsError::Failing { .. } => self.settings.rest_after_failure,
            OmsError::Settings(_)
            | OmsError::Unreachable { .. }
            | OmsError::Refused { .. }
            | OmsError::Garbled { .. }
            | OmsError::Unsigned { .. }
            | OmsError::SignedOut { .. }
            | OmsError::NotSignedIn { .. }
            | OmsError::Unauthorized { .. } => self.settings.again_after,
        }
    }

    /// Asks whether it is there and takes our token. Version 2 asks by product group.
    pub async fn ping(&self, group: ProductGroup) -> Result<Pong, OmsError> {
        let path = self.path(group, "ping", "ping");
        self.get("ping the station", &path, &[], 1).await
    }

    /// What an order of today says of a trade item.
    pub fn product(&self, group: ProductGroup, gtin: Gtin) -> Result<ProductWords, ProductProblem> {
        self.settings.product(group, gtin)
    }

    /// Places an order for codes of one trade item. Not to be repeated blindly: every call is a
    /// new order.
    pub async fn place(&self, wish: OrderWish<'_>) -> Result<Placed, OmsError> {
        self.place_with(wish, &[]).await
    }

    /// The same with serial numbers of our own making, as many as codes are wanted, without the digit
    /// that the operator puts in front; none: the operator makes them.
    pub async fn place_with(
        &self,
        wish: OrderWish<'_>,
        serials: &[String],
    ) -> Result<Placed, OmsError> {
        let what = "place an order";
        let path = self.path(wish.group, "order", "orders");
        let words = self.product(wish.group, wish.gtin);
        let words = words.map_err(|why| OmsError::Settings(why.to_string()))?;
        let product = ProductBody {
            gtin: wish.gtin.as_str(),
            quantity: wish.quantity,
            serial_number_type: if serials.is_empty() { "OPERATOR" } else { "SELF_MADE" },
            serial_numbers: serials,
            template_id: words.template,
            cis_type: &words.kind,
            attributes: self.said_of_product(words.fields.clone(), wish.remarked_by),
        };
        let release_method = wish.remarked_by.map_or(&*self.settings.release_method, |_| "REMARK");
        let attributes = AttributesBody {
            release_method_type: release_method,
            create_method_type: "SELF_MADE",
            production_order_id: wish.mark,
            more: self.settings.order_attributes.get(wish.group.alias()),
        };
        match &self.settings.api {
            Api::V3 => {
                let product_group = wish.group.alias();
                let body = OrderBody { product_group, products: [product], attributes };
                self.post(what, &path, &[], &body).await
            }
            Api::V2(profile) => {
                let body = oms_v2::order(profile, wish.group, &product, &attributes);
                self.post(what, &path, &[], &body).await
            }
        }
    }

    /// The fields of goods, and who owns the card of those that somebody else remarks (manual,
    /// p. 38).
    fn said_of_product(
        &self,
        mut fields: Map<String, Value>,
        remarked_by: Option<&str>,
    ) -> Map<String, Value> {
        let producer = remarked_by.filter(|owner| !owner.is_empty());
        if let Some(producer) = producer.filter(|_| !self.settings.is_neighbour()) {
            fields.insert("producer".to_owned(), producer.into());
        }
        fields
    }

    /// How the codes of an order stand.
    pub async fn order_status(&self, of: SubOrder<'_>) -> Result<Vec<Buffer>, OmsError> {
        let what = "ask after an order";
        let path = self.path(of.group, "order/status", "buffer/status");
        match self.settings.api {
            Api::V3 => self.get(what, &path, &of.query(), 1).await,
            Api::V2(_) => {
                let info = self.get(what, &path, &of.query(), 1).await?;
                Ok(oms_v2::buffer(info).into_iter().collect())
            }
        }
    }

    /// All orders that the station remembers. For recovery only: the manual forbids routine use.
    pub async fn orders(&self, group: ProductGroup) -> Result<Vec<ListedOrder>, OmsError> {
        let path = self.path(group, "order/list", "orders");
        let list: OrderList = self.get("list the orders", &path, &[], SLOW).await?;
        Ok(list.order_infos)
    }

    /// Takes codes (at most 150,000). Not to be repeated blindly: every call takes *new* codes.
    /// Whoever loses the answer finds the block with [`Oms::blocks`]. `last_block` is the last one
    /// that is stored here: version 2 wants to hear it, version 3 does not know it.
    pub async fn codes(
        &self,
        of: SubOrder<'_>,
        quantity: u32,
        last_block: Option<&str>,
    ) -> Result<CodeBlock, OmsError> {
        let path = self.path(of.group, "codes", "codes");
        let quantity = quantity.to_string();
        let mut query = of.query().to_vec();
        query.push(("quantity", &quantity));
        if matches!(self.settings.api, Api::V2(_)) {
            query.push(("lastBlockId", last_block.unwrap_or("0")));
        }
        self.get("take codes", &path, &query, SLOW).await
    }

    /// The blocks that were given out. Works until the sub-order is closed.
    pub async fn blocks(&self, of: SubOrder<'_>) -> Result<Vec<ListedBlock>, OmsError> {
        let path = self.path(of.group, "order/codes/blocks", "codes/blocks");
        let list: BlockList =
            self.get("list the blocks of an order", &path, &of.query(), SLOW).await?;
        Ok(list.blocks)
    }

    /// The codes of a block again. Works until the sub-order is closed.
    pub async fn codes_again(&self, of: SubOrder<'_>, block: &str) -> Result<CodeBlock, OmsError> {
        let path = self.path(of.group, "order/codes/retry", "codes/retry");
        let mut query = vec![("blockId", block)];
        if matches!(self.settings.api, Api::V2(_)) {
            query.extend(of.query());
        }
        self.get("take a block again", &path, &query, SLOW).await
    }

    /// Closes the sub-order of a trade item. Codes that were not taken are annulled.
    pub async fn close(&self, of: SubOrder<'_>, last_block: Option<&str>) -> Result<(), OmsError> {
        let what = "close an order";
        let path = self.path(of.group, "order/close", "buffer/close");
        let _: IgnoredAny = match self.settings.api {
            Api::V3 => {
                let body = CloseBody { order_id: of.order, gtin: of.gtin.as_str() };
                self.post(what, &path, &[], &body).await?
            }
            Api::V2(_) => {
                let mut query = of.query().to_vec();
                query.push(("lastBlockId", last_block.unwrap_or("0")));
                self.post_bytes(what, &path, &query, Vec::new()).await?
            }
        };
        Ok(())
    }
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
    fn who_reports_is_named_to_version_2_on_reports_only() {
        let mut settings = settings("http://127.0.0.1:1");
        assert_eq!(Oms::new(settings.clone()).unwrap().reports_as("utilisation"), None);
        let user_name = "API".to_owned();
        settings.api = Api::V2(V2Profile { user_name, ..V2Profile::default() });
        let oms = Oms::new(settings).unwrap();
        for report in ["milk/utilisation", "milk/dropout", "milk/aggregation"] {
            assert_eq!(oms.reports_as(report), Some("API"), "{report}");
        }
        assert_eq!(oms.reports_as("milk/orders"), None);
    }

    #[test]
    fn the_rest_after_a_failure_is_the_longer_one() {
        let oms = Oms::new(settings("http://127.0.0.1:1")).unwrap();
        let failing = OmsError::from_answer("test", 500, b"", None);
        assert_eq!(oms.again_after(&failing), Duration::from_secs(30));
    }
}
