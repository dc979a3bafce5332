//! A scripted order-management station: the documented JSON over HTTP, and faults on demand.
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use markwright::upstream::{ClientToken, Oms, OmsSettings};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It is carried out, and the answer never comes.
    LoseAnswer,
    /// It is carried out, and then the station falls over itself.
    DoAndFail,
    /// It is carried out, and the answer is rubbish.
    Garble,
    /// It is not carried out.
    Refuse(u16),
    /// It is not carried out, and the station wants to be left alone for so many seconds.
    Busy(u32),
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) gtin: String,
    pub(crate) group: String,
    pub(crate) mark: String,
    pub(crate) left: VecDeque<String>,
    pub(crate) total: usize,
    pub(crate) blocks: Vec<(String, Vec<String>)>,
    pub(crate) closed: bool,
    pub(crate) pending_polls: usize,
    pub(crate) rejected: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) codes: Vec<String>,
    /// Code and result.
    pub(crate) results: Vec<(String, i64)>,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one way to misbehave")]
pub(crate) struct World {
    pub(crate) orders: Vec<Order>,
    pub(crate) reports: Vec<Report>,
    pub(crate) calls: Vec<String>,
    pub(crate) faults: VecDeque<(&'static str, Fault)>,
    /// Codes to give out instead of good ones, by their place in the order.
    pub(crate) odd_codes: HashMap<usize, String>,
    /// Codes that no report gets through with.
    pub(crate) bad_codes: HashSet<String>,
    pub(crate) pending_polls: usize,
    pub(crate) reject_orders: bool,
    pub(crate) forgets_marks: bool,
    pub(crate) takes_no_token: bool,
    /// The report whose results it refuses, and how often.
    pub(crate) refuses_results_of: Option<(String, u32)>,
    /// The report of which it has no receipt.
    pub(crate) without_results: Option<String>,
    /// It has no search for receipts.
    pub(crate) finds_nothing: bool,
    /// What the next codes of an order are said to live until, milliseconds since 1970.
    pub(crate) expires_ms: Option<i64>,
    /// Every call, by its time.
    pub(crate) called_at: Vec<std::time::Instant>,
    /// From this call on, calls are carried out and no answer comes.
    pub(crate) silent_from: Option<usize>,
    known: HashSet<String>,
}

pub(crate) struct Station {
    pub(crate) address: SocketAddr,
    pub(crate) world: Arc<Mutex<World>>,
    serving: JoinSet<()>,
}

impl Station {
    pub(crate) async fn start() -> Self {
        let world = Arc::new(Mutex::new(World::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut station = Self { address, world, serving: JoinSet::new() };
        station.serve(listener);
        station
    }

    /// Nobody listens any more.
    pub(crate) async fn off(&mut self) {
        self.serving.shutdown().await;
    }

    pub(crate) async fn on(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    pub(crate) fn fault(&self, path: &'static str, fault: Fault) {
        self.world.lock().unwrap().faults.push_back((path, fault));
    }

    pub(crate) fn calls_of(&self, path: &str) -> usize {
        self.world.lock().unwrap().calls.iter().filter(|call| *call == path).count()
    }

    pub(crate) fn calls(&self) -> usize {
        self.world.lock().unwrap().calls.len()
    }

    pub(crate) fn orders(&self) -> Vec<Order> {
        self.world.lock().unwrap().orders.clone()
    }

    pub(crate) fn reports(&self) -> Vec<Report> {
        self.world.lock().unwrap().reports.clone()
    }

    /// A client that is in a hurry.
    pub(crate) fn client(&self) -> Oms {
        let url = format!("http://{}", self.address);
        let mut settings = OmsSettings::new(&url, ClientToken::new("token-1"), "oms-1");
        settings.answer_within = Duration::from_millis(100);
        settings.calls_per_second = 1_000;
        settings.again_after = Duration::from_millis(10);
        settings.rest_after_failure = Duration::from_millis(20);
        Oms::new(settings).unwrap()
    }

    fn serve(&mut self, listener: TcpListener) {
        let router = Router::new().fallback(answer).with_state(Arc::clone(&self.world));
        self.serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    }
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_start_matches("/api/v3/").to_owned();
    let (fault, (status, said)) = {
        let mut world = world.lock().unwrap();
        let fault = world.take_fault(&path);
        let said = match fault {
            Some(Fault::Refuse(status)) => (status, complaint("as scripted")),
            Some(Fault::Busy(_)) => (429, complaint("slowly")),
            _ if !world.knows(&headers, &query) => (401, complaint("who are you?")),
            _ => {
                let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
                world.answer(&path, &query, &body)
            }
        };
        world.calls.push(path);
        world.called_at.push(tokio::time::Instant::now().into_std());
        (fault, said)
    };
    match fault {
        Some(Fault::LoseAnswer) => std::future::pending().await,
        Some(Fault::DoAndFail) => (StatusCode::INTERNAL_SERVER_ERROR, "").into_response(),
        Some(Fault::Garble) => "{\"omsId\":\"oms".into_response(),
        Some(Fault::Busy(seconds)) => {
            let head = [("retry-after", seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, head, said.to_string()).into_response()
        }
        Some(Fault::Refuse(_)) | None => {
            (StatusCode::from_u16(status).unwrap(), said.to_string()).into_response()
        }
    }
}

fn complaint(words: &str) -> Value {
    json!({"fieldErrors": [], "globalErrors": [{"error": words, "errorCode": 1000}], "success": false})
}

impl World {
    fn take_fault(&mut self, path: &str) -> Option<Fault> {
        if self.silent_from.is_some_and(|from| self.calls.len() + 1 >= from) {
            return Some(Fault::LoseAnswer);
        }
        let at = self.faults.iter().position(|(of, _)| *of == path)?;
        self.faults.remove(at).map(|(_, fault)| fault)
    }

    fn knows(&self, headers: &HeaderMap, query: &HashMap<String, String>) -> bool {
        let token = headers.get("clientToken").is_some_and(|token| token == "token-1");
        token && !self.takes_no_token && query.get("omsId").is_some_and(|id| id == "oms-1")
    }

    fn answer(
        &mut self,
        path: &str,
        query: &HashMap<String, String>,
        body: &Value,
    ) -> (u16, Value) {
        let get = |key: &str| query.get(key).cloned().unwrap_or_default();
        match path {
            "ping" => {
                (200, json!({"omsId": "oms-1", "apiVersion": "3.0.27", "omsVersion": "4.56"}))
            }
            "order" => self.place(body),
            "order/status" => self.status(&get("orderId")),
            "order/list" => self.list(),
            "codes" => self.codes(&get("orderId"), get("quantity").parse().unwrap()),
            "order/codes/blocks" => self.blocks(&get("orderId")),
            "order/codes/retry" => self.codes_again(&get("blockId")),
            "order/close" => self.close(body["orderId"].as_str().unwrap()),
            "utilisation" | "dropout" => self.report(path, body),
            "report/info" => self.report_info(&get("reportId")),
            "receipts/receipt" if self.without_results == query.get("resultDocId").cloned() => {
                (404, complaint("no such receipt"))
            }
            "receipts/receipt" => (
                200,
                json!({"results": [{"state": "PARTIALLY", "operations": [
                    {"operationType": "REPORT_UTILIZE_RECEIVED"},
                    {"operationType": "RNMS_GIS_PROCESSED", "docId": format!("doc-{}", get("resultDocId"))}]}]}),
            ),
            "receipts/receipt/search" if !self.finds_nothing => self.search(body),
            "quality" => (200, quality(get("skip").parse().unwrap())),
            "receipts/document" if self.refuses_once_more(&get("resultDocId")) => {
                (404, complaint("not yet"))
            }
            "receipts/document" => self.results(&get("resultDocId")),
            _ => (404, complaint("no such path")),
        }
    }

    fn place(&mut self, body: &Value) -> (u16, Value) {
        let product = &body["products"][0];
        let total = usize::try_from(product["quantity"].as_u64().unwrap()).unwrap();
        let number = self.orders.len() + 1;
        let gtin = product["gtin"].as_str().unwrap().to_owned();
        let good = |at: usize| format!("01{gtin}21{number:02}{at:06}\u{1d}93dGVz");
        let left = (1..=total)
            .map(|at| self.odd_codes.get(&at).cloned().unwrap_or_else(|| good(at)))
            .collect();
        let id = format!("ORDER-{number}-mIxEd");
        self.orders.push(Order {
            id: id.clone(),
            gtin,
            group: body["productGroup"].as_str().unwrap().to_owned(),
            mark: body["attributes"]["productionOrderId"].as_str().unwrap().to_owned(),
            left,
            total,
            pending_polls: self.pending_polls,
            rejected: self.reject_orders,
            ..Order::default()
        });
        (200, json!({"omsId": "oms-1", "orderId": id, "expectedCompleteTimestamp": 5}))
    }

    fn order(&mut self, id: &str) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.id == id)
    }

    fn status(&mut self, id: &str) -> (u16, Value) {
        let Some(order) = self.order(id) else { return (404, complaint("no such order")) };
        let pending = order.pending_polls > 0;
        order.pending_polls = order.pending_polls.saturating_sub(1);
        let mut said = buffer(order, pending);
        if let Some(ms) = self.expires_ms {
            said["expiredDate"] = json!(ms.to_string());
        }
        (200, json!([said]))
    }

    fn list(&mut self) -> (u16, Value) {
        let forgets = self.forgets_marks;
        let infos: Vec<_> = self
            .orders
            .iter()
            .map(|order| {
                let mut info = json!({"orderId": order.id, "orderStatus": "READY",
                    "productGroup": order.group, "buffers": [buffer(order, false)]});
                if !forgets {
                    info["productionOrderId"] = json!(order.mark);
                }
                info
            })
            .collect();
        (200, json!({"omsId": "oms-1", "orderInfos": infos}))
    }

    fn codes(&mut self, id: &str, quantity: usize) -> (u16, Value) {
        let Some(order) = self.order(id) else { return (404, complaint("no such order")) };
        if order.closed || order.left.is_empty() {
            return (400, complaint("the sub-order is closed"));
        }
        let codes: Vec<_> = order.left.drain(..quantity.min(order.left.len())).collect();
        let block = format!("{id}-block-{}", order.blocks.len() + 1);
        order.blocks.push((block.clone(), codes.clone()));
        order.closed = order.left.is_empty();
        (200, json!({"omsId": "oms-1", "codes": codes, "blockId": block}))
    }

    fn blocks(&mut self, id: &str) -> (u16, Value) {
        let Some(order) = self.order(id) else { return (404, complaint("no such order")) };
        if order.closed {
            return (400, complaint("the sub-order is closed"));
        }
        let blocks: Vec<_> = order
            .blocks
            .iter()
            .map(|(id, codes)| json!({"blockId": id, "blockDateTime": 1, "quantity": codes.len()}))
            .collect();
        (200, json!({"omsId": "oms-1", "orderId": id, "gtin": order.gtin, "blocks": blocks}))
    }

    fn codes_again(&mut self, block: &str) -> (u16, Value) {
        let mut open = self.orders.iter().filter(|order| !order.closed);
        let found = open.find_map(|order| order.blocks.iter().find(|(id, _)| id == block));
        match found {
            Some((id, codes)) => (200, json!({"omsId": "oms-1", "codes": codes, "blockId": id})),
            None => (400, complaint("the sub-order is closed")),
        }
    }

    fn close(&mut self, id: &str) -> (u16, Value) {
        match self.order(id) {
            Some(order) if !order.closed => {
                order.closed = true;
                (200, json!({"omsId": "oms-1"}))
            }
            Some(_) | None => (400, complaint("closed already")),
        }
    }

    fn report(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let codes: Vec<String> = serde_json::from_value(body["sntins"].clone()).unwrap();
        let results = codes
            .iter()
            .map(|code| match () {
                () if self.bad_codes.contains(code) => (code.clone(), 103),
                () if !self.known.insert(code.clone()) => (code.clone(), 1),
                () => (code.clone(), 0),
            })
            .collect();
        let id = format!("REPORT-{}", self.reports.len() + 1);
        let (path, body) = (path.to_owned(), body.clone());
        self.reports.push(Report { id: id.clone(), path, body, codes, results });
        (200, json!({"omsId": "oms-1", "reportId": id}))
    }

    fn refuses_once_more(&mut self, report: &str) -> bool {
        let Some((of, times)) = &mut self.refuses_results_of else { return false };
        if of != report {
            return false;
        }
        *times -= 1;
        if *times == 0 {
            self.refuses_results_of = None;
        }
        true
    }

    fn search(&self, body: &Value) -> (u16, Value) {
        let path = match body["filter"]["workflowTypes"][0].as_str().unwrap() {
            "REPORT_UTILIZE" => "utilisation",
            _ => "dropout",
        };
        let found = self.reports.iter().filter(|report| report.path == path).map(|report| {
            json!({"resultDocId": report.id, "state": "SUCCESS", "operations": [
                {"operationType": "RNMS_GIS_PROCESSED", "docId": format!("doc-{}", report.id)}]})
        });
        let results: Vec<_> = found.collect();
        (200, json!({"totalCount": results.len(), "results": results}))
    }

    fn report_info(&self, id: &str) -> (u16, Value) {
        let Some(report) = self.reports.iter().find(|report| report.id == id) else {
            return (404, complaint("no such report"));
        };
        let asked = self.calls.iter().filter(|call| *call == "report/info").count();
        let good = report.results.iter().filter(|(_, result)| *result == 0).count();
        let status = match good {
            _ if asked.is_multiple_of(2) => "PENDING",
            all if all == report.results.len() => "SUCCESS",
            0 => "FAILED",
            _ => "PARTIALLY",
        };
        let mut info = json!({"omsId": "oms-1", "reportId": id, "reportStatus": status});
        if matches!(status, "FAILED" | "PARTIALLY") {
            info["errorReason"] = json!("some codes were not taken");
        }
        (200, info)
    }

    fn results(&self, id: &str) -> (u16, Value) {
        let report = self.reports.iter().find(|report| report.id == id).unwrap();
        let list: Vec<_> = report
            .results
            .iter()
            .map(|(code, result)| json!({"cis": code.split('\u{1d}').next(), "code": result}))
            .collect();
        (200, json!({"content": json!({"cislist": list}).to_string()}))
    }
}

/// Names of 250 reports of print quality, a hundred at a time.
fn quality(page: usize) -> Value {
    let names: Vec<_> = (1..=250).skip((page - 1) * 100).take(100).collect();
    json!({"totalCount": 250, "results": names})
}

fn buffer(order: &Order, pending: bool) -> Value {
    let status = match () {
        () if order.rejected => "REJECTED",
        () if pending => "PENDING",
        () if order.closed => "CLOSED",
        () => "ACTIVE",
    };
    let counter =
        |n: usize| if matches!(status, "PENDING" | "REJECTED") { json!(-1) } else { json!(n) };
    let mut buffer = json!({"gtin": order.gtin, "bufferStatus": status, "templateId": 20,
        "availableCodes": counter(order.left.len()), "totalCodes": counter(order.total),
        "leftInBuffer": counter(0), "unavailableCodes": counter(0), "poolsExhausted": false,
        "totalPassed": counter(order.total - order.left.len()), "expiredDate": "1767225600000"});
    if order.rejected {
        buffer["rejectionReason"] = json!("Order declined: no money");
    }
    buffer
}
