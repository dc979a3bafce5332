//! Everything that the issuer can be asked, in one table: the router, the file of its memory and the
//! `OpenAPI` document are made from it.
use super::centre::{grades, places, providers, quality};
use super::desk::{Answered, Call, Desk, parse, wanted};
use super::papers;
use super::reports::Kind;
use serde_json::json;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Anybody.
    Open,
    /// Who knows the registration key, with a signature over the body.
    Registration,
    /// Who has the token of a station and names the installation. A signature is looked at if there
    /// is one.
    Station,
    /// The same; a signature must be there, where the settings want signatures.
    Signed,
    /// Who has a token of True API.
    TrueApi,
    /// The same, with a signed document in the body.
    Paper,
    /// Who signed a challenge.
    SignIn,
}

/// Something that can be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) guard: Guard,
    /// It may change something on the desk.
    pub(super) changes: bool,
    /// Parameters of the query besides `omsId`; those with a question mark can be left out.
    pub(super) query: &'static [&'static str],
    /// Names of schemas in `schemas.json`.
    pub(super) takes: Option<&'static str>,
    pub(super) gives: &'static str,
    pub(super) says: &'static str,
    pub(super) handle: fn(&mut Desk, &Call<'_>) -> Answered,
}

type Handle = fn(&mut Desk, &Call<'_>) -> Answered;

const fn get(
    path: &'static str,
    query: &'static [&'static str],
    gives: &'static str,
    says: &'static str,
    handle: Handle,
) -> Entry {
    let (method, guard) = ("GET", Guard::Station);
    Entry { method, path, guard, changes: false, query, takes: None, gives, says, handle }
}

const fn post(
    path: &'static str,
    takes: &'static str,
    gives: &'static str,
    says: &'static str,
    handle: Handle,
) -> Entry {
    let (method, guard, takes) = ("POST", Guard::Signed, Some(takes));
    Entry { method, path, guard, changes: true, query: &[], takes, gives, says, handle }
}

const fn changing(entry: Entry) -> Entry {
    Entry { changes: true, ..entry }
}

const fn unsigned(entry: Entry) -> Entry {
    Entry { guard: Guard::Station, changes: false, ..entry }
}

const fn guarded(guard: Guard, entry: Entry) -> Entry {
    Entry { guard, ..entry }
}

const fn asking(query: &'static [&'static str], entry: Entry) -> Entry {
    Entry { query, ..entry }
}

/// Everything.
pub(super) fn entries() -> impl Iterator<Item = &'static Entry> {
    STATION.iter().chain(&OLD).chain(&TRUE_API)
}

/// The entry of this method and path.
pub(super) fn entry(method: &str, path: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.method == method && entry.path == path)
}

