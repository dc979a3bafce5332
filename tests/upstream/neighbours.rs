//! Against the fake issuer: version 2 as the neighbours speak it, and version 3 signed and signed in.
use super::{Bench, Tasks, until};
use markwright::code::{Gtin, ProductGroup};
use markwright::pull;
use markwright::report::{self, Duties, Flush};
use markwright::sim::issuer::{Country, Issuer, IssuerSettings, PlannedTrouble, Standing, Trouble};
use markwright::store::WantState;
use markwright::upstream::{
    Api, ClientToken, Oms, OmsError, OmsSettings, SignInSettings, SignSettings, Signer,
    TokenKeeper, V2Profile,
};
use std::time::Duration;

pub(crate) fn gtin() -> Gtin {
    "04600000000008".parse().unwrap()
}

pub(crate) fn pulls() -> pull::Settings {
    pull::Settings {
        block: 10,
        look_every: Duration::from_millis(5),
        look_at_least_every: Duration::from_millis(20),
        search_after: Duration::ZERO,
        search_every: Duration::from_millis(20),
        ..pull::Settings::default()
    }
}

fn tells() -> report::Settings {
    report::Settings {
        every: Duration::from_millis(20),
        look_every: Duration::from_millis(5),
        look_at_least_every: Duration::from_millis(20),
        ..report::Settings::default()
    }
}

pub(crate) fn settings(issuer: &Issuer, fake: &IssuerSettings) -> OmsSettings {
    let url = format!("http://{}", issuer.addr);
    let token = ClientToken::new(fake.client_token.clone());
    let mut settings = OmsSettings::new(&url, token, &fake.oms_id);
    settings.answer_within = Duration::from_secs(2);
    settings.calls_per_second = 1_000;
    settings.again_after = Duration::from_millis(10);
    settings.rest_after_failure = Duration::from_millis(20);
    settings
}

/// Everything that came is verified, for a job with a batch and dates.
async fn verify_all(bench: &Bench) {
    for work in [
        "insert into job (id, line, scenario, pool, gtin, design, made_at, batch, date, best_before)
         values (1, 'one', 'print_apply', 'line:one', '04600000000008', 'dairy', 1, 'L1', '01.08.2026', '31.08.2026')",
        "insert into job_code (job_id, code_id) select 1, id from code",
    ] {
        sqlx::query(work).execute(&bench.sql).await.unwrap();
    }
    for step in ["sent", "printed", "applied", "verified"] {
        let step = sqlx::query("update code set state = ?, moved_at = moved_at + 1").bind(step);
        step.execute(&bench.sql).await.unwrap();
    }
    sqlx::query("update code set settled = 1").execute(&bench.sql).await.unwrap();
}

