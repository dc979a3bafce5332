//! The page of what the state system refused, over a real socket.
use crate::store_kit;
use crate::web_house::{House, text};
use markwright::access::Role;
use markwright::code::{CodeId, ProductGroup};
use markwright::line::LineState;
use markwright::store::{
    MarkParams, NewMarkReport, ProductionEnd, ReportEnd, ReportState, Telling, Told,
};
use reqwest::StatusCode;
use reqwest::header::COOKIE;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// Codes of a report of production that Electronic Mark refused.
async fn refused(house: &House) -> i64 {
    let store = &house.store;
    store.store_codes("line:one", "test", &store_kit::array(3)).await.unwrap();
    let options = SqliteConnectOptions::new().filename(house.folder.path().join("house.db"));
    let sql = SqlitePool::connect_with(options).await.unwrap();
    for state in ["sent", "printed", "applied", "verified"] {
        let step = sqlx::query("update code set state = ?, settled = (?1 = 'verified')");
        step.bind(state).execute(&sql).await.unwrap();
    }
    let (group, telling) = (ProductGroup::MILK, Telling::Applied);
    let next = store.next_to_mark(group, telling).await.unwrap().unwrap();
    let params = MarkParams::new();
    let new = NewMarkReport { group, telling, next: &next, params: &params, at_most: 100 };
    let report = store.make_mark_report(new).await.unwrap().unwrap();
    store.report_is_sent(report).await.unwrap();
    store.report_is_taken(report, "r").await.unwrap();
    let (state, told, refused) = (ReportState::Success, Told::All, Vec::new());
    let end = ReportEnd { state, told, refused, problem: None };
    store.report_ended(report, &end).await.unwrap();
    store.make_production(report, &params).await.unwrap();
    store.production_is_sent(report).await.unwrap();
    let not_taken: Vec<CodeId> =
        store.labelled_codes(report).await.unwrap().iter().map(|code| code.id).collect();
    let problem = Some("the day is over".to_owned());
    let end = ProductionEnd { state: "refused", not_taken, problem };
    store.production_ended(report, &end).await.unwrap();
    report
}

#[tokio::test]
async fn what_was_not_produced_is_on_the_page_and_only_a_manager_decides() {
    let house = House::open(LineState::Idle).await;
    let report = refused(&house).await;
    let (operator, manager) =
        (house.sign_in(Role::Operator).await, house.sign_in(Role::Manager).await);
    let page = text(house.get("/refused").header(COOKIE, &manager), StatusCode::OK).await;
    assert!(page.contains("3 codes of milk: the day is over"), "{page}");
    assert!(page.contains("What can be done: correct what it says"), "{page}");
    let list = format!("/refused/codes?kind=production&report={report}");
    let codes = text(house.get(&list).header(COOKIE, &manager), StatusCode::OK).await;
    assert_eq!(codes.matches("<li><code>01").count(), 3, "{codes}");
    let form = format!("kind=production&report={report}&result=&reason=mended&do=again");
    let post = |cookie| house.post("/refused", &form).header(COOKIE, cookie);
    text(post(&operator), StatusCode::FORBIDDEN).await;
    assert_eq!(post(&manager).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    text(post(&manager), StatusCode::CONFLICT).await;
    let page = text(house.get("/refused").header(COOKIE, &manager), StatusCode::OK).await;
    assert!(page.contains("Nothing waits for a decision"), "{page}");
    assert!(page.contains("sent again") && page.contains("mended"), "{page}");
    let due = house.store.labelled_reports().await.unwrap();
    assert_eq!(due.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [report]);
}
