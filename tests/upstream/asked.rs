//! What a station can also be asked and told, against the fake issuer: boxes, providers, grades,
//! places, goods; by the library and by the command.
use super::neighbours::{gtin, settings};
use super::until;
use markwright::code::{ProductGroup, parse};
use markwright::sim::issuer::{Country, Issuer, IssuerSettings};
use markwright::upstream::{
    AggregationUnit, Api, BufferStatus, Oms, OmsError, OrderWish, ReportStatus, SubOrder, V2Profile,
};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

const MILK: ProductGroup = ProductGroup::MILK;
const BOX: &str = "00046000000000000015";

/// A station that is as strict as the manual, and a client of it.
pub(super) async fn station(country: Country) -> (Issuer, IssuerSettings, Oms) {
    let fake = IssuerSettings {
        country,
        strict_groups: true,
        report_takes: Duration::from_millis(20),
        ..IssuerSettings::default()
    };
    let issuer = Issuer::start(fake.clone()).await.unwrap();
    let mut settings = settings(&issuer, &fake);
    if country != Country::Ru {
        settings.api = Api::V2(V2Profile {
            contact_person: Some("Line 1".to_owned()),
            usage: "VERIFIED".to_owned(),
            old_receipts: true,
            ..V2Profile::default()
        });
    }
    (issuer, fake, Oms::new(settings).unwrap())
}

/// An order with so many codes taken, without their check parts, and one left: so it stays open.
async fn ordered(client: &Oms, quantity: u32) -> (String, Vec<String>) {
    let (order, codes) = ordered_whole(client, quantity).await;
    let named = |code: &String| parse(code).unwrap().identification().to_owned();
    (order, codes.iter().map(named).collect())
}

/// The same, with the codes as they came.
pub(super) async fn ordered_whole(client: &Oms, quantity: u32) -> (String, Vec<String>) {
    let wish = OrderWish {
        group: MILK,
        gtin: gtin(),
        quantity: quantity + 1,
        mark: "m",
        remarked_by: None,
    };
    let order = client.place(wish).await.unwrap().order_id;
    let of = SubOrder { group: MILK, order: &order, gtin: gtin() };
    until("the codes can be had", async || {
        let buffers = client.order_status(of).await.unwrap();
        buffers.iter().any(|buffer| buffer.status == BufferStatus::Active)
    })
    .await;
    let block = client.codes(of, quantity, None).await.unwrap();
    (order, block.codes.iter().map(str::to_owned).collect())
}

fn unit(name: &str, codes: &[String]) -> AggregationUnit {
    AggregationUnit {
        unit_serial_number: name.to_owned(),
        aggregation_unit_capacity: 12,
        sntins: codes.to_vec(),
    }
}

async fn ends(client: &Oms, report: &str) -> ReportStatus {
    let final_ones = [ReportStatus::Success, ReportStatus::Partially, ReportStatus::Failed];
    until("the report ends", async || {
        let status = client.report_info(MILK, report).await.unwrap().status;
        final_ones.contains(&status)
    })
    .await;
    client.report_info(MILK, report).await.unwrap().status
}

#[tokio::test]
async fn boxes_are_reported_with_what_is_in_them_and_judged_code_by_code() {
    let (issuer, _, client) = station(Country::Ru).await;
    let (_, codes) = ordered(&client, 5).await;
    let report = client.aggregate(MILK, "7700000001", &[unit(BOX, &codes[..3])]).await.unwrap();
    assert_eq!(ends(&client, &report).await, ReportStatus::Success);

    // A pallet with that box and a new one; one code is in a box already, one is nobody's.
    let mut second = codes[2..].to_vec();
    second.push("0104600000000008215ZZZZZ".to_owned());
    let other = "00046000000000000022";
    let units =
        [unit(other, &second), unit("00046000000000000039", &[BOX.to_owned(), other.to_owned()])];
    let report = client.aggregate(MILK, "7700000001", &units).await.unwrap();
    assert_eq!(ends(&client, &report).await, ReportStatus::Partially);
    let receipts = client.receipts(MILK, &report).await.unwrap();
    let document = receipts[0].operations.iter().find_map(|op| op.doc_id.clone()).unwrap();
    let results = client.code_results(MILK, &report, &document).await.unwrap();
    let of = |code: &str| results.iter().find(|r| r.cis == code).unwrap().code;
    assert_eq!([of(&codes[2]), of(&codes[3]), of(&second[3])], [Some(1), Some(0), Some(2)]);
    assert_eq!([of(BOX), of(other)], [Some(0), Some(0)]);
    issuer.stop().await;
}

