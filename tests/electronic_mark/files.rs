//! Reports that a person carries, and arrays that come back byte for byte.
use super::{House, gtin};
use markwright::code::{CodeId, ProductGroup, read_array_line};
use markwright::files::{self, Form, Found, Writer};
use markwright::store::{FileChoice, NewBlock, ReportState, Telling, file_head};

/// Codes of the whole character set in the store, by the way of files.
async fn house_with(codes: usize) -> House {
    let house = House::new().await;
    let id = house.want(1_000).await;
    let want = house.look(id).await;
    let signs: Vec<char> = ('!'..='~').collect();
    let line = |n: usize| {
        let check: String = (0..4).map(|at| signs[(n * 7 + at * 31) % signs.len()]).collect();
        let text = format!("01{}21{:08}\u{1d}93{check}", gtin(), n);
        read_array_line(n + 1, &text, None).unwrap().unwrap()
    };
    let taken: Vec<_> = (0..codes).map(line).collect();
    let block = NewBlock { want: &want, id: "b", quantity: 1_000, taken: &taken, aside: &[] };
    house.store.store_block(block).await.unwrap();
    house
}

fn all() -> FileChoice {
    FileChoice { tellings: Telling::ALL.to_vec(), ..FileChoice::default() }
}

async fn written(house: &House, form: Form, reports: &[i64]) -> Vec<u8> {
    let mut writer = Writer::new(form, Vec::new(), &file_head("all", reports)).unwrap();
    for code in house.store.codes_of_files(reports, CodeId(0), 10_000).await.unwrap() {
        writer.row(&code.row()).unwrap();
    }
    writer.finish().unwrap()
}

#[tokio::test]
async fn what_is_exported_is_imported_again_byte_for_byte() {
    let house = house_with(1_000).await;
    house.settle("verified").await;
    let reports = house.store.make_file_reports(&all(), "anna").await.unwrap();
    let here = house.texts("select text from code order by id").await;
    for form in Form::ALL {
        let file = written(&house, form, &reports).await;
        assert_eq!(Form::guess(&file), form);
        let mut back = Vec::new();
        files::read(form, &mut &*file, &mut |place, found| {
            let Found::Text(text) = found else { panic!("{form} {place}") };
            let read = read_array_line(place, &text, None).unwrap().unwrap();
            back.push(read.text.as_str().to_owned());
            true
        })
        .unwrap();
        assert_eq!(back, here, "{form}");
    }
}

#[tokio::test]
async fn a_report_by_file_is_told_by_nobody_else_and_by_no_second_file() {
    let house = house_with(30).await;
    house.settle("verified").await;
    let reports = house.store.make_file_reports(&all(), "anna").await.unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!(house.store.make_file_reports(&all(), "anna").await.unwrap(), Vec::<i64>::new());
    assert_eq!(house.store.open_reports().await.unwrap(), Vec::new());
    let next = house.store.next_to_mark(ProductGroup::MILK, Telling::Applied).await.unwrap();
    assert_eq!(next, None);
    let unreported = house.store.unreported().await.unwrap();
    assert_eq!((unreported.count, unreported.waiting), (30, 0), "it waits for a person");

    house.store.file_report_is(reports[0], None, "anna").await.unwrap();
    assert_eq!(house.store.unreported().await.unwrap().count, 0);
    let told = house.store.report(reports[0]).await.unwrap().unwrap();
    assert_eq!((told.state, told.told), (ReportState::Success, 30));
    let twice = house.store.file_report_is(reports[0], Some("no"), "anna").await.unwrap_err();
    assert!(twice.to_string().contains("already"), "{twice}");
    let notes = house.store.notes(10).await.unwrap();
    assert!(notes.iter().any(|note| note.what == "said of a report by file"));
}

#[tokio::test]
async fn a_refused_file_leaves_its_codes_untold_with_the_reason() {
    let house = house_with(3).await;
    house.settle("rejected").await;
    let reports = house.store.make_file_reports(&all(), "anna").await.unwrap();
    house.store.file_report_is(reports[0], Some("wrong GTIN"), "anna").await.unwrap();
    let told = house.store.report(reports[0]).await.unwrap().unwrap();
    assert_eq!((told.state, told.told), (ReportState::Refused, 0));
    assert_eq!(told.problem.as_deref(), Some("wrong GTIN"));
    let none = house.store.file_report_is(99, None, "anna").await.unwrap_err();
    assert!(none.to_string().contains("none that a person carries"), "{none}");
}

#[tokio::test]
async fn a_choice_takes_what_it_says_and_a_copy_ties_nothing() {
    let house = house_with(20).await;
    let job = house.job().await;
    house.settle("verified").await;
    let of = |tellings: &str, job| FileChoice {
        tellings: FileChoice::tellings(tellings).unwrap(),
        job,
        ..FileChoice::default()
    };
    let copy = house.store.codes_of_choice(&of("applied", Some(job)), CodeId(0), 100).await;
    assert_eq!(copy.unwrap().len(), 20);
    for nothing in [of("rejected", None), of("applied", Some(job + 1))] {
        assert!(house.store.make_file_reports(&nothing, "anna").await.unwrap().is_empty());
    }
    assert_eq!(
        house.store.make_file_reports(&of("applied", Some(job)), "a").await.unwrap().len(),
        1
    );
    let again = house.store.codes_of_choice(&of("all", None), CodeId(0), 100).await.unwrap();
    assert_eq!(again.len(), 20, "a copy has told codes, too");
    assert!(house.dir.path().exists());
}
