//! Reports to the station, and its account of them.
use super::OmsError;
use super::oms::{Api, Oms};
use super::oms_call::{SLOW, read_json};
use super::oms_v2;
use super::wire::{
    CodeResult, DropoutReason, OldReceiptList, Receipt, ReceiptContent, ReceiptDocument,
    ReceiptList, ReportBody, ReportInfo, ReportTaken,
};
use crate::code::ProductGroup;
use serde::Serialize;
use serde_json::{Map, Value};

/// A report as it is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct ReportWish<'a> {
    /// The product group of all its codes.
    pub group: ProductGroup,
    /// What it tells of them.
    pub tells: Tells,
    /// What kind of application it is (`utilisationType`), where that is not the usual one.
    pub kind: Option<&'a str>,
    /// What the group wants to know besides: dates, batch, ….
    pub attributes: &'a Map<String, Value>,
    /// The codes, whole, with what belongs behind their check part in a report.
    pub codes: &'a [String],
}

/// What a report tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// The codes are on products (utilisation).
    Applied,
    /// They are not, and never will be (dropout).
    DroppedOut(DropoutReason),
}

/// The fields that a report says of a lot, by the station's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportWords {
    /// Version 3.
    V3,
    /// Version 2.
    V2,
    /// Version 2, where dairy and medicines are told by date of expiry and series (Kazakhstan).
    V2BySeries,
}

/// A kind of application that a report can tell instead of the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utilisation {
    word: &'static str,
    /// The only group that has it; nothing: any.
    group: Option<&'static str>,
}

impl Utilisation {
    /// Whether it is this one, and this group has it.
    pub fn fits(&self, word: &str, group: &str) -> bool {
        let is_group = ProductGroup::from_alias(group).is_some();
        is_group && self.word == word && self.group.is_none_or(|only| only == group)
    }
}

/// Every kind (manual, p. 224; the last two are newer and known from a client of the interface
/// only).
pub const UTILISATIONS: [Utilisation; 4] = [
    Utilisation { word: "RESORT", group: Some("beer") },
    Utilisation { word: "REMARK", group: Some("chemistry") },
    Utilisation { word: "SPLITMARK", group: None },
    Utilisation { word: "DIVISIONMARK", group: None },
];

/// What receipts are looked for.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptWish {
    /// From this time on, milliseconds since 1970.
    pub from_ms: i64,
    /// Up to this time; at most seven days later.
    pub to_ms: i64,
    /// What it was done by, such as `REPORT_UTILIZE`.
    pub workflow: &'static str,
    /// Which hundred, from 1.
    pub page: u32,
}

/// The longest span that receipts can be looked for at once (manual, p. 342).
pub const RECEIPTS_SPAN_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// The most receipts in one answer (ibid.).
pub const RECEIPTS_MAX: u32 = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchBody<'a> {
    filter: SearchFilter<'a>,
    limit: u32,
    skip: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchFilter<'a> {
    start_create_doc_date: i64,
    end_create_doc_date: i64,
    product_groups: [&'a str; 1],
    workflow_types: [&'a str; 1],
}

impl Oms {
    /// Sends a report (at most 30,000 codes). Answers with the station's name for it.
    pub async fn report(&self, wish: &ReportWish<'_>) -> Result<String, OmsError> {
        let (what, name) = match wish.tells {
            Tells::Applied => ("report applied codes", "utilisation"),
            Tells::DroppedOut(_) => ("report spoiled codes", "dropout"),
        };
        let path = self.path(wish.group, name, name);
        let taken: ReportTaken = match &self.settings.api {
            Api::V3 => {
                let (utilisation_type, dropout_reason) = match wish.tells {
                    Tells::Applied => (wish.kind, None),
                    Tells::DroppedOut(reason) => (None, Some(reason.word())),
                };
                let body = ReportBody {
                    product_group: wish.group.alias(),
                    utilisation_type,
                    dropout_reason,
                    sntins: wish.codes,
                    attributes: wish.attributes,
                };
                self.post(what, &path, &[], &body).await?
            }
            Api::V2(profile) => self.post(what, &path, &[], &oms_v2::report(profile, wish)).await?,
        };
        Ok(taken.report_id)
    }

    /// How far the station is with a report.
    pub async fn report_info(
        &self,
        group: ProductGroup,
        report: &str,
    ) -> Result<ReportInfo, OmsError> {
        let path = self.path(group, "report/info", "report/info");
        self.get("ask after a report", &path, &[("reportId", report)], 1).await
    }

    /// The station's account of a report, an order or a block, by the name that it gave it.
    pub async fn receipts(
        &self,
        group: ProductGroup,
        document: &str,
    ) -> Result<Vec<Receipt>, OmsError> {
        let old = matches!(&self.settings.api, Api::V2(profile) if profile.old_receipts);
        let (name, key) =
            if old { ("receipts", "docId") } else { ("receipts/receipt", "resultDocId") };
        let path = self.path(group, "receipts/receipt", name);
        let what = "ask for a receipt";
        if old {
            let list: OldReceiptList = self.get(what, &path, &[(key, document)], 1).await?;
            let receipt = |held: &ReceiptDocument| read_json(what, held.content.as_bytes());
            return list.receipts.iter().map(receipt).collect();
        }
        let list: ReceiptList = self.get(what, &path, &[(key, document)], 1).await?;
        Ok(list.results)
    }

    /// What became of each code, by one operation of a receipt.
    pub async fn code_results(
        &self,
        group: ProductGroup,
        document: &str,
        operation_document: &str,
    ) -> Result<Vec<CodeResult>, OmsError> {
        let what = "ask for the results of a report";
        let path = self.path(group, "receipts/document", "receipts/document");
        let query = [("resultDocId", document), ("docId", operation_document)];
        let holder: ReceiptDocument = self.get(what, &path, &query, SLOW).await?;
        let content: ReceiptContent = read_json(what, holder.content.as_bytes())?;
        Ok(content.results)
    }

    /// The receipts of a time: how a report is found whose answer was lost. The names of the
    /// filter's fields are from memory of the manual's p. 342: a station that does not know them
    /// refuses.
    pub async fn find_receipts(
        &self,
        group: ProductGroup,
        wish: &ReceiptWish,
    ) -> Result<Vec<Receipt>, OmsError> {
        let path = self.path(group, "receipts/receipt/search", "receipts/receipt/search");
        let body = SearchBody {
            filter: SearchFilter {
                start_create_doc_date: wish.from_ms,
                end_create_doc_date: wish.to_ms.min(wish.from_ms + RECEIPTS_SPAN_MS),
                product_groups: [group.alias()],
                workflow_types: [wish.workflow],
            },
            limit: RECEIPTS_MAX,
            skip: wish.page,
        };
        let list: ReceiptList = self.post("look for receipts", &path, &[], &body).await?;
        Ok(list.results)
    }
}
