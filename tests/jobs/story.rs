//! One code from order to report: both its jobs, the file that brought it, and everything that was told
//! of it.
use super::store_kit::{self, Kit, LINE, POOL, array, gtin, moved, way_to_verified};
use super::web_house::{self, House, text};
use super::{made, new_job, story};
use markwright::access::Role;
use markwright::code::{CodeId, ProductGroup, Step};
use markwright::line::*;
use markwright::store::{
    NewJob, NewReport, Refused, RefusedChoice, RefusedDecision, ReportEnd, ReportState, Store,
    Telling, Told,
};
use reqwest::StatusCode;
use reqwest::header::COOKIE;

const ROLLS: &str = "order:7";

/// A roll printed at the desk, and its second label on a product of line one.
async fn rolled_and_applied(store: &Store) -> (i64, i64) {
    store.store_codes(ROLLS, "array.txt", &array(3)).await.unwrap();
    let job = |line: &str, scenario| NewJob { scenario, pool: ROLLS.into(), ..new_job(line) };
    let roll = store.add_job(&job("desk", Scenario::Roll)).await.unwrap();
    store.start_job(roll).await.unwrap();
    for code in 1..=3 {
        let place = u32::try_from(code).unwrap();
        let on_roll = Record::OnRoll { code: CodeId(code), piece: 1, place, to_read: false };
        let records = [moved(code, Step::Send), on_roll, moved(code, Step::Print)];
        store.append("desk", Some(roll), &records).await.unwrap();
    }
    store.end_job(roll, true).await.unwrap();
    let line = store.add_job(&job(LINE, Scenario::Preprinted)).await.unwrap();
    store.start_job(line).await.unwrap();
    let quality = Quality { overall: 37, parameters: [None; 8], growth: None, calibrated: false };
    let picture = Some(PictureId(7));
    let records = [
        Record::ProductSeen { tag: Tag(1) },
        Record::ProductLabelled { tag: Tag(1), code: Some(CodeId(2)) },
        moved(2, Step::Verify),
        Record::ProductJudged { tag: Tag(1), verdict: Verdict::Good, picture },
        Record::Graded { code: Some(CodeId(2)), tag: Tag(1), quality, picture },
        Record::ProductSettled { tag: Tag(1), fate: Fate::Verified },
    ];
    store.append(LINE, Some(line), &records).await.unwrap();
    (roll, line)
}

#[tokio::test]
async fn a_label_printed_by_one_job_and_applied_by_another_is_told_with_both_jobs() {
    let kit = Kit::new().await;
    let (roll, line) = rolled_and_applied(&kit.store).await;
    let code = story(&kit.store, 2).await;
    let jobs: Vec<_> = code.jobs.iter().map(|job| (job.id, job.line.as_str())).collect();
    assert_eq!(jobs, [(roll, "desk"), (line, LINE)]);
    assert_eq!(code.job, Some((line, "B-17".into())), "the job of its product");
    assert_eq!((code.line.as_str(), code.grade), (LINE, Some(37)));
    let lines: Vec<_> = code.journal.iter().map(|row| row.line.as_str()).collect();
    assert_eq!((lines[0], lines.last()), ("desk", Some(&LINE)));
    assert_eq!(story(&kit.store, 1).await.job.map(|(id, _)| id), Some(roll), "still on its roll");
    kit.store.take_sample(&code, "lab", "anna").await.unwrap();
    assert_eq!(kit.store.samples_of_job(line).await.unwrap().len(), 1);
    assert_eq!(kit.store.samples_of_job(roll).await.unwrap(), []);
}

#[tokio::test]
async fn the_page_of_a_code_shows_the_picture_of_the_line_whose_camera_took_it() {
    let view = web_house::view(LineState::Idle);
    let house = House::with(&["one", "desk"], view, markwright::web::WebSettings::default()).await;
    let (roll, line) = rolled_and_applied(&house.store).await;
    let cookie = house.sign_in(Role::Manager).await;
    let address = format!("/codes?scan=01{}2100000002", gtin());
    let page = text(house.get(&address).header(COOKIE, &cookie), StatusCode::OK).await;
    for words in [
        format!("/lines/desk/jobs/{roll}/report"),
        format!("/lines/one/jobs/{line}/report"),
        format!("/lines/one/jobs/{line}/pictures/7.png"),
        "grade 3.7".to_owned(),
        "from array.txt".to_owned(),
    ] {
        assert!(page.contains(&words), "{words}: {page}");
    }
    assert!(!page.contains("/lines/desk/pictures/"), "{page}");
    assert!(!page.contains(&format!("jobs/{roll}/pictures/")), "{page}");
}

#[tokio::test]
async fn a_code_in_doubt_is_let_go_of_by_the_line_that_has_its_product() {
    let kit = Kit::new().await;
    let (_, line) = rolled_and_applied(&kit.store).await;
    let records = [
        Record::ProductSeen { tag: Tag(2) },
        Record::ProductLabelled { tag: Tag(2), code: Some(CodeId(3)) },
        moved(3, Step::Doubt),
    ];
    kit.store.append(LINE, Some(line), &records).await.unwrap();
    assert_eq!(story(&kit.store, 3).await.line, LINE);
}

