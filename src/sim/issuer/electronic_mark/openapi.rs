//! Electronic Mark's part of the `OpenAPI` document.
use serde_json::{Map, Value, json};

const SCHEMAS: &str = include_str!("schemas.json");

/// What can be asked: method, path, schemas of what it takes and of what it gives, in words.
const ENTRIES: [(&str, &str, Option<&str>, &str, &str); 21] = [
    ("post", "/auth", Some("MarkPerson"), "MarkToken", "Sign in"),
    ("post", "/logout", None, "MarkDone", "Sign out"),
    ("post", "/items/addByGtin", Some("MarkItem"), "Any", "Take a trade item over from ePASS"),
    ("post", "/items/checkGtin", Some("MarkGtins"), "MarkResults", "Which trade items are there"),
    ("post", "/items/findItems", None, "Any", "Every trade item"),
    ("get", "/labels/types", None, "Any", "Kinds of codes"),
    ("get", "/directories/{code}", None, "Any", "Lists of words"),
    ("post", "/contracts/agentsList", None, "Any", "Partners"),
    ("post", "/v3/orders/add", Some("MarkOrder"), "MarkOrderTaken", "Order codes"),
    ("post", "/v3/orders/addGroupOrders", Some("MarkOrders"), "Any", "Several orders"),
    ("get", "/v3/orders/list/{id}", None, "MarkOrderInfo", "How an order stands"),
    ("post", "/v2/orders/statusList", Some("MarkPage"), "MarkOrderInfos", "A page of orders"),
    ("post", "/v3/orders/downloads", Some("MarkDownload"), "MarkLabels", "The codes of an order"),
    ("get", "/downloads/{filename}", None, "Text", "The same, a code a line"),
    ("post", "/v3/reports/addMark", Some("MarkReport"), "Any", "Codes were put on"),
    ("post", "/v3/reports/addManufacture", Some("MarkReport"), "Any", "Goods were made"),
    ("post", "/v3/reports/addWriteOff", Some("MarkWriteOff"), "Any", "Codes are written off"),
    ("post", "/v3/reports", Some("MarkReportIds"), "Any", "How reports stand"),
    ("post", "/v3/ships/add", Some("MarkShipment"), "Any", "Goods are shipped"),
    ("get", "/v3/ships/list", None, "Any", "Every shipment"),
    ("post", "/v2/labels", Some("MarkCodes"), "MarkResults", "How codes stand"),
];

/// Adds the paths and the schemas to those of the others.
pub(in crate::sim::issuer) fn add_to(paths: &mut Map<String, Value>, schemas: &mut Value) {
    for (method, path, takes, gives, says) in ENTRIES {
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        entry[method] = operation((method, path), takes, gives, says);
    }
    let own: Map<String, Value> = serde_json::from_str(SCHEMAS).expect("the file is JSON");
    if let Some(all) = schemas.as_object_mut() {
        all.extend(own);
    }
}

fn operation((method, path): (&str, &str), takes: Option<&str>, gives: &str, says: &str) -> Value {
    let refused = |words: &str| json!({ "description": words, "content": content("MarkError") });
    let kind = if gives == "Text" { "text/plain" } else { "application/json" };
    let mut operation = json!({
        "summary": says,
        "operationId": format!("{} {path}", method.to_uppercase()),
        "security": if path == "/auth" { json!([]) } else { json!([{ "markToken": [] }]) },
        "parameters": parameters(path),
        "responses": {
            "200": { "description": "Done", "content": { kind: { "schema": reference(gives) } } },
            "400": refused("Refused"),
            "401": refused("Who is there?"),
            "404": refused("There is no such thing"),
        },
    });
    if let Some(takes) = takes {
        let mut body = json!({ "required": true, "content": content(takes) });
        if path == "/auth" {
            let form = json!({ "schema": reference(takes) });
            body["content"]["application/x-www-form-urlencoded"] = form;
        }
        operation["requestBody"] = body;
    }
    operation
}

fn parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let one = |name: &str| {
        let schema = match name {
            "id" => json!({ "type": "integer", "minimum": 0 }),
            _ => json!({ "type": "string", "minLength": 1 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    };
    names.map(one).collect()
}

fn content(name: &str) -> Value {
    json!({ "application/json": { "schema": reference(name) } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
