//! The keeper of a token, against a sign-in that counts and can be made to fail.
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use markwright::upstream::{
    ClientToken, SignInError, SignInSettings, SignSettings, Signer, TokenKeeper,
};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::advance;

#[derive(Default)]
struct Told {
    sign_ins: u32,
    /// Bodies of the sign-ins, with the path's connection.
    bodies: Vec<(String, Value)>,
    /// What the next sign-ins are refused with.
    refuses: Option<StatusCode>,
    /// What is said besides the token.
    besides: Value,
}

#[derive(Clone, Default)]
struct House(Arc<Mutex<Told>>);

impl House {
    async fn open() -> (Self, String, JoinSet<()>) {
        let house = Self::default();
        let router = Router::new()
            .route(
                "/api/v3/true-api/auth/key",
                get(|| async { Json(json!({"uuid": "u-1", "data": "RANDOMTEXT"})) }),
            )
            .route("/api/v3/true-api/auth/simpleSignIn", post(sign_in_alone))
            .route("/api/v3/true-api/auth/simpleSignIn/{connection}", post(sign_in))
            .with_state(house.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v3/true-api", listener.local_addr().unwrap());
        let mut open = JoinSet::new();
        open.spawn(async move { axum::serve(listener, router).await.unwrap() });
        (house, url, open)
    }

    fn told<T>(&self, ask: impl FnOnce(&mut Told) -> T) -> T {
        ask(&mut self.0.lock().unwrap())
    }

    fn sign_ins(&self) -> u32 {
        self.told(|told| told.sign_ins)
    }
}

async fn sign_in_alone(house: State<House>, body: Json<Value>) -> (StatusCode, Json<Value>) {
    sign_in(house, Path("-".to_owned()), body).await
}

async fn sign_in(
    State(house): State<House>,
    Path(connection): Path<String>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    house.told(|told| {
        told.sign_ins += 1;
        told.bodies.push((connection, body));
        if let Some(status) = told.refuses {
            return (status, Json(json!({"code": "2", "error_message": "not today"})));
        }
        let mut answer = json!({"token": format!("token-{}", told.sign_ins)});
        if let Value::Object(besides) = told.besides.clone() {
            answer.as_object_mut().unwrap().extend(besides);
        }
        (StatusCode::OK, Json(answer))
    })
}

fn keeper(url: &str, change: impl FnOnce(&mut SignInSettings)) -> TokenKeeper {
    let mut settings = SignInSettings::new(url, Some("connection-1".to_owned()));
    change(&mut settings);
    let signer = Signer::new(SignSettings::Test, &[url]).unwrap();
    TokenKeeper::new(settings, signer).unwrap()
}

fn is(token: &ClientToken, text: &str) -> bool {
    *token == ClientToken::new(text)
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_station_token_is_asked_for_with_an_attached_signature_of_the_challenge() {
    let (house, url, _open) = House::open().await;
    let keeper = keeper(&url, |settings| settings.inn = Some("7700000001".to_owned()));
    assert!(is(&keeper.token().await.unwrap(), "token-1"));
    let (connection, body) = house.told(|told| told.bodies.remove(0));
    assert_eq!((connection.as_str(), &body["uuid"]), ("connection-1", &json!("u-1")));
    assert_eq!(body["inn"], "7700000001");
    assert!(body.get("unitedToken").is_none());
    let signed = STANDARD.decode(body["data"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8(signed).unwrap().ends_with("\nRANDOMTEXT"), "attached");
}

#[tokio::test]
async fn true_apis_own_token_is_the_united_one_and_is_found_under_either_name() {
    let (house, url, _open) = House::open().await;
    house.told(|told| {
        told.besides =
            json!({"token": null, "uuidToken": "united", "expireDate": "2999-01-01T00:00:00Z"});
    });
    let keeper = keeper(&url, |settings| settings.oms_connection = None);
    assert!(is(&keeper.token().await.unwrap(), "united"));
    let (connection, body) = house.told(|told| told.bodies.remove(0));
    assert_eq!((connection.as_str(), &body["unitedToken"]), ("-", &json!(true)));
}

#[tokio::test]
async fn a_hundred_who_ask_at_once_make_one_sign_in() {
    let (house, url, _open) = House::open().await;
    let keeper = keeper(&url, |_| {});
    let mut asking = JoinSet::new();
    for _ in 0..100 {
        let keeper = keeper.clone();
        asking.spawn(async move { keeper.token().await });
    }
    while let Some(token) = asking.join_next().await {
        assert!(is(&token.unwrap().unwrap(), "token-1"));
    }
    assert_eq!((house.sign_ins(), keeper.sign_ins()), (1, 1));
}

/// The wall clock runs on; the clock of the pauses is moved by hand.
async fn later(time: Duration) {
    tokio::time::pause();
    advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_renewed_before_its_ten_hours_are_over_and_an_old_one_serves_while_that_fails() {
    let (house, url, _open) = House::open().await;
    let keeper = keeper(&url, |_| {});
    assert!(is(&keeper.token().await.unwrap(), "token-1"));
    later(9 * HOUR + HOUR / 4).await;
    assert!(is(&keeper.token().await.unwrap(), "token-1"));
    later(HOUR / 3).await;
    house.told(|told| told.refuses = Some(StatusCode::INTERNAL_SERVER_ERROR));
    assert!(is(&keeper.token().await.unwrap(), "token-1"), "it is still good");
    house.told(|told| told.refuses = None);
    later(Duration::from_mins(1)).await;
    assert!(is(&keeper.token().await.unwrap(), "token-3"));
    assert_eq!(house.sign_ins(), 3);
}

#[tokio::test]
async fn an_end_that_the_server_names_counts_if_it_is_earlier() {
    let (house, url, _open) = House::open().await;
    house.told(|told| told.besides = json!({"expireDate": markwright::telemetry::clock::Micros::now().0 / 1000 + 3_600_000}));
    let keeper = keeper(&url, |_| {});
    assert!(is(&keeper.token().await.unwrap(), "token-1"));
    later(HOUR * 3 / 4).await;
    assert!(is(&keeper.token().await.unwrap(), "token-2"));
}

#[tokio::test]
async fn a_refused_token_is_forgotten_once_and_not_by_those_who_come_late() {
    let (house, url, _open) = House::open().await;
    let keeper = keeper(&url, |_| {});
    let first = keeper.token().await.unwrap();
    later(HOUR).await;
    keeper.refused(&first);
    let second = keeper.token().await.unwrap();
    assert!(is(&second, "token-2"));
    // Somebody whose call with the first token was answered late.
    keeper.refused(&first);
    assert!(is(&keeper.token().await.unwrap(), "token-2"));
    assert_eq!(house.sign_ins(), 2);
}

#[tokio::test]
async fn two_programs_that_end_each_others_tokens_sign_in_more_and_more_rarely() {
    let (house, url, _open) = House::open().await;
    let keeper = keeper(&url, |_| {});
    let mut last = None;
    // A day in which every token is refused at once, asked for every second of the first hour and
    // every minute of the rest.
    for step in 0..3600 + 23 * 60 {
        match keeper.token().await {
            Ok(token) => keeper.refused(&token),
            Err(error) => last = Some(error),
        }
        later(if step < 3600 { Duration::from_secs(1) } else { Duration::from_mins(1) }).await;
    }
    let said = last.unwrap().to_string();
    assert!(said.contains("does another program sign in"), "{said}");
    // Seven while the waits double from five seconds to ten minutes, then six an hour.
    assert!((100..=160).contains(&house.sign_ins()), "{}", house.sign_ins());
}

#[tokio::test]
async fn failed_sign_ins_keep_their_distance_and_say_why() {
    let (house, url, _open) = House::open().await;
    house.told(|told| told.refuses = Some(StatusCode::FORBIDDEN));
    let keeper = keeper(&url, |_| {});
    let first = keeper.token().await.unwrap_err();
    assert_eq!(first.to_string(), "sign in: refused with 403: not today");
    for _ in 0..50 {
        let waiting = keeper.token().await.unwrap_err();
        assert!(matches!(waiting, SignInError::Waiting { .. }), "{waiting}");
        assert!(waiting.to_string().contains("not today"), "{waiting}");
    }
    assert_eq!(house.sign_ins(), 1);
    house.told(|told| told.refuses = None);
    later(Duration::from_secs(5)).await;
    assert!(is(&keeper.token().await.unwrap(), "token-2"));
}

#[tokio::test]
async fn a_token_outlives_the_process_in_a_private_file_that_backups_leave_out() {
    let (house, url, _open) = House::open().await;
    let dir = tempfile::tempdir().unwrap();
    let kept = |connection: &str| {
        let (dir, connection) = (dir.path().join("tokens"), connection.to_owned());
        keeper(&url, move |settings| {
            settings.keep_in = Some(dir);
            settings.oms_connection = Some(connection);
        })
    };
    assert!(is(&kept("a").token().await.unwrap(), "token-1"));
    assert!(is(&kept("a").token().await.unwrap(), "token-1"), "the next life");
    assert!(is(&kept("b").token().await.unwrap(), "token-2"), "another connection");
    assert_eq!(house.sign_ins(), 2);
    assert!(dir.path().join("tokens/CACHEDIR.TAG").exists());
    for file in files(dir.path().join("tokens")) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert!(mode == 0o600 || file.ends_with("CACHEDIR.TAG"), "{}: {mode:o}", file.display());
    }
}

#[tokio::test]
async fn a_kept_token_that_is_refused_or_broken_is_replaced() {
    let (house, url, _open) = House::open().await;
    let dir = tempfile::tempdir().unwrap();
    let kept = || keeper(&url, |settings| settings.keep_in = Some(dir.path().to_owned()));
    kept().token().await.unwrap();
    let second_life = kept();
    let old = second_life.token().await.unwrap();
    second_life.refused(&old);
    assert!(is(&second_life.token().await.unwrap(), "token-2"), "at once: it was not ours to make");
    let file = files(dir.path().to_owned())
        .into_iter()
        .find(|file| file.extension().is_some_and(|end| end == "json"));
    std::fs::write(file.unwrap(), "{\"token\":\"half").unwrap();
    assert!(is(&kept().token().await.unwrap(), "token-3"));
    assert_eq!(house.sign_ins(), 3);
}

#[tokio::test]
async fn what_another_process_of_ours_signed_in_is_taken_instead_of_ending_it() {
    let (house, url, _open) = House::open().await;
    let dir = tempfile::tempdir().unwrap();
    let kept = || keeper(&url, |settings| settings.keep_in = Some(dir.path().to_owned()));
    let (daemon, command) = (kept(), kept());
    let first = daemon.token().await.unwrap();
    // The command signed in anew for a reason of its own: the daemon's token is dead.
    command.refused(&command.token().await.unwrap());
    assert!(is(&command.token().await.unwrap(), "token-2"));
    daemon.refused(&first);
    assert!(is(&daemon.token().await.unwrap(), "token-2"));
    assert_eq!(house.sign_ins(), 2);
}

#[tokio::test]
async fn a_token_file_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let (_house, url, _open) = House::open().await;
    let dir = tempfile::tempdir().unwrap();
    keeper(&url, |settings| settings.keep_in = Some(dir.path().to_owned())).token().await.unwrap();
    let file = files(dir.path().to_owned())
        .into_iter()
        .find(|file| file.extension().is_some_and(|end| end == "json"))
        .unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut settings = SignInSettings::new(&url, Some("connection-1".to_owned()));
    settings.keep_in = Some(dir.path().to_owned());
    let signer = Signer::new(SignSettings::Test, &[&url]).unwrap();
    let error = TokenKeeper::new(settings, signer).unwrap_err().to_string();
    assert!(error.contains("644") && error.contains("rm '"), "{error}");
}

#[tokio::test]
async fn nothing_of_a_token_is_in_debug_texts_or_errors() {
    let (_house, url, _open) = House::open().await;
    let keeper = keeper(&url, |_| {});
    let token = keeper.token().await.unwrap();
    let debug = format!("{keeper:?} {token:?}");
    assert!(!debug.contains("token-1"), "{debug}");
}

fn files(dir: PathBuf) -> Vec<PathBuf> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}
