//! Receipts: what the station says of every order, block and report afterwards.
use super::desk::{Desk, Query, wanted};
use super::refusal::Refusal;
use super::reports::{Kind, Report};
use serde::Deserialize;
use serde_json::{Value, json};

/// CRPT "API СУЗ 3.0", pages 342 to 345.
const MOST_ON_A_PAGE: usize = 100;
const MOST_ALTOGETHER: usize = 10_000;
const LONGEST_SPAN_MS: i64 = 7 * 86_400_000;

/// The body of `POST /receipts/receipt/search`.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    filter: Filter,
    limit: Option<usize>,
    /// A page, counted from 1.
    skip: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    start_create_doc_date: Option<i64>,
    end_create_doc_date: Option<i64>,
    result_doc_ids: Option<Vec<String>>,
    source_doc_ids: Option<Vec<String>>,
    order_ids: Option<Vec<String>>,
    workflow_types: Option<Vec<String>>,
    product_groups: Option<Vec<String>>,
    result_codes: Option<Vec<u32>>,
}

/// A receipt before it is worded.
struct Receipt<'a> {
    id: &'a str,
    source: &'a str,
    workflow: &'static str,
    group: &'a str,
    at_ms: i64,
    done_at_ms: i64,
    state: &'static str,
    operations: Vec<(&'static str, Value)>,
}

impl Desk {
    /// `GET /receipts/receipt`, by the id of a report, an order or a block.
    pub(super) fn receipt(&self, query: &Query, now_ms: i64) -> Result<Value, Refusal> {
        let id = query.get("resultDocId").or_else(|| query.get("docId"));
        let id = id.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| Refusal::field("resultDocId", "must be given"))?;
        let found = self.receipts(now_ms).into_iter().find(|r| r.id == id);
        let found = found.ok_or_else(|| Refusal::not_found("receipt", id))?;
        Ok(json!({ "results": [found.json()] }))
    }

    /// `POST /receipts/receipt/search`.
    pub(super) fn search_receipts(&self, search: &Search, now_ms: i64) -> Result<Value, Refusal> {
        let limit = search.limit.unwrap_or(10);
        let page = search.skip.unwrap_or(1);
        if page == 0 {
            return Err(Refusal::field("skip", "pages are counted from 1"));
        }
        if !(1..=MOST_ON_A_PAGE).contains(&limit) {
            return Err(Refusal::field("limit", format!("1 to {MOST_ON_A_PAGE}")));
        }
        if page.saturating_mul(limit) > MOST_ALTOGETHER {
            return Err(Refusal::field("skip", format!("{MOST_ALTOGETHER} receipts at most")));
        }
        search.filter.check()?;
        let mut found = self.receipts(now_ms);
        found.retain(|receipt| search.filter.lets_through(receipt));
        found.sort_by_key(|receipt| std::cmp::Reverse(receipt.at_ms));
        let shown = found.iter().skip((page - 1) * limit).take(limit).map(Receipt::json);
        Ok(json!({ "totalCount": found.len(), "results": shown.collect::<Vec<_>>() }))
    }

    /// `GET /receipts/document`.
    pub(super) fn document(&self, query: &Query) -> Result<Value, Refusal> {
        self.reports.document(wanted(query, "resultDocId")?)
    }

    /// `GET /{ext}/receipts` of the neighbours.
    pub(super) fn old_receipts(&self, query: &Query, now_ms: i64) -> Result<Value, Refusal> {
        let id = wanted(query, "docId")?;
        let found = self.receipts(now_ms).into_iter().find(|r| r.id == id);
        let found = found.ok_or_else(|| Refusal::not_found("receipt", id))?;
        Ok(json!({ "receipts": [{ "content": found.json().to_string(), "signature": "" }] }))
    }

    fn receipts(&self, now_ms: i64) -> Vec<Receipt<'_>> {
        let reports = self.reports.all.iter().map(|(id, report)| of_report(id, report, now_ms));
        let orders = self.orders.0.iter().flat_map(|(id, order)| {
            let state = match order.word(now_ms) {
                "PENDING" => "IN_PROGRESS",
                "DECLINED" => "FAILED",
                _ => "SUCCESS",
            };
            let made = Receipt {
                id,
                source: id,
                workflow: "CREATE_ORDER",
                group: order.group.alias,
                at_ms: order.taken_at_ms,
                done_at_ms: order.ready_at_ms,
                state,
                operations: vec![("CREATE_ORDER_RESULT", json!({ "state": state }))],
            };
            let blocks = order.parts.iter().flat_map(move |(gtin, part)| {
                part.blocks.iter().map(move |block| Receipt {
                    id: &block.id,
                    source: id,
                    workflow: "GET_CODES",
                    group: order.group.alias,
                    at_ms: block.at_ms,
                    done_at_ms: block.at_ms,
                    state: "SUCCESS",
                    operations: self.of_block(
                        order.group.applied_when_given(),
                        gtin,
                        block.quantity,
                    ),
                })
            });
            std::iter::once(made).chain(blocks)
        });
        reports.chain(orders).collect()
    }

    /// Same, pages 576 to 580.
    fn of_block(&self, by_itself: bool, gtin: &str, quantity: usize) -> Vec<(&'static str, Value)> {
        let products =
            json!({ "products": [{ "gtin": gtin, "quantity": quantity }], "sourceRequest": "API" });
        let mut operations = vec![("GET_CODES_RESULT", products)];
        if by_itself && self.strict_groups {
            operations.push(("GET_CODES_GENERATED_REPORT", json!({ "state": "SUCCESS" })));
        }
        operations
    }
}