/// The station, version 3.
const STATION: [Entry; 24] = [
    get("/api/v3/ping", &[], "Ping", "Is it there?", |desk, _| Ok(desk.ping("3.0.33").into())),
    post("/api/v3/order", "NewOrder", "OrderTaken", "Order codes", |desk, call| {
        desk.place(call, parse(call.body)?, false)
    }),
    get(
        "/api/v3/order/status",
        &["orderId", "gtin?"],
        "Buffers",
        "How an order stands",
        Desk::status,
    ),
    get("/api/v3/order/list", &[], "OrderList", "Every order", |desk, call| {
        Ok(desk.order_list(call.now_ms).into())
    }),
    unsigned(post(
        "/api/v3/orders/search",
        "OrderSearch",
        "OrderPage",
        "Some orders",
        Desk::search_orders,
    )),
    changing(get(
        "/api/v3/codes",
        &["orderId", "gtin", "quantity"],
        "Codes",
        "New codes",
        Desk::codes,
    )),
    get(
        "/api/v3/order/codes/blocks",
        &["orderId", "gtin"],
        "Blocks",
        "What was given out",
        Desk::blocks,
    ),
    changing(get(
        "/api/v3/order/codes/retry",
        &["blockId"],
        "Codes",
        "A block once more",
        Desk::retry,
    )),
    get(
        "/api/v3/order/product",
        &["orderId"],
        "Any",
        "What was said of the products",
        Desk::products,
    ),
    post("/api/v3/order/close", "Closing", "Oms", "Close an order or a part of it", Desk::close),
    post(
        "/api/v3/utilisation",
        "Utilisation",
        "ReportTaken",
        "Codes were applied",
        |desk, call| desk.report(call, Kind::Utilisation, &parse(call.body)?, false),
    ),
    post("/api/v3/dropout", "Dropout", "ReportTaken", "Codes were spoiled", |desk, call| {
        desk.report(call, Kind::Dropout, &parse(call.body)?, false)
    }),
    post(
        "/api/v3/aggregation",
        "Aggregation",
        "ReportTaken",
        "Codes are in boxes",
        |desk, call| desk.boxes(call, &parse(call.body)?, false),
    ),
    get("/api/v3/report/info", &["reportId"], "ReportInfo", "How a report stands", |desk, call| {
        desk.report_info(call, false)
    }),
    get(
        "/api/v3/receipts/receipt",
        &["resultDocId"],
        "Receipts",
        "The receipt of anything",
        |desk, call| Ok(desk.receipt(call.query, call.now_ms)?.into()),
    ),
    unsigned(post(
        "/api/v3/receipts/receipt/search",
        "ReceiptSearch",
        "ReceiptPage",
        "Some receipts",
        search_receipts,
    )),
    get(
        "/api/v3/receipts/document",
        &["resultDocId", "docId?"],
        "Document",
        "The result of each code",
        |desk, call| Ok(desk.document(call.query)?.into()),
    ),
    get("/api/v3/providers", &[], "Providers", "Service providers", |_, _| Ok(providers().into())),
    get(
        "/api/v3/quality",
        &["orderId?", "limit?", "skip?"],
        "Page",
        "Reports of print quality",
        |_, call| quality(call),
    ),
    get("/api/v3/quality/cisList", &["reportId"], "Grades", "Codes and grades", |_, call| {
        grades(call)
    }),
    get(
        "/api/v3/mod",
        &["productGroup?", "limit?", "skip?"],
        "Page",
        "Places of activity",
        |_, call| places(call),
    ),
    guarded(
        Guard::Registration,
        post(
            "/api/v3/integration/connection",
            "Registration",
            "Registered",
            "Register an installation",
            Desk::register,
        ),
    ),
    get(
        "/api/v3/integration/connection",
        &["limit?", "offset?"],
        "Connections",
        "Registered installations",
        |desk, call| {
            let number =
                |name: &str, otherwise| super::desk::number(call.query, name, otherwise, 100);
            let (limit, offset) = (number("limit", 10)?, number("offset", 0)?);
            Ok(desk.tokens.list(limit, offset).into())
        },
    ),
    Entry {
        method: "DELETE",
        ..changing(get(
            "/api/v3/integration/connection",
            &["omsConnection"],
            "Removed",
            "Remove an installation",
            |desk, call| Ok(desk.tokens.remove(wanted(call.query, "omsConnection")?)?.into()),
        ))
    },
];

/// The station, version 2.
const OLD: [Entry; 24] = [
    get("/api/v2/{ext}/ping", &[], "Ping", "Is it there?", |desk, _| Ok(desk.ping("2.0.0").into())),
    get("/api/v2/{ext}/version", &[], "Any", "Its version", |_, _| {
        Ok(json!({ "apiVersion": "2.0.0", "omsVersion": "fake" }).into())
    }),
    post("/api/v2/{ext}/orders", "OldOrder", "OrderTaken", "Order codes", Desk::old_order),
    get("/api/v2/{ext}/orders", &[], "OrderList", "Every order", Desk::old_list),
    get(
        "/api/v2/{ext}/buffer/status",
        &["orderId", "gtin"],
        "OldBuffer",
        "How a part of an order stands",
        Desk::old_status,
    ),
    asking(
        &["orderId", "gtin?", "lastBlockId?"],
        Entry {
            takes: None,
            ..post(
                "/api/v2/{ext}/buffer/close",
                "",
                "Oms",
                "Close an order or a part of it",
                Desk::old_close,
            )
        },
    ),
    changing(get(
        "/api/v2/{ext}/codes",
        &["orderId", "gtin", "quantity", "lastBlockId?"],
        "Codes",
        "The block behind the last one",
        Desk::old_codes,
    )),
    get(
        "/api/v2/{ext}/codes/blocks",
        &["orderId", "gtin"],
        "Blocks",
        "What was given out",
        Desk::blocks,
    ),
    changing(get(
        "/api/v2/{ext}/codes/retry",
        &["blockId", "orderId?", "gtin?"],
        "Codes",
        "A block once more",
        Desk::retry,
    )),
    get(
        "/api/v2/{ext}/order/product",
        &["orderId"],
        "Any",
        "What was said of the products",
        Desk::products,
    ),
    get("/api/v2/{ext}/product", &["orderId"], "Any", "The same", Desk::products),
    post(
        "/api/v2/{ext}/utilisation",
        "OldUtilisation",
        "ReportTaken",
        "Codes were applied",
        |desk, call| desk.old_report(call, Kind::Utilisation),
    ),
    post(
        "/api/v2/{ext}/dropout",
        "OldDropout",
        "ReportTaken",
        "Codes were spoiled",
        |desk, call| desk.old_report(call, Kind::Dropout),
    ),
    post(
        "/api/v2/{ext}/aggregation",
        "OldAggregation",
        "ReportTaken",
        "Codes are in boxes",
        Desk::old_boxes,
    ),
    get(
        "/api/v2/{ext}/aggregation/info",
        &["unitSerialNumber"],
        "Any",
        "What is in a box",
        Desk::old_box,
    ),
    get(
        "/api/v2/{ext}/report/info",
        &["reportId"],
        "ReportInfo",
        "How a report stands",
        |desk, call| desk.report_info(call, true),
    ),
    get(
        "/api/v2/{ext}/receipts",
        &["docId"],
        "OldReceipts",
        "The receipt of anything",
        |desk, call| Ok(desk.old_receipts(call.query, call.now_ms)?.into()),
    ),
    get(
        "/api/v2/{ext}/receipts/receipt",
        &["resultDocId"],
        "Receipts",
        "The receipt of anything",
        |desk, call| Ok(desk.receipt(call.query, call.now_ms)?.into()),
    ),
    unsigned(post(
        "/api/v2/{ext}/receipts/receipt/search",
        "ReceiptSearch",
        "ReceiptPage",
        "Some receipts",
        search_receipts,
    )),
    get(
        "/api/v2/{ext}/receipts/document",
        &["resultDocId", "docId?"],
        "Document",
        "The result of each code",
        |desk, call| Ok(desk.document(call.query)?.into()),
    ),
    get("/api/v2/{ext}/providers", &[], "Providers", "Service providers", |_, _| {
        Ok(providers().into())
    }),
    get(
        "/api/v2/{ext}/quality",
        &["orderId?", "limit?", "skip?"],
        "Page",
        "Reports of print quality",
        |_, call| quality(call),
    ),
    get("/api/v2/{ext}/quality/cisList", &["reportId"], "Grades", "Codes and grades", |_, call| {
        grades(call)
    }),
    get("/api/v2/{ext}/mod", &["limit?", "skip?"], "Page", "Places of activity", |_, call| {
        places(call)
    }),
];