#[tokio::test]
async fn boxes_that_the_station_does_not_take_are_refused_with_its_words() {
    let (issuer, _, client) = station(Country::Ru).await;
    let (_, codes) = ordered(&client, 2).await;
    for (group, inn, name, words) in [
        (MILK, "7700000001", "(00)046000000000000015", "unitSerialNumber"),
        (MILK, "77", BOX, "participantId"),
        (ProductGroup::SHOES, "7700000001", BOX, "productGroup"),
    ] {
        let error = client.aggregate(group, inn, &[unit(name, &codes)]).await.unwrap_err();
        assert!(matches!(error, OmsError::Refused { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let full = AggregationUnit { aggregation_unit_capacity: 1, ..unit(BOX, &codes) };
    let error = client.aggregate(MILK, "7700000001", &[full]).await.unwrap_err().to_string();
    assert!(error.contains("aggregationUnitCapacity"), "{error}");
    issuer.stop().await;
}

#[tokio::test]
async fn providers_grades_places_and_goods_are_told() {
    let (issuer, _, client) = station(Country::Ru).await;
    let providers = client.providers(MILK).await.unwrap();
    assert_eq!(providers["providers"][0]["role"], "CEM", "{providers}");
    let reports = client.quality(MILK, 1).await.unwrap();
    let report = reports["results"][0].as_str().unwrap();
    assert_eq!(client.quality(MILK, 2).await.unwrap()["results"], Value::Array(Vec::new()));
    let grades = client.quality_codes(MILK, report).await.unwrap();
    assert_eq!(grades["sntins"][1]["quality"], "F", "{grades}");
    let unknown = client.quality_codes(MILK, "nobody-s").await.unwrap_err();
    assert!(unknown.to_string().contains("nobody-s"), "{unknown}");
    let places = client.places(MILK).await.unwrap();
    assert_eq!(places["results"][0]["productGroups"][0], "milk", "{places}");
    let (order, _) = ordered(&client, 2).await;
    let of = SubOrder { group: MILK, order: &order, gtin: gtin() };
    let goods = client.products(of).await.unwrap();
    assert!(goods.to_string().contains(gtin().as_str()), "{goods}");
    issuer.stop().await;
}

#[tokio::test]
async fn version_2_is_told_of_boxes_and_knows_no_providers() {
    let (issuer, _, client) = station(Country::Kz).await;
    let (order, codes) = ordered(&client, 4).await;
    let report = client.aggregate(MILK, "123456789012", &[unit(BOX, &codes)]).await.unwrap();
    until("it is sent", async || {
        client.report_info(MILK, &report).await.unwrap().status == ReportStatus::Sent
    })
    .await;
    let inside = issuer.controls.requests("/api/v2/milk/aggregation");
    assert_eq!(inside, 1);
    // Only Russia's version 2 has these paths.
    let of = SubOrder { group: MILK, order: &order, gtin: gtin() };
    let refused = [client.providers(MILK).await, client.products(of).await];
    for refused in refused {
        assert!(refused.unwrap_err().to_string().contains("not found"));
    }
    issuer.stop().await;
}

/// Every question of `markwright station`, as a person asks it.
#[tokio::test]
async fn a_person_asks_the_station_by_the_command() {
    let (issuer, fake, client) = station(Country::Ru).await;
    let (order, _) = ordered(&client, 3).await;
    let dir = tempfile::tempdir().unwrap();
    let file = configured(dir.path(), &issuer, &fake);
    let ask = async |words: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_markwright"));
        command.arg("station").args(words).arg("--config").arg(&file);
        let output = tokio::time::timeout(super::DEADLINE, command.output()).await.unwrap();
        let output = output.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let gtin = gtin();
    let of = ["--order", order.as_str(), "--gtin", gtin.as_str()];
    for (question, more, answer) in [
        ("ping", &[][..], "3.0"),
        ("providers", &[], "CEM"),
        ("quality", &[], "f0000000-"),
        ("grades", &["--of", "f0000000-0000-4000-8000-000000000001"], "\"F\""),
        ("places", &[], "fiasId"),
        ("orders", &[], order.as_str()),
        ("status", &of, "Active"),
        ("blocks", &of, "\"codes\":3"),
        ("goods", &of, gtin.as_str()),
    ] {
        let (well, said, problem) = ask(&[&[question], more].concat()).await;
        assert!(well && said.contains(answer), "{question}: {said} {problem}");
    }
    let block = client.blocks(SubOrder { group: MILK, order: &order, gtin }).await.unwrap();
    let (_, said, _) = ask(&["receipts", "--of", &block[0].block_id]).await;
    assert!(said.contains("GET_CODES_RESULT"), "{said}");
    let (well, _, problem) = ask(&["report", "--of", "nothing"]).await;
    assert!(!well && problem.contains("nothing"), "{problem}");
    let (well, _, problem) = ask(&["ping", "--group", "mlik"]).await;
    assert!(!well && problem.contains("'mlik' is no product group"), "{problem}");
    issuer.stop().await;
}

/// A configuration of this station, in this folder.
pub(super) fn configured(dir: &Path, issuer: &Issuer, fake: &IssuerSettings) -> PathBuf {
    let token = dir.join("token");
    std::fs::write(&token, &fake.client_token).unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = dir.join("markwright.toml");
    let text = format!(
        "data_dir = \"{}\"\n[web]\nlisten = \"127.0.0.1:0\"\n[issuer]\nurl = \"http://{}\"\n\
         oms_id = \"{}\"\ntoken_file = \"{}\"\n[[line]]\nname = \"one\"\nscenario = \"roll\"\n\
         printer = {{ profile = \"desk-zpl-203\", address = \"127.0.0.1:9\" }}\n",
        dir.display(),
        issuer.addr,
        fake.oms_id,
        token.display()
    );
    std::fs::write(&file, text).unwrap();
    file
}
