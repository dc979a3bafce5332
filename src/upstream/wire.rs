//! The JSON of the order-management station, API v3, as documented and as it really comes.
//! Source: CRPT "СУЗ-Облако 4.0, API СУЗ 3.0", rev. 47.
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// Body of `POST /order`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderBody<'a> {
    pub(super) product_group: &'a str,
    pub(super) products: [ProductBody<'a>; 1],
    pub(super) attributes: AttributesBody<'a>,
}

/// One trade item of an order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductBody<'a> {
    pub(super) gtin: &'a str,
    pub(super) quantity: u32,
    pub(super) serial_number_type: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) serial_numbers: &'a [String],
    pub(super) template_id: u32,
    pub(super) cis_type: &'a str,
    /// What the product group wants of its goods besides, and who owns their card.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) attributes: Map<String, Value>,
}

/// How the goods come to the market.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttributesBody<'a> {
    pub(super) release_method_type: &'a str,
    pub(super) create_method_type: &'a str,
    pub(super) production_order_id: &'a str,
    /// What the product group wants besides, as configured.
    #[serde(flatten)]
    pub(super) more: Option<&'a Map<String, Value>>,
}

/// Body of `POST /order/close`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CloseBody<'a> {
    pub(super) order_id: &'a str,
    pub(super) gtin: &'a str,
}

/// Body of `POST /utilisation` and, with a reason, of `POST /dropout`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportBody<'a> {
    pub(super) product_group: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) utilisation_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dropout_reason: Option<&'a str>,
    pub(super) sntins: &'a [String],
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) attributes: &'a Map<String, Value>,
}

/// Why codes are dropped out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropoutReason {
    /// The label or its product was spoiled.
    Defect,
    /// Taken for quality control.
    QaSamples,
}

impl DropoutReason {
    /// The station's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Defect => "DEFECT",
            Self::QaSamples => "QA_SAMPLES",
        }
    }
}

/// Answer to `GET /ping`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pong {
    /// The participant's own id.
    pub oms_id: String,
    /// Version of the interface.
    #[serde(default)]
    pub api_version: String,
    /// Version of the station.
    #[serde(default)]
    pub oms_version: String,
}

/// Answer to a new order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed {
    /// The station's name for it, to be sent back exactly as it came.
    pub order_id: String,
    /// How long the station wants to be left alone.
    #[serde(rename = "expectedCompleteTimestamp", default, deserialize_with = "milliseconds")]
    pub ready_in: Duration,
}

/// How the codes of one trade item of an order stand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Buffer {
    /// The trade item.
    pub gtin: String,
    /// Whether codes can be taken.
    #[serde(rename = "bufferStatus")]
    pub status: BufferStatus,
    /// Codes that can be taken now; −1 = the station does not know yet.
    #[serde(default)]
    pub available_codes: i64,
    /// Codes that were ordered; −1 = the station does not know yet.
    #[serde(default)]
    pub total_codes: i64,
    /// Codes that were taken; −1 = the station does not know yet.
    #[serde(default)]
    pub total_passed: i64,
    /// Why it cannot be used.
    #[serde(default)]
    pub rejection_reason: Option<String>,
    /// When codes that are not applied die: milliseconds since 1970; 0 = never.
    #[serde(default, deserialize_with = "number_or_text")]
    pub expired_date: Option<i64>,
    /// What the order was called by whoever placed it.
    #[serde(default)]
    pub production_order_id: Option<String>,
}

/// Whether codes of a buffer can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BufferStatus {
    /// The codes are being made.
    Pending,
    /// Codes can be taken.
    Active,
    /// All codes were taken.
    Exhausted,
    /// It will never give codes.
    Rejected,
    /// No more codes can be taken.
    #[serde(alias = "EXPIRED")]
    Closed,
    /// A word that is not documented: wait and ask again.
    #[serde(other)]
    Unknown,
}

