//! A whole office against the fake issuer: codes in, labels in a file, fates out, documents.
use crate::gost::Participant;
use crate::orders_kit::{Kit, now};
use markwright::code::{Gtin, ProductGroup};
use markwright::order::{
    Delivery, OrderId, OrderState, OrderStep, PriceList, RemarkCause, Sale, Wish,
};
use markwright::sim::issuer::{Issuer, IssuerSettings, PlannedTrouble, Standing, Trouble};
use markwright::store::{NewRemarking, Paper, PaperState, Viewer};
use markwright::upstream::{
    ClientToken, Oms, OmsSettings, SignInSettings, SignSettings, Signer, TokenKeeper, TrueApi,
    TrueApiSettings,
};
use markwright::{centre, papers, pull, report};
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) const INN: &str = "7700000001";
pub(crate) const SHOES: &str = "04600000000008";
const SOON: Duration = Duration::from_millis(20);

pub(crate) struct House {
    pub(crate) kit: Kit,
    pub(crate) issuer: Issuer,
    pub(crate) client: TrueApi,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl House {
    /// With a participant, everything is signed by GOST and verified by openssl.
    pub(crate) async fn open(participant: Option<&Participant>) -> Self {
        Self::open_with(participant, |_| {}).await
    }

    pub(crate) async fn open_with(
        participant: Option<&Participant>,
        change: impl FnOnce(&mut papers::Settings),
    ) -> Self {
        let kit = Kit::new().await;
        let settings = IssuerSettings {
            wants_signature: true,
            strict_groups: true,
            fixed_token_ends: true,
            trusted_certificate: participant.map(|participant| participant.path("cert.pem")),
            order_takes: SOON,
            report_takes: SOON,
            ..IssuerSettings::default()
        };
        let (oms_id, connection) = (settings.oms_id.clone(), settings.oms_connection.clone());
        let issuer = Issuer::start(settings).await.unwrap();
        let base = format!("http://{}", issuer.addr);
        let true_api = format!("{base}/api/v3/true-api");
        let signer = match participant {
            Some(participant) => crate::sign::gost_signer(participant),
            None => Signer::new(SignSettings::Test, &[&base]).unwrap(),
        };
        let sign_in = |connection| SignInSettings {
            keep_in: Some(kit.dir.path().join("tokens")),
            ..SignInSettings::new(&true_api, connection)
        };
        let station_token = TokenKeeper::new(sign_in(Some(connection)), signer.clone()).unwrap();
        let token = TokenKeeper::new(sign_in(None), signer.clone()).unwrap();
        let mut settings = TrueApiSettings::new(&true_api);
        settings.again_after = SOON;
        settings.rest_after_failure = SOON;
        settings.calls_per_second = 1_000;
        let client = TrueApi::new(settings, token, signer.clone()).unwrap();
        let mut oms = OmsSettings::new(&base, ClientToken::new("unused"), &oms_id);
        oms.token = station_token;
        oms.signer = Some(signer);
        oms.again_after = SOON;
        oms.rest_after_failure = SOON;
        oms.calls_per_second = 1_000;
        let oms = Oms::new(oms).unwrap();
        let mut settings = papers::Settings::new(INN);
        settings.look_every = SOON;
        settings.look_at_least_every = SOON;
        settings.write_off_every = Duration::ZERO;
        change(&mut settings);
        let (stop, tasks) = (CancellationToken::new(), JoinSet::new());
        let mut house = Self { kit, issuer, client, stop, tasks };
        house.hire(settings, oms);
        house
    }

    /// After a rest: who sends documents is at work again.
    pub(crate) fn send_papers(&mut self) {
        self.stop = CancellationToken::new();
        let settings = papers::Settings {
            look_every: SOON,
            look_at_least_every: SOON,
            ..papers::Settings::new(INN)
        };
        let (store, client) = (self.kit.store.clone(), self.client.clone());
        self.tasks.spawn(papers::keep(settings, store, client, self.stop.clone()));
    }

    fn hire(&mut self, settings: papers::Settings, oms: Oms) {
        let (store, stop) = (self.kit.store.clone(), self.stop.clone());
        let usual = pull::Settings::default();
        let pulling = pull::Settings { look_every: SOON, look_at_least_every: SOON, ..usual };
        let telling = report::Settings {
            every: SOON,
            write_off_every: SOON,
            look_every: SOON,
            look_at_least_every: SOON,
            ..report::Settings::default()
        };
        self.tasks.spawn(pull::keep(pulling, store.clone(), oms.clone(), stop.clone()));
        let flush = report::Flush::default();
        self.tasks.spawn(report::keep(telling, store.clone(), oms, flush, stop.clone()));
        self.tasks.spawn(papers::keep(settings, store.clone(), self.client.clone(), stop.clone()));
        self.tasks.spawn(centre::keep(self.kit.settings(), store, stop));
    }

    /// From now on nobody of ours works here; the state system does.
    pub(crate) async fn rest(&mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }

    pub(crate) async fn close(mut self) {
        self.rest().await;
        self.issuer.stop().await;
    }

    pub(crate) fn wish(delivery: Delivery, quantity: u32) -> Wish {
        Wish {
            gtin: SHOES.parse::<Gtin>().unwrap(),
            name: "Ботинки".to_owned(),
            hs_code: "6403993600".to_owned(),
            design: "footwear".to_owned(),
            delivery,
            issue: Some((ProductGroup::SHOES, quantity)),
            sale: Sale::default(),
        }
    }

    /// An accepted order whose labels are printed in a file.
    pub(crate) async fn printed(&self, quantity: u32) -> OrderId {
        let wish = Self::wish(Delivery::Pdf, quantity);
        let (who, prices) = (self.kit.anna.person(), PriceList::default());
        let issue = (ProductGroup::SHOES, quantity);
        let store = &self.kit.store;
        let id = store.place_label_order(who, &wish, issue, &prices, now()).await.unwrap();
        self.kit.step(id, OrderStep::Accept).await;
        self.until_printed(id).await;
        id
    }

    pub(crate) async fn until_printed(&self, id: OrderId) {
        until("the labels are printed", || async {
            (self.kit.state(id).await == OrderState::Printed).then_some(())
        })
        .await;
    }

    /// The codes of an order, whole, as the issuer gave them out.
    pub(crate) async fn codes(&self, id: OrderId) -> Vec<String> {
        let codes = self.kit.texts_of(&id.pool()).await;
        assert!(!codes.is_empty());
        codes
    }

    /// Scans these labels on their products, and waits until the state system knows.
    pub(crate) async fn apply(&self, id: OrderId, codes: &[String]) {
        for code in codes {
            assert_eq!(self.kit.scan_word(id, code).await, Some("good"), "{id}");
        }
        until("the state system is told", || async {
            let unreported = self.kit.store.unreported().await.unwrap();
            (unreported.waiting == 0).then_some(())
        })
        .await;
    }

    /// A shop asks for a new label.
    pub(crate) async fn came_back(&self, old_code: &str, delivery: Delivery) -> OrderId {
        let new = NewRemarking {
            old_code: old_code.to_owned(),
            cause: RemarkCause::RetailReturn,
            country: "156".to_owned(),
            colour: "black".to_owned(),
            size: "42".to_owned(),
            producer: String::new(),
        };
        let (wish, prices) = (Self::wish(delivery, 1), PriceList::default());
        let who = self.kit.anna.person();
        let placed =
            self.kit.store.place_remarking(who, &wish, ProductGroup::SHOES, &prices, &new).await;
        let id = placed.unwrap();
        self.kit.step(id, OrderStep::Accept).await;
        id
    }

    pub(crate) fn standing(&self, code: &str) -> Standing {
        self.issuer.controls.ledger(|ledger| ledger.fate(code).unwrap().standing)
    }

    pub(crate) fn trouble(&self, path: &str, times: u32, trouble: Trouble) {
        let path = path.to_owned();
        self.issuer.controls.plan(PlannedTrouble { path, times, trouble });
    }

    pub(crate) async fn until_paper(&self, id: i64, state: PaperState) -> Paper {
        until(state.words(), || async {
            let paper = self.kit.store.paper(id).await.unwrap().unwrap();
            (paper.state == state).then_some(paper)
        })
        .await
    }

    pub(crate) fn anna(&self) -> Viewer {
        self.kit.anna
    }
}

/// Waits for a level, at most half a minute.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Writes past the store, as a person with an SQL shell would.
pub(crate) async fn write(folder: &std::path::Path, sql: &'static str) {
    use sqlx::Executor as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("house.db"));
    let db = sqlx::sqlite::SqlitePool::connect_with(options).await.unwrap();
    db.execute(sqlx::raw_sql(sql)).await.unwrap();
}
