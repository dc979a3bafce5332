//! The `OpenAPI` document of what the issuer serves, made from the table; Electronic Mark's part
//! stands beside its own paths.
use super::table::{self, Entry, Guard};
use super::{electronic_mark, groups};
use serde_json::{Map, Value, json};

const SCHEMAS: &str = include_str!("schemas.json");

/// `OpenAPI` 3.0.
pub(super) fn document(oms_id: &str) -> Value {
    let mut schemas: Value =
        serde_json::from_str(SCHEMAS).expect("the file in the sources is JSON");
    let aliases: Vec<_> = groups::all().map(|group| group.alias).collect();
    schemas["ProductGroup"] = json!({ "type": "string", "enum": aliases });
    let mut paths = Map::new();
    for entry in table::entries() {
        let path = paths.entry(entry.path).or_insert_with(|| json!({}));
        path[entry.method.to_lowercase()] = operation(entry, oms_id);
    }
    electronic_mark::add_to_document(&mut paths, &mut schemas);
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Markwright's fake issuer",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A state system to develop against. Not the real one.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "clientToken": { "type": "apiKey", "in": "header", "name": "clientToken" },
                "markToken": { "type": "apiKey", "in": "header", "name": "Token" },
                "bearer": { "type": "http", "scheme": "bearer" },
                "registrationKey": { "type": "apiKey", "in": "header", "name": "X-RegistrationKey" },
            },
        },
    })
}

fn operation(entry: &Entry, oms_id: &str) -> Value {
    let true_api = entry.path.contains("/true-api/");
    let error = if true_api { "TrueApiError" } else { "Error" };
    let kind = if entry.gives == "Text" { "text/plain" } else { "application/json" };
    let mut responses = json!({
        "200": { "description": "Done", "content": { kind: { "schema": reference(entry.gives) } } },
        "400": { "description": "Refused", "content": content(error) },
        "404": { "description": "There is no such thing", "content": content(error) },
        "429": { "description": "Too many requests", "content": content(error) },
        "500": { "description": "Try again in 30 seconds", "content": content(error) },
    });
    let security = match entry.guard {
        Guard::Open | Guard::SignIn => json!([]),
        Guard::Registration => json!([{ "registrationKey": [] }]),
        Guard::Station | Guard::Signed => json!([{ "clientToken": [] }]),
        Guard::TrueApi | Guard::Paper => json!([{ "bearer": [] }]),
    };
    if security != json!([]) {
        responses["401"] = json!({ "description": "Who is there?", "content": content(error) });
    }
    if matches!(entry.guard, Guard::SignIn | Guard::Registration) {
        responses["403"] = json!({ "description": "You may not", "content": content(error) });
    }
    if matches!(entry.guard, Guard::Signed | Guard::Station | Guard::Registration) {
        responses["413"] =
            json!({ "description": "An attached signature", "content": content(error) });
    }
    let mut operation = json!({
        "summary": entry.says,
        "operationId": format!("{} {}", entry.method, entry.path),
        "parameters": parameters(entry, oms_id),
        "security": security,
        "responses": responses,
    });
    if let Some(takes) = entry.takes {
        operation["requestBody"] = json!({ "required": true, "content": content(takes) });
    }
    operation
}

fn content(name: &str) -> Value {
    json!({ "application/json": { "schema": reference(name) } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn parameters(entry: &Entry, oms_id: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for part in entry.path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')) {
        let schema = kind(part, entry.path);
        all.push(json!({ "name": part, "in": "path", "required": true, "schema": schema }));
    }
    let station = matches!(entry.guard, Guard::Station | Guard::Signed | Guard::Registration);
    if station {
        let schema = json!({ "type": "string", "enum": [oms_id] });
        all.push(json!({ "name": "omsId", "in": "query", "required": true, "schema": schema }));
    }
    for name in entry.query {
        let (plain, must) = name.strip_suffix('?').map_or((*name, true), |plain| (plain, false));
        let schema = kind(plain, entry.path);
        all.push(json!({ "name": plain, "in": "query", "required": must, "schema": schema }));
    }
    all
}

/// What a parameter may be.
fn kind(name: &str, path: &str) -> Value {
    match name {
        "gtin" => json!({ "type": "string", "pattern": "^[0-9]{14}$" }),
        "quantity" => json!({ "type": "integer", "minimum": 1, "maximum": 150_000 }),
        "limit" if path.ends_with("/doc/list") || path.ends_with("/mod") => {
            json!({ "type": "integer", "minimum": 1, "maximum": 1_000 })
        }
        "input" => json!({ "type": "string", "enum": ["false", "true"] }),
        "order" => json!({ "type": "string", "enum": ["DESC", "ASC"] }),
        "pageDir" => json!({ "type": "string", "enum": ["NEXT"] }),
        "dateFrom" | "dateTo" => json!({ "type": "string", "format": "date-time" }),
        "limit" | "skip" => json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
        "offset" => json!({ "type": "integer", "minimum": 0, "maximum": 100 }),
        "ext" | "pg" | "productGroup" => {
            let names: Vec<_> = groups::all().flat_map(groups::Group::names).collect();
            json!({ "type": "string", "enum": names })
        }
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}