/// One order of `GET /order/list`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedOrder {
    /// The station's name for it.
    pub order_id: String,
    /// When it was made: milliseconds since 1970.
    #[serde(default, deserialize_with = "number_or_text")]
    pub created_timestamp: Option<i64>,
    /// Its product group.
    #[serde(default)]
    pub product_group: Option<String>,
    /// What it was called by whoever placed it.
    #[serde(default)]
    pub production_order_id: Option<String>,
    /// Its trade items.
    #[serde(default)]
    pub buffers: Vec<Buffer>,
}

/// Answer to `GET /order/list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderList {
    pub(super) order_infos: Vec<ListedOrder>,
}

/// One block of `GET /order/codes/blocks`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedBlock {
    /// The station's name for it.
    pub block_id: String,
    /// How many codes it has.
    #[serde(default)]
    pub quantity: i64,
}

/// Answer to `GET /order/codes/blocks`.
#[derive(Debug, Deserialize)]
pub(super) struct BlockList {
    #[serde(default)]
    pub(super) blocks: Vec<ListedBlock>,
}

/// Answer to a report.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportTaken {
    pub(super) report_id: String,
}

/// Answer to `GET /report/info`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportInfo {
    /// How far it is.
    #[serde(rename = "reportStatus")]
    pub status: ReportStatus,
    /// Why not.
    #[serde(default)]
    pub error_reason: Option<String>,
}

/// How far the station is with a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReportStatus {
    /// Every code was taken notice of.
    Success,
    /// Version 2: it is dealt with; what became of it is in the receipt, if anywhere.
    Processed,
    /// On its way to the state; with version 2, which has no word for success, all there is.
    Sent,
    /// Some codes were.
    Partially,
    /// No code was.
    Failed,
    /// The report as a whole was turned down.
    Rejected,
    /// Not final.
    #[serde(other)]
    UnderWay,
}

/// One receipt: the station's account of a document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The station's name for the report, order or block that it is about.
    #[serde(default)]
    pub result_doc_id: String,
    /// When it was done, by the station's clock: milliseconds since 1970.
    #[serde(default, deserialize_with = "number_or_text")]
    pub result_doc_date: Option<i64>,
    /// `SUCCESS`, `FAILED`, `PARTIALLY` or `IN_PROGRESS`.
    #[serde(default)]
    pub state: String,
    /// What was done with the document.
    #[serde(default)]
    pub operations: Vec<ReceiptOperation>,
}

/// One thing that was done with a document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptOperation {
    /// What it was, such as `GET_CODES_GENERATED_REPORT`.
    #[serde(default, rename = "operationType")]
    pub what: String,
    /// The document with the result of every code, where there is one.
    #[serde(default)]
    pub doc_id: Option<String>,
}

/// Answer to `GET /receipts/receipt`.
#[derive(Debug, Deserialize)]
pub(super) struct ReceiptList {
    #[serde(default)]
    pub(super) results: Vec<Receipt>,
}

/// Answer to `GET /receipts` of Kazakhstan: receipts as JSON in strings.
#[derive(Debug, Deserialize)]
pub(super) struct OldReceiptList {
    #[serde(default)]
    pub(super) receipts: Vec<ReceiptDocument>,
}

/// Answer to `GET /receipts/document`: JSON in a string.
#[derive(Debug, Deserialize)]
pub(super) struct ReceiptDocument {
    pub(super) content: String,
}

/// What is in that string. Spelled both ways in the manual.
#[derive(Debug, Deserialize)]
pub(super) struct ReceiptContent {
    #[serde(default, rename = "cislist", alias = "cisList")]
    pub(super) results: Vec<CodeResult>,
}

/// What became of one code of a report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CodeResult {
    /// The code without its check part.
    pub cis: String,
    /// 0 = taken notice of, 1 = the station knew already, others = not (manual, 5.3.1.26).
    #[serde(deserialize_with = "number_or_text")]
    pub code: Option<i64>,
    /// In words.
    #[serde(default)]
    pub description: Option<String>,
}