/// True API and signing in.
const TRUE_API: [Entry; 9] = [
    changing(guarded(
        Guard::Open,
        get("/api/v3/true-api/auth/key", &[], "Challenge", "A text to sign", |desk, call| {
            Ok(desk.challenge(call.now_ms).into())
        }),
    )),
    guarded(
        Guard::SignIn,
        post(
            "/api/v3/true-api/auth/simpleSignIn",
            "SignIn",
            "Token",
            "A token of True API",
            Desk::sign_in,
        ),
    ),
    guarded(
        Guard::SignIn,
        post(
            "/api/v3/true-api/auth/simpleSignIn/{omsConnection}",
            "SignIn",
            "Token",
            "A token of the station",
            Desk::sign_in,
        ),
    ),
    asking(
        &["pg"],
        guarded(
            Guard::Paper,
            post(
                "/api/v3/true-api/lk/documents/create",
                "Paper",
                "Text",
                "Send a document",
                Desk::paper,
            ),
        ),
    ),
    guarded(
        Guard::TrueApi,
        get(
            "/api/v4/true-api/doc/{id}/info",
            &[],
            "Papers",
            "How a document stands",
            Desk::paper_info,
        ),
    ),
    guarded(
        Guard::TrueApi,
        get(
            "/api/v4/true-api/doc/list",
            &[
                "pg?",
                "input?",
                "documentType?",
                "documentStatus?",
                "number?",
                "dateFrom?",
                "dateTo?",
                "limit?",
                "order?",
                "did?",
                "orderedColumnValue?",
                "pageDir?",
            ],
            "PaperPage",
            "Documents, page by page",
            Desk::paper_list,
        ),
    ),
    asking(
        &["pg?"],
        guarded(
            Guard::TrueApi,
            unsigned(post(
                "/api/v3/true-api/cises/info",
                "CisList",
                "CisInfos",
                "What is known of codes",
                Desk::info_of_codes,
            )),
        ),
    ),
    guarded(
        Guard::TrueApi,
        unsigned(post(
            "/api/v3/true-api/codes/check",
            "CodeCheck",
            "CheckedCodes",
            "What anybody may ask of codes",
            check_codes,
        )),
    ),
    guarded(
        Guard::TrueApi,
        unsigned(post(
            "/api/v4/true-api/codes/check",
            "CodeCheck",
            "CheckedCodes",
            "The same",
            check_codes,
        )),
    ),
];

fn search_receipts(desk: &mut Desk, call: &Call<'_>) -> Answered {
    Ok(desk.search_receipts(&parse(call.body)?, call.now_ms)?.into())
}

fn check_codes(desk: &mut Desk, call: &Call<'_>) -> Answered {
    Ok(papers::check_codes(call.body, &desk.ledger)?.into())
}
