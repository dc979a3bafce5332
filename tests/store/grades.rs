//! What is remembered of print quality.
use crate::store_kit::{Kit, LINE, POOL, gtin, moved};
use markwright::code::{CodeId, Step};
use markwright::line::{PictureId, Quality, Record, Scenario, Tag, Verdict};
use markwright::store::{NewJob, RollJob};
use markwright::telemetry::clock::Micros;
use std::time::Duration;

fn graded(code: i64, overall: u8) -> Record {
    let mut parameters = [Some(overall); 8];
    parameters[7] = None;
    let growth = Some((20, -10));
    let quality = Quality { overall, parameters, growth, calibrated: true };
    let code_id = CodeId(code);
    let tag = Tag(u32::try_from(code).unwrap());
    Record::Graded { code: Some(code_id), tag, quality, picture: Some(PictureId(9)) }
}

async fn job(kit: &Kit) -> i64 {
    let wanted = NewJob {
        line: LINE.into(),
        scenario: Scenario::Roll,
        pool: POOL.into(),
        gtin: gtin(),
        design: "dairy".into(),
        planned: 4,
        roll: RollJob::default(),
        lot: markwright::store::Lot::default(),
    };
    let id = kit.store.add_job(&wanted).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    id
}

const HOUR: Duration = Duration::from_hours(1);

fn last_hour() -> (Micros, Micros) {
    let now = Micros::now().0;
    (Micros(now - 3_599_000_000), Micros(now + 1_000_000))
}

#[tokio::test]
async fn grades_are_found_again_added_up_over_time_and_by_job() {
    let kit = Kit::with_codes(6).await;
    let job = job(&kit).await;
    let first = [graded(1, 40), graded(2, 33), graded(3, 12)];
    kit.store.append(LINE, Some(job), &first).await.unwrap();
    kit.store.append(LINE, Some(job), &[graded(4, 36)]).await.unwrap();
    kit.store.append("other", None, &[graded(5, 0)]).await.unwrap();

    let found = kit.store.grades_over_time(LINE, last_hour(), HOUR, Some(15)).await.unwrap();
    let [all] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((all.n, all.lowest, all.low, all.calibrated), (4, 12, 1, 4));
    assert_eq!((all.a, all.b, all.c, all.d, all.f), (2, 1, 0, 1, 0));
    assert!((all.overall - 30.25).abs() < 1e-9, "{}", all.overall);
    assert_eq!((all.growth_x, all.growth_y), (Some(20.0), Some(-10.0)));
    assert_eq!((all.parameters()[2], all.parameters()[7]), (Some(30.25), None));

    let sums = kit.store.job_grades(job).await.unwrap();
    assert_eq!(sums.letters, [('A', 2), ('B', 1), ('D', 1)].into());
    assert_eq!((sums.mean, sums.lowest), (Some(30.25), Some(12)));
}

#[tokio::test]
async fn the_passport_of_a_roll_tells_the_letters_of_its_labels() {
    let kit = Kit::with_codes(3).await;
    let job = job(&kit).await;
    let mut records = Vec::new();
    for (code, overall) in [(1, 38), (2, 26), (3, 27)] {
        let place = u32::try_from(code).unwrap();
        let verdict = Verdict::Good;
        let (id, picture) = (CodeId(code), None);
        records.extend([
            moved(code, Step::Send),
            Record::OnRoll { code: id, piece: 1, place, to_read: true },
            moved(code, Step::Print),
            Record::LabelRead { code: id, verdict, picture },
            graded(code, overall),
        ]);
    }
    kit.store.append(LINE, Some(job), &records).await.unwrap();
    let passport = kit.store.passport(job).await.unwrap().unwrap();
    assert_eq!(passport.grades, [("A".to_owned(), 1), ("B".to_owned(), 2)].into());
    assert_eq!(passport.not_graded(), 0);
}

#[tokio::test]
async fn the_oldest_grades_make_room() {
    let kit = Kit::with_codes(1).await;
    let month = 31 * 24 * 3_600_000_000_i64;
    for at in 0..300 {
        sqlx::query(
            "insert into grade (line, at, tag, overall, calibrated) values ($1, $2, 1, 40, 0)",
        )
        .bind(LINE)
        .bind(Micros::now().0 - month + at)
        .execute(&kit.plain)
        .await
        .unwrap();
    }
    kit.append(&(0..100).map(|_| graded(1, 40)).collect::<Vec<_>>()).await;
    assert_eq!(kit.number("select count(*) from grade").await, 400, "not with every append");
    kit.append(&(0..200).map(|_| graded(1, 40)).collect::<Vec<_>>()).await;
    assert_eq!(kit.number("select count(*) from grade").await, 300);
    assert_eq!(kit.number("select count(*) from grade where id > 1000000").await, 0);
    sqlx::query("update grade set id = id + 2000000 where id > 500")
        .execute(&kit.plain)
        .await
        .unwrap();
    kit.append(&(0..256).map(|_| graded(1, 40)).collect::<Vec<_>>()).await;
    assert_eq!(kit.number("select count(*) from grade where id < 1000000").await, 0);
}
