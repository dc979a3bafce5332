//! An operator at the page of a line.
use super::{Daemon, SOON};
use markwright::access::Role;
use markwright::line::LineState;
use markwright::store::Store;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;
use std::path::Path;

const NAME: &str = "anna";
const PASSWORD: &str = "correct horse";
const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody with the right to press buttons, who is signed in. The sign-in is in the store, so that
/// it outlives a daemon, and holds in every copy of the store.
#[derive(Clone)]
pub(crate) struct Person {
    client: reqwest::Client,
    cookie: String,
    url: String,
    line: &'static str,
}

impl Person {
    /// Adds the person to the store, once.
    pub(crate) async fn add(store_file: &Path) {
        let store = Store::open(store_file).await.unwrap();
        store.add_person(NAME, PASSWORD, Role::Operator).await.unwrap();
    }

    pub(crate) async fn sign_in(daemon: &Daemon, line: &'static str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirect).timeout(SOON).build().unwrap();
        let url = daemon.url.clone();
        let form = format!("name={NAME}&password={}", PASSWORD.replace(' ', "+"));
        let answer = client.post(format!("{url}/sign-in")).header(CONTENT_TYPE, FORM).body(form);
        let answer = answer.send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { client, cookie, url, line }
    }

    /// The same person at another daemon.
    pub(crate) fn at(&self, daemon: &Daemon) -> Self {
        Self { url: daemon.url.clone(), ..self.clone() }
    }

    /// Opens a page or a file.
    pub(crate) async fn get(&self, path: &str) -> Vec<u8> {
        let answer = self.client.get(format!("{}{path}", self.url)).header(COOKIE, &self.cookie);
        let answer = answer.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    /// How the line stands, as its page tells it.
    pub(crate) async fn line(&self) -> Value {
        serde_json::from_slice(&self.get(&format!("/api/lines/{}", self.line)).await).unwrap()
    }

    pub(crate) async fn state(&self) -> LineState {
        self.line().await["state"].as_str().unwrap().parse().unwrap()
    }

    /// Sends a form of the line's page.
    pub(crate) async fn post(&self, form: &str, body: &str) -> StatusCode {
        let answer = self
            .client
            .post(format!("{}/lines/{}/{form}", self.url, self.line))
            .header(CONTENT_TYPE, FORM)
            .header(COOKIE, &self.cookie)
            .body(body.to_owned());
        let answer = answer.send().await.unwrap();
        let to = answer.headers().get(LOCATION).map_or("", |to| to.to_str().unwrap());
        assert!(!to.contains("sign-in"), "{answer:?}");
        answer.status()
    }

    pub(crate) async fn try_press(&self, button: &str) -> StatusCode {
        self.post("requests", &format!("request={button}")).await
    }

    /// Presses a button that may be pressed now.
    pub(crate) async fn press(&self, button: &str) {
        let status = self.try_press(button).await;
        assert!(status.is_redirection(), "{button}: {status}");
    }
}