#[tokio::test]
async fn a_code_from_a_file_tells_the_file_who_brought_it_and_when() {
    let kit = Kit::new().await;
    let all = array(6);
    let first = kit.store.intake(POOL, "a.txt", markwright::store::Pace::Gentle).await.unwrap();
    let mut first = first.brought_by("anna");
    first.store(&all[..2], &[]).await.unwrap();
    first.store(&all[1..4], &[]).await.unwrap();
    first.finish().await.unwrap();
    kit.store.store_codes(POOL, "b.txt", &all).await.unwrap();
    for (n, name, person) in [(1, "a.txt", "anna"), (4, "a.txt", "anna"), (6, "b.txt", "")] {
        let file = story(&kit.store, n).await.file.unwrap();
        assert_eq!((file.name.as_str(), file.person.as_str()), (name, person), "code {n}");
    }
    let stretches = "select count(*) from file_intake where source = 'a.txt'";
    assert_eq!(kit.number(stretches).await, 1, "a row a stretch, not one a code");
}

/// A report of one good code that the station refused as a whole, and who decided to tell it again.
async fn refused_once(store: &Store) -> i64 {
    let telling = Telling::Applied;
    let new = NewReport { group: ProductGroup::MILK, telling, by_lot: false, at_most: 100 };
    let report = store.make_report(new).await.unwrap().unwrap();
    store.report_is_sent(report).await.unwrap();
    let words = "the goods are not in the catalogue".to_owned();
    let refused = Refused { code: CodeId(1), result: Some(17), words, remedy: String::new() };
    let end = ReportEnd {
        state: ReportState::Rejected,
        told: Told::Only(Vec::new()),
        problem: None,
        refused: vec![refused],
    };
    store.report_ended(report, &end).await.unwrap();
    let choice = RefusedChoice {
        report,
        result: Some(17),
        decision: RefusedDecision::Again,
        person: "boris".into(),
        reason: "put into the catalogue".into(),
    };
    assert_eq!(store.decide_refused(&choice).await.unwrap(), 1);
    report
}

#[tokio::test]
async fn an_earlier_refusal_a_document_and_the_report_of_production_are_steps_of_a_code() {
    let house = House::open(LineState::Idle).await;
    house.store.store_codes(POOL, "test", &store_kit::array(4)).await.unwrap();
    let job = super::made_in(&house.store).await;
    let first = refused_once(&house.store).await;
    let plain = store_kit::plain(&house.folder.path().join("house.db")).await;
    for sql in [
        "insert into report (id, kind, product_group, state, upstream_id, made_at) \
         values (90, 'utilisation', 'milk', 'success', 'U-90', 1)",
        "update code set report_id = 90, told_at = 2 where id = 1",
        "insert into mark_report (report_id, gtin, job_id, params) values (90, '04810093011694', 1, '{}')",
        "insert into mark_production (report_id, params, state, upstream_id, made_at, sent_at, ended_at) \
         values (90, '{}', 'success', 'P-91', 3, 4, 5)",
        "insert into paper (id, kind, product_group, origin, state, facts, document, upstream_id, \
         person, made_at, sent_at, ended_at) values (5, 'LP_INTRODUCE_GOODS', 'milk', 'job:1', 'done', \
         '{}', x'00', 'D-5', 'vera', 6, 7, 8)",
        "insert into paper_code (paper_id, code_id) values (5, 1)",
    ] {
        sqlx::query(sql).execute(&plain).await.unwrap();
    }
    let cookie = house.sign_in(Role::Manager).await;
    let address = format!("/codes?scan=01{}2100000001", gtin());
    let page = text(house.get(&address).header(COOKIE, &cookie), StatusCode::OK).await;
    for words in [
        "Refused by the state system",
        "the goods are not in the catalogue",
        "tell it again, boris: put into the catalogue",
        "Report of production answered",
        "P-91",
        "introduced: own production",
        "D-5",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains(&format!("report {first} (utilisation)")), "{page}");
    let batch = house.store.batch(job).await.unwrap().unwrap();
    let kinds: Vec<_> = batch.told.reports.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["utilisation", "production"]);
    assert_eq!(batch.told.papers[0].paper.upstream_id.as_deref(), Some("D-5"));
    assert_eq!(batch.told.refusals[0].because(), "the goods are not in the catalogue; told again");
    assert!(batch.people.contains(&"boris".into()) && batch.people.contains(&"vera".into()));
    let get = house.get(&format!("/lines/one/jobs/{job}/report")).header(COOKIE, &cookie);
    let page = text(get, StatusCode::OK).await;
    assert!(page.contains("Document 5") && page.contains("told again"), "{page}");
}

#[tokio::test]
async fn a_code_without_a_job_has_none() {
    let kit = Kit::with_codes(4).await;
    made(&kit).await;
    kit.append(&way_to_verified(9, 4)).await;
    let code = story(&kit.store, 4).await;
    assert_eq!((code.job, code.jobs.len(), code.line.as_str()), (None, 0, LINE));
}
