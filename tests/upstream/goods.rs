//! What orders and reports say of goods that the station asks more about: tobacco, alcohol, beer.
use super::neighbours::{gtin, pulls, settings};
use super::report::{codes, settle, sql, start, until_nothing_waits};
use super::{Bench, Tasks, all_there, until};
use markwright::code::ProductGroup;
use markwright::pull;
use markwright::report::Settings;
use markwright::sim::issuer::{Country, Issuer, IssuerSettings};
use markwright::store::WantState;
use markwright::upstream::{Api, Oms, OmsSettings, OrderWish, ProductRule, V2Profile};
use serde_json::{Map, Value, json};

fn rule(template: u32, fields: &Value) -> ProductRule {
    let fields = fields.as_object().unwrap().clone();
    ProductRule { template: Some(template), kind: None, fields }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Orders this many codes; the want as it is when it is done, or when something stands in its way.
async fn order(bench: &Bench, client: OmsSettings, group: ProductGroup) -> markwright::store::Want {
    let want = bench.store.want_codes("line:one", gtin(), group, 5).await.unwrap();
    let (store, client) = (bench.store.clone(), Oms::new(client).unwrap());
    let mut tasks = Tasks::default();
    tasks.start(|stop| Box::pin(pull::keep(pulls(), store, client, stop)));
    let look = async || bench.store.want(want).await.unwrap().unwrap();
    until("something comes of it", async || {
        let want = look().await;
        matches!(want.state, WantState::Done | WantState::Failed) || want.problem.is_some()
    })
    .await;
    tasks.stop().await;
    look().await
}

#[tokio::test]
async fn packs_of_tobacco_are_ordered_with_their_price_and_come_as_packs() {
    let fake = IssuerSettings { strict_groups: true, ..IssuerSettings::default() };
    let issuer = Issuer::start(fake.clone()).await.unwrap();
    let mut client = settings(&issuer, &fake);
    for (template, letters) in [(4, 29), (3, 43)] {
        let bench = Bench::new().await;
        let rule = rule(template, &json!({"mrp": "14000"}));
        client.products.by_group.insert("tobacco".to_owned(), rule);
        let want = order(&bench, client.clone(), ProductGroup::TOBACCO).await;
        assert_eq!((want.state, want.taken, want.problem), (WantState::Done, 5, None));
        assert_eq!(want.template, Some(template));
        let lengths: Vec<i64> = sqlx::query_scalar("select distinct length(text) from code")
            .fetch_all(&bench.sql)
            .await
            .unwrap();
        assert_eq!(lengths, [letters], "template {template}");
    }
    issuer.stop().await;
}

#[tokio::test]
async fn tobacco_without_a_price_is_not_ordered_and_the_want_says_what_is_missing() {
    let fake = IssuerSettings::default();
    let issuer = Issuer::start(fake.clone()).await.unwrap();
    let bench = Bench::new().await;
    let want = order(&bench, settings(&issuer, &fake), ProductGroup::TOBACCO).await;
    assert_eq!(want.state, WantState::Wanted);
    let problem = want.problem.unwrap();
    assert!(
        problem.contains("[issuer.product] mrp: found nothing for 04600000000008"),
        "{problem}"
    );
    assert_eq!(issuer.controls.requests("/order"), 0);
    issuer.stop().await;
}

#[tokio::test]
async fn alcohol_is_ordered_by_the_number_that_is_configured_and_by_no_other() {
    let fake = IssuerSettings { country: Country::Uz, ..IssuerSettings::default() };
    let issuer = Issuer::start(fake.clone()).await.unwrap();
    let mut client = settings(&issuer, &fake);
    client.api = Api::V2(V2Profile {
        contact_person: Some("Line 1".to_owned()),
        usage: "VERIFIED".to_owned(),
        old_receipts: true,
        bearer_too: true,
        ..V2Profile::default()
    });
    let (group, mark) = (ProductGroup::ALCOHOL, "m");
    let wish = OrderWish { group, gtin: gtin(), quantity: 5, mark, remarked_by: None };
    let place = async |client: &OmsSettings| Oms::new(client.clone()).unwrap().place(wish).await;
    let none = place(&client).await.unwrap_err().to_string();
    assert!(none.contains("template: found nothing"), "{none}");
    client.products.by_group.insert("alcohol".to_owned(), rule(25, &json!({})));
    let beyond = place(&client).await.unwrap_err().to_string();
    assert!(beyond.contains("1 to 24"), "{beyond}");
    assert_eq!(issuer.controls.requests("/orders"), 0);
    client.products.by_group.insert("alcohol".to_owned(), rule(11, &json!({})));
    place(&client).await.unwrap();
    issuer.stop().await;
}

#[tokio::test]
async fn spoiled_tobacco_is_told_with_address_and_participant() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 2).await;
    sql(&bench, "update code set product_group = 'tobacco'").await;
    settle(&bench, 1, 2, "rejected").await;
    let said = json!({"address": "here", "participantId": "7700000001"});
    let spoiled = [("tobacco".to_owned(), object(&said))].into();
    start(&mut tasks, &bench, &station, Settings { spoiled, ..super::report::settings() });
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let body = &station.reports()[0].body;
    assert_eq!(body["dropoutReason"], "DEFECT");
    let wanted = json!({"address": "here", "participantId": "7700000001", "withChild": false});
    assert_eq!(body["attributes"], wanted);
}

#[tokio::test]
async fn beer_that_is_sorted_anew_is_told_as_that() {
    for (word, wanted) in [(None, Value::Null), (Some("RESORT"), json!("RESORT"))] {
        let (bench, station, mut tasks) = all_there().await;
        codes(&bench, 1, 3).await;
        sql(&bench, "update code set product_group = 'beer'").await;
        settle(&bench, 1, 2, "verified").await;
        settle(&bench, 3, 3, "rejected").await;
        let utilisation = word.map(|word| ("beer".to_owned(), word.to_owned())).into_iter();
        let utilisation = utilisation.collect();
        start(&mut tasks, &bench, &station, Settings { utilisation, ..super::report::settings() });
        until_nothing_waits(&bench).await;
        tasks.stop().await;
        for report in station.reports() {
            let is_dropout = report.path == "dropout";
            let wanted = if is_dropout { &Value::Null } else { &wanted };
            assert_eq!(&report.body["utilisationType"], wanted, "{}", report.path);
        }
    }
}

#[tokio::test]
async fn every_report_of_print_quality_is_named() {
    let (_bench, station, _tasks) = all_there().await;
    let pages = station.client().quality_reports(ProductGroup::MILK).await.unwrap();
    let named: Vec<_> = pages.iter().flat_map(|page| page["results"].as_array().unwrap()).collect();
    assert_eq!((pages.len(), named.len(), named[249]), (3, 250, &json!(250)));
    assert_eq!(station.calls_of("quality"), 3);
}