/// A refusal in the station's words.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Complaint {
    field_errors: Vec<FieldComplaint>,
    global_errors: Vec<GlobalComplaint>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FieldComplaint {
    field_name: String,
    field_error: String,
    error_code: Option<NumberOrText>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum GlobalComplaint {
    /// Kazakhstan, Kyrgyzstan, Uzbekistan.
    Plain(String),
    #[serde(rename_all = "camelCase")]
    Coded {
        error: String,
        #[serde(default)]
        error_code: Option<NumberOrText>,
    },
}

impl Complaint {
    pub(super) fn says_something(&self) -> bool {
        !self.field_errors.is_empty() || !self.global_errors.is_empty()
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.field_errors.iter().map(|e| {
            format!("{}: {}{}", e.field_name, e.field_error, in_brackets(e.error_code.as_ref()))
        });
        let globals = self.global_errors.iter().map(|e| match e {
            GlobalComplaint::Plain(words) => words.clone(),
            GlobalComplaint::Coded { error, error_code } => {
                format!("{error}{}", in_brackets(error_code.as_ref()))
            }
        });
        f.write_str(&fields.chain(globals).collect::<Vec<_>>().join("; "))
    }
}

fn in_brackets(code: Option<&NumberOrText>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

/// The manual says one, its examples and the station the other.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(i64),
    Text(String),
}

impl fmt::Display for NumberOrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

fn number_or_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(match Option::<NumberOrText>::deserialize(from)? {
        Some(NumberOrText::Number(number)) => Some(number),
        Some(NumberOrText::Text(text)) => text.trim().parse().ok(),
        None => None,
    })
}

fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let wait = number_or_text(from)?.and_then(|ms| u64::try_from(ms).ok());
    Ok(Duration::from_millis(wait.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_read_with_its_date_as_number_or_as_text() {
        for date in ["1767225600000", "\"1767225600000\""] {
            let text = format!(
                r#"{{"leftInBuffer":0,"totalCodes":500,"poolsExhausted":false,"unavailableCodes":0,
                    "availableCodes":500,"gtin":"04600000000008","bufferStatus":"ACTIVE",
                    "totalPassed":0,"expiredDate":{date},"templateId":1,"cisType":"UNIT"}}"#
            );
            let buffer: Buffer = serde_json::from_str(&text).unwrap();
            assert_eq!(buffer.expired_date, Some(1_767_225_600_000));
            assert_eq!((buffer.status, buffer.available_codes), (BufferStatus::Active, 500));
        }
    }

    #[test]
    fn a_rejected_buffer_has_counters_of_minus_one_and_a_reason() {
        let text = r#"{"gtin":"04600000000008","bufferStatus":"REJECTED","availableCodes":-1,
            "totalCodes":-1,"totalPassed":-1,"leftInBuffer":-1,"unavailableCodes":-1,
            "rejectionReason":"Order declined: no money","templateId":1,"poolsExhausted":false}"#;
        let buffer: Buffer = serde_json::from_str(text).unwrap();
        assert_eq!((buffer.status, buffer.available_codes), (BufferStatus::Rejected, -1));
        assert_eq!(buffer.rejection_reason.as_deref(), Some("Order declined: no money"));
    }

    #[test]
    fn words_that_are_not_documented_mean_wait() {
        let buffer: Buffer =
            serde_json::from_str(r#"{"gtin":"1","bufferStatus":"BREWING"}"#).unwrap();
        assert_eq!(buffer.status, BufferStatus::Unknown);
        let info: ReportInfo = serde_json::from_str(r#"{"reportStatus":"READY_TO_SEND"}"#).unwrap();
        assert_eq!(info.status, ReportStatus::UnderWay);
    }

    #[test]
    fn the_list_of_results_is_found_under_both_spellings() {
        for key in ["cislist", "cisList"] {
            let text = format!(r#"{{"{key}":[{{"cis":"0104","code":"103"}}]}}"#);
            let content: ReceiptContent = serde_json::from_str(&text).unwrap();
            assert_eq!(content.results[0].code, Some(103));
        }
    }
}
