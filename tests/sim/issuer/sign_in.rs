//! Signing in, tokens and signatures.
use super::{GTIN, Scene, order_of, scene, scene_with, texts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use markwright::sim::issuer::{IssuerSettings, Ledger, PlannedTrouble, Trouble};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// As docs/sim-issuer.md has it.
pub(super) fn sign(form: &str, bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let mut raw = format!("MARKWRIGHT-TEST-SIGNATURE\n{form}\n{digest}\n").into_bytes();
    if form == "attached" {
        raw.extend_from_slice(bytes);
    }
    STANDARD.encode(raw)
}

impl Scene {
    pub(super) async fn true_api(
        &self,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let url = format!("http://{}{path}", self.issuer.addr);
        let request = match body {
            None => self.client.get(url),
            Some(body) => self.client.post(url).json(&body),
        };
        let answer = request.bearer_auth(token).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn challenge(&self) -> (String, String) {
        let (status, key) = self.true_api("/api/v3/true-api/auth/key", "", None).await;
        assert_eq!(status, 200, "{key}");
        let text = |name: &str| key[name].as_str().unwrap().to_owned();
        (text("uuid"), text("data"))
    }

    pub(super) async fn sign_in(&self, connection: &str) -> (u16, Value) {
        let (uuid, data) = self.challenge().await;
        let body = json!({ "uuid": uuid, "data": sign("attached", data.as_bytes()) });
        let path = format!("/api/v3/true-api/auth/simpleSignIn{connection}");
        self.true_api(&path, "", Some(body)).await
    }

    /// Sends bytes with this signature.
    async fn signed(&self, path: &str, body: &str, signature: &str) -> (u16, Value) {
        let request = self.client.post(self.url(path, &[])).header("clientToken", &self.token);
        let request = request.header("X-Signature", signature).body(body.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn ping(&self, token: &str) -> u16 {
        let request = self.client.get(self.url("/ping", &[])).header("clientToken", token);
        request.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_new_token_of_an_installation_kills_the_one_before() {
    let scene = scene().await;
    let demo = format!("/{}", IssuerSettings::default().oms_connection);
    let (status, first) = scene.sign_in(&demo).await;
    assert_eq!(status, 200, "{first}");
    let first = first["token"].as_str().unwrap();
    assert_eq!(scene.ping(first).await, 200);
    let (_, second) = scene.sign_in(&demo).await;
    assert_eq!(scene.ping(first).await, 401, "one token for one installation");
    assert_eq!(scene.ping(second["token"].as_str().unwrap()).await, 200);
    let counts = |l: &Ledger| (l.sign_ins(), l.thrown_out());
    assert_eq!(scene.issuer.controls.ledger(counts), (2, 1));

    let registration = json!({ "address": "here", "name": "line-2" }).to_string();
    let register = async |key: &str, signature: &str| {
        let request = scene.client.post(scene.url("/integration/connection", &[]));
        let request = request.header("X-RegistrationKey", key).header("X-Signature", signature);
        let answer = request.body(registration.clone()).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (key, signature) =
        (IssuerSettings::default().registration_key, sign("detached", registration.as_bytes()));
    assert_eq!(register("wrong", &signature).await.0, 403);
    assert_eq!(register(&key, &sign("detached", b"{}")).await.0, 400);
    let (_, registered) = register(&key, &signature).await;
    assert_eq!(registered["status"], "SUCCESS", "{registered}");
    let (_, again) = register(&key, &signature).await;
    assert_eq!(again["status"], "REJECTED", "a name is unique: {again}");
    let other = format!("/{}", registered["omsConnection"].as_str().unwrap());
    assert_eq!(scene.sign_in(&other).await.0, 200);
    let second = second["token"].as_str().unwrap();
    assert_eq!(scene.ping(second).await, 200, "installations do not disturb each other");
}

#[tokio::test]
async fn a_token_lives_ten_hours() {
    let scene = scene().await;
    let demo = format!("/{}", IssuerSettings::default().oms_connection);
    let (_, answer) = scene.sign_in(&demo).await;
    let token = answer["token"].as_str().unwrap();
    scene.issuer.controls.pass(Duration::from_mins(599));
    assert_eq!(scene.ping(token).await, 200);
    scene.issuer.controls.pass(Duration::from_mins(2));
    assert_eq!(scene.ping(token).await, 401);
    assert_eq!(scene.ping(&scene.token).await, 200, "the fixed one has no end");
}

#[tokio::test]
async fn a_challenge_is_signed_attached_and_answered_once() {
    let scene = scene().await;
    let path = "/api/v3/true-api/auth/simpleSignIn";
    let (uuid, data) = scene.challenge().await;
    let detached = json!({ "uuid": uuid, "data": sign("detached", data.as_bytes()) });
    let (status, why) = scene.true_api(path, "", Some(detached)).await;
    assert_eq!((status, &why["code"]), (403, &json!("2")), "{why}");
    let other = json!({ "uuid": uuid, "data": sign("attached", b"something else") });
    assert_eq!(scene.true_api(path, "", Some(other)).await.0, 403);
    let (uuid, data) = scene.challenge().await;
    let right = json!({
        "uuid": uuid,
        "data": sign("attached", data.as_bytes()),
        "unitedToken": true,
    });
    let (_, token) = scene.true_api(path, "", Some(right.clone())).await;
    assert!(token["uuidToken"].is_string() && token["expireDate"].is_string(), "{token}");
    assert_eq!(scene.true_api(path, "", Some(right)).await.0, 403, "it was answered");
    let token = token["uuidToken"].as_str().unwrap();
    let ask = || Some(json!(["0104600000000008215abcde"]));
    assert_eq!(scene.true_api("/api/v3/true-api/cises/info", token, ask()).await.0, 200);
    assert_eq!(scene.true_api("/api/v3/true-api/cises/info", "none", ask()).await.0, 401);
    assert_eq!(scene.ping(token).await, 401, "it is not the station's");
}

#[tokio::test]
async fn the_fixed_token_can_end_with_the_first_sign_in() {
    let settings =
        IssuerSettings { fixed_token_ends: true, new_sign_in: true, ..IssuerSettings::default() };
    let demo = format!("/{}", settings.oms_connection);
    let scene = scene_with(settings).await;
    assert_eq!(scene.ping(&scene.token).await, 200);
    let (_, answer) = scene.sign_in(&demo).await;
    assert_eq!(scene.ping(&scene.token).await, 401);
    assert_eq!(scene.ping(answer["uuidToken"].as_str().unwrap()).await, 200);
}

#[tokio::test]
async fn signatures_are_over_the_very_bytes() {
    let settings = IssuerSettings { wants_signature: true, ..IssuerSettings::default() };
    let scene = scene_with(settings).await;
    let body = order_of("milk", 3).to_string();
    let detached = sign("detached", body.as_bytes());
    assert_eq!(scene.signed("/order", &body, "").await.0, 400, "it is missing");
    assert_eq!(scene.signed("/order", &body, &sign("attached", body.as_bytes())).await.0, 413);
    assert_eq!(scene.signed("/order", &body, "AAAA").await.0, 400);
    let (status, taken) = scene.signed("/order", &body, &detached).await;
    assert_eq!(status, 200, "{taken}");
    let order = taken["orderId"].as_str().unwrap();
    scene.until(order, "ACTIVE").await;

    let (status, taken) = scene.signed("/order", &format!("{body} "), &detached).await;
    assert_eq!(status, 200, "it is taken first: {taken}");
    let rejected = scene.until(taken["orderId"].as_str().unwrap(), "REJECTED").await;
    let reason = rejected["rejectionReason"].as_str().unwrap();
    assert!(reason.contains("message-digest attribute value"), "{reason}");

    let codes = texts(&scene.codes(order, "1").await.1);
    let report = json!({ "productGroup": "milk", "sntins": codes }).to_string();
    let (_, taken) = scene.signed("/utilisation", &report, &detached).await;
    let id = taken["reportId"].as_str().unwrap();
    scene.issuer.controls.pass(Duration::from_mins(1));
    let (_, info) = scene.get("/report/info", &[("reportId", id)]).await;
    assert_eq!(info["reportStatus"], "REJECTED", "{info}");
    assert_eq!(scene.issuer.controls.ledger(|l| l.fate(&codes[0]).unwrap().utilised), 0);

    let url = scene.url("/order/status", &[("orderId", order), ("gtin", GTIN)]);
    let path = url.split_once(&scene.issuer.addr.to_string()).unwrap().1;
    for (signature, wanted) in
        [(sign("detached", path.as_bytes()), 200), (sign("detached", b"/api"), 400)]
    {
        let request = scene.client.get(&url).header("clientToken", &scene.token);
        let answer = request.header("X-Signature", signature).send().await.unwrap();
        assert_eq!(answer.status(), wanted, "path and query of a GET");
    }
}

#[tokio::test]
async fn a_forgotten_token_is_refused_until_the_next_sign_in() {
    let scene = scene().await;
    let demo = format!("/{}", IssuerSettings::default().oms_connection);
    let (_, answer) = scene.sign_in(&demo).await;
    let token = answer["token"].as_str().unwrap();
    let trouble = Trouble::TokenGone;
    scene.issuer.controls.plan(PlannedTrouble { path: "/ping".to_owned(), times: 1, trouble });
    assert_eq!(scene.ping(token).await, 401);
    assert_eq!(scene.ping(token).await, 401);
    let (_, answer) = scene.sign_in(&demo).await;
    assert_eq!(scene.ping(answer["token"].as_str().unwrap()).await, 200);
}

/// `openssl` with its GOST engine, in this folder.
fn openssl(folder: &Path, arguments: &str) -> bool {
    let run = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output();
    run.is_ok_and(|done| done.status.success())
}

#[tokio::test]
async fn real_gost_signatures_are_verified() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    if !openssl(here, "engine gost") {
        assert!(std::env::var_os("CI").is_none(), "tests/run installs the GOST engine");
        return;
    }
    std::fs::write(
        here.join("req.cnf"),
        "[req]\ndistinguished_name = dn\nx509_extensions = v3\nprompt = no\n[dn]\nCN = Test\n\
         [v3]\nbasicConstraints = CA:TRUE\n",
    )
    .unwrap();
    for name in ["ours", "theirs"] {
        let key = "genpkey -engine gost -algorithm gost2012_256 -pkeyopt paramset:A -out";
        assert!(openssl(here, &format!("{key} {name}.key")));
        let cert = "req -engine gost -new -x509 -md_gost12_256 -days 9 -config req.cnf -key";
        assert!(openssl(here, &format!("{cert} {name}.key -out {name}.pem")));
    }
    let cms = |who: &str, form: &str, bytes: &[u8]| {
        std::fs::write(here.join("body"), bytes).unwrap();
        let sign =
            "cms -sign -engine gost -binary -in body -md md_gost12_256 -outform DER -out sig";
        assert!(openssl(here, &format!("{sign} -signer {who}.pem -inkey {who}.key{form}")));
        STANDARD.encode(std::fs::read(here.join("sig")).unwrap())
    };
    let settings = IssuerSettings {
        wants_signature: true,
        trusted_certificate: Some(here.join("ours.pem")),
        order_takes: Duration::ZERO,
        ..IssuerSettings::default()
    };
    let demo = settings.oms_connection.clone();
    let scene = scene_with(settings).await;
    let body = order_of("milk", 3).to_string();
    let right = cms("ours", "", body.as_bytes());
    let (status, taken) = scene.signed("/order", &body, &right).await;
    assert_eq!(status, 200, "{taken}");
    scene.until(taken["orderId"].as_str().unwrap(), "ACTIVE").await;
    let attached = cms("ours", " -nodetach", body.as_bytes());
    assert_eq!(scene.signed("/order", &body, &attached).await.0, 413);
    assert_eq!(scene.signed("/order", &body, &cms("theirs", "", body.as_bytes())).await.0, 400);
    assert_eq!(scene.signed("/order", &body, &sign("detached", body.as_bytes())).await.0, 400);
    let (_, taken) = scene.signed("/order", &format!("{body} "), &right).await;
    scene.until(taken["orderId"].as_str().unwrap(), "REJECTED").await;

    let (uuid, data) = scene.challenge().await;
    let answer = json!({ "uuid": uuid, "data": cms("ours", " -nodetach", data.as_bytes()) });
    let path = format!("/api/v3/true-api/auth/simpleSignIn/{demo}");
    let (status, signed_in) = scene.true_api(&path, "", Some(answer)).await;
    assert_eq!(status, 200, "{signed_in}");
    assert_eq!(scene.ping(signed_in["token"].as_str().unwrap()).await, 200);
}
