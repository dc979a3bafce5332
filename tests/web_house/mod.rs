//! A house with one or more lines and open doors, for tests of the pages.
#![allow(dead_code, reason = "each test program needs a part of it")]
pub(crate) mod browser;

use markwright::access::Role;
use markwright::line::{DeviceView, Event, LineState, LineView, Mode, OnceView, RejectShare, Run};
use markwright::order::PriceList;
use markwright::store::Store;
use markwright::telemetry::{Identity, LastWord};
use markwright::web::{LineDesk, OrderSettings, WebSettings, serve};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Everything a test waits for comes within this, or the test fails.
pub(crate) const SOON: Duration = Duration::from_secs(20);
pub(crate) const PASSWORD: &str = "correct horse";

/// A running web server and the other ends of what it talks to.
pub(crate) struct House {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) views: Vec<watch::Sender<LineView>>,
    pub(crate) requests: mpsc::Receiver<Event>,
    pub(crate) printer: LastWord,
    pub(crate) printer_id: Identity,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinSet<()>,
    client: Client,
}

/// A view with nothing in it.
pub(crate) fn view(state: LineState) -> LineView {
    LineView {
        mode: Mode::Production,
        by_hand: Run { belt: false, infeed: false },
        once: OnceView::default(),
        state,
        has_job: true,
        heard: 0,
        why: None,
        alarms: Vec::new(),
        done: 0,
        planned: 0,
        labels_under_way: 0,
        products_on_belt: 0,
        rejects_in_a_row: 0,
        rejects_in_a_row_max: 3,
        rejects_of_last: 0,
        rejects_of_last_max: RejectShare::default(),
        least_grade: None,
        verdicts: [].into(),
        printer: Some(DeviceView::Up),
        plc: Some(DeviceView::Up),
        pad_clear: None,
        camera: Some(DeviceView::Up),
    }
}

impl House {
    /// One line, and one person of each role.
    pub(crate) async fn open(state: LineState) -> Self {
        Self::with(&["one"], view(state), WebSettings::default()).await
    }

    pub(crate) async fn with(lines: &[&str], first: LineView, settings: WebSettings) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("house.db")).await.unwrap();
        for role in Role::ALL {
            store.add_person(role.word(), PASSWORD, role).await.unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, requests) = mpsc::channel(1);
        let printer = LastWord::default();
        let printer_id = Identity::new(None, Some("KNOWN".to_owned()));
        let (mut desks, mut views) = (Vec::new(), Vec::new());
        for name in lines {
            let (sender, receiver) = watch::channel(first.clone());
            views.push(sender);
            desks.push(LineDesk {
                name: (*name).to_owned(),
                scenario: markwright::line::Scenario::PrintApply,
                pool: format!("line:{name}"),
                printer: Some(printer.clone()),
                printer_id: printer_id.clone(),
                plc: Some(printer.clone()),
                camera: Some(printer.clone()),
                view: receiver,
                requests: asked.clone(),
                plan: markwright::oee::Plan {
                    design_per_minute: Some(60.0),
                    ..markwright::oee::Plan::default()
                },
                frames_dir: folder.path().join("frames"),
            });
        }
        std::fs::create_dir(folder.path().join("frames")).unwrap();
        let calibration_dir = folder.path().join("calibration");
        let settings = WebSettings { calibration_dir, ..settings };
        let stop = CancellationToken::new();
        let mut served = JoinSet::new();
        let orders_dir = folder.path().join("orders");
        let orders =
            OrderSettings { orders_dir, prices: PriceList::default(), quantity_max: 1_000 };
        served.spawn(serve(listener, settings, store.clone(), desks, orders, stop.clone()));
        let redirect = reqwest::redirect::Policy::none();
        let client = Client::builder().redirect(redirect).timeout(SOON).build().unwrap();
        Self { url, store, views, requests, printer, printer_id, folder, stop, served, client }
    }

    pub(crate) fn show(&self, view: LineView) {
        self.views[0].send(view).unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub(crate) fn post(&self, path: &str, form: &str) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }

    /// As a program writes.
    pub(crate) fn post_json(&self, path: &str, body: &serde_json::Value) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.url))
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        text(self.get(path), StatusCode::OK).await
    }

    pub(crate) async fn try_sign_in(&self, name: &str, password: &str) -> Response {
        let form = format!("name={name}&password={}", password.replace(' ', "+"));
        self.post("/sign-in", &form).send().await.unwrap()
    }

    /// The cookie of somebody who has signed in.
    pub(crate) async fn sign_in(&self, role: Role) -> String {
        let answer = self.try_sign_in(role.word(), PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Asks the first line for something, as the person of this cookie.
    pub(crate) async fn ask(&self, cookie: &str, request: &str) -> Response {
        let path = "/lines/one/requests";
        let post = self.post(path, &format!("request={request}")).header(COOKIE, cookie);
        post.send().await.unwrap()
    }
}

pub(crate) async fn text(request: RequestBuilder, status: StatusCode) -> String {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), status, "{answer:?}");
    answer.text().await.unwrap()
}

pub(crate) fn location(answer: &Response) -> &str {
    answer.headers()[LOCATION].to_str().unwrap()
}