impl Filter {
    fn check(&self) -> Result<(), Refusal> {
        let span = self.start_create_doc_date.zip(self.end_create_doc_date);
        if span.is_some_and(|(start, end)| end.saturating_sub(start) > LONGEST_SPAN_MS) {
            return Err(Refusal::field("filter.endCreateDocDate", "seven days at most"));
        }
        let lists = [&self.result_doc_ids, &self.source_doc_ids, &self.order_ids];
        if lists.into_iter().flatten().any(|list| list.len() > MOST_ON_A_PAGE) {
            return Err(Refusal::field("filter", format!("{MOST_ON_A_PAGE} ids at most")));
        }
        Ok(())
    }

    fn lets_through(&self, receipt: &Receipt<'_>) -> bool {
        let among = |list: &Option<Vec<String>>, id: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|one| one == id))
        };
        let code = code_of(receipt.state);
        among(&self.result_doc_ids, receipt.id)
            && among(&self.source_doc_ids, receipt.source)
            && among(&self.order_ids, receipt.source)
            && among(&self.workflow_types, receipt.workflow)
            && among(&self.product_groups, receipt.group)
            && self.result_codes.as_ref().is_none_or(|codes| codes.contains(&code))
            && self.start_create_doc_date.is_none_or(|start| receipt.at_ms >= start)
            && self.end_create_doc_date.is_none_or(|end| receipt.at_ms <= end)
    }
}

fn of_report<'a>(id: &'a str, report: &'a Report, now_ms: i64) -> Receipt<'a> {
    let (processed, total) = report.sums();
    let state = match report.word(now_ms) {
        "SUCCESS" => "SUCCESS",
        "PARTIALLY" => "PARTIALLY",
        "REJECTED" | "FAILED" => "FAILED",
        _ => "IN_PROGRESS",
    };
    let details = json!({ "state": state, "processed": processed, "total": total });
    Receipt {
        id,
        source: id,
        workflow: match report.kind {
            Kind::Utilisation => "REPORT_UTILIZE",
            Kind::Dropout => "REPORT_DROPOUT",
            Kind::Aggregation => "REPORT_AGGREGATION",
        },
        group: &report.group,
        at_ms: report.taken_at_ms,
        done_at_ms: report.done_at_ms,
        state,
        operations: vec![("RNMS_GIS_PROCESSED", details)],
    }
}

/// Which number is which word is a guess but for success.
fn code_of(state: &str) -> u32 {
    match state {
        "SUCCESS" => 0,
        "FAILED" => 1,
        "PARTIALLY" => 2,
        _ => 3,
    }
}

impl Receipt<'_> {
    fn json(&self) -> Value {
        let operation = |(at, (kind, details)): (usize, &(&str, Value))| {
            json!({
                "operationId": at + 1,
                "operationType": kind,
                "operationDate": self.done_at_ms,
                "docId": self.id,
                "docDate": self.at_ms,
                "details": details,
            })
        };
        let operations: Vec<Value> = self.operations.iter().enumerate().map(operation).collect();
        let group = super::groups::Group::named(self.group).map_or(0, |g| g.id);
        json!({
            "resultDocId": self.id,
            "resultDocDate": self.done_at_ms,
            "sourceDocId": self.source,
            "sourceDocDate": self.at_ms,
            "state": self.state,
            "code": code_of(self.state),
            "description": self.state,
            "workflow": self.workflow,
            "workflowVersion": "1",
            "details": { "createDocDate": self.at_ms, "startDocDate": self.at_ms, "productGroupIds": [group] },
            "operations": operations,
        })
    }
}
