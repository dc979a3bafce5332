//! The JSON of Electronic Mark, as it was seen.
use super::*;

const CODE: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";

#[test]
fn numbers_of_orders_come_as_numbers_or_texts_wrapped_or_not() {
    for answer in [
        r#"{"orders":{"k1":{"id":2000489528,"created_at":"2026-07-11 12:00:00"}}}"#,
        r#"{"k1":{"id":"2000489528"}}"#,
    ] {
        let group: PlacedGroup = serde_json::from_str(answer).unwrap();
        assert_eq!(group.into_names()["k1"], "2000489528");
    }
}

#[test]
fn an_order_is_read_with_its_trade_item_as_object_or_as_text() {
    for gtin in [r#"{"name":"Milk","gtin":"04810093011694"}"#, r#""04810093011694""#] {
        let text = format!(
            r#"{{"detail":{{"id":7,"count":"1000","comment":"ours","gtin":{gtin},
                "status":{{"code":30,"message":"Выполнен"}},"type":{{"id":12}},
                "files":{{"labels":{{"filename":"a.json","downloads":0}}}}}}}}"#
        );
        let Detail { detail } = serde_json::from_str(&text).unwrap();
        assert_eq!(detail.gtin.as_deref(), Some("04810093011694"));
        assert_eq!((detail.count, detail.status.code), (Some(1000), Some(30)));
        assert_eq!((detail.filename(), detail.id.as_str()), (Some("a.json"), "7"));
        assert_eq!(detail.status.words(), "30 (Выполнен)");
    }
}

#[test]
fn an_order_of_version_2_has_less() {
    let text = r#"{"orders_list":[{"id":7,"gtin":"04810093011694","status":{"code":10},"files":null,"comment":null}]}"#;
    let list: OrdersList = serde_json::from_str(text).unwrap();
    assert_eq!((list.orders_list[0].filename(), &list.orders_list[0].comment), (None, &None));
}

#[test]
fn codes_come_as_texts_or_in_objects_and_do_not_show_check_parts() {
    for labels in [
        r#"["0104810093011694212k6rsrti\u001d93#SzU"]"#,
        r#"[{"label":"0104810093011694212k6rsrti\u001d93#SzU"}]"#,
    ] {
        let array: Array = serde_json::from_str(&format!("{{\"labels\":{labels}}}")).unwrap();
        assert_eq!(array.labels[0].as_str(), CODE);
        assert!(!format!("{array:?}").contains("SzU"));
    }
}

fn report(result: &str, status: i64) -> ReportEnds {
    let text = format!(
        r#"{{"results":[{{"report_id":"u","type":1,"status":{{"code":{status},"message":"x"}},"result":{result}}}]}}"#
    );
    let reports: Reports = serde_json::from_str(&text).unwrap();
    reports.results[0].ends(&[99])
}

#[test]
fn a_report_is_over_when_its_counts_add_up_or_when_it_is_turned_down() {
    let all = r#"{"labels":{"success":3,"failed":0,"all":3,"details":[]}}"#;
    assert_eq!(report(all, 10), ReportEnds::Done);
    let some = r#"{"labels":{"success":2,"failed":1,"all":3,"details":["0104… is not ours"]}}"#;
    let ReportEnds::InPart { words } = report(some, 10) else { panic!() };
    assert_eq!(words, "0104… is not ours");
    assert_eq!(report("{}", 10), ReportEnds::UnderWay);
    assert_eq!(report(r#"{"labels":{"success":0,"failed":0,"all":3}}"#, 10), ReportEnds::UnderWay);
    assert!(matches!(report("{}", 99), ReportEnds::InPart { .. }));
    let error = r#"{"error":5,"message":"no such group"}"#;
    let ReportEnds::InPart { words } = report(error, 10) else { panic!() };
    assert_eq!(words, "no such group");
}

#[test]
fn how_codes_stand_is_read_from_whatever_list_there_is() {
    let wanted = vec![KnownLabel { label: CodeText::new("0104"), status: Some(47) }];
    for answer in [
        r#"{"labels":[{"label":"0104","status":47}]}"#,
        r#"{"results":[{"code":"0104","status":{"code":"47","message":"Нанесён"}}]}"#,
        r#"[{"label":"0104","status_code":47}]"#,
    ] {
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(known_labels(&answer).unwrap(), wanted, "{answer}");
    }
    assert_eq!(known_labels(&json!({"message": "no"})), None);
}

#[test]
fn a_report_carries_its_separators_as_characters_of_json() {
    let params = Params::from([("manufacture_date".to_owned(), "2026-08-01".to_owned())]);
    let body =
        super::report("milk", "04810093011694", &[CodeText::new(CODE)], &params, LabelsAs::Objects);
    let text = body.to_string();
    assert!(text.contains(r#"{"label":"0104810093011694212k6rsrti\u001d93#SzU"}"#), "{text}");
}