/// Orders, loses answers on the way, verifies, tells: every code once.
async fn from_order_to_report(issuer: &Issuer, client: Oms, tells: report::Settings) {
    for trouble in [Trouble::LostAnswer, Trouble::Garbled] {
        issuer.controls.plan(PlannedTrouble { path: "/codes".to_owned(), times: 1, trouble });
    }
    let (bench, mut tasks) = (Bench::new().await, Tasks::default());
    let want = bench.store.want_codes("line:one", gtin(), ProductGroup::MILK, 35).await.unwrap();
    let (store, pulls_with) = (bench.store.clone(), client.clone());
    tasks.start(|stop| Box::pin(pull::keep(pulls(), store, pulls_with, stop)));
    let done = async || {
        let want = bench.store.want(want).await.unwrap().unwrap();
        matches!(want.state, WantState::Done | WantState::Failed)
    };
    until("the codes are here", done).await;
    let want = bench.store.want(want).await.unwrap().unwrap();
    assert_eq!((want.state, want.taken, want.problem), (WantState::Done, 35, None));
    assert_eq!(issuer.controls.ledger(markwright::sim::issuer::Ledger::given_out), 35);
    assert_eq!(bench.number("select count(*) from code").await, 35);

    verify_all(&bench).await;
    let (store, flush) = (bench.store.clone(), Flush::default());
    tasks.start(|stop| Box::pin(report::keep(tells, store, client, flush, stop)));
    let told = "select count(*) from code where told_at is not null";
    let nothing_waits = async || bench.store.unreported().await.unwrap().waiting == 0;
    let waited = tokio::time::timeout(super::DEADLINE, async {
        while !nothing_waits().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let reports = async || bench.store.reports(10).await.unwrap();
    assert!(waited.await.is_ok(), "{:?}", reports().await);
    tasks.stop().await;
    assert_eq!(bench.number(told).await, 35, "{:?}", reports().await);
    assert_eq!(issuer.controls.ledger(|ledger| ledger.standing(Standing::Utilised)), 35);
}

/// A station of Kazakhstan that is as strict as its interface description, a client of it, and how it is told.
async fn kazakhstan() -> (Issuer, Oms, report::Settings) {
    let strict_groups = true;
    let fake = IssuerSettings { country: Country::Kz, strict_groups, ..IssuerSettings::default() };
    let issuer = Issuer::start(fake.clone()).await.unwrap();
    let mut settings = settings(&issuer, &fake);
    settings.api = Api::V2(V2Profile {
        contact_person: Some("Line 1".to_owned()),
        usage: "VERIFIED".to_owned(),
        old_receipts: true,
        by_series: true,
        ..V2Profile::default()
    });
    let client = Oms::new(settings).unwrap();
    assert_eq!(client.ping(ProductGroup::MILK).await.unwrap().api_version, "2.0.0");
    let duties = Duties::of_country("KZ");
    let tells = report::Settings { duties, ..tells() };
    (issuer, client, tells)
}

#[tokio::test]
async fn kazakhstan_is_spoken_to_in_version_2() {
    let (issuer, client, tells) = kazakhstan().await;
    from_order_to_report(&issuer, client, tells).await;
    issuer.stop().await;
}

/// It says nothing of single codes: only that the second sending told what it knew.
#[tokio::test]
async fn a_report_to_kazakhstan_whose_answer_was_lost_is_told() {
    let (issuer, client, tells) = kazakhstan().await;
    let (path, trouble) = ("/utilisation".to_owned(), Trouble::LostAnswer);
    issuer.controls.plan(PlannedTrouble { path, times: 1, trouble });
    from_order_to_report(&issuer, client, tells).await;
    issuer.stop().await;
}

#[tokio::test]
async fn a_refusal_of_version_2_is_told_in_its_words() {
    let fake = IssuerSettings { country: Country::Kz, ..IssuerSettings::default() };
    let issuer = Issuer::start(fake.clone()).await.unwrap();
    let mut settings = settings(&issuer, &fake);
    settings.api = Api::V2(V2Profile { usage: "VERIFIED".to_owned(), ..V2Profile::default() });
    let client = Oms::new(settings).unwrap();
    let (group, mark) = (ProductGroup::MILK, "m");
    let wish = markwright::upstream::OrderWish {
        group,
        gtin: gtin(),
        quantity: 5,
        mark,
        remarked_by: None,
    };
    let error = client.place(wish).await.unwrap_err();
    assert!(matches!(error, OmsError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("contactPerson"), "{error}");
    issuer.stop().await;
}

/// What is posted is signed as it is sent, the token is got by a sign-in, and one that somebody
/// else ended is got again, once.
#[tokio::test]
async fn russia_is_spoken_to_signed_and_signed_in() {
    let fake = IssuerSettings { wants_signature: true, ..IssuerSettings::default() };
    let issuer = Issuer::start(fake.clone()).await.unwrap();
    let url = format!("http://{}", issuer.addr);
    let true_api = format!("{url}/api/v3/true-api");
    let signer = Signer::new(SignSettings::Test, &[&url, &true_api]).unwrap();
    let connection = Some(fake.oms_connection.clone());
    let mut settings = settings(&issuer, &fake);
    let unsigned = Oms::new(settings.clone()).unwrap();
    let mut keeper = SignInSettings::new(&true_api, connection);
    keeper.first_wait = Duration::from_millis(10);
    settings.token = TokenKeeper::new(keeper.clone(), signer.clone()).unwrap();
    settings.signer = Some(signer.clone());
    let token = settings.token.clone();
    let client = Oms::new(settings).unwrap();
    let (group, gtin, quantity, mark) = (ProductGroup::MILK, gtin(), 5, "m");
    let wish = markwright::upstream::OrderWish { group, gtin, quantity, mark, remarked_by: None };
    assert!(unsigned.place(wish).await.is_err(), "the fake looks at signatures");

    client.ping(group).await.unwrap();
    let other = TokenKeeper::new(keeper, signer).unwrap();
    other.token().await.unwrap();
    until("signed in again", async || client.ping(group).await.is_ok()).await;
    assert_eq!(token.sign_ins(), 2, "once again, and not more");
    let (path, trouble) = ("/utilisation".to_owned(), Trouble::LostAnswer);
    issuer.controls.plan(PlannedTrouble { path, times: 1, trouble });
    from_order_to_report(&issuer, client, tells()).await;
    assert_eq!(token.sign_ins(), 2);
    issuer.stop().await;
}
